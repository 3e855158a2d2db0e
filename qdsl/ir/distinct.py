"""The distinct values of a column."""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

N = TypeVar("N", bound=np.generic)


def distinct(column: npt.NDArray[N]) -> npt.NDArray[N]:
    """The values of a column, each once and in order, as `np.unique` finds them; that loads the
    module for masked arrays at its first use, which takes as long as a small program."""
    ordered: npt.NDArray[Any] = np.sort(column, axis=None)
    is_first = np.ones(len(ordered), np.bool_)
    is_first[1:] = ordered[1:] != ordered[:-1]
    return ordered[is_first]
