"""What the page's script draws: the program's layout as compact JSON, and the sources."""

from __future__ import annotations

import json
from typing import Any

from qdsl.diagnostics.printable import clean
from qdsl.diagnostics.source import Source
from qdsl.drawing.glyphs import glyph
from qdsl.drawing.layout import DrawingLayout, layout
from qdsl.ir.stages import ScheduledCircuit
from qdsl.records import dataclass


@dataclass(frozen=True, slots=True)
class PageProgram:
    """A compiled program for the page, which a saved report does not hold: its drawing, and the
    texts it was made from, the main one first."""

    drawing: DrawingLayout
    sources: tuple[Source, ...]

    @staticmethod
    def of(ir: ScheduledCircuit, main: Source) -> PageProgram:
        """The program, and every source that a line of it comes from."""
        found = {main.path: main}
        for span in ir.distributed.table.spans:
            found.setdefault(span.source.path, span.source)
        return PageProgram(layout(ir), tuple(found.values()))


def drawing_json(drawing: DrawingLayout) -> str:
    """The layout, safe inside a `script` element. `glyphs` are [name, angle, width of the box],
    beside `texts`; `left` is where the wires begin, `widths` are those of the columns.

    `marks` are [text, name, column, start, end, role, group, line, decided by, value, lanes...],
    with texts, names and roles by number; `stays` are [lane, first, last, start, end, qubit].
    """
    texts, names, roles = _Numbered(), _Numbered(), _Numbered()
    marks = [
        [texts(m.text), names(m.name), m.column, m.start, m.end, roles(m.role), m.group, m.line,
         m.decided_by, m.value, *m.lanes]
        for m in drawing.marks
    ]  # fmt: skip
    name_of = {m.text: m.name for m in drawing.marks}
    looks = [glyph(name_of[text], text) for text in texts.known]
    document = {
        "nodes": [clean(name) for name in drawing.nodes],
        "lanes": [[lane.node, int(lane.is_comm), lane.slot] for lane in drawing.lanes],
        "texts": texts.words(),
        "names": names.words(),
        "roles": roles.words(),
        "marks": marks,
        "stays": [[s.lane, s.first, s.last, s.start, s.end, clean(s.qubit)] for s in drawing.stays],
        "lines": [[clean(path.rpartition("/")[2]), line] for path, line in drawing.lines],
        "glyphs": [[clean(g.name), clean(g.angle), round(g.box, 1)] for g in looks],
        "left": drawing.left,
        "widths": [round(w, 1) for w in drawing.widths()],
        "endings": [[e.lane, clean(e.text)] for e in drawing.endings],
        "columns": drawing.columns,
        "makespan": drawing.makespan,
    }
    return script_json(document)


class _Numbered:
    def __init__(self) -> None:
        self.known: dict[str, int] = {}

    def __call__(self, word: str) -> int:
        return self.known.setdefault(word, len(self.known))

    def words(self) -> list[str]:
        return [clean(word) for word in self.known]


def script_json(document: Any) -> str:
    """JSON that cannot end the element it stands in."""
    text = json.dumps(document, separators=(",", ":"), ensure_ascii=True)
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")
