"""What a data set of nodes or of graphs holds, and the rules that one has to keep."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from qdsl.diagnostics.request_error import Refused
from qdsl.records import dataclass

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class NodeSet:
    """One graph whose nodes are classified: features float[nodes, f]; edges int[m, 2], each once;
    labels int[nodes], -1 where there is none; the nodes of a split."""

    name: str
    features: Floats
    edges: Ints
    labels: Ints
    train: Ints
    validate: Ints
    test: Ints

    @property
    def classes(self) -> int:
        return int(self.labels.max()) + 1


@dataclass(frozen=True, slots=True, eq=False)
class GraphSet:
    """Many graphs that are classified: features float[nodes, f], with f = 0 where nodes have
    none; edges int[m, 2] between nodes of all graphs, each once; graph_of int[nodes]; labels
    int[graphs]."""

    name: str
    features: Floats
    edges: Ints
    graph_of: Ints
    labels: Ints

    @property
    def classes(self) -> int:
        return int(self.labels.max()) + 1


DataSet = NodeSet | GraphSet


def checked(data: DataSet) -> DataSet:
    """The same set. `Refused` if its numbers do not fit together."""
    nodes = len(data.features)
    if isinstance(data, NodeSet):
        if len(data.labels) != nodes:
            raise Refused(f"'{data.name}' has {nodes} nodes and {len(data.labels)} labels")
        for part in (data.train, data.validate, data.test):
            _within(part, nodes, data.name, "the split", "nodes")
            if not len(part) or (data.labels[part] < 0).any():
                raise Refused(f"'{data.name}': a part of the split is empty, or has no labels")
    elif len(data.graph_of) != nodes:
        raise Refused(f"'{data.name}' has {nodes} nodes, of which {len(data.graph_of)} are placed")
    else:
        _within(data.graph_of, len(data.labels), data.name, "the graphs of nodes", "graphs")
    _within(data.edges, nodes, data.name, "edges", "nodes")
    if not len(data.labels) or data.classes < 2:
        raise Refused(f"'{data.name}' has fewer than two classes")
    if not np.isfinite(data.features).all():
        raise Refused(f"'{data.name}' has features that are no finite numbers")
    return data


def _within(numbers: Ints, size: int, name: str, what: str, of: str) -> None:
    if len(numbers) and not (numbers.min() >= 0 and numbers.max() < size):
        raise Refused(f"'{name}': {what} name {of} that are not among the {size} there are")


def each_once(edges: Ints) -> Ints:
    """Undirected edges, int[m, 2], smaller node first, loops left out."""
    ordered = np.sort(edges.reshape(-1, 2), axis=1)
    found: Ints = np.unique(ordered[ordered[:, 0] != ordered[:, 1]], axis=0)
    return found


def counted(labels: Ints) -> Ints:
    """Any labels as 0, 1, ..., in their order."""
    found: Ints = np.unique(labels, return_inverse=True)[1].reshape(-1).astype(np.int64)
    return found


def one_hot(tags: Ints) -> Floats:
    """float[nodes, kinds] of int[nodes], or of every column of int[nodes, columns] in turn.
    A column that is the same everywhere tells nothing and is left out."""
    columns = tags.reshape(len(tags), -1).T
    parts = [np.zeros((len(tags), 0))]
    for column in columns:
        kinds = counted(column)
        if kinds.max(initial=0) > 0:
            parts.append(np.eye(kinds.max() + 1)[kinds])
    return np.concatenate(parts, axis=1)
