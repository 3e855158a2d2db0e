"""`qdsl.scaling`: the costs of a model at many sizes."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from operator import index
from pathlib import Path
from typing import Any

from qdsl.analysis.findings import SweepAxis
from qdsl.api import Compiled, Program, UsageError, load
from qdsl.diagnostics.request_error import WrongArgument, by_name
from qdsl.driver.workers import ALONE, Workers
from qdsl.network.network import Network
from qdsl.report.scaling_result import ScalingResult
from qdsl.studies.scaling import MOST_POINTS, swept
from qdsl.studies.sweep import LARGEST, Sweep


def scaling(
    program: Program | Compiled | str | Path,
    over: Mapping[str, Iterable[int]],
    *,
    model: str | None = None,
    experiment: str | None = None,
    settings: Mapping[str, int] | None = None,
    network: str | Network | None = None,
    options: Mapping[str, Any] | None = None,
    epsilon: float | None = None,
    delta: float | None = None,
    largest: int = LARGEST,
    workers: Workers = ALONE,
    on_point: Callable[[str], None] | None = None,
) -> ScalingResult:
    """Compile a model for all combinations of values of its parameters, and count the costs.

    `program`: a program, the path of a `.qdm` file, or a compiled program, whose model, experiment,
    options and other settings are then the defaults. `over`: parameters of the model and their
    values, such as `{"n": range(2, 21)}`. `epsilon`, `delta`: the accuracy of the outputs, None:
    the experiment's, else 0.1 and 0.05. `largest`: operations of a source that is still compiled;
    larger ones are counted by a formula where one is confirmed. `workers` share the sizes, and
    `on_point` hears of every one.

    The result has `points`, `columns`, the `crossover` with the best classical protocol, and its
    forms. `UsageError` for parameters that are not there, or more than 2,000 sizes.
    """
    chosen, given = by_name(options, "options", '{"seed": 1}'), dict(settings or {})
    axes = axes_of(over)
    if isinstance(program, Compiled):
        model = model or program.model
        experiment = experiment or (program.experiment if model == program.model else None)
        kept = {k: v for k, v in program.settings if k not in {axis.name for axis in axes}}
        given, chosen = {**kept, **given}, dict(program.options) if options is None else chosen
        network = program.circuit.network if network is None else network
        program = program.program
    made = program if isinstance(program, Program) else load(program)
    sweep = sweep_of(made, axes, model, experiment, given, network, chosen, (epsilon, delta),
                     largest)  # fmt: skip
    found = swept(sweep, on_point or (lambda text: None), workers)
    return ScalingResult(found, sweep.model, made.source.path)


def axes_of(over: Mapping[str, Iterable[int]]) -> tuple[SweepAxis, ...]:
    """The axes, in the order given. WrongArgument for values that are no whole numbers."""
    axes = []
    for name, values in by_name(over, "over", '{"n": range(2, 21)}').items():
        try:
            numbers = tuple(dict.fromkeys(index(v) for v in values))
        except TypeError:
            raise WrongArgument(
                f"`over` gives {values!r} for '{name}': give whole numbers, such as range(2, 21)"
            ) from None
        if not numbers:
            raise WrongArgument(f"`over` gives no value for '{name}'")
        axes.append(SweepAxis(name, numbers))
    return tuple(axes)


def sweep_of(
    program: Program,
    axes: tuple[SweepAxis, ...],
    model: str | None,
    experiment: str | None,
    settings: Mapping[str, int],
    network: Any,
    options: Mapping[str, Any],
    accuracy: tuple[float | None, float | None] = (None, None),
    largest: int = LARGEST,
) -> Sweep:
    """The sweep. UsageError for parameters that the model has not, or that are also set, and for
    too many sizes."""
    name = program.model_of(model, experiment)
    known = program.checked.models[name].parameters
    names = [*(axis.name for axis in axes), *settings]
    for parameter in names:
        if parameter not in known:
            there = ", ".join(known) or "none"
            raise UsageError(f"'{name}' has no parameter '{parameter}'; it has {there}")
    if len(set(names)) < len(names):
        raise UsageError("a parameter may be set or swept only once")
    points = math.prod(len(axis.values) for axis in axes)
    if points > MOST_POINTS:
        raise UsageError(f"{points} sizes are too many: a sweep has at most {MOST_POINTS}")
    return Sweep(program, name, axes, experiment, network, settings, options, *accuracy, largest)
