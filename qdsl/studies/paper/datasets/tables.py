"""Tables of numbers in text files, plain or gzipped: what the TU and OGB formats are made of."""

from __future__ import annotations

import gzip
import warnings
import zlib
from pathlib import Path

import numpy as np

from qdsl.diagnostics.request_error import Refused
from qdsl.studies.paper.datasets.sets import Floats, Ints

MAX_BYTES = 1 << 30


def present(path: Path) -> Path | None:
    """The file, or the same with `.gz`, whichever is there."""
    for candidate in (path, path.with_name(path.name + ".gz")):
        if candidate.is_file():
            return candidate
    return None


def integers(path: Path) -> Ints:
    """int[rows, columns]."""
    found = numbers(path)
    if (found != np.round(found)).any():
        raise Refused(f"'{path.name}' holds numbers that are no integers")
    return found.astype(np.int64)


def numbers(path: Path) -> Floats:
    """float[rows, columns] of a file whose rows are numbers with commas between them."""
    file = present(path)
    if file is None:
        raise Refused(f"there is no '{path.name}' in '{path.parent}'")
    try:
        lines = _text(file).splitlines()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # an empty file is an empty table
            found = np.loadtxt(lines, delimiter=",", ndmin=2, comments=None)
    except (OSError, EOFError, ValueError, zlib.error) as error:
        raise Refused(f"'{file.name}' is no table of numbers: {error}") from None
    if not np.isfinite(found).all():
        raise Refused(f"'{file.name}' holds a number that is not finite")
    return np.asarray(found, np.float64)


def _text(file: Path) -> str:
    with gzip.open(file) if file.suffix == ".gz" else file.open("rb") as source:
        content = source.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise Refused(f"'{file.name}' is larger than 1 GiB")
    return content.decode("ascii")
