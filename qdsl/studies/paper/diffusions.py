"""What SIGN sees of a graph: powers of several diffusions of its nodes' labels (Frasca et al.,
arXiv 2004.11198), as the paper's authors take them for whole graphs.

All of it is input: the networks on top of it are degree-2 polynomials of these numbers.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.sparse import csr_matrix, diags_array, eye_array

from qdsl.records import dataclass
from qdsl.studies.paper.datasets.sets import Floats, GraphSet, Ints, counted, one_hot

TELEPORT = 0.15  # of personalised PageRank (Gasteiger et al., ICLR 2019: 0.1 to 0.2)
PAGERANK_TERMS = 30
MAX_DEGREE = 40  # of a degree as a label; more is counted as that
MOST_KINDS = 200  # of neighbourhoods as labels; the rarest are one kind
LABELS = ("tags", "degrees", "tags+degrees", "tags*degrees", "structure", "neighbours")
Diffusion = Callable[[Floats], Floats]


@dataclass(frozen=True, slots=True)
class Hops:
    """How often each diffusion is applied: the adjacency with loops, normalised as a GCN does;
    personalised PageRank; the adjacency; the random walk."""

    gcn: int = 0
    ppr: int = 0
    raw: int = 0
    walk: int = 0

    def __str__(self) -> str:
        return f"{self.gcn}/{self.ppr}/{self.raw}/{self.walk}"


def in_order(data: GraphSet) -> GraphSet:
    """The same set, its nodes in the order of their graphs."""
    order = np.argsort(data.graph_of, kind="stable")
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    edges = place[data.edges]
    return GraphSet(data.name, data.features[order], edges, data.graph_of[order], data.labels)


def branches(data: GraphSet, labels: str, hops: Hops) -> Floats:
    """float[1 + all hops, nodes, f]: the labels, and powers of every diffusion of them."""
    x = node_labels(data, labels)
    found = [x]
    for name, diffuse in _diffusions(data).items():
        spread = x
        for _ in range(getattr(hops, name)):
            spread = diffuse(spread)
            found.append(spread)
    return np.stack(found)


def _diffusions(data: GraphSet) -> dict[str, Diffusion]:
    adjacency = neighbours(data)
    degrees = np.asarray(adjacency.sum(axis=1)).reshape(-1)
    root = diags_array(1 / np.sqrt(degrees + 1))
    gcn = (root @ (adjacency + eye_array(len(degrees))) @ root).tocsr()
    walk = (diags_array(1 / np.maximum(degrees, 1)) @ adjacency).tocsr()

    def pagerank(x: Floats) -> Floats:
        found = x
        for _ in range(PAGERANK_TERMS):
            found = (1 - TELEPORT) * (gcn @ found) + TELEPORT * x
        return found

    return {
        "gcn": lambda x: gcn @ x,
        "ppr": pagerank,
        "raw": lambda x: adjacency @ x,
        "walk": lambda x: walk @ x,
    }


def neighbours(data: GraphSet) -> csr_matrix:
    """The adjacency of all graphs, float[nodes, nodes], sparse."""
    nodes = len(data.features)
    a, b = data.edges.T
    entries = np.ones(2 * len(a)), (np.concatenate([a, b]), np.concatenate([b, a]))
    return csr_matrix(entries, (nodes, nodes))


# ---- labels ----------------------------------------------------------------------------


def node_labels(data: GraphSet, kind: str) -> Floats:
    """float[nodes, f], one of `LABELS`. Where nodes have no tags, every one has the same."""
    tags = data.features if data.features.shape[1] else np.ones((len(data.features), 1))
    if kind == "tags":
        return tags
    adjacency = neighbours(data)
    degrees = np.asarray(adjacency.sum(axis=1)).reshape(-1)
    as_label = np.minimum(degrees, MAX_DEGREE).astype(np.int64)
    if kind == "structure":
        return np.concatenate([tags, _structure(adjacency, degrees)], axis=1)
    if kind == "neighbours":
        return one_hot(_neighbourhoods(tags, adjacency))
    if kind == "tags*degrees":
        return one_hot(counted(tags.argmax(axis=1) * (MAX_DEGREE + 1) + as_label))
    degree = one_hot(as_label)
    return degree if kind == "degrees" else np.concatenate([tags, degree], axis=1)


def _structure(adjacency: csr_matrix, degrees: Floats) -> Floats:
    """A constant, the logarithms of degree and triangles, and the clustering coefficient."""
    triangles = np.asarray((adjacency @ adjacency).multiply(adjacency).sum(axis=1)).reshape(-1) / 2
    pairs = np.maximum(degrees * (degrees - 1) / 2, 1)
    return np.stack(
        [np.ones(len(degrees)), np.log1p(degrees), np.log1p(triangles), triangles / pairs], axis=1
    )


def _neighbourhoods(tags: Floats, adjacency: csr_matrix) -> Ints:
    """Which tags a node and its neighbours have, as a number: a round of Weisfeiler and Leman."""
    seen = np.concatenate([tags.argmax(axis=1)[:, None], adjacency @ tags], axis=1)
    kinds = np.unique(seen.astype(np.int64), axis=0, return_inverse=True)[1].reshape(-1)
    often = np.argsort(-np.bincount(kinds), kind="stable")[:MOST_KINDS]
    found = np.full(kinds.max() + 1, MOST_KINDS)
    found[often] = np.arange(len(often))
    return counted(found[kinds])
