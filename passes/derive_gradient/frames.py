"""Random bases of classical shadows: one letter a qubit, or a basis of stabiliser states.

A basis is given by rotations by quarter turns, so that one template serves all: its numbers
choose. A local basis is a letter for each qubit. A global one is what a uniformly random Clifford
circuit measures: a uniformly random set of n independent words that commute, written as a graph
state in local frames (M. Van den Nest et al., PRA 69, 022316 (2004)): every qubit's X and Z
exchanged or not, quarter turns about ZZ for the edges and about Z, then H.
"""

from __future__ import annotations

from itertools import combinations
from math import pi
from typing import NamedTuple, Protocol

import numpy as np

from qdsl.ir.paulis import PauliWord

QUARTER = pi / 2


class QuarterRotation(NamedTuple):
    """A rotation about a word, by `quarters` quarter turns."""

    axis: PauliWord
    quarters: int


Basis = tuple[int, ...]  # quarters of every turn of the template, in order


class Frames(Protocol):
    """The bases of some qubits, numbered from 0; `axes`: what the template turns about."""

    @property
    def qubits(self) -> int: ...

    @property
    def axes(self) -> tuple[PauliWord, ...]: ...

    def drawn(self, rng: np.random.Generator) -> Basis: ...

    def worth(self, weight: int) -> float:
        """What +-1 of a word of that weight counts where it is seen: one over how often."""
        ...


class Local(NamedTuple):
    """A letter for each qubit: two turns a qubit, about Z and about Y."""

    qubits: int

    @property
    def axes(self) -> tuple[PauliWord, ...]:
        return tuple(
            w for q in range(self.qubits) for w in (PauliWord(0, 1 << q), PauliWord(1 << q, 1 << q))
        )

    def drawn(self, rng: np.random.Generator) -> Basis:
        letters = rng.integers(0, 3, self.qubits).tolist()
        return tuple(t for k in letters for t in _TO_BASIS[k])

    def worth(self, weight: int) -> float:
        return 3.0**weight


_TO_BASIS = ((0, 0), (0, -1), (-1, -1))  # Z, X, Y: quarters about Z, then about Y


class Global(NamedTuple):
    """A basis of stabiliser states: exchanges, edges, and turns about Z; then H on every qubit,
    as quarter turns about Y."""

    qubits: int

    @property
    def axes(self) -> tuple[PauliWord, ...]:
        each = range(self.qubits)
        return (
            *(PauliWord(1 << q, 1 << q) for q in each),
            *(PauliWord(0, 1 << a | 1 << b) for a, b in combinations(each, 2)),
            *(PauliWord(0, 1 << q) for q in each),
            *(PauliWord(1 << q, 1 << q) for q in each),
        )

    def drawn(self, rng: np.random.Generator) -> Basis:
        return as_graph(random_words(self.qubits, rng), self.qubits)

    def worth(self, weight: int) -> float:
        return 2.0**self.qubits + 1


def random_words(n: int, rng: np.random.Generator) -> list[int]:
    """n independent words that commute, uniformly among such groups: each uniform among those
    that commute with the ones before and are not their product. Bits: x, then z above it."""
    found: list[int] = []
    span = {0}
    while len(found) < n:
        w = int(rng.integers(0, 4**n))
        if w in span or not all(_commute(w, v, n) for v in found):
            continue
        found.append(w)
        span |= {w ^ v for v in span}
    return found


def _commute(a: int, b: int, n: int) -> bool:
    mask = (1 << n) - 1
    return not ((a & mask & (b >> n)).bit_count() + ((a >> n) & b & mask).bit_count()) & 1


def as_graph(words: list[int], n: int) -> Basis:
    """The quarters of `Global` for the basis in which these words are +-1."""
    rows, pivots = _reduced(list(words), range(n))
    exchanged = [q for q in range(n) if q not in pivots]
    for q in exchanged:
        rows = [_exchanged(r, q, n) for r in rows]
    rows, _ = _reduced(rows, range(n))
    adjacent = [[(rows[a] >> (n + b)) & 1 for b in range(n)] for a in range(n)]
    edges = [adjacent[a][b] for a, b in combinations(range(n), 2)]
    turned = [sum(adjacent[a]) % 2 for a in range(n)]
    return (*(int(q in exchanged) for q in range(n)), *edges, *turned, *(1,) * n)


def _reduced(rows: list[int], bits: range) -> tuple[list[int], list[int]]:
    """Row-reduced in these bits, pivot rows first, and the pivots."""
    pivots: list[int] = []
    for bit in bits:
        top = len(pivots)
        chosen = next((k for k in range(top, len(rows)) if (rows[k] >> bit) & 1), None)
        if chosen is None:
            continue
        rows[top], rows[chosen] = rows[chosen], rows[top]
        pivots.append(bit)
        rows = [r ^ rows[top] if k != top and (r >> bit) & 1 else r for k, r in enumerate(rows)]
    return rows, pivots


def _exchanged(word: int, q: int, n: int) -> int:
    """X and Z of one qubit exchanged."""
    x, z = (word >> q) & 1, (word >> (n + q)) & 1
    return word if x == z else word ^ (1 << q) ^ (1 << (n + q))


def image(word: PauliWord, axes: tuple[PauliWord, ...], basis: Basis) -> PauliWord:
    """What a basis's turns make of a word."""
    for axis, quarters in zip(axes, basis, strict=True):
        word = word.turned(axis, quarters)
    return word
