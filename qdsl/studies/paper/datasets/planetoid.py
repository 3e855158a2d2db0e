"""The raw files of Planetoid (Yang, Cohen, Salakhutdinov, ICML 2016): `ind.NAME.x`, `.tx`, `.allx`,
`.y`, `.ty`, `.ally`, `.graph`, which are pickles and are read as data only, and `.test.index`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from qdsl.diagnostics.request_error import Refused
from qdsl.studies.paper.datasets.inert import Made, matrix, read_pickle
from qdsl.studies.paper.datasets.sets import Floats, Ints, NodeSet, each_once
from qdsl.studies.paper.datasets.tables import integers

T = TypeVar("T")

MAX_BYTES = 1 << 28
VALIDATION = 500


def found_in(folder: Path) -> list[str]:
    return sorted(f.name.split(".")[1] for f in folder.glob("ind.*.allx"))


def read(folder: Path, name: str) -> NodeSet:
    """The public split: the labelled nodes, the next 500, and those of `test.index`."""
    x, tx, allx, y, ty, ally = (
        _content(folder, name, part, matrix) for part in ("x", "tx", "allx", "y", "ty", "ally")
    )
    test = integers(folder / f"ind.{name}.test.index").reshape(-1)
    nodes = int(test.max()) + 1
    if len(test) != len(tx) or len(tx) != len(ty) or len(allx) != len(ally) or len(x) != len(y):
        raise Refused(f"'{name}': the files of Planetoid do not fit together")
    labelled = len(y)
    return NodeSet(
        name,
        _stacked(allx, tx, test, nodes),
        _content(folder, name, "graph", _edges),
        _classes(_stacked(ally, ty, test, nodes)),
        np.arange(labelled),
        np.arange(labelled, min(labelled + VALIDATION, len(ally))),
        np.sort(test),
    )


def _content(folder: Path, name: str, part: str, made: Callable[[Any], T]) -> T:
    file = folder / f"ind.{name}.{part}"
    try:
        if file.stat().st_size > MAX_BYTES:
            raise Refused(f"'{file.name}' is larger than 256 MiB")
        return made(read_pickle(file.read_bytes()))
    except OSError as error:
        raise Refused(f"'{file.name}' cannot be read: {error.strerror}") from None
    except Refused as refused:
        raise Refused(f"'{file.name}' cannot be read: {refused}") from None


def _stacked(known: Floats, tested: Floats, test: Ints, nodes: int) -> Floats:
    """Rows at their nodes' numbers; nodes that no file has (some of Citeseer's) have zeros."""
    found = np.zeros((max(nodes, len(known)), known.shape[1]))
    found[: len(known)] = known
    found[test] = tested
    return found


def _classes(shares: Floats) -> Ints:
    labels: Ints = shares.argmax(axis=1).astype(np.int64)
    labels[shares.max(axis=1) <= 0] = -1
    return labels


def _edges(graph: Any) -> Ints:
    pairs = graph.items if isinstance(graph, Made) else list(graph.items())
    try:
        flat = [(int(a), int(b)) for a, neighbours in pairs for b in neighbours]
    except (TypeError, ValueError):
        raise Refused("its graph is no list of neighbours for every node") from None
    return each_once(np.array(flat, np.int64))
