"""Networks of devices: nodes with data and communication qubits, and the links between them.

Times are in nanoseconds, rates in EPR pairs per second (Hz), fidelities to the Bell state
(|00> + |11>)/sqrt 2.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field, replace
from functools import cached_property
from math import log

from qdsl.network.distillation import DistillationEnd, RawPair, best_pair
from qdsl.network.models import (
    IDEAL_NODE,
    PLAIN_LINK,
    DistilledPair,
    LinkModel,
    NodeModel,
    PairState,
)
from qdsl.records import dataclass


@dataclass(frozen=True, slots=True)
class Node:
    """One device. `gate_time_ns` is (one-qubit, two-qubit, read-out); `model`: what else is known
    of it, None: nothing."""

    name: str
    qubits: int
    comm: int = 2
    gate_fidelity: float = 1.0
    gate_time_ns: tuple[int, int, int] = (0, 0, 0)
    model: NodeModel | None = None

    @property
    def physics(self) -> NodeModel:
        """The model, or that of a node of which nothing is known."""
        return self.model or IDEAL_NODE

    @property
    def reset_time_ns(self) -> int:
        """As long as a read-out, unless the model says something else."""
        own = self.physics.reset_time_ns
        return self.gate_time_ns[2] if own is None else own

    @property
    def distillation_end(self) -> DistillationEnd:
        """What distillation at this node takes, and what goes wrong there."""
        m = self.physics
        errors = (1 - m.one_qubit_fidelity, 1 - self.gate_fidelity, 1 - m.readout_fidelity)
        return DistillationEnd(*errors, *self.gate_time_ns, m.comm_t1_ns, m.comm_t2_ns)


@dataclass(frozen=True, slots=True)
class Link:
    """A quantum link between two nodes, by index. `rate_hz` None: pairs are instantly there.

    `source` says where a preset's figures come from; `model`: how pairs are made, None: one after
    another at the rate. `latency_ns` is that of messages from a to b, and of those back unless the
    model says something else. `fidelity` is that of a raw pair; `distilled`: what the network makes
    of them where its model asks for it, None: nothing.
    """

    a: int
    b: int
    fidelity: float = 1.0
    rate_hz: float | None = None
    latency_ns: int = 0
    preset: str | None = None
    source: str | None = None
    model: LinkModel | None = None
    distilled: DistilledPair | None = None

    @property
    def physics(self) -> LinkModel:
        """The model, or that of a link of which nothing is known but its rate."""
        return self.model or PLAIN_LINK

    @property
    def raw_rate_hz(self) -> float | None:
        """Raw pairs that one channel makes a second, None: pairs are instantly there."""
        made = self.physics
        return self.rate_hz if made.attempt_hz is None else made.attempt_hz * made.success

    @property
    def raw_time_ns(self) -> int:
        """Expected time until a channel has made one raw pair, and both ends know of it."""
        rate = self.raw_rate_hz
        return (0 if rate is None else round(1e9 / rate)) + self.physics.herald_ns

    @property
    def raw_state(self) -> PairState:
        """Probabilities of no error, X, Y and Z on one half of a raw pair as it is born."""
        given, rest = self.physics.pair_state, (1 - self.fidelity) / 3
        return (self.fidelity, rest, rest, rest) if given is None else given

    @property
    def pair_rate_hz(self) -> float | None:
        """Pairs that one channel gives a second, None: they are instantly there."""
        made = self.distilled
        if made is None:
            return self.raw_rate_hz
        return 1e9 / made.time_ns if made.time_ns else None

    @property
    def pair_time_ns(self) -> int:
        """Expected time until a channel gives one pair, and both ends know of it."""
        return self.raw_time_ns if self.distilled is None else self.distilled.time_ns

    @property
    def channel_time_ns(self) -> int:
        """Expected time that one pair occupies a channel: until it is born; of a distilled pair
        until both ends know of it."""
        herald_ns = self.physics.herald_ns if self.distilled is None else 0
        return self.pair_time_ns - herald_ns

    @property
    def known_after_ns(self) -> int:
        """From the birth of a pair until both ends know of it."""
        return self.physics.herald_ns if self.distilled is None else self.distilled.message_ns

    @property
    def pair_state(self) -> PairState:
        """Probabilities of no error, X, Y and Z on one half of a pair as it is born."""
        return self.raw_state if self.distilled is None else self.distilled.state

    @property
    def pair_fidelity(self) -> float:
        """Of a pair as it is born; `fidelity` is that of a raw pair."""
        return self.fidelity if self.distilled is None else self.distilled.state[0]

    @property
    def levels(self) -> int:
        """Of distillation, 0: none. So many communication qubits it takes beside a pair's own."""
        return 0 if self.distilled is None else self.distilled.levels

    @property
    def raw_pair(self) -> RawPair:
        """What distillation starts from."""
        back = self.physics.latency_back_ns
        message_ns = max(self.latency_ns, self.latency_ns if back is None else back)
        return RawPair(self.raw_state, self.raw_time_ns, self.physics.herald_ns, message_ns)

    def latency_from(self, node: int) -> int:
        """Latency of a message that leaves this end, in ns."""
        back = self.physics.latency_back_ns
        return self.latency_ns if node == self.a or back is None else back


@dataclass(frozen=True)
class Network:
    """Nodes and links. Node indices are positions in `nodes`. At most one link joins two nodes.

    `comm_limit`: communication qubits of every node that a program may hold at one time, though the
    node has more; None: all that it has. Messages take the times that they take without it.
    Frozen; not slotted, as the routing tables are computed once, when first asked for.
    """

    name: str
    nodes: tuple[Node, ...]
    links: tuple[Link, ...] = field(default=())
    comm_limit: int | None = None

    def __post_init__(self) -> None:
        """What links make of their pairs depends on their nodes."""
        links = tuple(_with_distilled(link, self.nodes) for link in self.links)
        object.__setattr__(self, "links", links)

    def __repr__(self) -> str:
        return f"<Network {self.name}: nodes {len(self.nodes)}, links {len(self.links)}>"

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
    def distilling(self) -> tuple[tuple[int, int], ...]:
        """Of every node how many pairs it can distil at one time, and how many communication qubits
        each of them takes beside its own: the most that one of its links asks for."""
        found = [(0, 0)] * len(self.nodes)
        for link in self.links:
            if link.levels:
                for v in (link.a, link.b):
                    places, levels = found[v]
                    found[v] = max(places, link.physics.channels), max(levels, link.levels)
        return tuple(found)

    @cached_property
    def set_aside(self) -> tuple[int, ...]:
        """Communication qubits of every node that distillation takes beside those of pairs."""
        return tuple(places * levels for places, levels in self.distilling)

    @cached_property
    def usable_comm(self) -> tuple[int, ...]:
        """Communication qubits of every node that a program may hold at one time, distillation
        included: no more than the limit, but always what is set aside and one for a pair."""
        limit = self.comm_limit
        if limit is None:
            return tuple(v.comm for v in self.nodes)
        pairs = zip(self.nodes, self.set_aside, strict=True)
        return tuple(min(v.comm, max(limit, n + 1)) for v, n in pairs)

    @cached_property
    def free_comm(self) -> tuple[int, ...]:
        """Communication qubits of every node that pairs and copies can have: all usable ones but
        those that are set aside for distillation. Below 1 where it leaves none."""
        return tuple(n - m for n, m in zip(self.usable_comm, self.set_aside, strict=True))

    def limited(self, comm: int | None) -> Network:
        """The same network for programs that hold at most so many communication qubits at a node
        at one time; None: as many as there are."""
        return self if comm == self.comm_limit else replace(self, comm_limit=comm)

    def in_order(self, order: tuple[int, ...]) -> Network:
        """The same network with its nodes in another order: node k of it is `order[k]` here. Links
        come by their nodes; the way back gives the very network that one comes from."""
        if order == tuple(range(len(self.nodes))):
            return self
        if order not in self._in_orders:
            place = inverse(order)
            found = self._renumbered(order, place)
            found._in_orders[place] = self
            self._in_orders[order] = found
        return self._in_orders[order]

    @cached_property
    def _in_orders(self) -> dict[tuple[int, ...], Network]:
        return {}

    def _renumbered(self, order: tuple[int, ...], place: tuple[int, ...]) -> Network:
        links = (replace(link, a=place[link.a], b=place[link.b]) for link in self.links)
        by_nodes = sorted(links, key=lambda link: (min(link.a, link.b), max(link.a, link.b)))
        return replace(self, nodes=tuple(self.nodes[v] for v in order), links=tuple(by_nodes))

    def with_fewer_links(self, links: tuple[Link, ...]) -> Network:
        """A part of the network, for what runs on all of it: nodes have no more `free_comm` than
        here, though links that distil are gone."""
        part = replace(self, links=links, comm_limit=None)
        comm = (n + m for n, m in zip(self.free_comm, part.set_aside, strict=True))
        nodes = (replace(v, comm=n) for v, n in zip(self.nodes, comm, strict=True))
        return replace(part, nodes=tuple(nodes))

    @cached_property
    def neighbours(self) -> tuple[tuple[int, ...], ...]:
        near: list[set[int]] = [set() for _ in self.nodes]
        for link in self.links:
            near[link.a].add(link.b)
            near[link.b].add(link.a)
        return tuple(tuple(sorted(n)) for n in near)

    @property
    def scale(self) -> int:
        """What the cheapest links cost."""
        return 1

    @cached_property
    def routing(self) -> Routing:
        """Of every pair of nodes the shortest usable route, in tables of n^2 numbers."""
        found = shortest_routes(self)
        if self.comm_limit is None:
            return found
        return replace(found, latency_ns=shortest_routes(self.limited(None)).latency_ns)

    def route(self, a: int, b: int) -> tuple[int, ...] | None:
        """The nodes of the shortest usable route, both ends included; None if there is none."""
        if self.routing.hops[a][b] < 0:
            return None
        back = [b]
        while back[-1] != a:
            back.append(self.routing.before[a][back[-1]])
        return tuple(reversed(back))

    def hops(self, a: int, b: int) -> int | None:
        """Ebits that one pair between a and b takes: links on the route."""
        found = self.routing.hops[a][b]
        return None if found < 0 else found

    def message_time_ns(self, a: int, b: int) -> int:
        """Latency of a classical message: the sum along the route."""
        return self.routing.latency_ns[a][b]

    @property
    def qubits(self) -> int:
        """Data qubits of all nodes."""
        return sum(node.qubits for node in self.nodes)


def inverse(order: tuple[int, ...]) -> tuple[int, ...]:
    """Where every number stands in an order of 0 to n - 1."""
    return tuple(sorted(range(len(order)), key=order.__getitem__))


@dataclass(frozen=True, slots=True)
class Routing:
    """By both ends of a route: links on it (-1: there is no route), the last node but one (-1:
    none), the latency in ns of a message along it (0 where there is no route), and what a pair
    along it costs (-1: there is no route): its links, unless these have prices (`prices`)."""

    hops: list[list[int]]
    before: list[list[int]]
    latency_ns: list[list[int]]
    price: list[list[int]]


def shortest_routes(network: Network) -> Routing:
    """Routes of fewest hops; of these the one of highest fidelity, then of least time for pairs,
    then of least latency there and back, then of the lowest node indices. Inner nodes need two
    communication qubits to swap."""
    near = [sum(1 << v for v in there) for there in network.neighbours]
    prices = {pair: _price(link, pair[0]) for pair, link in network.link_between.items()}
    if len(set(prices.values())) == 1:
        prices = {}
    found = Routing([], [], [], [])
    for start in range(len(near)):
        hops, before, latency_ns = _routes_from(start, near, network, prices)
        found.hops.append(hops)
        found.before.append(before)
        found.latency_ns.append(latency_ns)
        found.price.append(hops)
    return found


def _with_distilled(link: Link, nodes: Sequence[Node]) -> Link:
    asked = link.physics.distillation
    if asked is None:
        return link if link.distilled is None else replace(link, distilled=None)
    ends = nodes[link.a].distillation_end, nodes[link.b].distillation_end
    return replace(link, distilled=best_pair(asked, link.raw_pair, ends))


def _price(link: Link, start: int) -> int:
    """What a link loses in fidelity, as a logarithm, before the time of a pair, before its latency
    there and back, before that from `start`: 80 bits each, so that sums along a route do not mix
    them."""
    loss = round(-log(max(link.pair_fidelity, 1e-12)) * 1e12)
    there_and_back = link.latency_from(link.a) + link.latency_from(link.b)
    found = loss
    for time_ns in (link.pair_time_ns, there_and_back, link.latency_from(start)):
        found = found << 80 | min(time_ns, 1 << 70)
    return found


def _routes_from(
    start: int, near: Sequence[int], network: Network, prices: Mapping[tuple[int, int], int]
) -> tuple[list[int], list[int], list[int]]:
    """The rows of `Routing` of one node; `near`: every node's neighbours as bits of a number;
    `prices`: of every link, none where all links are alike."""
    n, links = len(near), network.link_between
    hops, before, latency, paid = [-1] * n, [-1] * n, [0] * n, [0] * n
    hops[start], unseen, reached = 0, (1 << n) - 1 - (1 << start), [start]
    are_alike = not prices  # then the first route that is found is the best
    while reached:  # in the order of their routes
        further: list[int] = []
        for here in reached:
            is_passed = here == start or network.free_comm[here] >= 2
            fresh = near[here] & unseen if is_passed else 0
            unseen -= fresh if are_alike else 0
            while fresh:
                there = (fresh & -fresh).bit_length() - 1
                fresh &= fresh - 1
                price = 0 if are_alike else paid[here] + prices[here, there]
                if before[there] < 0:
                    further.append(there)
                elif price >= paid[there]:
                    continue
                before[there], paid[there] = here, price
        rank = {here: place for place, here in enumerate(reached)}
        reached = sorted(further, key=lambda there: (rank[before[there]], there))
        for there in reached:
            here = before[there]
            hops[there] = hops[here] + 1
            latency[there] = latency[here] + links[here, there].latency_from(here)
        unseen &= ~sum(1 << there for there in reached)
    return hops, before, latency


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
