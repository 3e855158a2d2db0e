"""What a pair over each link is worth to an objective, and the routes of least price.

A priced network is the same network to whoever asks for nodes, links and times; only its routes
are others, and what they cost. A placement is searched for, and communication inserted, on the
priced network; what is made of it stands on the network itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from functools import cached_property
from heapq import heappop, heappush
from math import log
from typing import Final, Literal, get_args

from qdsl.network.network import Link, Network, Routing, shortest_routes
from qdsl.records import dataclass

Objective = Literal["ebits", "makespan", "fidelity", "rounds", "comm"]
OBJECTIVES: Final[tuple[Objective, ...]] = get_args(Objective)
SCALE: Final = 4  # the price of the cheapest link, so that those a little dearer differ from it
DEAREST: Final = 4096

Pair = tuple[int, int]


@dataclass(frozen=True)
class PricedNetwork(Network):
    """A network with a price for every link: `paid[a, b]`, the same as `paid[b, a]`. Messages take
    the times that they take without prices."""

    paid: Mapping[Pair, int] = field(default_factory=dict, hash=False)

    @property
    def scale(self) -> int:
        """What the cheapest links cost."""
        return SCALE

    def _renumbered(self, order: tuple[int, ...], place: tuple[int, ...]) -> PricedNetwork:
        plain = super()._renumbered(order, place)
        paid = {(place[a], place[b]): price for (a, b), price in self.paid.items()}
        return PricedNetwork(self.name, plain.nodes, plain.links, self.comm_limit, paid)

    @cached_property
    def routing(self) -> Routing:
        """Routes of least price, of these those of fewest hops. Inner nodes need two communication
        qubits to swap."""
        found = Routing([], [], shortest_routes(self.limited(None)).latency_ns, [])
        for start in range(len(self.nodes)):
            hops, before, price = _cheapest_from(start, self)
            found.hops.append(hops)
            found.before.append(before)
            found.price.append(price)
        return found


def priced(network: Network, objective: Objective) -> Network:
    """The network with prices by the objective; itself where one link is as good as another, or
    links have prices already."""
    values = {"makespan": _time_ns, "fidelity": _loss}
    if objective not in values or isinstance(network, PricedNetwork):
        return network
    return with_prices(network, [values[objective](network, link) for link in network.links])


def pair_times_ns(network: Network) -> list[float]:
    """What a pair costs for the makespan, by link."""
    return [_time_ns(network, link) for link in network.links]


def with_prices(network: Network, worth: list[float]) -> Network:
    """The network in which a pair costs this much, by link, in any unit; itself where they cost
    all the same."""
    least = min((w for w in worth if w > 0), default=0.0)
    prices = [_whole(w / least) if w > 0 else 1 for w in worth]
    if len(set(prices)) < 2:
        return network
    paid = {
        pair: price
        for link, price in zip(network.links, prices, strict=True)
        for pair in ((link.a, link.b), (link.b, link.a))
    }
    return PricedNetwork(network.name, network.nodes, network.links, network.comm_limit, paid)


def _whole(ratio: float) -> int:
    return min(DEAREST, max(1, round(SCALE * ratio)))


def _time_ns(network: Network, link: Link) -> float:
    """A pair's share of the time in which a link makes pairs, and a message there and back."""
    made = link.pair_time_ns / max(1, link.physics.channels)
    return made + link.latency_from(link.a) + link.latency_from(link.b)


def _loss(network: Network, link: Link) -> float:
    """Minus the logarithm of the fidelity that a use of a pair leaves: of the pair, of a gate of
    two qubits at each end, and of a measurement at each."""
    loss = -log(max(link.pair_state[0], 1e-12))
    for node in (network.nodes[link.a], network.nodes[link.b]):
        loss -= log(max(node.gate_fidelity, 1e-12))
        loss -= log(max(node.physics.readout_fidelity, 1e-12))
    return loss


def _cheapest_from(start: int, network: PricedNetwork) -> tuple[list[int], list[int], list[int]]:
    """Links, last node but one and price of the routes from a node."""
    n, comm = len(network.nodes), network.free_comm
    hops, before, price = [-1] * n, [-1] * n, [-1] * n
    waiting = [(0, 0, start, -1)]
    while waiting:
        paid, links, here, came = heappop(waiting)
        if price[here] >= 0:
            continue
        hops[here], before[here], price[here] = links, came, paid
        if here == start or comm[here] >= 2:
            for there in network.neighbours[here]:
                if price[there] < 0:
                    heappush(waiting, (paid + network.paid[here, there], links + 1, there, here))
    return hops, before, price
