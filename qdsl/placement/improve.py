"""Improves trajectories by annealing them as a whole (`segments`, `anneal`, `settle`)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from qdsl.ir.stages import Circuit
from qdsl.network import Network
from qdsl.placement.anneal import Problem, anneal, cost_of, problem
from qdsl.placement.refine import tree_cost
from qdsl.placement.segments import FREE, segments
from qdsl.placement.settle import settled, vertex_nodes
from qdsl.placement.timeline import Timeline
from qdsl.placement.walk import Trajectories

Column = npt.NDArray[np.int64]

MOVES = 400_000  # tried for every unit of effort
MOST_SWEEPS = 2000
LARGE = 100_000  # vertices; beyond, there is time for one annealing, and a cold one
WORK = 600_000_000  # of one annealing, for every unit of effort: some seconds
WORK_OF_MOVE = 1000  # where moves are counted; most take less, those of large programs more
MOST_NODES = 62  # a set of nodes is a bit mask


def improved(
    circuit: Circuit,
    network: Network,
    times: Timeline,
    found: Trajectories,
    seed: int,
    effort: int,
    moves: int = 0,
    lifetime: int = 0,
) -> Trajectories:
    """Cheaper trajectories if some are found, else the given ones. `moves`: how many to try in
    all; 0: as many as the effort says. `lifetime`: the gates that one pair may serve; 0: any."""
    if not 1 < len(network.nodes) <= MOST_NODES or effort < 1 or found.ebits == 0:
        return found
    graph = segments(circuit, times)
    if graph is None or (graph.fixed != FREE).all():
        return found
    tree = tree_cost(network)
    room = [node.qubits for node in network.nodes]
    task = problem(graph, tree.table, tree.mean_hops, room, lifetime)
    start = vertex_nodes(graph, circuit, found)
    before = cost_of(task, start)
    for cost, node in _candidates(task, start, seed, effort, moves):
        if cost >= before:
            continue
        better = settled(graph, circuit, network, node)
        if better is not None:
            better.ebits = cost
            return better
    return found


def _candidates(
    task: Problem, start: Column, seed: int, effort: int, moves: int
) -> list[tuple[int, Column]]:
    """Placements, the cheapest first: from the start as it is, and from it shaken."""
    restarts = min(4, effort) // 2
    sweeps = max(4, effort * min(MOST_SWEEPS, MOVES // len(start)))
    budget = WORK * effort
    if moves:
        each = int(moves / (2.5 + 3 * restarts))
        sweeps, budget = max(1, each // len(start)), each * WORK_OF_MOVE
    if len(start) > LARGE:
        return [anneal(task, start, sweeps, 2 * seed, 0.08, 0.08, True, budget)]
    tried = [anneal(task, start, sweeps, 2 * seed, 0.3, 0.08, True, budget)]
    shaken = anneal(task, start, sweeps // 2, 2 * seed + 1, 1.5, 0.1, False)[1]
    tried.append(anneal(task, shaken, sweeps, 2 * seed + 1, 0.6, 0.08, True))
    for k in range(restarts):  # from other starts still
        chance = 2 * seed + 2 + 1000 * k
        still = anneal(task, start, sweeps, chance, 1.0 + k, 0.08, False)[1]
        tried.append(anneal(task, still, sweeps, chance, 0.2, 0.08, True))
        tried.append(anneal(task, start, sweeps, chance + 1, 0.6 + 0.4 * k, 0.08, True))
    return sorted(tried, key=lambda c: c[0])
