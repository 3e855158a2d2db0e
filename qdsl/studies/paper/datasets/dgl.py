"""Node sets as DGL's archives have them (Reddit of Hamilton, Ying and Leskovec, NeurIPS 2017):
`NAME_data.npz` with arrays `feature`, `label` and `node_types`, and `NAME_graph.npz`, a sparse
matrix saved by SciPy. Arrays of numbers and text only: nothing is unpickled."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from qdsl.diagnostics.request_error import Refused
from qdsl.studies.paper.datasets.sets import Ints, NodeSet, each_once

ENDING = "_data.npz"
PARTS = {"training": 1, "validation": 2, "test": 3}  # node_types
FORMATS = {"coo": ("row", "col"), "csr": ("indptr", "indices"), "csc": ("indptr", "indices")}
Arrays = dict[str, npt.NDArray[Any]]


def found_in(folder: Path) -> list[str]:
    """Names of the sets whose two archives lie in this folder itself."""
    names = (f.name.removesuffix(ENDING) for f in folder.glob(f"*{ENDING}"))
    return sorted(name for name in names if (folder / f"{name}_graph.npz").is_file())


def read(folder: Path, name: str) -> NodeSet:
    """`Refused` if an array is missing, is none of numbers, or does not fit the others."""
    data = _arrays(folder / f"{name}{ENDING}", ("feature", "label", "node_types"))
    features, labels, kinds = (data[key] for key in ("feature", "label", "node_types"))
    for key in data:
        if data[key].dtype.kind not in "biuf":
            raise Refused(f"'{name}{ENDING}': '{key}' holds something else than numbers")
    if features.ndim != 2 or labels.shape != kinds.shape or labels.shape != (len(features),):
        raise Refused(
            f"'{name}{ENDING}': 'feature' {features.shape}, 'label' {labels.shape} and "
            f"'node_types' {kinds.shape} do not fit together"
        )
    split = []
    for part, kind in PARTS.items():
        split.append(np.flatnonzero(kinds == kind))
        if not len(split[-1]):
            raise Refused(f"'{name}{ENDING}': no node has node_types {kind}, which is {part}")
    train, validate, test = split
    edges = _edges(folder / f"{name}_graph.npz", len(features))
    whole = labels.astype(np.int64)
    return NodeSet(
        name.lower(), np.asarray(features, np.float64), edges, whole, train, validate, test
    )


def _edges(path: Path, nodes: int) -> Ints:
    """Where the sparse matrix has entries, as edges."""
    kind = str(_text(path))
    wanted = FORMATS.get(kind)
    if wanted is None:
        raise Refused(f"'{path.name}' is a sparse matrix of format '{kind}', not coo, csr or csc")
    found = _arrays(path, (*wanted, "shape"))
    shape = found["shape"].reshape(-1).tolist()
    if shape != [nodes, nodes]:
        raise Refused(f"'{path.name}' has a matrix of shape {shape}, and there are {nodes} nodes")
    first, second = (_whole(path, key, found[key]) for key in wanted)
    if kind != "coo":
        counts = np.diff(first)
        if len(counts) != nodes or (counts < 0).any() or counts.sum() != len(second):
            raise Refused(f"'{path.name}': its indptr does not fit its indices")
        first = np.repeat(np.arange(nodes), counts)
    if len(first) != len(second):
        raise Refused(f"'{path.name}' has {len(first)} rows and {len(second)} columns of entries")
    return each_once(np.stack([first, second], axis=1))


def _text(path: Path) -> str:
    """The format that the archive names, as bytes or as text."""
    found = _arrays(path, ("format",))["format"].reshape(-1)
    if found.dtype.kind not in "SU" or len(found) != 1:
        raise Refused(f"'{path.name}': 'format' is no name of a format")
    value = found[0]
    return value.decode("ascii", "replace") if isinstance(value, bytes) else str(value)


def _whole(path: Path, key: str, values: npt.NDArray[Any]) -> Ints:
    if values.dtype.kind not in "iu" or values.ndim != 1:
        raise Refused(f"'{path.name}': '{key}' holds something else than integers")
    return values.astype(np.int64)


def _arrays(path: Path, names: tuple[str, ...]) -> Arrays:
    try:
        with np.load(path, allow_pickle=False) as archive:
            missing = [name for name in names if name not in archive.files]
            if missing:
                there = ", ".join(archive.files) or "none"
                raise Refused(f"'{path.name}' has no array '{missing[0]}'; there are: {there}")
            return {name: archive[name] for name in names}
    except Refused:
        raise
    except (OSError, ValueError, EOFError, TypeError, AttributeError, zipfile.BadZipFile) as error:
        raise Refused(f"'{path.name}' cannot be read as an .npz of numbers: {error}") from None
