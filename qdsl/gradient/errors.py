"""The error that a method makes at the shots that its accuracy takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from qdsl.gradient.estimation import Estimate, Floats
from qdsl.gradient.resolution import EXACT, MOST_WORK, first_items, unbounded_bias
from qdsl.gradient.running import PROTOCOLS, SHADOWS, GradientPlan, spsa_variance
from qdsl.gradient.shadows import copies_of
from qdsl.passes.derive_gradient.problem import NoGradient
from qdsl.passes.derive_gradient.shadow_job import Shadow
from qdsl.records import dataclass

MOST_COPIES = 4000  # of a block and kick, whose scatter is looked at
MOST_DIRECTIONS = 2048
BY_ACCURACY = ("amplitude_estimation", *PROTOCOLS)  # run to an accuracy, not for a number of shots


@dataclass(frozen=True, slots=True, eq=False)
class GradientError:
    """`standard_error` float64[items, outputs, parameters] of an estimate by the method at the
    plan's shots; None where it is not known. `is_simulated`: seen in simulated shots, so itself
    only good to some per cent. `bias`: no derivative is off by more on average; None where it has
    no bound."""

    standard_error: Floats | None
    is_simulated: bool = False
    bias: float | None = 0.0


def error_of(plan: GradientPlan, exact: Estimate, values: Mapping[str, Any]) -> GradientError:
    """Of the plan's own method, for the items whose exact gradient `exact` is."""
    items, method, shots = first_items(plan, values), plan.method, plan.shots
    if method in EXACT:
        return GradientError((exact.unit_variance / shots) ** 0.5)
    if method == "finite_difference":
        own = plan.estimate(items)
        return GradientError((own.unit_variance / shots) ** 0.5, bias=_bounded(plan, own.bias))
    if method == "spsa" and _work(plan, exact, MOST_DIRECTIONS * 2) <= MOST_WORK:
        variance, bias = spsa_variance(plan, items, MOST_DIRECTIONS)
        return GradientError(variance**0.5, True, _bounded(plan, bias))
    if method in SHADOWS:
        return _of_shadows(plan, exact, items)
    return GradientError(None)


def _bounded(plan: GradientPlan, bias: float) -> float | None:
    return None if unbounded_bias(plan) else bias


def _of_shadows(plan: GradientPlan, exact: Estimate, items: Mapping[str, Any]) -> GradientError:
    """Fewer copies than the accuracy takes scatter in proportion more."""
    assert plan.derived is not None
    accuracy = (plan.comparison.epsilon, plan.profile.spread)
    jobs = [j.recipe for j in plan.derived.batch.jobs if isinstance(j.recipe, Shadow)]
    try:
        most = max((copies_of(recipe, plan.shots, *accuracy) for recipe in jobs), default=1)
    except NoGradient:
        return GradientError(None)
    shots = max(1, round(plan.shots * min(1.0, MOST_COPIES / most)))
    if _work(plan, exact, 2 * min(most, MOST_COPIES) * len(jobs)) > MOST_WORK:
        return GradientError(None)
    seen = plan.estimate(items, shots=shots)
    return GradientError((seen.variance * shots / plan.shots) ** 0.5, True)


def _work(plan: GradientPlan, exact: Estimate, states: int) -> float:
    rows, items = len(plan.circuit.table), len(exact.jacobian)
    return float(states * items * rows * 2.0**plan.circuit.n_qubits)
