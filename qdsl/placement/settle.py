"""From the nodes of vertices (`segments`) to trajectories that obey the room at every time."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from qdsl.ir.axes import rows_of_operands
from qdsl.ir.operations import BY_NAME
from qdsl.ir.stages import Circuit
from qdsl.moves import order_moves
from qdsl.network import Network
from qdsl.placement.segments import Segments
from qdsl.placement.walk import Relocation, Trajectories

Column = npt.NDArray[np.int64]


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


def settled(
    graph: Segments, circuit: Circuit, network: Network, node: Column
) -> Trajectories | None:
    """Trajectories for these nodes; None if moves at one time cannot be put in an order, or an
    operation needs more copies at its node than that has communication qubits."""
    return _Settling(graph, circuit, network, node).run()


class _Settling:
    def __init__(self, graph: Segments, circuit: Circuit, network: Network, node: Column) -> None:
        self._network = network
        self._table = circuit.table
        self._pins: list[int] = circuit.pin.tolist()
        self._node: list[int] = node.tolist()
        self._segment: list[int] = graph.segment_of_use.tolist()
        self._vertex: list[int] = graph.vertex_of_row.tolist()
        self._follower: list[int] = graph.follower.tolist()
        self._begin: list[int] = graph.begin.tolist()
        self._bound = _last_bound_rows(graph, circuit).tolist()
        self._reached = list(range(circuit.n_qubits))  # the segment each qubit has been taken to
        home = self._node[: circuit.n_qubits]
        self._location = list(home)
        self._free = [v.qubits for v in network.nodes]
        for v in home:
            self._free[v] -= 1
        self._result = Trajectories(home)

    def run(self) -> Trajectories | None:
        if min(self._free) < 0:
            return None
        start, operands = self._table.operand_start.tolist(), self._table.operands.tolist()
        barrier = BY_NAME["barrier"].code
        for row, code in enumerate(self._table.opcode.tolist()):
            a, b = start[row], start[row + 1]
            qubits = operands[a:b]
            if code != barrier and not self._come(row, qubits, self._segment[a:b]):
                return None
            here = [self._location[q] for q in qubits]
            self._result.residence.extend(here)
            site = -1 if code == barrier else self._site(row, here)
            if site >= 0 and sum(v != site for v in here) > self._network.nodes[site].comm:
                return None
            self._result.site.append(site)
        return self._result

    def _site(self, row: int, here: list[int]) -> int:
        vertex = self._vertex[row]
        if self._pins[row] >= 0:
            return self._pins[row]
        return self._node[vertex] if vertex >= 0 else here[0]

    def _come(self, row: int, qubits: list[int], wanted: list[int]) -> bool:
        """Take qubits to the nodes of these segments, others with them if there is no room."""
        moves: dict[int, tuple[int, int]] = {}
        for q, s in zip(qubits, wanted, strict=True):
            if s > self._reached[q]:
                self._take(q, s, moves)
        own = len(moves)
        while moves and order_moves(self._network, self._free, moves) is None:
            if not self._make_room(row, moves):
                return False
        if len(moves) > own or any(q not in qubits for q in moves):
            targets = tuple(v for _, v in moves.values())
            self._result.relocations.append(Relocation(row, tuple(moves), targets))
        for q, (source, target) in moves.items():
            self._location[q] = target
            self._free[source] += 1
            self._free[target] -= 1
        return True

    def _take(self, q: int, segment: int, moves: dict[int, tuple[int, int]]) -> None:
        self._reached[q] = segment
        if self._node[segment] != self._location[q]:
            moves[q] = (self._location[q], self._node[segment])

    def _make_room(self, row: int, moves: dict[int, tuple[int, int]]) -> bool:
        """Let one more qubit leave a node that others come to, if it is about to go anyway."""
        now = max(self._begin[self._reached[q]] for q in moves)
        targets = {target for _, target in moves.values()}
        for q, place in enumerate(self._location):
            if q in moves or place not in targets:
                continue
            reached = self._reached[q]
            after = self._follower[reached]
            if after < 0 or self._bound[reached] >= row:
                continue
            if self._begin[after] <= now and self._node[after] != place:
                self._take(q, after, moves)
                return True
        return False


def _last_bound_rows(graph: Segments, circuit: Circuit) -> Column:
    """For every segment its last row that cannot happen anywhere else: pinned, or on several
    qubits; -1: none."""
    table = circuit.table
    row = rows_of_operands(table).astype(np.int64)
    bound = (circuit.pin[row] >= 0) | (table.arity[row] > 1) & ~table.codes("barrier")[row]
    last = np.full(graph.n_segments, -1, np.int64)
    np.maximum.at(last, graph.segment_of_use[bound], row[bound])
    return last
