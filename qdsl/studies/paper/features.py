"""What the network sees of a graph: the features of every node, mixed over hops."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from qdsl.records import dataclass
from qdsl.studies.paper.datasets.sets import Floats, GraphSet, Ints, NodeSet, one_hot

MAX_DEGREE = 40  # of a one-hot degree; more is counted as that


@dataclass(frozen=True, slots=True, eq=False)
class FeatureRows:
    """Items made of rows of features: item `item[p]` has row `row[p]` of x float[rows, D]
    `count[p]` times. Nodes that see the same are one row."""

    x: Floats
    item: Ints
    row: Ints
    count: Floats
    items: int

    @classmethod
    def single(cls, x: Floats) -> FeatureRows:
        """Every row an item of its own."""
        each = np.arange(len(x))
        return cls(x, each, each, np.ones(len(x)), len(x))

    @classmethod
    def grouped(cls, x: Floats, item: Ints, items: int) -> FeatureRows:
        """Row r belongs to item[r]."""
        whole = np.ascontiguousarray(x).view(np.dtype((np.void, x.itemsize * x.shape[1])))
        _, first, inverse = np.unique(whole, return_index=True, return_inverse=True)
        distinct = x[first]
        key = item * len(distinct) + inverse.reshape(-1)
        pairs, counts = np.unique(key, return_counts=True)
        item, row = np.divmod(pairs, len(distinct))
        return cls(distinct, item, row, counts.astype(np.float64), items)

    def of(self, item: int) -> Floats:
        """All rows of one item, each as often as it occurs."""
        mine = self.item == item
        return np.repeat(self.x[self.row[mine]], self.count[mine].astype(int), axis=0)


def mixed(x: Floats, edges: Ints, hops: int, *, normalises: bool) -> Floats:
    """[X, A X, .., A**hops X], float[nodes, (hops + 1) f], with A the adjacency, or the normalised
    one of the graph with loops: D**-1/2 (A + 1) D**-1/2."""
    parts = [x]
    for _ in range(hops):
        parts.append(spread(parts[-1], edges, normalises=normalises))
    return np.concatenate(parts, axis=1)


def spread(x: Floats, edges: Ints, *, normalises: bool) -> Floats:
    """A X."""
    from scipy.sparse import csr_matrix

    nodes = len(x)
    a, b = edges.T
    weight = np.ones(len(edges))
    own = np.zeros(nodes)
    if normalises:
        degrees = np.bincount(edges.reshape(-1), minlength=nodes) + 1.0
        weight, own = 1 / np.sqrt(degrees[a] * degrees[b]), 1 / degrees
    each = np.arange(nodes)
    entries = (
        np.concatenate([weight, weight, own]),
        (np.concatenate([a, b, each]), np.concatenate([b, a, each])),
    )
    found: Floats = csr_matrix(entries, (nodes, nodes)) @ x
    return found


def node_features(data: NodeSet, hops: int) -> Floats:
    """Rows of features divided by their sums, as usual for bags of words, and mixed."""
    totals = np.abs(data.features).sum(axis=1, keepdims=True)
    return mixed(data.features / np.maximum(totals, 1.0), data.edges, hops, normalises=True)


def graph_rows(data: GraphSet, hops: int) -> FeatureRows:
    """Sums over neighbours, as GIN takes them, of tags; of degrees where nodes have no tags."""
    x = data.features
    if not x.shape[1]:
        degrees = np.bincount(data.edges.reshape(-1), minlength=len(x))
        x = one_hot(np.minimum(degrees, MAX_DEGREE).astype(np.int64))
    rows = mixed(x, data.edges, hops, normalises=False)
    found = FeatureRows.grouped(rows, data.graph_of, len(data.labels))
    return replace(found, x=found.x / (found.x.std(axis=0) + 1e-6))
