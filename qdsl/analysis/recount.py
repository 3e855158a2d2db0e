"""A second count of ebits and classical bits, from the uses of the primitives and their prices.

`cost` counts the rows of the program; this counts how often each primitive is used, between
which nodes, and charges the price in its entry of the table: over h links teledata takes h
ebits and 2h bits, a cat-entangler h ebits and 2h - 1 bits, a cat-disentangler and a hand-over
one bit.
"""

from __future__ import annotations

import numpy as np

from qdsl.analysis.cost import Cost
from qdsl.analysis.pair_links import links_of_uses
from qdsl.diagnostics.diagnostic import InternalError
from qdsl.ir.distinct import distinct
from qdsl.ir.primitives import BY_ROLE, Effect, Primitive
from qdsl.ir.stages import ROLES, DistributedCircuit, ScheduledCircuit


def recounted(program: DistributedCircuit) -> tuple[int, int]:
    """(ebits, classical bits) by uses and prices."""
    ebits = bits = 0
    for primitive in BY_ROLE.values():
        if primitive.effect is Effect.PAIR:  # in the price of what the pair is for
            continue
        for links in _lengths(program, primitive):
            price = primitive.price(links)
            ebits, bits = ebits + price[0], bits + price[1]
    return ebits, bits


def used_pairs(program: DistributedCircuit) -> dict[tuple[int, int], int]:
    """How many pairs join two nodes for the use of a primitive, pairs swapped into one being
    one."""
    found: dict[tuple[int, int], int] = {}
    for primitive in BY_ROLE.values():
        wanted = primitive.ebits and primitive.effect is not Effect.PAIR
        for ends in _ends(program, primitive.name) if wanted else ():
            found[ends] = found.get(ends, 0) + 1
    return found


def _lengths(program: DistributedCircuit, primitive: Primitive) -> list[int]:
    """For every use of a primitive, over how many links its pair is; without a pair, 1."""
    if not primitive.ebits:
        mine = program.group[program.role == ROLES.index(primitive.name)]
        return [1] * int(distinct(mine).size)
    return links_of_uses(program, primitive.name)


def _ends(program: DistributedCircuit, role: str) -> list[tuple[int, int]]:
    """The two nodes of every use of a primitive."""
    table = program.table
    mine = (program.role == ROLES.index(role)) & ~table.codes("send")
    rows = np.repeat(np.arange(len(table)), table.arity)
    here = mine[rows]
    nodes = len(program.network.nodes)
    group, node = (
        program.group[rows[here]].astype(np.int64),
        program.wire_node[table.operands[here]],
    )
    found = np.stack(np.divmod(distinct(group * nodes + node), nodes), axis=1)
    _, first, many = np.unique(found[:, 0], return_index=True, return_counts=True)
    if (many != 2).any():
        raise InternalError("cost", "a use of a primitive is between two nodes", role)
    return list(zip(found[first, 1].tolist(), found[first + 1, 1].tolist(), strict=True))


def confirm(counted: Cost, ir: ScheduledCircuit) -> None:
    """InternalError if the two counts differ, or if the shares of a total do not sum to it."""
    again = recounted(ir.distributed)
    if (counted.ebits, counted.classical_bits) != again:
        found = f"{(counted.ebits, counted.classical_bits)} by rows, {again} by uses"
        raise InternalError("cost", "two counts of ebits and bits agree", found)
    for what, shares in (
        ("links", [x.ebits for x in counted.links]),
        ("lines", [x.ebits for x in counted.lines]),
        ("layers", [x.ebits for x in counted.layers]),
        ("primitives", [x.ebits for x in counted.primitives]),
    ):
        if sum(shares) != counted.ebits:
            raise InternalError("cost", f"ebits by {what} sum to all", str(sum(shares)))
    if sum(x.ebits for x in counted.nodes) != 2 * counted.ebits:
        raise InternalError("cost", "every ebit has two ends", "nodes")
