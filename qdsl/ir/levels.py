"""Levels of rows in Foata's normal form, by a compiled loop: the same without the compiler."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from qdsl.ir.axes import NO_AXIS
from qdsl.ir.jit import entry

Column = npt.NDArray[np.int64]


class Uses(NamedTuple):
    """What rows use: `of[start[i]:start[i + 1]]` are the qubits and bits of row i, and `axis`
    beside them is equal for uses that commute, NO_AXIS where none does. `fence`: rows before
    which those above stay."""

    start: Column
    of: Column
    axis: Column
    fence: npt.NDArray[np.bool_]


def levels(uses: Uses, count: int) -> Column:
    """The level of every row in Foata's normal form, int64[rows]: one more than the highest among
    the earlier rows that it does not commute with. `count`: of qubits and bits."""
    found = np.zeros(len(uses.fence), np.int64)
    axis = np.full(count, NO_AXIS, np.int64)
    find_levels(uses, axis, found)
    return found


@entry
def find_levels(uses: Uses, axis: Column, found: Column) -> None:
    """`axis`: of the last uses of every qubit and bit, whose highest level is `top`."""
    below = np.zeros(len(axis), np.int64)
    top = np.zeros(len(axis), np.int64)
    floor = highest = 0
    for row in range(len(found)):
        if uses.fence[row]:
            floor = highest
        level = floor
        for k in range(uses.start[row], uses.start[row + 1]):
            q = uses.of[k]
            commutes = uses.axis[k] != NO_AXIS and uses.axis[k] == axis[q]
            level = max(level, below[q] if commutes else top[q])
        level += 1
        for k in range(uses.start[row], uses.start[row + 1]):
            q = uses.of[k]
            if uses.axis[k] == NO_AXIS or uses.axis[k] != axis[q]:
                below[q], axis[q] = top[q], uses.axis[k]
            top[q] = max(top[q], level)
        highest = max(highest, level)
        found[row] = level
