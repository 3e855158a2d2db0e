"""Simulated annealing of the placement problem (`segments`)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from qdsl.ir.distinct import distinct
from qdsl.ir.jit import suited
from qdsl.ir.search_watch import watch
from qdsl.passes.partition.anneal_kernel import AnnealState, AnnealTask, anneal_loop
from qdsl.passes.partition.segments import FREE, Segments
from qdsl.records import dataclass

Column = npt.NDArray[np.int64]

MOST_SLOTS = 4096
UNIT = 16  # parts of an ebit in which costs are counted
PERIOD = 2147483647  # of the random numbers
ENDLESS = 1 << 60
FEW_MOVES = 1000  # tried in plain Python, in a tenth of a second or two


@dataclass(frozen=True, slots=True, eq=False)
class AnnealProblem:
    """A graph made ready for the loops.

    In `task`: `tree` is the cost by set of nodes (empty: `hops` for every node after the first);
    `slot_begin`, `slot_end` are the capacity slots (stretches of time) in which a segment's qubit
    takes a data qubit; the stations of qubit q stand, in order, in `chain[first[q]:first[q + 1]]`;
    `gates` are the free operations of each segment. `scale`: what `tree` has for the cheapest
    link, 1: links have no prices, and costs are ebits.
    """

    graph: Segments
    task: AnnealTask
    n_slots: int
    scale: int = 1


def problem(
    graph: Segments,
    tree: Column,
    hops: int,
    room: list[int],
    lifetime: int = 0,
    served: int = 0,
    scale: int = 1,
) -> AnnealProblem:
    """Prepare a graph for annealing.

    `lifetime`: the gates that one pair may serve, 0: any number; `served`: what an operand costs
    that is served elsewhere than its qubit lives, in parts of an ebit (UNIT). Where there are
    more times than slots, slots are rounded so that capacity is never exceeded.
    """
    begin, end, n_slots = _slots(graph)
    order = np.lexsort((np.arange(graph.n_segments), graph.qubit))
    counts = np.bincount(graph.qubit[order])
    is_gate = np.arange(len(graph.fixed)) >= graph.n_segments
    free_gates = np.flatnonzero(is_gate & (graph.fixed == FREE))
    gates_start, gates = _by_segment(graph, free_gates)
    task = AnnealTask(
        graph.vertex_start, graph.vertex_segments, graph.fixed, tree * UNIT, hops * UNIT,
        np.array(room, np.int64), begin, end, np.concatenate([[0], np.cumsum(counts)]), order,
        graph.qubit, np.argsort(order), gates_start, gates, free_gates, graph.follower, lifetime,
        served * scale,
    )  # fmt: skip
    return AnnealProblem(graph, task, n_slots, scale)


def _slots(graph: Segments) -> tuple[Column, Column, int]:
    """The slots of every segment: stretches of time at whose ends some qubit may move."""
    ends = np.where(graph.follower >= 0, graph.begin[graph.follower], graph.n_times)
    ends = np.maximum(ends, graph.begin + 1)  # a stay of no length takes room too
    marks = distinct(np.concatenate([graph.begin, ends]))
    begin, end = np.searchsorted(marks, graph.begin), np.searchsorted(marks, ends)
    n_slots = min(len(marks) - 1, MOST_SLOTS)
    scale = len(marks) - 1
    return begin * n_slots // scale, -(-end * n_slots // scale), n_slots


def _by_segment(graph: Segments, vertices: Column) -> tuple[Column, Column]:
    sizes = np.diff(graph.vertex_start)[vertices]
    total = int(sizes.sum())
    starts = np.repeat(graph.vertex_start[vertices], sizes)
    within = np.arange(total) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    segment = graph.vertex_segments[starts + within]
    order = np.argsort(segment, kind="stable")
    counts = np.bincount(segment, minlength=graph.n_segments)
    return np.concatenate([[0], np.cumsum(counts)]), np.repeat(vertices, sizes)[order]


def cost_of(p: AnnealProblem, node: Column) -> int:
    """The ebits of a placement: `node` is the node of every vertex."""
    masks = np.zeros(p.graph.n_segments, np.int64)
    vertex = np.repeat(np.arange(len(node)), np.diff(p.graph.vertex_start))
    np.bitwise_or.at(masks, p.graph.vertex_segments, np.int64(1) << node[vertex])
    return (int(_trees(p.task, masks).sum()) + _renewals(p, node, vertex)) // UNIT


def _trees(task: AnnealTask, masks: Column) -> Column:
    """Parts of ebits by sets of nodes."""
    if len(task.tree):
        found: Column = task.tree[masks]
        return found
    return (np.bitwise_count(masks).astype(np.int64) - 1) * task.hops


def _renewals(p: AnnealProblem, node: Column, vertex: Column) -> int:
    """Parts of ebits for copies made anew: `kernels.renewals` by column."""
    if not p.task.lifetime:
        return 0
    graph, n_nodes = p.graph, len(p.task.room)
    served = np.zeros((graph.n_segments, n_nodes), np.int64)
    np.add.at(served, (graph.vertex_segments, node[vertex]), 1)
    followed = np.flatnonzero(graph.follower >= 0)
    served[followed, node[graph.follower[followed]]] -= 1
    home = node[: graph.n_segments, None]
    away = np.int64(1) << home | np.int64(1) << np.arange(n_nodes)
    again = np.maximum(served - 1, 0) // p.task.lifetime
    return int((again * _trees(p.task, away))[np.arange(n_nodes) != home].sum())


def _served_price(p: AnnealProblem, node: Column) -> int:
    """What operands cost that are served elsewhere than their qubit lives, in parts of an ebit."""
    vertex = np.repeat(np.arange(len(node)), np.diff(p.graph.vertex_start))
    return p.task.served * int((node[vertex] != node[p.graph.vertex_segments]).sum())


def anneal(
    p: AnnealProblem, node: Column, sweeps: int, seed: int, hot: float, cold: float, moving: bool,
    budget: int = ENDLESS,
) -> tuple[int, Column]:  # fmt: skip
    """The best placement met, from `node` on, and its ebits. Temperatures are in ebits, of links
    with prices in the cheapest.

    A sweep tries as many moves as there are vertices; `moving`: qubits may change their node
    between stations, else each lives at one node; `budget`: vertices (8 each) and capacity slots
    visited after which no move is tried. The start must obey the room there is.
    """
    n_segments = len(p.task.slot_begin)
    n_nodes = len(p.task.room)
    now = AnnealState(
        node.copy(),
        np.zeros((n_segments, n_nodes), np.int32),
        np.zeros(n_segments, np.int64),
        np.zeros((n_nodes, p.n_slots + 1), np.int32),
        np.zeros(2 * len(node), np.int64),
        np.zeros(2 * len(node), np.int64),
        np.array([(seed * 7919 + 12345) % (PERIOD - 1) + 1], np.int64),
        np.zeros(1, np.int64),
    )
    best = node.copy()
    loop = suited(anneal_loop, sweeps * len(node), FEW_MOVES)
    unit = UNIT * p.scale
    with watch().limiting(now.work):
        cost = loop(p.task, now, best, sweeps, hot * unit, cold * unit, moving, budget)
    return (int(cost) - _served_price(p, best)) // UNIT, best
