"""The frequencies with which data can enter the outputs of a circuit.

They lie in the Minkowski sum of the differences of the generators' spectra (Schuld, Sweke, Meyer,
Phys. Rev. A 103, 032430 (2021)): {-c, 0, c} for a rotation, {e_i - e_j} for a diagonal. Rotations
that come one after another and commute have one generator, the sum of theirs, whose differences
may be fewer than the sums of each one's: `cp` has eigenvalues 0 and 1, though it is three turns.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import field
from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from qdsl.ir.operations import Kind
from qdsl.records import dataclass

if TYPE_CHECKING:
    from qdsl.ir.stages import Circuit
    from qdsl.ir.table import Row
    from qdsl.ir.values import Floats

Frequency = tuple[float, ...]  # one number for every number of data
Generator = frozenset[Frequency]
Letters = dict[int, str]  # of a Pauli word, by qubit

MOST_TOGETHER = 5  # qubits of rotations whose generators are added
PAULIS = {
    "I": np.eye(2),
    "X": np.array([[0, 1], [1, 0]]),
    "Y": np.array([[0, -1j], [1j, 0]]),
    "Z": np.diag([1, -1]),
}


@dataclass(frozen=True, slots=True)
class Encodings:
    """How data enter: the differences of eigenvalues of each generator, the sizes of vectors that
    are loaded as amplitudes, how many operations data turn or load, and why there is no spectrum,
    if there is none."""

    generators: tuple[Generator, ...]
    loaded: tuple[int, ...]
    uploads: int
    why: str


def encodings(circuit: Circuit, slots: dict[int, int]) -> Encodings:
    """`slots`: the place of every number of data among them all."""
    found = _Encodings(circuit, slots)
    for row in circuit.table:
        found.add(row)
    found.close()
    return Encodings(tuple(found.generators), tuple(found.loaded), found.uploads, found.why)


@dataclass(slots=True)
class _Encodings:
    circuit: Circuit
    slots: dict[int, int]
    generators: list[Generator] = field(default_factory=list)
    loaded: list[int] = field(default_factory=list)
    uploads: int = 0
    why: str = ""
    turns: list[tuple[Letters, Frequency]] = field(default_factory=list)  # not yet closed
    cond: int = -1

    def add(self, row: Row) -> None:
        if row.op.kind is Kind.ENCODE:
            if self._encode(row):
                return
        elif row.op.is_unitary and row.angle >= 0:
            turns, mixes = _turns(self.circuit, row, self.slots)
            self.why = self.why or ("data multiply parameters or data" if mixes else "")
            self.uploads += any(any(turn) for _, turn in turns)
            for letters, turn in turns:
                if any(turn):
                    self._turn(letters, turn, row.cond)
                elif not self._commutes(letters):
                    self.close()
            return
        if {q for letters, _ in self.turns for q in letters} & set(row.operands):
            self.close()

    def _commutes(self, letters: Letters) -> bool:
        return all(_commute(letters, other) for other, _ in self.turns)

    def close(self) -> None:
        """No further rotation is added to those before."""
        if self.turns:
            self.generators.append(_differences(self.turns))
        self.turns = []

    def _turn(self, letters: Letters, turn: Frequency, cond: int) -> None:
        qubits = set(letters).union(*(other for other, _ in self.turns))
        if cond != self.cond or not self._commutes(letters) or len(qubits) > MOST_TOGETHER:
            self.close()
        self.cond = cond
        self.turns.append((letters, turn))

    def _encode(self, row: Row) -> bool:
        """Whether it is written as rotations, which may go together with others."""
        reference = self.circuit.values.references[row.attr]
        if self.circuit.values.vector(reference.vector).role != "data":
            return False
        self.uploads += 1
        if row.op.name == "diagonal" and reference.kind != "bits":
            places = [self.slots[reference.start + k] for k in range(reference.size)]
            if len(row.operands) > MOST_TOGETHER:
                self.generators.append(_phases(places, len(self.slots)))
                return False
            for letters, turn in _as_turns(row.operands, places, len(self.slots)):
                self._turn(letters, turn, row.cond)
            return True
        if row.op.name == "amplitude":
            self.loaded.append(reference.size)
            self.why = "amplitudes enter as a quadratic form"
        else:
            self.why = f"`{row.op.name}` is no function of frequencies"
        return False


def _phases(places: list[int], count: int) -> Generator:
    steps = set()
    for i, j in product(places, repeat=2):
        step = [0.0] * count
        if i != j:
            step[i], step[j] = 1.0, -1.0
        steps.add(tuple(step))
    return frozenset(steps)


def _as_turns(
    qubits: Sequence[int], places: Sequence[int], count: int
) -> Iterator[tuple[Letters, Frequency]]:
    """The diagonal of these phases as rotations about words of Z, up to a phase of all."""
    n = len(qubits)
    for word in range(1, 1 << n):
        letters = {q: "Z" for k, q in enumerate(qubits) if word >> (n - 1 - k) & 1}
        turn = [0.0] * count
        for state, place in enumerate(places):
            turn[place] += (-1.0) ** ((state & word).bit_count()) * 2 / (1 << n)
        yield letters, tuple(turn)


def _turns(
    circuit: Circuit, row: Row, slots: dict[int, int]
) -> tuple[list[tuple[Letters, Frequency]], bool]:
    """The rotations that an operation is made of, with their words and how data turn them, and
    whether data are multiplied there."""
    values = circuit.values
    mixes = False
    own: list[Frequency] = []
    for angle in row.angles:
        step = [0.0] * len(slots)
        for coefficient, slot in values.angles.terms(angle):
            factors = values.factors(slot)
            if len(factors) == 1 and factors[0] in slots:
                step[slots[factors[0]]] += coefficient
            elif any(f in slots for f in factors):
                mixes = True
        own.append(tuple(step))
    body = [(r.word, r.angle.coefficients) for r in row.op.body]
    if row.op.name == "rot":
        body = [(circuit.table.words[row.attr], (1.0,))]
    found: list[tuple[Letters, Frequency]] = []
    for word, coefficients in body:
        turn: Frequency = tuple(
            float(sum(c * angle[k] for c, angle in zip(coefficients, own, strict=False)))
            for k in range(len(slots))
        )
        letters = {q: p for q, p in zip(row.operands, word, strict=True) if p != "I"}
        found.append((letters, turn))
    return found, mixes


def _commute(a: Letters, b: Letters) -> bool:
    return sum(a[q] != b[q] for q in a.keys() & b.keys()) % 2 == 0


def _differences(turns: Sequence[tuple[Letters, Frequency]]) -> Generator:
    """Of the eigenvalues of half the sum of commuting words, each times its turn."""
    signs = _joint_signs([letters for letters, _ in turns])
    values = np.unique(np.round(signs @ np.array([turn for _, turn in turns]) / 2, 9), axis=0)
    steps = np.round(values[:, None] - values[None], 9) + 0.0
    return frozenset(map(tuple, steps.reshape(-1, values.shape[1]).tolist()))


def _joint_signs(words: Sequence[Letters]) -> Floats:
    """The eigenvalues, 1 or -1, of commuting Pauli words in their common eigenstates,
    float[states, words]."""
    qubits = sorted(set[int]().union(*words))
    matrices = []
    for letters in words:
        matrix = np.eye(1)
        for q in qubits:
            matrix = np.kron(matrix, PAULIS[letters.get(q, "I")])
        matrices.append(matrix)
    random = np.random.default_rng(0).uniform(1, 2, len(words))
    _, states = np.linalg.eigh(sum(r * m for r, m in zip(random, matrices, strict=True)))
    found = [np.einsum("ij,ik,kj->j", states.conj(), m, states).real for m in matrices]
    return np.unique(np.round(np.array(found).T), axis=0)


def sums(generators: Sequence[Generator], count: int, most: int) -> frozenset[Frequency] | None:
    """All sums of one frequency of each, of `count` numbers of data; None beyond `most`."""
    total: set[Frequency] = {(0.0,) * count}
    for steps in generators:
        if len(total) * len(steps) > 40 * most:
            return None
        total = {
            tuple(round(a + b, 9) + 0.0 for a, b in zip(old, step, strict=True))
            for old in total
            for step in steps
        }
        if len(total) > most:
            return None
    return frozenset(total)
