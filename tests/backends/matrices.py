"""Unitary matrices straight from the operation table's Pauli rotations: the reference."""

from __future__ import annotations

from functools import reduce
from math import cos, sin

import numpy as np
import numpy.typing as npt

from qdsl.ir.operations import Affine, Operation, Rotation
from qdsl.ir.stages import Circuit
from qdsl.ir.values import Floats

Matrix = npt.NDArray[np.complex128]

PAULI: dict[str, Matrix] = {
    "I": np.eye(2, dtype=np.complex128),
    "X": np.array([[0, 1], [1, 0]], np.complex128),
    "Y": np.array([[0, -1j], [1j, 0]], np.complex128),
    "Z": np.array([[1, 0], [0, -1]], np.complex128),
}


def word_matrix(word: str) -> Matrix:
    """The Kronecker product of the letters, the leftmost most significant."""
    return reduce(np.kron, (PAULI[letter] for letter in word))


def rotation_matrix(word: str, angle: float) -> Matrix:
    """exp(-i angle P / 2)."""
    P = word_matrix(word)
    return cos(angle / 2) * np.eye(len(P)) - 1j * sin(angle / 2) * P


def body_matrix(
    body: tuple[Rotation, ...], phase: Affine, angles: tuple[float, ...], n: int
) -> Matrix:
    matrix: Matrix = np.eye(2**n, dtype=np.complex128)
    for r in body:
        matrix = rotation_matrix(r.word, r.angle.at(angles)) @ matrix
    return np.exp(1j * phase.at(angles)) * matrix


def operation_matrix(op: Operation, angles: tuple[float, ...]) -> Matrix:
    """The unitary of an operation of fixed arity."""
    assert op.arity is not None
    return body_matrix(op.body, op.phase, angles, op.arity)


def on_qubits(matrix: Matrix, qubits: tuple[int, ...], n: int) -> Matrix:
    """A matrix on some of n qubits as one on all of them."""
    k = len(qubits)
    rest = [q for q in range(n) if q not in qubits]
    full = np.kron(matrix, np.eye(2 ** (n - k))).reshape((2,) * (2 * n))
    order = list(np.argsort([*qubits, *rest]))
    return full.transpose(order + [n + q for q in order]).reshape(2**n, 2**n)


def circuit_matrix(circuit: Circuit) -> Matrix:
    """The unitary of a circuit of unitary operations with constant angles."""
    n = circuit.n_qubits
    total: Matrix = np.eye(2**n, dtype=np.complex128)
    for row in circuit.table:
        angles = tuple(circuit.values.angles.constant[list(row.angles)].tolist())
        if row.op.name == "rot":
            matrix = rotation_matrix(circuit.table.words[row.attr], angles[0])
        else:
            matrix = operation_matrix(row.op, angles)
        total = on_qubits(matrix, row.operands, n) @ total
    return total


def encoding_matrix(name: str, data: Floats) -> Matrix:
    """What an encoding of `data` should be; for `amplitude` only the first column counts."""
    flat = data.reshape(-1)
    if name == "amplitude":
        return np.outer(flat / np.linalg.norm(flat), np.eye(len(flat))[0]).astype(np.complex128)
    if name == "phase":
        return np.diag(np.exp(1j * np.pi * flat))
    matrix = np.zeros((len(flat), len(flat)), np.complex128)
    matrix[np.arange(len(flat)), flat.astype(int)] = 1
    return matrix
