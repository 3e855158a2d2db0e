"""Are two programs the same operations in an order that means the same? By columns, exactly.

Operations on one qubit fall into blocks: neighbours that are all functions of Z (or all of X, or
all of Y) there commute, and any other operation is a block of its own. Where every operation is
in the same block on each of its qubits, any two that do not commute keep their order. Classical
bits count as qubits: a condition is a function of Z, a measurement is not.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from qdsl.ir.axes import NO_AXIS
from qdsl.ir.levels import Uses, levels
from qdsl.ir.operations import OPERATIONS, Kind
from qdsl.verify.translation.columns import (
    DIAGONAL,
    ROT,
    WIDEST,
    Ints,
    LogicalColumns,
    letters_of,
    places_of,
)

SKIPPED = np.array([op.kind in (Kind.MOVE, Kind.BARRIER) for op in OPERATIONS])
ALONE = 0  # the axis of an operation that commutes with none
_AXES = {"X": 1, "Y": 2, "Z": 3}
_FACTOR = np.uint64(0x9E3779B97F4A7C15)


def same_up_to_order(left: LogicalColumns, right: LogicalColumns, n_qubits: int) -> bool:
    """Whether each operation of one has its counterpart in the other. Only for programs that
    share their values and Pauli words."""
    if left.values is not right.values or left.table.words != right.table.words:
        return False
    a, b = (_keys(side, n_qubits) for side in (left, right))
    return len(a[0]) == len(b[0]) and all(map(np.array_equal, a, b))


def in_levels(side: LogicalColumns, n_qubits: int) -> LogicalColumns:
    """The operations by level and then by qubits, so that programs that differ in the order of
    what commutes come in a like order. Believed in nothing: `same_up_to_order` proves it."""
    some = side.taken(np.flatnonzero(~SKIPPED[side.table.opcode[side.row]]))
    if not len(some):
        return some
    every, arity = np.arange(len(some)), np.diff(some.start)
    op, of, axis = _uses(some, every, np.arange(len(some.qubits)), arity, n_qubits)
    order = np.argsort(op, kind="stable")
    start = np.concatenate([[0], np.cumsum(np.bincount(op, minlength=len(some)))])
    axis = np.where(axis == ALONE, NO_AXIS, axis)
    fence = np.zeros(len(some), np.bool_)
    level = levels(Uses(start, of[order], axis[order], fence), int(of.max()) + 1)
    low, high = (f.reduceat(some.qubits, some.start[:-1]) for f in (np.minimum, np.maximum))
    return some.taken(np.lexsort((some.table.opcode[some.row], high, low, level)))


def _keys(side: LogicalColumns, n_qubits: int) -> tuple[Ints, Ints, Ints]:
    """By operation, in an order of their own: what it is, how many operands it has; then by
    operand its qubit and its block there."""
    kept = np.flatnonzero(~SKIPPED[side.table.opcode[side.row]])
    row, arity = side.row[kept], np.diff(side.start)[kept]
    code = side.table.opcode[row].astype(np.int64)
    attr = np.where(side.bit[kept] >= 0, -1, side.table.attr[row])
    what = np.stack([code, side.table.angle[row], attr, side.bit[kept], side.cond[kept]], 1)
    begin = side.start[kept]
    at = np.repeat(begin - np.concatenate([[0], np.cumsum(arity)[:-1]]), arity)
    at += np.arange(len(at))
    where = np.stack([side.qubits[at], _blocks(side, kept, at, arity, n_qubits)], 1)
    order = np.argsort(_hashes(what, where, arity), kind="stable")
    first = (np.cumsum(arity) - arity)[order]
    take = np.repeat(first - np.concatenate([[0], np.cumsum(arity[order])[:-1]]), arity[order])
    return what[order], arity[order], where[take + np.arange(len(take))]


def _hashes(what: Ints, where: Ints, arity: Ints) -> npt.NDArray[np.uint64]:
    total = _mixed(what)
    parts = _mixed(where) * (places_of(arity).astype(np.uint64) * np.uint64(2) + np.uint64(1))
    owner = np.repeat(np.arange(len(arity)), arity)
    np.add.at(total, owner, parts)
    return total


def _mixed(columns: Ints) -> npt.NDArray[np.uint64]:
    mixed = np.zeros(len(columns), np.uint64)
    for column in columns.T:
        mixed = (mixed ^ column.astype(np.uint64)) * _FACTOR
        mixed ^= mixed >> np.uint64(29)
    return mixed


def _uses(
    side: LogicalColumns, kept: Ints, at: Ints, arity: Ints, n_qubits: int
) -> tuple[Ints, Ints, Ints]:
    """Operation, qubit or bit, and axis of every use: by operand, then of the bits."""
    op = np.repeat(np.arange(len(kept)), arity)
    reads, writes = np.flatnonzero(side.cond[kept] >= 0), np.flatnonzero(side.bit[kept] >= 0)
    of = np.concatenate(
        [
            side.qubits[at],
            n_qubits + (side.cond[kept][reads] >> 1),
            n_qubits + side.bit[kept][writes],
        ]
    )
    axis = np.concatenate(
        [_axes(side, kept, arity), np.full(len(reads), _AXES["Z"]), np.full(len(writes), ALONE)]
    )
    return np.concatenate([op, reads, writes]), of, axis


def _blocks(side: LogicalColumns, kept: Ints, at: Ints, arity: Ints, n_qubits: int) -> Ints:
    """By operand, which block of its qubit the operation is in."""
    op, of, axis = _uses(side, kept, at, arity, n_qubits)
    order = np.lexsort((op, of))
    sorted_of, sorted_axis = of[order], axis[order]
    fresh = np.ones(len(order), np.bool_)
    other = sorted_of[1:] != sorted_of[:-1]
    fresh[1:] = other | (sorted_axis[1:] != sorted_axis[:-1]) | (sorted_axis[1:] == ALONE)
    count = np.cumsum(fresh)
    start = np.flatnonzero(np.concatenate([[True], other]))[: len(order)]
    base = np.repeat(count[start], np.diff([*start.tolist(), len(order)]))
    block = np.empty(len(order), np.int64)
    block[order] = count - base
    return block[: len(at)]


def _axes(side: LogicalColumns, kept: Ints, arity: Ints) -> Ints:
    known = np.full((len(OPERATIONS), WIDEST), ALONE)
    for op in OPERATIONS:
        if op.is_unitary and op.arity:
            known[op.code, : op.arity] = [
                _AXES.get(op.axis(k) or "", ALONE) for k in range(op.arity)
            ]
    code = np.repeat(side.table.opcode[side.row[kept]], arity)
    axis = known[code, np.minimum(places_of(arity), WIDEST - 1)]
    axis[code == DIAGONAL] = _AXES["Z"]
    turned = code == ROT
    if turned.any():
        words = np.repeat(side.table.attr[side.row[kept]], arity)[turned]
        letters = letters_of(side.table, words, places_of(arity)[turned])
        axis[turned] = np.array([_AXES.get(chr(c), ALONE) for c in range(128)])[letters]
    return axis.astype(np.int64)
