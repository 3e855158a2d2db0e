"""Searches are watched, and ended early."""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest

import qdsl
from qdsl.ir.search_watch import PAST_ANY, SearchWatch, is_over, watch, while_wanted
from qdsl.report.data import Report

GRID = """\
network lab {
  node a { qubits 4, comm 4 }
  node b { qubits 4, comm 4 }
  node c { qubits 4, comm 4 }
  link a -- b { rate 10 Hz }
  link b -- c { rate 10 Hz }
}
model grid(n = 10, depth = 3) on lab {
  qubits q[n]
  for d in 0..depth {
    for i in 0..n-1 { cz q[(5*i) % n], q[(7*i+3) % n]; rx(0.1*d + 0.1) q[i] }
  }
  return sample(q)
}
"""


@pytest.fixture(scope="module")
def grid() -> qdsl.Program:
    return qdsl.loads(GRID)


def test_the_fewest_so_far_are_told(grid: qdsl.Program) -> None:
    told: list[int] = []
    with SearchWatch(told.append) as seen:
        compiled = grid.compile()
    assert told == sorted(set(told), reverse=True)
    assert seen.best == told[-1] == compiled.cost.ebits
    assert not seen.is_ended and compiled.is_search_ended is None
    assert "is_search_ended" not in compiled.report().to_json()["provenance"]


def test_watching_changes_nothing(grid: qdsl.Program) -> None:
    with SearchWatch():
        watched = grid.compile()
    assert str(watched.report()) == str(grid.compile().report())


def test_a_search_ended_at_its_first_find(grid: qdsl.Program) -> None:
    seen = SearchWatch(lambda ebits: ended.append(seen.end()))
    ended: list[bool] = []
    with seen:
        compiled = grid.compile()
    assert ended[0]
    assert compiled.verification.verified
    report = compiled.report()
    assert report.provenance.is_search_ended
    assert "the search was ended early" in str(report)
    assert Report.from_json(report.to_json()).provenance.is_search_ended
    assert grid.compile().cost.ebits <= compiled.cost.ebits


def test_nothing_ends_where_nothing_is_searched(grid: qdsl.Program) -> None:
    with SearchWatch() as seen:
        assert not seen.end() and not is_over()
        with seen.searching():
            assert seen.end() and not seen.end() and is_over()
            assert list(while_wanted(iter([1, 2]))) == []
    assert not is_over() and list(while_wanted([1, 2])) == [1, 2]


def test_ebits_are_told_whatever_is_optimised(grid: qdsl.Program) -> None:
    with SearchWatch() as seen:
        grid.compile()
    with SearchWatch() as priced:
        grid.compile(options={"optimise": "makespan"})
    assert priced.best == seen.best


def test_a_loop_that_counts_its_work_is_past_its_budget() -> None:
    work = np.zeros(1, np.int64)
    with SearchWatch() as seen, seen.searching():
        thread = threading.Timer(0.05, seen.end)
        thread.start()
        begin = time.monotonic()
        with watch().limiting(work):
            while work[0] < PAST_ANY and time.monotonic() - begin < 30:
                work[0] += 1
        thread.join()
        assert time.monotonic() - begin < 20
        late = np.zeros(1, np.int64)
        with watch().limiting(late):
            assert late[0] == PAST_ANY
