"""Compiled loops that write rows and, from the table of primitives, their bodies."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from qdsl.ir.jit import compiled

Column = npt.NDArray[np.int64]
Ints = npt.NDArray[np.int32]

# columns of `Out.rows` and `Out.wires`, and places of `Out.counts`
CODE, END, ANGLE, COND, ATTR, ORIGIN, ROLE, GROUP = range(8)
NODE, IS_COMM = range(2)
ROWS, OPERANDS, WIRES, BITS, ALL_WIRES, ALL_BITS, GROUPS = range(7)
NOW_ORIGIN, NOW_ROLE, NOW_GROUP = range(7, 10)

# what `Bodies.part` is of, by number, and the wires and the bit that these loops name themselves
LOCAL, SWAPPING, ENTANGLER, DISENTANGLER, TELEDATA, HANDOVER, MESSAGE = range(7)
USED: Final = (
    "local", "swapping", "cat-entangler", "cat-disentangler", "teledata", "handover", "message",
)  # fmt: skip
ROOT, NEAR, FAR, LEFT, RIGHT, DATA = range(6)
NAMED_WIRES: Final = ("root", "near", "far", "left", "right", "data")
DISCLOSED = 0
NAMED_BITS: Final = ("m",)
HERE, BETWEEN, THERE = range(3)
SITES: Final = ("here", "between", "there")
# columns of `Bodies.part` and `Bodies.step`
OF_ROLE, FIRST, MET, TELLS, STORES, AFTER = range(6)
OPERATION, SORT, A, B, READS, WRITES, SITE, OTHER_SITE, FREES = range(9)
GATE, PAIR, FRESH, MEASURE, SEND = range(5)  # FRESH: on a data wire that begins with it


class PrimitiveBodies(NamedTuple):
    """The body of primitive p: the steps `part[p, FIRST]` to `part[p, AFTER]`. From MET on they
    are no pairs, from TELLS on messages and what follows, from STORES on the state is stored.
    They and what else has a code stand here and not as constants: what is compiled and kept on
    disk would not see them change."""

    part: Column
    step: Column


class Out(NamedTuple):
    """New rows, operands, wires and bits, until they are full, and how many there are."""

    rows: Ints
    operands: Ints
    wires: Ints
    bits: Ints
    counts: Column


class Roles(NamedTuple):
    """Of the primitive that is being written: its `wires` and `bits` by name, the nodes of its
    `sites`, and its `route` from here to there. `chain` and `outcome`: wires and bits along a
    route. Free communication qubits by node."""

    wires: Column
    bits: Column
    sites: Column
    route: Column
    chain: Column
    outcome: Column
    comm_free: Column


@compiled
def put(out: Out, code: int, angle: int, cond: int, attr: int) -> None:
    """A row on the operands that were put before it. What does not fit is counted all the same."""
    row = out.rows[min(out.counts[ROWS], len(out.rows) - 1)]
    row[CODE], row[END] = code, out.counts[OPERANDS]
    row[ANGLE], row[COND], row[ATTR] = angle, cond, attr
    row[ORIGIN], row[ROLE] = out.counts[NOW_ORIGIN], out.counts[NOW_ROLE]
    row[GROUP] = out.counts[NOW_GROUP]
    out.counts[ROWS] += 1


@compiled
def operand(out: Out, wire: int) -> None:
    out.operands[min(out.counts[OPERANDS], len(out.operands) - 1)] = wire
    out.counts[OPERANDS] += 1


@compiled
def new_wire(out: Out, node: int, is_comm: int) -> int:
    wire = out.wires[min(out.counts[WIRES], len(out.wires) - 1)]
    wire[NODE], wire[IS_COMM] = node, is_comm
    out.counts[WIRES] += 1
    out.counts[ALL_WIRES] += 1
    return int(out.counts[ALL_WIRES] - 1)


@compiled
def new_bit(out: Out, node: int) -> int:
    out.bits[min(out.counts[BITS], len(out.bits) - 1)] = node
    out.counts[BITS] += 1
    out.counts[ALL_BITS] += 1
    return int(out.counts[ALL_BITS] - 1)


@compiled
def new_group(out: Out) -> int:
    out.counts[GROUPS] += 1
    return int(out.counts[GROUPS] - 1)


@compiled
def step(b: PrimitiveBodies, r: Roles, out: Out, k: int) -> None:
    """One row of a body."""
    row = b.step[k]
    sort, first, second, reads = row[SORT], row[A], row[B], row[READS]
    node = r.sites[row[SITE]]
    if sort == PAIR:
        r.wires[first] = new_wire(out, node, 1)
        r.wires[second] = new_wire(out, r.sites[row[OTHER_SITE]], 1)
        r.comm_free[node] -= 1
        r.comm_free[r.sites[row[OTHER_SITE]]] -= 1
    elif sort == FRESH:
        r.wires[second] = new_wire(out, node, 0)
    operand(out, r.bits[first] if sort == SEND else r.wires[first])
    if second >= 0:
        operand(out, r.wires[second])
    attr = -1
    if row[WRITES] >= 0:
        attr = new_bit(out, node)
        r.bits[row[WRITES]] = attr
    r.comm_free[node] += row[FREES]
    put(out, row[OPERATION], -1, -1 if reads < 0 else 2 * r.bits[reads] + 1, attr)


@compiled
def along_route(b: PrimitiveBodies, r: Roles, out: Out, k: int, links: int) -> None:
    """The pair of a step over several links: a pair over each; the inner nodes swap, and then the
    last node corrects for all of them: before, its half is not yet joined to the first."""
    role, group = out.counts[NOW_ROLE], out.counts[NOW_GROUP]
    here, there = r.sites[HERE], r.sites[THERE]
    part = b.part[SWAPPING]
    out.counts[NOW_ROLE], out.counts[NOW_GROUP] = part[OF_ROLE], new_group(out)
    near, far = b.step[k, A], b.step[k, B]
    for link in range(links):
        r.sites[HERE], r.sites[THERE] = r.route[link], r.route[link + 1]
        step(b, r, out, k)
        r.chain[2 * link], r.chain[2 * link + 1] = r.wires[near], r.wires[far]
    r.sites[HERE], r.sites[THERE] = here, there
    for link in range(1, links):
        r.wires[LEFT], r.wires[RIGHT] = r.chain[2 * link - 1], r.chain[2 * link]
        r.sites[BETWEEN] = r.route[link]
        for at in range(part[MET], part[TELLS]):
            step(b, r, out, at)
        for bit in range(len(r.bits)):
            r.outcome[link, bit] = r.bits[bit]
    r.wires[NEAR], r.wires[FAR] = r.chain[0], r.chain[2 * links - 1]
    for link in range(1, links):
        for bit in range(len(r.bits)):
            r.bits[bit] = r.outcome[link, bit]
        for at in range(part[TELLS], part[AFTER]):
            step(b, r, out, at)
    out.counts[NOW_ROLE], out.counts[NOW_GROUP] = role, group
    r.wires[near], r.wires[far] = r.chain[0], r.chain[2 * links - 1]


@compiled
def write_steps(b: PrimitiveBodies, r: Roles, out: Out, first: int, end: int, links: int) -> None:
    for k in range(first, end):
        if b.step[k, SORT] == PAIR and links > 1:
            along_route(b, r, out, k, links)
        else:
            step(b, r, out, k)


@compiled
def write_body(
    b: PrimitiveBodies, r: Roles, out: Out, primitive: int, group: int, links: int
) -> None:
    """A use of a primitive, on the wires and bits and between the sites that `Roles` says, but
    for storing its state."""
    role, before = out.counts[NOW_ROLE], out.counts[NOW_GROUP]
    part = b.part[primitive]
    out.counts[NOW_ROLE], out.counts[NOW_GROUP] = part[OF_ROLE], group
    write_steps(b, r, out, part[FIRST], part[STORES], links)
    out.counts[NOW_ROLE], out.counts[NOW_GROUP] = role, before


@compiled
def write_store(
    b: PrimitiveBodies, r: Roles, out: Out, primitive: int, group: int, node: int
) -> None:
    """The state that waits in a communication qubit is stored at a node."""
    role, before = out.counts[NOW_ROLE], out.counts[NOW_GROUP]
    part = b.part[primitive]
    out.counts[NOW_ROLE], out.counts[NOW_GROUP] = part[OF_ROLE], group
    r.sites[THERE] = node
    write_steps(b, r, out, part[STORES], part[AFTER], 1)
    out.counts[NOW_ROLE], out.counts[NOW_GROUP] = role, before
