"""The compiled loop of `gadgets`."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from qdsl.compiled import compiled, entry

Column = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


class Given(NamedTuple):
    """Rows: is one a cx, does it turn its qubit about Z (neither has a condition), may nothing
    before it wait on (`fence`); `diagonal` beside the operands."""

    is_cx: Flags
    is_turn: Flags
    fence: Flags
    pin: Column
    start: Column
    operands: Column
    diagonal: Flags


class Waiting(NamedTuple):
    """For every qubit the cx with it as target that waits for its like, -1: none; the version of
    that one's control then, the last turn since, -1: none; and its own version, which counts
    what happens to a qubit that is not diagonal. `before[row]` is the turn before a turn."""

    cx: Column
    control_was: Column
    turn: Column
    version: Column
    before: Column


@compiled
def meets(rows: Given, now: Waiting, row: int) -> bool:
    """Does this cx meet its like?"""
    control, target = rows.operands[rows.start[row]], rows.operands[rows.start[row] + 1]
    mine = now.cx[target]
    if mine < 0 or rows.operands[rows.start[mine]] != control:
        return False
    if now.control_was[target] != now.version[control] or rows.pin[mine] != rows.pin[row]:
        return False
    turn = now.turn[target]
    while turn >= 0:
        if rows.pin[turn] != rows.pin[row]:
            return False
        turn = now.before[turn]
    return True


@compiled
def meet(rows: Given, now: Waiting, row: int, dropped: Flags, joined: Column, n: int) -> int:
    control, target = rows.operands[rows.start[row]], rows.operands[rows.start[row] + 1]
    now.cx[control] = -1
    if not meets(rows, now, row):
        now.version[target] += 1
        now.cx[target], now.control_was[target] = row, now.version[control]
        now.turn[target] = -1
        return n
    dropped[row] = dropped[now.cx[target]] = True
    now.cx[target] = -1
    first, turn = n, now.turn[target]
    while turn >= 0:
        joined[n, 0], joined[n, 1] = turn, control
        n += 1
        turn = now.before[turn]
    for k in range((n - first) // 2):  # in order of time
        a, b = first + k, n - 1 - k
        joined[a, 0], joined[b, 0] = joined[b, 0], joined[a, 0]
    return n


@entry
def unwrap(rows: Given, now: Waiting, dropped: Flags, joined: Column) -> int:
    """The cx that go, and the turns (row, control) about ZZ, as they are found; how many."""
    n = 0
    for row in range(len(rows.is_cx)):
        if rows.fence[row]:
            now.cx[:] = -1
        if rows.is_cx[row]:
            n = meet(rows, now, row, dropped, joined, n)
        elif rows.is_turn[row]:
            q = rows.operands[rows.start[row]]
            if now.cx[q] >= 0:
                now.before[row] = now.turn[q]
                now.turn[q] = row
        else:
            for k in range(rows.start[row], rows.start[row + 1]):
                q = rows.operands[k]
                now.cx[q] = -1
                if not rows.diagonal[k]:
                    now.version[q] += 1
    return n
