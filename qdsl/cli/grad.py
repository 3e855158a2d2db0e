"""`qdsl grad`: a program's gradient as circuits, what each method costs, and what it shows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from qdsl.cli.inputs import chosen_experiment, load_program, read_values
from qdsl.cli.options import (
    PATH,
    emit_option,
    pass_options,
    program_options,
    settings_of,
    values_option,
)
from qdsl.cli.output import EXIT_INTERNAL, ProgressLine, make_folder, reported, save, stop, write

if TYPE_CHECKING:
    from qdsl.api import Compiled
    from qdsl.gradient.result import GradientResult

COMPILING = "compiling gradient circuits"


@click.command("grad")
@program_options
@click.option("--method", help="Gradient method [default: the experiment's, else auto]")
@click.option(
    "--epsilon",
    type=float,
    help="Largest error of a derivative [default: the experiment's, else 0.1]",
)
@click.option(
    "--delta",
    type=float,
    help="Probability that any error is larger [default: the experiment's, else 0.05]",
)
@click.option(
    "--shots",
    type=click.IntRange(1),
    help="Warn about derivatives that this many shots cannot resolve [default: the experiment's, "
    "else as many as epsilon requires]",
)
@values_option
@click.option("--coherent", is_flag=True, help="Let auto choose methods with long coherent runs.")
@click.option("--means", is_flag=True, help="Also estimate the outputs, by amplitude estimation.")
@emit_option("Write the circuits: ir, or a target such as qasm3.")
@click.option(
    "--output",
    "-o",
    type=PATH,
    help="Folder for --emit, with one file per circuit; otherwise file for the report.",
)
def command(
    method: str | None,
    epsilon: float | None,
    delta: float | None,
    shots: int | None,
    values: Path | None,
    target: str | None,
    output: Path | None,
    **given: Any,
) -> None:
    """Derive gradient circuits, and compare the methods' costs."""
    if given["as_json"] and target:
        raise click.UsageError("choose one of --json and --emit: both write to standard output")
    with reported(given["as_json"]):
        compiled, numbers = _source(given), read_values(values) or {}
        with ProgressLine(given["quiet"]) as progress:
            found = compiled.grad(
                numbers,
                method=method,
                epsilon=epsilon,
                delta=delta,
                shots=shots,
                coherent=given["coherent"],
                means=given["means"],
                verify=given["verify"],
                options=pass_options(given),
                say=progress.say,
                on_template=lambda k, of: progress.bar(k, of, f"{COMPILING} {k}/{of}"),
            )
        if found.verified is False:
            stop(
                "a compiled template is not equal to its source: please report this bug",
                EXIT_INTERNAL,
            )
        if target is not None:
            _emit(found, target, output, numbers)
        else:
            shown = json.dumps(found.to_json(), indent=2) if given["as_json"] else f"{found}\n"
            write(shown, output)


def _source(given: dict[str, Any]) -> Compiled:
    """The source circuit, not yet compiled."""
    program = load_program(given)
    return program.compile(
        given["model"],
        experiment=chosen_experiment(program, given["model"], given["experiment"]),
        network=given["network"],
        settings=settings_of(given["settings"]),
        passes=(),
    )


def _emit(found: GradientResult, target: str, output: Path | None, values: dict[str, Any]) -> None:
    if output is not None:
        make_folder(output)
    for name, text in found.emit_texts(target, values).items():
        if output is None:
            write(text, None)
        else:
            save(text, output / name)
