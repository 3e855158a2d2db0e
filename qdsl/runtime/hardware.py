"""The quantum hardware, simulated: a state vector for every execution, all of them at once.

Executions are *lanes*: they go through the same gates, except for conditional ones, and have
outcomes of their own. Qubits that were never entangled are kept apart, so the memory goes with
the qubits that are entangled at one time, not with all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from qdsl.ir.operations import BY_NAME
from qdsl.ir.state_vectors import PAULIS, applied, unitary
from qdsl.records import dataclass

State = npt.NDArray[np.complex128]  # (lanes, 2, ..., 2)
Lanes = npt.NDArray[np.bool_]
Qubit = tuple[int, int]  # node, number within the node

MAX_AMPLITUDES = 2**25  # of one group of entangled qubits, over all lanes: 512 MiB


class NotPossible(Exception):
    """An instruction that no hardware could carry out: a qubit that is not there, or not free."""


class EntanglementTooLarge(Exception):
    """More qubits are entangled than the simulation can hold."""


@lru_cache(maxsize=4096)
def gate_matrix(name: str, angles: tuple[float, ...]) -> State:
    """The unitary of an operation of the table, by its Pauli rotations; phase left out."""
    return unitary(BY_NAME[name], angles)


@dataclass(slots=True)
class _EntangledGroup:
    """Qubits that may be entangled; axis k + 1 of the state is `qubits[k]`."""

    qubits: list[Qubit]
    state: State


@dataclass(slots=True)
class Hardware:
    """All qubits of all nodes. `random` gives the outcomes of measurements."""

    lanes: int
    random: np.random.Generator
    _group: dict[Qubit, _EntangledGroup] = field(default_factory=dict)

    def begin(self, qubit: Qubit) -> None:
        self._free(qubit)
        self._group[qubit] = self._one(qubit, np.zeros(self.lanes, np.int64))

    def pair(self, a: Qubit, b: Qubit) -> None:
        """Both qubits, free until now, in (|00> + |11>)/sqrt 2."""
        self._free(a)
        self._free(b)
        state = np.zeros((self.lanes, 2, 2), np.complex128)
        state[:, 0, 0] = state[:, 1, 1] = 0.5**0.5
        self._group[a] = self._group[b] = _EntangledGroup([a, b], state)

    def end(self, qubit: Qubit) -> None:
        """Give a qubit back that is entangled with nothing."""
        self._alone(qubit)
        del self._group[qubit]

    def gate(self, matrix: State, qubits: Sequence[Qubit], mask: Lanes | None) -> None:
        """Apply a unitary in the lanes of the mask, None: in all."""
        if mask is not None and not mask.any():
            return
        group = self._joined(qubits)
        axes = [group.qubits.index(q) + 1 for q in qubits]
        if mask is None or mask.all():
            group.state = _applied(group.state, matrix, axes)
        else:
            group.state[mask] = _applied(group.state[mask], matrix, axes)

    def rotate(self, word: str, angle: float, qubits: Sequence[Qubit], mask: Lanes | None) -> None:
        """`exp(-i angle P / 2)` for a Pauli word of any length."""
        if mask is not None and not mask.any():
            return
        group = self._joined(qubits)
        lanes = slice(None) if mask is None else mask
        before = group.state[lanes]
        turned = before
        for letter, qubit in zip(word, qubits, strict=True):
            if letter != "I":
                turned = _applied(turned, PAULIS[letter], [group.qubits.index(qubit) + 1])
        group.state[lanes] = np.cos(angle / 2) * before - 1j * np.sin(angle / 2) * turned

    def swap(self, a: Qubit, b: Qubit) -> None:
        """Exchange two qubits in all lanes: they change their names."""
        first, second = self._of(a), self._of(b)
        places = [(first, first.qubits.index(a), b), (second, second.qubits.index(b), a)]
        for group, axis, name in places:
            group.qubits[axis] = name
        self._group[a], self._group[b] = second, first

    def measure(self, qubit: Qubit) -> npt.NDArray[np.int64]:
        """Z measurement in every lane; the qubit is then a group of its own."""
        group = self._of(qubit)
        axis = group.qubits.index(qubit)
        halves, weight, outcome = self._drawn(group, axis)
        lane = np.arange(self.lanes)
        norm = np.sqrt(weight[lane, outcome])
        rest = halves[lane, outcome] / norm.reshape(-1, *[1] * (halves.ndim - 2))
        group.qubits.pop(axis)
        group.state = rest
        self._group[qubit] = self._one(qubit, outcome)
        return outcome

    def reset(self, qubit: Qubit, mask: Lanes | None) -> None:
        """Back to |0> in the lanes of the mask; what is measured is forgotten."""
        if mask is None or mask.all():
            self.measure(qubit)
            self._group[qubit] = self._one(qubit, np.zeros(self.lanes, np.int64))
        else:
            self._reset_some(qubit, mask)

    def _reset_some(self, qubit: Qubit, mask: Lanes) -> None:
        group = self._of(qubit)
        halves, weight, outcome = self._drawn(group, group.qubits.index(qubit))
        for lane in np.flatnonzero(mask).tolist():
            kept = halves[lane, outcome[lane]] / weight[lane, outcome[lane]] ** 0.5
            halves[lane, 0], halves[lane, 1] = kept.copy(), 0.0

    def measure_some(self, qubit: Qubit, mask: Lanes) -> npt.NDArray[np.int64]:
        """Z measurement in the lanes of the mask only; 0 in the others, which stay as they are."""
        group = self._of(qubit)
        halves, weight, outcome = self._drawn(group, group.qubits.index(qubit))
        for lane in np.flatnonzero(mask).tolist():
            halves[lane, outcome[lane]] /= weight[lane, outcome[lane]] ** 0.5
            halves[lane, 1 - outcome[lane]] = 0.0
        found: npt.NDArray[np.int64] = np.where(mask, outcome, 0)
        return found

    def _drawn(
        self, group: _EntangledGroup, axis: int
    ) -> tuple[State, npt.NDArray[np.float64], npt.NDArray[np.int64]]:
        """A view of the state with a qubit's axis next to that of the lanes, the weights of 0 and
        1, and an outcome for every lane."""
        halves = np.moveaxis(group.state, axis + 1, 1)
        weight = (np.abs(halves.reshape(self.lanes, 2, -1)) ** 2).sum(axis=2)
        one = weight[:, 1] / weight.sum(axis=1)
        return halves, weight, (self.random.random(self.lanes) < one).astype(np.int64)

    # ---- groups -------------------------------------------------------------------------

    def _one(self, qubit: Qubit, values: npt.NDArray[np.int64]) -> _EntangledGroup:
        state = np.zeros((self.lanes, 2), np.complex128)
        state[np.arange(self.lanes), values] = 1.0
        return _EntangledGroup([qubit], state)

    def _of(self, qubit: Qubit) -> _EntangledGroup:
        if qubit not in self._group:
            raise NotPossible(f"qubit {qubit[1]} of node {qubit[0]} is not in use")
        return self._group[qubit]

    def _free(self, qubit: Qubit) -> None:
        if qubit in self._group:
            raise NotPossible(f"qubit {qubit[1]} of node {qubit[0]} is in use")

    def _alone(self, qubit: Qubit) -> None:
        """Take a qubit that is in |0> or |1> in every lane out of its group."""
        group = self._of(qubit)
        if len(group.qubits) == 1:
            return
        halves = np.moveaxis(group.state, group.qubits.index(qubit) + 1, 1)
        weight = (np.abs(halves.reshape(self.lanes, 2, -1)) ** 2).sum(axis=2)
        if weight.min(axis=1).max() > 1e-9:
            raise NotPossible(f"qubit {qubit[1]} of node {qubit[0]} is given back entangled")
        self.measure(qubit)

    def _joined(self, qubits: Sequence[Qubit]) -> _EntangledGroup:
        groups: list[_EntangledGroup] = []
        for qubit in qubits:
            group = self._of(qubit)
            if all(group is not g for g in groups):
                groups.append(group)
        whole = groups[0]
        width = sum(len(g.qubits) for g in groups)
        if self.lanes * 2**width > MAX_AMPLITUDES:
            raise EntanglementTooLarge(
                f"{width} qubits are entangled in {self.lanes} executions at once"
            )
        for other in groups[1:]:
            a = whole.state.reshape(self.lanes, -1, 1)
            b = other.state.reshape(self.lanes, 1, -1)
            whole.qubits += other.qubits
            whole.state = (a * b).reshape(self.lanes, *[2] * len(whole.qubits))
        for qubit in whole.qubits:
            self._group[qubit] = whole
        return whole


def _applied(state: State, matrix: State, axes: list[int]) -> State:
    return np.ascontiguousarray(applied(matrix, state, axes))
