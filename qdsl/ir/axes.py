"""On which of its operands an operation is diagonal, by column."""

from __future__ import annotations

from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt

from qdsl.ir.operations import BY_NAME, OPERATIONS
from qdsl.ir.table import Ints, OpTable

Flags = npt.NDArray[np.bool_]

LETTERS: Final = "IXYZ"
NO_AXIS: Final = -1
WIDEST: Final = max(op.arity or 0 for op in OPERATIONS)
# Identities on the state; `diagonal` is an encoding, on however many operands.
_ALWAYS: Final = ("id", "diagonal", "move", "barrier")


@cache
def axis_by_code() -> npt.NDArray[np.int64]:
    """The axis of every gate of fixed arity, int64[operation, operand]: index into `LETTERS`, or
    NO_AXIS. Operands past `WIDEST` share the last column."""
    table = np.full((len(OPERATIONS), WIDEST + 1), NO_AXIS)
    for op in OPERATIONS:
        if op.is_unitary and op.arity is not None:
            axes = [op.axis(k) for k in range(op.arity)]
            table[op.code, : op.arity] = [LETTERS.index(x) if x else NO_AXIS for x in axes]
    return table


@cache
def diagonal_by_code() -> Flags:
    """Which gates of fixed arity are diagonal, bool[operation, operand], as `axis_by_code`."""
    return np.isin(axis_by_code(), [LETTERS.index(letter) for letter in "IZ"])


@cache
def _leaves_copies() -> Flags:
    """The same, with what is an identity on the state, or an encoding that is diagonal."""
    table = diagonal_by_code().copy()
    table[[BY_NAME[name].code for name in _ALWAYS]] = True
    return table


def positions(table: OpTable) -> Ints:
    """For every entry of `table.operands` its place within its row, int32[...]."""
    start = table.operand_start
    return np.arange(len(table.operands), dtype=np.int32) - np.repeat(start[:-1], table.arity)


def rows_of_operands(table: OpTable) -> Ints:
    """For every entry of `table.operands` the row it belongs to, int32[...]."""
    return np.repeat(np.arange(len(table), dtype=np.int32), table.arity)


def z_diagonal(table: OpTable) -> Flags:
    """Beside `table.operands`: whether the row is diagonal in the Z basis on that operand.

    Measurements and resets are not (they end a cat copy); barriers and moves are, as they
    leave the state alone.
    """
    place = positions(table)
    code = np.repeat(table.opcode, table.arity)
    flags = _leaves_copies()[code, np.minimum(place, WIDEST)]
    is_rot = code == BY_NAME["rot"].code
    if is_rot.any():
        letters = _letters(table.words)
        word = np.repeat(table.attr, table.arity)[is_rot]
        flags[is_rot] = letters[word, place[is_rot]]
    return flags


def _letters(words: tuple[str, ...]) -> Flags:
    """bool[word, letter]: whether that letter is I or Z."""
    width = max((len(w) for w in words), default=0)
    table = np.ones((len(words), width), np.bool_)
    for i, word in enumerate(words):
        table[i, : len(word)] = [letter in "IZ" for letter in word]
    return table
