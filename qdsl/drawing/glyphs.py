"""How an operation is written in a drawing: its name, its angles, how much room both take."""

from __future__ import annotations

import re
from math import pi

from qdsl.records import dataclass

NAME, SMALL = 6.8, 5.3  # px of a letter of a name, of an angle
BOX, COLUMN = 30.0, 38.0  # px that a box and a column have at least
LONGEST = 24  # letters of a label; what is cut is in the tool tip
_NUMBER = re.compile(r"(?<![\w.])\d+\.\d+(?:e[+-]?\d+)?|(?<![\w.])\d+e[+-]?\d+")
_PI = re.compile(r"\bpi\b")

CONTROLS = {
    "cx": 1,
    "cy": 1,
    "cz": 1,
    "ch": 1,
    "cp": 1,
    "crx": 1,
    "cry": 1,
    "crz": 1,
    "ccx": 2,
    "ccz": 2,
    "cswap": 1,
}
TARGETS = {"cx": "x", "ccx": "x", "cz": "z", "ccz": "z", "cp": "z", "swap": "s", "cswap": "s"}
_BOXES = {"measure": "M", "cy": "y", "ch": "h", "crx": "rx", "cry": "ry", "crz": "rz"}


@dataclass(frozen=True, slots=True)
class Glyph:
    """`name` is written in the boxes, `angle` below it, or beside the line of an operation that
    has no box; `box` and `column`: how wide they are, in px."""

    name: str
    angle: str
    box: float
    column: float


def glyph(name: str, text: str) -> Glyph:
    """Of an operation, by its name and its text with angles."""
    angle = _shortened(text.partition("(")[2].rpartition(")")[0])
    word = text.rpartition(" ")[2] if " " in text and not text.endswith(")") else ""
    shown = _BOXES.get(name, name) + (f" {word}" if word else "")
    shown = _clipped(shown)
    if name in TARGETS:
        beside = 14.0 + SMALL * len(angle) if angle else 0.0
        return Glyph(shown, angle, BOX, max(COLUMN, 2 * beside))
    box = max(BOX, 10 + NAME * len(shown), 8 + SMALL * len(angle))
    return Glyph(shown, angle, box, box + COLUMN - BOX)


def _shortened(text: str) -> str:
    """Angles with numbers in few digits: `pi/2048` for 0.00153398078789."""
    return _clipped(_PI.sub("π", _NUMBER.sub(lambda m: short_number(float(m[0])), text)))


def short_number(x: float) -> str:
    """A fraction of π where it is one, else four digits."""
    for power in range(13):
        parts = x / pi * 2**power
        whole = round(parts)
        if 1 <= whole < 100 and abs(parts - whole) < 1e-9 * parts:
            many = "" if whole == 1 else str(whole)
            return f"{many}π/{2**power}" if power else f"{many}π"
    return f"{x:.4g}"


def _clipped(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def column_places(widths: list[float]) -> list[float]:
    """The middle of every column, from the left edge of the first; and the end of the last."""
    places, left = [], 0.0
    for width in widths:
        places.append(left + width / 2)
        left += width
    return [*places, left]
