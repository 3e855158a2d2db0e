"""The names that an expression sees while a program is compiled."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import field, replace

from qdsl.diagnostics.diagnostic import Diagnostic
from qdsl.diagnostics.reported import Refusal
from qdsl.language.syntax.files import Folders
from qdsl.language.values.domain import Value
from qdsl.language.values.errors import Loops
from qdsl.records import dataclass

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
    """Values by name, and the loop variables among them in order. `refused` says of names
    without a value why their declarations have none."""

    values: dict[str, Value] = field(default_factory=dict)
    loops: dict[str, int] = field(default_factory=dict)
    folders: Folders = field(default_factory=Folders)
    terms: Allowance = field(default_factory=Allowance)
    refused: dict[str, Diagnostic] = field(default_factory=dict)

    def find(self, name: str) -> Value:
        """The value of a declared name; the `Refusal` of its declaration if that has none."""
        value = self.values.get(name)
        if value is None:
            raise Refusal(self.refused[name])
        return value

    def refuse(self, names: Iterable[str], problem: Diagnostic) -> None:
        """Remember why names have no value: what uses them is no error of its own."""
        self.refused.update(dict.fromkeys(names, problem))

    def inner(self) -> Scope:
        """A copy: what is defined in it ends with it."""
        return replace(self, values=dict(self.values), loops=dict(self.loops))

    def fresh(self) -> Scope:
        """The scope of a called circuit, which sees nothing of its caller."""
        return Scope(folders=self.folders, terms=self.terms)

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

    def bind_items(self, names: tuple[str, ...], items: tuple[int, ...]) -> None:
        """Bind the loop variables for one iteration."""
        for name, item in zip(names, items, strict=True):
            self.values[name] = item
            self.loops[name] = item
