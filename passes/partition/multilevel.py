"""Multilevel partitioning: coarsen by heavy edges, start at the coarsest, refine on the way up."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from qdsl.ir.distinct import distinct
from qdsl.passes.partition.hypergraph import Hypergraph, contracted
from qdsl.passes.partition.refine import Refinement, TreeCost

Column = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
FREE = -1
COARSEST = 24


def multilevel(
    graph: Hypergraph,
    cost: TreeCost,
    room: Sequence[int],
    fixed: Column,
    seed: int,
    passes: int,
) -> Column:
    """A node for every vertex. `fixed[v]` is a vertex's node, FREE if it may be anywhere;
    `room[node]` counts the fixed vertices' qubits too."""
    random = np.random.default_rng(seed)
    levels: list[tuple[Hypergraph, Column]] = []
    coarse, held = graph, fixed
    largest = max(1, min((r for r in room if r > 0), default=1) // 3)
    while coarse.n_vertices > max(COARSEST, 3 * len(room)):
        cluster = _matching(coarse, held, largest, random)
        if int(cluster.max()) + 1 > 0.9 * coarse.n_vertices:
            break
        levels.append((coarse, cluster))
        above = np.full(int(cluster.max()) + 1, FREE, np.int64)
        above[cluster[held != FREE]] = held[held != FREE]
        coarse, held = contracted(coarse, cluster), above
    part = filled(coarse, room, held, _order(coarse, random))
    part = refined(coarse, cost, room, part, held, passes)
    for finer, cluster in reversed(levels):
        lower = np.full(finer.n_vertices, FREE, np.int64)
        fixed_clusters = np.bincount(cluster, minlength=len(held)) > 0
        lower = np.where(fixed_clusters[cluster], held[cluster], FREE)
        part, held = part[cluster], lower
        part = refined(finer, cost, room, part, held, passes)
    return part


def refined(
    graph: Hypergraph,
    cost: TreeCost,
    room: Sequence[int],
    part: Column,
    fixed: Column,
    passes: int,
) -> Column:
    work = Refinement(graph, cost, room, part, fixed == FREE)
    work.run(passes)
    return work.part


def affinity(graph: Hypergraph) -> tuple[Column, Column, npt.NDArray[np.float64]]:
    """(u, v, weight) for u < v: how much two vertices ask to be together. A long edge is a
    path over its pins, so that the work stays linear."""
    sizes = np.diff(graph.start)
    at = np.arange(len(graph.pins) - 1) if len(graph.pins) else np.zeros(0, np.int64)
    same = graph.owner[at] == graph.owner[at + 1] if len(at) else np.zeros(0, np.bool_)
    u, v = graph.pins[:-1][same], graph.pins[1:][same]
    edge = graph.owner[:-1][same]
    first = graph.pins[graph.start[edge]]
    u, v = np.concatenate([u, first]), np.concatenate([v, graph.pins[1:][same]])
    weight = np.tile(graph.weight[edge] / np.maximum(sizes[edge] - 1, 1), 2)
    low, high = np.minimum(u, v), np.maximum(u, v)
    apart = low != high
    n = graph.n_vertices
    both = low[apart] * n + high[apart]
    keys = distinct(both)
    total = np.bincount(np.searchsorted(keys, both), weights=weight[apart], minlength=len(keys))
    return keys // n, keys % n, total.astype(np.float64)


def _matching(graph: Hypergraph, held: Column, largest: int, random: np.random.Generator) -> Column:
    """Clusters of one or two vertices: the heaviest free neighbour first."""
    u, v, weight = affinity(graph)
    weight = weight / (graph.size[u] * graph.size[v]) * random.uniform(0.9, 1.1, len(weight))
    mate = np.full(graph.n_vertices, FREE, np.int64)
    fits = (graph.size[u] + graph.size[v] <= largest) & (held[u] == held[v])
    for k in np.argsort(-weight, kind="stable").tolist():
        a, b = u[k], v[k]
        if fits[k] and mate[a] == FREE and mate[b] == FREE:
            mate[a], mate[b] = b, a
    alone = mate == FREE
    mate[alone] = np.flatnonzero(alone)
    leader = np.minimum(mate, np.arange(graph.n_vertices))
    return np.unique(leader, return_inverse=True)[1].astype(np.int64)


def _order(graph: Hypergraph, random: np.random.Generator) -> Column:
    """Vertices by growing affinity: next comes who has most to do with those before."""
    u, v, weight = affinity(graph)
    n = graph.n_vertices
    near: list[list[tuple[int, float]]] = [[] for _ in range(n)]
    for a, b, w in zip(u.tolist(), v.tolist(), weight.tolist(), strict=True):
        near[a].append((b, w))
        near[b].append((a, w))
    pull = random.uniform(0, 1e-3, n)
    order: list[int] = []
    for _ in range(n):
        vertex = int(np.argmax(pull))
        pull[vertex] = -np.inf
        order.append(vertex)
        for other, w in near[vertex]:
            pull[other] += w
    return np.array(order, np.int64)


def filled(graph: Hypergraph, room: Sequence[int], fixed: Column, order: Column) -> Column:
    """Nodes filled one after another in this order, evenly; what fits nowhere goes to the
    emptiest node, and refinement sorts it out."""
    left = np.array(room, np.int64)
    part = fixed.copy()
    np.subtract.at(left, part[part != FREE], graph.size[part != FREE])
    todo = [v for v in order.tolist() if part[v] == FREE]
    wanted = int(graph.size[todo].sum()) if todo else 0
    share = np.ceil(np.maximum(left, 0) * (wanted / max(int(left.clip(0).sum()), 1)))
    node, used = 0, 0
    for v in todo:
        while node < len(room) - 1 and used + graph.size[v] > share[node]:
            node, used = node + 1, 0
        target = node if left[node] >= graph.size[v] else int(np.argmax(left))
        part[v] = target
        left[target] -= graph.size[v]
        used += int(graph.size[v])
    return part
