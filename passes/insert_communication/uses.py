"""Which operands are served by copies, and when a copy is wanted again."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from qdsl.ir.axes import rows_of_operands, z_diagonal
from qdsl.ir.operations import OPERATIONS
from qdsl.ir.stages import PlacedCircuit

Column = npt.NDArray[np.int64]


def moving_rows(placed: PlacedCircuit) -> npt.NDArray[np.bool_]:
    """Rows before which a qubit changes its residence, bool[n]."""
    table = placed.circuit.table
    order = np.argsort(table.operands, kind="stable")
    qubit, lives = table.operands[order], placed.residence[order]
    before = np.roll(lives, 1)
    first = np.roll(qubit, 1) != qubit
    first[:1] = True
    before[first] = placed.home[qubit[first]]
    flags = np.zeros(len(table), np.bool_)
    flags[rows_of_operands(table)[order[lives != before]]] = True
    return flags


def plain_rows(placed: PlacedCircuit) -> npt.NDArray[np.bool_]:
    """Rows that need no communication at all: local gates without a condition, bool[n]."""
    table = placed.circuit.table
    is_gate = np.array([op.is_unitary for op in OPERATIONS])
    plain: npt.NDArray[np.bool_] = is_gate[table.opcode] & (table.cond < 0)
    plain &= ~moving_rows(placed)
    plain[rows_of_operands(table)[served_uses(placed)]] = False
    return plain


def served_uses(placed: PlacedCircuit) -> Column:
    """Positions in the table's operands of those that live elsewhere than their row happens."""
    site = placed.site[rows_of_operands(placed.circuit.table)]
    return np.flatnonzero((site >= 0) & (site != placed.residence))


def epochs(placed: PlacedCircuit) -> Column:
    """Beside the operands: uses of one qubit share a number while copies of it may stay open,
    that is until it moves or a row is not diagonal on it."""
    table = placed.circuit.table
    order = np.argsort(table.operands, kind="stable")
    qubit, residence = table.operands[order], placed.residence[order]
    begins = ~z_diagonal(table)[order]
    begins[:1] = True
    begins[1:] |= (qubit[1:] != qubit[:-1]) | (residence[1:] != residence[:-1])
    epoch = np.empty(len(order), np.int64)
    epoch[order] = np.cumsum(begins)
    return epoch


def first_uses(
    placed: PlacedCircuit, rank: Column, epoch: Column, and_homes: bool
) -> tuple[Column, Column]:
    """For every copy that is wanted, its node and the rank of the first row that it serves, or,
    `and_homes`, for which its qubit comes to live there; and where those of an epoch begin, one
    more at the end."""
    starts = np.zeros(int(epoch.max(initial=0)) + 2, np.int64)
    row = rows_of_operands(placed.circuit.table).astype(np.int64)
    served = served_uses(placed)
    of, node, turn = epoch[served], placed.site[row[served]].astype(np.int64), rank[row[served]]
    if and_homes:
        moved, home, then = _moves(placed, epoch, rank[row])
        of, node, turn = (np.concatenate(x) for x in ((of, moved), (node, home), (turn, then)))
    order = np.lexsort((turn, node, of))
    keys = np.stack([of, node], axis=1)[order]
    is_first = np.ones(len(keys), np.bool_)
    is_first[1:] = (keys[1:] != keys[:-1]).any(axis=1)
    starts[1:] = np.cumsum(np.bincount(keys[is_first, 0], minlength=len(starts) - 1))
    return np.stack([keys[is_first, 1], turn[order][is_first]], axis=1), starts


def next_uses(placed: PlacedCircuit, rank: Column) -> Column:
    """For every operand served by a copy, the rank of the row that next wants that copy: one of
    the same epoch that it serves, or the row for which the qubit goes to live at its node.
    -1: none. `rank[row]` is the row's turn."""
    row = rows_of_operands(placed.circuit.table).astype(np.int64)
    epoch = epochs(placed)
    site = placed.site.astype(np.int64)[row]
    turn = rank[row]
    served = served_uses(placed)
    served = served[np.lexsort((turn[served], site[served], epoch[served]))]
    now, then = served[:-1], served[1:]
    same = (epoch[then] == epoch[now]) & (site[then] == site[now])
    again = np.full(len(row), -1, np.int64)
    again[now[same]] = turn[then[same]]
    last = served[np.append(~same, True)] if len(served) else served
    home, moves = _next_homes(placed, epoch, turn)
    taken_over = home[epoch[last]] == site[last]
    again[last[taken_over]] = moves[epoch[last[taken_over]]]
    return again


def _moves(placed: PlacedCircuit, epoch: Column, turn: Column) -> tuple[Column, Column, Column]:
    """Epochs after which a qubit goes elsewhere, where it goes, and the turn of the row for which
    it does."""
    home, begins = _next_homes(placed, epoch, turn)
    now = np.full(len(home), -1, np.int64)
    now[epoch] = placed.residence
    moved = np.flatnonzero((home >= 0) & (now >= 0) & (home != now))
    return moved, home[moved], begins[moved]


def _next_homes(placed: PlacedCircuit, epoch: Column, turn: Column) -> tuple[Column, Column]:
    """For every epoch the node where the same qubit lives in its next one and the turn of the
    row that begins it; -1 where there is none."""
    n = int(epoch.max(initial=0)) + 2
    qubit, home, begins = (np.full(n, -1, np.int64) for _ in range(3))
    order = np.argsort(turn, kind="stable")[::-1]  # the earliest use of an epoch is written last
    qubit[epoch[order]] = placed.circuit.table.operands[order]
    home[epoch[order]] = placed.residence[order]
    begins[epoch[order]] = turn[order]
    same = np.append(qubit[1:] == qubit[:-1], False)
    return np.where(same, np.roll(home, -1), -1), np.where(same, np.roll(begins, -1), -1)
