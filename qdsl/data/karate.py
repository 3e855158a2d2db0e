"""Zachary's karate club, and a graph network of one hop on it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

NODES = 34


def karate(seed: int) -> tuple[Floats, Floats]:
    """Zachary's karate club (J. Anthropol. Res. 33, 452): the normalised adjacency float[34, 34]
    of the graph with loops, and features float[34, 3]: degree, club, and a random one."""
    import networkx as nx

    graph = nx.karate_club_graph()
    loops = nx.to_numpy_array(graph, weight=None) + np.eye(len(graph))
    degrees = loops.sum(axis=0)
    club = [1.0 if graph.nodes[k]["club"] == "Mr. Hi" else -1.0 for k in graph]
    noise = np.random.default_rng(seed).normal(size=len(graph))
    features = np.stack([degrees / degrees.max(), np.array(club), noise], axis=1)
    return loops / np.sqrt(np.outer(degrees, degrees)), features


def one_hop(nodes: int, features: int, seed: int) -> tuple[dict[str, Floats], float]:
    """X, A, W, and M = (A A) (x) (W W^T), for a model of so many nodes, the last ones empty, and
    one to three features; and the network's output, the sum of the squares of A X W."""
    adjacency, columns = karate(seed)
    x, a = np.zeros((nodes, features)), np.zeros((nodes, nodes))
    x[:NODES] = columns[:, :features]
    a[:NODES, :NODES] = adjacency
    w = np.random.default_rng((seed, NODES)).normal(size=(features, features))
    m = np.kron(a @ a, w @ w.T).astype(np.float64)
    arrays: dict[str, Floats] = {"X": x, "A": a, "W": w, "M": m}
    return arrays, float(((a @ x @ w) ** 2).sum())
