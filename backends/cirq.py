"""Programs as circuits of Cirq: qubits are named like `alice_data[0]`, measurement keys like
`alice_bits[1]`, and corrections depend on the last measurement of a key.

The outputs' measurement has the key `outcome`, if any output reads qubits in the Z basis. Without
values angles are expressions of symbols like `theta_3`, for Cirq's resolvers.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from qdsl.backends._angles import Given
from qdsl.backends._gates import GateProgram, GateStep, gate_program, refuse_conditional
from qdsl.backends._layout import Place
from qdsl.diagnostics.extras import library
from qdsl.driver.targets import Target
from qdsl.ir.operations import Kind
from qdsl.ir.stages import Stage

if TYPE_CHECKING:
    import cirq

TARGET = Target("cirq", "Cirq circuit, as JSON", ".json")

# pytket's gate: Cirq's, its power, and whether it takes an angle in radians
_GATES: Final[Mapping[str, tuple[str, float]]] = MappingProxyType({
    "X": ("X", 1), "Y": ("Y", 1), "Z": ("Z", 1), "H": ("H", 1), "S": ("S", 1), "Sdg": ("S", -1),
    "T": ("T", 1), "Tdg": ("T", -1), "V": ("X", 0.5), "Vdg": ("X", -0.5), "CX": ("CNOT", 1),
    "CZ": ("CZ", 1), "SWAP": ("SWAP", 1), "CCX": ("CCX", 1), "CSWAP": ("CSWAP", 1),
})  # fmt: skip
_ROTATIONS: Final[Mapping[str, str]] = MappingProxyType({"Rx": "rx", "Ry": "ry", "Rz": "rz"})


def emit(stage: Stage, values: Given | None = None) -> cirq.Circuit:
    """The circuit; `InvalidProgram` (QDM758) if a measurement depends on a bit."""
    module = library("cirq")
    refuse_conditional(stage, {Kind.MEASURE}, "Cirq's measurements depend on nothing.")
    program = gate_program(stage, values, {*_GATES, *_ROTATIONS}, symbols=True)
    writer = _CirqWriter(module, program)
    made: cirq.Circuit = module.Circuit(filter(None, map(writer.operation, writer.steps())))
    return made


def emit_text(stage: Stage, values: Given | None = None) -> str:
    """The circuit as JSON, which `cirq.read_json(json_text=...)` reads."""
    return str(library("cirq").to_json(emit(stage, values))) + "\n"


class _CirqWriter:
    def __init__(self, module: Any, program: GateProgram) -> None:
        self._cirq, self._program = module, program
        self._qubits = {
            (name, k): module.NamedQubit(f"{name}[{k}]") for name, k in program.qubits()
        }
        self._measured: set[Place] = set()

    def steps(self) -> list[GateStep]:
        """All but the measurements of the outputs, which follow together."""
        outcome = self._program.outcome
        own = [s for s in self._program.steps if not (s.writes and s.writes[0] == outcome)]
        read = [s for s in self._program.steps if s.writes and s.writes[0] == outcome]
        read.sort(key=lambda s: s.writes[1] if s.writes else 0)
        if not read:
            return own
        places = tuple(place for s in read for place in s.qubits)
        return [*own, GateStep("Measure", (), places, None, (outcome or "", -1))]

    def operation(self, step: GateStep) -> cirq.Operation | None:
        """None for what does nothing."""
        qubits = [self._qubits[place] for place in step.qubits]
        if step.name == "Barrier":
            return None
        if step.writes is not None:
            self._measured.add(step.writes)
            read: cirq.Operation = self._cirq.measure(*qubits, key=_key(step.writes))
            return read
        made: cirq.Operation = self._gate(step)(*qubits)
        if step.condition is None:
            return made
        place, value = step.condition
        if place not in self._measured:  # a bit that nothing wrote is 0
            return None if value else made
        key = self._cirq.MeasurementKey(_key(place))
        when = self._cirq.BitMaskKeyCondition(key, target_value=value, equal_target=True)
        controlled: cirq.Operation = made.with_classical_controls(when)
        return controlled

    def _gate(self, step: GateStep) -> Any:
        if step.name == "Reset":
            return self._cirq.reset
        if step.name in _ROTATIONS:
            return getattr(self._cirq, _ROTATIONS[step.name])(step.angles[0])
        name, power = _GATES[step.name]
        return getattr(self._cirq, name) ** power


def _key(place: Place) -> str:
    return place[0] if place[1] < 0 else f"{place[0]}[{place[1]}]"
