"""Where the nodes of a syntax tree stand in the text."""

from __future__ import annotations

import re
from dataclasses import field
from typing import Any

from qdsl.diagnostics.source import Source, Span
from qdsl.records import dataclass

_WORD = re.compile(r"\w+|\S|$")


@dataclass(slots=True)
class NodePlaces:
    """Characters by lines and columns. The parser's end is where the last token begins."""

    source: Source
    lines: list[int] = field(init=False)

    def __post_init__(self) -> None:
        self.lines = [0, *(m.end() for m in re.finditer("\n", self.source.text))]

    def offsets(self, node: Any) -> tuple[int, int] | None:
        """From one character to another; None of a node without a place."""
        span = getattr(node, "span", None)
        if span is None or not 0 < span.start_line <= span.end_line <= len(self.lines):
            return None
        start = self.lines[span.start_line - 1] + span.start_column
        last = self.lines[span.end_line - 1] + span.end_column
        if not start <= last <= len(self.source.text):
            return None
        word = _WORD.match(self.source.text, last)
        return start, word.end() if word else last

    def span(self, node: Any) -> Span | None:
        found = self.offsets(node)
        return None if found is None else Span(self.source, *found)
