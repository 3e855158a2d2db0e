"""From the nodes of vertices (`segments`) to trajectories that obey the room at every time."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from qdsl.ir.axes import rows_of_operands
from qdsl.ir.stages import Circuit
from qdsl.network.move_order import order_moves
from qdsl.network.network import Network
from qdsl.passes.partition.greedy import Relocation, Trajectories
from qdsl.passes.partition.legalize_kernel import LegalizeRows, LegalizeState, follow
from qdsl.passes.partition.segments import FREE, Segments

Column = npt.NDArray[np.int64]
TURNS = 3  # of bringing qubits where too many copies would be


def vertex_nodes(graph: Segments, circuit: Circuit, found: Trajectories) -> Column:
    """The nodes of all vertices in given trajectories: where an annealing may start."""
    node = np.zeros(len(graph.fixed), np.int64)
    home = np.array(found.home, np.int64)
    node[: graph.n_segments] = home[graph.qubit]
    residence = np.array(found.residence, np.int64)
    node[graph.segment_of_use] = residence
    site = np.array(found.site, np.int64)
    rows = np.flatnonzero(graph.vertex_of_row >= 0)
    node[graph.vertex_of_row[rows]] = site[rows]
    pinned = graph.fixed >= 0
    node[pinned] = graph.fixed[pinned]
    return node


def legalized(
    graph: Segments, circuit: Circuit, network: Network, node: Column
) -> Trajectories | None:
    """Trajectories for these nodes; None if moves at one time cannot be put in an order, or an
    operation needs more copies at its node than that has communication qubits."""
    return _Legalization(graph, circuit, network, node).run()


class _Legalization:
    def __init__(self, graph: Segments, circuit: Circuit, network: Network, node: Column) -> None:
        self._network = network
        self._table = circuit.table
        self._pin = circuit.pin.astype(np.int64)
        self._vertex = graph.vertex_of_row
        self._follower, self._begin = graph.follower, graph.begin
        self._bound = _last_bound_rows(graph, circuit)
        node = _with_residents(graph, circuit, network, node)
        self._rows = LegalizeRows(
            self._table.operand_start,
            self._table.operands,
            self._table.codes("barrier"),
            graph.segment_of_use,
            node,
            _joined(network),
        )
        home = node[: circuit.n_qubits]
        free = np.array([v.qubits for v in network.nodes]) - np.bincount(
            home, minlength=len(network.nodes)
        )
        residence = np.zeros(len(self._table.operands), np.int64)
        self._now = LegalizeState(np.arange(circuit.n_qubits), home.copy(), free, residence)
        self._result = Trajectories(home.tolist())

    def run(self) -> Trajectories | None:
        if self._now.free.min() < 0:
            return None
        row, n = follow(self._rows, self._now, 0), len(self._table)
        while row < n:
            if not self._come(row):
                return None
            row = follow(self._rows, self._now, row)
        site = self._sites()
        if site is not None:
            self._result.residence = self._now.residence.tolist()
            self._result.site = site.tolist()
        return None if site is None else self._result

    def _sites(self) -> Column | None:
        """The nodes of all rows; None if one has to serve more copies than it can hold, or a copy
        of a qubit that no pair takes there."""
        residence, vertex = self._now.residence, self._vertex
        first = np.append(residence, -1)[self._table.operand_start[:-1]]
        site = np.where(vertex >= 0, self._rows.node[vertex], first)
        site = np.where(self._pin >= 0, self._pin, site)
        site[self._rows.barrier] = -1
        row = rows_of_operands(self._table)
        away = (residence != site[row]) & (site[row] >= 0)
        if not self._rows.joined[residence[away], site[row][away]].all():
            return None
        served = np.bincount(row[away], minlength=len(site))
        comm = np.array(self._network.free_comm)
        return None if (served > comm[site]).any() else site

    def _come(self, row: int) -> bool:
        """Take the qubits of a row to their segments, others with them if there is no room."""
        a, b = self._table.operand_start[row : row + 2]
        qubits = self._table.operands[a:b].tolist()
        moves: dict[int, tuple[int, int]] = {}
        for q, s in zip(qubits, self._rows.segment[a:b].tolist(), strict=True):
            if s > self._now.reached[q]:
                self._take(q, s, moves)
        own = len(moves)
        while moves and order_moves(self._network, self._now.free.tolist(), moves) is None:
            if not self._make_room(row, moves):
                return False
        if len(moves) > own or any(q not in qubits for q in moves):
            targets = tuple(v for _, v in moves.values())
            self._result.relocations.append(Relocation(row, tuple(moves), targets))
        for q, (source, target) in moves.items():
            self._now.location[q] = target
            self._now.free[source] += 1
            self._now.free[target] -= 1
        return True

    def _take(self, q: int, segment: int, moves: dict[int, tuple[int, int]]) -> None:
        self._now.reached[q] = segment
        source, target = int(self._now.location[q]), int(self._rows.node[segment])
        if target != source:
            moves[q] = (source, target)

    def _make_room(self, row: int, moves: dict[int, tuple[int, int]]) -> bool:
        """Let one more qubit leave a node that others come to, if it is about to go anyway."""
        reached = self._now.reached
        now = max(self._begin[reached[q]] for q in moves)
        targets = {target for _, target in moves.values()}
        for q, place in enumerate(self._now.location.tolist()):
            if q in moves or place not in targets:
                continue
            after = int(self._follower[reached[q]])
            if after < 0 or self._bound[reached[q]] >= row:
                continue
            if self._begin[after] <= now and self._rows.node[after] != place:
                self._take(q, after, moves)
                return True
        return False


def _with_residents(graph: Segments, circuit: Circuit, network: Network, node: Column) -> Column:
    """The nodes, changed where an operation would be served by more copies than its node has
    communication qubits: then as many of its qubits live there as must. Those come first that
    have to be served least elsewhere for it."""
    table, comm = circuit.table, np.array(network.free_comm)
    found, rows = node.copy(), np.flatnonzero(graph.vertex_of_row >= 0)
    row = rows_of_operands(table)
    site = np.full(len(table), -1, np.int64)
    for _ in range(TURNS):
        site[rows] = found[graph.vertex_of_row[rows]]
        away = (found[graph.segment_of_use] != site[row]) & (site[row] >= 0)
        many = np.flatnonzero(np.bincount(row[away], minlength=len(site)) > comm[site])
        many = many[site[many] >= 0]
        if not len(many):
            break
        for k in many.tolist():
            uses = range(table.operand_start[k], table.operand_start[k + 1])
            segments = [int(graph.segment_of_use[u]) for u in uses]
            served = [s for s in segments if found[s] != site[k]]
            movable = [s for s in served if graph.fixed[s] == FREE]
            surplus = max(0, len(served) - int(comm[site[k]]))
            movable.sort(key=lambda s: (int((graph.segment_of_use == s).sum()), s))
            found[movable[:surplus]] = site[k]
    return found


def _joined(network: Network) -> npt.NDArray[np.bool_]:
    """The pairs of nodes between which one qubit can be sent."""
    nodes = range(len(network.nodes))
    alone = [1] * len(nodes)  # data qubits free: the target has room for it
    return np.array(
        [[order_moves(network, alone, {0: (a, b)}) is not None for b in nodes] for a in nodes]
    )


def _last_bound_rows(graph: Segments, circuit: Circuit) -> Column:
    """For every segment its last row that cannot happen anywhere else: pinned, or on several
    qubits; -1: none."""
    table = circuit.table
    row = rows_of_operands(table).astype(np.int64)
    bound = (circuit.pin[row] >= 0) | (table.arity[row] > 1) & ~table.codes("barrier")[row]
    last = np.full(graph.n_segments, -1, np.int64)
    np.maximum.at(last, graph.segment_of_use[bound], row[bound])
    return last
