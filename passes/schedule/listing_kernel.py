"""The compiled loops of `listing`: integers only, the same with and without the compiler."""

from __future__ import annotations

from typing import NamedTuple

from qdsl.ir.jit import compiled, entry
from qdsl.passes.schedule.clock_kernel import begin, finish, swaps_heard
from qdsl.passes.schedule.clock_records import ClockRows, ClockState, Column, PairState, Wires
from qdsl.passes.schedule.pairs_kernel import after_distilling, channel_of
from qdsl.passes.schedule.units_kernel import after_others

NEVER = 1 << 40  # more wires than there are


class Dependences(NamedTuple):
    """`after[first[r]:first[r + 1]]` come after row r, `left` rows before it; `tail`: the longest
    way from its start to the end of the program, in ns."""

    first: Column
    after: Column
    left: Column
    tail: Column


class Room(NamedTuple):
    """How full every pool (`size` of it) will be whenever one of its wires begins, if what has not
    been listed follows in program order.

    The beginnings of a pool, in program order, are the leaves of a tree from `base` on, `width` of
    them: `most` below a node, with what is to be added to all of it, `more`. Of every wire: its
    own leaf, `event`, and the leaves `before` its first row and `until` its last one.
    """

    event: Column
    before: Column
    until: Column
    base: Column
    width: Column
    most: Column
    more: Column
    size: Column


class Listing(NamedTuple):
    """Rows that could be next, a heap by the time `at` which they could start and by their tail.
    Those that wait for a pool are a list from `head` along `following`. `order` is what is made.
    `is_free`: pairs of a link may come in any order; `is_bold`: communication qubits are taken
    wherever they are free, which may lead nowhere."""

    heap: Column
    at: Column
    head: Column
    following: Column
    order: Column
    is_free: int
    is_bold: int


# ---- how full pools will be -----------------------------------------------------------------


@compiled
def settle(room: Room, pool: int, node: int) -> None:
    """What stands above a leaf or node that has changed."""
    base = room.base[pool]
    while node > 1:
        node //= 2
        left, right = room.most[base + 2 * node], room.most[base + 2 * node + 1]
        room.most[base + node] = max(left, right) + room.more[base + node]


@compiled
def add_before(room: Room, pool: int, leaf: int, count: int) -> None:
    base, node = room.base[pool], room.width[pool] + leaf
    first = node
    while node > 1:
        if node % 2:
            room.most[base + node - 1] += count
            room.more[base + node - 1] += count
        node //= 2
    settle(room, pool, first)


@compiled
def most_before(room: Room, pool: int, leaf: int) -> int:
    """How full the pool will be at most when wires begin that program order puts before."""
    base, node = room.base[pool], room.width[pool] + leaf
    found = -NEVER
    while node > 1:
        if node % 2:
            found = max(found, room.most[base + node - 1])
        node //= 2
        found += room.more[base + node]
    return found


@compiled
def full_pool(
    rows: ClockRows, wires: Wires, now: ClockState, room: Room, row: int, is_bold: int
) -> int:
    """A pool in which a row would take what program order needs before it, or -1."""
    if rows.code[row] == rows.send:
        return -1
    for k in range(rows.start[row], rows.start[row + 1]):
        wire = rows.operands[k]
        if now.slot[wire] >= 0:
            continue
        pool, count = wires.pool[wire], 0
        for j in range(rows.start[row], rows.start[row + 1]):
            other = rows.operands[j]
            if now.slot[other] < 0 and wires.pool[other] == pool:
                count += 1
        most = 0 if is_bold and pool % 2 else most_before(room, pool, room.before[wire])
        if now.size[pool] < count or most + count > room.size[pool]:
            found: int = pool
            return found
    return -1


@compiled
def begin_wires(rows: ClockRows, wires: Wires, now: ClockState, room: Room, row: int) -> None:
    """A row's new wires are held from now on."""
    for k in range(rows.start[row], rows.start[row + 1]):
        wire = rows.operands[k]
        if now.slot[wire] < 0:
            pool = wires.pool[wire]
            leaf = room.width[pool] + room.event[wire]
            room.most[room.base[pool] + leaf] = -NEVER
            settle(room, pool, leaf)
            add_before(room, pool, room.before[wire], 1)


# ---- what could be next -----------------------------------------------------------------------


@compiled
def is_sooner(to: Listing, tail: Column, a: int, b: int) -> bool:
    """Does row a go before row b?"""
    if to.at[a] != to.at[b]:
        earlier: bool = to.at[a] < to.at[b]
        return earlier
    if tail[a] != tail[b]:
        longer: bool = tail[a] > tail[b]
        return longer
    return a < b


@compiled
def push(to: Listing, tail: Column, n: int, row: int) -> int:
    """Onto a heap of n rows; n + 1."""
    at = n
    while at and is_sooner(to, tail, row, to.heap[(at - 1) // 2]):
        to.heap[at] = to.heap[(at - 1) // 2]
        at = (at - 1) // 2
    to.heap[at] = row
    return n + 1


@compiled
def pop(to: Listing, tail: Column, n: int) -> int:
    """The first of n rows."""
    first: int = to.heap[0]
    row, at, size = to.heap[n - 1], 0, n - 1
    while True:
        child = 2 * at + 1
        if child + 1 < size and is_sooner(to, tail, to.heap[child + 1], to.heap[child]):
            child += 1
        if child >= size or not is_sooner(to, tail, to.heap[child], row):
            break
        to.heap[at] = to.heap[child]
        at = child
    to.heap[at] = row
    return first


@compiled
def earliest(rows: ClockRows, wires: Wires, now: ClockState, row: int) -> int:
    """When a row could start, its link aside: pairs of a link wait for one another."""
    start = now.bit_known[rows.cond[row] >> 1] if rows.cond[row] >= 0 else 0
    start = max(start, swaps_heard(rows, now, row))
    for k in range(rows.start[row], rows.start[row + 1]):
        x = rows.operands[k]
        if rows.code[row] == rows.send:
            start = max(start, now.bit_known[x])
        elif now.slot[x] >= 0:
            start = max(start, now.wire_free[x])
        elif now.size[wires.pool[x]]:
            start = max(start, now.since[now.first[wires.pool[x]]])
    found: int = start
    return found


@compiled
def could_start(
    rows: ClockRows, wires: Wires, now: ClockState, pairs: PairState, row: int, is_free: int
) -> int:
    """The same, with other operations of its node, and its link where pairs may come in any
    order."""
    start = after_others(rows, now, row, earliest(rows, wires, now, row))
    if is_free and rows.code[row] == rows.ebit and not pairs.places[rows.link[row]]:
        link = rows.link[row]
        start = max(
            start, after_distilling(pairs, link, pairs.channel_free[channel_of(pairs, link)])
        )
    found: int = start
    return found


@compiled
def wake(rows: ClockRows, wires: Wires, to: Listing, tail: Column, n: int, row: int) -> int:
    """Who waits for a pool of this row may try again; how many the heap then has."""
    for k in range(rows.start[row], rows.start[row + 1]):
        pool = wires.pool[rows.operands[k]]
        while to.head[pool] >= 0:
            waits = to.head[pool]
            to.head[pool] = to.following[waits]
            n = push(to, tail, n, waits)
    return n


@compiled
def run_row(
    rows: ClockRows, wires: Wires, now: ClockState, pairs: PairState, room: Room, row: int
) -> int:
    """Takes and gives back what a row does; when it ends."""
    if rows.code[row] == rows.send:
        arrives: int = earliest(rows, wires, now, row) + rows.duration[row]
        now.bit_known[rows.attr[row]] = arrives
        return arrives
    begin_wires(rows, wires, now, room, row)
    end: int = begin(rows, wires, now, pairs, row) + rows.duration[row]
    finish(rows, wires, now, pairs, row, end)
    for k in range(rows.start[row], rows.start[row + 1]):
        wire = rows.operands[k]
        if wires.end[wire] == row:
            add_before(room, wires.pool[wire], room.until[wire], -1)
    return end


@compiled
def prepare(rows: ClockRows, room: Room, d: Dependences) -> None:
    """Sums of the trees, and tails."""
    for pool in range(len(room.base)):
        base = room.base[pool]
        for node in range(room.width[pool] - 1, 0, -1):
            left, right = room.most[base + 2 * node], room.most[base + 2 * node + 1]
            room.most[base + node] = max(left, right)
    for row in range(len(rows.code) - 1, -1, -1):
        for k in range(d.first[row], d.first[row + 1]):
            d.tail[row] = max(d.tail[row], d.tail[d.after[k]])
        d.tail[row] += rows.duration[row]


@entry
def list_loop(
    rows: ClockRows, wires: Wires, now: ClockState, pairs: PairState, room: Room, d: Dependences,
    to: Listing,
) -> int:  # fmt: skip
    """An order of the rows, into `to.order`; whose homes have their places already. When the last
    row ends; -1 where some rows could not come."""
    prepare(rows, room, d)
    waiting, listed, last = 0, 0, 0
    for row in range(len(rows.code)):
        if not d.left[row]:
            waiting = push(to, d.tail, waiting, row)
    while waiting:
        row = pop(to, d.tail, waiting)
        waiting -= 1
        pool = full_pool(rows, wires, now, room, row, to.is_bold)
        if pool >= 0:
            to.following[row] = to.head[pool]
            to.head[pool] = row
            continue
        start = could_start(rows, wires, now, pairs, row, to.is_free)
        if start > to.at[row]:
            to.at[row] = start
            waiting = push(to, d.tail, waiting, row)
            continue
        to.order[listed] = row
        listed += 1
        end = run_row(rows, wires, now, pairs, room, row)
        last = max(last, end)
        if rows.code[row] != rows.send:
            waiting = wake(rows, wires, to, d.tail, waiting, row)
        for k in range(d.first[row], d.first[row + 1]):
            later = d.after[k]
            d.left[later] -= 1
            if rows.code[row] == rows.ebit:
                is_next = rows.code[later] == rows.ebit
                free = end - pairs.lead[rows.link[row]] if is_next else end
                to.at[later] = max(to.at[later], free)
            if not d.left[later]:
                start = could_start(rows, wires, now, pairs, later, to.is_free)
                to.at[later] = max(to.at[later], start)
                waiting = push(to, d.tail, waiting, later)
    return last if listed == len(rows.code) else -1
