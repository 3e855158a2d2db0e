"""The compiled loops that count rounds."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from qdsl.ir.jit import entry

Ints = npt.NDArray[np.int32]
Column = npt.NDArray[np.int64]
NOTHING = -1  # the rounds behind half of a pair that nothing has been done with


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
