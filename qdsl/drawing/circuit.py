"""A scheduled program as one picture: devices as coloured bands, every ebit visible."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from math import hypot

from qdsl.drawing.colors import Shades, device_shades
from qdsl.drawing.glyphs import CONTROLS, LONGEST, TARGETS, Glyph, column_places, glyph
from qdsl.drawing.layout import DrawingLayout, Mark
from qdsl.drawing.svg import label, line, number, picture, safe, tag
from qdsl.records import dataclass

ROW, BOX = 34.0, 26.0
TOP, NAME, GAP = 8.0, 20.0, 8.0
EBIT, DECIDES = "#b5127b", "#9aa0a8"
BESIDE = 20.0  # px from the middle of a measurement to beside its box
MOST_COLUMNS = 160
ENDING = 96.0  # px for what is returned
WIDEST = 1200.0  # px of a picture: letters can still be read on a page or a slide
BETWEEN = 22.0  # px between two rows of one picture


def circuit_picture(
    drawing: DrawingLayout, title: str, most_columns: int = MOST_COLUMNS, widest: float = WIDEST
) -> str:
    """The picture of the first `most_columns` columns, on white, without script; in rows below
    one another where it would be wider than `widest` px, unless one column is."""
    return _Picture(drawing, min(drawing.columns, most_columns), widest).svg(title)


def lane_heights(drawing: DrawingLayout) -> tuple[float, ...]:
    """The y of every lane's middle; the name of a device has a row above its lanes."""
    y, node, found = TOP - GAP, -1, []
    for lane in drawing.lanes:
        if lane.node != node:
            y, node = y + GAP + NAME, lane.node
        found.append(y + ROW / 2)
        y += ROW
    return tuple(found)


_STYLE = (
    ".qdsl-circuit text{font:11px system-ui,sans-serif;fill:#1c1e21}"
    ".qdsl-circuit .m{text-anchor:middle}.qdsl-circuit .n{fill:#5b6067}"
    ".qdsl-circuit .b{font-weight:600}.qdsl-circuit .e{text-anchor:end}"
    ".qdsl-circuit .a{font-size:9px;text-anchor:middle}.qdsl-circuit .s{font-size:9px;"
    "paint-order:stroke;stroke:#fff;stroke-width:3px}"
)


@dataclass(frozen=True, slots=True)
class PictureRow:
    """The columns from `first` to before `last`; `begin` and `end` say where they begin and end
    in px, counted from the first column of all; `top` is where the row stands."""

    first: int
    last: int
    begin: float
    end: float
    top: float

    def has(self, column: int) -> bool:
        return self.first <= column < self.last


class _Picture:
    def __init__(self, drawing: DrawingLayout, columns: int, widest: float) -> None:
        self.d = drawing
        self.columns = columns
        self.y = lane_heights(drawing)
        widths = drawing.widths()[:columns]
        self.places = column_places(widths)
        ending = ENDING if drawing.endings else 20.0
        self.high = (self.y[-1] if self.y else TOP) + ROW / 2 + 8
        self.rows = tuple(self._rows(widths, widest - drawing.left - ending))
        self.width = drawing.left + max(r.end - r.begin for r in self.rows) + ending

    def _rows(self, widths: list[float], room: float) -> Iterator[PictureRow]:
        first, begin, end, top = 0, 0.0, 0.0, 0.0
        for k, width in enumerate(widths):
            if k > first and end + width - begin > room:
                yield PictureRow(first, k, begin, end, top)
                first, begin, top = k, end, top + self.high + BETWEEN
            end += width
        yield PictureRow(first, len(widths), begin, end, top)

    def svg(self, title: str) -> str:
        hidden = self.d.columns - self.columns
        note = f"first {self.columns:,} of {self.d.columns:,} columns" if hidden else ""
        height = self.rows[-1].top + self.high + (20 if note else 0)
        parts = [tag("rect", width=self.width, height=height, fill="#ffffff")]
        for row in self.rows:
            parts += [*self._bands(row), *self._names(row), *self._stays(row)]
            parts += self._decisions(row)
            marks = (m for m in self.d.marks if row.has(m.column))
            parts += [part for mark in marks for part in self._mark(mark, row)]
        if note:
            parts.append(label(self.d.left, height - 8, note, class_="n"))
        return picture(self.width, height, title, "".join(parts), _STYLE, "qdsl-circuit")

    def _x(self, column: int, row: PictureRow) -> float:
        """The middle of a column in its row, or the edge of the row behind which it is; one
        behind the last is the end of all."""
        if column < row.first:
            return self.d.left - 4
        place = self.places[min(column, self.columns)]
        return self.d.left + min(place, row.end) - row.begin

    def _bands(self, row: PictureRow) -> Iterator[str]:
        lanes = list(zip(self.d.lanes, self.y, strict=True))
        for node, group in groupby(lanes, key=lambda pair: pair[0].node):
            mine = list(group)
            top = row.top + mine[0][1] - ROW / 2 - NAME
            bottom = row.top + mine[-1][1] + ROW / 2
            shades = device_shades(node)
            yield tag(
                "rect", x=0, y=top, width=self.width, height=bottom - top, rx=6, fill=shades.band
            )
            name = _short(self.d.nodes[node], 40)
            yield tag("text", safe(name), x=8, y=top + 15, class_="b", fill=shades.ink)
            for lane, y in mine:
                words = f"{'comm' if lane.is_comm else 'data'} {lane.slot}"
                yield label(8, row.top + y + 4, words, class_="n")

    def _names(self, row: PictureRow) -> Iterator[str]:
        """The qubit that is in a lane where the row starts, and what is returned of the one that
        ends there."""
        for lane, qubit in self.d.held_at(row.first).items():
            y = row.top + self.y[lane] + 4
            yield label(self.d.left - 10, y, _short(qubit, LONGEST), class_="b e")
        if row.last == self.d.columns:
            for ending in self.d.endings:
                x = self.d.left + row.end - row.begin + 6
                y = row.top + self.y[ending.lane] + 4
                yield label(x, y, _short(ending.text, 14), class_="b")

    def _stays(self, row: PictureRow) -> Iterator[str]:
        for stay in self.d.stays:
            if stay.first >= row.last or stay.last < row.first:
                continue
            x1, x2 = self._x(stay.first, row), self._x(stay.last, row)
            y = row.top + self.y[stay.lane]
            dash = "4 3" if self.d.lanes[stay.lane].is_comm else None
            yield line(x1, y, x2, y, stroke="#8a9099", stroke_dasharray=dash)

    def _decisions(self, row: PictureRow) -> Iterator[str]:
        """A line from every measurement to what it decides, which goes on in the next rows; the
        dot on it is filled where that happens if the bit is 1, and open where it happens if it
        is 0."""
        for mark in self.d.marks:
            if mark.decided_by < 0 or mark.column < row.first:
                continue
            by = self.d.marks[mark.decided_by]
            if by.column >= row.last or mark.column >= self.columns:
                continue
            x1, y1 = self.places[by.column], self.y[by.lanes[0]]
            x2, y2 = self.places[mark.column], self.y[mark.lanes[0]]
            right, down = self.d.left - row.begin, row.top
            ends = [
                (x + right, y1 + (y2 - y1) * (x - x1) / (x2 - x1) + down)
                for x in (max(x1, row.begin), min(x2, row.end))
            ]
            yield line(*ends[0], *ends[1], stroke=DECIDES, stroke_dasharray="2 3")
            if row.has(by.column):
                part = BESIDE / hypot(x2 - x1, y2 - y1)
                yield tag("circle", cx=x1 + part * (x2 - x1) + right,
                          cy=y1 + part * (y2 - y1) + down, r=2.5,
                          fill=DECIDES if mark.value else "#ffffff", stroke=DECIDES)  # fmt: skip

    def _mark(self, mark: Mark, row: PictureRow) -> Iterator[str]:
        x, ys = self._x(mark.column, row), [row.top + self.y[lane] for lane in mark.lanes]
        hint = mark.text + (f" ({mark.role})" if mark.role != "local" else "")
        hint += f", {self.d.condition(mark)}" if mark.decided_by >= 0 else ""
        yield f"<g>{tag('title', safe(hint))}"
        if mark.name == "ebit":
            yield line(x, min(ys), x, max(ys), stroke=EBIT, stroke_width=3)
            for y in ys:
                path = f"M{number(x)} {number(y - 7)}l7 7-7 7-7-7z"
                yield tag("path", d=path, fill=EBIT)
        else:
            ink = device_shades(self.d.lanes[mark.lanes[0]].node)
            if len(ys) > 1:
                yield line(x, min(ys), x, max(ys), stroke=ink.ink, stroke_width=1.5)
            look = glyph(mark.name, mark.text)
            for k, y in enumerate(ys):
                yield _end(mark, look, k, x, y, ink)
            if mark.name in TARGETS and look.angle:
                yield label(x + 7, (min(ys) + max(ys)) / 2 + 3, look.angle, class_="s")
        yield "</g>"


def _end(mark: Mark, look: Glyph, k: int, x: float, y: float, shades: Shades) -> str:
    """What an operation looks like on its lane number `k`."""
    ink, kind = shades.ink, TARGETS.get(mark.name, "")
    if k < CONTROLS.get(mark.name, 0) or kind == "z":
        return tag("circle", cx=x, cy=y, r=4, fill=ink)
    if kind == "x":
        cross = f"M{number(x - 8)} {number(y)}h16M{number(x)} {number(y - 8)}v16"
        return tag("circle", cx=x, cy=y, r=8, fill="#ffffff", stroke=ink, stroke_width=1.5) + tag(
            "path", d=cross, stroke=ink, stroke_width=1.5
        )
    if kind == "s":
        cross = f"M{number(x - 5)} {number(y - 5)}l10 10m0-10l-10 10"
        return tag("path", d=cross, stroke=ink, stroke_width=2, fill="none")
    return _box(look, x, y, shades)


def _box(look: Glyph, x: float, y: float, shades: Shades) -> str:
    """A box as wide as what stands in it: the name, and the angle below."""
    box = tag("rect", x=x - look.box / 2, y=y - BOX / 2, width=look.box, height=BOX, rx=4,
              fill=shades.fill, stroke=shades.ink)  # fmt: skip
    if not look.angle:
        return box + label(x, y + 4, look.name, class_="m")
    return box + label(x, y - 1, look.name, class_="m") + label(x, y + 9, look.angle, class_="a")


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
