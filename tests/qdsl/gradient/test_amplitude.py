"""Amplitude estimation: its circuits, their hand-overs, and results as accurate as said."""

from __future__ import annotations

from dataclasses import replace
from math import asin, sin, sqrt

import numpy as np
import pytest

import qdsl
from qdsl.gradient.amplitude import ladders, means_by_amplitudes
from qdsl.gradient.compiling import batch_costs
from qdsl.gradient.counts import amplitude_passes
from qdsl.gradient.estimation import estimated, exact_means, flat_values
from qdsl.gradient.iterative import Hits, amplitude_estimate
from qdsl.gradient.planning import plan
from qdsl.gradient.states import CircuitTooLarge, distribution, settings, states
from qdsl.ir.stages import Circuit
from qdsl.passes.derive_gradient.derive import derived
from qdsl.passes.derive_gradient.grover import Grover, amplitude_estimation, inference
from qdsl.passes.derive_gradient.problem import NoGradient, problem_of
from tests.qdsl.gradient.models import gradient_by_jax, random_model, random_values
from tests.qdsl.gradient.two_party import ALICE, BOB, alternating, forward_handovers, values_of


@pytest.mark.parametrize(
    ("layers", "data"),
    [
        (1, ALICE),
        *(pytest.param(*more, marks=pytest.mark.slow) for more in ((1, BOB), (2, ALICE), (3, BOB))),
    ],
)
def test_iterates_take_two_passes_each(layers: int, data: int) -> None:
    """(2 k + 1) h_fwd hand-overs of n qubits, counted from what was compiled; the ladder says the
    same of powers that were not."""
    made = alternating(layers, data)
    powers = (0, 1, 2, 3, 5)
    costs = batch_costs(amplitude_estimation(problem_of(made), powers))
    wanted = [2 * (2 * k + 1) * forward_handovers(layers, data) for k in powers]
    assert [c.ebits for c in costs] == wanted
    assert [c.classical_bits for c in costs] == [2 * w for w in wanted]
    assert {q for c in costs for q in c.qubits} == {2}  # nothing but the register
    few = amplitude_estimation(problem_of(made))
    (ladder,) = ladders(few, costs[:3]).values()
    assert [ladder.ebits(k) for k in powers] == wanted


def test_the_compiled_iterates_are_proved_equal() -> None:
    costs = batch_costs(amplitude_estimation(problem_of(alternating(1)), (2,)), verify=True)
    assert [c.verified for c in costs] == [True]


def test_the_circuits_follow_the_law() -> None:
    """-1 with probability `sin((2 k + 1) t)**2`, on random models, with and without data."""
    for seed in range(12):
        model, values = random_model(seed), random_values(seed)
        flat = flat_values(model, values)
        for job in inference(problem_of(model, False), (0, 1, 3)).jobs:
            recipe = job.recipe
            assert isinstance(recipe, Grover)
            shares = [_minus(replace(recipe, power=p).circuit(model), flat) for p in (0, 1, 3)]
            angle = asin(sqrt(shares[0]))
            assert shares[1:] == pytest.approx([sin(3 * angle) ** 2, sin(7 * angle) ** 2])


def _minus(circuit: Circuit, flat: np.ndarray) -> float:
    (setting,), _ = settings(circuit)
    shares = distribution(states(circuit, flat), circuit.n_qubits, setting)
    return float((shares @ (1 - setting.signs[:, 0]) / 2)[0])


@pytest.mark.slow
def test_the_batch_is_exact() -> None:
    for seed in range(12):
        model, values = random_model(seed), random_values(seed)
        found = estimated(derived(model, "amplitude_estimation"), values).jacobian[0, 0]
        assert found == pytest.approx(gradient_by_jax(model, values), abs=1e-9)


def lawful(mean: float, rng: np.random.Generator) -> Hits:
    """The law that the circuits follow: -1 with probability `sin((2k + 1) t)**2`."""
    angle = asin(sqrt(min(max((1 - mean) / 2, 0.0), 1.0)))
    return lambda power, shots: int(rng.binomial(shots, sin((2 * power + 1) * angle) ** 2))


def test_intervals_cover_and_passes_are_what_is_priced() -> None:
    """300 means to 0.05 with probability 0.9: the algorithm by its law."""
    rng = np.random.default_rng(5)
    off, passes = 0, []
    for _ in range(300):
        mean = float(rng.uniform(-1, 1))
        found = amplitude_estimate(lawful(mean, rng), 0.05, 0.1)
        off += abs(found.mean - mean) > 0.05
        passes.append(found.passes)
    assert off <= 30
    assert float(np.mean(passes)) == pytest.approx(amplitude_passes(0.05, 0.1), rel=0.25)


@pytest.mark.slow
def test_derivatives_are_within_epsilon_and_cost_what_is_said() -> None:
    made = alternating(1)
    ready = plan(made, "amplitude_estimation", epsilon=0.05, delta=0.1)
    runs = []
    for seed in range(8):
        values = values_of(made, seed)
        found = ready.estimate(values, ready.shots, seed)
        exact = ready.estimate(values)
        assert np.abs(found.jacobian - exact.jacobian).max() <= 0.05
        assert (
            np.abs(
                exact.jacobian - estimated(derived(made, "commuting_block"), values).jacobian
            ).max()
            < 1e-9
        )
        runs.append(found.ebits or 0)
    price = ready.comparison.cost("amplitude_estimation")
    assert float(np.mean(runs)) == pytest.approx(price.ebits, rel=0.3)


@pytest.mark.slow
def test_the_outputs_themselves() -> None:
    for seed in range(6):
        model, values = _alone(random_model(seed, outputs=2)), random_values(seed)
        found = means_by_amplitudes(model, values, 0.1, 0.05, seed)
        assert np.abs(found.values - exact_means(model, values)).max() <= 0.1
    made = alternating(1)
    found = means_by_amplitudes(made, values_of(made), 0.02, 0.05)
    sampled = 4 * 2 * np.log(2 / 0.05) / 0.02**2
    assert found.run.power > 3 and found.run.ebits < sampled / 3


def _alone(model: Circuit) -> Circuit:
    """On no network, so that there is nothing to compile."""
    return replace(model, network=None, pin=np.full_like(model.pin, -1))


@pytest.mark.slow
def test_auto_takes_it_only_where_it_is_told_to() -> None:
    made = alternating(1)
    assert plan(made, epsilon=0.001).method == "cat"
    assert plan(made, epsilon=0.001, coherent=True).method == "amplitude_estimation"
    assert plan(made, epsilon=0.3, coherent=True).method == "cat"


@pytest.mark.slow
def test_too_many_iterates_to_be_simulated() -> None:
    made = alternating(1)
    with pytest.raises(CircuitTooLarge, match="larger epsilon"):
        means_by_amplitudes(made, values_of(made), 1e-9)
    tiny = plan(made, "shadow_tomography", epsilon=1e-3)
    with pytest.raises(CircuitTooLarge, match="too many to be simulated"):
        tiny.estimate(values_of(made))


def test_programs_that_do_not_start_so() -> None:
    text = """model m(n = 2) {{ data x: real[2]
      data y: real[2]
      param w: angle[n]
      qubits q[n]
      {0}
      for i in 0..n {{ ry(w[i]) q[i] }}
      return expect({1}) }}"""
    two = qdsl.loads(text.format("amplitude(x) q[0]; amplitude(y) q[1]", "Z q[0] * Z q[1]"))
    with pytest.raises(NoGradient, match="one `amplitude` on fresh qubits"):
        derived(two.lower(), "amplitude_estimation")
    word = " * ".join(f"Z q[{i}]" for i in range(9))
    wide = qdsl.loads(text.format("h q[0]", word).replace("n = 2", "n = 9")).lower()
    with pytest.raises(NoGradient, match="8 qubits at most, and here are 9"):
        derived(wide, "amplitude_estimation")
    compared = plan(two.lower(), "commuting_block").comparison
    assert "amplitude_estimation" in dict(compared.refused)
