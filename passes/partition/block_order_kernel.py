"""The compiled loop of `block_order`."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from qdsl.ir.jit import entry

Column = npt.NDArray[np.int64]
LONGEST = 3  # operations of a block: as many as any operation on two qubits takes


class BlockRows(NamedTuple):
    """Rows; `skipped`: those that belong to no block."""

    start: npt.NDArray[np.int32]
    operands: npt.NDArray[np.int32]
    skipped: npt.NDArray[np.bool_]


class FoundBlocks(NamedTuple):
    """The block of every row, -1: none; of every block its `level`, `size` (operations on several
    qubits) and `width` (qubits); `now`: the block that each qubit is in, -1: none."""

    of_row: Column
    level: Column
    size: Column
    width: Column
    now: Column


@entry
def find_blocks(rows: BlockRows, found: FoundBlocks) -> int:
    """Returns how many blocks there are. A block comes one level after the highest of those
    before it on its qubits; operations on one qubit go with the next block, the last ones with
    the one before."""
    n = 0
    for row in range(len(rows.skipped)):
        first, end = rows.start[row], rows.start[row + 1]
        if rows.skipped[row] or end - first < 2:
            continue
        b = found.now[rows.operands[first]]
        is_same = b >= 0 and found.width[b] == end - first and found.size[b] < LONGEST
        level = 0
        for k in range(first, end):
            before = found.now[rows.operands[k]]
            is_same = is_same and before == b
            if before >= 0:
                level = max(level, found.level[before] + 1)
        if not is_same:
            b = n
            n += 1
            found.width[b] = end - first
            found.level[b] = level
            for k in range(first, end):
                found.now[rows.operands[k]] = b
        found.size[b] += 1
        found.of_row[row] = b
    for row in range(len(rows.skipped) - 1, -1, -1):
        first, end = rows.start[row], rows.start[row + 1]
        if rows.skipped[row]:
            continue
        if end - first == 1:
            found.of_row[row] = found.now[rows.operands[first]]
        else:
            for k in range(first, end):
                found.now[rows.operands[k]] = found.of_row[row]
    return n
