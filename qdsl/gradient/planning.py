"""A gradient that is ready to be taken: a method, its circuits compiled, and what they cost.

    plan = qdsl.gradient.plan(circuit, "auto", epsilon=0.05, delta=0.05)
    found = plan.estimate(values, shots=plan.shots, seed=1)
    found.by_vector()["w"], found.variance, found.circuits, found.ebits, found.classical_bits

Parameters stay names: one plan serves all values.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy.typing as npt

from qdsl.diagnostics.diagnostic import InvalidProgram
from qdsl.gradient.comparison import (
    CIRCUITS,
    COHERENT,
    MethodComparison,
    NoMethod,
    compared,
    require_accuracy,
)
from qdsl.gradient.estimation import Estimate, Prepared
from qdsl.gradient.measured import (
    COMPARED,
    Derived,
    derived_and_compiled,
    differences,
    in_random_bases,
    no_room_for,
    profile_of,
)
from qdsl.gradient.profile import Profile
from qdsl.gradient.running import PROTOCOLS, SHADOWS, GradientPlan
from qdsl.ir.stages import Circuit
from qdsl.passes.derive_gradient.derive import METHODS, current_name
from qdsl.passes.derive_gradient.problem import NoGradient

NAMES = ("auto", *METHODS, "mixed", *PROTOCOLS)


def plan(
    circuit: Circuit,
    method: str = "auto",
    *,
    epsilon: float = 0.1,
    delta: float = 0.05,
    values: Mapping[str, npt.ArrayLike] | None = None,
    options: Mapping[str, Any] | None = None,
    coherent: bool = False,
    on_template: Callable[[int, int], None] | None = None,
) -> GradientPlan:
    """Derive, compile and compare; "auto" takes the fewest ebits that the nodes' memory allows,
    of the methods that run as circuits. `values` say how large the factors of products are, else
    they count as 1; `options` are those of the passes; `coherent`: the devices keep their states
    over many passes, so "auto" may take amplitude estimation. NoGradient, NoMethod,
    InvalidProgram."""
    method = current_name(method)
    if method not in NAMES:
        raise NoGradient(f"there is no method '{method}'; there are {', '.join(NAMES)}")
    require_accuracy(epsilon, delta)
    profile, made = profile_of(circuit, values, options, COMPARED, on_template)

    def make(name: str) -> Derived:
        if name in SHADOWS:
            return in_random_bases(circuit, name, values, options, (epsilon, profile.spread))
        return derived_and_compiled(circuit, name, values, options, on_template, epsilon=epsilon)

    made["finite_difference"] = differences(circuit, made["parameter_shift"], values, epsilon)
    profile = _with_reads(profile, "finite_difference", made["finite_difference"])
    if method in METHODS and method not in made and method != "spsa":
        made[method] = _fitting(make, method)
        profile = _with_reads(profile, method, made[method])
    comparison = compared(profile, epsilon, delta)
    forms = (CIRCUITS, COHERENT) if coherent else (CIRCUITS,)
    chosen = method
    if method == "auto":
        chosen, comparison = _cheapest(comparison, forms, made, make)
    if chosen == "mixed" and chosen not in made:
        raise NoGradient("'mixed' is what one method is here: no block is cheaper by another")
    comparison.cost(chosen)
    batch = made.get(chosen)
    prepared = Prepared.of(batch.batch) if batch else None
    return GradientPlan(
        circuit,
        chosen,
        comparison,
        profile,
        batch,
        prepared,
        method == "auto",
        made.get("commuting_block"),
    )


def _fitting(make: Callable[[str], Derived], name: str) -> Derived:
    """The circuits of a method that was asked for."""
    try:
        return make(name)
    except InvalidProgram as error:
        raise NoMethod(f"'{name}' cannot be taken: {no_room_for(error)}") from error


def _cheapest(
    comparison: MethodComparison,
    forms: tuple[str, ...],
    made: dict[str, Derived],
    make: Callable[[str], Derived],
) -> tuple[str, MethodComparison]:
    """The cheapest method whose circuits fit the network, and the comparison without those that
    do not; its circuits are then in `made`."""
    while True:
        name = comparison.best(forms).name
        if name in made or name in (*PROTOCOLS, "spsa"):
            return name, comparison
        try:
            made[name] = make(name)
        except InvalidProgram as error:
            comparison = comparison.without(name, no_room_for(error))


def _with_reads(profile: Profile, method: str, made: Derived) -> Profile:
    return replace(profile, reads=profile.reads | {method: made.reads})


def estimate(
    circuit: Circuit,
    values: Mapping[str, npt.ArrayLike],
    method: str = "auto",
    *,
    shots: int | None = None,
    seed: int = 0,
    epsilon: float = 0.1,
    delta: float = 0.05,
) -> Estimate:
    """Plan and estimate in one go; for more than one estimate make the plan once."""
    return plan(circuit, method, epsilon=epsilon, delta=delta, values=values).estimate(
        values, shots, seed
    )
