"""A scheduled program as one picture: devices as coloured bands, every ebit visible."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from math import hypot

from qdsl.drawing.colors import Shades, device_shades
from qdsl.drawing.glyphs import CONTROLS, LONGEST, TARGETS, Glyph, column_places, glyph
from qdsl.drawing.layout import DrawingLayout, Mark
from qdsl.drawing.svg import label, line, number, picture, safe, tag

ROW, BOX = 34.0, 26.0
TOP, NAME, GAP = 8.0, 20.0, 8.0
EBIT, DECIDES = "#b5127b", "#9aa0a8"
BESIDE = 20.0  # px from the middle of a measurement to beside its box
MOST_COLUMNS = 160
ENDING = 96.0  # px for what is returned


def circuit_picture(drawing: DrawingLayout, title: str, most_columns: int = MOST_COLUMNS) -> str:
    """The picture of the first `most_columns` columns, on white, without script."""
    return _Picture(drawing, min(drawing.columns, most_columns)).svg(title)


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


class _Picture:
    def __init__(self, drawing: DrawingLayout, columns: int) -> None:
        self.d = drawing
        self.columns = columns
        self.y = lane_heights(drawing)
        self.places = column_places(drawing.widths()[:columns])
        self.width = self.d.left + self.places[-1] + (ENDING if drawing.endings else 20.0)
        self.height = (self.y[-1] if self.y else TOP) + ROW / 2 + 8

    def svg(self, title: str) -> str:
        hidden = self.d.columns - self.columns
        note = f"first {self.columns} of {self.d.columns} columns" if hidden else ""
        height = self.height + (20 if note else 0)
        parts = [tag("rect", width=self.width, height=height, fill="#ffffff")]
        parts += [*self._bands(), *self._names(), *self._stays(), *self._decisions()]
        parts += [part for mark in self._marks() for part in self._mark(mark)]
        if note:
            parts.append(label(self.d.left, height - 8, note, class_="n"))
        return picture(self.width, height, title, "".join(parts), _STYLE, "qdsl-circuit")

    def _x(self, column: int) -> float:
        """The middle of a column; one behind the last is the end of all."""
        return self.d.left + self.places[min(column, self.columns)]

    def _marks(self) -> Iterator[Mark]:
        return (m for m in self.d.marks if m.column < self.columns)

    def _bands(self) -> Iterator[str]:
        lanes = list(zip(self.d.lanes, self.y, strict=True))
        for node, group in groupby(lanes, key=lambda pair: pair[0].node):
            mine = list(group)
            top, bottom = mine[0][1] - ROW / 2 - NAME, mine[-1][1] + ROW / 2
            shades = device_shades(node)
            yield tag(
                "rect", x=0, y=top, width=self.width, height=bottom - top, rx=6, fill=shades.band
            )
            name = _short(self.d.nodes[node], 40)
            yield tag("text", safe(name), x=8, y=top + 15, class_="b", fill=shades.ink)
            for lane, y in mine:
                yield label(
                    8, y + 4, f"{'comm' if lane.is_comm else 'data'} {lane.slot}", class_="n"
                )

    def _names(self) -> Iterator[str]:
        """The qubit that starts in a lane, and what is returned of the one that ends there."""
        for stay in self.d.stays:
            if stay.first < 0 and stay.qubit:
                y = self.y[stay.lane] + 4
                yield label(self.d.left - 10, y, _short(stay.qubit, LONGEST), class_="b e")
        if self.columns == self.d.columns:
            for ending in self.d.endings:
                x, y = self.d.left + self.places[-1] + 6, self.y[ending.lane] + 4
                yield label(x, y, _short(ending.text, 14), class_="b")

    def _stays(self) -> Iterator[str]:
        for stay in self.d.stays:
            if stay.first >= self.columns:
                continue
            x1 = self._x(stay.first) if stay.first >= 0 else self.d.left - 4
            x2 = self._x(stay.last)
            dash = "4 3" if self.d.lanes[stay.lane].is_comm else None
            yield line(
                x1,
                self.y[stay.lane],
                x2,
                self.y[stay.lane],
                stroke="#8a9099",
                stroke_dasharray=dash,
            )

    def _decisions(self) -> Iterator[str]:
        """A line from every measurement to what it decides; the dot on it is filled where that
        happens if the bit is 1, and open where it happens if it is 0."""
        for mark in self._marks():
            if mark.decided_by >= 0:
                by = self.d.marks[mark.decided_by]
                x1, y1 = self._x(by.column), self.y[by.lanes[0]]
                x2, y2 = self._x(mark.column), self.y[mark.lanes[0]]
                yield line(x1, y1, x2, y2, stroke=DECIDES, stroke_dasharray="2 3")
                part = BESIDE / hypot(x2 - x1, y2 - y1)
                yield tag("circle", cx=x1 + part * (x2 - x1), cy=y1 + part * (y2 - y1), r=2.5,
                          fill=DECIDES if mark.value else "#ffffff", stroke=DECIDES)  # fmt: skip

    def _mark(self, mark: Mark) -> Iterator[str]:
        x, ys = self._x(mark.column), [self.y[lane] for lane in mark.lanes]
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
