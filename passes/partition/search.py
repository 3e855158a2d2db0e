"""Looks for the cheapest trajectories: homes by partitioning, then a walk from each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np
import numpy.typing as npt

from qdsl.diagnostics.diagnostic import InvalidProgram
from qdsl.ir.search_watch import is_over, watch
from qdsl.ir.stages import Circuit
from qdsl.network.network import Network
from qdsl.passes.partition.errors import with_change
from qdsl.passes.partition.fixed_homes import needs_no_moves, staying
from qdsl.passes.partition.gate_sites import best_centres
from qdsl.passes.partition.greedy import Trajectories, walk
from qdsl.passes.partition.hypergraph import Gates, Hypergraph, gates, hypergraph
from qdsl.passes.partition.multilevel import filled, multilevel, refined
from qdsl.passes.partition.pins import FREE, pinned_homes
from qdsl.passes.partition.refine import Refinement, TreeCost, tree_cost
from qdsl.passes.partition.small_changes import least_change
from qdsl.passes.partition.step_search import step_by_step
from qdsl.passes.partition.timeline import Timeline

Column = npt.NDArray[np.int64]
MOST_NODES = 62  # a set of nodes is a bit mask; beyond, homes are contiguous blocks


def best_trajectories(
    circuit: Circuit, network: Network, times: Timeline, seed: int, effort: int, least: int = 0
) -> Trajectories:
    """The cheapest of the trajectories tried: all, or as many as until one needs `least` ebits,
    below which none goes."""
    fixed = np.array(pinned_homes(circuit, network, times), np.int64)
    if not 1 < len(network.nodes) <= MOST_NODES or not len(times.row):
        home = filled_in_order(fixed, network)
        return walk(circuit, network, times, home.tolist())
    search = _Search(circuit, network, times, fixed)
    starts = search.starts(seed, effort)
    if search.is_large:
        return next(_possible(search, sorted(starts, key=search.cost)))
    told = watch().tell if network.scale == 1 else None
    tried = _until(_possible(search, starts), least, told)
    return min(tried, key=lambda found: found.ebits)


def _until(
    tried: Iterator[Trajectories], least: int, told: Callable[[int], None] | None
) -> Iterator[Trajectories]:
    for found in tried:
        if told is not None:
            told(found.ebits)
        yield found
        if found.ebits <= least or is_over():
            return


def _possible(search: _Search, starts: Iterable[Column]) -> Iterator[Trajectories]:
    """What comes of all starts that lead somewhere: where communication qubits are scarce, it
    depends on the homes whether a walk finds a way. Where none does, what is found step by step;
    raises the first refusal if that is nothing."""
    refusal: InvalidProgram | None = None
    is_possible = False
    tried: list[Column] = []
    for part in starts:
        try:
            found = search.trajectories(part)
        except InvalidProgram as refused:
            refusal = refusal or refused
            tried.append(part)
        else:
            is_possible = True
            yield found
    if refusal is not None and not is_possible:
        yield search.step_by_step(tried, refusal)


def filled_in_order(fixed: Column, network: Network) -> Column:
    """Homes in contiguous blocks, nodes filled one after another."""
    room = [node.qubits for node in network.nodes]
    for node in fixed[fixed != FREE].tolist():
        room[node] -= 1
    free = iter([node for node, spare in enumerate(room) for _ in range(spare)])
    return np.array([next(free) if v == FREE else v for v in fixed.tolist()], np.int64)


class _Search:
    def __init__(self, circuit: Circuit, network: Network, times: Timeline, fixed: Column) -> None:
        self._circuit = circuit
        self._times = times
        self._fixed = fixed
        self._room = [node.qubits for node in network.nodes]
        self._cost: TreeCost = tree_cost(network)
        self._gates: Gates = gates(circuit, times)
        self._graph: Hypergraph = hypergraph(circuit, times, self._gates, self._gates.centre)
        self._network = network
        self._stays = needs_no_moves(circuit, network, times)
        pins = len(self._graph.pins)
        self._passes = 8 if pins < 50_000 else 3 if pins < 300_000 else 1

    def starts(self, seed: int, effort: int) -> Iterator[Column]:
        """Homes to begin with: contiguous blocks, full or even, and multilevel partitions."""
        in_order = np.arange(self._circuit.n_qubits)
        yield self._refined(filled_in_order(self._fixed, self._network))
        yield self._refined(filled(self._graph, self._room, self._fixed, in_order))
        for k in range(self._n_starts(effort)):
            chance = 1000 * seed + k
            yield multilevel(self._graph, self._cost, self._room, self._fixed, chance, self._passes)

    @property
    def is_large(self) -> bool:
        """Is there time for the trajectories of one start only?"""
        return self._passes == 1

    def cost(self, part: Column) -> int:
        """Of homes, as far as it can be seen before every row has its centre."""
        movable = self._fixed == FREE
        return Refinement(self._graph, self._cost, self._room, part, movable).cost()

    def _n_starts(self, effort: int) -> int:
        """Large programs start less often, so that time grows no faster than they do."""
        if self._passes == 8:
            return 6 * effort if len(self._graph.pins) < 5_000 else 2 * effort
        return effort

    def _refined(self, part: Column) -> Column:
        return refined(self._graph, self._cost, self._room, part, self._fixed, self._passes)

    def trajectories(self, part: Column) -> Trajectories:
        """What comes of these homes, once they are improved."""
        cost, home, centre = self._local_optimum(part)
        circuit, times = self._circuit, self._times
        if self._stays:
            return staying(circuit, times, home, centre, cost)
        return walk(circuit, self._network, times, home.tolist(), self._hints(centre))

    def step_by_step(self, parts: Sequence[Column], refusal: InvalidProgram) -> Trajectories:
        """What is found where no walk finds a way. Raises the refusal if that is nothing."""
        homes = [part.tolist() for part in parts]
        found = step_by_step(self._circuit, self._network, self._times, homes)
        if found is None:
            asked = self._circuit, self._network, self._times, homes
            raise with_change(refusal, lambda: least_change(*asked))
        return found

    def _local_optimum(self, part: Column) -> tuple[int, Column, Column]:
        """Homes and centres, improved in turn until neither helps the other."""
        best: tuple[int, Column, Column] | None = None
        for _ in range(4):
            centre = best_centres(self._circuit, self._times, self._gates, part)
            graph = hypergraph(self._circuit, self._times, self._gates, centre)
            work = Refinement(graph, self._cost, self._room, part, self._fixed == FREE)
            before = work.cost()
            if best is not None and before >= best[0]:
                break
            best = (before, part, centre)
            after = work.run(self._passes)
            if after >= before:
                break
            best = (after, work.part, centre)
            part = work.part
        assert best is not None
        return best

    def _hints(self, centre: Column) -> dict[int, int]:
        rows = np.flatnonzero(self._gates.symmetric)
        start = self._circuit.table.operand_start[rows]
        places = (centre[rows] - start).tolist()
        return dict(zip(rows.tolist(), places, strict=True))
