"""The gradient of a program as its experiment wants it: planned, proved, and at some values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field, replace
from typing import TYPE_CHECKING, Any

from qdsl.diagnostics.request_error import whole
from qdsl.records import dataclass

if TYPE_CHECKING:
    from qdsl.analysis.assess import Assessment
    from qdsl.gradient.result import GradientResult
    from qdsl.gradient.running import GradientPlan

ACCURACY = (0.1, 0.05)  # epsilon and delta where nobody says


@dataclass(frozen=True, slots=True)
class GradientRequest:
    """What is asked for. None: the experiment's. `verify` as in `Program.compile`; `say` hears what
    is being done, `on_template(k, of)` of every circuit."""

    values: Mapping[str, Any] = field(default_factory=dict)
    method: str | None = None
    epsilon: float | None = None
    delta: float | None = None
    shots: int | None = None
    coherent: bool = False
    means: bool = False
    verify: bool | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    say: Callable[[str], None] = lambda text: None
    on_template: Callable[[int, int], None] | None = None

    def __post_init__(self) -> None:
        if self.shots is not None:
            whole(self.shots, "shots", 1)


def gradient_of(compiled: Any, asked: GradientRequest) -> GradientResult:
    """Of a compiled program, or of its source circuit alone (`passes=()`)."""
    from qdsl.gradient.compiling import proved
    from qdsl.gradient.errors import error_of
    from qdsl.gradient.resolution import findings, sampled_exactly
    from qdsl.gradient.result import GradientResult

    chosen = _experiment(compiled)
    plan, verified, options = _planned(compiled, asked), None, dict(asked.options)
    if asked.verify is not False and plan.derived is not None:
        asked.say("proving gradient circuits")
        verified = proved(plan.derived.batch, asked.verify, options)
    asked.say("simulating")
    inputs, drawn = _inputs(compiled, asked.values)
    exact = sampled_exactly(plan, inputs)
    error = None if exact is None else error_of(plan, exact, inputs)
    means = _means(plan, inputs, options) if asked.means else None
    asked.say("compiling the program itself")
    assessed = _assessment(compiled, plan, options)
    found = findings(plan, exact, asked.shots or (chosen.gradient_shots if chosen else None))
    return GradientResult(plan, verified, found, exact, means, drawn, assessed, error)


def _experiment(compiled: Any) -> Any:
    name = compiled.experiment
    return compiled.program.experiment(name) if name else None


def _planned(compiled: Any, asked: GradientRequest) -> GradientPlan:
    from qdsl.gradient import plan

    chosen, method = _experiment(compiled), asked.method
    if method is None:
        method = chosen.gradient if chosen else "auto"
        method = "auto" if method == "exact" else method
    pairs = zip(("epsilon", "delta"), ACCURACY, strict=True)
    accuracy = {
        name: given
        if (given := getattr(asked, name)) is not None
        else (getattr(chosen, name) if chosen else None) or usual
        for name, usual in pairs
    }
    return plan(
        compiled.circuit,
        method,
        **accuracy,
        values={**_own_data(compiled, asked.values), **asked.values},
        options=asked.options,
        coherent=asked.coherent,
        on_template=asked.on_template,
    )


def _assessment(compiled: Any, plan: GradientPlan, options: dict[str, Any]) -> Assessment:
    """What the report says of the program, to the accuracy of the gradient."""
    from qdsl.ir.stages import ScheduledCircuit

    whole = compiled
    if not isinstance(compiled.stage, ScheduledCircuit):
        whole = compiled.program.compile(
            compiled.model,
            experiment=compiled.experiment,
            network=compiled.circuit.network,
            settings=dict(compiled.settings),
            verify=False,
            options=options,
        )
    found: Assessment = whole.assess(plan.comparison.epsilon, plan.comparison.delta)
    return found


def _means(plan: GradientPlan, inputs: dict[str, Any], options: dict[str, Any]) -> Any:
    """The outputs by amplitude estimation, and exactly."""
    from qdsl.gradient.amplitude import means_by_amplitudes
    from qdsl.gradient.estimation import exact_means

    c = plan.comparison
    found = means_by_amplitudes(plan.circuit, inputs, c.epsilon, c.delta, options=options)
    return found, exact_means(plan.circuit, inputs)


def _own_data(compiled: Any, values: Mapping[str, Any]) -> dict[str, Any]:
    """All items of the experiment's data: those with the largest numbers take most shots."""
    inputs, drawn = _inputs(compiled, values)
    data = {v.name for v in compiled.circuit.values.vectors if v.role == "data"} - set(drawn)
    return {name: array for name, array in inputs.items() if name in data}


def _inputs(compiled: Any, values: Mapping[str, Any]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Values of all vectors, those without a source drawn; of data, the first items."""
    from qdsl.run.inputs import gather

    chosen = _experiment(compiled)
    seed = chosen.seed if chosen else 0
    if chosen is not None:  # labels do not matter to the means
        chosen = replace(chosen, sources=tuple(s for s in chosen.sources if s.role != "label"))
    folders = compiled.program.checked.folders
    inputs = gather(compiled.circuit, chosen, dict(values), folders, seed)
    return {**inputs.single, **inputs.batched}, inputs.drawn
