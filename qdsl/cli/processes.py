"""`--coordinator`, `--processes` and `--process-id`: a state that several processes hold."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any

import click


def processes_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The command gets `group`, a `ProcessGroup`."""

    @click.option(
        "--coordinator",
        metavar="HOST:PORT",
        help="With --backend sharded: where the processes meet, an address of process 0. SLURM and "
        "Open MPI need none.",
    )
    @click.option(
        "--processes",
        "count",
        type=click.IntRange(1, 1024),
        metavar="N",
        help="Number of processes that hold the state; requires --coordinator.",
    )
    @click.option(
        "--process-id",
        "number",
        type=click.IntRange(0),
        metavar="K",
        help="Number of this process, from 0; requires --coordinator.",
    )
    @wraps(command)
    def with_processes(
        coordinator: str | None, count: int | None, number: int | None, **given: Any
    ) -> Any:
        from qdsl.run.processes import ProcessGroup

        asked = (coordinator, count, number)
        if None in asked and asked != (None, None, None):
            raise click.UsageError("--coordinator, --processes and --process-id go together")
        if count is not None and number is not None and number >= count:
            raise click.UsageError(f"--process-id counts from 0: {count - 1} is the last")
        if coordinator is not None and given["backend"] != "sharded":
            raise click.UsageError("--coordinator requires --backend sharded")
        group = ProcessGroup(coordinator, count, number)
        try:
            return command(group=group, **given)
        except SystemExit as ended:
            if ended.code and group.is_joined:
                _end_alone(ended.code)
            raise

    return with_processes


def _end_alone(code: Any) -> None:
    """JAX would wait for the other processes, which may be lost, and then abort this one."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code if isinstance(code, int) else 1)


@contextmanager
def libraries_on_stderr(is_wanted: bool) -> Iterator[None]:
    """What compiled libraries write to standard output goes to standard error: Gloo, which carries
    what processes exchange, tells there who is connected, and would stand in front of a report."""
    if not is_wanted:
        yield
        return
    sys.stdout.flush()
    kept = os.dup(1)
    os.dup2(2, 1)
    try:
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)
