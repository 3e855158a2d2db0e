"""The compiled loops that count rounds."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from qdsl.ir.jit import compiled, entry

Ints = npt.NDArray[np.int32]
Column = npt.NDArray[np.int64]
NOTHING = -1  # the rounds behind half of a pair that nothing has been done with
UNUSED, EARLY, LATE, IGNORED = range(4)


class RoundRows(NamedTuple):
    """Columns of a program's table, and the codes of three operations."""

    code: npt.NDArray[np.uint16]
    start: Ints
    operands: Ints
    cond: Ints
    attr: Ints
    ebit: int
    send: int
    measure: int


class OnlineState(NamedTuple):
    """The most messages along a chain that begins with a late row, NOTHING where there is no late
    row: `at_bit`; for every wire `top`, and `below` those behind its last uses about one `axis`,
    which commute. `pair`: of a wire that began as half of a pair, the row that made it, otherwise
    NOTHING. By such rows: `parent`, a pair that this one is swapped with, itself at the end; and
    the `use` of those, UNUSED, EARLY or LATE."""

    at_bit: Column
    top: Column
    below: Column
    axis: Column
    pair: Column
    parent: Column
    use: Column


@entry
def count_rounds(rows: RoundRows, at_wire: Column, at_bit: Column) -> None:
    """The rounds behind every wire and bit at the end. A pair is used where it first meets a state
    of the program."""
    for row in range(len(rows.code)):
        first, end, code = rows.start[row], rows.start[row + 1], rows.code[row]
        if code == rows.send:
            at_bit[rows.attr[row]] = at_bit[rows.operands[first]]
            continue
        behind, fresh = NOTHING, False
        for k in range(first, end):
            behind = max(behind, at_wire[rows.operands[k]])
            fresh = fresh or at_wire[rows.operands[k]] == NOTHING
        if behind > NOTHING and fresh:
            behind += 1
        if first == end:
            behind = 0
        if rows.cond[row] >= 0:
            behind = max(behind, at_bit[rows.cond[row] >> 1])
        if code == rows.ebit:
            behind = NOTHING
        for k in range(first, end):
            at_wire[rows.operands[k]] = behind
        if code == rows.measure:
            at_bit[rows.attr[row]] = behind


@entry
def count_message_rounds(rows: RoundRows, at_wire: Column, at_bit: Column) -> None:
    """The messages behind every wire and bit at the end."""
    for row in range(len(rows.code)):
        first, end, code = rows.start[row], rows.start[row + 1], rows.code[row]
        if code == rows.send:
            at_bit[rows.attr[row]] = at_bit[rows.operands[first]] + 1
            continue
        behind = at_bit[rows.cond[row] >> 1] if rows.cond[row] >= 0 else 0
        for k in range(first, end):
            behind = max(behind, at_wire[rows.operands[k]])
        for k in range(first, end):
            at_wire[rows.operands[k]] = behind
        if code == rows.measure:
            at_bit[rows.attr[row]] = behind


@compiled
def set_of(parent: Column, pair: int) -> int:
    """The pair that stands for all that are swapped with this one."""
    while parent[pair] != pair:
        pair = int(parent[pair])
    return pair


@compiled
def pair_of(p: OnlineState, wire: int) -> int:
    """Of half of a pair that was not used yet; NOTHING for other wires."""
    if p.pair[wire] == NOTHING:
        return NOTHING
    found = set_of(p.parent, p.pair[wire])
    return found if p.use[found] == UNUSED else NOTHING


@entry
def count_online(rows: RoundRows, sort: Column, axis: Column, p: OnlineState) -> int:
    """The messages that depend on late rows. `sort`: of every row, IGNORED, EARLY or LATE; `axis`:
    of every operand, equal for uses that commute, negative where none does."""
    total = 0
    for row in range(len(rows.code)):
        first, end, code = rows.start[row], rows.start[row + 1], rows.code[row]
        if sort[row] == IGNORED:
            continue
        if code == rows.send:
            behind = p.at_bit[rows.operands[first]]
            if behind > NOTHING:
                behind += 1
                total += 1
            p.at_bit[rows.attr[row]] = behind
            continue
        if code == rows.ebit:
            p.parent[row] = row
            for k in range(first, end):
                p.pair[rows.operands[k]] = row
            continue
        behind = 0 if sort[row] == LATE else NOTHING
        if rows.cond[row] >= 0:
            behind = max(behind, p.at_bit[rows.cond[row] >> 1])
        joined, is_used = NOTHING, False
        for k in range(first, end):
            wire = rows.operands[k]
            commutes = axis[k] >= 0 and axis[k] == p.axis[wire]
            behind = max(behind, p.below[wire] if commutes else p.top[wire])
            pair = pair_of(p, wire)
            if pair == NOTHING:
                is_used = True
            elif joined == NOTHING:
                joined = pair
            else:
                p.parent[pair] = joined
        if is_used and joined > NOTHING:
            p.use[joined] = LATE if behind > NOTHING else EARLY
        for k in range(first, end):
            wire = rows.operands[k]
            if axis[k] < 0 or axis[k] != p.axis[wire]:
                p.below[wire], p.axis[wire] = p.top[wire], axis[k]
            p.top[wire] = max(p.top[wire], behind)
        if code == rows.measure:
            p.at_bit[rows.attr[row]] = behind
    return total
