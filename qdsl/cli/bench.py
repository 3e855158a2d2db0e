"""`qdsl bench`: beside other compilers, published tables and the exact optimum."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from qdsl.cli import completion
from qdsl.cli.inputs import page_before
from qdsl.cli.interrupt import end_at_once, finished
from qdsl.cli.options import FILE, json_option, quiet_option
from qdsl.cli.output import ProgressLine, echo, reported, save, write_json
from qdsl.cli.spread import workers_options
from qdsl.diagnostics.numbers import count

if TYPE_CHECKING:
    from qdsl.driver.workers import Workers
    from qdsl.studies.bench.optimum import OptimumComparison
    from qdsl.studies.bench.published import Beside
    from qdsl.studies.bench.suite import BenchCase, Measured
    from qdsl.studies.bench.table import Live

T = TypeVar("T")
STOPPED = "qdsl.bench.stopped"  # in the context of the command


@click.command("bench")
@click.option(
    "--family",
    "families",
    multiple=True,
    shell_complete=completion.families,
    help="Run only this family of circuits.",
)
@click.option("--max-gates", type=click.IntRange(0),
              help="Run only circuits with at most this many two-qubit gates.")  # fmt: skip
@click.option("--quick", is_flag=True, help="Run only circuits on 8 qubits.")
@click.option(
    "--circuits",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Run the OpenQASM files of this folder instead of the suite.",
)
@click.option("--effort", type=click.IntRange(0), default=1, show_default=True,
              help="Effort of the partitioning.")  # fmt: skip
@click.option("--against", type=click.Choice(["memq-dqc"]), help="Also run this compiler.")
@click.option(
    "--peer-python",
    help="Python in which the compiler of --against is installed [default: the one that runs qdsl]",
)
@click.option(
    "--peer-seconds",
    type=click.FloatRange(0),
    default=120.0,
    show_default=True,
    help="Time limit for each run of the compiler of --against, in seconds.",
)
@click.option(
    "--optimum",
    "programs",
    type=click.IntRange(1),
    metavar="COUNT",
    help="Instead of the suite, compare this many small random programs with their exact optimum.",
)
@click.option(
    "--published", is_flag=True, help="Instead of the suite, run the circuits of published tables."
)
@click.option(
    "--objectives",
    is_flag=True,
    help="Instead of the suite, compile its small circuits for every --optimise, over networks "
    "whose links differ.",
)
@workers_options
@click.option(
    "--write",
    "page",
    type=FILE,
    help="Write the table to this page; --optimum and --published replace only the part "
    "between their markers.",
)
@json_option
@quiet_option
def command(
    families: tuple[str, ...],
    max_gates: int | None,
    quick: bool,
    circuits: Path | None,
    effort: int,
    against: str | None,
    peer_python: str | None,
    peer_seconds: float,
    programs: int | None,
    published: bool,
    objectives: bool,
    workers: Workers,
    page: Path | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """Compile benchmark circuits, and compare with other compilers."""
    if published and (programs is not None or against or quick):
        raise click.UsageError(
            "--published cannot be combined with --optimum, --against or --quick"
        )
    if objectives and (published or programs is not None or against or quick or circuits):
        raise click.UsageError(
            "--objectives can only be combined with --family, --max-gates, --effort and --workers"
        )
    if circuits is not None and (families or quick) and not published:
        raise click.UsageError("--circuits cannot be combined with --family or --quick")
    with reported(as_json):
        if published:
            from qdsl.studies.bench.published import compare_published, tasks

            rows, absent = tasks(circuits, families, max_gates)
            beside = _counted(
                compare_published(rows, effort, workers),
                len(rows),
                lambda r: r.row.circuit,
                quiet,
            )
            _tell_published(beside, absent, as_json, page)
            return
        if programs is not None:
            from qdsl.studies.bench.optimum import compare_small

            found = compare_small(range(programs), effort, workers)
            _tell(_counted(found, programs, lambda r: "small programs", quiet), as_json, page)
            return
        if objectives:
            _objectives(families, max_gates, effort, workers, page, as_json, quiet)
            return
        from qdsl.studies.bench.asked import cases_asked
        from qdsl.studies.bench.memq import interpreter
        from qdsl.studies.bench.table import markdown_table, text_table, to_json

        python = interpreter(peer_python) if against else None
        chosen, left_out = cases_asked(families, max_gates, quick, circuits)
        for file, why in left_out:
            echo(f"left out: {file}: {why}", err=True)
        results, live = _run(chosen, effort, python, peer_seconds, workers, quiet)
    if page is not None and not _is_stopped():
        save(markdown_table(results, live), page)
    if as_json:
        write_json(to_json(results, live))
    else:
        echo(text_table(results, live), nl=False)


def _run(
    chosen: list[BenchCase],
    effort: int,
    python: str | None,
    seconds: float,
    workers: Workers,
    quiet: bool,
) -> tuple[list[Measured], Live]:
    from qdsl.studies.bench.asked import measured_cases

    results: list[Measured] = []
    live: Live = {}
    with _stopping(results), ProgressLine(quiet, "circuits") as progress:

        def begun(k: int, of: int, name: str) -> None:
            progress.bar(k, of, f"{k}/{of}  {name}")

        for found in measured_cases(chosen, live, effort, python, seconds, begun, workers):
            results.append(found)
    return results, live


def _counted(found: Iterable[T], total: int, name: Callable[[T], str], quiet: bool) -> list[T]:
    """All of them; after each, how many there are is shown."""
    results: list[T] = []
    with _stopping(results), ProgressLine(quiet, "parts") as progress:
        for one in found:
            results.append(one)
            progress.bar(len(results), total, f"{len(results)}/{total}  {name(one)}")
    return results


@contextmanager
def _stopping(results: Sequence[object]) -> Iterator[None]:
    """Ctrl-C ends the measurement; what was finished by then is shown, but written on no page."""
    try:
        yield
    except KeyboardInterrupt:
        if not results:
            raise
        finished(f"{count(len(results), 'result')} finished and shown; no page is written")
        context = click.get_current_context()
        context.meta[STOPPED] = True
        context.call_on_close(_end)


def _end() -> None:
    sys.stdout.flush()
    end_at_once()


def _is_stopped() -> bool:
    return STOPPED in click.get_current_context().meta


def _tell(results: list[OptimumComparison], as_json: bool, page: Path | None) -> None:
    from qdsl.studies.bench.optimum import excess, rewritten_page, summary

    found = summary(results)
    if page is not None and not _is_stopped():
        save(rewritten_page(page_before(page), results), page)
    if as_json:
        write_json({"schema": "qdsl-optimum/1", **found})
        return
    below, above = (len(found[k]) for k in ("below", "above"))
    echo(f"{len(results)} random small programs, {found['optimum']} ebits at the exact optimum")
    echo(f"  compiled            {found['ebits']} ebits, {excess(results):.1%} above it")
    echo(f"  below the optimum   {below} programs")
    echo(f"  above it            {above} programs")


def _objectives(
    families: tuple[str, ...],
    max_gates: int | None,
    effort: int,
    workers: Workers,
    page: Path | None,
    as_json: bool,
    quiet: bool,
) -> None:
    from qdsl.studies.bench.objectives import compare_objectives, objective_cases, to_json
    from qdsl.studies.bench.objectives_table import page_of, text_table

    cases = objective_cases(families, max_gates)
    if not cases:
        raise click.UsageError("no circuit matches these options")
    found = compare_objectives(cases, effort, workers)
    parts = _counted(found, len(cases), lambda r: f"{r[0].circuit} on {r[0].network}", quiet)
    gains = [gain for part in parts for gain in part]
    if page is not None and not _is_stopped():
        save(page_of(gains), page)
    if as_json:
        write_json(to_json(gains))
    else:
        echo(text_table(gains), nl=False)


def _tell_published(
    results: list[Beside], absent: list[str], as_json: bool, page: Path | None
) -> None:
    from qdsl.studies.bench.published_table import page_of, text_table, to_json

    if page is not None and not _is_stopped():
        save(page_of(page_before(page), results, absent), page)
    if as_json:
        write_json(to_json(results, absent))
    else:
        echo(text_table(results, absent), nl=False)
