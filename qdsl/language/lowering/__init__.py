"""Unrolls a checked model, row by row, for `lower` and for the trial run of `check`."""
