"""A grid of numbers as a picture: the darker a cell, the larger its number."""

from __future__ import annotations

from collections.abc import Sequence
from math import log10

from qdsl.drawing.colors import oklch
from qdsl.drawing.svg import label, picture, tag
from qdsl.records import dataclass

CELL, HIGH = 66.0, 26.0
LETTER = 6.8  # width of one, to leave room for names of rows
STYLE = ".heat .on-dark{fill:#fff}.heat .on-light{fill:#111}svg.heat{width:auto;max-width:100%}"
LIGHT, DARK = 0.96, 0.45  # lightness of the least and of the largest number


@dataclass(frozen=True, slots=True)
class HeatMap:
    """`numbers` float[rows][columns], None where not known; `texts` the same as it is read;
    `marked`: cells with an outline. Rows and columns have names, and so have the two axes."""

    title: str
    row_name: str
    column_name: str
    rows: Sequence[str]
    columns: Sequence[str]
    numbers: Sequence[Sequence[float | None]]
    texts: Sequence[Sequence[str]]
    marked: Sequence[Sequence[bool]]


@dataclass(frozen=True, slots=True)
class NumberShades:
    low: float
    high: float
    is_log: bool

    def part(self, number: float) -> float:
        """From 0 for the least to 1 for the largest."""
        at = log10(number) if self.is_log else number
        return (at - self.low) / (self.high - self.low) if self.high > self.low else 0.0


def heat_map_picture(m: HeatMap) -> str:
    """The first row is at the top. Colours are by logarithms where numbers differ by more than a
    factor of ten."""
    left = LETTER * max(len(m.row_name), *map(len, m.rows)) + 14
    top = 2 * HIGH
    shade = shades_of([x for row in m.numbers for x in row if x is not None])
    parts = [
        label(left + CELL * len(m.columns) / 2, 16, m.column_name, class_="name mid"),
        label(left - 8, top - 8, m.row_name, class_="name end"),
    ]
    for k, name in enumerate(m.columns):
        parts.append(label(left + (k + 0.5) * CELL, top - 8, name, class_="tick mid"))
    for i, name in enumerate(m.rows):
        y = top + i * HIGH
        parts.append(label(left - 8, y + 17, name, class_="tick end"))
        for k in range(len(m.columns)):
            parts.append(_cell(m, i, k, left + k * CELL, y, shade))
    size = left + CELL * len(m.columns) + 6, top + HIGH * len(m.rows) + 6
    return picture(*size, m.title, "".join(parts), class_="curves heat")


def _cell(m: HeatMap, i: int, k: int, x: float, y: float, shade: NumberShades) -> str:
    number = m.numbers[i][k]
    if number is None:
        return label(x + CELL / 2, y + 17, "-", class_="tick mid")
    part = shade.part(number)
    fill = oklch(LIGHT + part * (DARK - LIGHT), 0.04 + 0.06 * part, 255)
    inset = 2.0 if m.marked[i][k] else 0.5
    box = tag(
        "rect", x=x + inset, y=y + inset, width=CELL - 2 * inset, height=HIGH - 2 * inset,
        fill=fill, stroke="#d35400" if m.marked[i][k] else "none", stroke_width=2.5,
    )  # fmt: skip
    ink = "on-dark" if part > 0.55 else "on-light"
    words = label(x + CELL / 2, y + 17, m.texts[i][k], class_=f"{ink} mid")
    return tag("g", box + words)


def shades_of(numbers: Sequence[float]) -> NumberShades:
    if not numbers:
        return NumberShades(0.0, 0.0, False)
    low, high = min(numbers), max(numbers)
    is_log = 0 < 10 * low < high
    return NumberShades(log10(low), log10(high), True) if is_log else NumberShades(low, high, False)
