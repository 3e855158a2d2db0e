"""The names that an expression sees while a program is compiled."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from qdsl.language.files import Folders
from qdsl.language.values.domain import Value
from qdsl.language.values.errors import Loops

MAX_TERMS = 500_000  # of all sums together


@dataclass(slots=True)
class Allowance:
    """How many terms of sums may still be evaluated; scopes made of one another share it."""

    limit: int = MAX_TERMS
    spent: int = 0

    def spend(self, terms: int) -> bool:
        """Whether so many more may be evaluated."""
        self.spent += terms
        return self.spent <= self.limit


@dataclass(slots=True)
class Scope:
    """Values by name, innermost meaning, and the loop variables among them in order."""

    values: dict[str, Value] = field(default_factory=dict)
    loops: dict[str, int] = field(default_factory=dict)
    folders: Folders = field(default_factory=Folders)
    terms: Allowance = field(default_factory=Allowance)

    def inner(self) -> Scope:
        """A copy: what is defined in it ends with it."""
        return Scope(dict(self.values), dict(self.loops), self.folders, self.terms)

    def fresh(self) -> Scope:
        """The scope of a called circuit, which sees nothing of its caller."""
        return Scope({}, {}, self.folders, self.terms)

    def showing(self) -> Loops:
        return tuple(self.loops.items())

    @contextmanager
    def looping(self) -> Iterator[None]:
        """Forget the loop variables, and what the body defined, at the end."""
        values, loops = dict(self.values), dict(self.loops)
        try:
            yield
        finally:
            self.values.clear()
            self.values.update(values)
            self.loops.clear()
            self.loops.update(loops)

    def turn(self, names: tuple[str, ...], items: tuple[int, ...]) -> None:
        """Bind the loop variables for one turn."""
        for name, item in zip(names, items, strict=True):
            self.values[name] = item
            self.loops[name] = item
