"""A gradient that is planned, and how it is taken: every method in its own way."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby

import numpy as np
import numpy.typing as npt

from qdsl.analysis.formulas import spsa_rounds
from qdsl.gradient.comparison import MethodComparison
from qdsl.gradient.counts import sweep_copies, tomography_copies
from qdsl.gradient.estimation import (
    Estimate,
    Floats,
    Prepared,
    depolarized,
    distributions,
    estimated,
    flat_values,
    parameters_of,
    point_slots,
)
from qdsl.gradient.measured import Derived, ranges_of
from qdsl.gradient.profile import ExecutionProfile, Profile
from qdsl.gradient.shadows import sampled
from qdsl.ir.stages import Circuit
from qdsl.passes.derive_gradient.derive import derived
from qdsl.passes.derive_gradient.problem import NoGradient, problem_of
from qdsl.passes.derive_gradient.recipes import CommutingBlockGradient
from qdsl.passes.derive_gradient.sites import parameter_slots
from qdsl.records import dataclass

Values = Mapping[str, npt.ArrayLike]


PROTOCOLS = ("gentle_sweep", "shadow_tomography")  # run as simulations of their laws
SHADOWS = ("shadow", "global_shadow")


@dataclass(frozen=True, slots=True, eq=False)
class GradientPlan:
    """`method` is the one chosen; `shots` are those that epsilon and delta take; `blocks_batch`:
    the circuits that a protocol's layers are priced by; `noisy`: executions are right with the
    probability that is the estimated fidelity of their circuit, and else uniform."""

    circuit: Circuit
    method: str
    comparison: MethodComparison
    profile: Profile
    derived: Derived | None
    prepared: Prepared | None
    automatic: bool = False
    blocks_batch: Derived | None = None
    noisy: bool = False

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
        return _run(self, values, shots, seed)


def _run(plan: GradientPlan, values: Values, shots: int | None, seed: int) -> Estimate:
    if plan.noisy and plan.method in PROTOCOLS:
        raise NoGradient(f"'{plan.method}' is simulated without noise")
    if plan.method == "spsa":
        return _by_spsa(plan, values, shots, seed)
    if plan.method == "gentle_sweep":
        return _by_sweep(plan, values, seed)
    if plan.method == "shadow_tomography":
        return _by_tomography(plan, values, seed)
    assert plan.derived is not None and plan.prepared is not None
    prices = [c.price for c in plan.derived.costs]
    fidelities = [c.fidelity if plan.noisy else 1.0 for c in plan.derived.costs]
    if shots is not None and plan.method == "amplitude_estimation":
        return _by_amplitudes(plan, values, seed)
    if plan.method == "finite_difference":  # its step is right for the values at hand
        ranges, epsilon = ranges_of(plan.circuit, values), plan.comparison.epsilon
        moved = derived(plan.circuit, plan.method, ranges, epsilon=epsilon)
        return estimated(moved, values, shots, seed, prices, fidelities)
    if plan.method in SHADOWS:
        if shots is None:  # what they are on average
            return estimated(derived(plan.circuit, "commuting_block"), values)
        accuracy = (plan.comparison.epsilon, plan.profile.spread)
        return sampled(plan.prepared, prices, values, shots, seed, accuracy, fidelities)
    return estimated(plan.prepared, values, shots, seed, prices, fidelities)


def _by_spsa(plan: GradientPlan, values: Values, shots: int | None, seed: int) -> Estimate:
    """Fresh random directions; the variance is what is seen between them."""
    from qdsl.passes.derive_gradient.directions import spsa

    problem = problem_of(plan.circuit, ranges=ranges_of(plan.circuit, values))
    flat = flat_values(plan.circuit, values)
    pairs = 0 if shots is None else shots // (2 * plan.profile.bases)
    number, each = (16, 0) if shots is None else spsa_rounds(pairs, plan.profile.moved)
    batch = spsa(problem, {"directions": number, "seed": seed, "epsilon": plan.comparison.epsilon})
    ready, rng = Prepared.of(batch), np.random.default_rng([seed, 1])
    columns = [k for k, _ in problem.live_parameters()]
    shape = (len(flat), len(problem.circuit.outputs), len(parameter_slots(problem.circuit.values)))
    total, spread = np.zeros(shape), np.zeros(shape)
    fidelity = plan.profile.forward.fidelity if plan.noisy else 1.0
    for i, item in enumerate(flat):
        slopes = _slopes(ready, item, (number, each), fidelity, rng)
        total[i][:, columns] = slopes.mean(axis=0)
        spread[i][:, columns] = slopes.var(axis=0, ddof=1) / number
    executions = 2 * number * each * plan.profile.bases * len(flat)
    price = plan.profile.forward
    joined = 2 * number * each * len(flat) * plan.profile.pass_told[0]
    unit = spread * number * 2 * each
    return Estimate(
        "spsa",
        total,
        spread,
        unit,
        shots,
        executions,
        1,
        executions * price.ebits,
        executions * price.classical_bits + joined,
        batch.bias,
        parameters_of(plan.circuit),
    )


def spsa_variance(plan: GradientPlan, values: Values, directions: int) -> tuple[Floats, float]:
    """The variance of an estimate by SPSA at the plan's shots, float64[items, outputs, parameters],
    and the bound of its bias: from so many directions, the scatter between exact slopes and that of
    single executions, which more of them for one direction divide."""
    from qdsl.passes.derive_gradient.directions import spsa

    problem = problem_of(plan.circuit, ranges=ranges_of(plan.circuit, values))
    flat, rng = flat_values(plan.circuit, values), np.random.default_rng(1)
    number, each = spsa_rounds(plan.shots // (2 * plan.profile.bases), plan.profile.moved)
    options = {"directions": directions, "seed": 0, "epsilon": plan.comparison.epsilon}
    batch = spsa(problem, options)
    ready, columns = Prepared.of(batch), [k for k, _ in problem.live_parameters()]
    shape = (len(flat), len(problem.circuit.outputs), len(parameter_slots(problem.circuit.values)))
    found = np.zeros(shape)
    fidelity = plan.profile.forward.fidelity if plan.noisy else 1.0
    for i, item in enumerate(flat):
        exact, single = (
            _slopes(ready, item, (directions, n), fidelity, rng).var(axis=0, ddof=1) for n in (0, 1)
        )
        found[i][:, columns] = exact + np.maximum(single - exact, 0.0) / each
    return found / number, batch.bias


def _slopes(
    ready: Prepared,
    item: Floats,
    rounds: tuple[int, int],
    fidelity: float,
    rng: np.random.Generator,
) -> Floats:
    """float64[directions, outputs, parameters that are moved]: every direction's own estimate.
    `rounds`: directions, and shots of either point of each, 0: exactly."""
    number, each = rounds
    groups, constant = ready.settings[0]
    means = np.tile(constant, (2 * number, 1))
    exact = distributions(ready, 0, point_slots(ready, 0, item[None]))
    for group, pure in zip(groups, exact, strict=True):
        shares = depolarized(pure, fidelity)
        seen = rng.multinomial(each, shares) / each if each else shares
        np.add.at(means.T, group.outputs, ((seen @ group.signs) * group.coefficients).T)
    factor = ready.batch.jobs[0].contributions.factor.reshape(number, 2, len(constant), -1)
    return np.asarray(np.einsum("dso,dsoj->doj", means.reshape(number, 2, -1), factor * number))


def _by_amplitudes(plan: GradientPlan, values: Values, seed: int) -> Estimate:
    from qdsl.gradient.amplitude import gradient_by_amplitudes

    assert plan.derived is not None and plan.prepared is not None
    c = plan.comparison
    return gradient_by_amplitudes(
        plan.prepared, plan.derived.costs, values, c.epsilon, c.delta, seed, plan.noisy
    )[0]


def _by_sweep(plan: GradientPlan, values: Values, seed: int) -> Estimate:
    from qdsl.gradient.simulated import gentle_sweep

    problem = problem_of(plan.circuit)
    flat = flat_values(plan.circuit, values)
    rng = np.random.default_rng(seed)
    epsilon, delta = plan.comparison.epsilon, plan.comparison.delta
    word_accuracy = epsilon / plan.profile.spread
    prices = _whole_sweeps(plan.profile)
    copies = sweep_copies(plan.profile.parameters, word_accuracy, delta)
    jacobian = np.stack([gentle_sweep(problem, item, copies, rng) for item in flat])
    of_each = copies * len(flat)
    nothing = np.zeros_like(jacobian)
    ebits, bits = sum(p.ebits for p in prices), sum(p.classical_bits for p in prices)
    return Estimate(plan.method, jacobian, nothing + word_accuracy**2, nothing, plan.shots,
                    of_each * len(prices), 1, of_each * ebits, of_each * bits, epsilon,
                    parameters_of(plan.circuit))  # fmt: skip


def _whole_sweeps(profile: Profile) -> list[ExecutionProfile]:
    """By word: forwards, and back to the first block."""
    far = [max((b.price for b in word), key=lambda p: p.ebits) for word in profile.layers]
    if not far:
        raise NoGradient("'gentle_sweep' has to run the program backwards")
    return far


def _by_tomography(plan: GradientPlan, values: Values, seed: int) -> Estimate:
    """Every boundary of every word by itself: its copies, and all derivatives read there."""
    from qdsl.gradient.simulated import tomography_at

    problem, flat = problem_of(plan.circuit), flat_values(plan.circuit, values)
    rng, c = np.random.default_rng(seed), plan.comparison
    accuracy = c.epsilon / plan.profile.spread
    shares = dict(problem.terms)
    shape = (len(flat), len(problem.circuit.outputs), len(parameter_slots(problem.circuit.values)))
    total, copies, ebits, bits = np.zeros(shape), 0, 0, 0
    for price, recipes in _boundaries(plan):
        count = len({r.site for recipe in recipes for r in recipe.block.readings})
        held = tomography_copies(count, problem.circuit.n_qubits, accuracy)
        blocks = [recipe.block for recipe in recipes]
        for i, item in enumerate(flat):
            word = recipes[0].word
            total[i] += tomography_at(problem, word, shares[word], blocks, item, accuracy, rng)
        copies += held * len(flat)
        ebits += held * len(flat) * price.ebits
        bits += held * len(flat) * price.classical_bits
    nothing = np.zeros(shape)
    return Estimate(plan.method, total, nothing + accuracy**2, nothing, plan.shots, copies, 1,
                    ebits, bits, c.epsilon, parameters_of(plan.circuit))  # fmt: skip


def _boundaries(plan: GradientPlan) -> list[tuple[ExecutionProfile, list[CommutingBlockGradient]]]:
    """Blocks of one word that are read after as many ebits, as they are priced."""
    if plan.blocks_batch is None:
        raise NoGradient("'shadow_tomography' has to run the program backwards")
    jobs = zip(plan.blocks_batch.batch.jobs, plan.blocks_batch.costs, strict=True)
    read = [
        (job.recipe, cost) for job, cost in jobs if isinstance(job.recipe, CommutingBlockGradient)
    ]
    if len(read) < len(plan.blocks_batch.batch.jobs):
        raise NoGradient("'shadow_tomography' has to undo an encoding")
    groups = groupby(read, key=lambda pair: (pair[0].word, pair[1].price, pair[1].qubits))
    return [(key[1], [recipe for recipe, _ in group]) for key, group in groups]
