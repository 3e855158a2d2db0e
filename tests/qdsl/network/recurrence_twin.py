"""A round of distillation gate by gate, on density matrices of four qubits.

Written from the protocols' definitions, with nothing of what it checks: qubits are a, b of the pair
that is kept and a, b of the one that is measured.
"""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.complex128]

I2 = np.eye(2, dtype=np.complex128)
PAULIS = {
    "I": I2,
    "X": np.array([[0, 1], [1, 0]], np.complex128),
    "Y": np.array([[0, -1j], [1j, 0]], np.complex128),
    "Z": np.diag([1, -1]).astype(np.complex128),
}
CNOT = np.eye(4, dtype=np.complex128)[[0, 1, 3, 2]]
PHI = np.array([1, 0, 0, 1], np.complex128) / np.sqrt(2)
BELLS = [np.kron(I2, PAULIS[letter]) @ PHI for letter in "IXYZ"]


def bell_diagonal(state: Any) -> Matrix:
    return np.asarray(sum(p * np.outer(b, b.conj()) for p, b in zip(state, BELLS, strict=True)))


def bell_probabilities(rho: Matrix) -> list[float]:
    return [float((b.conj() @ rho @ b).real) for b in BELLS]


def on(operator: Matrix, qubits: tuple[int, ...], n: int) -> Matrix:
    """The operator on these of n qubits, the first most significant."""
    k = len(qubits)
    rest = [q for q in range(n) if q not in qubits]
    whole = np.kron(operator, np.eye(2 ** (n - k))).reshape((2,) * (2 * n))
    place = [[*qubits, *rest].index(q) for q in range(n)]
    turned = whole.transpose(place + [n + p for p in place])
    return np.asarray(turned.reshape(2**n, 2**n))


def gate(rho: Matrix, operator: Matrix, qubits: tuple[int, ...], error: float) -> Matrix:
    """Then any Pauli but the identity on its qubits, all alike, with the probability `error`."""
    n = int(np.log2(len(rho)))
    u = on(operator, qubits, n)
    rho = u @ rho @ u.conj().T
    found = (1 - error) * rho
    words = list(product("IXYZ", repeat=len(qubits)))[1:]
    for word in words:
        p: Matrix = np.eye(2**n, dtype=np.complex128)
        for letter, q in zip(word, qubits, strict=True):
            p = on(PAULIS[letter], (q,), n) @ p
        found = found + error / len(words) * p @ rho @ p.conj().T
    return np.asarray(found)


def channel(rho: Matrix, kraus: list[Matrix], qubit: int) -> Matrix:
    n = int(np.log2(len(rho)))
    every = [on(k, (qubit,), n) for k in kraus]
    return np.asarray(sum(k @ rho @ k.conj().T for k in every))


def waited(rho: Matrix, qubit: int, t: float, t1: float, t2: float) -> Matrix:
    """Amplitude damping, then dephasing so that coherences decay by exp(-t / t2)."""
    stay = float(np.exp(-t / t1))
    rho = channel(
        rho,
        [
            np.array([[1, 0], [0, np.sqrt(stay)]], np.complex128),
            np.array([[0, np.sqrt(1 - stay)], [0, 0]], np.complex128),
        ],
        qubit,
    )
    left = float(np.exp(-t / t2)) / np.sqrt(stay)
    flip = (1 - left) / 2
    return channel(rho, [np.sqrt(1 - flip) * I2, np.sqrt(flip) * PAULIS["Z"]], qubit)


def rotation(letter: str, angle: float) -> Matrix:
    found = np.cos(angle / 2) * I2 - 1j * np.sin(angle / 2) * PAULIS[letter]
    return np.asarray(found)


def twirl_group() -> list[Matrix]:
    """The twelve rotations of a tetrahedron."""
    axis = (PAULIS["X"] + PAULIS["Y"] + PAULIS["Z"]) / np.sqrt(3)
    third = np.cos(np.pi / 3) * I2 - 1j * np.sin(np.pi / 3) * axis
    turns = [I2, third, third @ third]
    return [np.asarray(p @ t) for p in PAULIS.values() for t in turns]


def turned(protocol: str, rho: Matrix, errors: tuple[float, float]) -> Matrix:
    """One pair after its gates on one qubit."""
    if protocol == "dejmps":
        rho = gate(rho, rotation("X", np.pi / 2), (0,), errors[0])
        return gate(rho, rotation("X", -np.pi / 2), (1,), errors[1])
    group = twirl_group()
    every = [gate(gate(rho, u, (0,), errors[0]), u.conj(), (1,), errors[1]) for u in group]
    return np.asarray(sum(every) / len(group))


def one_round(protocol: str, kept: Matrix, measured: Matrix, ends: Any) -> tuple[Matrix, float]:
    """`ends` have `one_qubit_error`, `two_qubit_error`, `readout_error`. The state that is left,
    and the probability that the recorded outcomes agree."""
    ones = tuple(end.one_qubit_error for end in ends)
    rho: Any = np.kron(turned(protocol, kept, ones), turned(protocol, measured, ones))
    for k, end in enumerate(ends):
        rho = gate(rho, CNOT, (k, k + 2), end.two_qubit_error)
    found = np.zeros((4, 4), np.complex128)
    for outcome in product((0, 1), repeat=2):
        bra: Any = np.kron(np.eye(4), np.kron(I2[outcome[0]], I2[outcome[1]]))
        left = bra @ rho @ bra.conj().T
        for told in ((0, 0), (1, 1)):
            chance = 1.0
            for end, was, said in zip(ends, outcome, told, strict=True):
                chance *= end.readout_error if was != said else 1 - end.readout_error
            found += chance * left
    p = float(np.trace(found).real)
    return found / p, p
