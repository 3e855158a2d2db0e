"""The distinct values of a column, and which values are among them.

NumPy has both (`unique`, `isin`), and loads the module for masked arrays at their first use, which
takes as long as a small program; `unique` hashes first, too, which takes five times as long.
"""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

N = TypeVar("N", bound=np.generic)


def distinct(column: npt.NDArray[N]) -> npt.NDArray[N]:
    """The values of a column, each once and in order."""
    ordered: npt.NDArray[Any] = np.sort(column, axis=None)
    is_first = np.ones(len(ordered), np.bool_)
    is_first[1:] = ordered[1:] != ordered[:-1]
    return ordered[is_first]


def is_among(column: npt.NDArray[N], ordered: npt.NDArray[N]) -> npt.NDArray[np.bool_]:
    """Which values of a column are among ordered ones, bool[n]."""
    place = np.searchsorted(ordered, column)
    found = np.zeros(len(column), np.bool_)
    inside = place < len(ordered)
    found[inside] = ordered[place[inside]] == column[inside]
    return found
