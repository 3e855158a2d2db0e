"""Networks of devices: nodes with data and communication qubits, and the links between them.

Times are in nanoseconds, rates in EPR pairs per second (Hz), fidelities to the Bell state
(|00> + |11>)/sqrt 2.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import field, replace
from functools import cached_property
from math import log

from qdsl.records import dataclass

# What a route loses in fidelity, as a sum of logarithms; its links' times, in ns; its nodes
Route = tuple[float, int, tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class Node:
    """One device. `gate_time_ns` is (one-qubit, two-qubit, read-out)."""

    name: str
    qubits: int
    comm: int = 2
    gate_fidelity: float = 1.0
    gate_time_ns: tuple[int, int, int] = (0, 0, 0)


@dataclass(frozen=True, slots=True)
class Link:
    """A quantum link between two nodes, by index. `rate_hz` None: pairs are instantly there.

    `source` says where a preset's figures come from.
    """

    a: int
    b: int
    fidelity: float = 1.0
    rate_hz: float | None = None
    latency_ns: int = 0
    preset: str | None = None
    source: str | None = None

    @property
    def pair_time_ns(self) -> int:
        """Expected time to make one pair."""
        return 0 if self.rate_hz is None else round(1e9 / self.rate_hz)


@dataclass(frozen=True)
class Network:
    """Nodes and links. Node indices are positions in `nodes`. At most one link joins two nodes.

    Frozen; not slotted, as the routing tables are computed once, when first asked for.
    """

    name: str
    nodes: tuple[Node, ...]
    links: tuple[Link, ...] = field(default=())

    @cached_property
    def index(self) -> dict[str, int]:
        """Node index by name."""
        return {node.name: i for i, node in enumerate(self.nodes)}

    @cached_property
    def link_between(self) -> dict[tuple[int, int], Link]:
        """The link that joins two nodes, under both orders of the pair."""
        table: dict[tuple[int, int], Link] = {}
        for link in self.links:
            table[link.a, link.b] = table[link.b, link.a] = link
        return table

    @cached_property
    def neighbours(self) -> tuple[tuple[int, ...], ...]:
        near: list[set[int]] = [set() for _ in self.nodes]
        for link in self.links:
            near[link.a].add(link.b)
            near[link.b].add(link.a)
        return tuple(tuple(sorted(n)) for n in near)

    @cached_property
    def _routes(self) -> dict[tuple[int, int], tuple[int, ...]]:
        return {
            (a, b): route
            for a in range(len(self.nodes))
            for b, route in self._shortest_from(a).items()
        }

    def _shortest_from(self, start: int) -> dict[int, tuple[int, ...]]:
        """Routes of fewest hops; of these the one of highest fidelity, then of least time, then of
        the lowest node indices. Inner nodes need two communication qubits to swap."""
        found: dict[int, Route] = {start: (0.0, 0, (start,))}
        reached = [start]
        while reached and len(found) < len(self.nodes):
            further: dict[int, Route] = {}
            for here in reached:
                if here == start or self.nodes[here].comm >= 2:
                    for there in set(self.neighbours[here]) - found.keys():
                        longer = self._longer(found[here], there)
                        further[there] = min(longer, further.get(there, longer))
            found |= further
            reached = sorted(further)
        return {there: nodes for there, (_, _, nodes) in found.items()}

    def _longer(self, route: Route, there: int) -> Route:
        loss, time, nodes = route
        link = self.link_between[nodes[-1], there]
        lost = -log(max(link.fidelity, 1e-12))
        return round(loss + lost, 12), time + link.pair_time_ns, (*nodes, there)

    def route(self, a: int, b: int) -> tuple[int, ...] | None:
        """The nodes of the shortest usable route, both ends included; None if there is none."""
        return self._routes.get((a, b))

    def hops(self, a: int, b: int) -> int | None:
        """Ebits that one pair between a and b takes: links on the route."""
        route = self.route(a, b)
        return None if route is None else len(route) - 1

    def message_time_ns(self, a: int, b: int) -> int:
        """Latency of a classical message: the sum along the route."""
        route = self.route(a, b) or (a, b)
        pairs = itertools.pairwise(route)
        return sum(self.link_between[p].latency_ns for p in pairs if p in self.link_between)

    @property
    def qubits(self) -> int:
        """Data qubits of all nodes."""
        return sum(node.qubits for node in self.nodes)


def _uniform(
    name: str, edges: Iterable[tuple[int, int]], nodes: tuple[Node, ...], link: Link
) -> Network:
    pairs = sorted({(min(e), max(e)) for e in edges})
    links = tuple(replace(link, a=a, b=b) for a, b in pairs)
    return Network(name, nodes, links)


TOPOLOGIES = ("complete", "line", "ring", "star", "grid")


def topology(
    kind: str, sizes: tuple[int, ...], node: Node, link: Link, name: str | None = None
) -> Network:
    """A network of equal nodes `node0, node1, ...`: `complete`, `line`, `ring`, `star` (node 0
    in the middle) of one size, or `grid` of rows and columns. ValueError for a wrong size."""
    if any(s < 1 for s in sizes) or len(sizes) != (2 if kind == "grid" else 1):
        raise ValueError(f"{kind} takes {'rows and columns' if kind == 'grid' else 'one size'}")
    n = sizes[0] * sizes[1] if kind == "grid" else sizes[0]
    nodes = tuple(replace(node, name=f"node{i}") for i in range(n))
    line = [(i, i + 1) for i in range(n - 1)]
    if kind == "complete":
        edges = [(i, j) for i in range(n) for j in range(i + 1, n)]
    elif kind == "line":
        edges = line
    elif kind == "ring":
        edges = line + ([(0, n - 1)] if n > 2 else [])
    elif kind == "star":
        edges = [(0, i) for i in range(1, n)]
    elif kind == "grid":
        rows, columns = sizes
        edges = [(i, i + 1) for i in range(n) if (i + 1) % columns]
        edges += [(i, i + columns) for i in range(n - columns)]
        assert rows * columns == n
    else:
        raise ValueError(f"'{kind}' is not one of {', '.join(TOPOLOGIES)}")
    return _uniform(name or kind, edges, nodes, link)


def one_device(qubits: int) -> Network:
    """The network of a program that names none: a single node that holds every qubit."""
    return Network("one device", (Node("device", max(qubits, 1), 0),))
