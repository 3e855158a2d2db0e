"""The text format of the TU collection (Morris et al., arXiv 2007.08663): `DS_A.txt`,
`DS_graph_indicator.txt`, `DS_graph_labels.txt` and, where nodes have them, `DS_node_labels.txt`."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from qdsl.studies.paper.datasets.sets import GraphSet, counted, each_once, one_hot
from qdsl.studies.paper.datasets.tables import integers, present

ENDING = "_graph_indicator.txt"


def found_in(folder: Path) -> list[str]:
    """Names DS of the sets whose files lie in this folder itself."""
    return sorted(f.name.removesuffix(ENDING) for f in folder.glob(f"*{ENDING}"))


def read(folder: Path, name: str) -> GraphSet:
    """Node labels become one-hot features; attributes are not read, as GIN does not read them."""

    def file(what: str) -> Path:
        return folder / f"{name}_{what}.txt"

    graph_of = integers(file("graph_indicator")).reshape(-1) - 1
    has_tags = present(file("node_labels")) is not None
    tags = integers(file("node_labels")) if has_tags else np.zeros(len(graph_of), np.int64)
    return GraphSet(
        name.lower(),
        one_hot(tags),
        each_once(integers(file("A")) - 1),
        graph_of,
        counted(integers(file("graph_labels")).reshape(-1)),
    )
