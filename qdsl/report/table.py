"""A table of text."""

from __future__ import annotations

from collections.abc import Container, Sequence

from qdsl.records import dataclass


@dataclass(frozen=True, slots=True)
class ReportTable:
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


def aligned(rows: Sequence[Sequence[str]], left: Container[int] = (), gap: str = "  ") -> list[str]:
    """Rows as lines of columns, to the right but for those named in `left`."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        gap.join(
            cell.ljust(w) if k in left else cell.rjust(w)
            for k, (cell, w) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
