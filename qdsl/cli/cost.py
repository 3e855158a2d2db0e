"""`qdsl cost`: the costs of a program, at one size or at many."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from qdsl.cli import completion
from qdsl.cli.inputs import load_program
from qdsl.cli.options import PATH, monte_carlo_option, pass_options, program_options, settings_of
from qdsl.cli.output import ProgressLine, reported, write
from qdsl.cli.spread import workers_options
from qdsl.files.decimals import whole

if TYPE_CHECKING:
    from qdsl.analysis.findings import Scaling, SweepAxis
    from qdsl.api import Program
    from qdsl.driver.workers import Workers
    from qdsl.studies.sweep import Sweep

MOST_VALUES = 10_000
LARGEST = 20_000  # operations of a model that a sweep still compiles
_SWEEP = re.compile(r"\s*(?P<name>[^\W\d]\w*)\s*=\s*(?P<values>.+)", re.DOTALL)
_RANGE = re.compile(r"\s*(-?[0-9]{1,99})\s*\.\.\s*(-?[0-9]{1,99})\s*(?:step\s+([0-9]{1,99})\s*)?")
_EXPECTED = "--sweep expects NAME=FIRST..LAST, NAME=FIRST..LAST step K or NAME=A,B,C, not "


def _number(context: click.Context, option: click.Parameter, value: float | None) -> float | None:
    from qdsl.analysis.formulas import FINEST

    if value is not None and not value >= FINEST:
        raise click.BadParameter(f"{value:g} is not a number of at least {FINEST:g}")
    return value


@click.command("cost")
@program_options
@click.option(
    "--sweep",
    "sweeps",
    multiple=True,
    metavar="NAME=A..B",
    shell_complete=completion.settings,
    help="Compile for every value from A to B, both included: n=2..20, 'n=2..20 step 2', n=2,4,8. "
    "May be given several times.",
)
@click.option(
    "--epsilon",
    type=click.FloatRange(0, 1, min_open=True),
    callback=_number,
    help="Additive error of the outputs [default: the experiment's, else 0.1]",
)
@click.option(
    "--delta",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    callback=_number,
    help="Probability of a larger error [default: the experiment's, else 0.05]",
)
@click.option(
    "--largest",
    type=click.IntRange(1),
    default=LARGEST,
    show_default=True,
    help="Largest model that a sweep compiles, in operations; beyond it, formulas are used.",
)
@monte_carlo_option
@workers_options
@click.option("--csv", "as_csv", is_flag=True, help="Write the sweep as CSV.")
@click.option("--plot", type=PATH, metavar="FILE.svg", help="Also plot the sweep to this file.")
@click.option("--output", "-o", type=PATH, help="Write to this file instead of standard output.")
def command(sweeps: tuple[str, ...], epsilon: float | None, delta: float | None, largest: int,
            as_csv: bool, plot: Path | None, output: Path | None, workers: Workers, **given: Any,
            ) -> None:  # fmt: skip
    """Count the costs of a program, at one size or at many."""
    if (as_csv or plot) and not sweeps:
        raise click.UsageError("--csv and --plot require --sweep")
    if sweeps and given["monte_carlo"]:
        raise click.UsageError("choose one of --sweep and --monte-carlo")
    if as_csv and given["as_json"]:
        raise click.UsageError("choose one of --csv and --json")
    with reported(given["as_json"]):
        sweep = _sweep(load_program(given), sweeps, epsilon, delta, largest, given)
        if sweeps:
            write(_swept_text(sweep, as_csv, plot, workers, given), output)
        else:
            write(_at_one_size(sweep, given), output)


def _sweep(
    program: Program,
    sweeps: tuple[str, ...],
    epsilon: float | None,
    delta: float | None,
    largest: int,
    given: dict[str, Any],
) -> Sweep:
    from qdsl.studies.sizes import sweep_of

    axes, settings = tuple(axis_of(text) for text in sweeps), settings_of(given["settings"])
    return sweep_of(program, axes, given["model"], given["experiment"], settings, given["network"],
                    pass_options(given), (epsilon, delta), largest)  # fmt: skip


def axis_of(text: str) -> SweepAxis:
    """`n=2..20`, `n=2..20 step 2`, `n=2,4,8`."""
    from qdsl.analysis.findings import SweepAxis

    found = _SWEEP.fullmatch(text)
    if found is None:
        raise click.UsageError(f"{_EXPECTED}'{text}'")
    values = found["values"]
    if (span := _RANGE.fullmatch(values)) is not None:
        first, last, step = (int(x or 1) for x in span.groups())
        if step < 1 or (last - first) // step >= MOST_VALUES:
            raise click.UsageError(f"'{text}' must give 1 to {MOST_VALUES} values")
        chosen = tuple(range(first, last + 1, step))
    else:
        try:
            chosen = tuple(dict.fromkeys(whole(v) for v in values.split(",")))
        except ValueError:
            raise click.UsageError(f"{_EXPECTED}'{text}'") from None
    if not chosen:
        raise click.UsageError(f"'{text}' gives no value: the first exceeds the last")
    return SweepAxis(found["name"], chosen)


def _swept(sweep: Sweep, given: dict[str, Any], workers: Workers) -> Scaling:
    from qdsl.studies.scaling import swept

    with ProgressLine(given["quiet"]) as progress:
        return swept(sweep, progress.say, workers)


def _swept_text(
    sweep: Sweep, as_csv: bool, plot: Path | None, workers: Workers, given: dict[str, Any]
) -> str:
    from qdsl.report.scaling_result import ScalingResult

    found = ScalingResult(_swept(sweep, given, workers), sweep.model, sweep.program.source.path)
    if plot is not None:
        picture = found.svg()
        if picture is None:
            raise click.UsageError("--plot requires at least two sizes with known costs")
        write(picture, plot)
    if as_csv:
        return found.csv()
    return json.dumps(found.to_json(), indent=2) if given["as_json"] else str(found)


def _at_one_size(sweep: Sweep, given: dict[str, Any]) -> str:
    import sys

    from qdsl.cli.output import color, exit_if_refuted
    from qdsl.report.text import render_cost

    compiled = sweep.program.compile(
        sweep.model,
        experiment=sweep.experiment,
        network=sweep.network,
        settings=sweep.settings,
        options=sweep.options,
        verify=given["verify"],
    )
    exit_if_refuted(compiled, given)
    report = compiled.report(epsilon=sweep.epsilon, delta=sweep.delta)
    if given["monte_carlo"]:
        drawn = compiled.arrivals(given["monte_carlo"], given.get("seed") or 0)
        report = replace(report, arrivals=drawn)
    if given["as_json"]:
        return json.dumps(report.to_json(), indent=2)
    return render_cost(report, color(sys.stdout))
