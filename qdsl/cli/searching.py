"""What a command shows of the search for a placement, and how Ctrl-C ends it early."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from qdsl.cli.interrupt import first_ending
from qdsl.cli.output import ProgressLine


@contextmanager
def searched(progress: ProgressLine) -> Iterator[None]:
    """Within it, the line has the fewest ebits so far, and the first Ctrl-C takes them and goes on;
    only where somebody sees the line."""
    if not progress.on:
        yield
        return
    from qdsl.ir.search_watch import SearchWatch

    def end() -> bool:
        if is_ended := watch.end():
            progress.add("ending the search; Ctrl-C again to stop")
        return is_ended

    watch = SearchWatch(lambda ebits: progress.add(f"{ebits:,} ebits so far; Ctrl-C takes them"))
    with watch, first_ending(end, lambda: watch.is_searching):
        yield
