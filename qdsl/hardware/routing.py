"""The program of one node on its device: placed, routed by pytket, in native gates.

Pairs arrive at fixed qubits of the device, one for each communication qubit: what is there when the
next pair comes is swapped away, and what is not used any more costs nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from qdsl.backends.nodes.program import NodeProgram, Pair, Readout
from qdsl.backends.nodes.values import Numbers
from qdsl.diagnostics.diagnostic import InvalidProgram
from qdsl.hardware.errors import DeviceTooSmall
from qdsl.hardware.native import native
from qdsl.hardware.placing import architecture, first_places, shortest_path
from qdsl.hardware.segments import NodeSegment, PlainOp, add, segments, simplified
from qdsl.network.devices import Device
from qdsl.records import dataclass

if TYPE_CHECKING:
    from pytket.circuit import Circuit

_TAG = 1 << 20  # conditional operations are routed as gates whose angle is their number


@dataclass(frozen=True, slots=True)
class RoutedNode:
    """A node's program as a pytket circuit of its device's gates.

    Qubit `q[p]` is qubit p of the device; bits `c` are the node's, then those of its read-outs. A
    barrier with data "pair PEER NUMBER" is the arrival of half a pair at its qubit. `first`,
    `last`: the qubit of the device that holds each of the node's, at the beginning and at the end;
    `swaps`: those that routing added; `source`: operations on the node's own qubits, which are what
    was routed; `segments` of it.
    """

    node: str
    device: Device
    circuit: Circuit
    program: NodeProgram
    first: Mapping[int, int]
    last: Mapping[int, int]
    swaps: int
    source: tuple[NodeSegment, ...]

    @property
    def readouts(self) -> tuple[Readout, ...]:
        """Of the first setting, in the order of their bits."""
        return _readouts(self.program)


def route(
    program: NodeProgram, device: Device, numbers: Numbers, comm_at: Sequence[int] | None = None
) -> RoutedNode:
    """The program of a node for its device; `comm_at[k]`: the qubit of the device that is the k-th
    communication qubit. InvalidProgram (QDM612) where it does not fit."""
    parts = segments(program, numbers)
    _fits(program, device, comm_at)
    read = {r.qubit for r in _readouts(program)}
    used = sorted({q for s in parts for q in _qubits_of(s)} | read)
    fixed = {program.data + k: p for k, p in enumerate(comm_at or ())}
    met = [(a, b) for s in parts for a, b in _meetings(s)]
    first = first_places(device, used, met, {q: p for q, p in fixed.items() if q in used})
    router = _Router(device, dict(first), dict(first))
    for part in parts:
        router.take(part)
    last = dict(router.at)
    outcome = [last[r.qubit] for r in _readouts(program)]
    circuit = native(device, router.done, program.bits, router.pairs, outcome)
    return RoutedNode(
        program.name, device, circuit, program, first, last, router.swaps, tuple(parts)
    )


def _readouts(program: NodeProgram) -> tuple[Readout, ...]:
    return program.readings[0] if program.readings else ()


def _qubits_of(segment: NodeSegment) -> set[int]:
    found = {q for op in segment.operations for q in op.qubits} | set(segment.names)
    return found | segment.alive | ({segment.pair.qubit} if segment.pair else set())


def _meetings(segment: NodeSegment) -> list[tuple[int, int]]:
    """Pairs of qubits with a gate, by their names at the time of the gate's segment."""
    wide = (op.qubits for op in segment.operations if len(op.qubits) > 1)
    return [(a, b) for qubits in wide for k, a in enumerate(qubits) for b in qubits[k + 1 :]]


def _fits(program: NodeProgram, device: Device, comm_at: Sequence[int] | None) -> None:
    usable = set(device.usable())
    wanted = program.data + program.comm
    problem = suggestion = ""
    if wanted > len(usable):
        problem = f"it has {wanted} data and communication qubits, and the device {len(usable)}"
        suggestion = f"give the node {wanted - len(usable)} fewer, or another device"
    elif outside := [p for p in comm_at or () if p not in usable]:
        problem = f"`comm_at` names qubit {outside[0]}, which the device has not, or does not join"
        suggestion = f"name qubits from {min(usable)} to {max(usable)}"
    elif comm_at is not None and (len(comm_at) != program.comm or len(set(comm_at)) < len(comm_at)):
        problem = f"`comm_at` names {len(set(comm_at))} qubits, and the node's `comm` is"
        problem += f" {program.comm}"
        suggestion = f"name {program.comm} different qubits of the device"
    if problem:
        raise InvalidProgram((DeviceTooSmall(program.name, device.name, problem, suggestion),))


@dataclass(slots=True)
class _Router:
    """`home`: where pairs of a communication qubit arrive; `at`: where every qubit is now."""

    device: Device
    home: dict[int, int]
    at: dict[int, int]
    done: list[PlainOp] = field(default_factory=list)  # on qubits of the device
    pairs: dict[int, Pair] = field(default_factory=dict)  # before so many operations
    alive: frozenset[int] = frozenset()
    swaps: int = 0

    def take(self, part: NodeSegment) -> None:
        if part.pair is not None:
            self._arrive(part.pair)
        operations = simplified(part.operations)
        placed = [_on(op, self.at) for op in operations]
        if any(len(op.qubits) > 1 for op in placed):
            moved = self._routed(placed)
            self.at = {q: moved[p] for q, p in self.at.items()}
        else:
            self.done += placed
        self.at |= {q: self.at[was] for q, was in part.names.items()}
        self.alive = part.alive

    def _arrive(self, pair: Pair) -> None:
        """Half a pair comes to its place, which is made free before."""
        q, place = pair.qubit, self.home[pair.qubit]
        alive = self.alive - {q}
        busy = {self.at[r] for r in alive}
        if place in busy:
            near = self.device.neighbours()
            path = shortest_path(near, place, set(self.device.usable()) - busy)
            for here, there in reversed(list(pairwise(path))):
                self._swap(here, there)
        for r, p in self.at.items():
            if p == place and r != q:
                self.at[r] = self.at[q]
        self.at[q] = place
        assert len(set(self.at.values())) == len(self.at)
        self.pairs[len(self.done)] = pair
        self.done.append(PlainOp("Pair", (place,)))

    def _swap(self, a: int, b: int) -> None:
        self.done.append(PlainOp("SWAP", (a, b)))
        self.swaps += 1
        other = {a: b, b: a}
        self.at = {q: other.get(p, p) for q, p in self.at.items()}

    def _routed(self, placed: Sequence[PlainOp]) -> dict[int, int]:
        """Route operations; where the contents of every qubit of the device are afterwards."""
        from pytket.circuit import Circuit, Node
        from pytket.passes import RoutingPass
        from pytket.predicates import CompilationUnit

        circuit = Circuit()
        for p in self.device.usable():
            circuit.add_qubit(Node(p))
        bits = circuit.add_c_register("c", 1 + max((op.bit or 0) for op in placed)).to_list()
        for k, op in enumerate(placed):
            add(circuit, _tagged(op, k), [Node(p) for p in op.qubits], bits)
        unit = CompilationUnit(circuit)
        RoutingPass(architecture(self.device)).apply(unit)
        for command in unit.circuit.get_commands():
            self._emit(command, placed)
        ends = {a.index[0]: b.index[0] for a, b in unit.final_map.items() if a.reg_name == "node"}
        return {p: ends.get(p, p) for p in range(len(self.device.qubits))}

    def _emit(self, command: Any, placed: Sequence[PlainOp]) -> None:
        name = command.op.type.name
        qubits = tuple(q.index[0] for q in command.qubits)
        params = tuple(float(x) for x in command.op.params) if command.op.is_gate() else ()
        if name in ("Rx", "CRz"):
            original = placed[round(params[0] * _TAG)]
            op = PlainOp(original.name, qubits, original.params, original.bit, original.when)
            self.done.append(op)
        elif name == "BRIDGE":
            a, b, c = qubits
            self.done += [PlainOp("CX", pair) for pair in ((a, b), (b, c), (a, b), (b, c))]
        else:
            self.swaps += name == "SWAP"
            bit = command.bits[0].index[0] if command.bits else None
            self.done.append(PlainOp(name, qubits, params, bit))


def _on(op: PlainOp, at: Mapping[int, int]) -> PlainOp:
    return PlainOp(op.name, tuple(at[q] for q in op.qubits), op.params, op.bit, op.when)


def _tagged(op: PlainOp, number: int) -> PlainOp:
    """Conditional operations, which pytket's router can be caught in, and others of the names that
    stand for them, under their number."""
    if op.when is None and op.name not in ("Rx", "CRz"):
        return op
    return PlainOp("CRz" if len(op.qubits) > 1 else "Rx", op.qubits, (number / _TAG,))
