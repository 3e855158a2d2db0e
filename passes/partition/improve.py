"""Improves trajectories by annealing them as a whole (`segments`, `anneal`, `legalize`)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from heapq import nsmallest
from itertools import chain

import numpy as np
import numpy.typing as npt

from qdsl.ir.search_watch import watch, while_wanted
from qdsl.ir.stages import Circuit
from qdsl.ir.threads import ahead
from qdsl.network.network import Network
from qdsl.passes.partition.anneal import ENDLESS, AnnealProblem, anneal, cost_of, problem
from qdsl.passes.partition.blocks import MOST_MOVES as MOST_BLOCK_MOVES
from qdsl.passes.partition.blocks import block_start
from qdsl.passes.partition.greedy import Trajectories
from qdsl.passes.partition.legalize import legalized, vertex_nodes
from qdsl.passes.partition.mt_kahypar import library_starts
from qdsl.passes.partition.refine import tree_cost
from qdsl.passes.partition.segments import FREE, Segments, segments
from qdsl.passes.partition.timeline import Timeline, timeline

Column = npt.NDArray[np.int64]

MOVES = 400_000  # tried for every unit of effort, and of large programs up to
MOST_MOVES = 3_000_000  # as many as make
SWEEPS = 300
MOST_SWEEPS = 2000
QUICK, QUICK_MOVES = 20_000, 60_000  # vertices that effort 0 anneals at most, and moves it tries
SMALL = 200  # vertices; up to here, several short annealings find more than a long one
LARGE = 100_000  # vertices; beyond, there is time for one annealing, and a cold one
WORK = 600_000_000  # of one annealing, for every unit of effort: some seconds
WORK_OF_BLOCK = 1000  # of a move of a whole block, about
PRICES = (1, 2, 2, 4, 4, 8)  # of an operand served elsewhere, in parts of an ebit (`anneal.UNIT`)
SHORTER = 3  # annealings for every further unit of effort, which share the time of one
KEPT = 3  # starts by a library that are annealed
MOST_NODES = 62  # a set of nodes is a bit mask


def improved(
    circuit: Circuit,
    network: Network,
    times: Timeline,
    found: Trajectories,
    seed: int,
    effort: int,
    work: int = 0,
    lifetime: int = 0,
    least: int = 0,
) -> Trajectories:
    """Cheaper trajectories if some are found, else the given ones. `work` (`anneal`): for all
    annealings; 0: as much as the effort says. `lifetime`: the gates that one pair may serve;
    0: any. `least`: ebits that no placement goes below; the search ends there, with the same
    result."""
    graph = _movable(circuit, network, times, found)
    if graph is None or (effort < 1 and len(graph.fixed) > QUICK):
        return found
    task = _problem(graph, network, lifetime, 0)
    start = vertex_nodes(graph, circuit, found)
    before = cost_of(task, start)
    if before <= least:
        return found
    met = []
    for cost, node in while_wanted(ahead(_searches(task, start, seed, effort, work))):
        met.append((cost, node))
        if network.scale == 1:
            watch().tell(cost)
        if cost <= least:
            for best in _legalized(graph, circuit, network, cost, node):
                return best
    quick = _searches(task, start, seed, 0, 0) if effort > 0 else ()  # where none is possible
    for cost, node in chain(sorted(met, key=lambda c: c[0]), (search() for search in quick)):
        if cost < before:
            for better in _legalized(graph, circuit, network, cost, node):
                return better
    return found


def seldom_served(
    circuit: Circuit, network: Network, found: Trajectories, seed: int, effort: int
) -> Iterator[Trajectories]:
    """Trajectories for networks with few communication qubits, where copies close early and are
    made again: an operand that is served elsewhere than its qubit lives has a price of its own.
    Which price is right depends on the program, so several are tried, each for a short time: the
    model is not what counts here, and longer annealings are no better."""
    graph = _movable(circuit, network, timeline(circuit), found) if effort > 0 else None
    if graph is None or len(graph.fixed) > LARGE:
        return
    start = vertex_nodes(graph, circuit, found)
    sweeps = max(4, _sweeps(start, 1) // 4)
    tasks = {price: _problem(graph, network, 0, price) for price in set(PRICES)}
    searches = (
        partial(anneal, tasks[price], start, sweeps, seed + 1000 * k, 0.3, 0.08, True, WORK // 4)
        for k, price in enumerate(PRICES * min(4, effort))
    )
    for annealed in while_wanted(ahead(searches)):
        yield from _legalized(graph, circuit, network, *annealed)


def from_library(
    circuit: Circuit, network: Network, found: Trajectories, seed: int, count: int
) -> Iterator[Trajectories]:
    """Trajectories from the cheapest of so many starts by a partitioning library."""
    graph = _movable(circuit, network, timeline(circuit), found)
    if graph is None:
        return
    task = _problem(graph, network, 0, 0)
    starts = library_starts(graph, network, seed, count)
    cheapest = nsmallest(KEPT, starts, key=lambda n: cost_of(task, n))
    for k, start in while_wanted(enumerate(cheapest)):
        annealed = anneal(task, start, _sweeps(start, 1), seed + k, 0.3, 0.08, True, WORK)
        yield from _legalized(graph, circuit, network, *annealed)


def from_blocks(
    circuit: Circuit, moments: Column, network: Network, seed: int, effort: int, work: int = 0
) -> Iterator[Trajectories]:
    """Trajectories of a circuit of blocks in their order (`in_block_order`), where whole blocks
    are annealed. `work`: see `improved`."""
    graph = segments(circuit, timeline(circuit), moments)
    if graph is None or len(graph.fixed) > (LARGE if effort else QUICK):
        return
    task = _problem(graph, network, 0, 0)
    most = work // WORK_OF_BLOCK or (MOST_BLOCK_MOVES if effort else QUICK_MOVES)
    for k in while_wanted(range(max(1, effort))):
        start = block_start(task, circuit, seed + 1000 * k, most)
        if start is not None:
            sweeps = max(4, _sweeps(start, 1) // 4) if effort else 1
            annealed = anneal(task, start, sweeps, seed + k, 0.3, 0.08, True, WORK // 4)
            yield from _legalized(graph, circuit, network, *annealed)


def _legalized(
    graph: Segments, circuit: Circuit, network: Network, cost: int, node: Column
) -> Iterator[Trajectories]:
    """The trajectories of a placement, if there are any."""
    found = legalized(graph, circuit, network, node)
    if found is not None:
        found.ebits = cost
        yield found


def _movable(
    circuit: Circuit, network: Network, times: Timeline, found: Trajectories
) -> Segments | None:
    """The problem's graph, if there is anything to gain and to move."""
    if not 1 < len(network.nodes) <= MOST_NODES or found.ebits == 0:
        return None
    graph = segments(circuit, times)
    return graph if graph is not None and (graph.fixed == FREE).any() else None


def _problem(graph: Segments, network: Network, lifetime: int, served: int) -> AnnealProblem:
    tree, room = tree_cost(network), [node.qubits for node in network.nodes]
    return problem(graph, tree.table, tree.mean_hops, room, lifetime, served, network.scale)


def _sweeps(start: Column, effort: int) -> int:
    each = max(MOVES, min(MOST_MOVES, SWEEPS * len(start)))
    fewest = 1 if len(start) > LARGE else 4
    return max(fewest, effort * min(MOST_SWEEPS, each // len(start)))


def _searches(
    task: AnnealProblem, start: Column, seed: int, effort: int, work: int
) -> Iterator[Callable[[], tuple[int, Column]]]:
    """Each finds a placement and its ebits: from the start as it is, and from it shaken."""
    one = partial(anneal, task, start)
    if effort < 1 and not work:
        yield partial(one, max(1, QUICK_MOVES // len(start)), 2 * seed, 0.3, 0.08, True)
        return
    direct, shaken = _shares(len(start), max(1, effort))
    sweeps, budget = _sweeps(start, effort), WORK * effort
    if work:
        sweeps, budget = ENDLESS, int(work / (direct + 1.5 * sum(shaken)))
    if len(start) > LARGE:
        yield partial(one, sweeps, 2 * seed, 0.08, 0.08, True, work or budget)
        return
    first = int(direct * budget) if work else budget
    yield partial(one, int(direct * sweeps), 2 * seed, 0.3, 0.08, True, first)
    for k, share in enumerate(shaken):
        more = int(share * sweeps), 2 * seed + 1 + 2 * k, int(share * budget)
        yield partial(_shaken, task, start, *more)


def _shares(size: int, effort: int) -> tuple[float, list[float]]:
    """How long to anneal the start, and others shaken: more effort is longer for those of one
    unit, and more short ones."""
    if size < SMALL:
        return 0.25, [0.1 / effort] * (12 * effort)
    more = SHORTER * (effort - 1)
    return 1.0, [1.0] + [1.0 / more] * more if more else [1.0]


def _shaken(
    task: AnnealProblem, start: Column, sweeps: int, seed: int, budget: int
) -> tuple[int, Column]:
    """First every qubit lives at one node, and the start is forgotten; then they move. In the
    first part moves are of whole lives, so that fewer are needed where these are long."""
    stations = task.graph.n_segments // (int(task.graph.qubit.max()) + 1)
    few = sweeps // (2 * max(1, stations // 4))
    still = anneal(task, start, few, seed, 1.5, 0.1, False, budget // 2)[1]
    return anneal(task, still, sweeps, seed, 0.6, 0.08, True, budget)
