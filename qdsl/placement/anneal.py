"""Simulated annealing of the placement problem (`segments`), in compiled loops.

Only integers and the four operations on floats are used, so that a seed gives the same result
on every platform, compiled or not.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from qdsl.compiled import compiled
from qdsl.placement.segments import FREE, Segments

Column = npt.NDArray[np.int64]

MOST_SLOTS = 4096
PERIOD = 2147483647  # of the minimal standard generator, Park and Miller, CACM 31, 1192 (1988)


@dataclass(frozen=True, slots=True, eq=False)
class Problem:
    """The arrays that the loops work on.

    `slot_begin`, `slot_end`: the capacity slots (stretches of time) in which a segment's qubit
    takes a data qubit; `first` int64[n + 1]: where each qubit's stations stand in `chain`;
    `gates_start`, `gates`: the free operations of each segment.
    """

    graph: Segments
    tree: Column  # cost by set of nodes, empty: (size - 1) * hops
    hops: int
    room: Column
    slot_begin: Column
    slot_end: Column
    n_slots: int
    first: Column
    chain: Column
    gates_start: Column
    gates: Column
    free_gates: Column


def problem(graph: Segments, tree: Column, hops: int, room: list[int]) -> Problem:
    """Prepare a graph for annealing. Where there are more times than slots, slots are rounded
    so that capacity is never exceeded."""
    n_slots = min(graph.n_times, MOST_SLOTS)
    scale = graph.n_times
    begin = graph.begin * n_slots // scale
    ends = np.where(graph.follower >= 0, graph.begin[graph.follower], graph.n_times)
    end = np.maximum(-(-ends * n_slots // scale), begin)
    order = np.lexsort((np.arange(graph.n_segments), graph.qubit))
    counts = np.bincount(graph.qubit[order])
    is_gate = np.arange(len(graph.fixed)) >= graph.n_segments
    free_gates = np.flatnonzero(is_gate & (graph.fixed == FREE))
    gates_start, gates = _by_segment(graph, free_gates)
    return Problem(
        graph, tree, hops, np.array(room, np.int64), begin, end, n_slots,
        np.concatenate([[0], np.cumsum(counts)]), order, gates_start, gates, free_gates,
    )  # fmt: skip


def _by_segment(graph: Segments, vertices: Column) -> tuple[Column, Column]:
    sizes = np.diff(graph.vertex_start)[vertices]
    total = int(sizes.sum())
    starts = np.repeat(graph.vertex_start[vertices], sizes)
    within = np.arange(total) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    segment = graph.vertex_segments[starts + within]
    order = np.argsort(segment, kind="stable")
    counts = np.bincount(segment, minlength=graph.n_segments)
    return np.concatenate([[0], np.cumsum(counts)]), np.repeat(vertices, sizes)[order]


def cost_of(p: Problem, node: Column) -> int:
    """The ebits of a placement: `node` is the node of every vertex."""
    masks = np.zeros(p.graph.n_segments, np.int64)
    vertex = np.repeat(np.arange(len(node)), np.diff(p.graph.vertex_start))
    np.bitwise_or.at(masks, p.graph.vertex_segments, np.int64(1) << node[vertex])
    if len(p.tree):
        return int(p.tree[masks].sum())
    return int(((np.bitwise_count(masks).astype(np.int64) - 1) * p.hops).sum())


def anneal(
    p: Problem, node: Column, sweeps: int, seed: int, hot: float, cold: float, moving: bool
) -> tuple[int, Column]:
    """The best placement met, from `node` on, and its cost.

    A sweep tries as many moves as there are vertices; `moving`: qubits may change their node
    between stations, else each lives at one node. The start must obey the room there is.
    """
    node = node.copy()
    best = node.copy()
    g = p.graph
    n_nodes = len(p.room)
    count = np.zeros((g.n_segments, n_nodes), np.int32)
    mask = np.zeros(g.n_segments, np.int64)
    held = np.zeros((n_nodes, p.n_slots + 1), np.int32)
    state = np.array([(seed * 7919 + 12345) % (PERIOD - 1) + 1], np.int64)
    total = _anneal(
        g.vertex_start, g.vertex_segments, g.fixed, g.qubit, p.tree, p.hops, p.room,
        p.slot_begin, p.slot_end, p.first, p.chain, p.gates_start, p.gates, p.free_gates,
        node, best, count, mask, held, state, sweeps, hot, cold, moving,
    )  # fmt: skip
    return int(total), best


@compiled
def next_random(state, below):
    """An integer in [0, below)."""
    state[0] = state[0] * 48271 % 2147483647
    return state[0] % below


@compiled
def _accepts(state, delta, temperature):
    """Metropolis, with exp(-x) by its series: the same bits everywhere."""
    if delta <= 0:
        return True
    x = delta / temperature
    if x > 12.0:
        return False
    series = 1.0 + x * (1.0 + x / 2 * (1.0 + x / 3 * (1.0 + x / 4 * (1.0 + x / 5 * (1.0 + x / 6)))))
    return next_random(state, 1000000) < 1000000.0 / series


@compiled
def _tree(tree, hops, mask):
    if len(tree):
        return tree[mask]
    size = 0
    while mask:
        mask &= mask - 1
        size += 1
    return (size - 1) * hops


@compiled
def _shift(vertex, to, vertex_start, vertex_segments, tree, hops, node, count, mask):
    """Put a vertex at another node; returns the change of cost."""
    old = node[vertex]
    delta = 0
    for k in range(vertex_start[vertex], vertex_start[vertex + 1]):
        s = vertex_segments[k]
        before = mask[s]
        count[s, old] -= 1
        count[s, to] += 1
        after = before | (1 << to)
        if count[s, old] == 0:
            after &= ~(1 << old)
        if after != before:
            delta += _tree(tree, hops, after) - _tree(tree, hops, before)
            mask[s] = after
    node[vertex] = to
    return delta


@compiled
def _gain_of(vertex, to, vertex_start, vertex_segments, tree, hops, node, count, mask):
    """The change of cost that `_shift` would make."""
    old = node[vertex]
    delta = 0
    for k in range(vertex_start[vertex], vertex_start[vertex + 1]):
        s = vertex_segments[k]
        after = mask[s] | (1 << to)
        if count[s, old] == 1:
            after &= ~(1 << old)
        if after != mask[s]:
            delta += _tree(tree, hops, after) - _tree(tree, hops, mask[s])
    return delta


@compiled
def _hold(s, old, to, slot_begin, slot_end, held):
    for t in range(slot_begin[s], slot_end[s]):
        held[old, t] -= 1
        held[to, t] += 1


@compiled
def _fits(s, to, slot_begin, slot_end, held, room):
    for t in range(slot_begin[s], slot_end[s]):
        if held[to, t] > room[to]:
            return False
    return True


@compiled
def _set_up(vertex_start, vertex_segments, qubit, tree, hops, slot_begin, slot_end, node, count,
            mask, held):  # fmt: skip
    for v in range(len(node)):
        for k in range(vertex_start[v], vertex_start[v + 1]):
            count[vertex_segments[k], node[v]] += 1
            mask[vertex_segments[k]] |= 1 << node[v]
    total = 0
    for s in range(len(qubit)):
        total += _tree(tree, hops, mask[s])
        for t in range(slot_begin[s], slot_end[s]):
            held[node[s], t] += 1
    return total


@compiled
def _stretch(state, q, first, moving):
    """A random run [a, b) of places in the chain of a qubit's stations."""
    a, b = first[q], first[q + 1]
    if not moving or next_random(state, 10) < 3:
        return a, b
    size = b - a
    begin = a + next_random(state, size)
    length = 1
    while length < size and next_random(state, 4) != 0:
        length += 1
    end = min(b, begin + length)
    kind = next_random(state, 8)
    if kind == 0:
        begin = a
    elif kind == 1:
        end = b
    return begin, end


@compiled
def _is_full(chain, begin, end, to, node, slot_begin, slot_end, held, room):
    for c in range(begin, end):
        s = chain[c]
        if node[s] != to:
            for t in range(slot_begin[s], slot_end[s]):
                if held[to, t] >= room[to]:
                    return True
    return False


@compiled
def _partner(state, q, n_qubits, chain, first, begin, end, to, node, slot_begin, slot_end):
    """A stretch of another qubit's stations that is at `to` when q wants to come: (-1, -1, -1)
    if a few random tries find none."""
    t0 = slot_begin[chain[begin]]
    t1 = slot_end[chain[end - 1]]
    for _ in range(8):
        other = next_random(state, n_qubits)
        if other == q:
            continue
        a = first[other]
        if begin != first[q]:
            while a < first[other + 1] - 1 and slot_end[chain[a]] <= t0:
                a += 1
        if node[chain[a]] != to:
            continue
        b = a
        while (
            b < first[other + 1]
            and node[chain[b]] == to
            and (slot_begin[chain[b]] < t1 or end == first[q + 1])
        ):
            b += 1
        if b > a:
            return other, a, b
    return -1, -1, -1


@compiled
def _anneal(vertex_start, vertex_segments, fixed, qubit, tree, hops, room, slot_begin, slot_end,
            first, chain, gates_start, gates, free_gates, node, best, count, mask, held, state,
            sweeps, hot, cold, moving):  # fmt: skip
    total = _set_up(vertex_start, vertex_segments, qubit, tree, hops, slot_begin, slot_end, node,
                    count, mask, held)  # fmt: skip
    least = total
    n_nodes, n_qubits = len(room), len(first) - 1
    changed = np.empty(len(node), np.int64)
    came_from = np.empty(len(node), np.int64)
    for sweep in range(sweeps):
        # straight from hot to cold: simple, and the same on every platform
        temperature = hot + (cold - hot) * sweep / max(1, sweeps - 1)
        temperature = max(temperature * temperature / hot, cold)
        for _ in range(len(node)):
            if len(free_gates) and next_random(state, 2) == 0:
                v = free_gates[next_random(state, len(free_gates))]
                k = vertex_start[v] + next_random(state, vertex_start[v + 1] - vertex_start[v])
                to = node[vertex_segments[k]]
                if next_random(state, 5) == 0:
                    to = next_random(state, n_nodes)
                if to != node[v]:
                    delta = _gain_of(v, to, vertex_start, vertex_segments, tree, hops, node, count,
                                     mask)  # fmt: skip
                    if _accepts(state, delta, temperature):
                        total += _shift(v, to, vertex_start, vertex_segments, tree, hops, node,
                                        count, mask)  # fmt: skip
            else:
                total += _try_stretch(
                    vertex_start, vertex_segments, fixed, tree, hops, room, slot_begin, slot_end,
                    first, chain, gates_start, gates, node, count, mask, held, state, temperature,
                    moving, n_nodes, n_qubits, changed, came_from,
                )  # fmt: skip
        if total < least:
            least = total
            best[:] = node
    return least


@compiled
def _try_stretch(vertex_start, vertex_segments, fixed, tree, hops, room, slot_begin, slot_end,
                 first, chain, gates_start, gates, node, count, mask, held, state, temperature,
                 moving, n_nodes, n_qubits, changed, came_from):  # fmt: skip
    """Try to bring a stretch of a qubit's stations to another node, in exchange for another
    qubit's where that node is full; returns the change of cost, 0 if refused."""
    q = next_random(state, n_qubits)
    begin, end = _stretch(state, q, first, moving)
    home = node[chain[begin]]
    to = next_random(state, n_nodes)
    if to == home:
        return 0
    other, a, b = -1, 0, 0
    if _is_full(chain, begin, end, to, node, slot_begin, slot_end, held, room):
        other, a, b = _partner(state, q, n_qubits, chain, first, begin, end, to, node, slot_begin,
                               slot_end)  # fmt: skip
        if other < 0:
            return 0
    n = 0
    delta = 0
    for c in range(begin, end):
        s = chain[c]
        if node[s] != to and fixed[s] == -1:
            changed[n], came_from[n] = s, node[s]
            n += 1
            _hold(s, node[s], to, slot_begin, slot_end, held)
            delta += _shift(s, to, vertex_start, vertex_segments, tree, hops, node, count, mask)
    for c in range(a, b):
        s = chain[c]
        if node[s] != home and fixed[s] == -1:
            changed[n], came_from[n] = s, node[s]
            n += 1
            _hold(s, node[s], home, slot_begin, slot_end, held)
            delta += _shift(s, home, vertex_start, vertex_segments, tree, hops, node, count, mask)
    stations = n
    good = n > 0
    for i in range(stations):
        if good and not _fits(changed[i], node[changed[i]], slot_begin, slot_end, held, room):
            good = False
    if good:
        for i in range(stations):
            s = changed[i]
            for k in range(gates_start[s], gates_start[s + 1]):
                v = gates[k]
                if n >= len(changed):
                    break
                gain, where = 0, node[v]
                for e in range(vertex_start[v], vertex_start[v + 1]):
                    there = node[vertex_segments[e]]
                    if there != node[v]:
                        found = _gain_of(v, there, vertex_start, vertex_segments, tree, hops, node,
                                         count, mask)  # fmt: skip
                        if found < gain or (found == gain and next_random(state, 2) == 0):
                            gain, where = found, there
                if where != node[v]:
                    changed[n], came_from[n] = v, node[v]
                    n += 1
                    delta += _shift(v, where, vertex_start, vertex_segments, tree, hops, node,
                                    count, mask)  # fmt: skip
        if _accepts(state, delta, temperature):
            return delta
    for i in range(n - 1, -1, -1):
        v = changed[i]
        if i < stations:
            _hold(v, node[v], came_from[i], slot_begin, slot_end, held)
        _shift(v, came_from[i], vertex_start, vertex_segments, tree, hops, node, count, mask)
    return 0
