"""Matrices recognised as Clifford gates and as Pauli operators, by stim (the extra `clifford`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from qdsl.ir.state_vectors import PAULIS, Matrix

if TYPE_CHECKING:
    import stim

CLOSE = 1e-9


class NotClifford(ValueError):
    """A step that stabiliser states do not have: another gate, or one that depends on a bit and is
    no Pauli."""


class CliffordGates:
    """Matrices as gates of stim, each looked up once."""

    def __init__(self) -> None:
        self._circuits: dict[bytes, list[tuple[str, list[int]]]] = {}
        self._paulis: dict[bytes, str] = {}

    def circuit(self, matrix: Matrix) -> list[tuple[str, list[int]]]:
        """Names of gates, and the places that each acts on."""
        key = matrix.tobytes()
        if key not in self._circuits:
            self._circuits[key] = _circuit(matrix)
        return self._circuits[key]

    def pauli(self, matrix: Matrix) -> str:
        """A letter for every place."""
        key = matrix.tobytes()
        if key not in self._paulis:
            self._paulis[key] = _pauli(matrix)
        return self._paulis[key]


def _circuit(matrix: Matrix) -> list[tuple[str, list[int]]]:
    import stim

    try:
        tableau = stim.Tableau.from_unitary_matrix(matrix, endian="big")
    except ValueError:
        raise NotClifford from None
    if not _has_images(matrix, tableau):
        raise NotClifford
    steps = tableau.to_circuit("elimination")
    return [(step.name, [t.value for t in step.targets_copy()]) for step in steps]


def _has_images(matrix: Matrix, tableau: stim.Tableau) -> bool:
    """Whether the matrix takes X and Z of every qubit to what the tableau says: stim rounds every
    matrix to the nearest Clifford gate, rz(0.3) to the identity."""
    n_qubits = len(tableau)
    for image, letter in ((tableau.x_output, "X"), (tableau.z_output, "Z")):
        for k in range(n_qubits):
            pauli = np.kron(np.kron(np.eye(2**k), PAULIS[letter]), np.eye(2 ** (n_qubits - k - 1)))
            found = matrix @ pauli @ matrix.conj().T
            if not np.allclose(found, image(k).to_unitary_matrix(endian="big"), 0, CLOSE):
                return False
    return True


def _pauli(matrix: Matrix) -> str:
    letters = ""
    k = matrix.shape[0].bit_length() - 1
    rest = np.asarray(matrix)
    for _ in range(k):  # the first qubit is the outermost
        half = len(rest) // 2
        blocks = rest.reshape(2, half, 2, half)
        parts = {a: np.einsum("ij,jbic->bc", PAULIS[a].conj().T, blocks) / 2 for a in "IXYZ"}
        letter = max(parts, key=lambda a: float(np.linalg.norm(parts[a])))
        letters, rest = letters + letter, parts[letter]
    if abs(abs(complex(rest[0, 0])) - 1) > CLOSE:
        raise NotClifford
    return letters
