"""Requests that cannot be met: the caller asked for something that is not there."""

from __future__ import annotations

from operator import index
from typing import Any


class Refused(ValueError):
    """Base of all errors that say "you asked for X, and that does not exist or fit"."""


class MissingExtra(Refused):
    """A library is not installed that comes with an extra of qdsl."""


class WrongArgument(Refused):
    """An argument of a Python call has a type that is not taken; the message says what is."""


def of_type(given: Any, types: type | tuple[type, ...], argument: str, wanted: str) -> Any:
    """What was given; WrongArgument if it is of none of these types."""
    if not isinstance(given, types):
        raise WrongArgument(f"`{argument}` is of type {type(given).__name__}: give {wanted}")
    return given


def whole(given: Any, argument: str, least: int) -> int:
    """What was given, as an `int`; WrongArgument if it is no whole number of at least so many."""
    try:
        found = index(given)
    except TypeError:
        found = least - 1
    if isinstance(given, bool) or found < least:
        raise WrongArgument(f"`{argument}` is {given!r}: give a whole number from {least} on")
    return found


def by_name(given: Any, argument: str, example: str) -> dict[Any, Any]:
    """A dictionary of what was given by name, empty for None; WrongArgument for what has no
    names."""
    if given is None:
        return {}
    if not hasattr(given, "keys") or isinstance(given, type):
        wanted = f"give a dict by name, such as {example}"
        raise WrongArgument(f"`{argument}` is of type {type(given).__name__}: {wanted}")
    return dict(given)


def values_by_name(values: Any) -> dict[Any, Any] | None:
    """The `values` of a call; None for None."""
    return None if values is None else by_name(values, "values", '{"x": [1.0, 2.0]}')
