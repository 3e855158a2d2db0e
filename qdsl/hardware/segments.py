"""The program of a node as pytket's gates, cut where the node has to wait for others.

A segment is routed as a whole. A new one begins with a pair, with a received message, and with what
depends on a bit that the segment itself measures, so that routing never delays a measurement behind
something that waits for its bit.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from math import pi
from typing import TYPE_CHECKING, Any

from qdsl.backends.nodes.elementary import bound, elementary
from qdsl.backends.nodes.program import (
    Begin,
    Condition,
    Encode,
    End,
    Gate,
    Measure,
    NodeProgram,
    Pair,
    Receive,
    Reset,
    Step,
)
from qdsl.backends.nodes.values import Numbers, gates_of
from qdsl.backends.tket import DIRECT
from qdsl.records import dataclass

if TYPE_CHECKING:
    from pytket.circuit import Circuit


@dataclass(frozen=True, slots=True)
class PlainOp:
    """A gate by pytket's name (parameters in half turns), "Measure" into `bit`, or "Reset"."""

    name: str
    qubits: tuple[int, ...]
    params: tuple[float, ...] = ()
    bit: int | None = None
    when: Condition | None = None


@dataclass(slots=True)
class NodeSegment:
    """What happens without waiting. `pair`: what it begins with. Operations call qubits by their
    names at the beginning of the segment. A swap of two qubits is no gate: `names[q]` is what was
    called so at the beginning and is q at the end. `alive`: the qubits that hold something then."""

    pair: Pair | None = None
    operations: list[PlainOp] = field(default_factory=list)
    names: dict[int, int] = field(default_factory=dict)
    alive: frozenset[int] = frozenset()

    def named(self, op: PlainOp) -> PlainOp:
        qubits = tuple(self.names.get(q, q) for q in op.qubits)
        return PlainOp(op.name, qubits, op.params, op.bit, op.when)


def segments(program: NodeProgram, numbers: Numbers) -> list[NodeSegment]:
    """All of the program, with the changes of basis of the first of its read-outs at the end; the
    read-outs themselves come after everything else."""
    found = [NodeSegment()]
    measured: set[int] = set()
    alive: set[int] = set()
    for step in program.steps:
        here = found[-1]
        if _waits(step, measured):
            here.alive = frozenset(alive)
            here = NodeSegment(step if isinstance(step, Pair) else None)
            found.append(here)
            measured = set()
        match step:
            case Pair(qubit):
                alive.add(qubit)
            case Begin(qubit):
                alive.add(qubit)
                here.operations.append(here.named(PlainOp("Reset", (qubit,))))
            case End(qubit):
                alive.discard(qubit)
            case Gate("swap", (a, b), condition=None):
                here.names[a], here.names[b] = here.names.get(b, b), here.names.get(a, a)
            case Gate() | Encode() | Measure() | Reset():
                here.operations += [here.named(op) for op in plain_ops(step, numbers)]
                if isinstance(step, Measure):
                    measured.add(step.bit)
            case _:
                pass  # what is sent has no place in a node's own circuit
    found[-1].operations += [found[-1].named(op) for op in _turns(program)]
    found[-1].alive = frozenset(alive)
    return found


def _waits(step: Step, measured: set[int]) -> bool:
    """Whether a new segment begins with the step."""
    if isinstance(step, Pair | Receive):
        return True
    condition = getattr(step, "condition", None)
    return condition is not None and condition.bit in measured


def plain_ops(step: Gate | Encode | Measure | Reset, numbers: Numbers) -> Iterator[PlainOp]:
    """A step as operations of pytket."""
    when = step.condition
    match step:
        case Measure(qubit, bit):
            yield PlainOp("Measure", (qubit,), (), bit, when)
        case Reset(qubit):
            yield PlainOp("Reset", (qubit,), (), None, when)
        case Encode():
            for name, qubits, angles, _ in gates_of(step, numbers):
                yield PlainOp(DIRECT[name], qubits, tuple(a / pi for a in angles), None, when)
        case Gate():
            own = Gate(step.name, step.qubits, bound(step.angles, numbers), step.word)
            for simple in elementary(own, DIRECT):
                params = tuple(a.constant / pi for a in simple.angles)
                yield PlainOp(DIRECT[simple.name], simple.qubits, params, None, when)


def _turns(program: NodeProgram) -> Iterator[PlainOp]:
    for readout in program.readings[0] if program.readings else ():
        if readout.basis != "Z":
            yield PlainOp("H" if readout.basis == "X" else "SX", (readout.qubit,))


# ---- in CX and gates on one qubit --------------------------------------------------------


def simplified(operations: Sequence[PlainOp]) -> list[PlainOp]:
    """The same in CX, gates on one qubit, measurements and resets, with fewer CX where pytket sees
    it. Conditional gates on one qubit stay what they are."""
    found: list[PlainOp] = []
    run: list[PlainOp] = []
    for op in operations:
        if op.when is None:
            run.append(op)
            continue
        found += _resynthesised(run)
        run = []
        found += [op] if len(op.qubits) == 1 else _under(op, _resynthesised([_bare(op)]))
    return [*found, *_resynthesised(run)]


def _bare(op: PlainOp) -> PlainOp:
    return PlainOp(op.name, op.qubits, op.params, op.bit)


def _under(op: PlainOp, parts: list[PlainOp]) -> list[PlainOp]:
    return [PlainOp(p.name, p.qubits, p.params, p.bit, op.when) for p in parts]


def _resynthesised(run: Sequence[PlainOp]) -> list[PlainOp]:
    if not any(len(op.qubits) > 1 for op in run):
        return list(run)
    from pytket.circuit import OpType
    from pytket.passes import AutoRebase, SynthesiseTket

    order = sorted({q for op in run for q in op.qubits})
    bits = sorted({op.bit for op in run if op.bit is not None})
    circuit = _circuit(run, {q: k for k, q in enumerate(order)}, {b: k for k, b in enumerate(bits)})
    AutoRebase({OpType.CX, OpType.TK1}).apply(circuit)
    SynthesiseTket().apply(circuit)
    found = []
    for command in circuit.get_commands():
        if command.op.type == OpType.Phase:
            continue
        qubits = tuple(order[q.index[0]] for q in command.qubits)
        bit = bits[command.bits[0].index[0]] if command.bits else None
        params = tuple(float(p) for p in command.op.params) if command.op.is_gate() else ()
        found.append(PlainOp(command.op.type.name, qubits, params, bit))
    return found


def _circuit(run: Sequence[PlainOp], place: Mapping[int, int], bit: Mapping[int, int]) -> Circuit:
    from pytket.circuit import Circuit

    circuit = Circuit(len(place), len(bit))
    for op in run:
        add(circuit, op, [circuit.qubits[place[q]] for q in op.qubits], circuit.bits, bit)
    return circuit


def add(
    circuit: Circuit, op: PlainOp, qubits: Sequence[Any], bits: Sequence[Any],
    bit: Mapping[int, int] | None = None,
) -> None:  # fmt: skip
    """Append an operation on these qubits; `bit`: the place in `bits` of a bit, by default its
    number."""
    from pytket.circuit import OpType

    when = {}
    if op.when is not None:
        when = {"condition_bits": [bits[op.when.bit]], "condition_value": op.when.value}
    if op.bit is not None:
        circuit.Measure(qubits[0], bits[op.bit if bit is None else bit[op.bit]], **when)
    elif op.name == "Reset":
        circuit.Reset(qubits[0], **when)
    else:
        circuit.add_gate(getattr(OpType, op.name), list(op.params), list(qubits), **when)
