"""Pairs, local operations and messages for a placed circuit, row by row, in compiled loops."""

from __future__ import annotations

from dataclasses import field
from typing import Final, TypeVar

import numpy as np
import numpy.typing as npt

from qdsl.diagnostics.diagnostic import InternalError, InvalidProgram
from qdsl.ir.jit import suited
from qdsl.ir.operations import OPERATIONS, Kind
from qdsl.ir.stages import DistributedCircuit, PlacedCircuit
from qdsl.ir.table import OpTable
from qdsl.network.errors import BitOverwrittenConditionally
from qdsl.network.move_order import Hop, order_moves
from qdsl.passes.insert_communication import insertion_kernel as kernel
from qdsl.passes.insert_communication import writing_kernel as writing
from qdsl.passes.insert_communication.bodies import bodies, n_bits
from qdsl.passes.insert_communication.ordering import packed_order
from qdsl.passes.insert_communication.uses import (
    epochs,
    first_uses,
    moving_rows,
    next_uses,
    plain_rows,
)
from qdsl.records import dataclass

Column = npt.NDArray[np.int64]
N = TypeVar("N", bound=np.generic)
_NONE_WANTED: Final = np.zeros((0, 2), np.int64), np.zeros(1, np.int64)  # over single links
ROWS_AT_ONCE: Final = 1 << 19
ROWS_OF_USE: Final = 20  # over one link: two copies close, one opens and closes, or a qubit moves


def inserted(
    ir: PlacedCircuit, keep_copies: bool = True, reorder: bool = True, gates_per_ebit: int = 0
) -> DistributedCircuit:
    """The distributed program of a placed circuit. `keep_copies`: one copy may serve many
    operations; `reorder`: rows that commute may change places, for fewer copies;
    `gates_per_ebit`: the most that a copy serves, 0: any number."""
    order = packed_order(ir) if reorder else np.arange(len(ir.circuit.table))
    return inserted_in(ir, order, keep_copies, gates_per_ebit)


def inserted_in(
    ir: PlacedCircuit, order: Column, keep_copies: bool, gates_per_ebit: int
) -> DistributedCircuit:
    """The same, for rows in this order."""
    given, margin = _given(ir, order, keep_copies, gates_per_ebit), _margin(ir)
    while True:
        written = _written(ir, given, margin)
        if written is not None:
            return written.program(gates_per_ebit)
        margin *= 4


def _written(ir: PlacedCircuit, given: kernel.PlacedRows, margin: int) -> _Written | None:
    """None if a row took more than the margin."""
    written = _Written(
        ir, _nothing_open(ir), _columns(2 * margin + _expected(ir), ir.circuit.n_qubits)
    )
    parts = kernel.Parts(given, bodies(), written.now, _roles(ir, given), written.out)
    insert_rows = suited(kernel.insert_rows, len(given.order))
    turn = 0
    while written.take():
        if turn == len(given.order):
            return written
        turn, fault = insert_rows(parts, turn, margin)
        if fault != kernel.FINISHED:
            raise _failed(ir, int(given.order[turn]), fault)
    return None


def _failed(ir: PlacedCircuit, at: int, fault: int) -> Exception:
    row, spans = ir.circuit.table.row(at), ir.circuit.table.spans
    if fault == kernel.OVERWRITTEN:
        span = spans[row.span] if row.span >= 0 else None
        return InvalidProgram((BitOverwrittenConditionally(row.attr, span),))
    return InternalError("insert-communication", "a communication qubit is free", f"row {at}")


def _expected(ir: PlacedCircuit) -> int:
    return min(ROWS_AT_ONCE, 16 * len(ir.circuit.table))


def _margin(ir: PlacedCircuit) -> int:
    """Room for one row, as long as not very much is closed for it."""
    table, nodes = ir.circuit.table, len(ir.network.nodes)
    return ROWS_OF_USE * (int(table.arity.max(initial=0)) + 1) * max(nodes, 2)


# ---- what the loops read ---------------------------------------------------------------


def _given(
    ir: PlacedCircuit, order: Column, keep_copies: bool, gates_per_ebit: int
) -> kernel.PlacedRows:
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    hops, first_hop, stored = _hops(ir)
    epoch = epochs(ir)
    uses = _beside(ir.circuit.table.operands, ir.residence, next_uses(ir, rank), epoch)
    links, before, price = _routes(ir)
    is_sparse = bool((links > 1).any())
    passed_on = first_uses(ir, rank, epoch, keep_copies) if is_sparse else _NONE_WANTED
    return kernel.PlacedRows(
        order.astype(np.int64), _rows(ir, first_hop), uses, hops, stored, *passed_on,
        links, before, price, np.array(ir.network.free_comm, np.int64), keep_copies,
        gates_per_ebit,
    )  # fmt: skip


def _beside(*columns: npt.NDArray[np.generic]) -> npt.NDArray[np.int32]:
    """One array of these columns."""
    return np.stack([column.astype(np.int32) for column in columns], axis=1)


def _rows(ir: PlacedCircuit, first_hop: Column) -> npt.NDArray[np.int32]:
    table = ir.circuit.table
    of_kind = {Kind.BARRIER: kernel.BARRIER, Kind.MOVE: kernel.MOVE, Kind.MEASURE: kernel.MEASURE}
    kind = np.array([of_kind.get(op.kind, kernel.OTHER) for op in OPERATIONS])[table.opcode]
    kind[plain_rows(ir)] = kernel.PLAIN
    columns = (table.opcode, table.angle, table.cond, table.attr, kind, ir.site)
    ended = (np.append(column, 0) for column in columns)  # one row more, for where uses end
    return _beside(*ended, table.operand_start, first_hop)


def _hops(ir: PlacedCircuit) -> tuple[Column, Column, Column]:
    """How qubits get to where they live next: `hops` and, by row, the first; and `stored`."""
    table, location = ir.circuit.table, ir.home.tolist()
    free = [node.qubits for node in ir.network.nodes]
    for node in location:
        free[node] -= 1
    counts = np.zeros(len(table), np.int64)
    found: list[Hop] = []
    for row in np.flatnonzero(moving_rows(ir)).tolist():
        a, b = table.operand_start[row : row + 2]
        lives = zip(table.operands[a:b].tolist(), ir.residence[a:b].tolist(), strict=True)
        moves = {q: (location[q], node) for q, node in lives if location[q] != node}
        hops = order_moves(ir.network, free, moves)
        if hops is None:  # on routes that the placement was not made for
            raise InternalError("insert-communication", "moves have an order", f"row {row}")
        for hop in hops:
            location[hop.qubit] = hop.target
            free[hop.source] += 1
            free[hop.target] -= 1
        counts[row] = len(hops)
        found += hops
    stores = _starts(np.array([len(h.stores) for h in found], np.int64))
    numbers = [(h.qubit, h.source, h.target, h.waits) for h in found]
    columns = np.array([*numbers, (0, 0, 0, 0)], np.int64)
    stored = np.array([q for h in found for q in h.stores], np.int64)
    return np.column_stack([columns, stores]), _starts(counts), stored


def _starts(counts: Column) -> Column:
    return np.concatenate([[0], np.cumsum(counts)])


def _routes(ir: PlacedCircuit) -> tuple[Column, Column, Column]:
    """Links between every two nodes, the last node but one on the way, and what it costs."""
    found = ir.network.routing
    links = np.array(found.hops, np.int64)
    price = np.array(found.price, np.int64)
    links, price = (np.where(way < 0, kernel.NEVER, way) for way in (links, price))
    return links, np.array(found.before, np.int64), price


# ---- what they write -------------------------------------------------------------------


def _nothing_open(ir: PlacedCircuit) -> kernel.InsertionState:
    circuit, comm = ir.circuit, np.array(ir.network.free_comm, np.int64)
    qubits = np.full((circuit.n_qubits, 4), -1, np.int64)
    qubits[:, kernel.WIRE], qubits[:, kernel.LOCATION] = np.arange(circuit.n_qubits), ir.home
    bits = circuit.n_bits if (circuit.table.cond >= 0).any() else 0
    return kernel.InsertionState(
        qubits,
        np.full((int(comm.sum()) + 1, 6), -1, np.int64),
        np.cumsum(comm) - comm,
        np.zeros_like(comm),
        np.full(2, -1, np.int64),
        np.full((circuit.n_bits, 2), -1, np.int64),
        np.full((bits, len(comm)), -1, np.int32),
        np.zeros((4 * len(comm), 6), np.int64),
    )


def _roles(ir: PlacedCircuit, given: kernel.PlacedRows) -> writing.Roles:
    nodes = len(ir.network.nodes)
    wires, sites = np.zeros(len(writing.NAMED_WIRES), np.int64), np.zeros(3, np.int64)
    return writing.Roles(
        wires,
        np.zeros(n_bits(), np.int64),
        sites,
        np.zeros(nodes + 1, np.int64),
        np.zeros(2 * nodes, np.int64),
        np.zeros((nodes, n_bits()), np.int64),
        given.room.copy(),
    )


def _columns(rows: int, n_qubits: int) -> writing.Out:
    counts = np.zeros(10, np.int64)
    counts[writing.ALL_WIRES], counts[writing.NOW_GROUP] = n_qubits, -1
    return writing.Out(
        np.empty((rows, 8), np.int32),
        np.empty(2 * rows, np.int32),
        np.empty((rows, 2), np.int32),
        np.empty(rows, np.int32),
        counts,
    )


@dataclass(slots=True)
class _Written:
    """Columns taken from the loops, part by part."""

    ir: PlacedCircuit
    now: kernel.InsertionState
    out: writing.Out
    parts: list[list[npt.NDArray[np.int32]]] = field(default_factory=lambda: [[], [], [], []])

    def take(self) -> bool:
        """Take what there is, and make the columns empty. False if they were too short."""
        before = sum(map(len, self.parts[1]))
        out = (self.out.rows, self.out.operands, self.out.wires, self.out.bits)
        columns = zip(self.parts, out, self.out.counts.tolist(), strict=False)
        for part, column, count in columns:
            if count > len(column):
                return False
            part.append(column[:count].copy())
        self.parts[0][-1][:, writing.END] += before
        self.out.counts[: len(self.parts)] = 0
        return True

    def program(self, gates_per_ebit: int) -> DistributedCircuit:
        ir, n = self.ir, self.ir.circuit.n_qubits
        rows, operands, wires, bits = map(np.concatenate, self.parts)
        column = [_frozen(rows[:, k], np.int32) for k in range(rows.shape[1])]
        source = ir.circuit.table
        origin = column[writing.ORIGIN]
        table = OpTable(
            _frozen(column[writing.CODE], np.uint16),
            _frozen(np.append(np.int32(0), column[writing.END]), np.int32),
            _frozen(operands, np.int32),
            column[writing.ANGLE],
            column[writing.COND],
            column[writing.ATTR],
            _frozen(source.span[origin], np.int32),
            source.words,
            source.spans,
        )
        return DistributedCircuit(
            ir, table, ir.circuit.values,
            _frozen(np.concatenate([ir.home, wires[:, writing.NODE]]), np.int16),
            _frozen(np.append(np.zeros(n, np.bool_), wires[:, writing.IS_COMM]), np.bool_),
            _frozen(bits, np.int16), origin, _frozen(column[writing.ROLE], np.uint8),
            column[writing.GROUP], _frozen(np.arange(n), np.int32),
            _frozen(self.now.qubits[:, kernel.WIRE], np.int32),
            _frozen(self.now.latest[:, kernel.LATEST], np.int32), gates_per_ebit,
        )  # fmt: skip


def _frozen(column: npt.NDArray[np.generic], to: type[N]) -> npt.NDArray[N]:
    made = np.array(column, to)
    made.flags.writeable = False
    return made
