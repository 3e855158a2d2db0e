"""Programs for NetQMPI: one Python file whose `main` does on every rank what that node does.

Teledata is `qsend` and `qrecv`; a cat copy is a window, which both nodes open by `expose` and close
by `unexpose`, between which the index that `expose` returned is a control like any other. Ranks are
the nodes' numbers. NetQMPI's runtime makes pairs, measures and corrects, so that the file contains
none of that.

It has no gates under classical conditions, no copies of copies and no pairs by swapping: what needs
them is refused by QDM758. Windows of the same two ranks close in the order in which they nest, so
that one may have to stay open until a later one closes.
"""

from __future__ import annotations

from collections import defaultdict
from math import pi
from typing import Final

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
from qdsl.ir.operations import BY_NAME, Kind
from qdsl.ir.stages import ROLES, DistributedCircuit, ScheduledCircuit, Stage
from qdsl.ir.table import Row
from qdsl.ir.values import Floats

TARGET = Target("netqmpi", "NetQMPI program of all ranks, as Python", ".py")

KNOWN: Final = frozenset({
    "x", "y", "z", "h", "s", "sdg", "t", "tdg", "sx", "sxdg", "rx", "ry", "rz",
    "cx", "cz", "cp", "crz", "swap", "ccx",
})  # fmt: skip
_DIAGONAL: Final = frozenset({"z", "s", "sdg", "t", "tdg", "rz", "cz", "cp", "crz"})
_TURNS: Final = {"sx": pi / 2, "sxdg": -pi / 2}  # about X
_COPY, _END, _MOVE = "cat-entangler", "cat-disentangler", "teledata"
_HAS = (
    "NetQMPI has teledata and copies of data qubits over one link, and no gates under conditions; "
    "`--no-keep-copies` makes a copy for every gate."
)
_INDENT = " " * 12


def emit(stage: Stage, values: Given | None = None) -> str:
    """The text; outcome k of the Z-basis outputs is in the bit that a comment names.

    `InvalidProgram` (QDM758) names what NetQMPI has not, (QDM756) vectors without values.
    """
    if isinstance(stage, ScheduledCircuit):
        stage = stage.distributed
    if not isinstance(stage, DistributedCircuit):
        raise Refused("programs for NetQMPI are made of a distributed program")
    flat = bind(stage.values, values)
    if flat is None:
        raise wanted(stage.values, stage.values.vectors[0].name)
    writer = _RankWriter(stage, flat)
    for row in stage.table:
        writer.write(row)
    return writer.finished()


def emit_text(stage: Stage, values: Given | None = None) -> str:
    return emit(stage, values)


class _RankWriter:
    """Writes every row into the lines of the ranks that take part in it."""

    def __init__(self, program: DistributedCircuit, flat: Floats) -> None:
        self._program, self._flat = program, flat
        self._angles = program.values.angles.evaluate(flat)
        self._lines: dict[int, list[str]] = defaultdict(list)
        self._problems: list[NotOnTarget] = []
        self._index: dict[int, str] = {}  # of a wire, in its node's code
        self._free: dict[int, list[int]] = defaultdict(list)
        self._size: dict[int, int] = defaultdict(int)
        self._root: dict[int, int] = {}  # of the far half of a pair, what is copied or sent
        self._windows: dict[tuple[int, int], list[int]] = defaultdict(list)  # far halves
        self._over: set[int] = set()  # far halves that are used no more, their windows still open
        self._copies = 0
        self._near: tuple[int, ...] = (-1, -1)  # the pair that a protocol makes now

    def write(self, row: Row) -> None:
        role = ROLES[int(self._program.role[row.index])]
        if role == _COPY:
            self._open(row)
        elif role == _END:
            self._close(row)
        elif role == _MOVE:
            self._send(row)
        elif role != "local":
            self._refuse(row, f"the program uses {role}")
        elif row.condition is not None or row.op.kind in (Kind.MEASURE, Kind.RESET):
            self._refuse(row, f"`{row.op.name}` is before the end, or depends on a bit")
        elif row.op.kind in (Kind.EBIT, Kind.SEND, Kind.MOVE):
            self._refuse(row, f"`{row.op.name}` is not part of a telegate or teledata")
        elif row.op.kind is not Kind.BARRIER:
            for gate in self._simple(row):
                self._gate(row, gate)

    def finished(self) -> str:
        ends = self._program.final_wire
        outputs = self._program.placed.circuit.outputs
        read = sorted({q for output in outputs for q in z_qubits(output)})
        bits: dict[int, int] = defaultdict(int)
        said = []
        for k, qubit in enumerate(read):
            wire = int(ends[qubit])
            node = self._node(wire)
            self._say(node, f"circuit.measure({self._at(wire)}, {bits[node]})")
            said.append(f"# outcome {k}: rank {node}, bit {bits[node]}")
            bits[node] += 1
        for node, member in enumerate(self._program.network.nodes):
            if self._size[node] > member.qubits:
                self._refuse(None, f"'{member.name}' holds {self._size[node]} qubits at once")
        if self._problems:
            raise InvalidProgram(tuple(dict.fromkeys(self._problems)))
        return "\n".join([*self._head(said), *self._branches(bits), ""])

    # ---- the text ------------------------------------------------------------------------

    def _head(self, said: list[str]) -> list[str]:
        names = [one_line(node.name) for node in self._program.network.nodes]
        ranks = ", ".join(f"{k} {name}" for k, name in enumerate(names))
        return [
            f"# ranks: {ranks}", f"# netqmpi -n {len(names)} --cunqa FILE", *said,
            "from netqmpi.sdk.environment import Environment", "", "",
            "def main(env: Environment = None):", "    comm = env.comm", "    with comm:",
        ]  # fmt: skip

    def _branches(self, bits: dict[int, int]) -> list[str]:
        """One branch a rank; every rank makes a circuit, also where it does nothing."""
        lines = []
        for node in range(len(self._program.network.nodes)):
            sizes = f"num_qubits={max(self._size[node], 1)}, num_clbits={bits[node]}"
            made = f"circuit = env.create_circuit({sizes})"
            lines.append(f"        if comm.rank == {node}:")
            lines += [f"{_INDENT}{line}" for line in (made, *self._lines[node])]
        return [*lines, "    return comm.results"]

    def _say(self, node: int, line: str) -> None:
        self._lines[node].append(line)

    def _refuse(self, row: Row | None, problem: str) -> None:
        spans = self._program.table.spans
        span = spans[row.span] if row is not None and row.span >= 0 else None
        self._problems.append(NotOnTarget(problem, span, _HAS))

    # ---- qubits --------------------------------------------------------------------------

    def _node(self, wire: int) -> int:
        return int(self._program.wire_node[wire])

    def _at(self, wire: int) -> str:
        """The index of a wire: a data qubit takes the first free one when it is met."""
        if wire not in self._index and not self._program.wire_is_comm[wire]:
            node = self._node(wire)
            if not self._free[node]:
                self._free[node].append(self._size[node])
                self._size[node] += 1
            self._free[node].sort()
            self._index[wire] = str(self._free[node].pop(0))
        return self._index.get(wire, "?")

    # ---- communication -------------------------------------------------------------------

    def _open(self, row: Row) -> None:
        if row.op.kind is Kind.EBIT:
            self._root[row.operands[1]] = -1
            self._near = row.operands
        elif row.op.name == "cx":
            far = self._near[1]
            self._root[far] = row.operands[0]
            if self._program.wire_is_comm[row.operands[0]]:
                self._refuse(row, "a copy is copied")
        elif row.condition is not None and row.operands[0] in self._root:
            far = row.operands[0]
            self._expose(self._root[far], far)

    def _expose(self, root: int, far: int) -> None:
        here, there = self._node(root), self._node(far)
        self._windows[here, there].append(far)
        self._index[far] = f"copy_{self._copies}"
        self._copies += 1
        self._say(here, f"comm.expose(circuit, {self._at(root)}, [{there}], root={here})")
        self._say(there, f"{self._index[far]} = comm.expose(circuit, 0, [{there}], root={here})")

    def _close(self, row: Row) -> None:
        if row.op.kind is not Kind.UNITARY or row.condition is not None:
            return  # of the rows of its end the first, `h far`, says which copy it is
        far = row.operands[0]
        if far not in self._root:
            self._refuse(row, "a copy ends that nobody made")
            return
        here, there = self._node(self._root[far]), self._node(far)
        self._over.add(far)
        opened = self._windows[here, there]
        while opened and opened[-1] in self._over:
            self._over.discard(opened.pop())
            for node in (here, there):
                self._say(node, f"comm.unexpose(circuit, [{there}], root={here})")

    def _send(self, row: Row) -> None:
        if row.op.kind is Kind.EBIT:
            self._near = row.operands
        elif row.op.name == "cx":
            self._root[self._near[1]] = row.operands[0]
        elif row.op.name == "swap":
            far, data = row.operands
            root = self._root.get(far, -1)
            if root < 0 or self._program.wire_is_comm[root]:
                self._refuse(row, "a copy is sent")
                return
            self._require_closed(row, root)
            here, there = self._node(root), self._node(data)
            self._say(here, f"comm.qsend(circuit, [{self._at(root)}], {there})")
            self._free[here].append(int(self._at(root)))  # which is 0 again
            self._say(there, f"comm.qrecv(circuit, [{self._at(data)}], {here})")

    def _require_closed(self, row: Row, root: int) -> None:
        """A qubit whose window is open only because of another one is still copied."""
        if any(self._root[far] == root for far in self._over):
            self._refuse(
                row, "a copy ends before one that was made later, and its qubit is changed"
            )

    # ---- gates ---------------------------------------------------------------------------

    def _simple(self, row: Row) -> list[Simple]:
        if row.op.kind is Kind.ENCODE:
            return self._encoding(row)
        angles = tuple(Angle(float(self._angles[e])) for e in row.angles) if row.angle >= 0 else ()
        word = self._program.table.words[row.attr] if row.op.name == "rot" else ""
        return list(elementary(Gate(row.op.name, tuple(row.operands), angles, word), KNOWN))

    def _encoding(self, row: Row) -> list[Simple]:
        values = self._program.values
        ref = values.references[row.attr]
        vector = values.vector(ref.vector)
        numbers = {ref.vector: self._flat[vector.start : vector.start + vector.size]}
        start, qubits = ref.start - vector.start, tuple(row.operands)
        step = Encode(row.op.name, qubits, ref.vector, ref.kind, start, ref.shape)
        found: list[Simple] = []
        for name, operands, angles, _ in gates_of(step, numbers):
            gate = Gate(name, operands, tuple(Angle(a) for a in angles))
            found += elementary(gate, KNOWN)
        return found

    def _gate(self, row: Row, gate: Simple) -> None:
        """Angles stand before the qubits, but for `cp`."""
        at = [self._at(w) for w in gate.qubits]
        for wire in gate.qubits:
            controls = gate.name in ("cx", "ccx") and wire != gate.qubits[-1]
            if not controls and gate.name not in _DIAGONAL:
                self._require_closed(row, wire)
        name, angles = gate.name, [repr(a.constant) for a in gate.angles]
        if name in _TURNS:
            name, angles = "rx", [repr(_TURNS[name])]
        copies = [k for k, w in enumerate(gate.qubits) if self._program.wire_is_comm[w]]
        if copies == [1] and len(at) == 2 and BY_NAME[name].symmetric:
            at.reverse()  # a copy is a control, which stands first
        inside = [*at, *angles] if name == "cp" else [*angles, *at]
        self._say(self._node(gate.qubits[0]), f"circuit.{name}({', '.join(inside)})")
