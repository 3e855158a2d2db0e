"""Independent work on several processes: the same results in order, lost workers or not."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from click.testing import CliRunner

from qdsl.cli.commands import cli
from qdsl.diagnostics.request_error import Refused
from qdsl.driver.workers import MOST, RETRIES, Workers, WorkersLost
from tests.sources import EXAMPLES


def square(k: int) -> int:
    return k * k


def odd(k: int) -> int:
    if k % 2:
        return k
    raise ValueError(f"{k} is even")


def lost_once(folder: Path, k: int) -> int:
    """The worker of item 3 is killed, the first time."""
    mark = folder / "lost"
    (folder / f"{k}-{time.monotonic_ns()}").touch()
    if k == 3 and not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return square(k)


def always_lost(folder: Path, k: int) -> int:
    (folder / f"{k}-{time.monotonic_ns()}").touch()
    os.kill(os.getpid(), signal.SIGKILL)
    return k


@pytest.mark.parametrize("count", [1, 2])
def test_results_are_in_order(count: int) -> None:
    assert list(Workers(count).each(square, range(9))) == [k * k for k in range(9)]


def test_what_work_raises_is_raised() -> None:
    found = Workers(2).each(odd, [1, 3, 4])
    assert (next(found), next(found)) == (1, 3)
    with pytest.raises(ValueError, match="4 is even"):
        next(found)


def test_a_lost_worker_costs_its_task(tmp_path: Path) -> None:
    found = list(Workers(2).each(partial(lost_once, tmp_path), range(6)))
    assert found == [k * k for k in range(6)]
    assert len(list(tmp_path.glob("3-*"))) == 2


@pytest.mark.slow
def test_workers_that_are_always_lost(tmp_path: Path) -> None:
    with pytest.raises(WorkersLost, match="enough memory"):
        list(Workers(2).each(partial(always_lost, tmp_path), [1, 2]))
    assert len(list(tmp_path.glob("1-*"))) <= 1 + RETRIES


def test_counts_that_there_are_not() -> None:
    for count in (0, MOST + 1):
        with pytest.raises(Refused, match="there are 1 to"):
            Workers(count)
    with pytest.raises(Refused, match="a cluster has its own workers"):
        Workers(2, "tcp://127.0.0.1:1")


def test_workers_end_with_who_started_them(tmp_path: Path) -> None:
    script = tmp_path / "started.py"
    script.write_text(
        "import os, sys, time\n"
        "from qdsl.driver.workers import Workers\n"
        "def work(k):\n"
        "    print(os.getpid(), flush=True)\n"
        "    time.sleep(600)\n"
        "if __name__ == '__main__':\n"
        "    list(Workers(2).each(work, [1, 2]))\n"
    )
    parent = subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    workers = [int(parent.stdout.readline()) for _ in range(2)]
    parent.kill()
    parent.wait(30)
    end = time.monotonic() + 30
    while any(Path(f"/proc/{pid}").exists() and not _is_zombie(pid) for pid in workers):
        assert time.monotonic() < end, "workers go on without who started them"
        time.sleep(0.1)


def _is_zombie(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


@pytest.mark.slow
@pytest.mark.parametrize(
    "asked",
    [
        ["sweep", EXAMPLES / "swapping.qdm", "--over", "link.rate=100,200,400", "--over",
         "node.comm=1,2", "--json"],
        ["pareto", EXAMPLES / "ghz.qdm", "--effort", "0", "--seeds", "1", "--json"],
        ["cost", EXAMPLES / "ghz.qdm", "--sweep", "n=4,6,8", "--csv"],
    ],
    ids=lambda asked: str(asked[0]),
)  # fmt: skip
def test_commands_say_the_same_with_workers(asked: list[str]) -> None:
    command = list(map(str, asked))
    alone = CliRunner().invoke(cli, command)
    spread = CliRunner().invoke(cli, [*command, "--workers", "2"])
    assert alone.exit_code == spread.exit_code == 0, spread.output
    assert alone.stdout == spread.stdout


@pytest.fixture(scope="module")
def cluster() -> Iterator[str]:
    """The address of a scheduler with two workers."""
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(2, threads_per_worker=1, dashboard_address=None) as made:
        yield made.scheduler_address


@pytest.mark.slow
def test_a_cluster_says_the_same(cluster: str, tmp_path: Path) -> None:
    assert list(Workers(cluster=cluster).each(square, range(9))) == [k * k for k in range(9)]
    found = Workers(cluster=cluster).each(odd, [1, 4])
    assert next(found) == 1
    with pytest.raises(ValueError, match="4 is even"):
        next(found)
    lost = Workers(cluster=cluster).each(partial(lost_once, tmp_path), range(6))
    assert list(lost) == [k * k for k in range(6)]
    command = ["cost", str(EXAMPLES / "ghz.qdm"), "--sweep", "n=4,6,8", "--csv"]
    alone, spread = (
        CliRunner().invoke(cli, [*command, *more]) for more in ([], ["--cluster", cluster])
    )
    assert spread.exit_code == 0 and alone.stdout == spread.stdout


@pytest.mark.slow
def test_no_cluster_at_an_address() -> None:
    pytest.importorskip("distributed")
    command = ["cost", str(EXAMPLES / "ghz.qdm"), "--sweep", "n=4,6"]
    refused = CliRunner().invoke(cli, [*command, "--cluster", "tcp://127.0.0.1:9"])
    assert refused.exit_code == 2 and "no Dask scheduler answers at tcp" in refused.output
    both = CliRunner().invoke(cli, [*command, "--cluster", "tcp://127.0.0.1:9", "--workers", "2"])
    assert both.exit_code == 2 and "choose one of --workers and --cluster" in both.output
