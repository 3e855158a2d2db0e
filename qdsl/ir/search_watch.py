"""Who watches a search is told the fewest ebits so far, and may end it early."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar, Token
from time import sleep
from typing import TypeVar

import numpy as np
import numpy.typing as npt

T = TypeVar("T")
PAST_ANY = 1 << 61  # more work than any budget of an annealing
TRIES = 100


class SearchWatch:
    """Within it, the search for a placement is watched while a program is compiled:

        with qdsl.SearchWatch(print) as watch:
            compiled = program.compile()

    `on_best` is called with the fewest ebits so far whenever fewer are found: those of the search's
    model, so that a program may need more where communication qubits are scarce; never where links
    have prices. `end()`, from any thread, makes the search take the best that it has. What is found
    then depends on the moment, and the report says so (`provenance.is_search_ended`).
    """

    def __init__(self, on_best: Callable[[int], None] | None = None) -> None:
        self.best: int | None = None
        self.is_ended = False
        self._is_open = False
        self._on_best = on_best
        self._work: list[npt.NDArray[np.int64]] = []
        self._parts: list[SearchWatch] = []
        self._tokens: list[Token[SearchWatch | None]] = []

    def __enter__(self) -> SearchWatch:
        self._tokens.append(_WATCH.set(self))
        return self

    def __exit__(self, *error: object) -> None:
        _WATCH.reset(self._tokens.pop())

    def end(self) -> bool:
        """End the search that is going on. False if there is none, or it was ended before."""
        if self.is_ended or not self._is_open:
            return False
        self.is_ended = True
        for part in self._parts:
            part.end()
        for work in tuple(self._work):
            _exhaust(work)
        return True

    def part(self) -> SearchWatch:
        """Who watches a part of the search, in another thread; it ends with the whole, or alone."""
        made = SearchWatch()
        made._is_open, made.is_ended = True, self.is_ended
        self._parts.append(made)
        return made

    def watched(self, search: Callable[[], T]) -> T:
        """What the search finds, watched by this."""
        with self:
            return search()

    @property
    def is_searching(self) -> bool:
        """Is there a search that could be ended, or was?"""
        return self._is_open

    def tell(self, ebits: int) -> None:
        """Something was found that needs so many."""
        if self.best is None or ebits < self.best:
            self.best = ebits
            if self._on_best is not None:
                self._on_best(ebits)

    @contextmanager
    def searching(self) -> Iterator[None]:
        """Within it, there is a search that can be ended."""
        self._is_open = True
        try:
            yield
        finally:
            self._is_open = False

    @contextmanager
    def limiting(self, work: npt.NDArray[np.int64]) -> Iterator[None]:
        """Within it, the work that a loop counts in int64[1] is past any budget once the search
        is ended: a compiled loop asks nobody else."""
        self._work.append(work)
        if self.is_ended:
            work[0] = PAST_ANY
        try:
            yield
        finally:
            self._work.pop()


def _exhaust(work: npt.NDArray[np.int64]) -> None:
    """More than once, as the loop that counts may just be writing what it read before."""
    for _ in range(TRIES):
        work[0] = PAST_ANY
        sleep(0.001)
        if work[0] >= PAST_ANY:
            return


_WATCH: ContextVar[SearchWatch | None] = ContextVar("watch", default=None)


def watch() -> SearchWatch:
    """Who watches now; one that nobody knows if none does."""
    return _WATCH.get() or SearchWatch()


def is_over() -> bool:
    """Was the search ended?"""
    return watch().is_ended


def while_wanted(tried: Iterable[T]) -> Iterator[T]:
    """What is tried, as far as the search is not ended before it."""
    more = iter(tried)
    while not is_over():
        try:
            one = next(more)
        except StopIteration:
            return
        yield one
