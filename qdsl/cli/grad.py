"""`qdsl grad`: a program's gradient as circuits, what each method costs, and what it shows."""

from __future__ import annotations

import json
from dataclasses import replace
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
    from qdsl.gradient.running import GradientPlan


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
        known = {**_own_data(compiled, numbers), **numbers}
        plan = _planned(compiled, method, epsilon, delta, given, known)
        shown = _shown(compiled, plan, given, numbers, shots)
        if shown.verified is False:
            stop(
                "a compiled template is not equal to its source: please report this bug",
                EXIT_INTERNAL,
            )
        if target is not None:
            _emit(plan, target, output, numbers)
        else:
            from qdsl.gradient.text import render, to_json

            text = json.dumps(to_json(shown), indent=2) if given["as_json"] else render(shown)
            write(text, output)


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


def _planned(
    compiled: Compiled,
    method: str | None,
    epsilon: float | None,
    delta: float | None,
    given: dict[str, Any],
    values: dict[str, Any],
) -> GradientPlan:
    from qdsl.gradient import plan

    name = compiled.experiment
    chosen = compiled.program.experiment(name) if name else None
    if method is None:
        method = chosen.gradient if chosen else "auto"
        method = "auto" if method == "exact" else method
    epsilon = epsilon if epsilon is not None else (chosen.epsilon if chosen else None) or 0.1
    delta = delta if delta is not None else (chosen.delta if chosen else None) or 0.05
    with ProgressLine(given["quiet"]) as progress:
        return plan(
            compiled.circuit,
            method,
            epsilon=epsilon,
            delta=delta,
            values=values,
            options=pass_options(given),
            coherent=given["coherent"],
            on_template=lambda k, of: progress.bar(k, of, f"compiling gradient circuits {k}/{of}"),
        )


def _shown(
    compiled: Compiled,
    plan: GradientPlan,
    given: dict[str, Any],
    values: dict[str, Any],
    shots: int | None,
) -> Any:
    from qdsl.gradient.compiling import proved
    from qdsl.gradient.errors import error_of
    from qdsl.gradient.resolution import findings, sampled_exactly
    from qdsl.gradient.text import Shown

    options, verified = pass_options(given), None
    with ProgressLine(given["quiet"]) as progress:
        if given["verify"] is not False and plan.derived is not None:
            progress.say("proving gradient circuits")
            verified = proved(plan.derived.batch, given["verify"], options)
        progress.say("simulating")
        inputs, drawn = _inputs(compiled, values)
        exact = sampled_exactly(plan, inputs)
        error = None if exact is None else error_of(plan, exact, inputs)
        means = _means(plan, inputs, options) if given["means"] else None
        name = compiled.experiment
        asked = compiled.program.experiment(name).gradient_shots if name else None
        progress.say("compiling the program itself")
        assessed = _assessment(compiled, plan, given)
    found = findings(plan, exact, shots or asked)
    return Shown(plan, verified, found, exact, means, drawn, assessed, error)


def _assessment(compiled: Compiled, plan: GradientPlan, given: dict[str, Any]) -> Any:
    """What the report says of the program, to the accuracy of the gradient."""
    whole = compiled.program.compile(
        compiled.model,
        experiment=compiled.experiment,
        network=given["network"],
        settings=dict(compiled.settings),
        verify=False,
        options=pass_options(given),
    )
    return whole.assess(plan.comparison.epsilon, plan.comparison.delta)


def _means(plan: GradientPlan, inputs: dict[str, Any], options: dict[str, Any]) -> Any:
    """The outputs by amplitude estimation, and exactly."""
    from qdsl.gradient.amplitude import means_by_amplitudes
    from qdsl.gradient.estimation import exact_means

    c = plan.comparison
    found = means_by_amplitudes(plan.circuit, inputs, c.epsilon, c.delta, options=options)
    return found, exact_means(plan.circuit, inputs)


def _own_data(compiled: Compiled, values: dict[str, Any]) -> dict[str, Any]:
    """All items of the experiment's data: those with the largest numbers take most shots."""
    inputs, drawn = _inputs(compiled, values)
    data = {v.name for v in compiled.circuit.values.vectors if v.role == "data"} - set(drawn)
    return {name: array for name, array in inputs.items() if name in data}


def _inputs(compiled: Compiled, values: dict[str, Any]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Values of all vectors, those without a source drawn; of data, the first items."""
    from qdsl.run.inputs import gather

    name = compiled.experiment
    chosen = compiled.program.experiment(name) if name else None
    seed = chosen.seed if chosen else 0
    if chosen is not None:  # labels do not matter to the means
        chosen = replace(chosen, sources=tuple(s for s in chosen.sources if s.role != "label"))
    inputs = gather(compiled.circuit, chosen, values, compiled.program.checked.folders, seed)
    return {**inputs.single, **inputs.batched}, inputs.drawn


def _emit(plan: GradientPlan, target: str, output: Path | None, values: dict[str, Any]) -> None:
    from qdsl.gradient.emitting import emitted

    if output is not None:
        make_folder(output)
    for name, text in emitted(plan, target, values):
        if output is None:
            write(text, None)
        else:
            save(text, output / name)
