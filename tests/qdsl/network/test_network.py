"""Routes: fewest hops, then fidelity, then time, then latency, then names."""

from __future__ import annotations

import itertools
from dataclasses import replace
from math import prod

from hypothesis import given
from hypothesis import strategies as st

from qdsl.network.network import Link, Network, Node

FIDELITIES, RATES = (1.0, 0.99, 0.9), (None, 1000.0, 100.0)


def square(first: Link, second: Link) -> Network:
    """a -- b -- c over links like the first, and a -- d -- c over links like the second."""
    nodes = tuple(Node(name, 1) for name in "abcd")
    links = [(0, 1, first), (1, 2, first), (0, 3, second), (2, 3, second)]
    return Network("square", nodes, tuple(replace(x, a=a, b=b) for a, b, x in links))


def test_route_of_equal_hops_takes_the_better_links() -> None:
    poor, good = Link(0, 0, 0.9, 100.0), Link(0, 0, 0.99, 1000.0)
    assert square(poor, good).route(0, 2) == (0, 3, 2)
    assert square(good, poor).route(0, 2) == (0, 1, 2)


def test_route_of_equal_fidelity_takes_the_faster_links() -> None:
    slow, fast = Link(0, 0, 0.9, 100.0), Link(0, 0, 0.9, 1000.0)
    assert square(slow, fast).route(0, 2) == (0, 3, 2)
    assert square(fast, fast).route(0, 2) == (0, 1, 2)


def test_route_of_equal_time_takes_the_links_of_less_latency() -> None:
    far, near = Link(0, 0, 0.9, 100.0, 5000), Link(0, 0, 0.9, 100.0, 20)
    assert square(far, near).route(0, 2) == (0, 3, 2)
    assert square(near, far).route(0, 2) == (0, 1, 2)
    slower = Link(0, 0, 0.9, 99.0, 20)
    assert square(far, slower).route(0, 2) == (0, 1, 2)


networks = st.builds(
    lambda comm, links: Network(
        "drawn",
        tuple(Node(f"n{i}", 1, c) for i, c in enumerate(comm)),
        tuple(
            Link(a, b, FIDELITIES[f], RATES[r])
            for (a, b), (is_there, f, r) in zip(
                itertools.combinations(range(6), 2), links, strict=True
            )
            if is_there
        ),
    ),
    st.lists(st.sampled_from((1, 2)), min_size=6, max_size=6),
    st.lists(
        st.tuples(st.booleans(), st.integers(0, 2), st.integers(0, 2)), min_size=15, max_size=15
    ),
)


@given(networks)
def test_no_path_is_better_than_the_route(network: Network) -> None:
    for a, b in itertools.permutations(range(6), 2):
        paths = [
            (a, *inner, b)
            for n in range(5)
            for inner in itertools.permutations(set(range(6)) - {a, b}, n)
            if all(network.nodes[v].comm >= 2 for v in inner)
        ]
        prices = {p: price(network, p) for p in paths if is_path(network, p)}
        route = network.route(a, b)
        assert (route is None) == (not prices)
        assert route is None or prices[route] == min(prices.values())


def is_path(network: Network, path: tuple[int, ...]) -> bool:
    return all(pair in network.link_between for pair in itertools.pairwise(path))


def price(network: Network, path: tuple[int, ...]) -> tuple[int, float, int]:
    links = [network.link_between[pair] for pair in itertools.pairwise(path)]
    fidelity = round(prod(link.fidelity for link in links), 10)
    return len(links), -fidelity, sum(link.pair_time_ns for link in links)
