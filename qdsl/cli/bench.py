"""`qdsl bench`: beside other compilers, published tables and the exact optimum."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from qdsl.cli.output import Progress, reported, save

if TYPE_CHECKING:
    from qdsl.studies.bench.optimum import Compared
    from qdsl.studies.bench.published import Beside, Task
    from qdsl.studies.bench.suite import Case, Measured
    from qdsl.studies.bench.table import Live


@click.command("bench")
@click.option("--family", "families", multiple=True, help="Only this family of circuits.")
@click.option(
    "--max-gates", type=click.IntRange(0), help="Only circuits with so few 2-qubit gates."
)
@click.option("--quick", is_flag=True, help="Only circuits on 8 qubits.")
@click.option(
    "--circuits",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="OpenQASM files of this folder instead of the suite.",
)
@click.option("--effort", type=click.IntRange(0), default=1, show_default=True)
@click.option("--against", type=click.Choice(["memq-dqc"]), help="Run this compiler too, live.")
@click.option("--peer-python", help="The Python that has it installed; default: this one.")
@click.option("--peer-seconds", type=click.FloatRange(0), default=120.0, show_default=True,
              help="Time limit for one of its runs.")  # fmt: skip
@click.option(
    "--optimum",
    "programs",
    type=click.IntRange(1),
    metavar="COUNT",
    help="Instead: so many random small programs beside their exact optimum.",
)
@click.option("--published", is_flag=True, help="Instead: the circuits of published tables.")
@click.option("--processes", type=click.IntRange(1), default=1, show_default=True,
              help="With --optimum, --published: so many programs at one time.")  # fmt: skip
@click.option(
    "--write",
    "page",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the table to this page; the others' go between marks.",
)
@click.option("--json", "as_json", is_flag=True, help="Write JSON to standard output.")
@click.option("--quiet", "-q", is_flag=True, help="No progress on standard error.")
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
    processes: int,
    page: Path | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """Compile frozen circuits, beside other compilers' results."""
    if published and (programs is not None or against or quick):
        raise click.UsageError("--published takes no --optimum, --against or --quick")
    if circuits is not None and (families or quick) and not published:
        raise click.UsageError("--circuits takes all files of a folder: leave out the others")
    with reported(as_json):
        if published:
            from qdsl.studies.bench.published import tasks

            rows, absent = tasks(circuits, families, max_gates)
            beside = _beside_published(rows, effort, processes, quiet)
            _tell_published(beside, absent, as_json, page)
            return
        if programs is not None:
            small = _beside_optimum(programs, effort, processes, quiet)
            _tell(small, as_json, page)
            return
        from qdsl.studies.bench.memq import interpreter
        from qdsl.studies.bench.suite import cases, cases_of_folder
        from qdsl.studies.bench.table import markdown_table, text_table, to_json

        python = interpreter(peer_python) if against else None
        chosen = (
            cases(families, max_gates, quick)
            if circuits is None
            else cases_of_folder(circuits, max_gates)
        )
        if not chosen:
            raise click.UsageError("no circuit of the suite is that small")
        results, live = _run(chosen, effort, python, peer_seconds, quiet)
    if page is not None:
        save(markdown_table(results, live), page)
    if as_json:
        click.echo(json.dumps(to_json(results, live), indent=2))
    else:
        click.echo(text_table(results, live), nl=False)


def _run(
    chosen: list[Case], effort: int, python: str | None, seconds: float, quiet: bool
) -> tuple[list[Measured], Live]:
    from qdsl.studies.bench.memq import run_memq
    from qdsl.studies.bench.suite import measure

    progress = Progress(quiet)
    results: list[Measured] = []
    live: Live = {}
    try:
        for k, case in enumerate(chosen):
            progress.say(_bar(k, len(chosen), case.name))
            results += measure([case], effort)
            if python is not None:
                live[case.name] = run_memq(python, case.gates, case.network, seconds)
    finally:
        progress.clear()
    return results, live


def _bar(k: int, total: int, name: str) -> str:
    return f"[{'#' * (20 * k // total):<20}] {k}/{total}  {name}"


def _beside_optimum(count: int, effort: int, processes: int, quiet: bool) -> list[Compared]:
    from qdsl.studies.bench.optimum import compare_small

    progress = Progress(quiet)
    results = []
    try:
        for r in compare_small(range(count), effort, processes):
            results.append(r)
            progress.say(_bar(len(results), count, "small programs"))
    finally:
        progress.clear()
    return results


def _tell(results: list[Compared], as_json: bool, page: Path | None) -> None:
    from qdsl.studies.bench.optimum import excess, rewritten_page, summary

    found = summary(results)
    if page is not None:
        save(
            rewritten_page(page.read_text(encoding="utf-8") if page.exists() else "", results), page
        )
    if as_json:
        click.echo(json.dumps({"schema": "qdsl-optimum/1", **found}, indent=2))
        return
    below, above = (len(found[k]) for k in ("below", "above"))
    click.echo(
        f"{len(results)} random small programs, {found['optimum']} ebits at the exact optimum"
    )
    click.echo(f"  compiled            {found['ebits']} ebits, {excess(results):.1%} above it")
    click.echo(f"  below the optimum   {below} programs")
    click.echo(f"  above it            {above} programs")


def _beside_published(rows: list[Task], effort: int, processes: int, quiet: bool) -> list[Beside]:
    from qdsl.studies.bench.published import compare_published

    progress = Progress(quiet)
    results: list[Beside] = []
    try:
        for r in compare_published(rows, effort, processes):
            results.append(r)
            progress.say(_bar(len(results), len(rows), r.row.circuit))
    finally:
        progress.clear()
    return results


def _tell_published(
    results: list[Beside], absent: list[str], as_json: bool, page: Path | None
) -> None:
    from qdsl.studies.bench.published_table import page_of, text_table, to_json

    if page is not None:
        before = page.read_text(encoding="utf-8") if page.exists() else ""
        save(page_of(before, results, absent), page)
    if as_json:
        click.echo(json.dumps(to_json(results, absent), indent=2))
    else:
        click.echo(text_table(results, absent), nl=False)
