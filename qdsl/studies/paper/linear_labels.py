"""The rows that a degree-2 network sees of a graph, as a linear map of its nodes' tags: what bob
needs if the graph is his and the tags are alice's."""

from __future__ import annotations

import numpy as np

from qdsl.studies.paper.datasets.sets import Floats, GraphSet, Ints, counted
from qdsl.studies.paper.diffusions import MAX_DEGREE, Hops, branches, node_labels
from qdsl.studies.paper.ridge_networks import RowMap

LINEAR = ("tags", "tags+degrees", "tags*degrees", "structure")
OF_GRAPH = ("degrees",)  # labels that the graph alone decides


def one_graph(data: GraphSet, graph: int) -> tuple[Ints, GraphSet]:
    """The nodes of one graph, in their order, and it alone as a set."""
    nodes = np.flatnonzero(data.graph_of == graph)
    inside = np.isin(data.edges[:, 0], nodes)
    edges = np.searchsorted(nodes, data.edges[inside])
    only = GraphSet(data.name, data.features[nodes], edges, np.zeros(len(nodes), np.int64),
                    data.labels[graph : graph + 1])  # fmt: skip
    return nodes, only


def label_map(data: GraphSet, kind: str, nodes: Ints) -> tuple[Floats, Floats]:
    """Labels of these nodes, of a kind in `LINEAR`, as an affine map of their tags: label[v] = sum
    over t of tag[v, t] times the first, float[n, f, F], plus the second, float[n, F]."""
    labels = node_labels(data, kind)[nodes]
    n, f, wide = len(nodes), data.features.shape[1], labels.shape[1]
    by, fixed = np.zeros((n, f, wide)), np.zeros((n, wide))
    if kind == "tags*degrees":
        column = _columns(data)
        degrees = _degrees(data)[nodes]
        for v, degree in enumerate(degrees.tolist()):
            for t in range(f):
                if (t, degree) in column:
                    by[v, t, column[t, degree]] = 1.0
        return by, fixed
    by[:, :, :f] = np.eye(f)
    fixed[:, f:] = labels[:, f:]
    return by, fixed


def row_map(data: GraphSet, kind: str, hops: Hops, mapped: RowMap, graph: int) -> Floats:
    """The rows of a graph, float[n, d + 1], as a linear map of its tags, node by node, and a 1:
    float[n, d + 1, n f + 1]."""
    nodes, only = one_graph(data, graph)
    n, f = len(nodes), data.features.shape[1]
    eye = GraphSet(only.name, np.eye(n), only.edges, only.graph_of, only.labels)
    powers = branches(eye, "tags", hops)
    by, fixed = label_map(data, kind, nodes)
    parts = np.split(mapped.by, len(powers))  # rows of the map, branch by branch
    linear = sum(
        np.einsum("vu,utF,Fd->vdut", power, by, part, optimize=True)
        for power, part in zip(powers, parts, strict=True)
    )
    constant = sum(power @ fixed @ part for power, part in zip(powers, parts, strict=True))
    width = mapped.by.shape[1]
    found = np.zeros((n, width + 1, n * f + 1))
    found[:, :width, :-1] = np.asarray(linear).reshape(n, width, n * f)
    found[:, :width, -1] = constant
    found[:, width, -1] = 1.0
    return found


def _degrees(data: GraphSet) -> Ints:
    degrees = np.bincount(data.edges.reshape(-1), minlength=len(data.features))
    return np.minimum(degrees, MAX_DEGREE)


def _columns(data: GraphSet) -> dict[tuple[int, int], int]:
    """Of a tag and a degree that occur together, their column among the labels."""
    tag, degree = data.features.argmax(axis=1), _degrees(data)
    column = counted(tag * (MAX_DEGREE + 1) + degree)
    return dict(zip(zip(tag.tolist(), degree.tolist(), strict=True), column.tolist(), strict=True))
