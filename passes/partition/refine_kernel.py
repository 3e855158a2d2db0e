"""The compiled loops of `refine`: integers only, ties go to the lowest vertex and node."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from qdsl.ir.jit import compiled, entry

Column = npt.NDArray[np.int64]
NEVER = -(1 << 40)


class Fixed(NamedTuple):
    """What does not change: a hypergraph (`start`, `pins`, `weight`, `size`), the edges of every
    vertex, the cost of a set of nodes (`tree`; empty: `hops` for every node after the first)."""

    start: Column
    pins: Column
    weight: Column
    size: Column
    first: Column
    edges: Column
    tree: Column
    hops: int


class Moving(NamedTuple):
    """What does: `part[v]` the node of a vertex, `pins[e, p]` pins of an edge at a node and
    `mask[e]` the set of nodes with any, `gain[v, p]` what moving there gains, `room[p]` left."""

    part: Column
    pins: Column
    mask: Column
    gain: Column
    room: Column


@compiled
def set_cost(g: Fixed, mask: int) -> int:
    """Ebits of an edge that is at a set of nodes."""
    if len(g.tree):
        cost: int = g.tree[mask]
        return cost
    size = 0
    while mask:
        mask &= mask - 1
        size += 1
    return max(0, size - 1) * g.hops


@compiled
def account(g: Fixed, now: Moving, edge: int, sign: int) -> None:
    """Add to the gains of an edge's pins, or take away, what it contributes to them."""
    n_nodes = len(now.room)
    mask = now.mask[edge]
    before = set_cost(g, mask)
    scale = sign * g.weight[edge]
    for place in range(g.start[edge], g.start[edge + 1]):
        vertex = g.pins[place]
        node = now.part[vertex]
        rest = mask & ~(1 << node) if now.pins[edge, node] == 1 else mask
        for p in range(n_nodes):
            now.gain[vertex, p] += scale * (before - set_cost(g, rest | 1 << p))


@entry
def account_all(g: Fixed, now: Moving) -> None:
    """The gains from nothing."""
    for edge in range(len(g.weight)):
        account(g, now, edge, 1)


@compiled
def moved(g: Fixed, now: Moving, vertex: int, node: int) -> None:
    """Put a vertex at another node, with every count and gain kept up to date."""
    old = now.part[vertex]
    for place in range(g.first[vertex], g.first[vertex + 1]):
        account(g, now, g.edges[place], -1)
    for place in range(g.first[vertex], g.first[vertex + 1]):
        edge = g.edges[place]
        now.pins[edge, old] -= 1
        now.pins[edge, node] += 1
        if now.pins[edge, old] == 0:
            now.mask[edge] &= ~(1 << old)
        now.mask[edge] |= 1 << node
    now.part[vertex] = node
    now.room[old] += g.size[vertex]
    now.room[node] -= g.size[vertex]
    for place in range(g.first[vertex], g.first[vertex + 1]):
        account(g, now, g.edges[place], 1)


@compiled
def best_step(g: Fixed, now: Moving, free: npt.NDArray[np.bool_]) -> tuple[int, int]:
    """The move that gains most, (-1, -1) if there is none. A node may be too full by one vertex
    for one step, which makes exchanges possible where no room is left."""
    crowded = False
    for p in range(len(now.room)):
        crowded = crowded or now.room[p] < 0
    best, vertex, node = NEVER, -1, -1
    for v in range(len(now.part)):
        here = now.part[v]
        if not free[v] or (crowded and now.room[here] >= 0):
            continue
        least = g.size[v] if crowded else 0
        for p in range(len(now.room)):
            if p != here and now.room[p] >= least and now.gain[v, p] > best:
                best, vertex, node = now.gain[v, p], v, p
    return vertex, node


@compiled
def shortage(now: Moving) -> int:
    total = 0
    for p in range(len(now.room)):
        total += min(now.room[p], 0)
    return total


@entry
def one_pass(g: Fixed, now: Moving, movable: npt.NDArray[np.bool_]) -> bool:
    """Every vertex moves at most once; the best moment is kept. True: something improved."""
    free = movable.copy()
    log = np.zeros((len(free), 2), np.int64)
    n, best_at, total = 0, 0, 0
    best_short, best_total = shortage(now), 0
    patience = min(len(free), 40 + len(free) // 8)
    while n - best_at < patience and n < len(free):
        vertex, node = best_step(g, now, free)
        if vertex < 0:
            break
        total += now.gain[vertex, node]
        log[n, 0], log[n, 1] = vertex, now.part[vertex]
        n += 1
        moved(g, now, vertex, node)
        free[vertex] = False
        short = shortage(now)
        if short > best_short or (short == best_short and total > best_total):
            best_short, best_total, best_at = short, total, n
    for k in range(n - 1, best_at - 1, -1):
        moved(g, now, log[k, 0], log[k, 1])
    return best_at > 0
