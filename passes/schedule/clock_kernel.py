"""The compiled loops of `clock`: integers only, the same with and without the compiler."""

from __future__ import annotations

from qdsl.ir.jit import compiled, entry
from qdsl.passes.schedule.clock_records import (
    ClockRows,
    ClockState,
    Column,
    Ints,
    PairState,
    Wires,
)
from qdsl.passes.schedule.pairs_kernel import begin_pair, finish_pair, use_pairs
from qdsl.passes.schedule.units_kernel import after_others, occupy


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
def swaps_heard(rows: ClockRows, now: ClockState, row: int) -> int:
    """When a row that uses an end of swapped pairs has heard of every swap."""
    found = 0
    for k in range(rows.heard[row], rows.heard[row + 1]):
        found = max(found, now.bit_known[rows.heard_bit[k]] + rows.heard_ns[k])
    return found


@compiled
def begin(rows: ClockRows, wires: Wires, now: ClockState, pairs: PairState, row: int) -> int:
    """When a row's wires, its condition, its link and its node allow it to start, which it does."""
    start = now.bit_known[rows.cond[row] >> 1] if rows.cond[row] >= 0 else 0
    for k in range(rows.start[row], rows.start[row + 1]):
        wire = rows.operands[k]
        if now.slot[wire] < 0:
            take(now, wire, wires.pool[wire])
        start = max(start, now.wire_free[wire])
    start = max(start, swaps_heard(rows, now, row))
    if rows.code[row] == rows.ebit:
        start = begin_pair(rows, pairs, row, start)
    else:
        start = after_others(rows, now, row, start)
        if pairs.has_cutoff:
            start = use_pairs(rows, now, pairs, row, start)
        occupy(rows, now, row, start)
    found: int = start
    return found


@compiled
def finish(
    rows: ClockRows, wires: Wires, now: ClockState, pairs: PairState, row: int, end: int
) -> None:
    for k in range(rows.start[row], rows.start[row + 1]):
        wire = rows.operands[k]
        now.wire_free[wire] = end
        if wires.end[wire] == row:
            give_back(now, wire, wires.pool[wire], end)
    if rows.code[row] == rows.ebit:
        finish_pair(rows, pairs, row, end)
    elif rows.code[row] == rows.measure:
        now.bit_known[rows.attr[row]] = end


@compiled
def take_homes(homes: Ints, wires: Wires, now: ClockState) -> None:
    """The qubits of the source are there before the first row."""
    for wire in homes:
        take(now, wire, wires.pool[wire])


@entry
def place_homes(homes: Ints, wires: Wires, now: ClockState) -> None:
    """The same, for those who call it from outside of a loop."""
    take_homes(homes, wires, now)


@compiled
def clock(
    rows: ClockRows,
    wires: Wires,
    now: ClockState,
    pairs: PairState,
    homes: Ints,
    starts: Column,
    ends: Column,
) -> None:
    """Start and end of every row, in ns, into `starts` and `ends`."""
    take_homes(homes, wires, now)
    for row in range(len(rows.code)):
        if rows.code[row] == rows.send:
            start = now.bit_known[rows.cond[row] >> 1] if rows.cond[row] >= 0 else 0
            start = max(start, now.bit_known[rows.operands[rows.start[row]]])
            now.bit_known[rows.attr[row]] = start + rows.duration[row]
        else:
            start = begin(rows, wires, now, pairs, row)
            finish(rows, wires, now, pairs, row, start + rows.duration[row])
        starts[row] = start
        ends[row] = start + rows.duration[row]


@entry
def clock_loop(
    rows: ClockRows,
    wires: Wires,
    now: ClockState,
    pairs: PairState,
    homes: Ints,
    starts: Column,
    ends: Column,
) -> None:
    """Once through the program; pairs that were made again have the times of the last one."""
    clock(rows, wires, now, pairs, homes, starts, ends)
    if pairs.has_cutoff:
        for row in range(len(rows.code)):
            if rows.code[row] == rows.ebit and pairs.known[row] > ends[row]:
                starts[row] += pairs.known[row] - ends[row]
                ends[row] = pairs.known[row]


@compiled
def reset(now: ClockState, fresh: ClockState) -> None:
    """As before the first row."""
    now.wire_free[:] = 0
    now.bit_known[:] = 0
    now.slot[:] = -1
    now.since[:] = 0
    now.free[:] = fresh.free
    now.size[:] = fresh.size
    now.unit_free[:] = 0
    now.reserved[:] = -1


@entry
def clock_runs(
    rows: ClockRows,
    wires: Wires,
    now: ClockState,
    pairs: PairState,
    homes: Ints,
    fresh: ClockState,
    made: Column,
    drawn: Column,
    spans: Column,
    thrown: Column,
) -> None:
    """Many times through the program: in run r its pairs take the times of `made`, in order, and
    those made again the times of `drawn`, both run by run. The makespan of each, and the pairs
    that it threw away by link, into `spans` and `thrown`."""
    starts = rows.duration.copy()
    ends = rows.duration.copy()
    at, again = 0, 0
    for run in range(len(spans)):
        reset(now, fresh)
        pairs.channel_free[:] = 0
        pairs.place_free[:] = 0
        pairs.lane_free[:] = 0
        pairs.thrown[:] = 0
        pairs.pair_of[:] = -1
        pairs.next_draw[:] = 0
        for row in range(len(rows.code)):
            if rows.code[row] == rows.ebit:
                rows.making[row] = made[at]
                if not pairs.places[rows.link[row]]:
                    rows.duration[row] = made[at]
                at += 1
        for k in range(len(pairs.drawn)):
            pairs.drawn[k] = drawn[again]
            again += 1
        clock(rows, wires, now, pairs, homes, starts, ends)
        for row in range(len(ends)):
            spans[run] = max(spans[run], ends[row])
        for link in range(len(pairs.thrown)):
            thrown[run * len(pairs.thrown) + link] = pairs.thrown[link]
