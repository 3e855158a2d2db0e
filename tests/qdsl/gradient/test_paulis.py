"""Words and common bases, against matrices."""

from __future__ import annotations

from functools import reduce

import numpy as np
import pytest

from qdsl.ir.operations import OPERATIONS
from qdsl.ir.paulis import PauliWord, common_basis, conjugated, word_on
from tests.build import circuit
from tests.qdsl.unitaries import unitary

N = 3
PAULI = {
    "I": np.eye(2),
    "X": np.array([[0, 1], [1, 0]]),
    "Y": np.array([[0, -1j], [1j, 0]]),
    "Z": np.diag([1, -1]),
}


def matrix(word: PauliWord) -> np.ndarray:
    letters = dict(word.letters())
    return word.sign * reduce(np.kron, [PAULI[letters.get(q, "I")] for q in range(N)])


def on_all(name: str, qubits: tuple[int, ...]) -> np.ndarray:
    """The operation on N qubits."""
    return unitary(circuit(N, [(name, qubits)]))


def some_words(rng: np.random.Generator) -> list[PauliWord]:
    """Words that commute."""
    found: list[PauliWord] = []
    for _ in range(30):
        w = PauliWord(int(rng.integers(8)), int(rng.integers(8)), int(rng.choice([1, -1])))
        if w.support and all(w.commutes(v) for v in found) and len(found) < 6:
            found.append(w)
    return found


@pytest.mark.parametrize("compress", [False, True])
def test_a_common_basis_makes_words_diagonal(compress: bool) -> None:
    rng = np.random.default_rng(4)
    for _ in range(40):
        words = some_words(rng)
        basis = common_basis(words, compress)
        change = np.eye(2**N)
        for name, qubits in basis.gates:
            change = on_all(name, qubits) @ change
        for word, image in zip(words, basis.images, strict=True):
            assert image.x == 0
            found = change @ matrix(word) @ change.conj().T
            assert found == pytest.approx(matrix(image), abs=1e-12)
            assert not compress or not image.z & ~sum(1 << p for p in basis.pivots)


def test_conjugation() -> None:
    rng = np.random.default_rng(5)
    for op in OPERATIONS:
        if not op.is_unitary or op.angles or op.arity is None:
            continue
        for _ in range(6):
            qubits = tuple(rng.permutation(N)[: op.arity].tolist())
            word = PauliWord(int(rng.integers(8)), int(rng.integers(8)))
            gate = on_all(op.name, qubits)
            for backwards in (False, True):
                u = gate.conj().T if backwards else gate
                image = conjugated(word, op, qubits, backwards)
                if image is not None:
                    found = u @ matrix(word) @ u.conj().T
                    assert found == pytest.approx(matrix(image), abs=1e-12), op.name


def test_words_by_letters() -> None:
    word = word_on("XIZY", (3, 0, 1, 2))
    assert word.letters() == ((1, "Z"), (2, "Y"), (3, "X"))
    assert word.commutes(word_on("ZZ", (1, 3))) is False
