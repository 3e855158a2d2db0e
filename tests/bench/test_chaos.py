"""The quick form of what `make chaos` tries."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.bench.chaos import disks, strangers, tickets
from tests.bench.chaos.commands import Ended, files_of
from tests.bench.chaos.findings import Finding, table
from tests.sources import ROOT

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="copies of processes, /proc")


def assert_kept(findings: list[Finding], at_least: int) -> None:
    assert sum(f.tried for f in findings) >= at_least
    assert [f for f in findings if f.broken] == []


def test_changed_tickets_are_refused() -> None:
    assert_kept(tickets.trials(140, seed=1, in_runs=1), 142)


def test_strangers_change_nothing() -> None:
    assert_kept(strangers.trials(500, seed=1), 500)


@pytest.mark.slow
def test_full_disks_lose_nothing() -> None:
    """The commands that need no simulator; `make chaos` takes all."""
    quick = tuple(name for name in disks.COMMANDS if not name.startswith(("run", "grad")))
    assert_kept(disks.trials(len(quick), seed=1, commands=quick), len(quick))


@pytest.mark.slow
@pytest.mark.parametrize("part", ["killed", "killed-in-steps", "together"])
def test_trials_with_a_simulator(part: str) -> None:
    """In a process of their own: copies of one whose simulator has started threads would wait for
    them for ever."""
    command = [sys.executable, "-m", "tests.bench.chaos", "--quick", "--only", part]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600)
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_broken_promises_are_seen(tmp_path: Path) -> None:
    """A command that loses a file, and one that says that it wrote what it did not."""
    disks.write_files(tmp_path)
    old = files_of(tmp_path)
    told, done = Ended(2, b"", b"no room"), Ended(0, b"", b"")
    assert disks.judged("draw", tmp_path, told, old) == disks.REFUSED
    assert disks.judged("draw", tmp_path, done, old) == "said to be written"
    assert disks.judged("draw", tmp_path, Ended(70, b"", b"bug"), old) == "crash"
    (tmp_path / "old.svg").write_text("<svg")
    assert disks.judged("draw", tmp_path, told, old) == "lost"
    assert "| x | 1,000 | 2 |" in table([Finding("x", 1000, 2)])
