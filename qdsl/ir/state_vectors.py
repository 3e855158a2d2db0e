"""Operations on state vectors, in NumPy: matrices of Pauli words, and matrices on some axes.

Qubit 0 is the most significant bit.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt

from qdsl.ir.operations import Operation

Matrix = npt.NDArray[np.complex128]

SHORT: Final = 3  # letters
PAULIS: dict[str, Matrix] = {
    "I": np.eye(2, dtype=np.complex128),
    "X": np.array([[0, 1], [1, 0]], np.complex128),
    "Y": np.array([[0, -1j], [1j, 0]], np.complex128),
    "Z": np.diag([1, -1]).astype(np.complex128),
}
PAULI_BASES: dict[str, Matrix] = {  # what takes the eigenvectors of a Pauli operator to |0> and |1>
    "X": np.array([[1, 1], [1, -1]], np.complex128) / np.sqrt(2),
    "Y": np.array([[1, -1j], [1, 1j]], np.complex128) / np.sqrt(2),
    "Z": np.eye(2, dtype=np.complex128),
}


def _product(word: str) -> Matrix:
    """The matrix of a Pauli word."""
    pauli: Matrix = np.ones((1, 1), np.complex128)
    for letter in word:
        pauli = np.asarray(np.kron(pauli, PAULIS[letter]))
    return pauli


_short: Final = cache(_product)  # as programs repeat them; nobody writes to them


def rotation(word: str, angle: float) -> Matrix:
    """`exp(-i angle P / 2)`; of a column of angles, a stack of them along the first axis."""
    pauli = _short(word) if len(word) <= SHORT else _product(word)
    half = np.asarray(angle)[..., None, None] / 2
    turned: Matrix = np.cos(half) * np.eye(len(pauli)) - 1j * np.sin(half) * pauli
    return turned


def unitary(op: Operation, angles: tuple[float, ...] = ()) -> Matrix:
    """The matrix of an operation of fixed arity, by its rotations; phase left out. Of columns of
    angles, a stack of matrices along the first axis."""
    matrix: Matrix = np.eye(2 ** (op.arity or 0), dtype=np.complex128)
    for r in op.body:
        matrix = rotation(r.word, r.angle.at(angles)) @ matrix
    return matrix


def applied(matrix: Matrix, state: Matrix, axes: Sequence[int]) -> Matrix:
    """The matrix on these axes of length 2."""
    k = len(axes)
    moved = np.moveaxis(state, axes, range(k))
    return np.moveaxis((matrix @ moved.reshape(2**k, -1)).reshape(moved.shape), range(k), axes)


def word_action(
    n: int, letters: str, qubits: Sequence[int]
) -> tuple[npt.NDArray[np.int64], Matrix]:
    """A word on n qubits as `(P psi)[b] = phase[b] psi[source[b]]`."""
    pairs = list(zip(letters, qubits, strict=True))
    x = sum(1 << (n - 1 - q) for p, q in pairs if p in "XY")
    z = sum(1 << (n - 1 - q) for p, q in pairs if p in "YZ")
    source = np.arange(2**n) ^ x
    odd = np.bitwise_count(source & z) & 1
    return source, 1j ** letters.count("Y") * (1 - 2.0 * odd)
