"""Distributed OpenQASM 3 as memQ's compiler (memQ-DQC, now xDQC) writes and reads it.

Node k has registers `q<k>` of data qubits and `c<k>` of communication qubits. A remote gate is
`rcx`, `rcz`, `rcp(theta)` or `rcry(theta)` on two data qubits and the two halves of a pair, between
`catent` and `catdisent` on the same pair, which stand for the cat-entangler and its end,
measurements and corrections included; one pair serves all gates between the two. The gates are
those of memQ's `distgates.inc`, where their bodies are placeholders.

The form has one cat copy at a time, of a data qubit and not of another copy, over one link, and no
measured bits before the end. Other programs are refused by QDM758. Its `rswap`, two states
exchanged by two pairs, is nothing that we compile to.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import field
from typing import Final

import numpy as np

from qdsl.backends._angles import Given, bind, wanted
from qdsl.backends.nodes.elementary import Simple, elementary
from qdsl.backends.nodes.program import Angle, Encode, Gate
from qdsl.backends.nodes.values import gates_of
from qdsl.backends.qasm3 import one_line
from qdsl.backends.tket import z_qubits
from qdsl.diagnostics.diagnostic import InvalidProgram
from qdsl.diagnostics.request_error import Refused
from qdsl.driver.errors import NotOnTarget
from qdsl.driver.targets import Target
from qdsl.ir.operations import Kind
from qdsl.ir.stages import ROLES, DistributedCircuit, ScheduledCircuit, Stage
from qdsl.ir.table import Row
from qdsl.ir.values import Floats
from qdsl.records import dataclass

TARGET = Target("memq", "OpenQASM 3 with remote gates, as memQ's compiler", ".qasm")

REMOTE: Final = {"cx": "rcx", "cz": "rcz", "cp": "rcp", "cry": "rcry"}
LOCAL: Final = frozenset({
    "id", "x", "y", "z", "h", "s", "sdg", "t", "tdg", "sx", "rx", "ry", "rz", "p", "u",
    "cx", "cy", "cz", "cp", "crx", "cry", "crz", "ch", "swap", "ccx", "cswap",
})  # fmt: skip
_DIAGONAL = frozenset({"id", "z", "s", "sdg", "t", "tdg", "rz", "p"})
_BEGINS, _ENDS = "cat-entangler", "cat-disentangler"


def emit(stage: Stage, values: Given | None = None) -> str:
    """The text; Z-basis outputs are measured into bit register `outcome`.

    `InvalidProgram` (QDM758) names what the form has not, (QDM756) vectors without values.
    """
    if isinstance(stage, ScheduledCircuit):
        stage = stage.distributed
    if not isinstance(stage, DistributedCircuit):
        raise Refused("remote gates are those of a distributed program")
    flat = bind(stage.values, values)
    if flat is None:
        raise wanted(stage.values, stage.values.vectors[0].name)
    writer = _RemoteWriter(stage, flat)
    body = [line for row in stage.table for line in writer.row(row)]
    problems = (*writer.problems, *writer.overlaps())
    if problems:
        raise InvalidProgram(tuple(dict.fromkeys(problems)))
    return "\n".join([*writer.head(), *body, *writer.read_out(), ""])


def emit_text(stage: Stage, values: Given | None = None) -> str:
    return emit(stage, values)


@dataclass(slots=True)
class _CatUse:
    """One copy: the copied wire, halves of the pair, and the rows that it serves."""

    root: int = -1
    near: int = -1
    far: int = -1
    rows: list[int] = field(default_factory=list)
    partner: int = -1  # the data qubit of its first gate


class _RemoteWriter:
    """Writes rows in order. Lines of a copy's first and last gate need all gates to be known, so
    that they are found before."""

    def __init__(self, program: DistributedCircuit, flat: Floats) -> None:
        self._program, self._flat = program, flat
        self._angles = program.values.angles.evaluate(flat)
        self.problems: list[NotOnTarget] = []
        self._uses: dict[int, _CatUse] = {}  # by group
        self._copy: dict[int, _CatUse] = {}  # by far half
        self._place: dict[int, str] = {}
        self._sizes: Counter[str] = Counter()
        self._pairs: Counter[int] = Counter()
        self._last: dict[int, int] = {}  # by wire the row of its last operation
        for wire in np.flatnonzero(~program.wire_is_comm).tolist():
            self._settle(wire, f"q{int(program.wire_node[wire])}")
        for row in program.table:
            self._look(row)

    def _settle(self, wire: int, register: str) -> None:
        self._place[wire] = f"{register}[{self._sizes[register]}]"
        self._sizes[register] += 1

    # ---- what there is -------------------------------------------------------------------

    def _role(self, row: Row) -> str:
        return ROLES[int(self._program.role[row.index])]

    def _look(self, row: Row) -> None:
        """Take note of copies and of the rows that they serve."""
        role, group = self._role(row), int(self._program.group[row.index])
        if row.op.kind is not Kind.BARRIER:
            self._last.update(dict.fromkeys(row.operands, row.index))
        if role == _BEGINS:
            use = self._uses.setdefault(group, _CatUse())
            if row.op.kind is Kind.EBIT:
                use.near, use.far = row.operands
                self._copy[use.far] = use
                self._halves(use)
            elif row.op.name == "cx":
                use.root = row.operands[0]
        elif role == "local":
            for wire in row.operands:
                if wire in self._copy:
                    self._serve(self._copy[wire], wire, row)

    def _halves(self, use: _CatUse) -> None:
        """A node's copies take its communication qubits in turn."""
        for wire in (use.near, use.far):
            node = int(self._program.wire_node[wire])
            k = self._pairs[node] % max(self._program.network.nodes[node].comm, 1)
            self._pairs[node] += 1
            self._place[wire] = f"c{node}[{k}]"
            self._sizes[f"c{node}"] = max(self._sizes[f"c{node}"], k + 1)

    def _serve(self, use: _CatUse, wire: int, row: Row) -> None:
        others = [w for w in row.operands if w != wire]
        if not others:
            return
        use.rows.append(row.index)
        if use.partner < 0:
            use.partner = others[-1]

    def overlaps(self) -> Iterator[NotOnTarget]:
        """Copies that are there while another one is."""
        spans = sorted((u.rows[0], u.rows[-1]) for u in self._uses.values() if u.rows)
        last = -1
        for first, end in spans:
            if first <= last:
                yield self._problem(
                    self._program.table.row(first), "a second copy is needed before the first ends"
                )
            last = max(last, end)

    def _problem(self, row: Row, problem: str) -> NotOnTarget:
        spans = self._program.table.spans
        has = (
            "memQ's form has one copy of a data qubit at a time, over one link, and no measured "
            "bits before the end; `--no-keep-copies` makes a copy for every gate."
        )
        return NotOnTarget(problem, spans[row.span] if row.span >= 0 else None, has)

    # ---- lines ---------------------------------------------------------------------------

    def head(self) -> list[str]:
        lines = ["OPENQASM 3.0;", 'include "distgates.inc";', 'include "stdgates.inc";']
        for k, node in enumerate(self._program.network.nodes):
            if any(self._sizes[f"{letter}{k}"] for letter in "qc"):
                lines.append(f"// node {k}: {one_line(node.name)}")
            lines += [f"qubit[{n}] {r};" for r in (f"q{k}", f"c{k}") if (n := self._sizes[r])]
        read = self._read()
        return [*lines, *([f"bit[{len(read)}] outcome;"] if read else [])]

    def _read(self) -> list[int]:
        outputs = self._program.placed.circuit.outputs
        return sorted({q for output in outputs for q in z_qubits(output)})

    def read_out(self) -> Iterator[str]:
        for k, qubit in enumerate(self._read()):
            place = self._place[int(self._program.final_wire[qubit])]
            yield f"outcome[{k}] = measure {place};"

    def row(self, row: Row) -> Iterator[str]:
        role = self._role(row)
        if role in (_BEGINS, _ENDS):
            if role == _BEGINS and row.op.name == "cx" and row.operands[0] in self._copy:
                self.problems.append(self._problem(row, "a copy is copied"))
            return
        if role != "local":
            self.problems.append(self._problem(row, f"the program uses {role}"))
        elif row.op.kind in (Kind.EBIT, Kind.SEND, Kind.MOVE):
            self.problems.append(self._problem(row, f"`{row.op.name}` is not part of a telegate"))
        elif row.op.kind is Kind.MEASURE and self._last[row.operands[0]] == row.index:
            return  # what is read at the end is this outcome
        elif row.condition is not None or row.op.kind in (Kind.MEASURE, Kind.RESET):
            self.problems.append(self._problem(row, f"`{row.op.name}` is before the end, or depends"
                                                    " on a bit"))  # fmt: skip
        elif row.op.kind in (Kind.UNITARY, Kind.ENCODE):
            yield from self._gate(row)

    def _gate(self, row: Row) -> Iterator[str]:
        use = next((self._copy[w] for w in row.operands if w in self._copy), None)
        if use is not None and use.rows[:1] == [row.index]:
            yield f"catent {self._of_pair(use)};"
        for gate in self._simple(row):
            if not any(w in self._copy for w in gate.qubits):
                yield self._line(gate.name, gate, [self._place.get(w, "?") for w in gate.qubits])
            else:
                yield from self._remote(row, gate)
        if use is not None and use.rows[-1:] == [row.index]:
            yield f"catdisent {self._of_pair(use)};"

    def _remote(self, row: Row, gate: Simple) -> Iterator[str]:
        """A gate on a copy, as one on what is copied."""
        copies = [w for w in gate.qubits if w in self._copy]
        use = self._copy[copies[0]]
        root = self._place.get(use.root, "")
        if len(gate.qubits) == 1 and gate.name in _DIAGONAL and root:
            yield self._line(gate.name, gate, [root])
            return
        qubits = list(gate.qubits)
        if gate.name in ("cz", "cp") and len(qubits) == 2:
            qubits.sort(key=lambda w: w not in self._copy)
        fits = len(copies) == 1 and len(qubits) == 2 and qubits[0] == copies[0]
        if not fits or gate.name not in REMOTE:
            self.problems.append(self._problem(row, f"`{row.op.name}` has no remote form here"))
            return
        halves = [self._place[use.near], self._place[use.far]]
        other = self._place.get(qubits[1], "?")
        yield self._line(REMOTE[gate.name], gate, [root, other, *halves])

    def _simple(self, row: Row) -> Iterator[Simple]:
        """The row in gates of the form."""
        if row.op.kind is Kind.ENCODE:
            yield from self._encoding(row)
            return
        angles = tuple(Angle(float(self._angles[e])) for e in row.angles) if row.angle >= 0 else ()
        word = self._program.table.words[row.attr] if row.op.name == "rot" else ""
        copies = [w for w in row.operands if w in self._copy]
        known = LOCAL if not copies else REMOTE.keys() | _DIAGONAL
        if row.op.name == "rot" and copies:  # a ladder that ends at a data qubit
            order = sorted(range(len(word)), key=lambda k: row.operands[k] not in self._copy)
            word = "".join(word[k] for k in order)
            yield from elementary(
                Gate("rot", tuple(row.operands[k] for k in order), angles, word), known
            )
            return
        operands = tuple(row.operands)
        if row.op.name == "crz" and copies:  # whichever of the two is copied
            turn = angles[0].constant
            yield Simple("cp", tuple(sorted(operands, key=lambda w: w not in self._copy)), angles)
            yield Simple("p", operands[:1], (Angle(-turn / 2),))
            return
        if row.op.symmetric:
            operands = tuple(sorted(operands, key=lambda w: w not in self._copy))
        yield from elementary(Gate(row.op.name, operands, angles, word), known)

    def _encoding(self, row: Row) -> Iterator[Simple]:
        values = self._program.values
        ref = values.references[row.attr]
        vector = values.vector(ref.vector)
        start = ref.start - vector.start
        numbers = {ref.vector: self._flat[vector.start : vector.start + vector.size]}
        step = Encode(row.op.name, tuple(row.operands), ref.vector, ref.kind, start, ref.shape)
        for name, qubits, angles, _ in gates_of(step, numbers):
            yield Simple(name, qubits, tuple(Angle(a) for a in angles))

    def _of_pair(self, use: _CatUse) -> str:
        wires = (use.root, use.partner, use.near, use.far)
        return ", ".join(self._place.get(w, "?") for w in wires)

    def _line(self, name: str, gate: Simple, places: list[str]) -> str:
        angles = f"({', '.join(repr(a.constant) for a in gate.angles)})" if gate.angles else ""
        called = {"u": "U", "sxdg": "inv @ sx"}.get(name, name)
        return f"{called}{angles} {', '.join(places)};"
