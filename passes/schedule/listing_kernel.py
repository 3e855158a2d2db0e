"""The compiled loops of `listing`: integers only, the same with and without the compiler."""

from __future__ import annotations

from typing import NamedTuple

from qdsl.ir.jit import compiled, entry
from qdsl.passes.schedule.clock_kernel import begin, finish, swaps_heard
from qdsl.passes.schedule.clock_records import ClockRows, ClockState, Column, PairState, Wires
from qdsl.passes.schedule.pairs_kernel import after_distilling, channel_of
from qdsl.passes.schedule.units_kernel import after_others, unit_of

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
    wherever they are free, which may lead nowhere.

    Of the rows that wait for a unit of their node one stands in the heap for all of their group,
    `stands_for` it (-1: none) if `is_stood_for`; the others are a heap by their tail, `parked` from
    `first_parked` on, `n_parked` of them."""

    heap: Column
    at: Column
    head: Column
    following: Column
    order: Column
    stands_for: Column
    is_stood_for: Column
    parked: Column
    first_parked: Column
    n_parked: Column
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


# ---- who waits for a unit of its node -----------------------------------------------------------


@compiled
def is_longer(tail: Column, a: int, b: int) -> bool:
    """Does row a go before row b if both could start?"""
    if tail[a] != tail[b]:
        longer: bool = tail[a] > tail[b]
        return longer
    return a < b


@compiled
def busy_group(rows: ClockRows, now: ClockState, row: int, time: int) -> int:
    """The group of a row of which no unit is free before a time, -1: none."""
    if rows.first_swap[row] < rows.first_swap[row + 1]:
        return -1
    for k in range(2 * row, 2 * row + 2):
        group = rows.group[k]
        if group >= 0 and now.unit_free[unit_of(rows, now, group, 0)] == time:
            busy: int = group
            return busy
    return -1


@compiled
def park(to: Listing, tail: Column, group: int, row: int) -> None:
    base, at = to.first_parked[group], to.n_parked[group]
    to.n_parked[group] += 1
    while at and is_longer(tail, row, to.parked[base + (at - 1) // 2]):
        to.parked[base + at] = to.parked[base + (at - 1) // 2]
        at = (at - 1) // 2
    to.parked[base + at] = row


@compiled
def unpark(to: Listing, tail: Column, group: int) -> int:
    """The one with the longest way to the end."""
    base = to.first_parked[group]
    first: int = to.parked[base]
    to.n_parked[group] -= 1
    size, at = to.n_parked[group], 0
    row = to.parked[base + size]
    while True:
        child = 2 * at + 1
        if child + 1 < size and is_longer(
            tail, to.parked[base + child + 1], to.parked[base + child]
        ):
            child += 1
        if child >= size or not is_longer(tail, to.parked[base + child], row):
            break
        to.parked[base + at] = to.parked[base + child]
        at = child
    to.parked[base + at] = row
    return first


@compiled
def first_of_its_group(to: Listing, tail: Column, row: int) -> int:
    """In place of a row that stands for its group the one that goes first; it stands for it no
    more."""
    group = to.stands_for[row]
    to.stands_for[row] = -1
    to.is_stood_for[group] = 0
    if to.n_parked[group] and is_longer(tail, to.parked[to.first_parked[group]], row):
        first = unpark(to, tail, group)
        to.at[first] = to.at[row]
        park(to, tail, group, row)
        return first
    return row


@compiled
def put_off(
    rows: ClockRows, now: ClockState, to: Listing, tail: Column, n: int, row: int, start: int
) -> int:
    """A row that could start later than it seemed goes back onto a heap of n rows, or is parked;
    how many the heap then has."""
    to.at[row] = start
    group = busy_group(rows, now, row, start)
    if group >= 0:
        if to.is_stood_for[group]:
            park(to, tail, group, row)
            return n
        to.stands_for[row] = group
        to.is_stood_for[group] = 1
    return push(to, tail, n, row)


@compiled
def stand_in(
    rows: ClockRows, now: ClockState, to: Listing, tail: Column, n: int, group: int
) -> int:
    """One of those that are parked stands for a group, if nobody does; how many rows the heap then
    has."""
    if not to.n_parked[group] or to.is_stood_for[group]:
        return n
    row = unpark(to, tail, group)
    to.stands_for[row] = group
    to.is_stood_for[group] = 1
    to.at[row] = max(to.at[row], now.unit_free[unit_of(rows, now, group, 0)])
    return push(to, tail, n, row)


# ---- the loop -----------------------------------------------------------------------------------


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
        group = to.stands_for[row]
        if group >= 0:
            row = first_of_its_group(to, d.tail, row)
        pool = full_pool(rows, wires, now, room, row, to.is_bold)
        start = could_start(rows, wires, now, pairs, row, to.is_free)
        is_next = pool < 0 and start <= to.at[row]
        end = 0
        if pool >= 0:
            to.following[row] = to.head[pool]
            to.head[pool] = row
        elif not is_next:
            waiting = put_off(rows, now, to, d.tail, waiting, row, start)
        else:
            end = run_row(rows, wires, now, pairs, room, row)
        if group >= 0:
            waiting = stand_in(rows, now, to, d.tail, waiting, group)
        if not is_next:
            continue
        to.order[listed] = row
        listed += 1
        last = max(last, end)
        if rows.code[row] != rows.send:
            waiting = wake(rows, wires, to, d.tail, waiting, row)
        for k in range(d.first[row], d.first[row + 1]):
            later = d.after[k]
            d.left[later] -= 1
            if rows.code[row] == rows.ebit:
                goes_on = rows.code[later] == rows.ebit
                free = end - pairs.lead[rows.link[row]] if goes_on else end
                to.at[later] = max(to.at[later], free)
            if not d.left[later]:
                start = could_start(rows, wires, now, pairs, later, to.is_free)
                to.at[later] = max(to.at[later], start)
                waiting = push(to, d.tail, waiting, later)
    return last if listed == len(rows.code) else -1
