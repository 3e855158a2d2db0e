"""What compiled searches share: random numbers, Metropolis' rule, sets of nodes as bit masks.

Only integers and the four operations on floats are used, so that a seed gives the same result
on every platform, compiled or not.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from qdsl.ir.jit import compiled, inlined

Column = npt.NDArray[np.int64]


@inlined
def draw(random: Column, below: int) -> int:
    """An integer in [0, below): the minimal standard generator of Park and Miller,
    CACM 31, 1192 (1988)."""
    random[0] = random[0] * 48271 % 2147483647
    drawn: int = random[0] % below
    return drawn


@compiled
def accepts(random: Column, delta: int, temperature: float) -> bool:
    """Metropolis' rule, with exp by its series: the same bits everywhere."""
    if delta <= 0:
        return True
    x = delta / temperature
    if x > 12.0:
        return False
    term = total = 1.0
    for k in range(1, 12):
        term *= x / k
        total += term
    return draw(random, 1000000) < 1000000.0 / total


@inlined
def tree_cost(tree: Column, hops: int, mask: int) -> int:
    """Ebits of a segment that is at a set of nodes."""
    if len(tree):
        cost: int = tree[mask]
        return cost
    size = 0
    while mask:
        mask &= mask - 1
        size += 1
    return (size - 1) * hops


@inlined
def random_node(random: Column, mask: int, here: int, n_nodes: int) -> int:
    """A node of a set other than `here`; sometimes, or if there is none, any node."""
    mask &= ~(1 << here)
    if mask == 0 or draw(random, 4) == 0:
        return draw(random, n_nodes)
    size = 0
    rest = mask
    while rest:
        rest &= rest - 1
        size += 1
    for _ in range(draw(random, size)):
        mask &= mask - 1
    node = 0
    while not mask >> node & 1:
        node += 1
    return node
