"""Which items train, and which are held out or kept for a test."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from qdsl.run.job import CannotRun

_STREAMS = {"validation": 1, "test": 4}  # of random numbers; 2 and 3 are those of shots
Items = npt.NDArray[np.int64]


def split(
    items: int, share: float | None, seed: int, purpose: str = "validation"
) -> tuple[Items, Items]:
    """Items to train on and items held out, each in order. CannotRun if either is empty."""
    order = np.arange(items, dtype=np.int64)
    if share is None:
        return order, order[:0]
    count = round(share * items)
    if not 0 < count < items:
        raise CannotRun(
            f"a {purpose} share of {share:g} leaves {count} of {items} items held out; "
            "both parts need at least one"
        )
    shuffled = np.random.default_rng([seed, _STREAMS[purpose]]).permutation(items)
    return np.sort(shuffled[count:]), np.sort(shuffled[:count])
