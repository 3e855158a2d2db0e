"""An order of rows in which copies serve all they can before they close.

Rows that are diagonal on all the qubits they share commute. Of the rows that may come next,
those that need no new copy go first; then a copy is opened for which every use that is left is
ready, so that it can be closed at once, or else the one that is needed first.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from heapq import heappop, heappush

import numpy as np
import numpy.typing as npt

from qdsl.communication.uses import epochs, moving_rows, served_uses
from qdsl.ir.axes import rows_of_operands, z_diagonal
from qdsl.ir.operations import OPERATIONS, Kind
from qdsl.ir.stages import PlacedCircuit

Column = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


def packed_order(placed: PlacedCircuit) -> Column:
    """The rows of the placed circuit in an order with the same channel."""
    n = len(placed.circuit.table)
    if not len(served_uses(placed)):
        return np.arange(n)
    return np.array(_Ordering(placed).run(), np.int64)


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


def _room(placed: PlacedCircuit) -> list[int]:
    """Copies to keep open at every node: all communication qubits but one, which pairs need,
    and never fewer than one row takes."""
    rows = rows_of_operands(placed.circuit.table)[served_uses(placed)]
    wanted = [node.comm - 1 for node in placed.network.nodes]
    row, copies = np.unique(rows, return_counts=True)
    for site, count in set(zip(placed.site[row].tolist(), copies.tolist(), strict=True)):
        wanted[site] = max(wanted[site], count)
    return wanted


class _Ordering:
    def __init__(self, placed: PlacedCircuit) -> None:
        table = placed.circuit.table
        self._operand_start = table.operand_start.tolist()
        fences = _fences(placed)
        groups = _groups(placed, fences)
        self._group, self._group_start = groups.of.tolist(), groups.start.tolist()
        self._members, self._has_next = groups.rows.tolist(), groups.has_next.tolist()
        self._left = np.diff(groups.start).tolist()
        waits = np.append(False, groups.has_next[:-1])[groups.of]
        rows = rows_of_operands(table)
        self._blocked = np.bincount(rows[waits], minlength=len(table)).tolist()
        self._fence_rows = np.flatnonzero(fences).tolist()
        self._copies(placed)
        self._free: list[int] = []
        self._waiting: dict[int, list[int]] = {}  # rows that only need this copy, or it first
        self._complete: list[tuple[int, int]] = []
        self._first: list[tuple[int, int]] = []
        self._open: set[int] = set()
        self._held: list[deque[int]] = [deque() for _ in placed.network.nodes]
        self._room = _room(placed)
        self._order: list[int] = []

    def _copies(self, placed: PlacedCircuit) -> None:
        """Keys of copies, `epoch << 16 | node`, beside the operands; -1: none is needed."""
        uses = served_uses(placed)
        site = placed.site[rows_of_operands(placed.circuit.table)[uses]].astype(np.int64)
        key = np.full(len(placed.residence), -1, np.int64)
        key[uses] = epochs(placed)[uses] << 16 | site
        self._key: list[int] = key.tolist()
        keys, counts = np.unique(key[uses], return_counts=True)
        self._uses: dict[int, int] = dict(zip(keys.tolist(), counts.tolist(), strict=True))
        network = placed.network
        homes = placed.residence[uses].tolist()
        self._hops = {
            k: network.hops(home, k & 0xFFFF) or 0
            for k, home in zip(key[uses].tolist(), homes, strict=True)
        }
        self._is_sparse = max(self._hops.values()) > 1

    def run(self) -> list[int]:
        n = len(self._blocked)
        first = 0
        for fence in (*self._fence_rows, n):
            for row in range(first, fence):
                if not self._blocked[row]:
                    self._ready(row)
            self._drain()
            if fence < n:
                self._write(fence)
            first = fence + 1
        return self._order

    def _drain(self) -> None:
        while True:
            while self._free:
                self._write(heappop(self._free))
            key = self._next_copy()
            if key is None:
                return
            self._hold(key)
            for row in self._waiting.pop(key):
                self._ready(row)

    def _next_copy(self) -> int | None:
        for heap in (self._complete, self._first):
            while heap and heap[0][1] not in self._waiting:
                heappop(heap)
            if heap:
                return self._farthest(heap[0][1])
        return None

    def _farthest(self, key: int) -> int:
        """Of the copies of one qubit that are wanted now, the one with the longest way: the
        others may be made on the way."""
        if not self._is_sparse:
            return key
        siblings = [key >> 16 << 16 | node for node in range(len(self._room))]
        wanted = [k for k in siblings if k in self._waiting]
        return max(wanted, key=lambda k: (self._hops[k], -k))

    def _hold(self, key: int) -> None:
        """Open a copy; as many stay open at a node as leave a communication qubit free."""
        node = key & 0xFFFF
        held = self._held[node]
        self._open.add(key)
        held.append(key)
        while len(held) > self._room[node]:
            self._open.discard(held.popleft())

    def _ready(self, row: int) -> None:
        for k in range(self._operand_start[row], self._operand_start[row + 1]):
            key = self._key[k]
            if key >= 0 and key not in self._open:
                self._wait(row, key)
                return
        heappush(self._free, row)

    def _wait(self, row: int, key: int) -> None:
        rows = self._waiting.setdefault(key, [])
        if not rows:
            heappush(self._first, (row, key))
        rows.append(row)
        if len(rows) == self._uses[key]:
            heappush(self._complete, (rows[0], key))

    def _write(self, row: int) -> None:
        self._order.append(row)
        for k in range(self._operand_start[row], self._operand_start[row + 1]):
            key = self._key[k]
            if key >= 0:
                self._uses[key] -= 1
                if not self._uses[key] and key in self._open:
                    self._open.discard(key)
                    self._held[key & 0xFFFF].remove(key)
            group = self._group[k]
            self._left[group] -= 1
            if not self._left[group] and self._has_next[group]:
                self._unblock(group + 1)

    def _unblock(self, group: int) -> None:
        for row in self._members[self._group_start[group] : self._group_start[group + 1]]:
            self._blocked[row] -= 1
            if not self._blocked[row]:
                self._ready(row)
