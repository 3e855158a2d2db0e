"""The compiled loop of `gadgets`."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from qdsl.ir.jit import compiled, entry

Column = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


class GadgetRows(NamedTuple):
    """Rows: is one a cx, does it turn its qubit about Z, does it turn two about ZZ (none has a
    condition), may nothing before it wait on (`fence`); `diagonal` beside the operands."""

    is_cx: Flags
    is_turn: Flags
    is_joint: Flags
    fence: Flags
    pin: Column
    start: Column
    operands: Column
    diagonal: Flags


class OpenGadgets(NamedTuple):
    """For every qubit its last cx with it as target, -1: none, that one's control and the versions
    of both then; is it its last row but for turns, so that it waits for its like (`waits`); the
    last turn since, -1: none; and the qubit's version, which counts what happens to it that is not
    diagonal. `before[row]` is the turn before a turn."""

    cx: Column
    control: Column
    control_was: Column
    target_was: Column
    waits: Flags
    turn: Column
    version: Column
    before: Column


class FoundGadgets(NamedTuple):
    """What to write: `dropped` rows; `joined`: (row, control), turns that become ones about ZZ;
    `passed`: (row, cx, target), turns about ZZ that become turns of the target before the cx;
    `counts` of these two."""

    dropped: Flags
    joined: Column
    passed: Column
    counts: Column


@compiled
def follows(rows: GadgetRows, now: OpenGadgets, row: int, control: int, target: int) -> bool:
    """Is all that has happened to these two since a cx on them diagonal?"""
    mine = now.cx[target]
    return bool(
        mine >= 0
        and now.control[target] == control
        and now.control_was[target] == now.version[control]
        and now.target_was[target] == now.version[target]
        and rows.pin[mine] == rows.pin[row]
    )


@compiled
def meets(rows: GadgetRows, now: OpenGadgets, row: int, control: int, target: int) -> bool:
    """Does a cx meet its like, with only turns in between?"""
    if not now.waits[target] or not follows(rows, now, row, control, target):
        return False
    turn = now.turn[target]
    while turn >= 0:
        if rows.pin[turn] != rows.pin[row]:
            return False
        turn = now.before[turn]
    return True


@compiled
def join_turns(now: OpenGadgets, found: FoundGadgets, target: int) -> None:
    """The turns since the cx that waits are about ZZ; in order of time."""
    first = n = found.counts[0]
    turn = now.turn[target]
    while turn >= 0:
        found.joined[n, 0], found.joined[n, 1] = turn, now.control[target]
        n += 1
        turn = now.before[turn]
    for k in range((n - first) // 2):
        a, b = first + k, n - 1 - k
        for m in range(2):
            found.joined[a, m], found.joined[b, m] = found.joined[b, m], found.joined[a, m]
    found.counts[0] = n


@compiled
def meet(rows: GadgetRows, now: OpenGadgets, found: FoundGadgets, row: int) -> None:
    """A cx: it goes with the one that waits, or waits itself."""
    control, target = rows.operands[rows.start[row]], rows.operands[rows.start[row] + 1]
    now.waits[control] = False
    if meets(rows, now, row, control, target):
        found.dropped[row] = found.dropped[now.cx[target]] = True
        join_turns(now, found, target)
        now.cx[target] = -1
        return
    now.version[target] += 1
    now.cx[target], now.control[target], now.turn[target] = row, control, -1
    now.waits[target] = True
    now.control_was[target], now.target_was[target] = now.version[control], now.version[target]


@compiled
def passes(rows: GadgetRows, now: OpenGadgets, found: FoundGadgets, row: int) -> bool:
    """Does a turn about ZZ follow a cx on the same two? Then it is a turn of the target before."""
    first = rows.start[row]
    for k in range(2):
        control, target = rows.operands[first + k], rows.operands[first + 1 - k]
        if follows(rows, now, row, control, target):
            at = found.counts[1]
            found.passed[at] = row, now.cx[target], target
            found.counts[1] += 1
            return True
    return False


@compiled
def disturb(rows: GadgetRows, now: OpenGadgets, row: int) -> None:
    """Any other row: nothing waits across it."""
    for k in range(rows.start[row], rows.start[row + 1]):
        q = rows.operands[k]
        now.waits[q] = False
        if not rows.diagonal[k]:
            now.version[q] += 1


@entry
def unwrap(rows: GadgetRows, now: OpenGadgets, found: FoundGadgets) -> None:
    """Go through all rows and note what is found."""
    for row in range(len(rows.is_cx)):
        if rows.fence[row]:
            now.cx[:] = -1
        if rows.is_cx[row]:
            meet(rows, now, found, row)
        elif rows.is_turn[row]:
            q = rows.operands[rows.start[row]]
            if now.waits[q]:
                now.before[row] = now.turn[q]
                now.turn[q] = row
        elif not (rows.is_joint[row] and passes(rows, now, found, row)):
            disturb(rows, now, row)
