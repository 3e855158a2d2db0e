"""Runs a compiled program on data, and trains it."""
