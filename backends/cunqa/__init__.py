"""Circuits for CUNQA."""
