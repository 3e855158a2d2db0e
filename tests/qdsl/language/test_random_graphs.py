"""Random graphs are those of networkx, edge for edge."""

from __future__ import annotations

import networkx
import pytest

from qdsl.language.values.graphs import erdos_renyi, random_regular


@pytest.mark.parametrize("seed", [0, 1, 7, 2**40])
@pytest.mark.parametrize(
    ("d", "n"), [(0, 3), (1, 2), (2, 3), (3, 8), (4, 9), (5, 6), (6, 8), (7, 40)]
)
def test_regular_graphs(d: int, n: int, seed: int) -> None:
    for k in range(20):
        theirs = networkx.random_regular_graph(d, n, seed=seed + k).edges
        assert list(random_regular(d, n, seed + k).edges) == sorted(map(tuple, map(sorted, theirs)))


@pytest.mark.parametrize("p", [0, 0.0, 0.01, 0.3, 0.5, 0.99, 1, 1.0])
@pytest.mark.parametrize("n", [1, 2, 5, 30])
def test_independent_edges(n: int, p: float) -> None:
    for seed in range(20):
        theirs = networkx.fast_gnp_random_graph(n, p, seed=seed).edges
        assert list(erdos_renyi(n, p, seed).edges) == sorted(map(tuple, map(sorted, theirs)))
