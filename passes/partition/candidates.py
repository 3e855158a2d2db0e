"""Rewritings of a program that may need fewer ebits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import product

import numpy as np
import numpy.typing as npt

from qdsl.diagnostics.diagnostic import InvalidProgram
from qdsl.ir.search_watch import while_wanted
from qdsl.ir.stages import Circuit
from qdsl.network.network import Network
from qdsl.passes.canonicalize.canonical_labels import in_line
from qdsl.passes.canonicalize.rows import rows_of
from qdsl.passes.partition.anneal import anneal, cost_of, problem
from qdsl.passes.partition.greedy import Trajectories, walk
from qdsl.passes.partition.improve import MOST_NODES
from qdsl.passes.partition.legalize import vertex_nodes
from qdsl.passes.partition.pins import FREE
from qdsl.passes.partition.refine import tree_cost
from qdsl.passes.partition.resynthesis.cz_blocks import with_parities
from qdsl.passes.partition.resynthesis.resynthesize import gadgets_of, resynthesized
from qdsl.passes.partition.resynthesis.wide_gates import with_wide_gates
from qdsl.passes.partition.search import filled_in_order
from qdsl.passes.partition.segments import segments
from qdsl.passes.partition.timeline import timeline

GATES_PER_ROTATION = 3  # fewer gates of several qubits for a rotation are no gadgets
SETTINGS = (24, 48), (2.0,)  # words looked ahead, and letters a conjugation has to save
MOVES = 60_000  # tried on a rewriting to judge it


def rewritings(
    circuit: Circuit, network: Network, home: list[int], seed: int, effort: int
) -> Iterator[tuple[Circuit, Trajectories]]:
    """The most promising rewritings of a circuit, each with trajectories to begin with."""
    if not 1 < len(network.nodes) <= MOST_NODES or effort < 1:
        return
    judged: list[tuple[int, int, Circuit, Trajectories]] = []
    for place, (other, homes) in enumerate(while_wanted(_others(circuit, network, home))):
        try:
            found = walk(other, network, timeline(other), homes)
        except InvalidProgram:  # pinned operations need room that these homes do not leave
            continue
        judged.append((_judged(other, network, found, seed), place, other, found))
    judged.sort(key=lambda j: j[:2])
    for _, _, other, found in judged[: 1 + effort]:
        yield other, found


def of_wide_gates(
    circuit: Circuit, network: Network, home: list[int], effort: int
) -> Iterator[tuple[Circuit, Trajectories]]:
    """A circuit whose gates are too wide for the network's communication qubits: as it is, its
    gates' qubits brought together; and its gates written for homes, with trajectories that take
    them where they were written for."""
    if not 1 < len(network.nodes) <= MOST_NODES:
        return
    others = _homes(home, np.arange(circuit.n_qubits), circuit, network) if effort > 0 else [home]
    for homes in others:
        wide = with_wide_gates(circuit, network, homes)
        sites = [(circuit, circuit.pin)] + ([(wide.circuit, wide.site)] if wide else [])
        for other, site in sites:
            bound = replace(other, pin=site)
            try:
                yield other, walk(bound, network, timeline(bound), homes)
            except InvalidProgram:  # rows need room that these homes do not leave
                continue


def _others(
    circuit: Circuit, network: Network, home: list[int]
) -> Iterator[tuple[Circuit, list[int]]]:
    """A circuit of gadgets as short words, any other with reduced blocks of CZ gates."""
    gadgets = gadgets_of(circuit)
    several = int((circuit.table.arity > 1).sum())
    if gadgets is not None and several >= GATES_PER_ROTATION * len(gadgets.rotations):
        line = in_line(rows_of(circuit), circuit.n_qubits)
        places = _homes(home, line, circuit, network)
        for homes, ahead, gain in product(places, *SETTINGS):
            yield resynthesized(gadgets, homes, ahead, gain), homes
        return
    for homes in _homes(home, np.arange(circuit.n_qubits), circuit, network):
        other = with_parities(circuit, homes)
        if other is not None:
            yield other, homes


def _homes(
    home: list[int], line: npt.NDArray[np.int64], circuit: Circuit, network: Network
) -> list[list[int]]:
    """Those of the best placement so far; and, where no pins ask for homes, blocks of a line of
    qubits, filled evenly, and the line dealt out in turn."""
    if (circuit.pin >= 0).any():
        return [home]
    n, room = len(home), [node.qubits for node in network.nodes]
    share = -(-n * np.array(room) // max(1, sum(room)))
    room = np.minimum(share, room).tolist()
    nodes = np.repeat(np.arange(len(room)), room)
    within = np.concatenate([np.arange(r) for r in room])
    place = np.argsort(line)
    found = [home]
    if len(nodes) >= n:
        blocks, dealt = np.sort(nodes[:n]), nodes[np.lexsort((nodes, within))][:n]
        found += [blocks[place].tolist(), dealt[place].tolist()]
    else:
        found.append(filled_in_order(np.full(n, FREE), network).tolist())
    return [h for k, h in enumerate(found) if h not in found[:k]]


def _judged(circuit: Circuit, network: Network, found: Trajectories, seed: int) -> int:
    """The ebits after a short annealing."""
    graph = segments(circuit, timeline(circuit))
    if graph is None:
        return found.ebits
    tree = tree_cost(network)
    room = [node.qubits for node in network.nodes]
    task = problem(graph, tree.table, tree.mean_hops, room, scale=network.scale)
    start = vertex_nodes(graph, circuit, found)
    sweeps = max(4, MOVES // len(start))
    return min(cost_of(task, start), anneal(task, start, sweeps, seed, 0.3, 0.08, True)[0])
