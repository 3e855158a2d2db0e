"""The raw files of the Open Graph Benchmark (Hu et al., NeurIPS 2020): comma-separated tables in
`raw/`, gzipped or not, and the official split in `split/KIND/`."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from qdsl.diagnostics.request_error import Refused
from qdsl.studies.paper.datasets.sets import (
    DataSet,
    Floats,
    GraphSet,
    NodeSet,
    counted,
    each_once,
    one_hot,
)
from qdsl.studies.paper.datasets.tables import integers, numbers, present


def is_set(folder: Path) -> bool:
    return present(folder / "raw" / "edge.csv") is not None


def read(folder: Path) -> DataSet:
    """A set of nodes where `raw/node-label.csv` is, else one of graphs."""
    if present(folder / "raw" / "node-label.csv") is not None:
        return _nodes(folder)
    return _graphs(folder)


def _nodes(folder: Path) -> NodeSet:
    features = numbers(folder / "raw" / "node-feat.csv")
    labels = integers(folder / "raw" / "node-label.csv")
    if labels.shape[1] != 1:
        raise Refused(f"'{folder.name}' has {labels.shape[1]} labels a node, and one is wanted")
    splits = [f for f in sorted(folder.glob("split/*")) if present(f / "train.csv") is not None]
    if len(splits) != 1:
        raise Refused(f"'{folder.name}' needs one split/KIND/train.csv, and has {len(splits)}")
    train, validate, test = (
        integers(splits[0] / f"{part}.csv").reshape(-1) for part in ("train", "valid", "test")
    )
    edges = each_once(integers(folder / "raw" / "edge.csv"))
    return NodeSet(folder.name, features, edges, labels[:, 0], train, validate, test)


def _graphs(folder: Path) -> GraphSet:
    labels = numbers(folder / "raw" / "graph-label.csv")
    if labels.shape[1] != 1:
        raise Refused(f"'{folder.name}' has {labels.shape[1]} labels a graph, and one is wanted")
    nodes = integers(folder / "raw" / "num-node-list.csv").reshape(-1)
    links = integers(folder / "raw" / "num-edge-list.csv").reshape(-1)
    edges = integers(folder / "raw" / "edge.csv")
    if links.sum() != len(edges) or len(links) != len(nodes) or len(nodes) != len(labels):
        raise Refused(f"'{folder.name}': the lists of graphs, nodes and edges differ in length")
    first = np.cumsum(nodes) - nodes
    graph_of = np.repeat(np.arange(len(nodes)), nodes)
    return GraphSet(
        folder.name,
        _features(folder, len(graph_of)),
        each_once(edges + np.repeat(first, links)[:, None]),
        graph_of,
        counted(labels[:, 0].astype(np.int64)),
    )


def _features(folder: Path, nodes: int) -> Floats:
    """Kinds become one-hot columns, as for atoms; other numbers stay."""
    file = folder / "raw" / "node-feat.csv"
    if present(file) is None:
        return np.zeros((nodes, 0))
    found = numbers(file)
    return one_hot(found.astype(np.int64)) if (found == np.round(found)).all() else found
