"""Unitary matrices straight from the operation table's Pauli rotations: the reference."""

from __future__ import annotations

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
    matrix: Matrix = np.ones((1, 1), np.complex128)
    for letter in word:
        matrix = np.kron(matrix, PAULI[letter]).astype(np.complex128)
    return matrix


def rotation_matrix(word: str, angle: float) -> Matrix:
    """exp(-i angle P / 2)."""
    P = word_matrix(word)
    identity: Matrix = np.eye(len(P), dtype=np.complex128)
    return cos(angle / 2) * identity - 1j * sin(angle / 2) * P


def body_matrix(
    body: tuple[Rotation, ...], phase: Affine, angles: tuple[float, ...], n: int
) -> Matrix:
    matrix: Matrix = np.eye(2**n, dtype=np.complex128)
    for r in body:
        matrix = rotation_matrix(r.word, r.angle.at(angles)) @ matrix
    return (cos(turn := phase.at(angles)) + 1j * sin(turn)) * matrix


def operation_matrix(op: Operation, angles: tuple[float, ...]) -> Matrix:
    """The unitary of an operation of fixed arity."""
    assert op.arity is not None
    return body_matrix(op.body, op.phase, angles, op.arity)


def on_qubits(matrix: Matrix, qubits: tuple[int, ...], n: int) -> Matrix:
    """A matrix on some of n qubits as one on all of them."""
    k = len(qubits)
    rest = [q for q in range(n) if q not in qubits]
    whole = np.kron(matrix, np.eye(2 ** (n - k))).astype(np.complex128)
    order = np.argsort([*qubits, *rest]).tolist()
    axes = order + [n + q for q in order]
    return whole.reshape((2,) * (2 * n)).transpose(axes).reshape(2**n, 2**n)


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


def _root(matrix: Floats) -> Matrix:
    """The square root of a positive symmetric matrix."""
    values, vectors = np.linalg.eigh(matrix)
    root: Matrix = (vectors * np.sqrt(np.clip(values, 0, None))) @ vectors.T + 0j
    return root


def encoding_matrix(name: str, data: Floats) -> Matrix:
    """What an encoding of `data` should be; for `amplitude` only the first column counts."""
    flat = data.reshape(-1)
    if name == "block":
        b = data.T / np.linalg.norm(data, 2)
        one = np.eye(len(b))
        return np.block([[b, _root(one - b @ b.T)], [_root(one - b.T @ b), -b.T]])
    if name == "eigenbasis":
        padded = np.zeros((4, 4))
        padded[:3, :3] = (data + data.T) / 2
        return np.linalg.eigh(padded)[1].T.astype(np.complex128)
    if name == "lcu":
        return _combination()
    if name == "amplitude":
        matrix = np.zeros((len(flat), len(flat)), np.complex128)
        matrix[:, 0] = flat / np.linalg.norm(flat)
        return matrix
    if name == "reflect":
        outer = np.outer(flat, flat) / (flat @ flat)
        return np.asarray(np.eye(len(flat)) - 2 * outer, np.complex128)
    if name == "diagonal":
        return np.diag(np.exp(1j * np.pi * flat))
    matrix = np.zeros((len(flat), len(flat)), np.complex128)
    matrix[np.arange(len(flat)), flat.astype(int)] = 1
    return matrix


def _combination() -> Matrix:
    """Of [[0.5, -2], [0, 1]], by hand: a colour of weight 2 holds the -2, one of weight 1 the
    diagonal; an entry 0 is the mean of i and -i, 0.5 that of exp(+- i pi / 3)."""
    third = np.exp(1j * np.pi / 3)
    terms = [
        np.array([[0, 1j], [-1, 0]]),
        np.array([[0, -1j], [-1, 0]]),
        np.diag([third, 1]),
        np.diag([third.conj(), 1]),
    ]
    normal = np.array([1.0, 0, 0, 0]) - np.sqrt(np.array([2.0, 2, 1, 1]) / 6)
    mirror = np.eye(4) - 2 * np.outer(normal, normal) / (normal @ normal)
    prepare = np.kron(mirror, np.eye(2))
    select = np.zeros((8, 8), np.complex128)
    for k, term in enumerate(terms):
        select[2 * k : 2 * k + 2, 2 * k : 2 * k + 2] = term
    found: Matrix = prepare @ select @ prepare
    return found
