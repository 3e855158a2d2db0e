"""Counting how full places are over time."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Column = npt.NDArray[np.int64]


def first_overfull(
    when: Column, place: Column, delta: Column, size: Column
) -> tuple[int, int, int] | None:
    """The first (time, place, count) at which a place holds more than its size.

    Changes at one time happen together. None if every place always has room.
    """
    order = np.lexsort((when, place))
    when, place, delta = when[order], place[order], delta[order]
    total = np.cumsum(delta)
    starts = np.flatnonzero(np.append(True, place[1:] != place[:-1])) if len(place) else place
    base = np.zeros(len(place), np.int64)
    if len(starts):
        before = np.append(0, total)[starts]
        base = np.repeat(before, np.diff(np.append(starts, len(place))))
    count = total - base
    settled = np.ones(len(place), np.bool_)
    settled[:-1] = (place[1:] != place[:-1]) | (when[1:] != when[:-1])
    broken = np.flatnonzero(settled & (count > size[place]))
    if not len(broken):
        return None
    k = broken[np.argmin(when[broken])]
    return int(when[k]), int(place[k]), int(count[k])
