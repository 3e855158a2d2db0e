"""In which order qubits that change places together are teleported."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from qdsl.network.network import Network
from qdsl.records import dataclass


@dataclass(frozen=True, slots=True)
class Hop:
    """One teleportation; `waits`: the qubit stays in its communication qubit for the time being.

    `stores` are qubits that waited and get a data qubit after this one has left its own.
    """

    qubit: int
    source: int
    target: int
    waits: bool
    stores: tuple[int, ...] = ()


def order_moves(
    network: Network, free: Sequence[int], moves: Mapping[int, tuple[int, int]]
) -> tuple[Hop, ...] | None:
    """An order that obeys data and communication qubits, None if none is found: the first that is
    possible comes next.

    `free[node]` data qubits are free before; `moves[qubit]` is (from, to). Where only full
    nodes are left, a qubit waits in a communication qubit of its target. Whether there is an order
    depends on nodes only; of several on the same way the first in `moves` goes first.
    """
    return _Ordering(network, list(free), dict(sorted(moves.items(), key=_way))).run()


def _way(move: tuple[int, tuple[int, int]]) -> tuple[int, int]:
    return move[1]


class _Ordering:
    def __init__(
        self, network: Network, free: list[int], pending: dict[int, tuple[int, int]]
    ) -> None:
        self._network = network
        self._free = free
        self._pending = pending
        self._waiting: dict[int, list[int]] = {}

    def run(self) -> tuple[Hop, ...] | None:
        hops: list[Hop] = []
        while self._pending:
            hop = self._next()
            if hop is None:
                return None
            hops.append(hop)
        return None if any(self._waiting.values()) else tuple(hops)

    def _next(self) -> Hop | None:
        for waits in (False, True):
            for qubit, (source, target) in self._pending.items():
                if (self._free[target] > 0) != waits and self._is_possible(source, target, waits):
                    return self._take(qubit, source, target, waits)
        return None

    def _is_possible(self, source: int, target: int, waits: bool) -> bool:
        route = self._network.route(source, target)
        if route is None:
            return False
        need = dict.fromkeys(route[1:-1], 2) | {source: 1, target: 2 if waits else 1}
        return all(self._spare(node) >= count for node, count in need.items())

    def _spare(self, node: int) -> int:
        return self._network.free_comm[node] - len(self._waiting.get(node, ()))

    def _take(self, qubit: int, source: int, target: int, waits: bool) -> Hop:
        del self._pending[qubit]
        if waits:
            self._waiting.setdefault(target, []).append(qubit)
        else:
            self._free[target] -= 1
        self._free[source] += 1
        stores: list[int] = []
        while self._free[source] > 0 and self._waiting.get(source):
            stores.append(self._waiting[source].pop(0))
            self._free[source] -= 1
        return Hop(qubit, source, target, waits, tuple(stores))
