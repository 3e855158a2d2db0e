"""Other spellings of a program made of Pauli gadgets, which may need fewer ebits."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import numpy as np

from qdsl.canonical.respelling import gadgets_of, respelt
from qdsl.ir.stages import Circuit
from qdsl.network import Network
from qdsl.placement.anneal import anneal, cost_of, problem
from qdsl.placement.improve import MOST_NODES
from qdsl.placement.refine import tree_cost
from qdsl.placement.search import filled_in_order
from qdsl.placement.segments import segments
from qdsl.placement.settle import vertex_nodes
from qdsl.placement.stations import FREE
from qdsl.placement.timeline import timeline
from qdsl.placement.walk import Trajectories, walk

GATES_PER_TURN = 3  # fewer gates of several qubits for a rotation are no gadgets
SETTINGS = (24, 48), (2.0,)  # words looked ahead, and letters a conjugation has to save
MOVES = 60_000  # tried on a spelling to judge it


def spellings(
    circuit: Circuit, network: Network, home: list[int], seed: int, effort: int
) -> Iterator[tuple[Circuit, Trajectories]]:
    """The most promising spellings of a circuit, each with trajectories to begin with."""
    if not 1 < len(network.nodes) <= MOST_NODES or effort < 1:
        return
    gadgets = gadgets_of(circuit)
    several = int((circuit.table.arity > 1).sum())
    if gadgets is None or several < GATES_PER_TURN * len(gadgets.turns):
        return
    judged: list[tuple[int, int, Circuit, Trajectories]] = []
    for place, (homes, ahead, gain) in enumerate(product(_homes(home, network), *SETTINGS)):
        other = respelt(gadgets, homes, ahead, gain)
        found = walk(other, network, timeline(other), homes)
        judged.append((_judged(other, network, found, seed), place, other, found))
    judged.sort(key=lambda j: j[:2])
    for _, _, other, found in judged[: 1 + effort]:
        yield other, found


def _homes(home: list[int], network: Network) -> list[list[int]]:
    """Those of the best placement so far; blocks, filled evenly; and qubits dealt out in turn."""
    n, room = len(home), [node.qubits for node in network.nodes]
    share = -(-n * np.array(room) // max(1, sum(room)))
    room = np.minimum(share, room).tolist()
    nodes = np.repeat(np.arange(len(room)), room)
    within = np.concatenate([np.arange(r) for r in room])
    dealt = nodes[np.lexsort((nodes, within))]
    found = [home]
    if len(nodes) >= n:
        found += [np.sort(nodes[:n]).tolist(), dealt[:n].tolist()]
    else:
        found.append(filled_in_order(np.full(n, FREE), network).tolist())
    return [h for k, h in enumerate(found) if h not in found[:k]]


def _judged(circuit: Circuit, network: Network, found: Trajectories, seed: int) -> int:
    """The ebits after a short annealing."""
    graph = segments(circuit, timeline(circuit))
    assert graph is not None  # there is nothing but gates
    tree = tree_cost(network)
    task = problem(graph, tree.table, tree.mean_hops, [node.qubits for node in network.nodes])
    start = vertex_nodes(graph, circuit, found)
    sweeps = max(4, MOVES // len(start))
    return min(cost_of(task, start), anneal(task, start, sweeps, seed, 0.3, 0.08, True)[0])
