"""Trials in several processes, each with a share of them."""

from __future__ import annotations

import multiprocessing
from collections import Counter
from collections.abc import Callable, Iterable

Trial = Callable[[int], str]


def counted(trial: Trial, numbers: Iterable[int], processes: int) -> Counter[str]:
    """How the trials of these numbers ended. One process: in this one."""
    if processes == 1:
        return Counter(map(trial, numbers))
    with multiprocessing.get_context("fork").Pool(processes) as pool:
        return Counter(pool.imap_unordered(trial, numbers))
