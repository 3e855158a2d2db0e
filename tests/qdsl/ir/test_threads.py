"""Searches in threads: the same finds in the same order, and none goes on for nobody."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

import numpy as np
import pytest

import qdsl
from qdsl.ir.search_watch import PAST_ANY, SearchWatch, watch
from qdsl.ir.threads import ahead, cores
from tests.qdsl.ir.test_search_watch import GRID


@pytest.fixture(params=["1", "2", "5"])
def threads(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setenv("QDSL_THREADS", request.param)
    assert cores() == int(request.param)
    return cores()


def late(k: int) -> int:
    time.sleep(0.02 * (3 - k))
    return k


def endless() -> int:
    work = np.zeros(1, np.int64)
    begin = time.monotonic()
    with watch().limiting(work):
        while work[0] < PAST_ANY:
            assert time.monotonic() - begin < 30, "nobody ended it"
            time.sleep(0.001)
    return int(work[0])


SEARCHES: list[Callable[[], int]] = [partial(late, 0), endless, endless]


def test_finds_are_in_order(threads: int) -> None:
    assert list(ahead(partial(late, k) for k in range(4))) == [0, 1, 2, 3]


def test_what_nobody_waits_for_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QDSL_THREADS", "2")
    finds = ahead(SEARCHES)
    assert next(finds) == 0
    del finds  # its `finally` waits for all of them


def test_the_end_of_the_whole_ends_its_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QDSL_THREADS", "2")
    with SearchWatch() as whole, whole.searching():
        finds = ahead(SEARCHES)
        assert next(finds) == 0
        assert whole.end()
        assert list(finds) == [PAST_ANY, PAST_ANY]


def test_what_a_search_raises_is_raised(threads: int) -> None:
    with pytest.raises(ZeroDivisionError):
        list(ahead([lambda: 1 // 0]))


def test_the_number_of_threads_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    for count in ("1", "3"):
        monkeypatch.setenv("QDSL_THREADS", count)
        made.append(qdsl.loads(GRID).compile())
    assert str(made[0].report()) == str(made[1].report())
    assert made[0].emit("qasm3") == made[1].emit("qasm3")
