"""How much of a bit flip on a communication qubit is without effect.

A cat copy is over when it is measured in the X basis: what an X error on it has spoilt by then are
the operations that it served after the error. One that is diagonal on the copy, `|0><0| A + |1><1|
B`, has then happened with A and B exchanged, with process fidelity `(Re tr(A^+ B) / d)^2` to what
it should be: 0 for CX and CZ, `cos(theta)^2` for `rzz(theta)`. For several operations it is their
product, which is exact where they act on different qubits.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt

from qdsl.analysis.wire_steps import OVER, X_IDLE, Z_IDLE, WireSteps
from qdsl.ir.operations import OPERATIONS, Kind
from qdsl.ir.stages import ROLES, DistributedCircuit
from qdsl.ir.state_vectors import rotation, unitary
from qdsl.ir.table import Row
from qdsl.records import dataclass

Numbers = npt.NDArray[np.float64]
Range = tuple[float, float]
_UNKNOWN: Range = (0.0, 1.0)
_ENTANGLER = ROLES.index("cat-entangler")


@dataclass(frozen=True, slots=True, eq=False)
class FlipWeights:
    """Shares of X that have no effect, at least and at most, as angles may not be known yet:
    float[2, steps] of X behind every step, float[2, wires] of X before the first use of a wire."""

    after: Numbers
    first: Numbers


def flip_weights(program: DistributedCircuit, steps: WireSteps) -> FlipWeights:
    """Nothing but 0 or 1 for wires that are no communication qubits."""
    walk = _Walk(program, steps)
    near = np.flatnonzero(walk.is_near)
    ours = np.flatnonzero(program.wire_is_comm[steps.wire])
    walk.go_back(ours[~np.isin(steps.wire[ours], steps.wire[near])])
    walk.go_back(ours[np.isin(steps.wire[ours], steps.wire[near])])
    return FlipWeights(walk.after, walk.first)


class _Walk:
    """`is_near`: steps between which and a measurement the flip of its outcome flips a copy."""

    def __init__(self, program: DistributedCircuit, steps: WireSteps) -> None:
        self._table, self._steps, self._program = program.table, steps, program
        n = len(steps.wire)
        ends = (steps.after == X_IDLE) | (steps.after == OVER)
        self.after = np.tile(ends.astype(np.float64), (2, 1))
        self.first = np.zeros((2, program.n_wires))
        entangles = np.append(program.role == _ENTANGLER, False)
        measured = np.where(steps.following < 0, len(self._table), steps.row[steps.following])
        self.is_near = (steps.after == Z_IDLE) & entangles[measured] if n else np.zeros(0, bool)
        flips = np.flatnonzero(self._table.codes("x") & (program.role == _ENTANGLER))
        copies = self._table.operands[self._table.operand_start[flips]]
        self._copy = dict(zip(program.group[flips].tolist(), copies.tolist(), strict=True))

    def go_back(self, places: npt.NDArray[np.int64]) -> None:
        """Through these steps, which are whole wires, from the last to the first."""
        for i in reversed(places.tolist()):
            after = self._behind(i)
            self.after[:, i] = after
            row = self._table.row(int(self._steps.row[i]))
            if row.op.kind is not Kind.EBIT:
                low, high = self._passes(row, int(self._steps.wire[i]))
                self.first[:, self._steps.wire[i]] = low * after[0], high * after[1]

    def _behind(self, i: int) -> Range:
        """What was found of the step that follows stands in `first` of its wire."""
        if self._steps.after[i] in (X_IDLE, OVER):
            return 1.0, 1.0
        if self.is_near[i]:
            row = int(self._steps.row[self._steps.following[i]])
            copy = self._copy.get(int(self._program.group[row]))
            return (0.0, 1.0) if copy is None else self._first(copy)
        if self._steps.after[i] == Z_IDLE or self._steps.following[i] < 0:
            return 0.0, 0.0
        return self._first(int(self._steps.wire[i]))

    def _first(self, wire: int) -> Range:
        return float(self.first[0, wire]), float(self.first[1, wire])

    def _passes(self, row: Row, wire: int) -> Range:
        """What of X before a row is without effect if X behind it is."""
        place = row.operands.index(wire)
        if (row.op.name, place) in (("x", 0), ("cx", 1)):
            return 1.0, 1.0
        if row.op.kind is not Kind.UNITARY:
            return 0.0, 0.0
        angles = self._program.values.angles
        if not all(angles.is_constant(e) for e in row.angles):
            return _UNKNOWN
        word = self._table.words[row.attr] if row.op.name == "rot" else ""
        known = tuple(float(angles.constant[e]) for e in row.angles)
        found = overlap_of_flip(row.op.code, word, known, place)
        return _UNKNOWN if row.cond >= 0 and found < 1 - 1e-12 else (found, found)


@cache
def overlap_of_flip(code: int, word: str, angles: tuple[float, ...], place: int) -> float:
    """Of an operation and the same with one operand flipped before and after; 0 where it is not
    diagonal there, or too wide to look."""
    op = OPERATIONS[code]
    k = len(word) or op.arity or 0
    if k > 6:
        return 0.0
    matrix = rotation(word, angles[0]) if word else unitary(op, angles)
    parts = np.moveaxis(matrix.reshape((2,) * (2 * k)), (place, k + place), (0, 1))
    if max(np.abs(parts[0, 1]).max(), np.abs(parts[1, 0]).max()) > 1e-12:
        return 0.0
    a, b = (parts[v, v].reshape(2 ** (k - 1), -1) for v in (0, 1))
    return float(np.vdot(a, b).real / 2 ** (k - 1)) ** 2
