"""The frame's bookkeeping against matrices."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from hypothesis import given
from hypothesis import strategies as st

from qdsl.ir.paulis import Pauli, pauli_on
from qdsl.verify.translation.paulis import GeneratorFrame

N = 3
ONE = np.eye(2, dtype=complex)
X = np.array([[0, 1], [1, 0]], dtype=complex)
Z = np.diag([1, -1]).astype(complex)
Matrix = npt.NDArray[np.complex128]

WORDS = st.text("IXYZ", min_size=N, max_size=N).filter(lambda w: set(w) != {"I"})


def matrix(p: Pauli) -> Matrix:
    product = np.eye(1, dtype=complex)
    for q in range(N):
        x, z = p.x >> q & 1, p.z >> q & 1
        product = np.kron(product, (X if x else ONE) @ (Z if z else ONE))
    result: Matrix = 1j**p.phase * product
    return result


def of(letters: str) -> Pauli:
    return pauli_on(letters, range(N))


@given(WORDS, WORDS)
def test_products_and_commutation_are_those_of_the_matrices(a: str, b: str) -> None:
    p, q = of(a), of(b)
    assert np.allclose(matrix(p.times(q)), matrix(p) @ matrix(q))
    commutator = matrix(p) @ matrix(q) - matrix(q) @ matrix(p)
    assert p.commutes(q) == np.allclose(commutator, 0)


@given(st.lists(st.tuples(WORDS, st.integers(-5, 9)), max_size=8), WORDS)
def test_a_frame_is_conjugation_by_the_turns_so_far(
    turns: list[tuple[str, int]], seen: str
) -> None:
    frame, unitary = GeneratorFrame(), np.eye(2**N, dtype=complex)
    for letters, quarters in turns:
        angle = quarters * np.pi / 2
        generator = matrix(of(letters))
        step = np.cos(angle / 2) * np.eye(2**N) - 1j * np.sin(angle / 2) * generator
        unitary = step @ unitary
        frame.append(quarters, of(letters))
    wanted = unitary.conj().T @ matrix(of(seen)) @ unitary
    assert np.allclose(matrix(frame.image(of(seen))), wanted)


def test_signs() -> None:
    y = pauli_on("Y", (1,))
    assert (y.sign, y.bare) == (1, y)
    assert Pauli(y.x, y.z, y.phase ^ 2).sign == -1
