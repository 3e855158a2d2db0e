"""What the tests of the JAX backend share: matrices, observables, exact states."""

from __future__ import annotations

from typing import Any

import numpy as np
from qiskit.circuit import library

from qdsl.ir.stages import (
    Circuit,
    Expectation,
    PauliTerm,
)
from tests.backends.exact import branches
from tests.backends.matrices import PAULI, Matrix

QISKIT: dict[str, Any] = {
    "id": library.IGate, "x": library.XGate, "y": library.YGate, "z": library.ZGate,
    "h": library.HGate, "s": library.SGate, "sdg": library.SdgGate, "t": library.TGate,
    "tdg": library.TdgGate, "sx": library.SXGate, "sxdg": library.SXdgGate, "rx": library.RXGate,
    "ry": library.RYGate, "rz": library.RZGate, "p": library.PhaseGate, "u": library.UGate,
    "cx": library.CXGate, "cy": library.CYGate, "cz": library.CZGate, "cp": library.CPhaseGate,
    "crx": library.CRXGate, "cry": library.CRYGate, "crz": library.CRZGate,
    "ch": library.CHGate, "rxx": library.RXXGate, "ryy": library.RYYGate, "rzz": library.RZZGate,
    "swap": library.SwapGate, "ccx": library.CCXGate, "ccz": library.CCZGate,
    "cswap": library.CSwapGate,
}  # fmt: skip


def qiskit_matrix(name: str, angles: tuple[float, ...]) -> Matrix:
    """Qiskit's matrix with its qubit 0 made the most significant."""
    little = np.asarray(QISKIT[name](*angles).to_matrix(), np.complex128)
    n = len(little).bit_length() - 1
    order = [*reversed(range(n)), *(n + q for q in reversed(range(n)))]
    return little.reshape((2,) * 2 * n).transpose(order).reshape(2**n, 2**n)


def word(n: int, paulis: dict[int, str]) -> Matrix:
    matrix: Matrix = np.ones((1, 1), np.complex128)
    for q in range(n):
        matrix = np.kron(matrix, PAULI[paulis.get(q, "I")]).astype(np.complex128)
    return matrix


def expectation(*terms: tuple[float, dict[int, str]]) -> Expectation:
    return Expectation(tuple(PauliTerm(c, tuple(sorted(p.items()))) for c, p in terms))


def plain_state(program: Circuit) -> Matrix:
    (branch,) = branches(program, program.n_qubits)
    return branch.state.reshape(-1)


def on_axes(matrix: Matrix, axes: tuple[int, ...], psi: Matrix) -> Matrix:
    k = len(axes)
    moved = np.tensordot(matrix.reshape((2,) * 2 * k), psi, (range(k, 2 * k), axes))
    return np.moveaxis(moved, range(k), axes)
