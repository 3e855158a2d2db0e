"""Noisy steps on density matrices: exact, one matrix for every value of the bits alive."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np

from qdsl.ir.state_vectors import PAULIS, Matrix, applied
from qdsl.network.models import PairState
from qdsl.run.noisy.steps import Condition

Memory = frozenset[int]  # the live bits that are 1


class DensityEngine:
    """`matrices[memory]` has two axes of length 2 for every wire: those of the rows come first,
    in the order of `wires`, then those of the columns; its trace is the memory's probability."""

    def __init__(self) -> None:
        self.wires: list[int] = []
        self.matrices: dict[Memory, Matrix] = {frozenset(): np.ones((), np.complex128)}

    def touch(self, wire: int) -> None:
        if wire not in self.wires:
            self._join((wire,), np.diag([1.0 + 0j, 0]))

    def pair(self, a: int, b: int, state: PairState) -> None:
        self._join((a, b), bell_diagonal(state))

    def _join(self, wires: Sequence[int], fresh: Matrix) -> None:
        n, k = len(self.wires), len(wires)
        order = [*range(n), *range(2 * n, 2 * n + k), *range(n, 2 * n),
                 *range(2 * n + k, 2 * n + 2 * k)]  # fmt: skip
        tensor = fresh.reshape((2,) * (2 * k))
        self.matrices = {
            memory: np.multiply.outer(rho, tensor).transpose(order)
            for memory, rho in self.matrices.items()
        }
        self.wires += wires

    def relax(self, wire: int, flip: float, stay: float) -> None:
        for rho in self.matrices.values():
            m = self._front(rho, (wire,))
            m[0, 0] += (1 - stay) * m[1, 1]
            m[1, 1] *= stay
            m[0, 1] *= flip
            m[1, 0] *= flip

    def gate(self, matrix: Matrix, wires: Sequence[int], when: Condition, error: float) -> None:
        def happen(rho: Matrix) -> Matrix:
            places = [self.wires.index(w) for w in wires]
            columns = [p + len(self.wires) for p in places]
            rho = applied(matrix.conj(), applied(matrix, rho, places), columns)
            return self._depolarised(rho, wires, error) if error else rho

        self._where(when, happen)

    def _depolarised(self, rho: Matrix, wires: Sequence[int], error: float) -> Matrix:
        """All Paulis but the identity alike: a mixture with the maximally mixed state."""
        k = len(wires)
        share = error * 4**k / (4**k - 1)
        rho = np.ascontiguousarray(rho)
        places = [self.wires.index(w) for w in wires]
        axes = [*places, *(p + len(self.wires) for p in places)]
        moved = np.moveaxis(rho, axes, range(2 * k)).reshape(2**k, 2**k, -1)
        traced = np.einsum("iij->j", moved)
        moved = (1 - share) * moved
        moved[range(2**k), range(2**k)] += share / 2**k * traced
        return np.moveaxis(moved.reshape((2,) * rho.ndim), range(2 * k), axes)

    def measure(self, wire: int, bit: int, when: Condition, wrong: float) -> None:
        found: list[tuple[Memory, Matrix]] = []
        for memory, rho in self.matrices.items():
            if not _holds(when, memory):
                found.append((memory, rho))
                continue
            for value in (0, 1):
                part = self._projected(rho, wire, value)
                told = ((value, 1 - wrong), (1 - value, wrong))
                found += [(written(memory, bit, v), p * part) for v, p in told if p]
        self._merge(found)

    def reset(self, wire: int, when: Condition, wrong: float) -> None:
        def happen(rho: Matrix) -> Matrix:
            axis = self.wires.index(wire)
            both = (axis, axis + len(self.wires))
            zero = self._projected(rho, wire, 0) + np.flip(self._projected(rho, wire, 1), both)
            return (1 - wrong) * zero + wrong * np.flip(zero, both)

        self._where(when, happen)

    def copy(self, source: int, target: int, when: Condition) -> None:
        self._merge(
            (written(m, target, int(source in m)) if _holds(when, m) else m, rho)
            for m, rho in self.matrices.items()
        )

    def forget(self, bits: Sequence[int]) -> None:
        if bits:
            gone = frozenset(bits)
            self._merge((memory - gone, rho) for memory, rho in self.matrices.items())

    def drop(self, wire: int) -> None:
        axis, n = self.wires.index(wire), len(self.wires)
        self.wires.remove(wire)
        self.matrices = {
            m: np.trace(rho, axis1=axis, axis2=axis + n) for m, rho in self.matrices.items()
        }

    def reduced(self, wires: Sequence[int]) -> Matrix:
        """The density matrix of these wires, [2**k, 2**k], the first the most significant."""
        rho = np.asarray(sum(self.matrices.values()))
        n, k = len(self.wires), len(wires)
        kept = [self.wires.index(w) for w in wires]
        others = [p for p in range(n) if p not in kept]
        order = [*kept, *(p + n for p in kept), *others, *(p + n for p in others)]
        moved = rho.transpose(order).reshape(2**k, 2**k, 2 ** len(others), -1)
        found: Matrix = np.einsum("ijkk->ij", moved)
        return found

    def _front(self, rho: Matrix, wires: Sequence[int]) -> Matrix:
        """A view with the wires' row axes first, then their column axes."""
        places = [self.wires.index(w) for w in wires]
        return np.moveaxis(
            rho, [*places, *(p + len(self.wires) for p in places)], range(2 * len(wires))
        )

    def _projected(self, rho: Matrix, wire: int, value: int) -> Matrix:
        found = np.zeros_like(rho)
        self._front(found, (wire,))[value, value] = self._front(rho, (wire,))[value, value]
        return found

    def _where(self, when: Condition, happen: Callable[[Matrix], Matrix]) -> None:
        self.matrices = {
            memory: happen(rho) if _holds(when, memory) else rho
            for memory, rho in self.matrices.items()
        }

    def _merge(self, parts: Iterable[tuple[Memory, Matrix]]) -> None:
        found: dict[Memory, Matrix] = {}
        for memory, rho in parts:
            found[memory] = found[memory] + rho if memory in found else rho
        self.matrices = found


def bell_diagonal(state: PairState) -> Matrix:
    """The density matrix of a pair, [4, 4]."""
    bell = np.array([1, 0, 0, 1]) / np.sqrt(2)
    vectors = [np.kron(PAULIS["I"], PAULIS[letter]) @ bell for letter in "IXYZ"]
    rho: Matrix = np.zeros((4, 4), np.complex128)
    for probability, vector in zip(state, vectors, strict=True):
        rho += probability * np.outer(vector, vector.conj())
    return rho


def _holds(when: Condition, memory: Memory) -> bool:
    return when is None or (when[0] in memory) == bool(when[1])


def written(memory: Memory, bit: int, value: int) -> Memory:
    return memory | {bit} if value else memory - {bit}
