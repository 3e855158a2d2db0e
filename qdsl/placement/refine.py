"""Moves vertices of a hypergraph between nodes (Fiduccia and Mattheyses, DAC 1982)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from qdsl.network import Network
from qdsl.placement.hypergraph import Hypergraph

Column = npt.NDArray[np.int64]
WIDEST_TABLE = 12
NEVER = np.int64(-(1 << 40))
APART = 1 << 12


@dataclass(frozen=True, slots=True, eq=False)
class TreeCost:
    """Links of a tree over a set of nodes, by bit mask: a minimum spanning tree of hop counts.

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
    hops = [[network.hops(a, b) for b in range(n)] for a in range(n)]
    metric = [[APART if h is None else h for h in line] for line in hops]
    if n > WIDEST_TABLE:
        total = sum(sum(line) for line in metric)
        return TreeCost(np.zeros(0, np.int64), max(1, round(total / (n * (n - 1)))))
    table = np.zeros(1 << n, np.int64)
    for mask in range(1 << n):
        table[mask] = _spanning(mask, metric)
    return TreeCost(table, 1)


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
        self, graph: Hypergraph, cost: TreeCost, room: Sequence[int], part: Column,
        movable: npt.NDArray[np.bool_],
    ) -> None:  # fmt: skip
        self.graph = graph
        self.part = part.copy()
        self._cost = cost
        self._movable = movable
        n_nodes = len(room)
        self._bits = np.int64(1) << np.arange(n_nodes, dtype=np.int64)
        self._room = np.array(room, np.int64)
        np.subtract.at(self._room, self.part, graph.size)
        self._owner = graph.owner
        by_vertex = np.argsort(graph.pins, kind="stable")
        self._edges = self._owner[by_vertex]
        self._first = np.concatenate(
            [[0], np.cumsum(np.bincount(graph.pins, minlength=graph.n_vertices))]
        )
        self._count = np.zeros((len(graph.weight), n_nodes), np.int64)
        np.add.at(self._count, (self._owner, self.part[graph.pins]), 1)
        self._count += (graph.fixed[:, None] & self._bits) != 0
        self._mask = ((self._count > 0) * self._bits).sum(1)
        self._gain = np.zeros((graph.n_vertices, n_nodes), np.int64)
        self._account(np.arange(len(graph.pins)), 1)

    def cost(self) -> int:
        return int((self._cost(self._mask) * self.graph.weight).sum())

    def _account(self, places: Column, sign: int) -> None:
        """Add to the gains, or take away, what these pins contribute to them."""
        edge, vertex = self._owner[places], self.graph.pins[places]
        node = self.part[vertex]
        mask = self._mask[edge]
        alone = self._count[edge, node] == 1
        rest = np.where(alone, mask & ~self._bits[node], mask)
        after = self._cost(rest[:, None] | self._bits)
        change = (self._cost(mask)[:, None] - after) * (sign * self.graph.weight[edge])[:, None]
        n_nodes = len(self._bits)
        flat = (vertex[:, None] * n_nodes + np.arange(n_nodes)).reshape(-1)
        np.add.at(self._gain.reshape(-1), flat, change.reshape(-1))

    def _move(self, vertex: int, node: int) -> None:
        edges = self._edges[self._first[vertex] : self._first[vertex + 1]]
        start = self.graph.start
        sizes = start[edges + 1] - start[edges]
        offset = np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        places = np.repeat(start[edges], sizes) + offset
        self._account(places, -1)
        old = int(self.part[vertex])
        self._count[edges, old] -= 1
        self._count[edges, node] += 1
        self._mask[edges] = ((self._count[edges] > 0) * self._bits).sum(1)
        self.part[vertex] = node
        self._room[old] += self.graph.size[vertex]
        self._room[node] -= self.graph.size[vertex]
        self._account(places, 1)

    def run(self, passes: int) -> int:
        """Up to so many passes, as long as they help; returns the cost."""
        for _ in range(passes):
            if not self._one_pass():
                break
        return self.cost()

    def _one_pass(self) -> bool:
        """Every vertex moves at most once; the best moment is kept. True: something improved."""
        free = self._movable.copy()
        log: list[tuple[int, int]] = []
        total, best, best_at = 0, (int(np.minimum(self._room, 0).sum()), 0), 0
        patience = min(len(free), 40 + len(free) // 8)
        while len(log) - best_at < patience:
            step = self._best_step(free)
            if step is None:
                break
            vertex, node = step
            total += int(self._gain[vertex, node])
            log.append((vertex, int(self.part[vertex])))
            self._move(vertex, node)
            free[vertex] = False
            state = (int(np.minimum(self._room, 0).sum()), total)
            if state > best:
                best, best_at = state, len(log)
        for vertex, node in reversed(log[best_at:]):
            self._move(vertex, node)
        return best_at > 0

    def _best_step(self, free: npt.NDArray[np.bool_]) -> tuple[int, int] | None:
        """The move that gains most. A node may be too full by one vertex for one step, which
        makes exchanges possible where no room is left."""
        size = self.graph.size
        over = np.flatnonzero(self._room < 0)
        open_nodes = self._room[None, :] >= size[:, None]
        if len(over):
            free = free & np.isin(self.part, over)
        else:
            open_nodes = self._room[None, :] >= 0
        allowed = open_nodes & free[:, None]
        allowed[np.arange(len(size)), self.part] = False
        gains = np.where(allowed, self._gain, NEVER)
        place = int(np.argmax(gains))
        vertex, node = divmod(place, gains.shape[1])
        return None if gains[vertex, node] == NEVER else (vertex, node)
