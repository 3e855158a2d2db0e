"""`qdsl sweep`: how good the links and nodes of a network have to be."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from qdsl.cli import completion
from qdsl.cli.inputs import load_program
from qdsl.cli.interrupt import end_at_once, finished
from qdsl.cli.options import (
    FILE,
    PATH,
    monte_carlo_option,
    pass_options,
    program_options,
    settings_of,
)
from qdsl.cli.output import (
    EXIT_INPUT,
    ProgressLine,
    reported,
    save,
    show_diagnostics,
    write,
    write_json,
)
from qdsl.cli.spread import workers_options

if TYPE_CHECKING:
    from qdsl.driver.workers import Workers
    from qdsl.report.design.result import DesignResult
    from qdsl.studies.design.sweep import Study


@click.command("sweep")
@program_options
@click.option(
    "--over",
    multiple=True,
    required=True,
    metavar="PROPERTY=A..B",
    shell_complete=completion.properties,
    help="Property of links or nodes and its values: link.rate=10..1e6, node.comm=1,2,4, "
    "link.alice-bob.latency=1us..1ms. May be given twice.",
)
@click.option(
    "--points", type=int, default=11, show_default=True, help="Number of values in a range."
)
@click.option(
    "--need",
    "needs",
    multiple=True,
    metavar="QUANTITY=BOUND",
    shell_complete=completion.quantities,
    help="At least this fidelity, at most this makespan, mean, p95, ebits or rounds: "
    "fidelity=0.9, makespan=10ms.",
)
@monte_carlo_option
@click.option(
    "--shots",
    type=click.IntRange(1),
    help="Executions for which pairs are compared with circuit cutting [default: the "
    "experiment's, else 1000]",
)
@workers_options
@click.option("--csv", "as_csv", is_flag=True, help="Write the points as CSV.")
@click.option("--html", type=FILE, metavar="FILE", help="Also write curves or heat maps as a page.")
@click.option("--output", "-o", type=PATH, help="Write to this file instead of standard output.")
def command(over: tuple[str, ...], points: int, needs: tuple[str, ...], as_csv: bool,
            html: Path | None, output: Path | None, workers: Workers,
            **given: Any) -> None:  # fmt: skip
    """Find out how good links and nodes have to be."""
    if as_csv and given["as_json"]:
        raise click.UsageError("choose one of --csv and --json")
    with reported(given["as_json"]):
        study = _study(over, points, needs, given)
        found, is_stopped = _run(study, workers, given["quiet"])
        _tell(found, as_csv, html, output, given)
    if is_stopped:
        sys.stdout.flush()
        finished("the points above were finished; --over with other values gives the rest")
        end_at_once()
    if found.unreached is not None:
        if not given["as_json"]:
            show_diagnostics((found.unreached,), False)
        sys.exit(EXIT_INPUT)


def _study(
    over: tuple[str, ...], points: int, needs: tuple[str, ...], given: dict[str, Any]
) -> Study:
    from qdsl.studies.design.evaluate import job_of
    from qdsl.studies.design.sweep import Study

    program = load_program(given)
    chosen = pass_options(given)
    how = {
        "model": given["model"],
        "experiment": given["experiment"],
        "settings": settings_of(given["settings"]),
        "network": given["network"],
        "options": chosen,
        "verify": given["verify"],
    }
    runs, seed = given["monte_carlo"] or 0, chosen.get("seed", 0)
    job = job_of(program, how, runs, seed, given["shots"])
    return Study(job, _named(over, "--over"), _named(needs, "--need"), points)


def _named(texts: tuple[str, ...], option: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for text in texts:
        name, equals, value = (part.strip() for part in text.partition("="))
        name = name.rstrip("<> ")  # `makespan<=10ms` is taken, too
        if not (name and equals and value):
            example = "link.rate=10..1e6" if option == "--over" else "fidelity=0.9"
            raise click.UsageError(f"{option} expects NAME=VALUES, as {example}, not '{text}'")
        if name in found:
            raise click.UsageError(f"{option} {name} is given twice")
        found[name] = value
    return found


def _run(study: Study, workers: Workers, quiet: bool) -> tuple[DesignResult, bool]:
    """What was found, and whether Ctrl-C came first: then it is what was finished by then."""
    with ProgressLine(quiet) as progress:

        def step(k: int, of: int, doing: str) -> None:
            progress.bar(k, of, f"{k}/{of}  {doing}")

        try:
            progress.bar(0, study.total, "compiling")
            for k, point in enumerate(study.evaluated(workers), 1):
                step(k, study.total, study.said(point.at))
            return study.finished(step), False
        except KeyboardInterrupt:
            if not study.points:
                raise
            return study.so_far(), True


def _tell(
    found: DesignResult, as_csv: bool, html: Path | None, output: Path | None, given: dict[str, Any]
) -> None:
    if html is not None:
        save(found.html(), html)
    if as_csv:
        write(found.csv(), output)
    elif given["as_json"]:
        write_json(found.to_json(), output)
    else:
        write(str(found), output)
