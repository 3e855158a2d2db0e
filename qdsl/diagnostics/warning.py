"""Diagnostics that are warnings, as Python's own warnings."""

from __future__ import annotations


class ProgramWarning(UserWarning):
    """Something in a program or its data that is probably not meant."""
