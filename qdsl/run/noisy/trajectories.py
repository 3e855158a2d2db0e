"""Noisy steps on pure states: many executions at once, every error drawn at random."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from qdsl.ir.state_vectors import PAULIS, Matrix, applied
from qdsl.network.models import PairState
from qdsl.run.noisy.steps import Condition

Flags = npt.NDArray[np.bool_]


class TrajectoryEngine:
    """`states` has the executions along its first axis, then an axis of length 2 for every wire;
    `bits` bool[executions] of every bit."""

    def __init__(self, shots: int, random: np.random.Generator) -> None:
        self.wires: list[int] = []
        self.states: Matrix = np.ones(shots, np.complex128)
        self.bits: dict[int, Flags] = {}
        self._random = random
        self._every = np.ones(shots, np.bool_)

    def begin(self, wires: Sequence[int], states: Matrix) -> None:
        """Fresh wires in these states, [executions, 2**k]."""
        self.wires = list(wires)
        self.states = states.reshape((len(states),) + (2,) * len(wires)).copy()

    def touch(self, wire: int) -> None:
        if wire not in self.wires:
            self.states = np.stack([self.states, np.zeros_like(self.states)], axis=-1)
            self.wires.append(wire)

    def pair(self, a: int, b: int, state: PairState) -> None:
        bell = np.array([[1, 0], [0, 1]], np.complex128) / np.sqrt(2)
        self.states = np.multiply.outer(self.states, bell)
        self.wires += [a, b]
        drawn = self._random.choice(4, len(self._every), p=np.array(state) / sum(state))
        self._paulis(b, drawn, self._every)

    def relax(self, wire: int, flip: float, stay: float) -> None:
        """A jump to |0> or none, then Z or none."""
        axis = self._axis(wire)
        excited = self._weight(wire)
        jumps = self._random.random(len(excited)) < (1 - stay) * excited
        moved = np.moveaxis(self.states, axis, 1)
        moved[jumps, 0] = moved[jumps, 1]
        moved[jumps, 1] = 0
        moved[~jumps, 1] *= np.sqrt(stay)
        self._normalise()
        left = flip / np.sqrt(stay) if stay else 0.0
        self._paulis(wire, 3 * (self._random.random(len(jumps)) < (1 - left) / 2), self._every)

    def gate(self, matrix: Matrix, wires: Sequence[int], when: Condition, error: float) -> None:
        happens = self._holds(when)
        axes = [self._axis(w) for w in wires]
        if happens.all():
            self.states = applied(matrix, self.states, axes)
        elif happens.any():
            self.states[happens] = applied(matrix, self.states[happens], axes)
        if error:
            self._depolarise(wires, happens, error)

    def _depolarise(self, wires: Sequence[int], happens: Flags, error: float) -> None:
        wrong = happens & (self._random.random(len(happens)) < error)
        if not wrong.any():
            return
        letters = self._random.integers(0, 4, (len(wrong), len(wires)))
        while (nothing := wrong & ~letters.any(axis=1)).any():
            letters[nothing] = self._random.integers(0, 4, (int(nothing.sum()), len(wires)))
        for k, wire in enumerate(wires):
            self._paulis(wire, letters[:, k], wrong)

    def measure(self, wire: int, bit: int, when: Condition, wrong: float) -> None:
        happens = self._holds(when)
        ones = self._collapse(wire, happens)
        told = ones ^ (self._random.random(len(ones)) < wrong)
        before = self.bits.get(bit, np.zeros_like(told))
        self.bits[bit] = np.where(happens, told, before)

    def reset(self, wire: int, when: Condition, wrong: float) -> None:
        happens = self._holds(when)
        ones = self._collapse(wire, happens)
        turned = ones ^ (self._random.random(len(ones)) < wrong)
        self._paulis(wire, turned.astype(np.int64), happens)

    def copy(self, source: int, target: int, when: Condition) -> None:
        before = self.bits.get(target, np.zeros_like(self._every))
        self.bits[target] = np.where(self._holds(when), self.bits[source], before)

    def forget(self, bits: Sequence[int]) -> None:
        for bit in bits:
            self.bits.pop(bit, None)

    def drop(self, wire: int) -> None:
        """To forget a wire is to measure it and not to look."""
        ones = self._collapse(wire, self._every)
        moved = np.moveaxis(self.states, self._axis(wire), 1)
        self.states = np.ascontiguousarray(moved[np.arange(len(ones)), ones.astype(np.int64)])
        self.wires.remove(wire)

    def ordered(self, wires: Sequence[int]) -> Matrix:
        """The states of all wires alive, [executions, 2**k], in this order."""
        axes = [self._axis(w) for w in wires]
        return self.states.transpose(0, *axes).reshape(len(self._every), -1)

    def _axis(self, wire: int) -> int:
        return 1 + self.wires.index(wire)

    def _holds(self, when: Condition) -> Flags:
        return self._every if when is None else self.bits[when[0]] == bool(when[1])

    def _weight(self, wire: int) -> npt.NDArray[np.float64]:
        """The probability of 1."""
        ones = np.moveaxis(self.states, self._axis(wire), 1)[:, 1]
        found: npt.NDArray[np.float64] = (np.abs(ones.reshape(len(ones), -1)) ** 2).sum(1)
        return found

    def _collapse(self, wire: int, happens: Flags) -> Flags:
        """Outcomes; those executions that measure are projected on theirs."""
        ones = self._random.random(len(happens)) < self._weight(wire)
        moved = np.moveaxis(self.states, self._axis(wire), 1)
        moved[happens & ones, 0] = 0
        moved[happens & ~ones, 1] = 0
        self._normalise()
        return ones

    def _normalise(self) -> None:
        flat = self.states.reshape(len(self._every), -1)
        norm = np.sqrt((np.abs(flat) ** 2).sum(1))
        self.states /= norm.reshape((-1,) + (1,) * (self.states.ndim - 1))

    def _paulis(self, wire: int, drawn: npt.NDArray[np.int64], happens: Flags) -> None:
        """X, Y, Z for 1, 2, 3, where it happens."""
        for number, letter in enumerate("XYZ", start=1):
            mine = happens & (drawn == number)
            if mine.any():
                axes = [self._axis(wire)]
                self.states[mine] = applied(PAULIS[letter], self.states[mine], axes)
