"""How much of a bit flip on a communication qubit is without effect.

A cat copy is over when it is measured in the X basis: what an X error on it has spoilt by then are
the operations that it served after the error. One that is diagonal on the copy, `|0><0| A + |1><1|
B`, has then happened with A and B exchanged, with process fidelity `(Re tr(A^+ B) / d)^2` to what
it should be: 0 for CX and CZ, `cos(theta)^2` for `rzz(theta)`. A Y error is an X error with a Z on
the copied qubit: `(Im tr(A^+ B) / d)^2`. Several operations are looked at together
(`qdsl.analysis.served`); where that is too much, a flip may have all effect, or as little as the
product of `|tr(A^+ B) / d|^2` says.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt

from qdsl.analysis.served import matrix_of, overlaps_of_flips
from qdsl.analysis.wire_steps import OVER, X_IDLE, Z_IDLE, WireSteps
from qdsl.ir.operations import Kind
from qdsl.ir.stages import ROLES, DistributedCircuit
from qdsl.ir.state_vectors import Matrix
from qdsl.ir.table import Row
from qdsl.records import dataclass

Numbers = npt.NDArray[np.float64]
Shares = tuple[tuple[float, float], tuple[float, float]]  # of X and of Y: at least, at most
MANY: Final = 20_000  # steps of communication qubits that are not looked at one by one
_NONE: Final[Shares] = ((0.0, 0.0), (0.0, 0.0))
_ALL_X: Final[Shares] = ((1.0, 1.0), (0.0, 0.0))
_UNKNOWN: Final[Shares] = ((0.0, 1.0), (0.0, 1.0))
_ENTANGLER = ROLES.index("cat-entangler")


@dataclass(frozen=True, slots=True, eq=False)
class FlipShares:
    """Shares of X and Y that have no effect, at least and at most, float[2 (X, Y), 2, ...]:
    `after` every step, and before the `first` use of every wire. `serves` bool[steps]: behind the
    step, a copy serves more operations."""

    after: Numbers
    first: Numbers
    serves: npt.NDArray[np.bool_]


def flip_shares(program: DistributedCircuit, steps: WireSteps) -> FlipShares:
    """Of communication qubits; where these have very many steps, flips may have any effect."""
    is_comm = program.wire_is_comm[steps.wire]
    if int(is_comm.sum()) > MANY:
        after, first = _known_at_once(program, steps)
        after[:, 1, is_comm] = first[:, 1, program.wire_is_comm] = 1.0
        return FlipShares(after, first, is_comm)
    walk = _Walk(program, steps)
    wires = [w for w in walk.places if program.wire_is_comm[w]]
    for wire in sorted(wires, key=walk.waits_for_a_copy):
        walk.go_back(wire)
    return FlipShares(walk.after, walk.first, walk.serves)


def _known_at_once(program: DistributedCircuit, steps: WireSteps) -> tuple[Numbers, Numbers]:
    """`after` and `first`, with what is known before anything is looked at."""
    after = np.zeros((2, 2, len(steps.wire)))
    after[0] = (steps.after == X_IDLE) | (steps.after == OVER)
    after[1] = steps.after == OVER
    return after, np.zeros((2, 2, program.n_wires))


class _Walk:
    """`places`: the steps of every wire, in order; `rows`: their rows."""

    def __init__(self, program: DistributedCircuit, steps: WireSteps) -> None:
        self._steps, self._program, table = steps, program, program.table
        n = len(steps.wire)
        self.after, self.first = _known_at_once(program, steps)
        self.serves = np.zeros(n, np.bool_)
        self.places: dict[int, range] = {}
        self.rows: dict[int, list[int]] = {}
        bounds = np.append(np.flatnonzero(np.diff(steps.wire, prepend=-1)), n)
        for a, b in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True):
            self.places[int(steps.wire[a])] = range(a, b)
            self.rows[int(steps.wire[a])] = steps.row[a:b].tolist()
        flips = np.flatnonzero(table.codes("x") & (program.role == _ENTANGLER))
        copies = table.operands[table.operand_start[flips]]
        self._copy = dict(zip(program.group[flips].tolist(), copies.tolist(), strict=True))

    def waits_for_a_copy(self, wire: int) -> bool:
        """Does a flip of it flip the outcome by which a copy is corrected?"""
        return any(self._corrects(i) for i in self.places[wire])

    def _corrects(self, i: int) -> bool:
        if self._steps.after[i] != Z_IDLE:
            return False
        measured = self._steps.row[self._steps.following[i]]
        return bool(self._program.role[measured] == _ENTANGLER)

    def go_back(self, wire: int) -> None:
        """Through the steps of a wire from the last to the first."""
        table, places = self._program.table, self.places[wire]
        served = [r for r in self.rows[wire] if _is_served(table.row(r), wire)]
        exact = None
        if len(served) > 1 and (self._steps.after[places] == X_IDLE).any():
            exact = overlaps_of_flips(self._program, self.rows, wire, served)
        left = 0
        for i in reversed(places):
            after = self._behind(i)
            self.after[:, :, i] = after
            self.serves[i] = left > 0
            row = table.row(int(self._steps.row[i]))
            if row.op.kind is Kind.EBIT:
                continue
            if row.index not in served:
                self.first[:, :, wire] = after if _lets_pass(row, wire) else _NONE
                continue
            left += 1
            if exact is not None:
                x, y = exact[-left]
                self.first[:, :, wire] = (x, x), (y, y)
            else:
                self.first[:, :, wire] = self._before(row, wire, after, left > 1)

    def _behind(self, i: int) -> Shares:
        """What was found of the step that follows stands in `first` of its wire."""
        if self._steps.after[i] == OVER:
            return (1.0, 1.0), (1.0, 1.0)
        if self._steps.after[i] == X_IDLE:
            return _ALL_X
        if self._corrects(i):
            row = int(self._steps.row[self._steps.following[i]])
            copy = self._copy.get(int(self._program.group[row]))
            return _UNKNOWN if copy is None else self._first(copy)
        if self._steps.after[i] == Z_IDLE or self._steps.following[i] < 0:
            return _NONE
        return self._first(int(self._steps.wire[i]))

    def _first(self, wire: int) -> Shares:
        (a, b), (c, d) = self.first[:, :, wire].tolist()
        return (a, b), (c, d)

    def _before(self, row: Row, wire: int, after: Shares, is_one_of_many: bool) -> Shares:
        """Before a gate, where `after` it is known."""
        most = max(after[0][1], after[1][1])
        if not most or len(row.operands) > 6:
            return _NONE
        matrix = matrix_of(self._program, row)
        if matrix is None:
            return _UNKNOWN
        real, imaginary = overlap_of_flip(matrix.tobytes(), row.operands.index(wire))
        if is_one_of_many or row.cond >= 0:
            bound = min((real**2 + imaginary**2) * (after[0][1] + after[1][1]), 1.0)
            return (0.0, bound), (0.0, bound)
        return (real**2, real**2), (imaginary**2, imaginary**2)


def _lets_pass(row: Row, wire: int) -> bool:
    return (row.op.name, row.operands.index(wire)) in (("x", 0), ("cx", 1))


def _is_served(row: Row, wire: int) -> bool:
    """Gates but those that a flip passes, and the last `h` of a copy."""
    return row.op.kind is Kind.UNITARY and row.op.name != "h" and not _lets_pass(row, wire)


@lru_cache(4096)
def overlap_of_flip(given: bytes, place: int) -> tuple[float, float]:
    """`tr(A^+ B) / d` of a matrix (its bytes), real and imaginary part; 0 where it is not diagonal
    on the operand."""
    matrix: Matrix = np.frombuffer(given, np.complex128)
    k = (len(matrix).bit_length() - 1) // 2
    parts = np.moveaxis(matrix.reshape((2,) * (2 * k)), (place, k + place), (0, 1))
    if max(np.abs(parts[0, 1]).max(), np.abs(parts[1, 0]).max()) > 1e-12:
        return 0.0, 0.0
    a, b = (parts[v, v].reshape(2 ** (k - 1), -1) for v in (0, 1))
    found = complex(np.vdot(a, b)) / 2 ** (k - 1)
    return found.real, found.imag
