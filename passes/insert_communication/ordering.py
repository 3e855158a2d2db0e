"""An order of rows in which copies serve all they can before they close.

Rows that are diagonal on all the qubits they share commute. Of the rows that may come next,
those that need no new copy go first; then a copy is opened for which every use that is left is
ready, so that it can be closed at once, or else the one that is needed first.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from qdsl.ir.axes import rows_of_operands, z_diagonal
from qdsl.ir.operations import OPERATIONS, Kind
from qdsl.ir.stages import PlacedCircuit
from qdsl.passes.insert_communication.ordering_kernel import (
    CommutingRows,
    OrderingState,
    put_in_order,
)
from qdsl.passes.insert_communication.uses import epochs, moving_rows, served_uses
from qdsl.records import dataclass

Column = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


def packed_order(placed: PlacedCircuit) -> Column:
    """The rows of the placed circuit in an order with the same channel."""
    n = len(placed.circuit.table)
    if not len(served_uses(placed)):
        return np.arange(n)
    given, heaps = _given(placed), 4 * n
    now = _beginning(given, heaps)
    while not put_in_order(given, now):
        heaps *= 2
        now = _beginning(given, heaps)
    return now.order


def _fences(placed: PlacedCircuit) -> Flags:
    """Rows that nothing may pass: where qubits move, bits are touched, or values were told."""
    table = placed.circuit.table
    is_fence = np.array([op.kind in (Kind.MEASURE, Kind.BARRIER) for op in OPERATIONS])
    fence: Flags = is_fence[table.opcode] | (table.cond >= 0) | moving_rows(placed)
    fence[[d.before for d in placed.circuit.disclosures if d.before < len(table)]] = True
    return fence


@dataclass(frozen=True, slots=True, eq=False)
class _Groups:
    """Uses of one qubit that commute form a group; groups of a qubit follow one another.

    `of` is the group of every operand, `rows[start[g]:start[g + 1]]` are the rows of group g;
    `has_next[g]`: group g + 1 is the same qubit's, with no fence between.
    """

    of: Column
    start: Column
    rows: Column
    has_next: Flags


def _groups(placed: PlacedCircuit, fences: Flags) -> _Groups:
    table = placed.circuit.table
    row = rows_of_operands(table).astype(np.int64)
    segment = (np.cumsum(fences) * 2 - fences)[row]  # a fence is a segment of its own
    order = np.argsort(table.operands, kind="stable")
    qubit, part, diagonal = table.operands[order], segment[order], z_diagonal(table)[order]
    apart = np.ones(len(order), np.bool_)
    apart[1:] = (qubit[1:] != qubit[:-1]) | (part[1:] != part[:-1])
    begins = apart | ~diagonal
    begins[1:] |= ~diagonal[:-1]
    of = np.empty(len(order), np.int64)
    of[order] = np.cumsum(begins) - 1
    start = np.append(np.flatnonzero(begins), len(order))
    has_next = np.append(~apart[start[1:-1]], False)
    return _Groups(of, start, row[order], has_next)


def _room(placed: PlacedCircuit) -> Column:
    """Copies to keep open at every node: all communication qubits but one, which pairs need,
    and never fewer than one row takes."""
    rows = rows_of_operands(placed.circuit.table)[served_uses(placed)]
    wanted = [comm - 1 for comm in placed.network.free_comm]
    row, copies = np.unique(rows, return_counts=True)
    for site, count in set(zip(placed.site[row].tolist(), copies.tolist(), strict=True)):
        wanted[site] = max(wanted[site], count)
    return np.array(wanted, np.int64)


def _given(placed: PlacedCircuit) -> CommutingRows:
    table, network = placed.circuit.table, placed.network
    fences = _fences(placed)
    groups = _groups(placed, fences)
    uses = served_uses(placed)
    site = placed.site[rows_of_operands(table)[uses]].astype(np.int64)
    keys, which = np.unique(epochs(placed)[uses] << 16 | site, return_inverse=True)
    copy = np.full(len(placed.residence), -1, np.int64)
    copy[uses] = which
    homes = np.empty(len(keys), np.int64)
    homes[which] = placed.residence[uses]
    node = keys & 0xFFFF
    table_of_hops = np.maximum(np.array(network.routing.price, np.int64), 0)
    hops = table_of_hops[homes, node]
    return CommutingRows(
        table.operand_start, groups.of, groups.start, groups.rows, groups.has_next,
        np.flatnonzero(fences), copy, keys >> 16, node, hops, _room(placed), bool(hops.max() > 1),
    )  # fmt: skip


def _beginning(g: CommutingRows, heaps: int) -> OrderingState:
    n, n_copies = len(g.start) - 1, len(g.node)
    waits = np.append(False, g.has_next[:-1])[g.group]
    rows = np.repeat(np.arange(n), np.diff(g.start))
    head, tail, waiting = (np.zeros(n_copies, np.int64) for _ in range(3))
    free, complete, first = (np.zeros(size, np.int64) for size in (n, heaps, heaps))
    held = np.zeros((len(g.room), max(0, int(g.room.max())) + 2), np.int64)
    return OrderingState(
        np.diff(g.group_start), np.bincount(rows[waits], minlength=n),
        np.bincount(g.copy[g.copy >= 0], minlength=n_copies), head, tail, np.zeros(n, np.int64),
        waiting, np.zeros(n_copies, np.bool_), held, np.zeros(len(g.room), np.int64), free,
        complete, first, np.zeros(n, np.int64), np.zeros(4, np.int64),
    )  # fmt: skip
