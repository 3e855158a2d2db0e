"""Places in a text as editors name them, and where a place went after an edit."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable
from typing import Any

from qdsl.diagnostics.source import Span
from qdsl.records import dataclass

Json = dict[str, Any]

_LINE_END = re.compile(r"\r\n|\n|\r")
# what one character counts, by the name of the unit that client and server agreed on
_WIDTHS: dict[str, Callable[[str], int]] = {
    "utf-16": lambda char: 1 + (char > "\uffff"),
    "utf-8": lambda char: len(char.encode("utf-8", "surrogatepass")),
    "utf-32": lambda char: 1,
}


class Lines:
    """The lines of a text. Positions count lines and units from 0; offsets count characters."""

    def __init__(self, text: str, unit: str = "utf-16") -> None:
        self.text = text
        self._width = _WIDTHS[unit]
        self._starts = [0, *(match.end() for match in _LINE_END.finditer(text))]

    def __len__(self) -> int:
        return len(self._starts)

    def line_of(self, offset: int) -> int:
        return bisect_right(self._starts, offset) - 1

    def text_of(self, line: int) -> str:
        """A line without its end."""
        end = self._starts[line + 1] if line + 1 < len(self) else len(self.text)
        return self.text[self._starts[line] : end].rstrip("\r\n")

    def units(self, text: str) -> int:
        """The length of a text."""
        return len(text) if text.isascii() else sum(map(self._width, text))

    def position(self, offset: int) -> Json:
        """`{"line": ..., "character": ...}` of an offset, which is cut to the text."""
        offset = min(max(offset, 0), len(self.text))
        line = self.line_of(offset)
        before = self.text[self._starts[line] : offset]
        return {"line": line, "character": self.units(before)}

    def offset(self, position: Json) -> int:
        """The offset of a position. One beyond the line or the text is cut to it; one in the
        middle of a character is before it."""
        line, units = int(position["line"]), int(position["character"])
        if line >= len(self):
            return len(self.text)
        if line < 0:
            return 0
        text = self.text_of(line)
        if text.isascii():
            return self._starts[line] + min(max(units, 0), len(text))
        count = 0
        for k, char in enumerate(text):
            count += self._width(char)
            if count > units:
                return self._starts[line] + k
        return self._starts[line] + len(text)

    def range(self, start: int, end: int) -> Json:
        return {"start": self.position(start), "end": self.position(end)}

    def of(self, span: Span) -> Json:
        return self.range(span.start, span.end)


@dataclass(frozen=True, slots=True)
class Shift:
    """One stretch of a text that was replaced: `start` to `old_end` by `start` to `new_end`."""

    start: int
    old_end: int
    new_end: int

    @staticmethod
    def between(old: str, new: str) -> Shift:
        """What has to be replaced in `old` to get `new`."""
        limit = min(len(old), len(new))
        same = _longest(limit, lambda k: old[:k] == new[:k])
        tail = _longest(limit - same, lambda k: old[len(old) - k :] == new[len(new) - k :])
        return Shift(same, len(old) - tail, len(new) - tail)

    def to_new(self, offset: int) -> int | None:
        """Where a place of the old text is now; None if it was replaced."""
        if offset <= self.start:
            return offset
        return offset + self.new_end - self.old_end if offset >= self.old_end else None

    def to_old(self, offset: int) -> int | None:
        if offset <= self.start:
            return offset
        return offset + self.old_end - self.new_end if offset >= self.new_end else None

    def range_to_new(self, start: int, end: int) -> tuple[int, int] | None:
        """Where a piece of the old text is now; None if any of it was replaced."""
        if end <= self.start:
            return start, end
        if start >= self.old_end:
            moved = self.new_end - self.old_end
            return start + moved, end + moved
        return None


def _longest(limit: int, fits: Callable[[int], bool]) -> int:
    """The largest k up to `limit` that fits, where all smaller ones do."""
    low, high = 0, max(limit, 0)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if fits(middle) else (low, middle - 1)
    return low
