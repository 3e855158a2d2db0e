"""Pauli words as bit masks, Clifford conjugation, and one basis for many commuting words.

A word is `sign * prod_q P_q`: bit q of `x` and `z` says which letter stands on qubit q.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import pi

from qdsl.ir.operations import BY_NAME, Operation

Gate = tuple[str, tuple[int, ...]]  # "h", "sdg" or "cx" on these qubits


@dataclass(frozen=True, slots=True)
class Word:
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

    def commutes(self, other: Word) -> bool:
        return not ((self.x & other.z).bit_count() + (self.z & other.x).bit_count()) & 1

    def letters(self) -> tuple[tuple[int, str], ...]:
        """(qubit, letter), by qubit."""
        return tuple(
            (q, _LETTER[(self.x >> q) & 1, (self.z >> q) & 1]) for q in bits_of(self.support)
        )

    def turned(self, axis: Word, quarters: int) -> Word:
        """`K W K^+` with `K = exp(-i quarters pi/4 A)`: itself, -+i A W, or -W."""
        quarters %= 4
        if quarters == 0 or self.commutes(axis):
            return self
        if quarters == 2:
            return Word(self.x, self.z, -self.sign)
        phase = (_phase(axis) + _phase(self) + 2 * (axis.z & self.x).bit_count()) % 4
        x, z = axis.x ^ self.x, axis.z ^ self.z
        phase += 3 if quarters == 1 else 1  # K W K^+ = -i A W for one quarter turn
        return Word(x, z, 1 if (phase - (x & z).bit_count()) % 4 == 0 else -1)


_LETTER = {(1, 0): "X", (1, 1): "Y", (0, 1): "Z"}


def _phase(w: Word) -> int:
    """k with W = i^k X^x Z^z."""
    return ((w.x & w.z).bit_count() + (0 if w.sign > 0 else 2)) % 4


def bits_of(mask: int) -> tuple[int, ...]:
    """The positions of the ones, in order."""
    found = []
    while mask:
        found.append((mask & -mask).bit_length() - 1)
        mask &= mask - 1
    return tuple(found)


def word_on(letters: str, qubits: Sequence[int]) -> Word:
    """The letters on those qubits."""
    x = z = 0
    for letter, q in zip(letters, qubits, strict=True):
        x |= (letter in "XY") << q
        z |= (letter in "YZ") << q
    return Word(x, z)


def of_term(paulis: Sequence[tuple[int, str]]) -> Word:
    """The word of an observable's term."""
    return word_on("".join(p for _, p in paulis), [q for q, _ in paulis])


def conjugated(
    word: Word, op: Operation, qubits: Sequence[int], backwards: bool = False
) -> Word | None:
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
    images: tuple[Word, ...]
    pivots: tuple[int, ...]


def common_basis(words: Sequence[Word], compress: bool = False) -> Basis:
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
