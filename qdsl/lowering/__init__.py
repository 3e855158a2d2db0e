"""Unrolls a checked model, row by row; `qdsl.lower` and the trial run of `qdsl.check` use it."""
