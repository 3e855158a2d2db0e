"""Pairs, local operations and messages in compiled loops, where every two nodes are linked and no
operation has a condition: the rows that `insertion` writes one by one, the same to the byte."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

import numpy as np
import numpy.typing as npt

from qdsl.ir.operations import BY_NAME, OPERATIONS, Kind
from qdsl.ir.stages import ROLES, DistributedCircuit, PlacedCircuit
from qdsl.ir.table import OpTable
from qdsl.network.move_order import Hop, order_moves
from qdsl.passes.insert_communication import direct_kernel as kernel
from qdsl.passes.insert_communication.uses import moving_rows, next_uses, plain_rows

Column = npt.NDArray[np.int64]
N = TypeVar("N", bound=np.generic)
MOST_COPIES: Final = 1 << 22  # qubits times nodes; a table is kept of them
ROWS_AT_ONCE: Final = 1 << 19
ROWS_OF_USE: Final = 20  # at most: two copies close, one opens and closes, or a qubit moves
_GATES: Final = ("ebit", "cx", "h", "x", "z", "swap", "measure", "send")
_ROLES: Final = ("local", "cat-entangler", "cat-disentangler", "teledata", "handover")


def is_direct(ir: PlacedCircuit) -> bool:
    """Is this a program for these loops?"""
    nodes, table = range(len(ir.network.nodes)), ir.circuit.table
    if not len(table) or len(nodes) < 2 or len(nodes) * ir.circuit.n_qubits > MOST_COPIES:
        return False
    linked = all(ir.network.hops(a, b) == 1 for a in nodes for b in nodes if a != b)
    return linked and not (table.cond >= 0).any()


def inserted_directly(
    ir: PlacedCircuit, order: Column, keep_copies: bool, gates_per_ebit: int
) -> DistributedCircuit | None:
    """The distributed program; None where a node has too few communication qubits for a row."""
    given = _given(ir, order, keep_copies, gates_per_ebit)
    codes = kernel.Codes(*(BY_NAME[name].code for name in _GATES), *map(ROLES.index, _ROLES))
    now, written = _nothing_open(ir), _Written()
    widest = int(ir.circuit.table.arity.max(initial=0)) + int(np.diff(given.hop_start).max())
    margin = ROWS_OF_USE * (widest + 1)
    out = _columns(2 * margin + min(ROWS_AT_ONCE, 16 * len(order)), ir.circuit.n_qubits)
    turn = 0
    while 0 <= turn < len(order):
        turn = kernel.insert_rows(given, codes, now, out, turn, margin)
        written.take(out)
    return None if turn < 0 else written.program(ir, now, gates_per_ebit)


def _given(
    ir: PlacedCircuit, order: Column, keep_copies: bool, gates_per_ebit: int
) -> kernel.Given:
    table = ir.circuit.table
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    of_kind = {Kind.BARRIER: kernel.BARRIER, Kind.MOVE: kernel.MOVE}
    kinds = np.array([of_kind.get(op.kind, kernel.OTHER) for op in OPERATIONS])
    kinds[BY_NAME["measure"].code] = kernel.MEASURE
    kind = kinds[table.opcode]
    kind[plain_rows(ir)] = kernel.PLAIN
    return kernel.Given(
        order.astype(np.int64), table.operand_start, table.operands,
        table.opcode.astype(np.int64), table.angle, table.attr, kind, ir.site.astype(np.int64),
        ir.residence.astype(np.int64), next_uses(ir, rank), *_hops(ir), keep_copies,
        gates_per_ebit,
    )  # fmt: skip


def _hops(ir: PlacedCircuit) -> tuple[Column, Column, Column, Column]:
    """How qubits get to where they live next: columns of `Given`."""
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
        hops = order_moves(ir.network, free, moves) or ()
        for hop in hops:
            location[hop.qubit] = hop.target
            free[hop.source] += 1
            free[hop.target] -= 1
        counts[row] = len(hops)
        found += hops
    columns = np.array([(h.qubit, h.source, h.target, h.waits) for h in found], np.int64)
    stores = np.array([len(h.stores) for h in found], np.int64)
    stored = np.array([q for h in found for q in h.stores], np.int64)
    return _starts(counts), columns.reshape(-1, 4), _starts(stores), stored


def _starts(counts: Column) -> Column:
    return np.concatenate([[0], np.cumsum(counts)])


def _nothing_open(ir: PlacedCircuit) -> kernel.Now:
    n, nodes = ir.circuit.n_qubits, ir.network.nodes
    copy, group, again, served = (np.full((n, len(nodes)), -1, np.int64) for _ in range(4))
    comm = np.array([node.comm for node in nodes], np.int64)
    at, n_at = np.zeros((len(nodes), int(comm.max()) + 1), np.int64), np.zeros_like(comm)
    latest = np.full(ir.circuit.n_bits, -1, np.int64)
    return kernel.Now(
        np.arange(n),
        ir.home.astype(np.int64),
        copy,
        group,
        again,
        served,
        at,
        n_at,
        comm,
        latest,
        np.zeros((n, 2), np.int64),
    )


def _columns(rows: int, n_qubits: int) -> kernel.Out:
    end, angle, cond, attr, origin, group = (np.empty(rows, np.int32) for _ in range(6))
    return kernel.Out(
        np.empty(rows, np.uint16), end, np.empty(2 * rows, np.int32), angle, cond, attr, origin,
        np.empty(rows, np.uint8), group, np.empty(rows, np.int16), np.empty(rows, np.bool_),
        np.empty(rows, np.int16), np.array([0, 0, 0, 0, n_qubits, 0, 0], np.int64),
        np.array([0, ROLES.index("local"), -1], np.int64),
    )  # fmt: skip


@dataclass(slots=True)
class _Written:
    """Columns taken from the loops, part by part."""

    parts: dict[str, list[npt.NDArray[Any]]] = field(default_factory=dict)
    n_operands: int = 0

    def take(self, out: kernel.Out) -> None:
        """Take what there is, and make the columns empty."""
        rows, operands, wires, bits = out.counts[:4].tolist()
        sizes = {"operands": operands, "wire_node": wires, "wire_is_comm": wires, "bit_node": bits}
        for name in out._fields[:-2]:
            column: npt.NDArray[Any] = getattr(out, name)
            self.parts.setdefault(name, []).append(column[: sizes.get(name, rows)].copy())
        self.parts["end"][-1] += np.int32(self.n_operands)
        self.n_operands += operands
        out.counts[:4] = 0

    def program(
        self, ir: PlacedCircuit, now: kernel.Now, gates_per_ebit: int
    ) -> DistributedCircuit:
        column = {name: _frozen(np.concatenate(parts)) for name, parts in self.parts.items()}
        source = ir.circuit.table
        start = _frozen(np.concatenate([np.zeros(1, np.int32), column["end"]]))
        table = OpTable(
            column["code"],
            start,
            column["operands"],
            column["angle"],
            column["cond"],
            column["attr"],
            _frozen(source.span[column["origin"]]),
            source.words,
            source.spans,
        )
        n = ir.circuit.n_qubits
        wire_node = np.concatenate([ir.home.astype(np.int16), column["wire_node"]])
        is_comm = np.concatenate([np.zeros(n, np.bool_), column["wire_is_comm"]])
        return DistributedCircuit(
            ir,
            table,
            ir.circuit.values,
            _frozen(wire_node),
            _frozen(is_comm),
            column["bit_node"],
            column["origin"],
            column["role"],
            column["group"],
            _frozen(np.arange(n, dtype=np.int32)),
            _frozen(now.wire.astype(np.int32)),
            _frozen(now.latest.astype(np.int32)),
            gates_per_ebit,
        )


def _frozen(column: npt.NDArray[N]) -> npt.NDArray[N]:
    column.flags.writeable = False
    return column
