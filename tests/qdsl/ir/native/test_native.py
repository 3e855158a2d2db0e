"""Loops in C do what they do in Python, and what is kept is kept in a folder of our own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pytest

from qdsl.analysis.rounds_kernel import count_message_rounds, count_online, count_rounds
from qdsl.ir import jit
from qdsl.ir.levels import find_levels
from qdsl.ir.native import folder, library
from qdsl.ir.native.c_types import NotInC
from qdsl.ir.native.translate import library_source
from qdsl.passes.canonicalize.gadgets_kernel import unwrap
from qdsl.passes.canonicalize.merging_kernel import write_rows
from qdsl.passes.insert_communication.insertion_kernel import insert_rows
from qdsl.passes.insert_communication.ordering_kernel import put_in_order
from qdsl.passes.partition.anneal_kernel import anneal_loop
from qdsl.passes.partition.legalize_kernel import follow
from qdsl.passes.partition.refine_kernel import account_all, one_pass
from qdsl.passes.partition.segments_kernel import go_through
from qdsl.passes.schedule.clock_kernel import clock_loop, clock_runs
from qdsl.passes.schedule.listing_kernel import list_loop
from qdsl.verify.translation.undo_kernel import undo_columns
from tests.sources import ROOT

Column = npt.NDArray[np.int64]
LOOPS = (
    account_all, anneal_loop, clock_loop, clock_runs, count_message_rounds, count_online,
    count_rounds, find_levels, follow, go_through, insert_rows, list_loop, one_pass, put_in_order,
    undo_columns, unwrap, write_rows,
)  # fmt: skip


class Counters(NamedTuple):
    numbers: Column
    table: Column
    limit: int


def changed(p: Counters, at: int) -> int:
    p.numbers[at] += 1
    return int(p.numbers[at])


def halves(p: Counters, at: int) -> tuple[int, bool]:
    return -p.numbers[at] // 2, p.numbers[at] in (3, p.limit)


def many_things(p: Counters, by: float) -> int:
    """Order of evaluation, rounding down, negative places, exchange, rows, arrays of its own."""
    own = p.numbers.copy()
    total = p.numbers[0] * 100 + changed(p, 0) * 10 + changed(p, 0)
    half, is_there = halves(p, -1)
    p.numbers[0], p.numbers[1] = p.numbers[1], p.numbers[0]
    row = p.table[1]
    row[0], row[-1] = half, row[0] if is_there else own[2]
    for k in range(len(own) - 1, -1, -2):
        total += (k - 3) % 5 * max(own[k], p.limit, -k)
        if 0 <= k < 2 and not total & 1:
            break
    while total > 1000:
        total -= 7
    return int(total + (2.5 if by > 1 else by) * by - 7.5 % by)


def given() -> Counters:
    return Counters(np.arange(3, 9), np.arange(6).reshape(2, 3), 8)


needs_c = pytest.mark.skipif(library.compiler() is None, reason="there is no C compiler here")


@needs_c
@pytest.mark.parametrize("by", [0.5, 1.25, 3.0])
def test_c_does_what_python_does(by: float) -> None:
    call = library.native(many_things)
    assert call is not None
    mine, theirs = given(), given()
    assert call(mine, by) == many_things(theirs, by)
    assert [mine.numbers.tolist(), mine.table.tolist()] == [
        theirs.numbers.tolist(),
        theirs.table.tolist(),
    ]


@needs_c
@pytest.mark.slow
@pytest.mark.parametrize("loop", LOOPS, ids=lambda loop: loop.__name__)
def test_every_loop_of_compiling_becomes_c(loop: object) -> None:
    assert library.native(loop.py_func) is not None  # type: ignore[attr-defined]


def both_change(p: Counters) -> int:
    p.numbers[0] += changed(p, 0)
    return 0


def says(p: Counters) -> str:
    return "no"


@pytest.mark.parametrize("function", [both_change, says])
def test_what_is_not_translated_is_refused(function: object) -> None:
    with pytest.raises(NotInC):
        library_source(function)  # type: ignore[arg-type]


@needs_c
def test_arrays_of_another_kind_are_refused() -> None:
    call = library.native(many_things)
    assert call is not None
    with pytest.raises(library.Mismatch):
        call(given()._replace(numbers=np.arange(6, dtype=np.int32)), 0.5)
    with pytest.raises(library.Mismatch):
        call(given()._replace(numbers=np.arange(12)[::2]), 0.5)


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("QDSL_CACHE_DIR", "XDG_CACHE_HOME", "HOME", "USERPROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path))
    folder.own_folder.cache_clear()
    return tmp_path


def test_without_a_home_a_private_folder_among_the_temporary_ones_is_taken(places: Path) -> None:
    found = folder.own_folder()
    assert found is not None and found.parent == places
    assert found.stat().st_mode & 0o777 == 0o700
    folder.own_folder.cache_clear()


@pytest.mark.parametrize("kind", ["open", "link", "file"])
def test_a_folder_that_others_may_fill_is_not_taken(places: Path, kind: str) -> None:
    taken = places / f"qdsl-{os.getuid()}"
    if kind == "open":
        taken.mkdir()
        taken.chmod(0o777)
    elif kind == "link":
        (places / "other").mkdir(mode=0o700)
        taken.symlink_to(places / "other")
    else:
        taken.write_text("")
    assert folder.own_folder() is None
    folder.own_folder.cache_clear()


@pytest.mark.slow
@needs_c
def test_the_same_bytes_however_loops_run_and_two_at_once_do_no_harm(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "qdsl",
        "compile",
        "examples/two_party.qdm",
        "--dump-after",
        "all",
    ]
    ways = [
        {"QDSL_LOOPS": "c", "QDSL_CACHE_DIR": str(tmp_path / "a")},
        {"QDSL_LOOPS": "c", "QDSL_CACHE_DIR": str(tmp_path / "a")},
        {"QDSL_LOOPS": "", "QDSL_CACHE_DIR": str(tmp_path / "b")},
        {"QDSL_LOOPS": "plain"},
    ]
    started = [
        subprocess.Popen(command, cwd=ROOT, env=os.environ | way, stdout=subprocess.PIPE)
        for way in ways
    ]
    printed = {process.communicate()[0] for process in started}
    assert len(printed) == 1 and b"" not in printed


def slow_sum(p: Counters) -> int:
    return int(p.numbers[0] + p.limit)


def ways_gone(monkeypatch: pytest.MonkeyPatch, spent_s: float, kept: bool, known: bool) -> str:
    """Which way little work goes, once so many seconds have been spent on it."""
    loop = jit.Entry(slow_sum)
    loop.spent_s = spent_s
    monkeypatch.setattr(jit, "WAY", "")
    monkeypatch.setattr(jit, "is_kept", lambda _: kept)
    monkeypatch.setattr(jit, "native", lambda _: (lambda *_: -1) if known else None)
    return "c" if loop(given()) == -1 else "plain"


@pytest.mark.parametrize(
    ("spent_s", "kept", "way"),
    [(0.0, True, "plain"), (0.05, False, "plain"), (0.05, True, "c"), (1.0, False, "c")],
)
def test_little_work_goes_to_c_when_it_adds_up(
    spent_s: float, kept: bool, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ways_gone(monkeypatch, spent_s, kept, True) == way
    assert ways_gone(monkeypatch, spent_s, kept, False) == "plain"


@needs_c
def test_what_is_compiled_is_kept(places: Path) -> None:
    for cached in (library.native, library.is_kept, library._place):
        cached.cache_clear()
    assert not library.is_kept(many_things)
    assert library.native(many_things) is not None
    library.is_kept.cache_clear()
    assert library.is_kept(many_things)
    for cached in (library.native, library.is_kept, library._place, folder.own_folder):
        cached.cache_clear()
