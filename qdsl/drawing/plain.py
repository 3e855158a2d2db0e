"""A scheduled program as characters, for a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from qdsl.diagnostics.printable import clean
from qdsl.drawing.glyphs import CONTROLS, TARGETS, glyph
from qdsl.drawing.layout import DrawingLayout, Mark

MOST_COLUMNS = 400
_ENDS = {"x": "⊕", "z": "●", "s": "✕"}


def plain_picture(drawing: DrawingLayout, width: int = 80) -> str:
    """The program in blocks of lines at most `width` characters long, a line a physical qubit.

    `◆` are the halves of a pair, `?` marks what a measured bit decides, `?0` what
    happens if it is 0.
    """
    columns = min(drawing.columns, MOST_COLUMNS)
    cells = _cells(drawing, columns)
    data = (s.qubit for s in drawing.stays if not drawing.lanes[s.lane].is_comm)
    longest = max((len(clean(qubit)[:16]) for qubit in data), default=0)
    room = max(width - max(map(len, _names(drawing, 0, longest)), default=0) - 1, 20)
    blocks = [
        _block(drawing, cells, _names(drawing, first, longest), first, last)
        for first, last in _pages(cells, room)
    ]
    hidden = drawing.columns - columns
    more = [f"{hidden} more columns, {drawing.hidden} more operations"] if hidden else []
    return "\n\n".join(blocks + more) + "\n"


def _names(drawing: DrawingLayout, first: int, longest: int) -> list[str]:
    """`alice data 0 q[0]`, with the qubit that is there at a column; all as long, with room for
    names of `longest` letters."""
    starts = drawing.held_at(first)
    rows = [
        (drawing.nodes[lane.node], f"{'comm' if lane.is_comm else 'data'} {lane.slot}",
         starts.get(k, ""))
        for k, lane in enumerate(drawing.lanes)
    ]  # fmt: skip
    cleaned = [[clean(cell)[:16] for cell in row] for row in rows]
    widths = [max(map(len, column), default=0) for column in zip(*cleaned, strict=True)]
    widths[-1:] = [longest] if widths else []
    padded = (" ".join(map(str.ljust, row, widths)) for row in cleaned)
    return [name.ljust(sum(widths) + 2) for name in padded]


def _cells(drawing: DrawingLayout, columns: int) -> list[dict[int, str]]:
    """By column, what stands in every lane that an operation touches or crosses."""
    found: list[dict[int, str]] = [{} for _ in range(columns)]
    for m in drawing.marks:
        if m.column < columns:
            column = found[m.column]
            for lane in range(min(m.lanes), max(m.lanes) + 1):
                column.setdefault(lane, "┃" if m.name == "ebit" else "│")
            for k, lane in enumerate(m.lanes):
                column[lane] = _cell(m, k)
    return found


def _cell(m: Mark, k: int) -> str:
    kind, decided = TARGETS.get(m.name, ""), ""
    if m.decided_by >= 0:
        decided = "?" if m.value else "?0"
    look = glyph(m.name, m.text)
    beside = f"({clean(look.angle)})" if look.angle and k == len(m.lanes) - 1 else ""
    if m.name == "ebit":
        return "◆"
    if k < CONTROLS.get(m.name, 0):
        return "●"
    if kind:
        return _ENDS[kind] + decided + beside
    inside = clean(look.name) + (f" {clean(look.angle)}" if look.angle else "")
    return f"[{inside}{decided}]"


def _pages(cells: list[dict[int, str]], room: int) -> Iterator[tuple[int, int]]:
    """Runs of columns that fit side by side."""
    first = used = 0
    for k, column in enumerate(cells):
        wide = max(map(len, column.values()), default=1) + 1
        if used + wide > room and k > first:
            yield first, k
            first, used = k, 0
        used += wide
    yield first, len(cells)


def _block(
    drawing: DrawingLayout, cells: list[dict[int, str]], names: list[str], first: int, last: int
) -> str:
    held = _held(drawing)
    lines = []
    for lane, name in enumerate(names):
        wire = "┄" if drawing.lanes[lane].is_comm else "─"
        line = name + " "
        for k in range(first, last):
            wide = max(map(len, cells[k].values()), default=1)
            fill = wire if any(a <= k < b for a, b in held[lane]) else " "
            before = wire if any(a < k <= b for a, b in held[lane]) else " "
            text = cells[k].get(lane, fill)
            left = (wide - len(text)) // 2
            line += before * left + text + fill * (wide - len(text) - left + 1)
        lines.append(line.rstrip())
    if last == drawing.columns:
        said = {e.lane: clean(e.text) for e in drawing.endings}
        lines = [f"{x} {said[k]}" if k in said else x for k, x in enumerate(lines)]
    return "\n".join(lines)


def _held(drawing: DrawingLayout) -> list[list[tuple[int, int]]]:
    """By lane, from which column to which it holds a state."""
    found: list[list[tuple[int, int]]] = [[] for _ in drawing.lanes]
    for s in drawing.stays:
        found[s.lane].append((s.first, s.last))
    return found
