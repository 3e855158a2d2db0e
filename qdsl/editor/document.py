"""A program that is open in an editor: its text now, and what is known of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from qdsl.diagnostics.diagnostic import InvalidProgram
from qdsl.diagnostics.source import Source
from qdsl.editor.analysis import Analysis, analyse
from qdsl.editor.costs import LineCosts
from qdsl.editor.place import Place, place_at
from qdsl.editor.positions import Lines, Shift
from qdsl.editor.tokens import KnownTokens
from qdsl.language.check.circuits import library
from qdsl.language.check.standard import MODULES
from qdsl.language.formatting.format import format_parsed
from qdsl.language.parser.lexer import Token
from qdsl.language.parser.parse import parse
from qdsl.language.typed.program import CircuitEntry
from qdsl.records import dataclass


@dataclass(frozen=True, slots=True)
class LastGood:
    """What is known of a text, and how its places move to the text as it is now."""

    analysis: Analysis
    shift: Shift


class Document:
    """One open file. `change` is quick; `analyse` takes as long as `qdsl check`, and may run
    beside the rest. Until it has, answers come from what was known before, moved to where it
    stands now."""

    def __init__(
        self, path: str, text: str, version: int = 0, unit: str = "utf-16",
        folders: Sequence[str | Path] = (),
    ) -> None:  # fmt: skip
        self.path = path
        self.unit = unit
        self.folders = tuple(folders)
        self.latest: Analysis | None = None  # of the last text that was looked at
        self.good: Analysis | None = None  # the last one that has names
        self.costs: LineCosts | None = None
        self._formatted: tuple[str, str | None] | None = None
        self._tokens = KnownTokens()
        self.change(text, version)

    def change(self, text: str, version: int) -> None:
        before = getattr(self, "text", "")
        if before != text:
            self._tokens.change(Shift.between(before, text), text)
        self.text, self.version = text, version
        self.source = Source(self.path, text)
        self.lines = Lines(text, self.unit)

    def analyse(self) -> Analysis:
        """Of the text as it is; known until it changes."""
        if self.latest is None or self.latest.text != self.text:
            self.take(analyse(self.path, self.text, self.folders))
        assert self.latest is not None
        return self.latest

    def take(self, analysis: Analysis) -> None:
        """Keep what was found, perhaps of a text that has changed since."""
        self.latest = analysis
        if analysis.index is not None:
            self.good = analysis

    def view(self) -> LastGood | None:
        """What is known, of this text or an earlier one."""
        if self.good is None:
            return None
        return LastGood(self.good, Shift.between(self.good.text, self.text))

    def formatted(self) -> str | None:
        """The text in the style of `qdsl fmt`, None if it does not parse; known until it
        changes."""
        source, latest, known = self.source, self.latest, self._formatted
        if known is None or known[0] != source.text:
            is_known = latest is not None and latest.text == source.text
            parses = latest.parses if latest is not None and is_known else _parses(source)
            known = (source.text, format_parsed(source) if parses else None)
            self._formatted = known
        return known[1]

    def place(self, offset: int) -> Place:
        return place_at(self._tokens.before(self.text, offset), self.source, offset)

    def tokens(self) -> list[Token]:
        """The words of the whole text, comments included."""
        return self._tokens.before(self.text, len(self.text))

    def circuits(self) -> Mapping[str, CircuitEntry]:
        """The circuits that can be called, as far as is known."""
        if self.good is not None and self.good.checked is not None:
            return self.good.checked.circuits
        used = [name for name in MODULES if f"use std.{name}" in self.text]
        return {k: v for name in used for k, v in library(name).items()}


def _parses(source: Source) -> bool:
    try:
        parse(source)
    except InvalidProgram:
        return False
    return True
