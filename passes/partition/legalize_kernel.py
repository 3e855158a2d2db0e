"""The compiled loop of `legalize`."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from qdsl.ir.jit import compiled, entry

Column = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


class LegalizeRows(NamedTuple):
    """Rows; `segment` beside their operands; the node of every segment; `joined[a, b]`: one qubit
    can be sent from a to b, whatever else is there."""

    start: npt.NDArray[np.int32]
    operands: npt.NDArray[np.int32]
    barrier: Flags
    segment: Column
    node: Column
    joined: Flags


class LegalizeState(NamedTuple):
    """The segment that every qubit has `reached`, the node where it is, data qubits `free` at every
    node; and beside the operands so far the `residence`."""

    reached: Column
    location: Column
    free: Column
    residence: Column


@compiled
def come(rows: LegalizeRows, now: LegalizeState, row: int) -> bool:
    """Take the qubits of a row to their segments, if at most one of them moves, to a node with
    room; False: nothing is done."""
    moves, mover = 0, -1
    for k in range(rows.start[row], rows.start[row + 1]):
        q, s = rows.operands[k], rows.segment[k]
        if s > now.reached[q] and rows.node[s] != now.location[q]:
            moves, mover = moves + 1, k
    if moves > 1:
        return False
    if moves == 1:
        source, target = now.location[rows.operands[mover]], rows.node[rows.segment[mover]]
        if now.free[target] < 1 or not rows.joined[source, target]:
            return False
        now.free[source] += 1
        now.free[target] -= 1
        now.location[rows.operands[mover]] = target
    for k in range(rows.start[row], rows.start[row + 1]):
        q = rows.operands[k]
        now.reached[q] = max(now.reached[q], rows.segment[k])
    return True


@entry
def follow(rows: LegalizeRows, now: LegalizeState, first: int) -> int:
    """Go on from a row to the next one at which qubits cannot simply come."""
    for row in range(first, len(rows.barrier)):
        if not rows.barrier[row] and not come(rows, now, row):
            return row
        for k in range(rows.start[row], rows.start[row + 1]):
            now.residence[k] = now.location[rows.operands[k]]
    return len(rows.barrier)
