"""What spreading work costs and saves: processes of qdsl's own, and those of a Dask cluster.

    python tests/bench/workers.py             a table in the terminal
    python tests/bench/workers.py --write     the same into docs/results/workers.md

Both have the same two workers, on the same machine, one after the other.
"""

from __future__ import annotations

import argparse
import os
import platform
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np

from qdsl.driver.workers import Workers
from qdsl.studies.bench.compiling import compiled, ebits_of
from qdsl.studies.bench.gates import GateList, NamedGate, gate_list
from qdsl.studies.bench.networks import bench_network

ROOT = Path(__file__).resolve().parents[2]
FILE = ROOT / "docs" / "results" / "workers.md"
COUNT, TASKS, CIRCUITS, GATES, TIMES = 2, 400, 200, 20, 3


def nothing(k: int) -> int:
    return k


def drawn(seed: int) -> GateList:
    """Random CZ gates and rotations on 12 qubits."""
    random = np.random.default_rng(seed)
    gates = []
    for _ in range(GATES):
        a, b = (int(q) for q in random.choice(12, 2, replace=False))
        gates += [NamedGate("cz", (a, b)), NamedGate("rx", (a,), (float(random.normal()),))]
    return gate_list(f"random {seed}", 12, gates)


def ebits(seed: int) -> int:
    return ebits_of(compiled(drawn(seed), bench_network("hom4_n12"), 1))


def seconds(workers: Workers, work: Callable[[int], int], items: Sequence[int]) -> float:
    start = perf_counter()
    found = list(workers.each(work, items))
    assert len(found) == len(items)
    return perf_counter() - start


@contextmanager
def crews() -> Iterator[dict[str, Workers]]:
    """By name, once all of them are there."""
    from distributed import LocalCluster

    start: Any = LocalCluster  # has no types
    with start(COUNT, threads_per_worker=1, dashboard_address=None) as cluster:
        yield {
            f"{COUNT} processes": Workers(COUNT),
            f"Dask, {COUNT} workers": Workers(cluster=cluster.scheduler_address),
        }


def rows() -> list[tuple[str, str, str, str]]:
    os.environ["QDSL_THREADS"] = "1"  # as the workers have
    alone = seconds(Workers(), ebits, range(CIRCUITS))
    found = [("one process", "-", "-", "1.00")]
    with crews() as made:
        for name, workers in made.items():
            time = partial(seconds, workers)
            begin = median(time(nothing, range(COUNT)) for _ in range(TIMES))
            many = median(time(nothing, range(TASKS)) for _ in range(TIMES))
            spread = time(ebits, range(CIRCUITS))
            each = 1000 * (many - begin) / TASKS
            found.append((name, f"{begin:.1f}", f"{each:.1f}", f"{alone / spread:.2f}"))
    return found


def page(found: list[tuple[str, str, str, str]]) -> str:
    lines = [f"| {' | '.join(row)} |" for row in found]
    return f"""\
# Work on several processes

Written by `python tests/bench/workers.py --write` on a machine with {os.cpu_count()} cores, Python
{platform.python_version()}; times of tasks are medians of {TIMES} runs. *begin*: seconds until
{COUNT} tasks that do nothing are done; *a task*: milliseconds that each of {TASKS} such tasks takes
more; *speed-up*: of compiling {CIRCUITS} random circuits of {GATES} two-qubit gates on four nodes,
beside one process.

| workers | begin (s) | a task (ms) | speed-up |
| --- | --- | --- | --- |
{chr(10).join(lines)}

Results are the same in every row. Processes begin anew for every command; a cluster's are there
already.
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="write docs/results/workers.md")
    asked = parser.parse_args()
    text = page(rows())
    print(text)
    if asked.write:
        FILE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
