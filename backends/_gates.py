"""A program as the few gates that a target has, by pytket: boxes taken apart, others rebased.

Global phases are left out, which no measurement sees.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from math import pi
from typing import TYPE_CHECKING, Any

from qdsl.backends._angles import Angle, Given, wanted
from qdsl.backends._layout import Place, RegisterLayout, lay_out
from qdsl.backends.tket import build, z_qubits
from qdsl.diagnostics.diagnostic import InvalidProgram
from qdsl.driver.errors import NotOnTarget
from qdsl.ir.operations import Kind
from qdsl.ir.stages import Stage
from qdsl.records import dataclass

if TYPE_CHECKING:
    from pytket.circuit import Circuit, Command


@dataclass(frozen=True, slots=True)
class GateStep:
    """A gate, "Measure", "Reset" or "Barrier", by pytket's name; angles in radians.

    `condition`: a bit and the value that it must have; `writes`: the bit that a measurement sets.
    """

    name: str
    angles: tuple[Angle, ...]
    qubits: tuple[Place, ...]
    condition: tuple[Place, int] | None = None
    writes: Place | None = None


@dataclass(frozen=True, slots=True)
class GateProgram:
    """Registers (name, size) and steps in order. The last bit register, if any output reads qubits
    in the Z basis, holds their outcomes: `outcome` is its name."""

    layout: RegisterLayout
    qubit_registers: tuple[tuple[str, int], ...]
    bit_registers: tuple[tuple[str, int], ...]
    outcome: str | None
    steps: tuple[GateStep, ...]

    def qubits(self) -> dict[Place, int]:
        """The number of every qubit, register after register."""
        places = ((name, k) for name, size in self.qubit_registers for k in range(size))
        return {place: n for n, place in enumerate(places)}

    def bits(self) -> dict[Place, int]:
        """The number of every bit, register after register."""
        places = ((name, k) for name, size in self.bit_registers for k in range(size))
        return {place: n for n, place in enumerate(places)}

    def read_bits(self) -> set[Place]:
        """The bits that something depends on."""
        return {s.condition[0] for s in self.steps if s.condition is not None}


def gate_program(
    stage: Stage, values: Given | None, known: Collection[str], symbols: bool = False
) -> GateProgram:
    """The program in the gates `known`, names of pytket's `OpType`, which must be universal.
    `InvalidProgram` if angles have no values, unless the target has symbols."""
    layout = lay_out(stage)
    read = sorted({q for output in layout.circuit.outputs for q in z_qubits(output)})
    circuit = build(layout, values, dict.fromkeys(read, "Z"))
    if circuit.is_symbolic() and not symbols:
        raise wanted(layout.circuit.values, layout.circuit.values.vectors[0].name)
    _rebase(circuit, known)
    bits = [(r.name, r.size) for r in circuit.c_registers]
    outcome = None
    if read:
        (outcome,) = {name for name, _ in bits} - {name for name, _ in layout.bit_registers}
        bits.sort(key=lambda register: register[0] == outcome)
    steps = tuple(_steps(circuit))
    return GateProgram(layout, layout.qubit_registers, tuple(bits), outcome, steps)


def refuse_conditional(stage: Stage, kinds: Collection[Kind], has: str) -> None:
    """`InvalidProgram` (QDM758) if operations of these kinds depend on a bit; `has` says what the
    target has instead."""
    layout = lay_out(stage)
    spans = layout.table.spans
    found = [
        NotOnTarget(
            f"`{step.row.op.name}` depends on a bit",
            spans[step.row.span] if step.row.span >= 0 else None,
            has,
        )
        for step in layout.steps
        if step.condition is not None and step.row.op.kind in kinds
    ]
    if found:
        raise InvalidProgram(tuple(dict.fromkeys(found)))


def _rebase(circuit: Circuit, known: Collection[str]) -> None:
    from pytket.circuit import OpType
    from pytket.passes import AutoRebase, DecomposeBoxes

    DecomposeBoxes().apply(circuit)
    AutoRebase({getattr(OpType, name) for name in known}).apply(circuit)


def _steps(circuit: Circuit) -> Iterator[GateStep]:
    for command in circuit.get_commands():
        step = _step(command)
        if step.name != "Phase":
            yield step


def _step(command: Command) -> GateStep:
    from pytket.circuit import Bit, Conditional, Qubit

    op: Any = command.op
    arguments, condition = list(command.args), None
    if isinstance(op, Conditional):
        assert op.width == 1
        condition = _place(arguments.pop(0)), op.value
        op = op.op
    qubits = tuple(_place(a) for a in arguments if isinstance(a, Qubit))
    written = [_place(a) for a in arguments if isinstance(a, Bit)]
    angles = tuple(_radians(p) for p in op.params) if op.is_gate() else ()
    writes = written[0] if written else None
    return GateStep(op.type.name, angles, qubits, condition, writes)


def _radians(half_turns: Angle) -> Angle:
    if isinstance(half_turns, int | float):
        return float(half_turns) * pi
    import sympy  # type: ignore[import-untyped]

    return half_turns * sympy.pi


def _place(unit: Any) -> Place:
    return unit.reg_name, unit.index[0]
