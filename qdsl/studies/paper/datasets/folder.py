"""The data sets of a folder, whatever format each has."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from qdsl.diagnostics.request_error import Refused
from qdsl.studies.paper.datasets import archive, dgl, ogb, planetoid, tu
from qdsl.studies.paper.datasets.sets import DataSet, checked

Reader = Callable[[], DataSet]

# Names of one set in different collections.
SAME = {"ptc_mr": "ptc", "imdb-binary": "imdbbinary", "imdb-multi": "imdbmulti"}


def data_sets(folder: Path) -> dict[str, Reader]:
    """Readers by name in small letters, of the folder itself and two levels below it, in the order
    of their names. A set that is there in several formats is read from the first: `.npz`, TU,
    Planetoid, DGL, OGB."""
    found: dict[str, Reader] = {}
    below = [folder, *sorted(f for f in folder.glob("*") if f.is_dir())]
    below += [f for one in below[1:] for f in sorted(one.glob("*")) if f.is_dir()]
    for place in below:
        for name, reader in _of(place).items():
            found.setdefault(SAME.get(name, name), reader)
    return dict(sorted(found.items()))


def _of(place: Path) -> dict[str, Reader]:
    archives = {
        f.stem.lower(): partial(archive.read, f)
        for f in sorted(place.glob("*.npz"))
        if archive.is_set(f)
    }
    found: dict[str, Reader] = {**archives}
    for name in tu.found_in(place):
        found.setdefault(name.lower(), partial(tu.read, place, name))
    for name in planetoid.found_in(place):
        found.setdefault(name.lower(), partial(planetoid.read, place, name))
    for name in dgl.found_in(place):
        found.setdefault(name.lower(), partial(dgl.read, place, name))
    if ogb.is_set(place):
        found.setdefault(place.name.lower(), partial(ogb.read, place))
    return found


def read_set(folder: Path, name: str) -> DataSet:
    """`Refused` if it is not there, or its numbers do not fit together."""
    there = data_sets(folder)
    if name not in there:
        listed = ", ".join(there) or "none"
        raise Refused(f"there is no data set '{name}' in '{folder}'; there are: {listed}")
    return checked(there[name]())
