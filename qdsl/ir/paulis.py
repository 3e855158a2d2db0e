"""Pauli operators and words as bit masks, Clifford conjugation, one basis for commuting words.

Bit q of the masks `x` and `z` says which letter stands on qubit q: an operator is
`i**phase * X^x * Z^z`, a word the Hermitian `sign * prod_q P_q`.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import pi
from typing import NamedTuple

from qdsl.ir.operations import BY_NAME, Operation
from qdsl.records import dataclass

Gate = tuple[str, tuple[int, ...]]  # "h", "sdg" or "cx" on these qubits


class Pauli(NamedTuple):
    x: int
    z: int
    phase: int  # modulo 4

    def times(self, other: Pauli) -> Pauli:
        """The product `self other`."""
        swaps = (self.z & other.x).bit_count()
        return Pauli(self.x ^ other.x, self.z ^ other.z, (self.phase + other.phase + 2 * swaps) & 3)

    def commutes(self, other: Pauli) -> bool:
        return not ((self.x & other.z).bit_count() + (self.z & other.x).bit_count()) & 1

    @property
    def sign(self) -> int:
        """+1 or -1 of a Hermitian operator: its phase beside that of the bare letters."""
        return 1 if (self.phase - (self.x & self.z).bit_count()) % 4 == 0 else -1

    @property
    def bare(self) -> Pauli:
        """The letters with sign +1."""
        return Pauli(self.x, self.z, (self.x & self.z).bit_count() & 3)

    def turned(self, k: int, q: Pauli) -> Pauli:
        """`K^+ P K`, `K = exp(-i k pi/4 Q)`, P Q = -Q P: P, -iPQ, -P, iPQ for k = 0, 1, 2, 3."""
        if not k & 1:
            return self._replace(phase=(self.phase + k) & 3)
        product = self.times(q)
        return product._replace(phase=(product.phase - k) & 3)


@dataclass(frozen=True, slots=True)
class PauliWord:
    """A Hermitian Pauli word; `sign` is +1 or -1."""

    x: int
    z: int
    sign: int = 1

    @property
    def support(self) -> int:
        """The qubits on which it is not the identity, as a mask."""
        return self.x | self.z

    @property
    def is_diagonal(self) -> bool:
        return not self.x

    def commutes(self, other: PauliWord) -> bool:
        return not ((self.x & other.z).bit_count() + (self.z & other.x).bit_count()) & 1

    def letters(self) -> tuple[tuple[int, str], ...]:
        """(qubit, letter), by qubit."""
        return tuple(
            (q, _LETTER[(self.x >> q) & 1, (self.z >> q) & 1]) for q in bits_of(self.support)
        )

    def turned(self, axis: PauliWord, quarters: int) -> PauliWord:
        """`K W K^+` with `K = exp(-i quarters pi/4 A)`: itself, -+i A W, or -W."""
        if not quarters % 4 or self.commutes(axis):
            return self
        found = self.operator.turned(-quarters, axis.operator)
        return PauliWord(found.x, found.z, found.sign)

    @property
    def operator(self) -> Pauli:
        return Pauli(self.x, self.z, ((self.x & self.z).bit_count() + 1 - self.sign) & 3)


_LETTER = {(1, 0): "X", (1, 1): "Y", (0, 1): "Z"}


def bits_of(mask: int) -> tuple[int, ...]:
    """The positions of the ones, in order."""
    found = []
    while mask:
        found.append((mask & -mask).bit_length() - 1)
        mask &= mask - 1
    return tuple(found)


def word_on(letters: str, qubits: Sequence[int]) -> PauliWord:
    """The letters on those qubits; "I" does nothing."""
    x = z = 0
    for letter, q in zip(letters, qubits, strict=True):
        x |= (letter in "XY") << q
        z |= (letter in "YZ") << q
    return PauliWord(x, z)


def pauli_on(letters: str, qubits: Sequence[int]) -> Pauli:
    """The same as an operator."""
    word = word_on(letters, qubits)
    return Pauli(word.x, word.z, (word.x & word.z).bit_count() & 3)


def of_term(paulis: Sequence[tuple[int, str]]) -> PauliWord:
    """The word of an observable's term."""
    return word_on("".join(p for _, p in paulis), [q for q, _ in paulis])


def conjugated(
    word: PauliWord, op: Operation, qubits: Sequence[int], backwards: bool = False
) -> PauliWord | None:
    """`C W C^+` for a fixed operation C, or `C^+ W C`; None if C does not make it a word."""
    for r in reversed(op.body) if backwards else op.body:
        axis = word_on(r.word, qubits)
        if word.commutes(axis):
            continue
        quarters = r.angle.constant / (pi / 2)
        if any(r.angle.coefficients) or abs(quarters - round(quarters)) > 1e-12:
            return None
        word = word.turned(axis, round(-quarters if backwards else quarters))
    return word


# ---- one basis for all words of a commuting set ------------------------------------------


@dataclass(frozen=True, slots=True)
class Basis:
    """A Clifford circuit that makes words diagonal: `words[i]` becomes `images[i]`, in Z only.

    `pivots` are the qubits that were given a single Z of their own, one for each word that
    was independent of those before it.
    """

    gates: tuple[Gate, ...]
    images: tuple[PauliWord, ...]
    pivots: tuple[int, ...]


def common_basis(words: Sequence[PauliWord], compress: bool = False) -> Basis:
    """Gates after which all these words, which commute pairwise, are products of Z.

    Gaussian elimination: a word that is not diagonal becomes Z on one qubit of its support, and
    as the others commute with it, none of them has X or Y there from then on. `compress` does
    the same with words that are diagonal already, so that the images live on as many qubits
    as there are independent words.
    """
    current = list(words)
    gates: list[Gate] = []
    taken = 0

    def apply(name: str, *qubits: int) -> None:
        gates.append((name, qubits))
        for i, w in enumerate(current):
            image = conjugated(w, BY_NAME[name], qubits)
            assert image is not None
            current[i] = image

    while True:
        open_words = [i for i, w in enumerate(current) if w.x or (compress and w.z & ~taken)]
        if not open_words:
            pivots = bits_of(taken)
            return Basis(tuple(gates), tuple(current), pivots)
        chosen = min(open_words, key=lambda i: (current[i].support.bit_count(), i))
        w = current[chosen]
        for q, letter in w.letters():
            if letter == "Y":
                apply("sdg", q)
            if letter != "Z":
                apply("h", q)
        pivot = bits_of(w.x or w.z & ~taken)[0]
        for q in bits_of(w.support & ~(1 << pivot)):
            apply("cx", q, pivot)
        taken |= 1 << pivot
