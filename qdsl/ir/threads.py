"""Independent searches in threads: their loops are machine code, which needs no Python."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextvars import copy_context
from typing import TYPE_CHECKING, TypeVar

from qdsl.ir.search_watch import SearchWatch, watch

if TYPE_CHECKING:
    from concurrent.futures import Future

Found = TypeVar("Found")


def cores() -> int:
    """Of this process: `$QDSL_THREADS`, or as many as the system lets it have."""
    given = os.environ.get("QDSL_THREADS", "")
    if given.isdecimal():
        return max(1, int(given))
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def ahead(searches: Iterable[Callable[[], Found]]) -> Iterator[Found]:
    """What every search finds, in their order, whatever the number of cores. As many are worked on
    at one time as there are cores; those that nobody waits for any more are ended."""
    n = cores()
    if n == 1:
        for search in searches:
            yield search()
        return
    from concurrent.futures import ThreadPoolExecutor

    going: deque[tuple[SearchWatch, Future[Found]]] = deque()
    pool = ThreadPoolExecutor(n)
    try:
        for search in searches:
            own = watch().part()
            going.append((own, pool.submit(copy_context().run, own.watched, search)))
            if len(going) > n:
                yield going[0][1].result()
                going.popleft()
        while going:
            yield going[0][1].result()
            going.popleft()
    finally:
        for own, _ in going:
            own.end()
        pool.shutdown(cancel_futures=True)
