"""Dense matrices of small lowered circuits, and of what they should be, built by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from qdsl.diagnostics.render import render_all
from qdsl.ir.operations import Affine
from qdsl.ir.stages import Circuit
from qdsl.ir.table import Row
from qdsl.language.check import check_text
from qdsl.language.lowering.lower import lower

Matrix = npt.NDArray[np.complex128]

I2: Matrix = np.eye(2, dtype=np.complex128)
X: Matrix = np.array([[0, 1], [1, 0]], np.complex128)
Y: Matrix = np.array([[0, -1j], [1j, 0]], np.complex128)
Z: Matrix = np.diag([1, -1]).astype(np.complex128)
H: Matrix = (X + Z) / np.sqrt(2)
S: Matrix = np.diag([1, 1j]).astype(np.complex128)
T: Matrix = np.diag([1, np.exp(1j * np.pi / 4)]).astype(np.complex128)
SX: Matrix = np.array([[0.5 + 0.5j, 0.5 - 0.5j], [0.5 - 0.5j, 0.5 + 0.5j]])
SWAP: Matrix = np.eye(4)[[0, 2, 1, 3]].astype(np.complex128)
PAULI = {"I": I2, "X": X, "Y": Y, "Z": Z}


def kron(*matrices: Matrix) -> Matrix:
    """The first matrix acts on qubit 0, the most significant bit."""
    product: Matrix = np.eye(1, dtype=np.complex128)
    for matrix in matrices:
        product = np.kron(product, matrix).astype(np.complex128)
    return product


def rotation(word: str, angle: float) -> Matrix:
    pauli = kron(*(PAULI[letter] for letter in word))
    turned: Matrix = np.cos(angle / 2) * np.eye(len(pauli)) - 1j * np.sin(angle / 2) * pauli
    return turned


def phase(angle: float) -> Matrix:
    return np.diag([1, np.exp(1j * angle)])


def u_gate(theta: float, phi: float, lam: float) -> Matrix:
    """U of OpenQASM 3."""
    c, s = np.cos(theta / 2), np.sin(theta / 2)
    return np.array(
        [[c, -np.exp(1j * lam) * s], [np.exp(1j * phi) * s, np.exp(1j * (phi + lam)) * c]]
    )


def control(matrix: Matrix) -> Matrix:
    """One control in front."""
    n = len(matrix)
    result = np.eye(2 * n, dtype=np.complex128)
    result[n:, n:] = matrix
    return result


def power(matrix: Matrix, k: float) -> Matrix:
    """The principal power of a unitary matrix."""
    values, vectors = np.linalg.eig(matrix)
    angles = np.angle(values)
    angles[np.isclose(angles, -np.pi)] = np.pi
    return vectors @ np.diag(np.exp(1j * angles * k)) @ np.linalg.inv(vectors)


def embed(matrix: Matrix, qubits: Sequence[int], n: int) -> Matrix:
    """A matrix on some of n qubits, in their order."""
    k = len(qubits)
    tensor = np.eye(2**n, dtype=np.complex128).reshape((2,) * n + (2**n,))
    moved = np.moveaxis(tensor, list(qubits), list(range(k))).reshape(2**k, -1)
    done = (matrix @ moved).reshape((2,) * n + (2**n,))
    return np.moveaxis(done, list(range(k)), list(qubits)).reshape(2**n, 2**n)


def row_matrix(circuit: Circuit, row: Row, angles: npt.NDArray[np.float64]) -> Matrix:
    """The matrix of a unitary row from its entry's body."""
    given = tuple(float(angles[k]) for k in row.angles)
    if row.op.name == "rot":
        return rotation(circuit.table.words[row.attr], given[0])
    matrix: Matrix = np.eye(2 ** len(row.operands), dtype=np.complex128)
    for turn in row.op.body:
        matrix = rotation(turn.word, turn.angle.at(given)) @ matrix
    total: Affine = row.op.phase
    phased: Matrix = np.exp(1j * total.at(given)) * matrix
    return phased


def unitary(circuit: Circuit, values: Mapping[str, npt.ArrayLike] | None = None) -> Matrix:
    """The matrix of a circuit without measurements and encodings."""
    slots = circuit.values.extend(circuit.values.flatten(values or {}))
    angles = circuit.values.angles.evaluate(slots)
    total: Matrix = np.eye(2**circuit.n_qubits, dtype=np.complex128)
    for row in circuit.table:
        if row.op.name not in ("barrier", "move"):
            matrix = row_matrix(circuit, row, angles)
            total = embed(matrix, row.operands, circuit.n_qubits) @ total
    return total


def program(text: str, model: str = "m", **settings: int) -> Circuit:
    """A checked and lowered text; fails with the rendered problems."""
    checked, problems = check_text(text)
    assert checked is not None, render_all(problems)
    return lower(checked, model, settings)


def on_qubits(body: str, n: int, head: str = "", declare: str = "", uses: str = "") -> Circuit:
    """A model of one register `q[n]` with this body."""
    return program(
        f"{uses}\n{head}\nmodel m() {{\n{declare}\nqubits q[{n}]\n{body}\nreturn sample(q)\n}}"
    )


def same(a: Matrix, b: Matrix) -> bool:
    """Equal, global phase included."""
    return bool(np.allclose(a, b, atol=1e-9))


def same_up_to_phase(a: Matrix, b: Matrix) -> bool:
    overlap = np.trace(a.conj().T @ b) / len(a)
    return bool(abs(abs(overlap) - 1) < 1e-9)
