"""`--workers` and `--cluster`, of commands with many independent parts."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import click


def workers_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The command gets `workers`, a `Workers`."""

    @click.option(
        "--workers",
        "count",
        type=click.IntRange(1, 1024),
        default=1,
        show_default=True,
        help="Number of processes to spread the work over; the result is the same.",
    )
    @click.option(
        "--cluster",
        metavar="ADDRESS",
        help="Spread the work over the workers of the Dask scheduler at this address, such as "
        "tcp://10.0.0.1:8786.",
    )
    @wraps(command)
    def with_workers(count: int, cluster: str | None, **given: Any) -> Any:
        from qdsl.driver.workers import Workers

        if cluster is not None and count > 1:
            raise click.UsageError("choose one of --workers and --cluster")
        return command(workers=Workers(count, cluster), **given)

    return with_workers
