"""Programs as `pytket.Circuit`s: all devices side by side, with measurements and corrections.

Registers: a source circuit keeps its own; a distributed program has `<node>_data`,
`<node>_comm` and `<node>_bits` (see `_layout.py`), and every EPR pair is a box named `EPR`.
Without values angles are sympy expressions of symbols like `theta_3`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from qdsl.backends._angles import Angle, Given, bind, data_of, half_turns, turned
from qdsl.backends._layout import LayoutStep, Place, RegisterLayout, lay_out
from qdsl.diagnostics.extras import require
from qdsl.driver.targets import Target
from qdsl.files.writing import write_text
from qdsl.ir.operations import Kind
from qdsl.ir.stages import Eigenvalue, Expectation, Output, Overlap, Probability, Sample, Stage
from qdsl.ir.table import Row
from qdsl.ir.values import Floats
from qdsl.records import dataclass

if TYPE_CHECKING:
    from pytket.circuit import Bit, Circuit, Op, OpType, Qubit

OUTCOME = "outcome"  # the register that outputs are read into
TARGET = Target("tket", "pytket circuit, as JSON", ".json")

# pytket's OpType for our operation; what has none is emitted by its Pauli rotations
DIRECT: Mapping[str, str] = MappingProxyType({
    "x": "X", "y": "Y", "z": "Z", "h": "H", "s": "S", "sdg": "Sdg", "t": "T", "tdg": "Tdg",
    "sx": "SX", "sxdg": "SXdg", "rx": "Rx", "ry": "Ry", "rz": "Rz", "p": "U1", "u": "U3",
    "cx": "CX", "cy": "CY", "cz": "CZ", "cp": "CU1", "crx": "CRx", "cry": "CRy", "crz": "CRz",
    "ch": "CH", "rxx": "XXPhase", "ryy": "YYPhase", "rzz": "ZZPhase", "swap": "SWAP",
    "ccx": "CCX", "ccz": "CnZ", "cswap": "CSWAP",
})  # fmt: skip


def emit(stage: Stage, values: Given | None = None, *, copies: bool = False) -> Circuit:
    """The program; qubits that outputs read in the Z basis are measured into `outcome`.

    A condition on a sent bit reads the sender's bit; with `copies` the message is an explicit
    copy into a bit of the receiver, which pytket can express and Qiskit cannot.
    """
    layout = lay_out(stage, copies)
    read = (q for output in layout.circuit.outputs for q in z_qubits(output))
    return build(layout, values, dict.fromkeys(read, "Z"))


def z_qubits(output: Output) -> tuple[int, ...]:
    """The source qubits that an output measures in the Z basis; an expectation chooses its own."""
    match output:
        case Sample(qubits) | Probability(qubits):
            return qubits
        case Overlap(left, right):
            return left + right
        case Eigenvalue(qubits, _, flags):
            return flags + qubits
        case Expectation():
            return ()


def emit_text(stage: Stage, values: Given | None = None) -> str:
    """The circuit as JSON, keys sorted."""
    return to_json(emit(stage, values))


def to_json(circuit: Circuit) -> str:
    """The circuit as JSON; boxes, whose identifiers are random, are numbered instead."""
    import json
    from itertools import count
    from uuid import UUID

    numbers = count(1)

    def numbered(found: dict[str, Any]) -> dict[str, Any]:
        return {**found, "id": str(UUID(int=next(numbers)))} if "id" in found else found

    tree = json.loads(json.dumps(circuit.to_dict(), sort_keys=True), object_hook=numbered)
    return json.dumps(tree, sort_keys=True) + "\n"


def save(circuit: Circuit, path: str | Path) -> None:
    """Write a circuit to a JSON file that `load` and pytket itself read."""
    write_text(path, to_json(circuit))


def load(path: str | Path) -> Circuit:
    """The circuit of a file written by `save`."""
    import json

    from pytket.circuit import Circuit

    return Circuit.from_dict(json.loads(Path(path).read_text(encoding="utf-8")))


def build(layout: RegisterLayout, values: Given | None, read: Mapping[int, str]) -> Circuit:
    """The circuit, with source qubit q measured at the end in basis `read[q]` (X, Y or Z).

    Bit k of register `outcome` holds the k-th of these qubits, in increasing order. `MissingExtra`
    where pytket is not installed.
    """
    require("pytket", "the target")
    from pytket.circuit import Circuit, OpType

    circuit = Circuit(name=layout.circuit.name)
    qubits = {n: circuit.add_q_register(n, size).to_list() for n, size in layout.qubit_registers}
    bits = {n: circuit.add_c_register(n, size).to_list() for n, size in layout.bit_registers}
    flat = bind(layout.circuit.values, values)
    angles = half_turns(layout.circuit.values, flat)
    direct = {ours: getattr(OpType, theirs) for ours, theirs in DIRECT.items()}
    writer = _CircuitWriter(layout, circuit, qubits, bits, flat, angles, direct)
    for step in layout.steps:
        writer.write(step)
    writer.read_out(read)
    return circuit


@dataclass(frozen=True, slots=True)
class _CircuitWriter:
    """Adds the steps of a layout to a circuit."""

    layout: RegisterLayout
    circuit: Circuit
    qubits: Mapping[str, Sequence[Qubit]]
    bits: Mapping[str, Sequence[Bit]]
    flat: Floats | None
    angles: Sequence[Angle]
    direct: Mapping[str, OpType]

    def write(self, step: LayoutStep) -> None:
        for place in step.reset:
            self.circuit.Reset(self._qubit(place))
        row = step.row
        operands = [self._qubit(place) for place in step.qubits]
        when = self._when(step)
        match row.op.kind:
            case Kind.UNITARY:
                self._unitary(row, operands, when)
            case Kind.ENCODE:
                self.circuit.add_gate(self._encoding(row), operands, **when)
            case Kind.MEASURE if step.writes is not None:
                self.circuit.Measure(operands[0], self._bit(step.writes), **when)
            case Kind.RESET:
                self.circuit.Reset(*operands, **when)
            case Kind.EBIT:
                self.circuit.add_gate(_epr(), operands, **when)
            case Kind.BARRIER:
                self.circuit.add_barrier(operands)
            case Kind.SEND if step.writes is not None and step.copies is not None:
                bits = [self._bit(step.copies)], [self._bit(step.writes)]
                self.circuit.add_c_copybits(*bits, **when)
            case _:  # `move` is the identity, and so is a message without a copy
                pass

    def read_out(self, read: Mapping[int, str]) -> None:
        from pytket.circuit import OpType

        if not read:
            return
        name = _free(OUTCOME, {**self.qubits, **self.bits})
        outcome = self.circuit.add_c_register(name, len(read))
        for k, q in enumerate(sorted(read)):
            qubit = self._qubit(self.layout.final_qubit[q])
            if read[q] != "Z":
                turn = OpType.H if read[q] == "X" else OpType.V  # V turns Y to Z
                self.circuit.add_gate(turn, [qubit])
            self.circuit.Measure(qubit, outcome[k])

    def _qubit(self, place: Place) -> Qubit:
        return self.qubits[place[0]][place[1]]

    def _bit(self, place: Place) -> Bit:
        return self.bits[place[0]][place[1]]

    def _when(self, step: LayoutStep) -> dict[str, Any]:
        if step.condition is None:
            return {}
        place, value = step.condition
        return {"condition_bits": [self._bit(place)], "condition_value": value}

    def _encoding(self, row: Row) -> Op:
        from qdsl.backends._encodings import encoding

        values = self.layout.circuit.values
        reference = values.references[row.attr]
        data = data_of(values, self.flat, reference)
        return encoding(row.op.name, data, reference, len(row.operands), values)

    def _unitary(self, row: Row, operands: list[Qubit], when: dict[str, Any]) -> None:
        own = [self.angles[e] for e in row.angles]
        if row.op.name == "rot":
            box = _pauli_rotation(self.layout.table.words[row.attr], own[0])
            self.circuit.add_gate(box, operands, **when)
        elif row.op.name in self.direct:
            self.circuit.add_gate(self.direct[row.op.name], own, operands, **when)
        else:
            self._rotations(row, operands, own, when)

    def _rotations(
        self, row: Row, operands: list[Qubit], own: list[Angle], when: dict[str, Any]
    ) -> None:
        """The fallback: an operation's body. A phase under a condition is no quantum matter."""
        for rotation in row.op.body:
            box = _pauli_rotation(rotation.word, turned(rotation.angle, own))
            self.circuit.add_gate(box, operands, **when)
        if not when:
            self.circuit.add_phase(turned(row.op.phase, own))


def _pauli_rotation(word: str, angle: Angle) -> Op:
    from pytket.circuit import PauliExpBox
    from pytket.pauli import Pauli

    return PauliExpBox([getattr(Pauli, letter) for letter in word], angle)


def _epr() -> Op:
    from pytket.circuit import CircBox, Circuit

    return CircBox(Circuit(2, "EPR").H(0).CX(0, 1))


def _free(name: str, taken: Mapping[str, object]) -> str:
    while name in taken:
        name += "_"
    return name
