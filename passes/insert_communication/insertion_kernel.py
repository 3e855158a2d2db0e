"""The compiled loops of `insertion`: where copies are open, and what a row needs before it."""

from __future__ import annotations

from typing import NamedTuple

from qdsl.ir.jit import compiled, entry
from qdsl.passes.insert_communication import writing_kernel as w
from qdsl.passes.insert_communication.writing_kernel import (
    Column,
    Ints,
    Out,
    PrimitiveBodies,
    Roles,
    new_bit,
    new_group,
    operand,
    put,
    write_body,
    write_store,
)

NEVER = 1 << 60
PLAIN, BARRIER, MOVE, MEASURE, OTHER = range(5)  # what a row asks for
CODE, ANGLE, COND, ATTR, KIND, SITE, FIRST_USE, FIRST_HOP = range(8)  # of `Given.rows`
QUBIT, RESIDENCE, AGAIN, EPOCH = range(4)  # of `Given.uses`
HOP_QUBIT, SOURCE, TARGET, WAITS, FIRST_STORE = range(5)  # of `Given.hops`
AT_NODE, TURN = range(2)  # of `Given.wanted`
WIRE, LOCATION, CAME_BY, CAME_IN = range(4)  # of `Now.qubits`
COPIED, COPY_WIRE, IN_GROUP, NEEDED, SERVED, IS_RELAY = range(6)  # of `Now.copies`
FOR_NODE, FOR_TURN, FOR_RELAY, PASSED, ROUTE_FROM, MADE_FROM = range(6)  # of `Now.frames`
LATEST, WRITTEN_AT = range(2)  # of `Now.latest`
FINISHED, NO_ROOM, OVERWRITTEN = range(3)


class PlacedRows(NamedTuple):
    """Rows of the placed circuit in `order`, one more at the end, beside their `uses` (operands):
    AGAIN is the turn that next wants the copy, -1: none. Before a row come its `hops`, one more
    at the end; after a hop those that waited are `stored`. In epoch e a copy is wanted first, or
    its qubit comes to live, as the rows of `wanted` from `epochs[e]` on say. `links` between
    nodes, NEVER: none; `before[a, b]`: the last node but one on the route from a to b; `price`:
    what it costs."""

    order: Column
    rows: Ints
    uses: Ints
    hops: Column
    stored: Column
    wanted: Column
    epochs: Column
    links: Column
    before: Column
    price: Column
    room: Column
    keep_copies: bool
    gates_per_ebit: int


class InsertionState(NamedTuple):
    """`qubits`: data wire and node, role and group of the primitive by which each came. The
    `copies` of node v stand from `first[v]` on, `n_open[v]` of them. `held`: a copy that others
    are made from. `latest`: the bit that holds a source's bit, and its node; `known`: by node,
    the copy of it there. `frames`: copies that are being made."""

    qubits: Column
    copies: Column
    first: Column
    n_open: Column
    held: Column
    latest: Column
    known: Ints
    frames: Column


class Parts(NamedTuple):
    """All that the loops read and write."""

    g: PlacedRows
    b: PrimitiveBodies
    now: InsertionState
    r: Roles
    out: Out


# ---- copies ----------------------------------------------------------------------------


@compiled
def copy_at(now: InsertionState, q: int, node: int) -> int:
    """The place of a qubit's copy at a node, -1: there is none."""
    for place in range(now.first[node], now.first[node] + now.n_open[node]):
        if now.copies[place, COPIED] == q:
            return place
    return -1


@compiled
def is_spent(p: Parts, place: int) -> bool:
    """Has a copy served all the gates and further copies that its pair lives for?"""
    return bool(0 < p.g.gates_per_ebit <= p.now.copies[place, SERVED])


@compiled
def taken(now: InsertionState, node: int, place: int) -> int:
    """The wire of a copy, which is no longer kept."""
    wire, group = now.copies[place, COPY_WIRE], now.copies[place, IN_GROUP]
    now.n_open[node] -= 1
    last = now.first[node] + now.n_open[node]
    for k in range(now.copies.shape[1]):
        now.copies[place, k] = now.copies[last, k]
    now.copies[last, COPY_WIRE], now.copies[last, IN_GROUP] = wire, group
    return int(last)


@compiled
def close(p: Parts, node: int, place: int) -> None:
    q = p.now.copies[place, COPIED]
    last = taken(p.now, node, place)
    p.r.wires[w.ROOT], p.r.wires[w.FAR] = p.now.qubits[q, WIRE], p.now.copies[last, COPY_WIRE]
    p.r.sites[w.HERE], p.r.sites[w.THERE] = p.now.qubits[q, LOCATION], node
    write_body(p.b, p.r, p.out, w.DISENTANGLER, p.now.copies[last, IN_GROUP], 1)


@compiled
def is_held(p: Parts, q: int, node: int, row: int) -> bool:
    """Does this row (-1: none) or a copy that is being made need the one of q at a node?"""
    if p.now.held[0] == q and p.now.held[1] == node:
        return True
    if row >= 0 and node == p.g.rows[row, SITE]:
        for k in range(p.g.rows[row, FIRST_USE], p.g.rows[row + 1, FIRST_USE]):
            if p.g.uses[k, QUBIT] == q:
                return True
    return False


@compiled
def reserve(p: Parts, node: int, wanted: int, row: int) -> bool:
    """Free communication qubits: the copy that is needed again last is closed (Belady's rule),
    none that is held. False: there is none to close."""
    while p.r.comm_free[node] < wanted:
        last, copies = -1, p.now.copies
        for place in range(p.now.first[node], p.now.first[node] + p.now.n_open[node]):
            a, b = copies[place, NEEDED], copies[last, NEEDED]
            later = a > b or (a == b and copies[place, COPIED] > copies[last, COPIED])
            if (last < 0 or later) and not is_held(p, copies[place, COPIED], node, row):
                last = place
        if last < 0:
            return False
        close(p, node, last)
    return True


@compiled
def reserve_route(p: Parts, a: int, b: int, row: int) -> bool:
    """Find the route, and free what one pair along it takes."""
    links = p.g.links[a, b]
    p.r.route[links] = b
    for k in range(links, 0, -1):
        p.r.route[k - 1] = p.g.before[a, p.r.route[k]]
    is_free = True
    for k in range(links + 1):
        is_free = is_free and reserve(p, p.r.route[k], 1 if k in (0, links) else 2, row)
    return is_free


@compiled
def nearest(p: Parts, q: int, node: int) -> int:
    """The holder with the least price; a copy needs room beside it, and lifetime left."""
    best = p.now.qubits[q, LOCATION]
    least = p.g.price[best, node]
    if least > 1:
        for other in range(len(p.g.links)):
            near = p.g.price[other, node]
            place = copy_at(p.now, q, other)
            has_room = near < least and p.g.room[other] >= 2
            if has_room and place >= 0 and not is_spent(p, place):
                best, least = other, near
    return int(best)


@compiled
def first_use(p: Parts, epoch: int, node: int) -> int:
    for k in range(p.g.epochs[epoch], p.g.epochs[epoch + 1]):
        if p.g.wanted[k, AT_NODE] == node:
            return int(p.g.wanted[k, TURN])
    return -1


@compiled
def least_price(p: Parts, q: int, node: int, also: int, without: int) -> int:
    """From any holder, a node `also`, and not one `without`."""
    least = p.g.price[p.now.qubits[q, LOCATION], node]
    for other in range(len(p.g.links)):
        if other == also or (other != without and copy_at(p.now, q, other) >= 0):
            least = min(least, p.g.price[other, node])
    return int(least)


@compiled
def branches_at(
    p: Parts, inner: int, q: int, also: int, without: int, epoch: int, turn: int
) -> int:
    """The first turn for which a node should hold a copy to pass on, as the node that wants one
    then is nearer to it than to all other holders; -1: none."""
    found = -1
    for k in range(p.g.epochs[epoch], p.g.epochs[epoch + 1]):
        other, then = p.g.wanted[k, AT_NODE], p.g.wanted[k, TURN]
        if then <= turn or 0 <= found < then or other == also:
            continue
        if other == p.now.qubits[q, LOCATION] or copy_at(p.now, q, other) >= 0:
            continue
        if p.g.price[inner, other] < least_price(p, q, other, also, without):
            found = then
    return int(found)


@compiled
def end_relays(p: Parts, q: int, epoch: int, turn: int) -> None:
    """Close the copies that only were to be passed on, and have been."""
    for node in range(len(p.g.links)):
        place = copy_at(p.now, q, node)
        is_relay = place >= 0 and p.now.copies[place, IS_RELAY] > 0
        if not is_relay:
            continue
        if is_spent(p, place) or branches_at(p, node, q, -1, node, epoch, turn) <= turn:
            close(p, node, place)


@compiled
def soon_wanted(p: Parts, inner: int, q: int, node: int, epoch: int, turn: int) -> tuple[int, int]:
    """For which turn a node on the way to another should get a copy too, -1: none; and whether
    that is to pass it on only. A copy that may serve once has nothing to pass on."""
    if p.g.gates_per_ebit == 1:
        return -1, 1
    soon = first_use(p, epoch, inner)
    if soon > turn:
        return soon, 0
    if p.r.comm_free[inner] < 2:
        return -1, 1
    return branches_at(p, inner, q, node, -1, epoch, turn), 1


@compiled
def begin_copy(p: Parts, q: int, node: int, again: int, is_relay: int, depth: int) -> None:
    frame = p.now.frames[depth]
    frame[FOR_NODE], frame[FOR_TURN], frame[FOR_RELAY], frame[PASSED] = node, again, is_relay, 1
    frame[ROUTE_FROM] = nearest(p, q, node)
    frame[MADE_FROM] = frame[ROUTE_FROM]


@compiled
def open_copy(p: Parts, q: int, node: int, again: int, epoch: int, row: int, turn: int) -> bool:
    """A new copy of a qubit at a node, made from its nearest holder.

    A node on the way that will want a copy itself, or from which another node that will is
    nearer, gets it now and passes it on; the latter's, a relay, ends when all have theirs. Copies
    that others wait for are a stack, as a function that calls itself cannot be kept on disk.
    """
    depth = 0
    begin_copy(p, q, node, again, 0, depth)
    while depth >= 0:
        frame = p.now.frames[depth]
        left = p.g.links[frame[ROUTE_FROM], frame[FOR_NODE]] - frame[PASSED]
        if left > 0:
            inner = frame[FOR_NODE]
            for _ in range(left):
                inner = p.g.before[frame[ROUTE_FROM], inner]
            frame[PASSED] += 1
            soon, is_relay = soon_wanted(p, inner, q, frame[FOR_NODE], epoch, turn)
            if soon > turn and copy_at(p.now, q, inner) < 0:
                depth += 1
                begin_copy(p, q, inner, soon, is_relay, depth)
            continue
        if not entangle(p, q, frame[MADE_FROM], frame[FOR_NODE], frame[FOR_TURN], row):
            return False
        end_relays(p, q, epoch, turn)
        depth -= 1
        if depth >= 0:
            p.now.copies[copy_at(p.now, q, frame[FOR_NODE]), IS_RELAY] = frame[FOR_RELAY]
            p.now.frames[depth, MADE_FROM] = frame[FOR_NODE]
    return True


@compiled
def entangle(p: Parts, q: int, source: int, node: int, again: int, row: int) -> bool:
    root = p.now.qubits[q, WIRE]
    if source != p.now.qubits[q, LOCATION]:
        p.now.held[0], p.now.held[1] = q, source
        copy_of = p.now.copies[copy_at(p.now, q, source)]
        root = copy_of[COPY_WIRE]
        copy_of[SERVED] += 1
    if not reserve_route(p, source, node, row):
        return False
    group = new_group(p.out)
    p.r.wires[w.ROOT] = root
    p.r.sites[w.HERE], p.r.sites[w.THERE] = source, node
    write_body(p.b, p.r, p.out, w.ENTANGLER, group, p.g.links[source, node])
    p.now.held[0] = -1
    copy = p.now.copies[p.now.first[node] + p.now.n_open[node]]
    p.now.n_open[node] += 1
    copy[COPIED], copy[COPY_WIRE], copy[IN_GROUP] = q, p.r.wires[w.FAR], group
    copy[NEEDED], copy[SERVED], copy[IS_RELAY] = again, 0, 0
    return True


# ---- residences ------------------------------------------------------------------------


@compiled
def store(p: Parts, q: int) -> None:
    """Swap a state out of its communication qubit into a fresh data qubit."""
    qubit = p.now.qubits[q]
    p.r.wires[w.FAR] = qubit[WIRE]
    write_store(p.b, p.r, p.out, qubit[CAME_BY], qubit[CAME_IN], qubit[LOCATION])
    qubit[WIRE] = p.r.wires[w.DATA]


@compiled
def close_all(p: Parts, q: int) -> None:
    """Close the copies that were kept for a qubit's way to where it lives next."""
    for node in range(len(p.g.links)):
        place = copy_at(p.now, q, node)
        if place >= 0:
            close(p, node, place)


@compiled
def arrive(p: Parts, hop: Column, is_alone: bool) -> bool:
    """Bring a qubit to a node: a copy that is there takes over, or, `is_alone`, one made from a
    copy that is nearer than the qubit; else it is teleported."""
    q, source, target = hop[HOP_QUBIT], hop[SOURCE], hop[TARGET]
    holder = nearest(p, q, target)
    is_nearer = is_alone and holder != source and copy_at(p.now, q, target) < 0
    if is_nearer and not entangle(p, q, holder, target, NEVER, -1):
        return False
    qubit, place, links = p.now.qubits[q], copy_at(p.now, q, target), 1
    if place >= 0:
        last = taken(p.now, target, place)
        p.r.wires[w.FAR] = p.now.copies[last, COPY_WIRE]
        qubit[CAME_BY], qubit[CAME_IN] = w.HANDOVER, p.now.copies[last, IN_GROUP]
    else:
        if not reserve_route(p, source, target, -1):
            return False
        links = p.g.links[source, target]
        qubit[CAME_BY], qubit[CAME_IN] = w.TELEDATA, new_group(p.out)
    p.r.wires[w.ROOT] = qubit[WIRE]
    p.r.sites[w.HERE], p.r.sites[w.THERE] = source, target
    write_body(p.b, p.r, p.out, qubit[CAME_BY], qubit[CAME_IN], links)
    qubit[WIRE], qubit[LOCATION] = p.r.wires[w.FAR], target
    if hop[WAITS] == 0:
        store(p, q)
    close_all(p, q)
    return True


@compiled
def move(p: Parts, row: int) -> bool:
    """Bring qubits to where they live from this row on."""
    first, end = p.g.rows[row, FIRST_HOP], p.g.rows[row + 1, FIRST_HOP]
    for k in range(first, end):
        if not arrive(p, p.g.hops[k], end - first == 1):
            return False
        for stored in range(p.g.hops[k, FIRST_STORE], p.g.hops[k + 1, FIRST_STORE]):
            store(p, p.g.stored[stored])
    return True


# ---- operations ------------------------------------------------------------------------


@compiled
def known_at(p: Parts, cond: int, node: int) -> int:
    """A condition of the source, on a bit that the node knows; sent there once."""
    bit = cond >> 1
    if p.now.known[bit, node] < 0:
        latest, group = p.now.latest[bit, LATEST], new_group(p.out)
        p.now.known[bit, node] = latest
        if p.now.latest[bit, WRITTEN_AT] != node:
            p.r.bits[w.DISCLOSED], p.r.sites[w.THERE] = latest, node
            write_body(p.b, p.r, p.out, w.MESSAGE, group, 1)
            p.now.known[bit, node] = p.out.counts[w.ALL_BITS] - 1
    return int(2 * p.now.known[bit, node] + (cond & 1))


@compiled
def measured_into(p: Parts, bit: int, node: int) -> int:
    """A bit of its own for every measurement of the source."""
    fresh = new_bit(p.out, node)
    p.now.latest[bit, LATEST], p.now.latest[bit, WRITTEN_AT] = fresh, node
    if len(p.now.known):
        for other in range(p.now.known.shape[1]):
            p.now.known[bit, other] = -1
    return fresh


@compiled
def goes_on(p: Parts, use: int, site: int, place: int) -> bool:
    """Will a copy be of use again? A spent one may still take over where its qubit goes to live."""
    again = p.g.uses[use, AGAIN]
    if again < 0 or not p.g.keep_copies:
        return False
    if not is_spent(p, place):
        return True
    at = p.g.rows[p.g.order[again], FIRST_USE]
    while p.g.uses[at, QUBIT] != p.g.uses[use, QUBIT]:
        at += 1
    return bool(p.g.uses[at, RESIDENCE] == site)


@compiled
def open_copies(p: Parts, row: int, turn: int) -> bool:
    """Every operand that lives elsewhere has a copy at the row's site."""
    site = p.g.rows[row, SITE]
    for k in range(p.g.rows[row, FIRST_USE], p.g.rows[row + 1, FIRST_USE]):
        q, again = p.g.uses[k, QUBIT], p.g.uses[k, AGAIN]
        if p.g.uses[k, RESIDENCE] == site:
            continue
        needed = again if again >= 0 else NEVER
        place = copy_at(p.now, q, site)
        if place >= 0 and is_spent(p, place):
            close(p, site, place)
            place = -1
        if place < 0:
            if not open_copy(p, q, site, needed, p.g.uses[k, EPOCH], row, turn):
                return False
            place = copy_at(p.now, q, site)
        p.now.copies[place, NEEDED] = needed
        p.now.copies[place, SERVED] += 1
    return True


@compiled
def close_copies(p: Parts, row: int) -> None:
    """Those that are not wanted again."""
    site = p.g.rows[row, SITE]
    for k in range(p.g.rows[row, FIRST_USE], p.g.rows[row + 1, FIRST_USE]):
        if p.g.uses[k, RESIDENCE] != site:
            place = copy_at(p.now, p.g.uses[k, QUBIT], site)
            if not goes_on(p, k, site, place):
                close(p, site, place)


@compiled
def write_row(p: Parts, row: int, cond: int, attr: int) -> None:
    site = p.g.rows[row, SITE]
    for k in range(p.g.rows[row, FIRST_USE], p.g.rows[row + 1, FIRST_USE]):
        q = p.g.uses[k, QUBIT]
        wire = p.now.qubits[q, WIRE]
        if site >= 0 and p.g.uses[k, RESIDENCE] != site:
            wire = p.now.copies[copy_at(p.now, q, site), COPY_WIRE]
        operand(p.out, wire)
    put(p.out, p.g.rows[row, CODE], p.g.rows[row, ANGLE], cond, attr)


@compiled
def operate(p: Parts, row: int, turn: int) -> int:
    if not open_copies(p, row, turn):
        return NO_ROOM
    cond, attr, site = p.g.rows[row, COND], p.g.rows[row, ATTR], p.g.rows[row, SITE]
    known = known_at(p, cond, site) if cond >= 0 else -1
    if p.g.rows[row, KIND] == MEASURE:
        if cond >= 0 and p.now.latest[attr, LATEST] >= 0:
            return OVERWRITTEN
        attr = measured_into(p, attr, site)
    write_row(p, row, known, attr)
    close_copies(p, row)
    return FINISHED


@compiled
def insert(p: Parts, row: int, turn: int) -> int:
    """One row with all that it needs."""
    p.out.counts[w.NOW_ORIGIN] = row
    kind = p.g.rows[row, KIND]
    moves = p.g.rows[row + 1, FIRST_HOP] > p.g.rows[row, FIRST_HOP]
    if moves and not move(p, row):
        return NO_ROOM
    if kind == PLAIN or (kind == BARRIER and not moves):
        write_row(p, row, -1, p.g.rows[row, ATTR])
    elif kind != BARRIER and kind != MOVE:
        return operate(p, row, turn)
    return FINISHED


@entry
def insert_rows(p: Parts, first: int, margin: int) -> tuple[int, int]:
    """Insert rows from a turn on, as long as the columns have room for so many more rows; returns
    the next turn, and why it stopped."""
    for turn in range(first, len(p.g.order)):
        most = max(p.out.counts[w.ROWS], p.out.counts[w.OPERANDS] // 2, p.out.counts[w.WIRES])
        if most + margin > len(p.out.rows):
            return turn, FINISHED
        fault = insert(p, p.g.order[turn], turn)
        if fault != FINISHED:
            return turn, fault
    return len(p.g.order), FINISHED
