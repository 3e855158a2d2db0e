"""Independent work on several processes of this machine, or on those of a Dask cluster.

Results come in the order of what was asked for, and are the same for any number of workers: what is
worked on knows nothing of the others. The processes are spawned, so that a program that calls this
from Python has `if __name__ == "__main__":` around it, as for `multiprocessing`.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from importlib import metadata
from multiprocessing import get_context, parent_process
from multiprocessing.connection import wait
from typing import Any, Final, TypeVar

from qdsl.diagnostics.extras import library
from qdsl.diagnostics.request_error import Refused, whole
from qdsl.records import dataclass

T = TypeVar("T")
Found = TypeVar("Found")

MOST: Final = 1024  # processes of one machine
RETRIES: Final = 3  # how often work is begun again whose worker was lost
PATIENCE_S: Final = 10  # for a cluster to answer


class WorkersLost(Refused):
    """Workers end again and again before their work is done."""


class NoCluster(Refused):
    """There is no Dask scheduler at the address, it has no workers, or they have another qdsl."""


@dataclass(frozen=True, slots=True)
class Workers:
    """Who works: `count` processes of this machine, 1 being this process itself; or the workers of
    the Dask scheduler at the address `cluster` (`tcp://HOST:PORT`). Refused for other counts, and
    for both."""

    count: int = 1
    cluster: str | None = None

    def __post_init__(self) -> None:
        if whole(self.count, "count", 0) not in range(1, MOST + 1):
            raise Refused(f"there are 1 to {MOST} workers, not {self.count}")
        if self.cluster is not None and self.count != 1:
            raise Refused("a cluster has its own workers: give their number or its address")

    @property
    def is_alone(self) -> bool:
        """Is everything done in this process?"""
        return self.count == 1 and self.cluster is None

    def each(self, work: Callable[[T], Found], items: Sequence[T]) -> Iterator[Found]:
        """`work` of every item, in their order. Both are pickled if there are other processes.

        What `work` raises is raised here. `WorkersLost` if an item costs its worker again and
        again: after 3 more trials where it, or another one at that time, did."""
        if self.is_alone or (self.cluster is None and len(items) < 2):
            return map(work, items)
        return (_on_cluster(self.cluster, work, items) if self.cluster is not None
                else _on_processes(min(self.count, len(items)), work, items))  # fmt: skip


ALONE: Final = Workers()


# ---- this machine ----------------------------------------------------------------------


def _on_processes(count: int, work: Callable[[T], Found], items: Sequence[T]) -> Iterator[Found]:
    done: dict[int, Found] = {}  # not yet given back
    given, tries = 0, 0
    while tries <= RETRIES:
        pool = ProcessPoolExecutor(count, get_context("spawn"), _begin)
        left = [k for k in range(given, len(items)) if k not in done]
        waiting = {k: pool.submit(work, items[k]) for k in left}
        try:
            while given < len(items):
                yield waiting[given].result() if given in waiting else done.pop(given)
                given += 1
            return
        except BrokenProcessPool:
            done |= {k: f.result() for k, f in waiting.items() if k >= given and _is_done(f)}
            still = [k for k in range(given, len(items)) if k not in done]
            tries = tries + 1 if len(still) == len(left) else 0
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
    raise WorkersLost(
        f"{1 + RETRIES} times in a row a worker ended before its work was done: is there enough "
        "memory for so many?"
    )


def _is_done(future: Future[Any]) -> bool:
    return future.done() and not future.cancelled() and future.exception() is None


def _begin() -> None:
    """In a new worker: Ctrl-C is heard by the process that started it, with which it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for name in ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS", "QDSL_THREADS"):
        os.environ.setdefault(name, "1")  # the cores are taken by the other workers
    parent = parent_process()
    assert parent is not None

    def end_with_parent() -> None:
        wait([parent.sentinel])
        os._exit(1)

    threading.Thread(target=end_with_parent, daemon=True).start()


# ---- a cluster -------------------------------------------------------------------------


def _on_cluster(address: str, work: Callable[[T], Found], items: Sequence[T]) -> Iterator[Found]:
    distributed = library("distributed", "--cluster")
    client = _client(distributed, address)
    try:
        futures = client.map(work, items, pure=False, retries=RETRIES)
        for future in futures:
            try:
                yield future.result()
            except distributed.KilledWorker as lost:
                raise WorkersLost(
                    f"workers of {address} ended before their work was done: {lost}"
                ) from None
    finally:
        client.close()


def _client(distributed: Any, address: str) -> Any:
    try:
        client = distributed.Client(address, timeout=PATIENCE_S, set_as_default=False)
    except (OSError, ValueError, TimeoutError) as error:
        raise NoCluster(f"no Dask scheduler answers at {address}: {error}") from None
    versions = client.run(version)
    if not versions:
        client.close()
        raise NoCluster(f"the Dask scheduler at {address} has no workers")
    others = sorted({v for v in versions.values() if v != version()})
    if others:
        client.close()
        raise NoCluster(f"workers at {address} have qdsl {others[0]}, this is {version()}")
    return client


def version() -> str:
    """That of qdsl, where this is called."""
    try:
        return metadata.version("qdsl-compiler")
    except metadata.PackageNotFoundError:
        return "a checkout"
