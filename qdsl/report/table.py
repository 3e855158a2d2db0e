"""A table of text."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Table:
    """The first `words` columns hold words and go to the left, the others numbers and go to the
    right. `notes` stand below."""

    key: str
    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    words: int = 1
    notes: tuple[str, ...] = ()

    def is_number(self, column: int) -> bool:
        return column >= self.words
