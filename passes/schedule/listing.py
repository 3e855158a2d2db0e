"""List scheduling: what could start first goes first."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from qdsl.ir.axes import rows_of_operands
from qdsl.ir.lifetimes import lifetimes, wire_uses
from qdsl.ir.stages import DistributedCircuit
from qdsl.ir.swapped import limited_paths
from qdsl.ir.table import OpTable
from qdsl.passes.schedule.clock_records import ClockRows, ClockState, Column, PairState, Wires
from qdsl.passes.schedule.listing_kernel import NEVER, Dependences, Listing, Room, list_loop

N = TypeVar("N", bound=np.generic)


def listed(
    program: DistributedCircuit, rows: ClockRows, wires: Wires, now: ClockState, pairs: PairState
) -> DistributedCircuit:
    """The same program in an order in which independent links run side by side.

    Of the rows that could start first, the one with the longest way to the end comes next. A row
    that begins a wire is brought forward only where the rest could still follow in program order,
    so that capacity holds, and nobody waits for ever. Pairs of one link keep their order.
    """
    to = listing(rows, len(now.size))
    total = np.bincount(wires.pool[program.home_wire], minlength=len(now.size)) + now.size
    list_loop(rows, wires, now, pairs, room_of(program, wires, total), dependences(program), to)
    assert (to.order >= 0).all(), "every row comes in program order, if not before"
    return in_order(program, to.order)


def listing(rows: ClockRows, pools: int, is_free: bool = False, is_bold: bool = False) -> Listing:
    """Nothing is listed."""
    n, groups = len(rows.code), len(rows.units)
    wait = np.bincount(rows.group[rows.group >= 0], minlength=groups)
    return Listing(
        np.zeros(n, np.int64), np.zeros(n, np.int64), np.full(pools, -1, np.int64),
        np.full(n, -1, np.int64), np.full(n, -1, np.int64),
        np.full(n, -1, np.int64), np.zeros(groups, np.int64),
        np.zeros(int(wait.sum()), np.int64), np.cumsum(wait) - wait, np.zeros(groups, np.int64),
        int(is_free), int(is_bold),
    )  # fmt: skip


def dependences(program: DistributedCircuit, is_free: bool = False) -> Dependences:
    """What comes after what, on wires, through bits, on paths of swapped pairs with a cut-off and,
    unless `is_free`, at links."""
    table, n = program.table, len(program.table)
    found = [_followers(*wire_uses(program)), _bits(program), *_paths(program)]
    found += [] if is_free else [_links(program)]
    before, after = (np.concatenate(side) for side in zip(*found, strict=True))
    order = np.argsort(before, kind="stable")
    first = np.append(0, np.cumsum(np.bincount(before, minlength=n)))
    left = np.bincount(after, minlength=n).astype(np.int64)
    return Dependences(first, after[order], left, np.zeros(len(table), np.int64))


def _followers(place: Column, row: Column) -> tuple[Column, Column]:
    """Rows, and those that come next at the same place."""
    order = np.lexsort((row, place))
    place, row = place[order], row[order]
    same = place[1:] == place[:-1]
    return row[:-1][same], row[1:][same]


def _paths(program: DistributedCircuit) -> list[tuple[Column, Column]]:
    """Pairs and swaps of one path; read-outs of its swaps and uses of its ends."""
    paths = limited_paths(program)
    return [(paths.pair, paths.swap), (_writers(program)[paths.bit], paths.use)]


def _writers(program: DistributedCircuit) -> Column:
    """The row that writes each bit, -1: none."""
    table = program.table
    writes = np.flatnonzero(table.codes("measure", "send"))
    writer = np.full(len(program.bit_node), -1, np.int64)
    writer[table.attr[writes]] = writes
    return writer


def _bits(program: DistributedCircuit) -> tuple[Column, Column]:
    table, writer = program.table, _writers(program)
    sends, reads = np.flatnonzero(table.codes("send")), np.flatnonzero(table.cond >= 0)
    bits = np.concatenate([table.operands[table.operand_start[sends]], table.cond[reads] >> 1])
    return writer[bits], np.concatenate([sends, reads])


def _links(program: DistributedCircuit) -> tuple[Column, Column]:
    table = program.table
    pairs = np.flatnonzero(table.codes("ebit"))
    first = table.operand_start[pairs]
    ends = program.wire_node[table.operands[np.stack([first, first + 1])]].astype(np.int64)
    return _followers(ends.min(0) * len(program.network.nodes) + ends.max(0), pairs)


def room_of(program: DistributedCircuit, wires: Wires, size: Column) -> Room:
    """How full pools of these sizes are in program order."""
    first, last = lifetimes(program)
    event, before, until = (np.zeros(program.n_wires, np.int64) for _ in range(3))
    widths, leaves = [], []
    for pool in range(len(size)):
        mine = np.flatnonzero((wires.pool == pool) & (last >= first))
        begins, ends = np.sort(first[mine]), np.sort(last[mine])
        begins = begins[begins >= 0]
        before[mine] = np.searchsorted(begins, first[mine])
        until[mine] = np.searchsorted(begins, last[mine], side="right")
        new = mine[first[mine] >= 0]
        event[new[np.argsort(first[new], kind="stable")]] = np.arange(len(new))
        so_far = np.searchsorted(begins, begins, side="right") + len(mine) - len(new)
        widths.append(1 << len(new).bit_length())
        leaves.append(so_far - np.searchsorted(ends, begins))
    width = np.array(widths, np.int64)
    base = 2 * (np.cumsum(width) - width)
    most = np.full(2 * int(width.sum()), -NEVER, np.int64)
    for at, wide, full in zip(base.tolist(), widths, leaves, strict=True):
        most[at + wide : at + wide + len(full)] = full
    return Room(event, before, until, base, width, most, np.zeros_like(most), size)


def in_order(program: DistributedCircuit, order: Column) -> DistributedCircuit:
    """The same rows, row `order[i]` at place i."""
    t = program.table
    arity = t.arity[order]
    start = np.append(0, np.cumsum(arity)).astype(t.operand_start.dtype)
    place = np.argsort(np.argsort(order)[rows_of_operands(t)], kind="stable")
    table = OpTable(
        frozen(t.opcode[order]), frozen(start), frozen(t.operands[place]), frozen(t.angle[order]),
        frozen(t.cond[order]), frozen(t.attr[order]), frozen(t.span[order]), t.words, t.spans,
    )  # fmt: skip
    return replace(
        program,
        table=table,
        origin=frozen(program.origin[order]),
        role=frozen(program.role[order]),
        group=frozen(program.group[order]),
    )


def frozen(column: npt.NDArray[N]) -> npt.NDArray[N]:
    column.flags.writeable = False
    return column
