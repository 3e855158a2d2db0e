"""Better placements found by changing one: each change is judged by the finished program."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import permutations
from random import Random
from typing import Final

import numpy as np
import numpy.typing as npt

from qdsl.ir.stages import PlacedCircuit
from qdsl.network.network import Network
from qdsl.objectives.measures import Score
from qdsl.passes.partition.anneal import cost_of, problem
from qdsl.passes.partition.legalize import legalized, vertex_nodes
from qdsl.passes.partition.refine import tree_cost
from qdsl.passes.partition.result import placed, unplaced
from qdsl.passes.partition.segments import FREE, segments
from qdsl.passes.partition.timeline import timeline

Column = npt.NDArray[np.int64]
Judge = Callable[[PlacedCircuit], Score | None]

MOST_PERMUTED: Final = 5  # nodes whose orders are all gone through
PERMUTED: Final = 0.25  # of all changes that are judged, most that exchange nodes
TRIES: Final = 12  # changes drawn for one that is judged: some are none, not possible or too dear
DEARER: Final = 1.1  # times the least price of pairs so far: changes beyond are not judged


class LocalSearch:
    """Changes of a placement: nodes, or two qubits, exchanged; a qubit that lives elsewhere, for
    good or for a while; gates that happen at another operand's node.

    Deterministic for a seed. `on_prices`: the network with prices by the objective, of which the
    pairs may not become much dearer; `most`: how many changed placements are judged.
    """

    def __init__(
        self, start: PlacedCircuit, on_prices: Network, judge: Judge, seed: int, most: int
    ) -> None:
        self._network, self._judge = start.network, judge
        self._random, self._left = Random(seed), most
        self._circuit, found = unplaced(start)
        self._graph = segments(self._circuit, timeline(self._circuit))
        if self._graph is not None:
            self._node = vertex_nodes(self._graph, self._circuit, found)
            self._seen = {self._node.tobytes()}
            tree, room = tree_cost(on_prices), [node.qubits for node in on_prices.nodes]
            self._task = problem(
                self._graph, tree.table, tree.mean_hops, room, scale=on_prices.scale
            )
            self._cost = cost_of(self._task, self._node)

    def better(self, best: Score) -> tuple[Score, PlacedCircuit] | None:
        """The best placement met, if it is better than this."""
        graph = self._graph
        if graph is None or not (graph.fixed == FREE).any():
            return None
        found: tuple[Score, PlacedCircuit] | None = None
        exchanges = int(PERMUTED * self._left)
        for changes in (self._orders(exchanges), self._drawn()):
            for node in changes:
                made = self._judged(node)
                if made is None or made[0] > best:
                    continue
                self._node, self._cost = node, cost_of(self._task, node)
                if made[0] < best:
                    best, found = made[0], made
        return found

    def _judged(self, node: Column) -> tuple[Score, PlacedCircuit] | None:
        assert self._graph is not None
        found = legalized(self._graph, self._circuit, self._network, node)
        if found is None:
            return None
        self._left -= 1
        other = placed(self._circuit, self._network, found)
        score = self._judge(other)
        return None if score is None else (score, other)

    def _orders(self, most: int) -> Iterator[Column]:
        """Nodes exchanged for others, in orders of all or by pairs, drawn if there are many."""
        n = len(self._network.nodes)
        start, fixed = self._node, self._fixed
        if n <= MOST_PERMUTED:
            orders = list(permutations(range(n)))[1:]
        else:
            orders = [_transposed(n, a, b) for a in range(n) for b in range(a)]
        self._random.shuffle(orders)
        end = self._left - most
        for order in orders:
            if self._left <= end:
                return
            node = np.array(order, np.int64)[start]
            node[fixed] = start[fixed]
            if self._is_worth_it(node):
                yield node

    @property
    def _fixed(self) -> npt.NDArray[np.bool_]:
        assert self._graph is not None
        fixed: npt.NDArray[np.bool_] = self._graph.fixed != FREE
        return fixed

    def _drawn(self) -> Iterator[Column]:
        """Changes drawn at random, from the best placement so far."""
        for _ in range(TRIES * self._left):
            if self._left < 1:
                return
            draw = self._random.random()
            change = self._exchange if draw < 0.5 else self._serve if draw < 0.8 else self._visit
            node = change()
            if node is not None and self._is_worth_it(node):
                yield node

    def _is_worth_it(self, node: Column) -> bool:
        key = node.tobytes()
        if key in self._seen:
            return False
        self._seen.add(key)
        return cost_of(self._task, node) <= DEARER * self._cost

    # ---- changes -------------------------------------------------------------------------

    def _exchange(self) -> Column | None:
        """A qubit goes to live at another node, and mostly one from there in its place."""
        qubits, node = self._circuit.n_qubits, self._node.copy()
        q, other = (self._random.randrange(qubits) for _ in range(2))
        here = int(node[q])
        there = int(node[other]) if other != q else self._random.randrange(len(self._network.nodes))
        if here == there:
            return None
        self._move(node, q, here, there)
        homes = np.bincount(node[:qubits], minlength=len(self._network.nodes))
        is_full = homes[there] > self._network.nodes[there].qubits
        if other != q and (is_full or self._random.random() < 0.5):
            self._move(node, other, there, here)
        return node

    def _move(self, node: Column, q: int, here: int, there: int) -> None:
        """All stays of a qubit at a node, and the gates there which no other operand is at."""
        graph = self._graph
        assert graph is not None
        mine = np.flatnonzero((graph.qubit == q) & (node[: graph.n_segments] == here))
        mine = mine[graph.fixed[mine] == FREE]
        node[mine] = there
        for gate in self._gates_of(mine):
            ends = node[self._segments_of(gate)]
            if node[gate] == here and graph.fixed[gate] == FREE and not (ends == here).any():
                node[gate] = there

    def _serve(self) -> Column | None:
        """Gates of one stay of a qubit at one node happen at another operand's."""
        graph, node = self._graph, self._node.copy()
        assert graph is not None
        gates = np.flatnonzero(self._away())
        if not len(gates):
            return None
        gate = int(gates[self._random.randrange(len(gates))])
        ends = node[self._segments_of(gate)]
        others = sorted({int(v) for v in ends} - {int(node[gate])})
        if not others:
            return None
        to, at = others[self._random.randrange(len(others))], int(node[gate])
        if self._random.random() < 0.3:
            node[gate] = to
            return node
        stays = self._segments_of(gate)
        stay = stays[self._random.randrange(len(stays))]
        for other in self._gates_of(np.array([stay])):
            is_like = node[other] == at and graph.fixed[other] == FREE
            if is_like and (node[self._segments_of(other)] == to).any():
                node[other] = to
        return node

    def _visit(self) -> Column | None:
        """A qubit stays where another operand of one of its gates is, for one segment or some."""
        graph, node = self._graph, self._node.copy()
        assert graph is not None
        stay = self._random.randrange(graph.n_segments)
        here = int(node[stay])
        met = {int(node[v]) for v in self._vertices_of(np.array([stay]))}
        ends = sorted((met | {int(node[s]) for s in self._segments_of(stay)}) - {here})
        if not ends:
            return None
        there = ends[self._random.randrange(len(ends))]
        while stay >= 0 and node[stay] == here and graph.fixed[stay] == FREE:
            node[stay] = there
            stay = int(graph.follower[stay]) if self._random.random() < 0.5 else -1
        return node

    # ---- the graph -----------------------------------------------------------------------

    def _segments_of(self, vertex: int) -> Column:
        assert self._graph is not None
        a, b = self._graph.vertex_start[vertex : vertex + 2]
        found: Column = self._graph.vertex_segments[a:b]
        return found

    def _gates_of(self, stays: Column) -> list[int]:
        """The free gates that these segments meet at."""
        assert self._graph is not None
        return [v for v in self._vertices_of(stays) if v >= self._graph.n_segments]

    def _vertices_of(self, stays: Column) -> list[int]:
        graph = self._graph
        assert graph is not None
        at = np.flatnonzero(np.isin(graph.vertex_segments, stays))
        found: list[int] = np.unique(
            np.searchsorted(graph.vertex_start, at, side="right") - 1
        ).tolist()
        return found

    def _away(self) -> npt.NDArray[np.bool_]:
        """Free gates one of whose operands is elsewhere."""
        graph = self._graph
        assert graph is not None
        vertex = np.repeat(np.arange(len(graph.fixed)), np.diff(graph.vertex_start))
        away = np.zeros(len(graph.fixed), np.bool_)
        away[vertex[self._node[graph.vertex_segments] != self._node[vertex]]] = True
        away[: graph.n_segments] = False
        free: npt.NDArray[np.bool_] = away & (graph.fixed == FREE)
        return free


def _transposed(n: int, a: int, b: int) -> tuple[int, ...]:
    order = list(range(n))
    order[a], order[b] = b, a
    return tuple(order)
