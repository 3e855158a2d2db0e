"""When a gradient is too small to be seen by the shots asked for, with the numbers."""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil, sqrt
from typing import Any

import numpy as np

from qdsl.gradient.counts import hoeffding
from qdsl.gradient.estimation import Estimate, estimated
from qdsl.gradient.running import GradientPlan
from qdsl.passes.derive_gradient.derive import derived
from qdsl.passes.derive_gradient.directions import is_bounded
from qdsl.passes.derive_gradient.problem import problem_of
from qdsl.records import dataclass


@dataclass(frozen=True, slots=True)
class GradientFinding:
    """`kind`: "barren" (the gradient seen is below the resolution), "vacuous" (an answer of 0
    would do), "plateau" (what a scrambling circuit would show is below it), "bias" (what the method
    promises cannot be kept)."""

    kind: str
    text: str


MOST_WORK = 2e8  # amplitudes times rows times points of a simulation made unasked
MOST_ITEMS = 8
EXACT = (
    "commuting_block",
    "mixed",
    "cat",
    "overlap",
    "hadamard",
    "parameter_shift",
)  # batches read as such


def sampled_exactly(plan: GradientPlan, values: Mapping[str, Any]) -> Estimate | None:
    """The exact gradient for the first items; None where that is too much to simulate. What one
    shot of it is worth is the method's own only where that is read as it stands, in `EXACT`."""
    circuit = plan.circuit
    first = first_items(plan, values)
    items = max(
        (
            len(a) if a.ndim > len(v.shape) else 1
            for a, v in ((first[v.name], v) for v in circuit.values.vectors)
        ),
        default=1,
    )
    points = 2 * plan.profile.rotations * items
    if circuit.n_qubits > 20 or points * len(circuit.table) * 2.0**circuit.n_qubits > MOST_WORK:
        return None
    made = plan.derived.batch if plan.derived is not None else None
    if made is None or plan.method not in EXACT:
        made = derived(circuit, "parameter_shift")
    return estimated(made, first)


def first_items(plan: GradientPlan, values: Mapping[str, Any]) -> dict[str, np.ndarray]:
    """The values of so many items as are simulated unasked."""
    return {v.name: _first_items(values[v.name], v.shape) for v in plan.circuit.values.vectors}


def _first_items(array: Any, shape: tuple[int, ...]) -> np.ndarray:
    found = np.asarray(array, np.float64)
    return found[:MOST_ITEMS] if found.ndim > len(shape) else found


def resolution(plan: GradientPlan, shots: int, delta: float) -> float:
    """The error that all derivatives are below with probability 1 - delta, by Hoeffding; wider
    ones get more shots, so that it is one for all."""
    return sqrt(hoeffding(plan.profile.parameters, 1.0, delta) / shots)


def scrambled(plan: GradientPlan) -> float:
    """The root mean square derivative of a circuit that scrambles its qubits, for a parameter of
    unit range: `d**2 / (2 (d**2 - 1) (d + 1))`, d = 2**n, times the range squared."""
    d = 2.0 ** min(plan.circuit.n_qubits, 500)
    return plan.profile.spread * sqrt(1 / (2 * (1 - d**-2) * (d + 1)))


def findings(
    plan: GradientPlan, exact: Estimate | None, shots: int | None = None
) -> tuple[GradientFinding, ...]:
    """What to warn of at the shots asked for, by default those that epsilon takes. `exact` is the
    exact gradient at some values, if it could be simulated."""
    used = plan.comparison.shots if shots is None else shots
    seen = resolution(plan, used, plan.comparison.delta)
    found = unbounded_bias(plan)
    if exact is not None:
        found += _barren(plan, exact, used, seen)
    typical = scrambled(plan)
    if not found and typical < seen and exact is None:
        shots_wanted = ceil(used * (seen / typical) ** 2)
        found.append(GradientFinding("plateau", (
            f"If the circuit scrambles its {plan.circuit.n_qubits} qubits, derivatives are about "
            f"{typical:.2g}, below the resolution {seen:.2g} of {used} shots; "
            f"{shots_wanted:.3g} shots would show them."
        )))  # fmt: skip
    return tuple(found)


def unbounded_bias(plan: GradientPlan) -> list[GradientFinding]:
    """Where the chosen method's bias has no bound."""
    if plan.method not in ("finite_difference", "spsa"):
        return []
    if is_bounded(problem_of(plan.circuit), plan.method):
        return []
    return [
        GradientFinding(
            "bias",
            (
                f"The bias of {plan.method} is not bounded by epsilon here: angles are not linear "
                "in what it moves. Take a method that shifts angles, such as parameter_shift."
            ),
        )
    ]


def _barren(plan: GradientPlan, exact: Estimate, used: int, seen: float) -> list[GradientFinding]:
    largest = float(np.abs(exact.jacobian).max(initial=0.0))
    count = plan.profile.parameters  # without those that are 0 whatever the values
    if largest == 0.0:
        return [GradientFinding("vacuous", "Every derivative is 0 at these values.")]
    if largest >= seen:
        return []
    wanted = ceil(used * (seen / largest) ** 2)
    items, epsilon = len(exact.jacobian), plan.comparison.epsilon
    of = f" of the first {items} items" if items >= MOST_ITEMS else ""
    barren = (
        f"All {count} derivatives{of} are below the resolution: the largest is {largest:.2g}, and "
        f"{used} shots resolve {seen:.2g}. {wanted:.3g} shots would show it."
    )
    found = [GradientFinding("barren", barren)]
    if largest <= epsilon:
        vacuous = (
            f"To {epsilon:g} the answer 0 is already right for every derivative{of}: no circuit "
            "needs to be run for it."
        )
        found.append(GradientFinding("vacuous", vacuous))
    return found
