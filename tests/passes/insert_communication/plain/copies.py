"""Cat copies that are open, and which to close when a communication qubit is wanted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from qdsl.network.network import Network
from tests.passes.insert_communication.plain import primitives
from tests.passes.insert_communication.plain.emitter import Emitter

NEVER = 1 << 60


@dataclass(slots=True)
class Copy:
    """An open copy: its wire and group, the row that next needs it, and how often it served."""

    wire: int
    group: int
    again: int
    served: int = 0


class Copies:
    """Open copies by qubit and node; `root[q]` is the data wire that a qubit lives in.

    Where every communication qubit of a node is taken, the copy that is needed again last is
    closed (Belady's rule); it is opened again when it is needed. A *relay* is a copy at a node
    that has no use for it but to pass it on to several.
    """

    def __init__(
        self,
        out: Emitter,
        network: Network,
        root: list[int],
        first_uses: Mapping[tuple[int, int], int],
        gates_per_ebit: int,
    ) -> None:
        self._limit = gates_per_ebit
        self._first_uses = first_uses
        self._out = out
        self._network = network
        self._root = root
        self._at: list[dict[int, Copy]] = [{} for _ in network.nodes]
        self._nodes_of: dict[int, set[int]] = {}
        self._relays: dict[int, set[int]] = {}
        self._held: set[tuple[int, int]] = set()

    def get(self, q: int, node: int) -> Copy | None:
        return self._at[node].get(q)

    def is_spent(self, q: int, node: int) -> bool:
        """Has a copy served all the gates and further copies that its pair lives for?"""
        return 0 < self._limit <= self._at[node][q].served

    def hold(self, q: int, node: int) -> None:
        """Keep a copy open until `release`, whatever is needed."""
        self._held.add((q, node))

    def release(self) -> None:
        self._held.clear()

    def open(self, q: int, node: int, again: int, epoch: int, now: int) -> Copy:
        """A new copy of a qubit at a node, made from its nearest holder.

        A node on the way that will want a copy itself, or from which another node that will is
        nearer, gets it now and passes it on; the latter's ends when all have theirs.
        """
        self._relays.get(q, set()).discard(node)
        source, wire = self._nearest(q, node)
        route = self._route(source, node)
        for inner in route[1:-1]:
            if self._limit == 1:
                continue
            soon = self._first_uses.get((epoch, inner), -1)
            is_relay = soon <= now
            if is_relay:
                soon = self._passes_on(inner, q, node, epoch, now)
            if soon > now and self.get(q, inner) is None:
                wire = self.open(q, inner, soon, epoch, now).wire
                source = inner
                if is_relay:
                    self._relays.setdefault(q, set()).add(inner)
        route = self._route(source, node)
        if source != self._out.node_of(self._root[q]):
            self.hold(q, source)
            self._at[source][q].served += 1
        self.reserve(route)
        group = self._out.new_group()
        copy = Copy(primitives.entangle(self._out, wire, route, group), group, again)
        self._held.discard((q, source))
        self._at[node][q] = copy
        self._nodes_of.setdefault(q, set()).add(node)
        self._end_relays(q, epoch, now)
        return copy

    def open_from_nearer(self, q: int, node: int) -> None:
        """A new copy from another that is nearer than the qubit, if there is one."""
        source, wire = self._nearest(q, node)
        if wire == self._root[q]:
            return
        self._relays.get(q, set()).discard(node)
        self.hold(q, source)
        self._at[source][q].served += 1
        route = self._route(source, node)
        self.reserve(route)
        group = self._out.new_group()
        copy = Copy(primitives.entangle(self._out, wire, route, group), group, NEVER)
        self._held.discard((q, source))
        self._at[node][q] = copy
        self._nodes_of.setdefault(q, set()).add(node)

    def close_all(self, q: int) -> None:
        """Close the copies that were kept for a qubit's way to where it lives next."""
        self._relays.pop(q, None)
        for node in range(len(self._at)):
            if self.get(q, node):
                self.close(q, node)

    def _wanted(self, q: int, epoch: int, now: int) -> list[tuple[int, int]]:
        """(row, node) of the copies that are still to be made in this epoch."""
        nodes = range(len(self._at))
        found = [(self._first_uses.get((epoch, v), -1), v) for v in nodes if q not in self._at[v]]
        return [(row, v) for row, v in found if row > now]

    def _branches_at(self, inner: int, q: int, holders: set[int], epoch: int, now: int) -> int:
        """The first row for which a node should hold a copy to pass on, as the node that wants
        one then is nearer to it than to all these holders; -1: none."""
        for row, other in sorted(self._wanted(q, epoch, now)):
            if other not in holders and self._hops(inner, other) < min(
                self._hops(v, other) for v in holders
            ):
                return row
        return -1

    def _holders(self, q: int) -> set[int]:
        return {self._out.node_of(self._root[q]), *self._nodes_of.get(q, ())}

    def _passes_on(self, inner: int, q: int, node: int, epoch: int, now: int) -> int:
        """The row for which a node on the way to another should get a copy too, -1: none."""
        if self._out.comm_free[inner] < 2:
            return -1
        return self._branches_at(inner, q, self._holders(q) | {node}, epoch, now)

    def _end_relays(self, q: int, epoch: int, now: int) -> None:
        """Close the copies that only were to be passed on, and have been."""
        for relay in sorted(self._relays.get(q, ())):
            others = self._holders(q) - {relay}
            is_of_use = self.get(q, relay) and not self.is_spent(q, relay)
            if is_of_use and self._branches_at(relay, q, others, epoch, now) > now:
                continue
            self._relays[q].discard(relay)
            if self.get(q, relay):
                self.close(q, relay)

    def _hops(self, a: int, b: int) -> int:
        hops = self._network.hops(a, b)
        return NEVER if hops is None else hops

    def _route(self, a: int, b: int) -> tuple[int, ...]:
        route = self._network.route(a, b)
        assert route is not None  # a rule of placed circuits
        return route

    def take(self, q: int, node: int) -> Copy | None:
        """The copy of a qubit at a node, no longer kept here; None if there is none."""
        self._nodes_of.get(q, set()).discard(node)
        return self._at[node].pop(q, None)

    def close(self, q: int, node: int) -> None:
        copy = self.take(q, node)
        assert copy is not None
        primitives.disentangle(self._out, copy.wire, self._root[q], copy.group)

    def reserve(self, route: tuple[int, ...]) -> None:
        """Free the communication qubits that one pair along a route takes."""
        for place, node in enumerate(route):
            wanted = 1 if place in (0, len(route) - 1) else 2
            while self._out.comm_free[node] < wanted:
                self.close(self._needed_last(node), node)

    def _needed_last(self, node: int) -> int:
        free = [(c.again, q) for q, c in self._at[node].items() if (q, node) not in self._held]
        return max(free)[1]

    def _nearest(self, q: int, node: int) -> tuple[int, int]:
        """Node and wire of the holder with the fewest hops; a copy needs room beside it."""
        home = self._out.node_of(self._root[q])
        best = (self._network.hops(home, node) or NEVER, -1)
        for other in sorted(self._nodes_of.get(q, ())):
            if self._network.nodes[other].comm >= 2 and not self.is_spent(q, other):
                best = min(best, (self._network.hops(other, node) or NEVER, other))
        if best[1] < 0:
            return home, self._root[q]
        return best[1], self._at[best[1]][q].wire
