"""Estimates from shots: right on average, within their stated confidence, and reproducible."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import ceil

import numpy as np
import pytest

import qdsl.gradient
from qdsl.gradient.counts import hoeffding
from qdsl.gradient.estimation import Prepared, Weights, WrongValues, estimated, flat_values
from qdsl.gradient.losses import OUTER, chained
from qdsl.gradient.planning import NAMES, plan
from qdsl.passes.derive_gradient.derive import METHODS, derived
from qdsl.passes.derive_gradient.problem import NoGradient
from qdsl.run.losses import NAMED
from tests.bench.gradient_coverage import METHODS as METHODS_COVERED
from tests.bench.gradient_coverage import covered
from tests.qdsl.gradient.models import gradient_by_jax, random_model, random_values
from tests.qdsl.gradient.two_party import alternating, values_of

SAMPLED_ELSEWHERE = ("spsa", "amplitude_estimation", "global_shadow")
SAMPLED = ("commuting_block", "cat", "parameter_shift", "hadamard", "overlap", "shadow")


def coverage(method: str, seeds: range, epsilon: float, delta: float) -> tuple[int, float]:
    """Runs in which some derivative is off by more than epsilon at the shots for epsilon, delta,
    and the mean square of errors over their stated standard errors."""
    failures, squares = 0, []
    for seed in seeds:
        model, values = random_model(seed), random_values(seed)
        ready = Prepared.of(derived(model, method))
        derivatives = Weights(ready, flat_values(model, values)).parameters
        shots = ceil(hoeffding(max(derivatives, 1), epsilon, delta))
        found = estimated(ready, values, shots, seed)
        error = found.jacobian[0, 0] - gradient_by_jax(model, values)
        failures += bool(np.abs(error).max() > epsilon)
        moving = found.variance[0, 0] > 0
        squares += (error[moving] ** 2 / found.variance[0, 0][moving]).tolist()
    return failures, float(np.mean(squares))


@pytest.mark.parametrize("method", SAMPLED)
def test_shots_cover_what_they_state(method: str) -> None:
    failures, square = coverage(method, range(12), 0.3, 0.2)
    assert failures <= 3
    assert 0.4 < square < 2.5


@pytest.mark.slow
def test_coverage_on_300_models() -> None:
    """50 models a method. Hoeffding's bound is never tight, so failures are rarer than delta;
    the standard errors are: their mean square ratio is 1."""
    delta, squares = 0.2, []
    for k, method in enumerate(SAMPLED):
        failures, square = coverage(method, range(1000 + 50 * k, 1050 + 50 * k), 0.3, delta)
        assert failures <= 0.2 * 50, method
        squares.append(square)
    assert 0.85 < float(np.mean(squares)) < 1.15, squares


@pytest.mark.slow
@pytest.mark.parametrize("method", [m for m in METHODS_COVERED if m not in SAMPLED])
def test_plans_cover_what_they_state(method: str) -> None:
    """A few of the models that `tests.bench.gradient_coverage` runs for `gradients.md`."""
    found = covered(method, 3)
    assert len(found.seeds) == 3
    assert found.failures <= 1 and found.worst < 2
    assert found.typical > 0.01  # shots are shots


@pytest.mark.parametrize("method", [m for m in METHODS if m not in SAMPLED_ELSEWHERE])
def test_the_mean_over_seeds_is_the_exact_result(method: str) -> None:
    made = alternating(1)
    values = values_of(made)
    ready = Prepared.of(derived(made, method, step=0.5))
    exact = estimated(ready, values).jacobian[0, 0]
    runs = [estimated(ready, values, 40, seed) for seed in range(200)]
    mean = np.mean([r.jacobian[0, 0] for r in runs], axis=0)
    stated = np.mean([r.variance[0, 0] for r in runs], axis=0)
    seen = np.var([r.jacobian[0, 0] for r in runs], axis=0)
    assert np.abs(mean - exact).max() < 4.5 * np.sqrt(stated.max() / 200)
    assert seen == pytest.approx(stated, rel=0.45, abs=1e-9)
    unit = estimated(ready, values).unit_variance[0, 0]
    assert stated == pytest.approx(unit / 40, rel=0.25, abs=1e-9)


def test_noise_is_that_of_every_circuit() -> None:
    """All circuits of the parameter shift keep F of a mean; kicks that hand over more keep less."""
    made = alternating(1)
    links = tuple(replace(link, fidelity=0.95) for link in made.network.links)  # type: ignore[union-attr]
    made = replace(made, network=replace(made.network, links=links))  # type: ignore[type-var]
    values = values_of(made)
    exact = estimated(derived(made, "commuting_block"), values).jacobian[0, 0]
    for method in ("parameter_shift", "commuting_block"):
        ready = replace(plan(made, method, epsilon=0.05), noisy=True)
        assert ready.derived is not None
        kept = np.zeros(len(exact))
        for job, cost in zip(ready.derived.batch.jobs, ready.derived.costs, strict=True):
            assert cost.fidelity == pytest.approx(0.95**cost.ebits)
            kept[sorted(set(job.contributions.column.tolist()))] = cost.fidelity
        assert ready.estimate(values).jacobian[0, 0] == pytest.approx(kept * exact, abs=1e-9)
        seen = ready.estimate(values, ready.shots, 1).jacobian[0, 0]
        assert np.abs(seen - kept * exact).max() < 0.05
        if method == "commuting_block":
            assert len(set(kept) - {0.0}) == 2
    for method in ("shadow", "amplitude_estimation", "spsa"):
        ready = replace(plan(made, method, epsilon=0.2), noisy=True)
        found = ready.estimate(values, ready.shots, 1).jacobian[0, 0]
        assert np.abs(found).max() < np.abs(exact).max()
    with pytest.raises(NoGradient, match="without noise"):
        replace(plan(made, "gentle_sweep"), noisy=True).estimate(values)


def test_the_same_seed_gives_the_same_shots() -> None:
    made = alternating(1)
    for name in ("spsa", "gentle_sweep"):
        ready = plan(made, name, epsilon=0.3)
        first, again, other = (ready.estimate(values_of(made), 100, s).jacobian for s in (1, 1, 2))
        assert (first == again).all()
        assert (first != other).any()


def test_spsa_points_down() -> None:
    """Its mean is the gradient, up to the bias; its stated variance is what is seen."""
    made = alternating(1)
    values = values_of(made)
    ready = plan(made, "spsa", epsilon=0.5)
    exact = estimated(derived(made, "commuting_block"), values).jacobian[0, 0]
    found = ready.estimate(values, 2048 * 200, 3)
    error = np.abs(found.jacobian[0, 0] - exact)
    assert (error < found.bias + 5 * np.sqrt(found.variance[0, 0])).all()
    assert found.ebits == found.circuits * 4


@pytest.mark.parametrize("method", ["gentle_sweep", "shadow_tomography"])
def test_protocols_reach_their_accuracy(method: str) -> None:
    made = alternating(1)
    ready = plan(made, method, epsilon=0.1, delta=0.05)
    failures = 0
    for seed in range(8):
        values = values_of(made, seed)
        exact = estimated(derived(made, "commuting_block"), values).jacobian
        found = ready.estimate(values, seed=seed)
        failures += bool(np.abs(found.jacobian - exact).max() > 0.1)
        assert found.ebits == ready.comparison.cost(method).ebits
    assert failures <= 1


def test_shadow_tomography_predicts_every_mean() -> None:
    from qdsl.gradient.simulated import shadow_tomography

    rng = np.random.default_rng(1)
    state = rng.normal(size=8) + 1j * rng.normal(size=8)
    state /= np.linalg.norm(state)
    observables = []
    for _ in range(20):
        u = np.linalg.qr(rng.normal(size=(8, 8)) + 1j * rng.normal(size=(8, 8)))[0]
        observables.append(u @ np.diag([1.0] * 4 + [-1.0] * 4) @ u.conj().T)
    found = shadow_tomography(state, observables, 0.2, rng)
    truth = [np.vdot(state, o @ state).real for o in observables]
    assert np.abs(found.means - truth).max() <= 0.2
    assert found.updates <= found.bound


def test_the_chain_rule_is_unbiased_where_claimed() -> None:
    made = alternating(1)
    values = values_of(made)
    label = np.array([[-1.0]])
    exact = estimated(derived(made, "commuting_block"), values)
    mean = _mean(made, values)
    wanted = chained(exact, OUTER["mse"](mean, label), True)
    ready = Prepared.of(derived(made, "commuting_block"))
    rng = np.random.default_rng(0)
    runs = []
    for seed in range(400):
        seen = 2 * rng.binomial(20, (1 + mean) / 2) / 20 - 1
        runs.append(chained(estimated(ready, values, 40, seed), OUTER["mse"](seen, label), True))
    found = np.mean([r.gradient for r in runs], axis=0)
    spread = np.std([r.gradient for r in runs], axis=0) / 20
    assert wanted.unbiased
    assert (np.abs(found - wanted.gradient) < 4.5 * spread + 1e-9).all()
    with pytest.raises(ValueError, match="wanted"):
        chained(exact, np.ones((2, 2)))


def _mean(made: object, values: object) -> np.ndarray:
    from qdsl.gradient.states import distribution, settings, states

    flat = np.concatenate([values["x"], values["w"]])[None]  # type: ignore[index]
    (setting,), _ = settings(made)  # type: ignore[arg-type]
    shares = distribution(states(made, flat), 2, setting)  # type: ignore[arg-type]
    return np.asarray(shares @ setting.signs)


def test_outer_derivatives_are_those_of_the_losses() -> None:
    labels, h = np.array([1.0, -1.0]), 1e-6
    means = np.array([0.3, 0.6])
    losses: dict[str, Callable[[np.ndarray], np.ndarray]] = {
        "mse": lambda m: (m - labels) ** 2,
        "linear": lambda m: (1 - labels * m) / 2,
        "cross_entropy": lambda m: -np.log((1 + labels * m) / 2),
    }
    for name, loss in losses.items():
        slope = (loss(means + h) - loss(means - h)) / (2 * h)
        assert OUTER[name](means, labels) == pytest.approx(slope, rel=1e-6), name


def test_values_that_do_not_fit() -> None:
    made = alternating(1)
    batch = derived(made, "commuting_block")
    for values in (
        {"x": np.ones(4)},
        {"x": np.ones(4), "w": np.ones(5)},
        {"x": np.ones((2, 4)), "w": np.ones((3, 6))},
    ):
        with pytest.raises(WrongValues):
            estimated(batch, values)


def test_methods_by_name() -> None:
    made = alternating(1)
    assert set(NAMES) > set(METHODS)
    with pytest.raises(NoGradient, match="no method 'magic'"):
        plan(made, "magic")
    with pytest.raises(NoGradient, match="no block is cheaper"):
        plan(made, "mixed")
    found = qdsl.gradient.estimate(made, values_of(made), "auto", shots=50)
    assert found.ebits is not None and found.by_vector()["w"].shape == (6,)


def test_a_value_beyond_its_label_costs_nothing_and_pulls_nothing() -> None:
    """With an observable of norm above 1: the loss that is shown and its derivative agree."""
    values, labels = np.array([1.077, -1.077, 0.5, -3.0]), np.array([1.0, -1.0, 1.0, 1.0])
    loss = NAMED["cross_entropy"](values, labels)
    assert loss.tolist() == pytest.approx([0, 0, -np.log(0.75), -np.log(1e-12)])
    assert OUTER["cross_entropy"](values, labels).tolist() == pytest.approx([0, 0, -1 / 1.5, 0])
