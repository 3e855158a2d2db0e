"""A stretch of gates as rotations about Pauli words, and the Clifford operation left at the end.

The circuit is `C R_T ... R_1`: every rotation `exp(-i t W / 2)` is taken in front of the Clifford
operations before it (Litinski, Quantum 3, 128 (2019), section 1), up to global phase.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import pi
from typing import Final

from qdsl.ir.operations import BY_NAME, OPERATIONS
from qdsl.ir.operations import Rotation as Factor
from qdsl.ir.paulis import Pauli, bits_of, pauli_on
from qdsl.passes.canonicalize.merging import Sums
from qdsl.passes.canonicalize.rows import Draft
from qdsl.records import dataclass

_ROT: Final = BY_NAME["rot"].code
TOLERANCE: Final = 1e-12
Terms = tuple[tuple[float, int], ...]


@dataclass(frozen=True, slots=True)
class PauliRotation:
    """A rotation about a word by `constant` plus `terms` (factor, slot), in radians; `source` is
    the row it comes from."""

    word: Pauli
    constant: float
    terms: Terms
    source: int
    span: int

    def angle(self, is_negative: bool) -> tuple[float, Terms]:
        if not is_negative:
            return self.constant, self.terms
        return -self.constant, tuple((-factor, slot) for factor, slot in self.terms)


class CliffordFrame:
    """The map P -> C^+ P C of the Clifford operations C met so far."""

    def __init__(self, n_qubits: int) -> None:
        self.x = [Pauli(1 << q, 0, 0) for q in range(n_qubits)]
        self.z = [Pauli(0, 1 << q, 0) for q in range(n_qubits)]

    def image(self, word: Pauli) -> Pauli:
        """Of a word on few qubits."""
        found = Pauli(0, 0, word.phase)
        for mask, images in ((word.x, self.x), (word.z, self.z)):
            for q in bits_of(mask):
                found = found.times(images[q])
        return found

    def rotate(self, word: Pauli, quarters: int) -> None:
        """`exp(-i quarters pi/4 word)` happens after everything so far."""
        middle = self.image(word)
        for q in bits_of(word.x | word.z):
            if word.z >> q & 1:
                self.x[q] = self.x[q].turned(quarters, middle)
            if word.x >> q & 1:
                self.z[q] = self.z[q].turned(quarters, middle)

    def local(self) -> list[tuple[Pauli, Pauli]] | None:
        """For every qubit the images of X and Z, if they stay on that qubit; else None."""
        for q, (x, z) in enumerate(zip(self.x, self.z, strict=True)):
            if (x.x | x.z | z.x | z.z) != 1 << q:
                return None
        return list(zip(self.x, self.z, strict=True))


def rotations(
    rows: Sequence[Draft], words: Sequence[str], n_qubits: int, sums: Sums
) -> tuple[list[PauliRotation], CliffordFrame]:
    """The rotations of rows that are unitary and unconditioned."""
    found: list[PauliRotation] = []
    frame = CliffordFrame(n_qubits)
    for row in rows:
        for factor in _factors(row, words):
            constant, terms = _angle(row, factor, sums)
            word = pauli_on(factor.word, row.operands)
            quarters = constant / (pi / 2)
            if not terms and abs(quarters - round(quarters)) < TOLERANCE:
                frame.rotate(word, round(quarters))
                continue
            seen = frame.image(word)
            if seen.sign < 0:
                constant, terms = -constant, tuple((-c, slot) for c, slot in terms)
            found.append(PauliRotation(seen.bare, constant, terms, row.source, row.span))
    return found, frame


def _factors(row: Draft, words: Sequence[str]) -> Sequence[Factor]:
    if row.code != _ROT:
        return OPERATIONS[row.code].body
    rz = BY_NAME["rz"].body[0]
    return (Factor(words[row.attr], rz.angle),)


def _angle(row: Draft, factor: Factor, sums: Sums) -> tuple[float, Terms]:
    """Constant and terms of a factor's angle."""
    total = factor.angle.constant
    terms: list[tuple[float, int]] = []
    for k, coefficient in enumerate(factor.angle.coefficients):
        constant, open_terms = sums.expression(row.angle + k)
        total += coefficient * constant
        terms += [(coefficient * c, slot) for c, slot in open_terms if coefficient]
    return total, tuple(terms)
