"""The scheduled program taken apart: a program for every node, in one order they can all keep."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import field

from qdsl.backends.nodes.order import NodeEvent, events_in_order
from qdsl.backends.nodes.program import (
    Angle,
    Begin,
    Condition,
    Encode,
    End,
    Gate,
    Learn,
    Measure,
    NodeProgram,
    Pair,
    Readout,
    Receive,
    Reset,
    Send,
    Step,
    Tell,
    Vector,
)
from qdsl.ir.operations import Kind
from qdsl.ir.stages import Disclosure, DistributedCircuit, ScheduledCircuit
from qdsl.ir.table import Row
from qdsl.ir.values import Values
from qdsl.records import dataclass

Basis = Mapping[int, str]


def split(stage: ScheduledCircuit, bases: Sequence[Basis] = ()) -> tuple[NodeProgram, ...]:
    """One program a node, in the network's order. `bases[k]` says in which basis setting k reads
    which of the source's qubits."""
    writer = _ProgramWriter(stage)
    for event in events_in_order(stage):
        writer.write(event)
    return tuple(writer.finished(node, bases) for node in range(len(stage.network.nodes)))


@dataclass(slots=True)
class _Desk:
    """What is written of one node's program."""

    steps: list[Step] = field(default_factory=list)
    bits: dict[int, int] = field(default_factory=dict)  # the node's number of a bit
    vectors: dict[str, str] = field(default_factory=dict)  # where each used vector comes from
    arriving: dict[int, Receive] = field(default_factory=dict)  # by each of its bits, not yet read

    def bit(self, bit: int) -> int:
        return self.bits.setdefault(bit, len(self.bits))

    def fetch(self, bit: int) -> int:
        """The number of a bit that is read now: its message is received just before."""
        message = self.arriving.get(bit)
        if message is not None:
            self.steps.append(message)
            self.arriving = {b: m for b, m in self.arriving.items() if m is not message}
        return self.bit(bit)


class _ProgramWriter:
    def __init__(self, stage: ScheduledCircuit) -> None:
        program = stage.distributed
        self._stage, self._program, self._values = stage, program, program.values
        self._names = [node.name for node in stage.network.nodes]
        self._desks = [_Desk() for _ in self._names]
        self._node: list[int] = program.wire_node.tolist()
        self._left = _uses(program)
        self._alive: set[int] = set()
        self._final = set(program.final_wire.tolist())
        self._pairs: Counter[frozenset[int]] = Counter()
        self._messages: Counter[tuple[int, int]] = Counter()
        self._disclosed: list[Disclosure] = list(program.placed.circuit.disclosures)
        self._angles = _angle_table(program.values)

    # ---- events -------------------------------------------------------------------------

    def write(self, event: NodeEvent) -> None:
        row = self._program.table.row(event.row)
        self._tell_before(int(self._program.origin[event.row]))
        if event.sends:
            self._message(event.sends)
        elif row.op.kind is Kind.EBIT:
            self._pair(row)
        else:
            self._local(row)

    def _tell_before(self, origin: int) -> None:
        """What is revealed before the source's operation `origin`."""
        due = [d for d in self._disclosed if d.before <= origin]
        self._disclosed = [d for d in self._disclosed if d.before > origin]
        for d in due:
            self._desks[d.owner].vectors[d.vector] = "private"
            self._desks[d.owner].steps.append(Tell(self._names[d.to], d.vector))
            self._desks[d.to].vectors[d.vector] = self._names[d.owner]
            self._desks[d.to].steps.append(Learn(self._names[d.owner], d.vector))

    def _message(self, sends: Sequence[int]) -> None:
        rows = [self._program.table.row(i) for i in sends]
        ends = [(r.operands[0], r.attr) for r in rows]
        a, b = (int(self._program.bit_node[bit]) for bit in ends[0])
        sender, receiver = self._desks[a], self._desks[b]
        number = self._messages[a, b]
        self._messages[a, b] += 1
        sent = tuple(sender.fetch(bit) for bit, _ in ends)
        sender.steps.append(Send(self._names[b], number, sent))
        arriving = Receive(self._names[a], number, tuple(receiver.bit(c) for _, c in ends))
        receiver.arriving.update((copy, arriving) for _, copy in ends)

    def _pair(self, row: Row) -> None:
        nodes = [self._node[w] for w in row.operands]
        link = frozenset(nodes)
        for wire, here, there in zip(row.operands, nodes, reversed(nodes), strict=True):
            pair = Pair(self._qubit(wire), self._names[there], self._pairs[link])
            self._desks[here].steps.append(pair)
            self._alive.add(wire)
            self._used(wire)
        self._pairs[link] += 1

    def _local(self, row: Row) -> None:
        desk = self._desks[self._node[row.operands[0]]]
        for wire in row.operands:
            self._begin(wire)
        when = None
        if row.condition is not None:
            when = Condition(desk.fetch(row.condition[0]), row.condition[1])
        desk.steps.append(self._step(row, desk, when))
        for wire in row.operands:
            self._used(wire)

    def _step(self, row: Row, desk: _Desk, when: Condition | None) -> Step:
        qubits = tuple(self._qubit(w) for w in row.operands)
        match row.op.kind:
            case Kind.MEASURE:
                return Measure(qubits[0], desk.bit(row.attr), when)
            case Kind.RESET:
                return Reset(qubits[0], when)
            case Kind.ENCODE:
                ref = self._values.references[row.attr]
                self._uses_vector(desk, ref.vector)
                start = ref.start - self._values.vector(ref.vector).start
                return Encode(row.op.name, qubits, ref.vector, ref.kind, start, ref.shape, when)
            case _:
                angles = tuple(self._angles[e] for e in row.angles)
                for name in _vectors_of(angles):
                    self._uses_vector(desk, name)
                word = self._program.table.words[row.attr] if row.op.name == "rot" else ""
                return Gate(row.op.name, qubits, angles, word, when)

    # ---- qubits and values --------------------------------------------------------------

    def _qubit(self, wire: int) -> int:
        first = self._stage.network.nodes[self._node[wire]].qubits
        comm = bool(self._program.wire_is_comm[wire])
        return int(self._stage.slot[wire]) + (first if comm else 0)

    def _begin(self, wire: int) -> None:
        if wire not in self._alive:
            self._alive.add(wire)
            self._desks[self._node[wire]].steps.append(Begin(self._qubit(wire)))

    def _used(self, wire: int) -> None:
        self._left[wire] -= 1
        if self._left[wire] == 0 and wire not in self._final:
            self._desks[self._node[wire]].steps.append(End(self._qubit(wire)))

    def _uses_vector(self, desk: _Desk, name: str) -> None:
        owned = self._values.vector(name).owner in self._names
        desk.vectors.setdefault(name, "private" if owned else "public")

    # ---- the end ------------------------------------------------------------------------

    def finished(self, node: int, bases: Sequence[Basis]) -> NodeProgram:
        desk, place = self._desks[node], self._stage.network.nodes[node]
        read = sorted({q for basis in bases for q in basis})
        final: list[int] = self._program.final_wire.tolist()
        mine = [q for q in read if self._node[final[q]] == node]
        for q in mine:
            self._begin(final[q])
        late = {id(m): m for m in desk.arriving.values()}
        readings = tuple(
            tuple(Readout(self._qubit(final[q]), basis[q], q) for q in mine if q in basis)
            for basis in bases
        )
        vectors = tuple(
            Vector(v.name, v.kind, v.size, desk.vectors[v.name])
            for v in self._values.vectors
            if v.name in desk.vectors
        )
        steps = (*desk.steps, *late.values())
        return NodeProgram(
            place.name, place.qubits, place.comm, len(desk.bits), vectors, steps, readings
        )


def _uses(program: DistributedCircuit) -> list[int]:
    """Rows on every wire, barriers and messages not counted."""
    left = [0] * program.n_wires
    for row in program.table:
        if row.op.kind not in (Kind.SEND, Kind.BARRIER, Kind.MOVE):
            for wire in row.operands:
                left[wire] += 1
    return left


def _angle_table(values: Values) -> list[Angle]:
    """All angle expressions, by element names."""
    names = [(v.name, k) for v in values.vectors for k in range(v.size)]
    return [
        Angle(
            float(values.angles.constant[e]),
            tuple(
                (c, tuple(names[f] for f in values.factors(s))) for c, s in values.angles.terms(e)
            ),
        )
        for e in range(len(values.angles))
    ]


def _vectors_of(angles: Sequence[Angle]) -> list[str]:
    return [name for a in angles for _, term in a.terms for name, _ in term]
