"""The pieces of a report on a terminal of 80 columns."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from qdsl.report.table import ReportTable

WIDTH = 80
MOST_ROWS = 12  # of a table; the JSON form has them all


def clip(text: str, width: int) -> str:
    return text if len(text) <= width else text[: max(width - 3, 0)] + "..."[:width]


def indented(text: str, indent: int = 2) -> list[str]:
    """Lines indented by this, all but the first by two more."""
    return textwrap.wrap(
        text, WIDTH, initial_indent=" " * indent, subsequent_indent=" " * (indent + 2)
    )


def field(name: str, text: str, width: int = 12) -> list[str]:
    """A name, and beside it a text; below it where the name takes the whole width."""
    if name and len(name) >= width:
        return [name, *field("", text, width)]
    lines = textwrap.wrap(text, WIDTH - width, break_on_hyphens=False) or [""]
    return [f"{name:<{width}}{lines[0]}", *(" " * width + line for line in lines[1:])]


class Style:
    """How titles and tables look."""

    def __init__(self, color: bool) -> None:
        self.color = color

    def _code(self, number: str, text: str) -> str:
        return f"\033[{number}m{text}\033[0m" if self.color else text

    def title(self, text: str) -> str:
        return self._code("1", text)

    def good(self, text: str) -> str:
        return self._code("32", text)

    def bad(self, text: str) -> str:
        return self._code("31", text)

    def faint(self, text: str) -> str:
        return self._code("2", text)

    def section(self, t: ReportTable, what: str) -> str:
        """The table with title and notes; nothing if it has no rows. Columns of words go to the
        left, those of numbers to the right."""
        if not t.rows:
            return ""
        notes = [line for note in t.notes for line in indented(note)]
        return "\n".join(
            [self.title(t.title), *self.table(t.header, t.rows, what, t.words), *notes, ""]
        )

    def table(
        self,
        header: Sequence[str],
        rows: Sequence[Sequence[str]],
        what: str = "",
        words: int = 1,
    ) -> list[str]:
        """Columns as wide as needed, at most 80 in all; the first `words` are left-aligned, the
        others right-aligned. Of many rows, the first; `what` is the plural of what a row is."""
        cells = [list(header), *(list(r) for r in rows[:MOST_ROWS])]
        widths = [max(len(r[k]) for r in cells) for k in range(len(header))]
        while sum(widths) + 2 * len(widths) > WIDTH:
            widest = widths.index(max(widths))
            widths[widest] -= 1

        def line(row: list[str]) -> str:
            put = [
                clip(x, w).ljust(w) if k < words else clip(x, w).rjust(w)
                for k, (x, w) in enumerate(zip(row, widths, strict=True))
            ]
            return "  " + "  ".join(put).rstrip()

        hidden = len(rows) - MOST_ROWS
        more = [f"  (+{hidden:,} more {what})"] if hidden > 0 else []
        return [self.faint(line(cells[0])), *(line(r) for r in cells[1:]), *more]
