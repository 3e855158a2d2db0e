"""Sets of nodes or graphs in one `.npz` of plain arrays."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from qdsl.data.files import read_archive
from qdsl.diagnostics.request_error import Refused
from qdsl.studies.paper.datasets.sets import DataSet, Floats, GraphSet, Ints, NodeSet, one_hot

NODE_ARRAYS = {"shape", "feature_row", "feature_col", "feature_val", "edges", "labels",
               "train_index", "val_index", "test_index"}  # fmt: skip
GRAPH_ARRAYS = {"graph_offsets", "graph_labels", "node_tags", "edges"}


def is_set(path: Path) -> bool:
    return _kind(path) is not None


def _kind(path: Path) -> type[DataSet] | None:
    """By the names of its arrays, without reading them."""
    try:
        with np.load(path, allow_pickle=False) as arrays:
            names = set(arrays.files)
    except (OSError, ValueError, EOFError):
        return None
    return NodeSet if names >= NODE_ARRAYS else GraphSet if names >= GRAPH_ARRAYS else None


def read(path: Path) -> DataSet:
    kind = _kind(path)
    if kind is None:
        wanted = ", ".join(sorted(GRAPH_ARRAYS))
        raise Refused(f"'{path.name}' is no data set: graphs are in arrays {wanted}")
    found = read_archive(path)
    return _nodes(path.stem, found) if kind is NodeSet else _graphs(path.stem, found)


def _nodes(name: str, found: dict[str, Floats]) -> NodeSet:
    def whole(key: str) -> Ints:
        return found[key].astype(np.int64)

    features = np.zeros(tuple(whole("shape").tolist()))
    try:
        features[whole("feature_row"), whole("feature_col")] = found["feature_val"]
    except (IndexError, ValueError) as error:
        raise Refused(f"'{name}': its features do not fit its shape: {error}") from None
    splits = (whole(f"{part}_index") for part in ("train", "val", "test"))
    return NodeSet(name, features, whole("edges").reshape(-1, 2), whole("labels"), *splits)


def _graphs(name: str, found: dict[str, Floats]) -> GraphSet:
    offsets: Ints = found["graph_offsets"].astype(np.int64)
    sizes: Ints = offsets[1:] - offsets[:-1]
    if (sizes < 0).any():
        raise Refused(f"'{name}': graph_offsets do not rise")
    return GraphSet(
        name,
        one_hot(found["node_tags"].astype(np.int64)),
        found["edges"].astype(np.int64).reshape(-1, 2),
        np.repeat(np.arange(len(sizes)), sizes),
        found["graph_labels"].astype(np.int64),
    )
