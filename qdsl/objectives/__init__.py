"""Compiling for an objective: what is measured, and the choice of the best by it."""
