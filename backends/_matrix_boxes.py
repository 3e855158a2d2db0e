"""Block encodings and eigenbases of matrices as pytket boxes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from qdsl.backends._angles import wanted
from qdsl.diagnostics.request_error import Refused
from qdsl.ir.encodings import dilation, eigenvectors
from qdsl.ir.lcu import combination, preparation
from qdsl.ir.values import DataReference, Floats, Values

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytket.circuit import CircBox

MAX_QUBITS = 9  # about 4**n gates


def matrix_box(
    name: str, data: Floats, reference: DataReference, n_qubits: int, values: Values
) -> CircBox:
    """`block`, `lcu` or `eigenbasis` on so many qubits, flags included."""
    if (name != "eigenbasis" and not data.any()) or not np.isfinite(data).all():
        raise wanted(values, reference.vector, f"'{reference.vector}' is no matrix to encode")
    if n_qubits > MAX_QUBITS:
        many = f"`{name}` of '{reference.vector}' is a unitary of {n_qubits} qubits"
        raise Refused(f"{many}; it is written out in gates up to {MAX_QUBITS}")
    if name == "block":
        return _synthesised(dilation(data.reshape(-1), reference, n_qubits))
    if name == "eigenbasis":
        return _synthesised(eigenvectors(data.reshape(-1), reference, n_qubits)[1].T)
    return _combined(data.reshape(reference.shape), n_qubits)


def _synthesised(matrix: Floats) -> CircBox:
    """By the quantum Shannon decomposition of Qiskit."""
    from pytket.circuit import CircBox, Circuit, OpType
    from qiskit import transpile
    from qiskit.synthesis import qs_decomposition

    n_qubits = len(matrix).bit_length() - 1
    decomposed = qs_decomposition(matrix)
    found = transpile(decomposed, basis_gates=["u", "cx"], optimization_level=0)
    circuit = Circuit(n_qubits)
    for item in found.data:
        qubits = [n_qubits - 1 - found.find_bit(q).index for q in item.qubits]
        angles = [float(a) / np.pi for a in item.operation.params]
        circuit.add_gate(OpType.U3 if angles else OpType.CX, angles, qubits)
    circuit.add_phase(float(found.global_phase) / np.pi)
    return CircBox(circuit)


def _combined(matrix: Floats, n_qubits: int) -> CircBox:
    """As `qdsl.ir.lcu.applied`: the flags prepared, the permutations that they choose, the phases,
    and the flags brought back."""
    from pytket.circuit import CircBox, Circuit, DiagonalBox, ToffoliBox

    n = n_qubits // 2
    parts = combination(matrix, n)
    flags = _synthesised(preparation(parts.weights))
    terms = np.arange(2 << n)[:, None]
    images: dict[Any, Sequence[bool]] = {
        bits(old, n_qubits): bits(new, n_qubits)
        for new, old in enumerate(((terms << n) + parts.source[terms[:, 0] // 2]).ravel().tolist())
    }
    turns = np.arccos(np.clip(parts.values, -1.0, 1.0))
    phases = np.exp(1j * np.stack([turns, -turns], axis=1)).ravel()
    circuit, every = Circuit(n_qubits), list(range(n_qubits))
    circuit.add_gate(flags, every[: n + 1])
    circuit.add_gate(ToffoliBox(images), every)
    circuit.add_gate(DiagonalBox(phases), every)
    circuit.add_gate(flags, every[: n + 1])
    return CircBox(circuit)


def bits(index: int, n: int) -> tuple[bool, ...]:
    """The basis state `index`, most significant bit first."""
    return tuple(bool(index >> (n - 1 - k) & 1) for k in range(n))
