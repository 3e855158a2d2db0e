"""`qdsl grad`: a program's gradient as circuits, what each method costs, and what it shows."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from qdsl.cli.options import program_options, settings_of
from qdsl.cli.output import EXIT_INTERNAL, Progress, reported, save, show_diagnostics, stop, write

if TYPE_CHECKING:
    from qdsl.api import Compiled, Program
    from qdsl.gradient.running import Plan

SHARED = ("coherent", "means", "file", "model", "experiment", "network", "settings", "folders",
          "verify", "as_json", "timing", "quiet")  # fmt: skip


@click.command("grad")
@program_options
@click.option(
    "--method", default=None, help="How derivatives are read [default: the experiment's, else auto]"
)
@click.option(
    "--epsilon",
    type=float,
    default=None,
    help="Accuracy of every derivative [default: the experiment's, else 0.1]",
)
@click.option(
    "--delta",
    type=float,
    default=None,
    help="Probability that some is less accurate [default: the experiment's, else 0.05]",
)
@click.option(
    "--shots",
    type=click.IntRange(1),
    help="Warn of what this many cannot resolve [default: the experiment's, else epsilon's]",
)
@click.option(
    "--values", type=click.Path(path_type=Path), help="An .npz with values of vectors, by name."
)
@click.option("--coherent", is_flag=True, help="auto may take many passes in a row.")
@click.option("--means", is_flag=True, help="The outputs too, by amplitude estimation.")
@click.option("--emit", "target", help="Write the circuits: ir, or a target such as qasm3.")
@click.option(
    "--output",
    "-o",
    type=click.Path(path_type=Path),
    help="Folder for --emit, one file a circuit; file for the report.",
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
    """Derive gradient circuits, and compare what they cost."""
    if given["as_json"] and target:
        raise click.UsageError("--json writes the report: leave out --emit")
    with reported(given["as_json"]):
        compiled = _source(given)
        plan = _planned(compiled, method, epsilon, delta, given, _read(values))
        shown = _shown(compiled, plan, given, _read(values), shots)
        if shown.verified is False:
            stop(
                "a compiled template is not equal to what was derived; please report this",
                EXIT_INTERNAL,
            )
        if target is not None:
            _emit(plan, target, output, _read(values))
        else:
            from qdsl.gradient.text import render, to_json

            text = json.dumps(to_json(shown), indent=2) if given["as_json"] else render(shown)
            write(text, output)


def _source(given: dict[str, Any]) -> Compiled:
    """The source circuit, not yet compiled."""
    import qdsl

    program: Program = qdsl.load(given["file"], given["folders"])
    if program.warnings and not given["as_json"]:
        show_diagnostics(program.warnings, False)
    experiment = given["experiment"]
    if experiment is None:
        meant = program.model_of(given["model"], None)
        names = [n for n in program.experiments if program.experiment(n).model == meant]
        experiment = names[0] if len(names) == 1 else None
    return program.compile(
        given["model"],
        experiment=experiment,
        network=given["network"],
        settings=settings_of(given["settings"]),
        passes=(),
    )


def _read(path: Path | None) -> dict[str, Any]:
    if path is None:
        return {}
    from qdsl.data.files import read_archive

    return dict(read_archive(path))


def _planned(
    compiled: Compiled,
    method: str | None,
    epsilon: float | None,
    delta: float | None,
    given: dict[str, Any],
    values: dict[str, Any],
) -> Plan:
    from qdsl.gradient import plan

    name = compiled.experiment
    chosen = compiled.program.experiment(name) if name else None
    if method is None:
        method = chosen.gradient if chosen else "auto"
        method = "auto" if method == "exact" else method
    epsilon = epsilon if epsilon is not None else (chosen.epsilon if chosen else None) or 0.1
    delta = delta if delta is not None else (chosen.delta if chosen else None) or 0.05
    options = {k: v for k, v in given.items() if k not in SHARED and v is not None}
    progress = Progress(given["quiet"])

    def done(k: int, of: int) -> None:
        progress.say(f"compiling gradient circuits {k}/{of}")

    try:
        return plan(compiled.circuit, method, epsilon=epsilon, delta=delta, values=values,
                    options=options, coherent=given["coherent"], on_template=done)  # fmt: skip
    finally:
        progress.clear()


def _shown(
    compiled: Compiled, plan: Plan, given: dict[str, Any], values: dict[str, Any], shots: int | None
) -> Any:
    from qdsl.gradient.compiling import proved
    from qdsl.gradient.resolution import findings, sampled_exactly
    from qdsl.gradient.text import Shown

    progress = Progress(given["quiet"])
    try:
        verified = None
        if given["verify"] is not False and plan.derived is not None:
            progress.say("proving gradient circuits")
            verified = proved(plan.derived.batch, given.get("verify"), _pass_options(given))
        progress.say("simulating")
        inputs, drawn = _inputs(compiled, values)
        exact = sampled_exactly(plan, inputs)
        means = _means(plan, inputs, _pass_options(given)) if given["means"] else None
    finally:
        progress.clear()
    name = compiled.experiment
    asked = compiled.program.experiment(name).gradient_shots if name else None
    return Shown(plan, verified, findings(plan, exact, shots or asked), exact, means, drawn)


def _means(plan: Plan, inputs: dict[str, Any], options: dict[str, Any]) -> Any:
    """The outputs by amplitude estimation, and exactly."""
    from qdsl.gradient.amplitude import means_by_amplitudes
    from qdsl.gradient.estimation import exact_means

    c = plan.comparison
    found = means_by_amplitudes(plan.circuit, inputs, c.epsilon, c.delta, options=options)
    return found, exact_means(plan.circuit, inputs)


def _pass_options(given: dict[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in given.items() if k not in SHARED and v is not None}


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


def _emit(plan: Plan, target: str, output: Path | None, values: dict[str, Any]) -> None:
    from qdsl.gradient.emitting import emitted

    if output is not None:
        try:
            output.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise click.UsageError(f"cannot make {output}: {error.strerror}") from None
    for name, text in emitted(plan, target, values):
        if output is None:
            write(text, None)
        else:
            save(text, output / name)
