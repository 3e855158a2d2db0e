"""The compiled loops of `clock`: integers only, the same with and without the compiler."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from qdsl.ir.jit import compiled, entry

Column = npt.NDArray[np.int64]
Ints = npt.NDArray[np.int32]


class ClockRows(NamedTuple):
    """The program's rows, columns of its table; `duration` in ns. Codes of operations stand here
    and not as constants: what is compiled and kept on disk would not see them change."""

    code: npt.NDArray[np.uint16]
    start: Ints
    operands: Ints
    cond: Ints
    attr: Ints
    duration: Column
    ebit: int
    send: int
    measure: int


class Wires(NamedTuple):
    """`pool` of every wire: the data or the communication qubits of its node; `node`; `end`: its
    last row."""

    pool: Column
    node: Column
    end: Column


class ClockState(NamedTuple):
    """When wires, bits and links (node * nodes + node, the lower first) are free or known, in ns;
    the `slot` of every wire, -1 before its first row. Free slots of pool p are a heap, those free
    for longest first, then those of low number: `since[first[p]:first[p] + size[p]]`, `free`
    beside it."""

    wire_free: Column
    bit_known: Column
    link_free: Column
    slot: Column
    since: Column
    free: Column
    first: Column
    size: Column


@compiled
def is_before(now: ClockState, a: int, b: int) -> bool:
    """Does entry a of the heaps come before entry b?"""
    if now.since[a] != now.since[b]:
        earlier: bool = now.since[a] < now.since[b]
        return earlier
    lower: bool = now.free[a] < now.free[b]
    return lower


@compiled
def exchange(now: ClockState, a: int, b: int) -> None:
    now.since[a], now.since[b] = now.since[b], now.since[a]
    now.free[a], now.free[b] = now.free[b], now.free[a]


@compiled
def take(now: ClockState, wire: int, pool: int) -> None:
    """Give a wire the slot that has been free for longest."""
    base = now.first[pool]
    now.slot[wire] = now.free[base]
    now.wire_free[wire] = now.since[base]
    now.size[pool] -= 1
    size = now.size[pool]
    exchange(now, base, base + size)
    at = 0
    while True:
        least = at
        for child in range(2 * at + 1, min(2 * at + 3, size)):
            if is_before(now, base + child, base + least):
                least = child
        if least == at:
            return
        exchange(now, base + at, base + least)
        at = least


@compiled
def give_back(now: ClockState, wire: int, pool: int, time: int) -> None:
    base, at = now.first[pool], now.size[pool]
    now.size[pool] += 1
    now.since[base + at], now.free[base + at] = time, now.slot[wire]
    while at and is_before(now, base + at, base + (at - 1) // 2):
        exchange(now, base + at, base + (at - 1) // 2)
        at = (at - 1) // 2


@compiled
def link_of(rows: ClockRows, wires: Wires, row: int, n_nodes: int) -> int:
    a = wires.node[rows.operands[rows.start[row]]]
    b = wires.node[rows.operands[rows.start[row] + 1]]
    link: int = min(a, b) * n_nodes + max(a, b)
    return link


@compiled
def begin(rows: ClockRows, wires: Wires, now: ClockState, row: int, n_nodes: int) -> int:
    """When a row's wires, its condition and its link allow it to start."""
    start = now.bit_known[rows.cond[row] >> 1] if rows.cond[row] >= 0 else 0
    for k in range(rows.start[row], rows.start[row + 1]):
        wire = rows.operands[k]
        if now.slot[wire] < 0:
            take(now, wire, wires.pool[wire])
        start = max(start, now.wire_free[wire])
    if rows.code[row] == rows.ebit:
        start = max(start, now.link_free[link_of(rows, wires, row, n_nodes)])
    found: int = start
    return found


@compiled
def finish(
    rows: ClockRows, wires: Wires, now: ClockState, row: int, end: int, n_nodes: int
) -> None:
    for k in range(rows.start[row], rows.start[row + 1]):
        wire = rows.operands[k]
        now.wire_free[wire] = end
        if wires.end[wire] == row:
            give_back(now, wire, wires.pool[wire], end)
    if rows.code[row] == rows.ebit:
        now.link_free[link_of(rows, wires, row, n_nodes)] = end
    elif rows.code[row] == rows.measure:
        now.bit_known[rows.attr[row]] = end


@entry
def place_homes(homes: Ints, wires: Wires, now: ClockState) -> None:
    """The qubits of the source are there before the first row."""
    for wire in homes:
        take(now, wire, wires.pool[wire])


@entry
def clock_loop(
    rows: ClockRows,
    wires: Wires,
    now: ClockState,
    homes: Ints,
    n_nodes: int,
    starts: Column,
    ends: Column,
) -> None:
    """Start and end of every row, in ns, into `starts` and `ends`."""
    place_homes(homes, wires, now)
    for row in range(len(rows.code)):
        if rows.code[row] == rows.send:
            start = now.bit_known[rows.cond[row] >> 1] if rows.cond[row] >= 0 else 0
            start = max(start, now.bit_known[rows.operands[rows.start[row]]])
            now.bit_known[rows.attr[row]] = start + rows.duration[row]
        else:
            start = begin(rows, wires, now, row, n_nodes)
            finish(rows, wires, now, row, start + rows.duration[row], n_nodes)
        starts[row] = start
        ends[row] = start + rows.duration[row]
