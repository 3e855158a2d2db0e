"""Where everything of a scheduled program stands in a drawing: lanes, columns, stays.

A lane is a physical qubit that the program uses, a column a place from left to right: an
operation stands right of all that it depends on, and alone on the lanes it spans. A stay is one
wire: from when to when a lane holds a state.
"""

from __future__ import annotations

import numpy as np

from qdsl.drawing.glyphs import COLUMN, LONGEST, NAME, glyph
from qdsl.ir.operations import Kind
from qdsl.ir.printing import row_texts
from qdsl.ir.stages import (
    ROLES,
    Circuit,
    Eigenvalue,
    Expectation,
    Output,
    Overlap,
    Probability,
    Sample,
    ScheduledCircuit,
)
from qdsl.ir.table import Row
from qdsl.records import dataclass

LEFT, LANES = 116.0, 74.0  # px for names of lanes and qubits: at least, and of the lanes alone
MOST_DRAWN = 100_000  # operations; of a longer program the first are drawn


@dataclass(frozen=True, slots=True)
class Lane:
    """Physical qubit `slot` of a node's data or communication qubits."""

    node: int
    is_comm: bool
    slot: int


@dataclass(frozen=True, slots=True)
class Mark:
    """One operation. `text` is its name with angles; `decided_by` the index of the measuring
    mark on which it depends, -1: none, and `value` what it has to measure; `line` is an index into
    `DrawingLayout.lines`, -1: none; `row` that of the program; times in ns."""

    name: str
    text: str
    lanes: tuple[int, ...]
    column: int
    start: int
    end: int
    role: str
    group: int
    line: int
    decided_by: int
    value: int
    row: int


@dataclass(frozen=True, slots=True)
class Stay:
    """A wire in a lane: first and last column, from when to when in ns, and the qubit of the
    program whose state it holds ("" if none of its own, `q[0]'` for a copy)."""

    lane: int
    first: int
    last: int
    start: int
    end: int
    qubit: str


@dataclass(frozen=True, slots=True)
class Ending:
    """What the program returns of the qubit that ends in a lane: `Z`, `sample`, ..."""

    lane: int
    text: str


@dataclass(frozen=True, slots=True)
class DrawingLayout:
    """A drawing. `marks` are in the order of their start; `lines` are (path, line) pairs;
    `hidden` operations did not fit; `endings` are drawn behind the last column if none is hidden.
    """

    nodes: tuple[str, ...]
    lanes: tuple[Lane, ...]
    marks: tuple[Mark, ...]
    stays: tuple[Stay, ...]
    lines: tuple[tuple[str, int], ...]
    makespan: int
    hidden: int
    endings: tuple[Ending, ...] = ()

    @property
    def columns(self) -> int:
        return max((m.column for m in self.marks), default=-1) + 1

    @property
    def left(self) -> float:
        """Where the wires begin, in px: right of the names of lanes and of their first qubits."""
        longest = max((len(s.qubit) for s in self.stays if s.first < 0), default=0)
        return max(LEFT, LANES + NAME * min(longest, LONGEST))

    def held_at(self, column: int) -> dict[int, str]:
        """The qubit of the program that is in a data qubit's lane where a column begins, by lane;
        at column 0 the one that starts there."""
        return {
            s.lane: s.qubit
            for s in self.stays
            if s.qubit
            and not self.lanes[s.lane].is_comm
            and (s.first < 0 if column <= 0 else s.first < column <= s.last)
        }

    def place(self, lane: int) -> str:
        """`alice data 0`."""
        at = self.lanes[lane]
        return f"{self.nodes[at.node]} {'comm' if at.is_comm else 'data'} {at.slot}"

    def condition(self, mark: Mark) -> str:
        """`if the bit measured on alice data 0 is 1`; "" for what always happens."""
        if mark.decided_by < 0:
            return ""
        measured = self.place(self.marks[mark.decided_by].lanes[0])
        return f"if the bit measured on {measured} is {mark.value}"

    def widths(self) -> list[float]:
        """Of every column, in px: as wide as the widest operation in it."""
        found = [COLUMN] * self.columns
        seen: dict[tuple[str, str], float] = {}
        for m in self.marks:
            key = (m.name, m.text)
            if key not in seen:
                seen[key] = glyph(*key).column
            found[m.column] = max(found[m.column], seen[key])
        return found


def layout(ir: ScheduledCircuit, most: int = MOST_DRAWN) -> DrawingLayout:
    """The drawing of a program, of its first `most` operations."""
    return _LayoutBuilder(ir, most).result()


class _LayoutBuilder:
    def __init__(self, ir: ScheduledCircuit, most: int) -> None:
        self.ir = ir
        self.program = ir.distributed
        self.order = np.lexsort((np.arange(len(ir.start_ns)), ir.start_ns)).tolist()
        self.drawn = [i for i in self.order[:most] if self._is_drawn(i)]
        self.hidden = max(len(self.order) - most, 0)
        self.lanes = self._used_lanes()
        self.lane_of = {lane: i for i, lane in enumerate(self.lanes)}
        self.lines: dict[tuple[str, int], int] = {}

    def _is_drawn(self, i: int) -> bool:
        op = self.program.table.row(i).op
        return op.kind is not Kind.SEND and op.kind is not Kind.BARRIER

    def _lane(self, wire: int) -> Lane:
        program = self.program
        return Lane(
            int(program.wire_node[wire]), bool(program.wire_is_comm[wire]), int(self.ir.slot[wire])
        )

    def _used_lanes(self) -> tuple[Lane, ...]:
        table = self.program.table
        used = {self._lane(w) for w in self.program.home_wire.tolist()}
        for i in self.drawn:
            used |= {self._lane(w) for w in table.row(i).operands}
        return tuple(sorted(used, key=lambda x: (x.node, x.is_comm, x.slot)))

    def result(self) -> DrawingLayout:
        marks = self._marks()
        return DrawingLayout(
            tuple(n.name for n in self.ir.network.nodes), self.lanes, marks,
            self._stays(marks), tuple(self.lines), self.ir.makespan_ns, self.hidden,
            () if self.hidden else self._endings(),
        )  # fmt: skip

    def _endings(self) -> tuple[Ending, ...]:
        program = self.program
        said = returned(program.placed.circuit)
        lanes = [self.lane_of[self._lane(w)] for w in program.final_wire.tolist()]
        return tuple(Ending(lanes[q], text) for q, text in sorted(said.items()))

    def _marks(self) -> tuple[Mark, ...]:
        table, program = self.program.table, self.program
        texts = row_texts(table, program.values)
        free = [0] * len(self.lanes)
        measured = _measurements(self.ir)
        number = {row: k for k, row in enumerate(self.drawn)}
        marks: list[Mark] = []
        for i in self.drawn:
            row = table.row(i)
            lanes = tuple(self.lane_of[self._lane(w)] for w in row.operands)
            decided = number.get(measured.get(row.cond >> 1, -1), -1) if row.cond >= 0 else -1
            first, last = min(lanes), max(lanes) + 1
            behind = marks[decided].column + 1 if 0 <= decided < len(marks) else 0
            column = max(behind, *free[first:last])
            free[first:last] = [column + 1] * (last - first)
            marks.append(Mark(
                row.op.name, texts(row), lanes, column, int(self.ir.start_ns[i]),
                int(self.ir.end_ns[i]), ROLES[program.role[i]], int(program.group[i]),
                self._line(row), decided, row.cond & 1 if row.cond >= 0 else 0, i,
            ))  # fmt: skip
        return tuple(marks)

    def _line(self, row: Row) -> int:
        if row.span < 0:
            return -1
        span = self.program.table.spans[row.span]
        return self.lines.setdefault((span.source.path, span.line), len(self.lines))

    def _stays(self, marks: tuple[Mark, ...]) -> tuple[Stay, ...]:
        names = _states(self.ir)
        ends: dict[int, list[int]] = {}
        last = max((m.column for m in marks), default=0)
        for wire in self.program.home_wire.tolist():
            ends[wire] = [-1, last + 1 if not self.drawn else -1, 0, 0]
        for i, mark in zip(self.drawn, marks, strict=True):
            for wire in self.program.table.row(i).operands:
                found = ends.setdefault(wire, [mark.column, mark.column, mark.start, mark.end])
                found[1] = max(found[1], mark.column)
                found[3] = max(found[3], mark.end)
        if not self.hidden:
            for wire in self.program.final_wire.tolist():
                found = ends.setdefault(wire, [-1, -1, 0, 0])
                found[1], found[3] = last + 1, self.ir.makespan_ns
        placed = sorted(ends, key=lambda w: (ends[w][0], self.lane_of[self._lane(w)]))
        stays = []
        for wire in placed:
            first, final, start, end = ends[wire]
            lane = self.lane_of[self._lane(wire)]
            stays.append(Stay(lane, first, final, start, end, names.get(wire, "")))
        return tuple(stays)


def returned(circuit: Circuit) -> dict[int, str]:
    """What the outputs ask of every qubit, in a word or two."""
    said: dict[int, list[str]] = {}
    for output in circuit.outputs:
        for q, word in _asked(output):
            if word not in said.setdefault(q, []):
                said[q].append(word)
    return {q: ", ".join(words) for q, words in said.items()}


def _asked(output: Output) -> list[tuple[int, str]]:
    match output:
        case Expectation():
            return [pauli for term in output.terms for pauli in term.paulis]
        case Sample():
            return [(q, "sample") for q in output.qubits]
        case Probability():
            return [(q, "probability") for q in output.qubits]
        case Overlap():
            return [(q, "overlap") for q in (*output.left, *output.right)]
        case Eigenvalue():
            return [(q, "eigenvalue") for q in output.qubits]


def _measurements(ir: ScheduledCircuit) -> dict[int, int]:
    """The row that measured what a bit holds, by bit; messages are followed back."""
    found: dict[int, int] = {}
    for row in ir.distributed.table:
        if row.op.kind is Kind.MEASURE:
            found[row.attr] = row.index
        elif row.op.kind is Kind.SEND and row.operands[0] in found:
            found[row.attr] = found[row.operands[0]]
    return found


def _states(ir: ScheduledCircuit) -> dict[int, str]:
    """The qubit of the program that a wire holds, by wire."""
    program = ir.distributed
    circuit = program.placed.circuit
    held = {w: circuit.short_name(q) for q, w in enumerate(program.home_wire.tolist())}
    copied: dict[int, str] = {}
    ended: dict[tuple[str, int], str] = {}
    columns = zip(program.role.tolist(), program.group.tolist(), strict=True)
    for row, (code, group) in zip(program.table, columns, strict=True):
        role, wires = ROLES[code], row.operands
        if role == "cat-entangler" and row.op.name == "cx" and wires[0] in held:
            ended[role, group] = held[wires[0]]
        elif role in ("teledata", "handover") and row.op.kind is Kind.MEASURE:
            if wires[0] in held:
                ended[role, group] = held[wires[0]]
        elif role in ("teledata", "handover") and row.op.name == "swap":
            held[wires[1]] = held.get(wires[0], "")
        elif row.cond >= 0 and (role, group) in ended:
            if role == "cat-entangler":
                copied[wires[0]] = ended[role, group] + "'"
            elif role in ("teledata", "handover"):
                held[wires[0]] = ended[role, group]
    return copied | {w: name for w, name in held.items() if name}
