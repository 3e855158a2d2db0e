"""A scheduled program for LaTeX, by the package quantikz.

Only commands that all its versions since 2020 know are used: a wire is drawn where it is written.
"""

from __future__ import annotations

from qdsl.diagnostics.latex import latex_escaped, one_line
from qdsl.drawing.glyphs import CONTROLS, TARGETS, glyph
from qdsl.drawing.layout import DrawingLayout, Mark

MOST_COLUMNS = 24  # of one picture
_HEAD = r"""% {title}
% \usepackage{{quantikz}} or, from 2023 on, \usetikzlibrary{{quantikz2}}
% \usepackage{{adjustbox}} for its width
"""
_ENDS = {"x": r"\targ{}", "z": r"\control{}", "s": r"\targX{}"}
_WORDS = {"x": "x", "z": "z", "s": "swap"}


def latex_picture(drawing: DrawingLayout, title: str) -> str:
    """The circuit, a row a physical qubit; of a longer one, a picture every `MOST_COLUMNS`
    columns. A measured bit has a number, which gates that it decides have as their exponent, and
    measurements behind "if"; a bar stands where they happen if it is 0."""
    bits = {k: n for n, k in enumerate(_deciding(drawing), start=1)}
    cells = _cells(drawing, bits)
    parts = range(0, max(drawing.columns, 1), MOST_COLUMNS)
    pictures = [
        _picture(drawing, cells, first, min(first + MOST_COLUMNS, drawing.columns))
        for first in parts
    ]
    hidden = [f"% {drawing.hidden} more operations are not drawn"] if drawing.hidden else []
    return _HEAD.format(title=one_line(title)) + "\n\n".join(pictures + hidden) + "\n"


def _deciding(drawing: DrawingLayout) -> list[int]:
    return sorted({m.decided_by for m in drawing.marks if m.decided_by >= 0})


def _cells(drawing: DrawingLayout, bits: dict[int, int]) -> list[dict[int, str]]:
    """By column, what stands in every lane that an operation touches."""
    found: list[dict[int, str]] = [{} for _ in range(drawing.columns)]
    for number, m in enumerate(drawing.marks):
        for k, lane in enumerate(m.lanes):
            found[m.column][lane] = _cell(m, k, bits.get(number), bits.get(m.decided_by))
    return found


def _cell(m: Mark, k: int, bit: int | None, decided: int | None) -> str:
    look = glyph(m.name, m.text)
    to_next = m.lanes[k + 1] - m.lanes[k] if k < len(m.lanes) - 1 else 0
    to_last = m.lanes[-1] - m.lanes[k]
    kind, exponent = TARGETS.get(m.name, ""), "" if decided is None else _power(decided, m.value)
    if m.name == "measure":
        return _macro("meter", _measured(bit, decided, m.value))
    if m.name == "ebit":
        return _macro("gate[style={rotate=45,inner sep=2pt}]", "") + _line_to(to_next)
    if k < CONTROLS.get(m.name, 0):
        return _macro("ctrl", str(to_last))
    if kind == "s" and to_next:
        return _macro("swap", str(to_next))
    if kind == "z" and to_next:
        return _macro("ctrl", str(to_next))
    if kind == "z" and look.angle and not exponent:
        return _macro("phase", _upright(look.angle))
    if kind and not exponent:
        return _ENDS[kind]
    name = _letter("p" if m.name == "cp" else _WORDS.get(kind, look.name))
    angle = f"({_upright(look.angle)})" if look.angle else ""
    return _macro("gate", name + exponent + angle) + _line_to(to_next)


def _letter(name: str) -> str:
    """A gate as papers write it: H, X, R_z; others by their name."""
    if len(name) == 1 and name.isascii() and name.isalpha():
        return name.upper()
    return f"R_{name[1]}" if name in ("rx", "ry", "rz") else _upright(name)


def _macro(name: str, argument: str) -> str:
    return rf"\{name}{{{argument}}}"


def _line_to(below: int) -> str:
    """A line from a box to the next one of its operation."""
    return _macro("vqw", str(below)) if below else ""


def _power(bit: int, value: int) -> str:
    """`X^{m}` happens where the bit is 1, with a bar where it is 0."""
    return f"^{{{_bit(bit, value)}}}"


def _bit(bit: int, value: int) -> str:
    return f"m_{{{bit}}}" if value else rf"\bar m_{{{bit}}}"


def _measured(bit: int | None, decided: int | None, value: int) -> str:
    """The label of a meter: the number of its bit, and the bit that decides whether it measures;
    a power would be that of the result."""
    name = "" if bit is None else f"${_bit(bit, 1)}$"
    condition = "" if decided is None else f"if ${_bit(decided, value)}$"
    return " ".join(part for part in (name, condition) if part)


def _picture(drawing: DrawingLayout, cells: list[dict[int, str]], first: int, last: int) -> str:
    held: list[list[tuple[int, int]]] = [[] for _ in drawing.lanes]
    for s in drawing.stays:
        held[s.lane].append((s.first, s.last))
    starts = drawing.held_at(first)
    ends = {e.lane: e.text for e in drawing.endings} if last == drawing.columns else {}
    rows = []
    for lane in range(len(drawing.lanes)):
        name = drawing.place(lane)
        begun = f" {starts[lane]}" if lane in starts else ""
        row = [rf"\lstick{{{latex_escaped(name + begun)}}}"]
        for k in range(first, last):
            wire = r"\qw" if any(a < k <= b for a, b in held[lane]) else ""
            row.append(cells[k].get(lane, wire))
        tail = r"\qw" if any(a < last <= b for a, b in held[lane]) else ""
        row.append(tail + (rf"\rstick{{{latex_escaped(ends[lane])}}}" if lane in ends else ""))
        rows.append(" & ".join(row))
    body = " \\\\\n  ".join(rows)
    return (
        "\\begin{adjustbox}{max width=\\textwidth}\n\\begin{quantikz}[row sep=0.2cm]\n"
        f"  {body}\n\\end{{quantikz}}\n\\end{{adjustbox}}"
    )


def _upright(text: str) -> str:
    """A text in a formula."""
    return rf"\textrm{{{latex_escaped(text)}}}"
