"""Graphs as few rows of numbers, and batches of them.

A degree-2 polynomial of the features, summed over the nodes of a graph, depends on nothing but the
sums of x_i x_j over its nodes, x = (features, 1): on X'X, X being a matrix with a row for every
node. Any R with R'R = X'X does as well. The rows of the smallest, from the singular values of X,
are as many as its rank: no more than nodes, than features + 1, and than nodes that differ, so R is
never more numbers than X, or than the (f + 1)**2 sums themselves. Counted for the settings of
`authors_graphs`, as numbers a graph and branch, rows taken where all branches have enough:

    set          f    nodes   X     X'X    rows   R
    mutag        7    18      143   64     4.1    33
    ptc          19   26      511   400    4.7    94
    nci1         37   30      1135  1444   4.3    164
    proteins     3    39      156   16     3.0    12
    imdbbinary   40   20      811   1681   4.3    175
    imdbmulti    40   13      533   1681   2.5    100
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from qdsl.records import dataclass
from qdsl.studies.paper.datasets.sets import Floats, Ints

SMALLEST = 1e-6  # singular value that is kept, of the largest: 1e-12 of sums of squares


@dataclass(frozen=True, slots=True, eq=False)
class BranchRows:
    """Of each graph and branch a matrix R whose R'R are the sums over the graph's nodes of x_i x_j,
    x = (features, 1): rows float[branches, rows, f + 1], of graphs int[rows] in order. Features
    were divided by scale float[branches], the root of their mean square."""

    rows: npt.NDArray[np.float32]
    graph_of: Ints
    scale: Floats

    @classmethod
    def of(cls, branches: Floats, graph_of: Ints) -> BranchRows:
        """Of features float[branches, nodes, f], nodes in the order of their graphs."""
        nodes = cls.of_nodes(branches, graph_of)
        ends = np.cumsum(np.bincount(graph_of))[:-1]
        scaled = branches / nodes.scale[:, None, None]
        found = [_fewest(own) for own in np.split(scaled, ends, axis=1)]
        rows = np.concatenate(found, axis=1)
        graph_of = np.repeat(np.arange(len(found)), [one.shape[1] for one in found])
        return cls(rows, graph_of, nodes.scale)

    @classmethod
    def of_nodes(cls, branches: Floats, graph_of: Ints) -> BranchRows:
        """The same with a row for every node: x itself."""
        scale = np.sqrt((branches**2).mean(axis=(1, 2)))
        return cls(_with_one(branches / scale[:, None, None]), graph_of, scale)

    @property
    def graphs(self) -> int:
        return int(self.graph_of[-1]) + 1

    @property
    def nodes(self) -> float:
        """Of a graph, on average."""
        return float((self.rows[0, :, -1].astype(np.float64) ** 2).sum()) / self.graphs


def _with_one(x: Floats) -> npt.NDArray[np.float32]:
    return np.concatenate([x, np.ones((*x.shape[:2], 1))], axis=2).astype(np.float32)


def _fewest(x: Floats) -> npt.NDArray[np.float32]:
    """float[branches, rank, f + 1] of one graph's float[branches, n, f]."""
    whole = np.concatenate([x, np.ones((*x.shape[:2], 1))], axis=2)
    _, values, right = np.linalg.svd(whole, full_matrices=False)
    rank = int((values > SMALLEST * values[:, :1]).sum(axis=1).max())
    found: npt.NDArray[np.float32] = (values[:, :rank, None] * right[:, :rank]).astype(np.float32)
    return found


class GraphBatches(NamedTuple):
    """Of one epoch: graphs int[batches, size]; there float, 0 where a place has none; rows
    int[batches, most] of these graphs, as many as there are rows in all where there is none; the
    places int[batches, most] in the batch that they belong to, in order."""

    graphs: Ints
    there: npt.NDArray[np.float32]
    rows: Ints
    places: Ints


def drawn_batches(data: BranchRows, size: int, epochs: int, seed: int) -> list[GraphBatches]:
    """Every graph once in every epoch, in a new order. All arrays of all epochs have one shape."""
    size = min(size, data.graphs)
    rng = np.random.default_rng((seed, data.graphs, size))
    count = -(-data.graphs // size)
    whole = np.full((epochs, count * size), -1)
    for order in whole:
        order[: data.graphs] = rng.permutation(data.graphs)
    orders = whole.reshape(epochs, count, size)
    heights = np.append(np.bincount(data.graph_of), 0)  # of -1: none
    most = int(heights[orders].sum(axis=2).max())
    return [_batches(order, heights, most) for order in orders]


def _batches(order: Ints, heights: Ints, most: int) -> GraphBatches:
    begins = np.append(0, np.cumsum(heights[:-1]))
    rows = np.full((len(order), most), heights.sum())
    places = np.full((len(order), most), order.shape[1] - 1)
    for k, graphs in enumerate(order):
        own = heights[graphs]
        place = np.repeat(np.arange(len(graphs)), own)
        within = np.arange(len(place)) - np.repeat(np.cumsum(own) - own, own)
        rows[k, : len(place)] = begins[graphs][place] + within
        places[k, : len(place)] = place
    there = (order >= 0).astype(np.float32)
    return GraphBatches(np.maximum(order, 0), there, rows, places)
