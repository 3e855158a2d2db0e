"""Clifford programs as circuits of stim (Gidney, Quantum 5, 497 (2021)), measurements and feedback
included.

Numbers of qubits count through the registers, which comments of the text name, and the coordinates
of a qubit are its register's number and its place there. The last measurements are those of the
outputs' qubits, as for the other targets: bit k is the k-th of the source qubits read in the Z
basis, in increasing order.
"""

from __future__ import annotations

from math import pi
from typing import TYPE_CHECKING

from qdsl.backends._angles import Given, bind, data_of, wanted
from qdsl.backends._encodings import encoding
from qdsl.backends._layout import LayoutStep, Place, RegisterLayout, lay_out
from qdsl.backends.tket import z_qubits
from qdsl.diagnostics.diagnostic import InvalidProgram
from qdsl.diagnostics.extras import library
from qdsl.driver.errors import NotOnTarget
from qdsl.driver.targets import Target
from qdsl.ir.clifford import CLOSE, CliffordGates, NotClifford
from qdsl.ir.operations import Kind
from qdsl.ir.state_vectors import Matrix, unitary
from qdsl.ir.table import Row
from qdsl.ir.values import Floats
from qdsl.verify.simulation.evolution import encoding_matrix

if TYPE_CHECKING:
    import stim

    from qdsl.ir.stages import Stage

TARGET = Target("stim", "stim circuit of a Clifford program", ".stim")

# stim's name for our operation; of others the matrix is recognised
_DIRECT = {
    "x": "X", "y": "Y", "z": "Z", "h": "H", "s": "S", "sdg": "S_DAG", "sx": "SQRT_X",
    "sxdg": "SQRT_X_DAG", "cx": "CX", "cy": "CY", "cz": "CZ", "swap": "SWAP",
}  # fmt: skip
_ENCODED = frozenset({"diagonal", "relabel", "reflect"})  # encodings whose matrix is tried
_MOST_ENCODED = 8  # on so many qubits


def emit(stage: Stage, values: Given | None = None) -> stim.Circuit:
    """The circuit; `InvalidProgram` (QDM758) names the operations that are not Clifford."""
    layout = lay_out(stage)
    flat = bind(layout.circuit.values, values)
    if flat is None:
        raise wanted(layout.circuit.values, layout.circuit.values.vectors[0].name)
    writer = _StimWriter(layout, flat)
    for step in layout.steps:
        writer.write(step)
    if writer.problems:
        raise InvalidProgram(tuple(dict.fromkeys(writer.problems)))
    writer.read_out()
    return writer.circuit


def emit_text(stage: Stage, values: Given | None = None) -> str:
    """The circuit as stim reads it, after comments that say what its qubits are."""
    first, lines = 0, []
    for k, (name, size) in enumerate(lay_out(stage).qubit_registers):
        lines.append(f"# register {k}: {name}, qubits {first} to {first + size - 1}")
        first += size
    return "\n".join([*lines, str(emit(stage, values)), ""])


class _StimWriter:
    """Adds the steps of a layout to a circuit."""

    def __init__(self, layout: RegisterLayout, flat: Floats) -> None:
        self._stim = library("stim")
        self.circuit: stim.Circuit = self._stim.Circuit()
        self.problems: list[NotOnTarget] = []
        self._layout, self._flat = layout, flat
        self._angles = layout.circuit.values.angles.evaluate(flat)
        self._gates = CliffordGates()
        self._record: dict[Place, int] = {}  # of every bit, its last measurement
        self._measured = 0
        self._qubits: dict[Place, int] = {}
        for k, (name, size) in enumerate(layout.qubit_registers):
            for j in range(size):
                self._qubits[name, j] = len(self._qubits)
                self.circuit.append("QUBIT_COORDS", [self._qubits[name, j]], [k, j])

    def write(self, step: LayoutStep) -> None:
        for place in step.reset:
            self.circuit.append("R", [self._qubits[place]])
        try:
            self._act(step)
        except NotClifford:
            self.problems.append(self._not_clifford(step))

    def read_out(self) -> None:
        read = {q for output in self._layout.circuit.outputs for q in z_qubits(output)}
        places = [self._layout.final_qubit[q] for q in sorted(read)]
        if places:
            self.circuit.append("M", [self._qubits[place] for place in places])

    def _act(self, step: LayoutStep) -> None:
        qubits = [self._qubits[place] for place in step.qubits]
        match step.row.op.kind:
            case Kind.UNITARY | Kind.ENCODE:
                self._gate(step, qubits)
            case Kind.MEASURE if step.writes is not None:
                self._require_always(step)
                self.circuit.append("M", qubits)
                self._record[step.writes] = self._measured
                self._measured += 1
            case Kind.RESET:
                self._require_always(step)
                self.circuit.append("R", qubits)
            case Kind.EBIT:
                self.circuit.append("H", qubits[:1])
                self.circuit.append("CX", qubits)
            case _:  # `move` and barriers do nothing, and a message's bit is its sender's
                pass

    def _gate(self, step: LayoutStep, qubits: list[int]) -> None:
        row = step.row
        if step.condition is not None:
            self._feedback(step, self._pauli(row, len(qubits)), qubits)
        elif row.op.name == "rot":
            self._rotation(self._layout.table.words[row.attr], self._quarters(row), qubits)
        elif row.op.name in _DIRECT:
            self.circuit.append(_DIRECT[row.op.name], qubits)
        else:
            for name, targets in self._gates.circuit(self._matrix(row, len(qubits))):
                self.circuit.append(name, [qubits[t] for t in targets])

    def _rotation(self, word: str, quarters: int, qubits: list[int]) -> None:
        """A Pauli rotation by so many quarter turns, a phase left out."""
        acted = [(a, q) for a, q in zip(word, qubits, strict=True) if a != "I"]
        if quarters == 2:
            for letter, qubit in acted:
                self.circuit.append(letter, [qubit])
        elif quarters and acted:
            targets = [self._stim.target_pauli(q, a) for a, q in acted]
            product = self._stim.target_combined_paulis(targets)
            self.circuit.append("SPP" if quarters == 1 else "SPP_DAG", product)

    def _feedback(self, step: LayoutStep, letters: str, qubits: list[int]) -> None:
        """Paulis if a bit has a value: of 0, always and once more if it is 1."""
        assert step.condition is not None
        bit, value = step.condition
        acted = [(a, q) for a, q in zip(letters, qubits, strict=True) if a != "I"]
        for letter, qubit in acted:
            if not value:
                self.circuit.append(letter, [qubit])
            if bit in self._record:
                record = self._stim.target_rec(self._record[bit] - self._measured)
                self.circuit.append(f"C{letter}", [record, qubit])

    def _pauli(self, row: Row, n_qubits: int) -> str:
        if row.op.name != "rot":
            return self._gates.pauli(self._matrix(row, n_qubits))
        quarters = self._quarters(row)
        if quarters % 2:
            raise NotClifford
        return self._layout.table.words[row.attr] if quarters else "I" * n_qubits

    def _quarters(self, row: Row) -> int:
        turns = float(self._angles[row.angle]) / (pi / 2)
        if abs(turns - round(turns)) > CLOSE:
            raise NotClifford
        return round(turns) % 4

    def _matrix(self, row: Row, n_qubits: int) -> Matrix:
        if row.op.kind is not Kind.ENCODE:
            return unitary(row.op, tuple(self._angles[list(row.angles)].tolist()))
        if row.op.name not in _ENCODED or n_qubits > _MOST_ENCODED:
            raise NotClifford
        values = self._layout.circuit.values
        reference = values.references[row.attr]
        data = data_of(values, self._flat, reference)
        encoding(row.op.name, data, reference, n_qubits, values)  # refuses what encodes nothing
        return encoding_matrix(row.op.name, reference, data.reshape(-1), n_qubits)

    def _require_always(self, step: LayoutStep) -> None:
        if step.condition is not None:
            raise NotClifford

    def _not_clifford(self, step: LayoutStep) -> NotOnTarget:
        row, table = step.row, self._layout.table
        span = table.spans[row.span] if row.span >= 0 else None
        problem = f"`{row.op.name}` is no Clifford operation here"
        if step.condition is not None:
            problem = f"`{row.op.name}` depends on a bit, and is no Pauli operator"
        has = "stim has Clifford operations only, of which Paulis alone can depend on bits."
        return NotOnTarget(problem, span, has)
