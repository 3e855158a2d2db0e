"""A gradient that is ready to be taken: a method, its circuits compiled, and what they cost.

    plan = qdsl.gradient.plan(circuit, "auto", epsilon=0.05, delta=0.05)
    found = plan.estimate(values, shots=plan.shots, seed=1)
    found.by_vector()["w"], found.variance, found.circuits, found.ebits, found.classical_bits

Parameters stay names: one plan serves all values.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from qdsl.gradient.comparison import CIRCUITS, Comparison, compared
from qdsl.gradient.derive import METHODS
from qdsl.gradient.estimation import (
    Estimate,
    Prepared,
    Price,
    estimated,
    flat_values,
    parameters_of,
)
from qdsl.gradient.measured import COMPARED, Derived, derived_and_compiled, profile_of
from qdsl.gradient.problem import NoGradient, Problem, problem_of
from qdsl.gradient.profile import Profile
from qdsl.ir.stages import Circuit

PROTOCOLS = ("amplitude_estimation", "gentle_sweep")  # run as simulations of their laws
PRICED = ("global_shadow", "shadow_tomography")  # compared, and not run
NAMES = ("auto", *METHODS, *PROTOCOLS)


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """`method` is the one chosen; `shots` are those that epsilon and delta take."""

    circuit: Circuit
    method: str
    comparison: Comparison
    profile: Profile
    derived: Derived | None
    prepared: Prepared | None
    automatic: bool = False

    @property
    def shots(self) -> int:
        """Of a derivative of unit range; `estimate` gives every circuit its part. SPSA takes its
        executions in all."""
        if self.method == "spsa":
            return self.comparison.cost("spsa").executions
        return self.comparison.shots

    def estimate(
        self, values: Mapping[str, npt.ArrayLike], shots: int | None = None, seed: int = 0
    ) -> Estimate:
        """The gradient at these values: exact for `shots` None (of the method itself, so with
        its bias), else as that many shots would show it."""
        if self.method == "spsa":
            return _by_spsa(self, values, shots, seed)
        if self.prepared is None or self.derived is None:
            return _by_protocol(self, values, seed)
        prices = [c.price for c in self.derived.costs]
        return estimated(self.prepared, values, shots, seed, prices)


def plan(
    circuit: Circuit,
    method: str = "auto",
    *,
    epsilon: float = 0.1,
    delta: float = 0.05,
    values: Mapping[str, npt.ArrayLike] | None = None,
    options: Mapping[str, Any] | None = None,
    on_template: Callable[[int, int], None] | None = None,
) -> Plan:
    """Derive, compile and compare; "auto" takes the fewest ebits that the nodes' memory allows,
    of the methods that run as circuits. `values` say how large the factors of products are, else
    they count as 1; `options` are those of the passes. NoGradient, NoMethod, InvalidProgram."""
    if method not in NAMES:
        if method in PRICED:
            raise NoGradient(f"'{method}' has a price and no circuits: it cannot be run")
        raise NoGradient(f"there is no method '{method}'; there are {', '.join(NAMES)}")
    profile, made = profile_of(circuit, values, options, COMPARED, on_template)
    if method in METHODS and method not in made and method != "spsa":
        made[method] = derived_and_compiled(circuit, method, values, options, on_template,
                                            epsilon=epsilon)  # fmt: skip
        if method in ("hadamard", "overlap", "shadow"):
            profile = _with_reads(profile, method, made[method])
    comparison = compared(profile, epsilon, delta)
    chosen = comparison.best((CIRCUITS,)).name if method == "auto" else method
    if chosen not in made and chosen not in (*PROTOCOLS, "spsa"):
        made[chosen] = derived_and_compiled(circuit, chosen, values, options, on_template,
                                            epsilon=epsilon)  # fmt: skip
    comparison.cost(chosen)
    batch = made.get(chosen)
    prepared = Prepared.of(batch.batch) if batch else None
    return Plan(circuit, chosen, comparison, profile, batch, prepared, method == "auto")


def _with_reads(profile: Profile, method: str, made: Derived) -> Profile:
    from dataclasses import replace

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


# ---- methods that are not a fixed batch ----------------------------------------------------

MOST_DIRECTIONS = 1024  # of one SPSA estimate; more shots go to each


def _by_spsa(plan: Plan, values: Mapping[str, npt.ArrayLike], shots: int | None, seed: int
             ) -> Estimate:  # fmt: skip
    """Fresh random directions; the variance is what is seen between them."""
    from qdsl.gradient.directions import spsa
    from qdsl.gradient.estimation import distributions, point_slots

    problem = problem_of(plan.circuit)
    flat = flat_values(plan.circuit, values)
    pairs = 0 if shots is None else shots // (2 * plan.profile.bases)
    number = 16 if shots is None else min(max(pairs, 2), MOST_DIRECTIONS)
    batch = spsa(problem, {"directions": number, "seed": seed, "epsilon": plan.comparison.epsilon})
    ready = Prepared.of(batch)
    groups, constant = ready.settings[0]
    each = 0 if shots is None else max(1, round(pairs / number))
    rng = np.random.default_rng([seed, 1])
    exact = distributions(ready, 0, point_slots(ready, 0, flat))
    means = np.tile(constant, (2 * number * len(flat), 1))
    for group, shares in zip(groups, exact, strict=True):
        seen = rng.multinomial(each, shares) / each if each else shares
        np.add.at(means.T, group.outputs, ((seen @ group.signs) * group.coefficients).T)
    means = means.reshape(number, 2, len(flat), -1)
    slopes = _slopes(batch.jobs[0].contributions.factor, means, number)
    total, spread = slopes.mean(axis=0), slopes.var(axis=0, ddof=1) / number
    executions = 2 * number * each * len(groups) * len(flat)
    price = plan.profile.forward
    unit = np.zeros_like(total) if not each else spread * number * 2 * each
    return Estimate(
        "spsa", total, spread, unit, shots, executions, 1, executions * price.ebits,
        executions * price.classical_bits, batch.bias, parameters_of(plan.circuit),
    )  # fmt: skip


def _slopes(factor: npt.NDArray[np.float64], means: npt.NDArray[np.float64], number: int
            ) -> npt.NDArray[np.float64]:  # fmt: skip
    """float64[directions, items, outputs, parameters] of every direction's own estimate."""
    outputs = means.shape[3]
    signed = factor.reshape(number, 2, outputs, -1) * number
    return np.asarray(np.einsum("dsio,dsoj->dioj", means, signed))


def _by_protocol(plan: Plan, values: Mapping[str, npt.ArrayLike], seed: int) -> Estimate:
    from qdsl.gradient.simulated import amplitude_estimate, gentle_sweep

    problem = problem_of(plan.circuit)
    flat = flat_values(plan.circuit, values)
    rng = np.random.default_rng(seed)
    epsilon, delta = plan.comparison.epsilon, plan.comparison.delta
    word_accuracy = epsilon / plan.profile.spread
    price = Price(plan.profile.forward.ebits, plan.profile.forward.classical_bits)
    rows, executions = [], 0
    for item in flat:
        if plan.method == "gentle_sweep":
            found, copies = gentle_sweep(problem, item, word_accuracy, delta, rng)
            price = _dearest(plan.profile)
        else:
            found, copies = _amplitudes(problem, plan, item, word_accuracy, rng, amplitude_estimate)
        rows.append(found)
        executions += copies
    jacobian = np.stack(rows)
    nothing = np.zeros_like(jacobian)
    return Estimate(plan.method, jacobian, nothing + word_accuracy**2, nothing, plan.shots,
                    executions, 1, executions * price.ebits, executions * price.classical_bits,
                    epsilon, parameters_of(plan.circuit))  # fmt: skip


def _dearest(profile: Profile) -> Price:
    """A whole sweep: forwards, and back to the first block; the mean over the words."""
    far = [max((b.price for b in word), key=lambda p: p.ebits) for word in profile.layers]
    if not far:
        raise NoGradient("'gentle_sweep' has to run the program backwards")
    return Price(round(sum(p.ebits for p in far) / len(far)),
                 round(sum(p.classical_bits for p in far) / len(far)))  # fmt: skip


def _amplitudes(problem: Problem, plan: Plan, item: npt.NDArray[np.float64], epsilon: float,
                rng: np.random.Generator, estimator: Any
                ) -> tuple[npt.NDArray[np.float64], int]:  # fmt: skip
    """Every word of every site by itself: the mean of its Hadamard test."""
    from qdsl.gradient.derive import hadamard
    from qdsl.gradient.estimation import Weights, distributions, point_slots

    ready = Prepared.of(hadamard(problem, {}))
    weights = Weights(ready, item[None])
    total = np.zeros((len(problem.circuit.outputs), len(weights.columns)))
    passes, delta = 0, plan.comparison.delta / max(plan.profile.turns, 1)
    for k in range(len(ready.templates)):
        groups, _ = ready.settings[k]
        matrix = weights.of_point(k, 0)[0]
        for group, shares in zip(groups, distributions(ready, k, point_slots(ready, k, item[None])),
                                 strict=True):  # fmt: skip
            for mean, output, c in zip(shares[0] @ group.signs, group.outputs, group.coefficients,
                                       strict=True):  # fmt: skip
                value, used = estimator(float(mean), epsilon, delta, rng)
                total += c * value * matrix[output]
                passes += used
    return total, passes
