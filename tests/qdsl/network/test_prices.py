"""Routes of least price, and trees of them."""

from __future__ import annotations

from itertools import combinations, pairwise, permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qdsl.network.models import LinkModel
from qdsl.network.network import Link, Network, Node, topology
from qdsl.network.prices import DEAREST, SCALE, PricedNetwork, priced, with_prices
from qdsl.passes.partition.refine import tree_cost

QUICK = settings(max_examples=60, deadline=None, derandomize=True)


@st.composite
def networks(draw: st.DrawFn, least_comm: int = 0) -> PricedNetwork | Network:
    n = draw(st.integers(3, 5))
    pairs = draw(
        st.lists(st.sampled_from(list(combinations(range(n), 2))), min_size=n, unique=True)
    )
    nodes = [Node(f"n{k}", 2, draw(st.integers(least_comm, 3))) for k in range(n)]
    links = tuple(Link(a, b) for a, b in pairs)
    worth = [float(draw(st.sampled_from((1, 2, 3, 7, 50)))) for _ in links]
    return with_prices(Network("drawn", tuple(nodes), links), worth)


def price_of(network: Network, way: tuple[int, ...]) -> int | None:
    """Of a way, None if there is none."""
    if any(network.nodes[v].comm < 2 for v in way[1:-1]):
        return None
    links = [network.link_between.get(pair) for pair in pairwise(way)]
    if any(link is None for link in links):
        return None
    return sum(price(network, *pair) for pair in pairwise(way))


def price(network: Network, a: int, b: int) -> int:
    return network.paid[a, b] if isinstance(network, PricedNetwork) else 1


def all_ways(network: Network, a: int, b: int) -> list[int]:
    others = [v for v in range(len(network.nodes)) if v not in (a, b)]
    ways = [(a, *inner, b) for k in range(len(others) + 1) for inner in permutations(others, k)]
    return [p for p in (price_of(network, way) for way in ways) if p is not None]


@given(networks())
@QUICK
def test_a_route_is_the_cheapest_way(network: Network) -> None:
    for a, b in permutations(range(len(network.nodes)), 2):
        ways, route = all_ways(network, a, b), network.route(a, b)
        assert (route is not None) == bool(ways)
        if route is None:
            assert network.routing.price[a][b] == network.routing.hops[a][b] == -1
            continue
        assert (route[0], route[-1]) == (a, b)
        assert network.hops(a, b) == len(route) - 1
        if isinstance(network, PricedNetwork):
            assert price_of(network, route) == min(ways) == network.routing.price[a][b]


@given(networks(least_comm=2))
@QUICK
def test_a_tree_is_the_cheapest_connected_set_of_links(network: Network) -> None:
    table, n = tree_cost(network).table, len(network.nodes)
    best: dict[int, int] = {0: 0, **{1 << v: 0 for v in range(n)}}
    for k in range(1, n):
        for links in combinations(network.links, k):
            reached = {links[0].a}
            for _ in links:
                reached |= {v for x in links if {x.a, x.b} & reached for v in (x.a, x.b)}
            if reached != {v for x in links for v in (x.a, x.b)}:
                continue
            paid = sum(price(network, x.a, x.b) for x in links)
            joined = [sum(1 << v for v in some) for r in range(len(reached) + 1)
                      for some in combinations(sorted(reached), r)]  # fmt: skip
            for mask in joined:
                best[mask] = min(best.get(mask, paid), paid)
    for mask, paid in best.items():
        assert table[mask] == paid


def test_times_and_losses_are_prices() -> None:
    nodes = tuple(Node(f"n{k}", 2, 2) for k in range(3))
    links = (
        Link(0, 1, 0.99, 1000.0),
        Link(1, 2, 0.99, 500.0, model=LinkModel(channels=2)),
        Link(0, 2, 0.98, 100.0, 5_000_000),
    )
    network = Network("three", nodes, links)
    time, loss = priced(network, "makespan"), priced(network, "fidelity")
    assert isinstance(time, PricedNetwork) and isinstance(loss, PricedNetwork)
    assert [time.paid[x.a, x.b] for x in links] == [SCALE, SCALE, 20 * SCALE]
    assert [loss.paid[x.a, x.b] for x in links] == [SCALE, SCALE, 2 * SCALE]
    assert time.route(0, 2) == (0, 1, 2)
    assert time.message_time_ns(0, 2) == 5_000_000  # as without prices
    assert priced(network, "ebits") is priced(network, "comm") is network


@pytest.mark.parametrize("objective", ["makespan", "fidelity"])
def test_where_all_links_are_alike_there_are_no_prices(objective: str) -> None:
    network = topology("ring", (4,), Node("n", 1), Link(0, 1, 0.9, 10.0))
    assert priced(network, objective) is network  # type: ignore[arg-type]


def test_a_price_has_an_end() -> None:
    nodes = tuple(Node(f"n{k}", 2, 2) for k in range(3))
    network = Network("two", nodes, (Link(0, 1, 1.0, 1e9), Link(1, 2, 1.0, 1.0)))
    found = priced(network, "makespan")
    assert isinstance(found, PricedNetwork)
    assert found.paid[1, 2] == DEAREST
