"""Moves vertices of a hypergraph between nodes (Fiduccia and Mattheyses, DAC 1982)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from qdsl.network.network import Network
from qdsl.passes.partition.hypergraph import Hypergraph
from qdsl.passes.partition.refine_kernel import Fixed, Moving, account_all, one_pass
from qdsl.records import dataclass

Column = npt.NDArray[np.int64]
WIDEST_TABLE = 12
APART = 1 << 12


@dataclass(frozen=True, slots=True, eq=False)
class TreeCost:
    """Links of a least tree that joins a set of nodes, by bit mask, or their prices. Nodes that
    are not of the set may be on it: they hold a copy for as long as it takes to pass it on.

    Beyond 12 nodes no table is kept, and a set counts the mean hops for every further node.
    """

    table: Column
    mean_hops: int

    def __call__(self, mask: Column) -> Column:
        if len(self.table):
            result: Column = self.table[mask]
            return result
        return (np.bitwise_count(mask).astype(np.int64) - 1) * self.mean_hops


def tree_cost(network: Network) -> TreeCost:
    n = len(network.nodes)
    price = network.routing.price
    apart = max(APART, 2 * max(map(max, price), default=0))
    metric = [[apart if p < 0 else p for p in line] for line in price]
    if n > WIDEST_TABLE:
        total = sum(sum(line) for line in metric)
        return TreeCost(np.zeros(0, np.int64), max(1, round(total / (n * (n - 1)))))
    table = np.zeros(1 << n, np.int64)
    for mask in range(1 << n):
        table[mask] = _spanning(mask, metric)
    if all(comm >= 2 for comm in network.free_comm):
        joined = _steiner(metric) if network.scale == 1 else _steiner_by_price(metric)
        table = np.minimum(table, joined)
    return TreeCost(table, 1)


def _steiner(metric: list[list[int]]) -> Column:
    """For every set the links of a Steiner tree: one fewer than the nodes of the least connected
    set that contains it."""
    n = len(metric)
    near = [sum(1 << u for u in range(n) if metric[v][u] == 1) for v in range(n)]
    table = np.full(1 << n, n * APART, np.int64)
    table[0] = 0
    for mask in range(1, 1 << n):
        reached = mask & -mask
        fresh = reached
        while fresh:
            v = fresh.bit_length() - 1
            grown = (reached | near[v]) & mask
            fresh = (fresh & ~(1 << v)) | (grown & ~reached)
            reached = grown
        if reached == mask:
            table[mask] = mask.bit_count() - 1
    sets = np.arange(1 << n)
    for v in range(n):
        np.minimum(table, table[sets | 1 << v], out=table)
    return table


def _steiner_by_price(metric: list[list[int]]) -> Column:
    """For every set the price of a Steiner tree (Dreyfus and Wagner, Networks 1, 195 (1971)):
    `to[s, v]` is that of one which joins the set s and the node v."""
    way = np.array(metric, np.int64)
    n = len(way)
    to = np.zeros((1 << n, n), np.int64)
    for mask in range(1, 1 << n):
        if mask & (mask - 1):
            parts = _parts(mask)
            here = (to[parts] + to[mask ^ parts]).min(axis=0)
        else:
            here = way[mask.bit_length() - 1]
        to[mask] = (here[:, None] + way).min(axis=0)
    table: Column = to.min(axis=1)
    return table


def _parts(mask: int) -> Column:
    """The sets between none and this one that contain its first node."""
    rest = [1 << v for v in range(mask.bit_length()) if mask >> v & 1]
    found = np.array([rest[0]], np.int64)
    for bit in rest[1:]:
        found = np.concatenate([found, found | bit])
    proper: Column = found[found != mask]
    return proper


def _spanning(mask: int, metric: list[list[int]]) -> int:
    left = {v for v in range(len(metric)) if mask >> v & 1}
    if len(left) < 2:
        return 0
    first = left.pop()
    near = {v: metric[first][v] for v in left}
    total = 0
    while near:
        v = min(near, key=lambda u: (near[u], u))
        total += near.pop(v)
        for u in near:
            near[u] = min(near[u], metric[v][u])
    return total


class Refinement:
    """A partition of a hypergraph, with the gain of every move kept up to date."""

    def __init__(
        self,
        graph: Hypergraph,
        cost: TreeCost,
        room: Sequence[int],
        part: Column,
        movable: npt.NDArray[np.bool_],
    ) -> None:
        self.graph = graph
        self.part = part.copy()
        self._cost = cost
        self._movable = movable
        n_nodes = len(room)
        left = np.array(room, np.int64)
        np.subtract.at(left, self.part, graph.size)
        owner = graph.owner
        by_vertex = np.argsort(graph.pins, kind="stable")
        degrees = np.bincount(graph.pins, minlength=graph.n_vertices)
        count = np.zeros((len(graph.weight), n_nodes), np.int64)
        np.add.at(count, (owner, self.part[graph.pins]), 1)
        bits = np.int64(1) << np.arange(n_nodes, dtype=np.int64)
        count += (graph.fixed[:, None] & bits) != 0
        self._graph = Fixed(
            graph.start, graph.pins, graph.weight, graph.size,
            np.concatenate([[0], np.cumsum(degrees)]), owner[by_vertex], cost.table,
            cost.mean_hops,
        )  # fmt: skip
        gain = np.zeros((graph.n_vertices, n_nodes), np.int64)
        self._now = Moving(self.part, count, ((count > 0) * bits).sum(1), gain, left)
        account_all(self._graph, self._now)

    def cost(self) -> int:
        return int((self._cost(self._now.mask) * self.graph.weight).sum())

    def run(self, passes: int) -> int:
        """Up to so many passes, as long as they help; returns the cost."""
        for _ in range(passes):
            if not one_pass(self._graph, self._now, self._movable):
                break
        return self.cost()
