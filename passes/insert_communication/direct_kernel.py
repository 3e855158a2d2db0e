"""The compiled loops of `direct`: what `insertion`, `copies` and `primitives` do, where every two
nodes are linked, so that no copy is passed on and no pair is swapped."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from qdsl.ir.jit import compiled, entry

Column = npt.NDArray[np.int64]
Ints = npt.NDArray[np.int32]
Flags = npt.NDArray[np.bool_]
NEVER = 1 << 60
PLAIN, BARRIER, MOVE, MEASURE, OTHER = range(5)  # what a row asks for: `Given.kind`
ROWS, OPERANDS, WIRES, BITS, ALL_WIRES, ALL_BITS, GROUPS = range(7)  # places of `Out.counts`
ORIGIN, ROLE, GROUP = range(3)  # places of `Out.here`


class Given(NamedTuple):
    """Rows of the placed circuit in `order`; `again` beside the operands: the turn that next wants
    the copy, -1: none. Before a row come its hops, `hop_start[row]` to `hop_start[row + 1]`, each
    (qubit, source, target, waits); after hop h those that waited are stored:
    `stored[store_start[h]:store_start[h + 1]]`."""

    order: Column
    start: Ints
    operands: Ints
    code: Column
    angle: Ints
    attr: Ints
    kind: Column
    site: Column
    residence: Column
    again: Column
    hop_start: Column
    hops: Column
    store_start: Column
    stored: Column
    keep_copies: bool
    gates_per_ebit: int


class Codes(NamedTuple):
    """Of operations and roles. They stand here and not as constants: what is compiled and kept on
    disk would not see them change."""

    ebit: int
    cx: int
    h: int
    x: int
    z: int
    swap: int
    measure: int
    send: int
    local: int
    entangler: int
    disentangler: int
    teledata: int
    handover: int


class Out(NamedTuple):
    """Columns of new rows, wires and bits, until they are full: `counts` are those in use, then
    wires, bits and groups of all times. `here`: origin, role and group of rows from here on."""

    code: npt.NDArray[np.uint16]
    end: Ints
    operands: Ints
    angle: Ints
    cond: Ints
    attr: Ints
    origin: Ints
    role: npt.NDArray[np.uint8]
    group: Ints
    wire_node: npt.NDArray[np.int16]
    wire_is_comm: Flags
    bit_node: npt.NDArray[np.int16]
    counts: Column
    here: Column


class Now(NamedTuple):
    """The data wire of every qubit and its node; of copies by qubit and node their wire (-1: there
    is none), group, the turn that wants them `again`, and the gates they `served`; the qubits with
    copies `at` every node, `n_at`; free communication qubits; the bit that holds a source's bit;
    role and group of the primitive by which a qubit came."""

    wire: Column
    location: Column
    copy: Column
    group: Column
    again: Column
    served: Column
    at: Column
    n_at: Column
    comm_free: Column
    latest: Column
    came: Column


# ---- rows ------------------------------------------------------------------------------


@compiled
def put(out: Out, code: int, angle: int, cond: int, attr: int) -> None:
    """A row on the operands that were put before it."""
    n = out.counts[ROWS]
    out.code[n], out.end[n] = code, out.counts[OPERANDS]
    out.angle[n], out.cond[n], out.attr[n] = angle, cond, attr
    out.origin[n], out.role[n], out.group[n] = out.here[ORIGIN], out.here[ROLE], out.here[GROUP]
    out.counts[ROWS] += 1


@compiled
def operand(out: Out, wire: int) -> None:
    out.operands[out.counts[OPERANDS]] = wire
    out.counts[OPERANDS] += 1


@compiled
def gate(out: Out, code: int, wire: int, bit: int) -> None:
    """On one wire; with a bit it happens if that bit is 1."""
    operand(out, wire)
    put(out, code, -1, -1 if bit < 0 else 2 * bit + 1, -1)


@compiled
def gate_on_two(out: Out, code: int, a: int, b: int) -> None:
    operand(out, a)
    operand(out, b)
    put(out, code, -1, -1, -1)


@compiled
def new_wire(out: Out, node: int, is_comm: bool) -> int:
    n = out.counts[WIRES]
    out.wire_node[n], out.wire_is_comm[n] = node, is_comm
    out.counts[WIRES] += 1
    out.counts[ALL_WIRES] += 1
    wire: int = out.counts[ALL_WIRES] - 1
    return wire


@compiled
def new_bit(out: Out, node: int) -> int:
    out.bit_node[out.counts[BITS]] = node
    out.counts[BITS] += 1
    out.counts[ALL_BITS] += 1
    bit: int = out.counts[ALL_BITS] - 1
    return bit


@compiled
def new_group(out: Out) -> int:
    out.counts[GROUPS] += 1
    group: int = out.counts[GROUPS] - 1
    return group


@compiled
def enter(out: Out, role: int, group: int) -> None:
    out.here[ROLE], out.here[GROUP] = role, group


@compiled
def read_out(c: Codes, out: Out, wire: int, node: int) -> int:
    bit = new_bit(out, node)
    operand(out, wire)
    put(out, c.measure, -1, -1, bit)
    return bit


@compiled
def sent(c: Codes, out: Out, bit: int, node: int) -> int:
    copy = new_bit(out, node)
    operand(out, bit)
    put(out, c.send, -1, -1, copy)
    return copy


# ---- primitives ------------------------------------------------------------------------


@compiled
def make_pair(c: Codes, now: Now, out: Out, wire: int, a: int, b: int) -> int:
    """Join a wire at node a to a new pair; returns its end at node b. The other end is read out
    next: it is the wire before."""
    near = new_wire(out, a, True)
    far = new_wire(out, b, True)
    now.comm_free[b] -= 1
    gate_on_two(out, c.ebit, near, far)
    gate_on_two(out, c.cx, wire, near)
    return far


@compiled
def close(c: Codes, now: Now, out: Out, q: int, node: int) -> None:
    """End a copy; the root corrects its phase."""
    role, group = out.here[ROLE], out.here[GROUP]
    enter(out, c.disentangler, now.group[q, node])
    wire = taken(now, q, node)
    gate(out, c.h, wire, -1)
    bit = read_out(c, out, wire, node)
    now.comm_free[node] += 1
    gate(out, c.z, now.wire[q], sent(c, out, bit, now.location[q]))
    enter(out, role, group)


@compiled
def taken(now: Now, q: int, node: int) -> int:
    """The wire of a copy, which is no longer kept."""
    wire: int = now.copy[q, node]
    now.copy[q, node] = -1
    place = 0
    while now.at[node, place] != q:
        place += 1
    now.n_at[node] -= 1
    now.at[node, place] = now.at[node, now.n_at[node]]
    return wire


@compiled
def reserve(g: Given, c: Codes, now: Now, out: Out, node: int, row: int) -> bool:
    """Free a communication qubit: the copy that is needed again last is closed, none of those that
    this row (-1: none) holds at its site. False: there is none to close."""
    while now.comm_free[node] < 1:
        last = -1
        for place in range(now.n_at[node]):
            q = now.at[node, place]
            held = False
            if row >= 0 and node == g.site[row]:
                for k in range(g.start[row], g.start[row + 1]):
                    held = held or g.operands[k] == q
            a, b = now.again[q, node], now.again[last, node]
            if not held and (last < 0 or a > b or (a == b and q > last)):
                last = q
        if last < 0:
            return False
        close(c, now, out, last, node)
    return True


@compiled
def open_copy(g: Given, c: Codes, now: Now, out: Out, q: int, row: int) -> bool:
    """Cat-entangler: a copy of a qubit where a row happens."""
    home, node = now.location[q], g.site[row]
    if not (reserve(g, c, now, out, home, row) and reserve(g, c, now, out, node, row)):
        return False
    role, old = out.here[ROLE], out.here[GROUP]
    group = new_group(out)
    enter(out, c.entangler, group)
    far = make_pair(c, now, out, now.wire[q], home, node)
    bit = read_out(c, out, far - 1, home)
    gate(out, c.x, far, sent(c, out, bit, node))
    enter(out, role, old)
    now.copy[q, node], now.group[q, node], now.served[q, node] = far, group, 0
    now.at[node, now.n_at[node]] = q
    now.n_at[node] += 1
    return True


# ---- residences ------------------------------------------------------------------------


@compiled
def store(c: Codes, now: Now, out: Out, q: int, node: int) -> None:
    """Swap a state out of its communication qubit into a fresh data qubit."""
    data = new_wire(out, node, False)
    gate_on_two(out, c.swap, now.wire[q], data)
    now.comm_free[node] += 1
    now.wire[q] = data


@compiled
def arrive(g: Given, c: Codes, now: Now, out: Out, hop: int, row: int) -> bool:
    """Bring a qubit to a node: a copy that is there takes over, else it is teleported."""
    q, source, target = g.hops[hop, 0], g.hops[hop, 1], g.hops[hop, 2]
    root = now.wire[q]
    if now.copy[q, target] >= 0:
        enter(out, c.handover, now.group[q, target])
        now.wire[q] = taken(now, q, target)
        gate(out, c.h, root, -1)
        bit = read_out(c, out, root, source)
        gate(out, c.z, now.wire[q], sent(c, out, bit, target))
    else:
        if not (reserve(g, c, now, out, source, -1) and reserve(g, c, now, out, target, -1)):
            return False
        enter(out, c.teledata, new_group(out))
        now.wire[q] = make_pair(c, now, out, root, source, target)
        x_bit = read_out(c, out, now.wire[q] - 1, source)
        gate(out, c.h, root, -1)
        z_bit = read_out(c, out, root, source)
        known_x = sent(c, out, x_bit, target)
        known_z = sent(c, out, z_bit, target)
        gate(out, c.x, now.wire[q], known_x)
        gate(out, c.z, now.wire[q], known_z)
    now.location[q] = target
    now.came[q, 0], now.came[q, 1] = out.here[ROLE], out.here[GROUP]
    if g.hops[hop, 3] == 0:
        store(c, now, out, q, target)
    return True


@compiled
def move(g: Given, c: Codes, now: Now, out: Out, row: int) -> bool:
    """Bring qubits to where they live from this row on."""
    for hop in range(g.hop_start[row], g.hop_start[row + 1]):
        if not arrive(g, c, now, out, hop, row):
            return False
        for k in range(g.store_start[hop], g.store_start[hop + 1]):
            q = g.stored[k]
            enter(out, now.came[q, 0], now.came[q, 1])
            store(c, now, out, q, now.location[q])
        enter(out, c.local, -1)
    return True


# ---- operations ------------------------------------------------------------------------


@compiled
def goes_on(g: Given, now: Now, use: int, site: int) -> bool:
    """Will a copy be of use again? A spent one may still take over where its qubit goes to live."""
    q, again = g.operands[use], g.again[use]
    if again < 0 or not g.keep_copies:
        return False
    if not 0 < g.gates_per_ebit <= now.served[q, site]:
        return True
    row = g.order[again]
    at = g.start[row]
    while g.operands[at] != q:
        at += 1
    lives: bool = g.residence[at] == site
    return lives


@compiled
def operate(g: Given, c: Codes, now: Now, out: Out, row: int) -> bool:
    site, first, end = g.site[row], g.start[row], g.start[row + 1]
    for k in range(first, end):
        q = g.operands[k]
        if g.residence[k] != site:
            if now.copy[q, site] < 0 and not open_copy(g, c, now, out, q, row):
                return False
            now.again[q, site] = g.again[k] if g.again[k] >= 0 else NEVER
            now.served[q, site] += 1
    attr = g.attr[row]
    if g.kind[row] == MEASURE:
        now.latest[attr] = new_bit(out, site)
        attr = now.latest[attr]
    for k in range(first, end):
        q = g.operands[k]
        operand(out, now.wire[q] if g.residence[k] == site else now.copy[q, site])
    put(out, g.code[row], g.angle[row], -1, attr)
    for k in range(first, end):
        if g.residence[k] != site and not goes_on(g, now, k, site):
            close(c, now, out, g.operands[k], site)
    return True


@compiled
def insert(g: Given, c: Codes, now: Now, out: Out, row: int) -> bool:
    """One row with all that it needs; False if a node has no communication qubit for it."""
    out.here[ORIGIN] = row
    kind, moves = g.kind[row], g.hop_start[row + 1] > g.hop_start[row]
    if moves and not move(g, c, now, out, row):
        return False
    if kind == PLAIN or (kind == BARRIER and not moves):
        for k in range(g.start[row], g.start[row + 1]):
            operand(out, now.wire[g.operands[k]])
        put(out, g.code[row], g.angle[row], -1, g.attr[row])
    elif kind != BARRIER and kind != MOVE:
        return operate(g, c, now, out, row)
    return True


@entry
def insert_rows(g: Given, c: Codes, now: Now, out: Out, first: int, margin: int) -> int:
    """Insert rows from a turn on, as long as the columns have room for so many more rows; returns
    the next turn, or -1 where a node lacks a communication qubit."""
    for turn in range(first, len(g.order)):
        most = max(out.counts[ROWS], out.counts[OPERANDS] // 2, out.counts[WIRES])
        if most + margin > len(out.code):
            return turn
        if not insert(g, c, now, out, g.order[turn]):
            return -1
    return len(g.order)
