"""Puts rows that commute in one order: Foata's normal form.

Two rows commute here where they agree, on every qubit that both act on, about the Pauli axis that
they turn it about. Rows of one level all commute and are sorted by when their nodes come, if
they are pinned (`pin_order`), then by operands and operation. However a circuit's rows are
exchanged with others that they commute with, the order is the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from qdsl.ir.axes import LETTERS, NO_AXIS, WIDEST, axis_by_code
from qdsl.ir.levels import Uses, levels
from qdsl.ir.operations import BY_NAME, OPERATIONS, Attr
from qdsl.passes.canonicalize.pin_order import Hops, turns
from qdsl.passes.canonicalize.rows import Column, RowColumns, starts, within

_READ: Final = len(LETTERS)  # the axis of bits that are read
_ROT: Final = BY_NAME["rot"].code
_DIAGONAL: Final = BY_NAME["diagonal"].code  # of whatever arity
_WRITES: Final = [op.code for op in OPERATIONS if op.attr is Attr.BIT]
MOST_COMPARED: Final = 4  # operands by which rows of a level are sorted


def ordered(
    rows: RowColumns,
    size: tuple[int, int],
    words: Sequence[str],
    fence: npt.NDArray[np.bool_],
    axes: str = "XYZ",
    hops: Callable[[], Hops] | None = None,
) -> RowColumns:
    """The rows in that order; arguments as for `levels_of`. `hops`: links between nodes, for those
    of pinned rows; None: these come as they are numbered."""
    if not len(rows):
        return rows
    level, keys = levels_of(rows, size, words, fence, axes), _keys(rows)
    turn = None if hops is None else turns(rows, level, hops)
    return rows.taken(np.lexsort((*keys, level) if turn is None else (*keys, turn, level)))


def levels_of(
    rows: RowColumns,
    size: tuple[int, int],
    words: Sequence[str],
    fence: npt.NDArray[np.bool_],
    axes: str = "XYZ",
) -> Column:
    """The level of every row, int64[rows]. `size`: how many qubits and bits; `fence`: rows before
    which those above stay; `axes`: the only ones about which rows commute."""
    uses = _uses(rows, size[0], words, fence)
    counts = np.isin(uses.axis, [LETTERS.index(letter) for letter in axes] + [_READ])
    return levels(uses._replace(axis=np.where(counts, uses.axis, NO_AXIS)), sum(size))


def _keys(rows: RowColumns) -> list[Column]:
    """By what rows of a level are sorted, the last first."""
    arity, found = rows.arity, [rows.attr, rows.cond, rows.pin, rows.code]
    for k in reversed(range(min(MOST_COMPARED, int(arity.max())))):
        has = arity > k
        operand = np.full(len(rows), -1, np.int64)
        operand[has] = rows.operands[rows.start[:-1][has] + k]
        found.append(operand)
    return found


def _uses(
    rows: RowColumns, n_qubits: int, words: Sequence[str], fence: npt.NDArray[np.bool_]
) -> Uses:
    axis = axis_by_code()[rows.code[rows.owner], np.minimum(within(rows.arity), WIDEST)]
    axis[rows.code[rows.owner] == _DIAGONAL] = LETTERS.index("Z")
    is_rot = rows.code[rows.owner] == _ROT
    if is_rot.any():
        axis[is_rot] = _of_words(words)[rows.attr[rows.owner][is_rot], within(rows.arity)[is_rot]]
    reads, writes = np.flatnonzero(rows.cond >= 0), np.flatnonzero(np.isin(rows.code, _WRITES))
    if not len(reads) + len(writes):
        return Uses(rows.start, rows.operands, axis, fence)
    owner = np.concatenate([rows.owner, reads, writes])
    order = np.argsort(owner, kind="stable")
    of = np.concatenate(
        [rows.operands, n_qubits + (rows.cond[reads] >> 1), n_qubits + rows.attr[writes]]
    )
    axis = np.concatenate([axis, np.full(len(reads), _READ), np.full(len(writes), NO_AXIS)])
    start = starts(np.bincount(owner, minlength=len(rows)))
    return Uses(start, of[order], axis[order], fence)


def _of_words(words: Sequence[str]) -> Column:
    """The axis of every letter, int64[word, letter]."""
    table = np.full((len(words), max(map(len, words))), NO_AXIS)
    for i, word in enumerate(words):
        table[i, : len(word)] = [LETTERS.index(letter) for letter in word]
    return table
