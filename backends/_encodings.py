"""The data encodings as pytket boxes: state preparation, diagonal, permutation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from qdsl.backends._angles import wanted
from qdsl.diagnostics import InternalError
from qdsl.ir.encodings import dilation
from qdsl.ir.values import DataReference, Floats, Values
from qdsl.refusals import Refused

MAX_BLOCK_QUBITS = 9  # about 4**n gates

if TYPE_CHECKING:
    from pytket.circuit import CircBox, DiagonalBox, StatePreparationBox, ToffoliBox

    Box = CircBox | DiagonalBox | StatePreparationBox | ToffoliBox


def encoding(
    name: str, data: Floats, reference: DataReference, n_qubits: int, values: Values
) -> Box:
    """The box of encoding operation `name`; data shorter than 2**n_qubits is filled up with
    zeros, a matching with pairs of its own. `InvalidProgram` where the data encode nothing."""
    if name == "block":
        return _block(data, reference, n_qubits, values)
    if data.size > 2**n_qubits:
        detail = f"{data.size} numbers of '{reference.vector}' on {n_qubits} qubits"
        raise InternalError("emit", "encoding-fits-its-qubits", detail)
    if name == "amplitude":
        return _amplitude(data.reshape(-1), reference, n_qubits, values)
    if name == "diagonal":
        return _phase(data.reshape(-1), reference, n_qubits)
    return _relabel(data, reference, n_qubits, values)


def _amplitude(
    data: Floats, reference: DataReference, n_qubits: int, values: Values
) -> StatePreparationBox:
    from pytket.circuit import StatePreparationBox

    norm = np.linalg.norm(data)
    if not np.isfinite(norm) or norm == 0:
        problem = f"'{reference.vector}' has no direction: its norm is {norm}"
        raise wanted(values, reference.vector, problem)
    state = np.zeros(2**n_qubits, np.complex128)
    state[: data.size] = data / norm
    return StatePreparationBox(state)


def _phase(data: Floats, reference: DataReference, n_qubits: int) -> DiagonalBox:
    from pytket.circuit import DiagonalBox

    phases = np.zeros(2**n_qubits)
    phases[: data.size] = data * (np.pi if reference.kind == "bits" else 1.0)
    return DiagonalBox(np.exp(1j * phases))


def _relabel(data: Floats, reference: DataReference, n_qubits: int, values: Values) -> ToffoliBox:
    from pytket.circuit import ToffoliBox

    labels = data.reshape(-1).astype(np.int64)
    if sorted(labels.tolist()) != list(range(labels.size)):
        problem = f"'{reference.vector}' is no perfect matching of 0 to {labels.size - 1}"
        raise wanted(values, reference.vector, problem)
    images: dict[tuple[bool, ...], Sequence[bool]] = {
        _bits(old, n_qubits): _bits(new, n_qubits) for new, old in enumerate(labels.tolist())
    }
    return ToffoliBox(images)


def _block(data: Floats, reference: DataReference, n_qubits: int, values: Values) -> CircBox:
    """The dilation by the quantum Shannon decomposition of Qiskit."""
    from pytket.circuit import CircBox, Circuit, OpType
    from qiskit import transpile
    from qiskit.synthesis import qs_decomposition

    if not data.any() or not np.isfinite(data).all():
        raise wanted(values, reference.vector, f"'{reference.vector}' is no matrix to encode")
    if n_qubits > MAX_BLOCK_QUBITS:
        many = f"a block encoding of '{reference.vector}' is a unitary of {n_qubits} qubits"
        raise Refused(f"{many}; it is written out in gates up to {MAX_BLOCK_QUBITS}")
    found = transpile(
        qs_decomposition(dilation(data.reshape(-1), reference, n_qubits)),
        basis_gates=["u", "cx"],
        optimization_level=0,
    )
    circuit = Circuit(n_qubits)
    for item in found.data:
        qubits = [n_qubits - 1 - found.find_bit(q).index for q in item.qubits]
        angles = [float(a) / np.pi for a in item.operation.params]
        circuit.add_gate(OpType.U3 if angles else OpType.CX, angles, qubits)
    circuit.add_phase(float(found.global_phase) / np.pi)
    return CircBox(circuit)


def _bits(index: int, n: int) -> tuple[bool, ...]:
    """The basis state `index`, most significant bit first."""
    return tuple(bool(index >> (n - 1 - k) & 1) for k in range(n))
