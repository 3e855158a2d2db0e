"""Requests that cannot be met: the caller asked for something that is not there."""

from __future__ import annotations


class Refused(ValueError):
    """Base of all errors that say "you asked for X, and that does not exist or fit"."""


class MissingExtra(Refused):
    """A library is not installed that comes with an extra of qdsl."""
