"""Iterative amplitude estimation, run on the circuits of `qdsl.gradient.grover`.

Iterates double until the mean is known; every power's circuits are executed a number of times,
and Clopper-Pearson intervals narrow the angle (D. Grinko et al., npj Quantum Inf. 7, 52 (2021)).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import acos, asin, ceil, floor, log2, pi, sin, sqrt
from typing import Any

import numpy as np
import numpy.typing as npt

from qdsl.gradient.batch import CircuitBatch
from qdsl.gradient.compiling import TemplateCost, batch_costs
from qdsl.gradient.counts import STAGE_SHOTS
from qdsl.gradient.estimation import (
    Estimate,
    Floats,
    Prepared,
    Weights,
    flat_values,
    parameters_of,
    point_slots,
)
from qdsl.gradient.grover import Grover, inference
from qdsl.gradient.problem import problem_of
from qdsl.gradient.states import distribution, norms_of, settings, states
from qdsl.ir.stages import Circuit

Hits = Callable[[int, int], int]  # (power, shots) -> how often the word was -1


@dataclass(frozen=True, slots=True)
class Amplitude:
    """A mean of +-1, and the executions by power of the iterate."""

    mean: float
    executions: Mapping[int, int]

    @property
    def passes(self) -> int:
        """Forwards or backwards, of all executions."""
        return sum(n * (2 * power + 1) for power, n in self.executions.items())


def lawful(mean: float, rng: np.random.Generator) -> Hits:
    """The law that the circuits follow: -1 with probability `sin((2k + 1) t)**2`."""
    angle = asin(sqrt(min(max((1 - mean) / 2, 0.0), 1.0)))
    return lambda power, shots: int(rng.binomial(shots, sin((2 * power + 1) * angle) ** 2))


def amplitude_estimate(hits: Hits, epsilon: float, delta: float) -> Amplitude:
    """A mean of +-1 to epsilon with probability 1 - delta."""
    target = epsilon / 2
    rounds = max(ceil(log2(pi / (4 * target))), 0) + 1
    low, high, power, upper = 0.0, 0.25, 0, True
    seen, shots = 0, 0
    used: Counter[int] = Counter()
    while True:
        a, b = sin(2 * pi * low) ** 2, sin(2 * pi * high) ** 2
        if (b - a) / 2 <= target:
            return Amplitude(1 - (a + b), used)
        following, half = _next_power(low, high, power, upper)
        if following != power:
            seen, shots = 0, 0
        power, upper = following, half
        seen, shots = seen + hits(power, STAGE_SHOTS), shots + STAGE_SHOTS
        used[power] += STAGE_SHOTS
        share = _clopper_pearson(seen, shots, delta / rounds)
        low, high = _narrowed(low, high, power, upper, share)


def _next_power(low: float, high: float, power: int, upper: bool) -> tuple[int, bool]:
    """The largest power, at least twice the last, that keeps the interval in one half turn."""
    largest = floor(0.5 / (high - low))
    factor = largest - (largest - 2) % 4
    while factor >= 2 * (4 * power + 2):
        a, b = (factor * low) % 1, (factor * high) % 1
        if a <= b <= 0.5:
            return (factor - 2) // 4, True
        if 0.5 <= a <= b:
            return (factor - 2) // 4, False
        factor -= 4
    return power, upper


def _narrowed(low: float, high: float, power: int, upper: bool, share: tuple[float, float]
              ) -> tuple[float, float]:  # fmt: skip
    factor = 4 * power + 2
    a, b = (acos(1 - 2 * s) / (2 * pi) for s in share)
    if not upper:
        a, b = 1 - b, 1 - a
    base = floor(factor * low)
    new = max(low, (base + a) / factor), min(high, (base + b) / factor)
    return new if new[0] <= new[1] else (new[1], new[0])


def _clopper_pearson(hits: int, shots: int, alpha: float) -> tuple[float, float]:
    from scipy.stats import beta

    low = 0.0 if hits == 0 else float(beta.ppf(alpha / 2, hits, shots - hits + 1))
    high = 1.0 if hits == shots else float(beta.ppf(1 - alpha / 2, hits + 1, shots - hits))
    return low, high


# ---- on circuits --------------------------------------------------------------------------


@dataclass(slots=True)
class _Word:
    """The circuits of one word at fixed values: `shares[power]` is the probability of -1 for every
    row of slots. Powers are simulated when they are first asked for."""

    batch: CircuitBatch
    recipe: Grover
    slots: Floats
    fidelity: Callable[[int], float]
    shares: dict[int, Floats] = field(default_factory=dict)

    def hits(self, row: int, rng: np.random.Generator) -> Hits:
        return lambda power, shots: int(rng.binomial(shots, self._share(power)[row]))

    def _share(self, power: int) -> Floats:
        if power not in self.shares:
            circuit = replace(self.recipe, power=power).circuit(self.batch.source)
            (setting,), _ = settings(circuit)
            exact = distribution(states(circuit, self.slots), circuit.n_qubits, setting)
            minus = exact @ (1 - setting.signs[:, 0]) / 2
            f = self.fidelity(power)
            self.shares[power] = np.clip(f * minus + (1 - f) / 2, 0.0, 1.0)
        return self.shares[power]


@dataclass(frozen=True, slots=True)
class Ladder:
    """What one execution of every power costs, of the three that were compiled: further iterates
    cost as much as the second."""

    costs: tuple[TemplateCost, ...]

    def ebits(self, power: int) -> int:
        return self._at([c.ebits for c in self.costs], power)

    def classical_bits(self, power: int) -> int:
        return self._at([c.classical_bits for c in self.costs], power)

    def fidelity(self, power: int) -> float:
        f = [c.fidelity for c in self.costs]
        return f[power] if power < len(f) else f[-1] * (f[-1] / f[-2]) ** (power - len(f) + 1)

    @staticmethod
    def _at(known: Sequence[int], power: int) -> int:
        if power < len(known):
            return known[power]
        return known[-1] + (power - len(known) + 1) * (known[-1] - known[-2])


@dataclass(slots=True)
class Run:
    """Executions so far, their ebits and bits, and the largest power among them."""

    executions: int = 0
    ebits: int = 0
    classical_bits: int = 0
    power: int = 0

    def add(self, found: Amplitude, ladder: Ladder) -> None:
        for power, times in found.executions.items():
            self.executions += times
            self.ebits += times * ladder.ebits(power)
            self.classical_bits += times * ladder.classical_bits(power)
            self.power = max(self.power, power)


def ladders(batch: CircuitBatch, costs: Sequence[TemplateCost]) -> dict[int, Ladder]:
    """By job of power 0."""
    found: dict[int, list[TemplateCost]] = {}
    first = 0
    for k, (job, cost) in enumerate(zip(batch.jobs, costs, strict=True)):
        assert isinstance(job.recipe, Grover)
        first = k if job.recipe.power == 0 else first
        found.setdefault(first, []).append(cost)
    return {k: Ladder(tuple(mine)) for k, mine in found.items()}


@dataclass(frozen=True, slots=True, eq=False)
class Means:
    """The outputs of a program, float64[items, outputs], each to epsilon, all outputs of one item
    with probability 1 - delta; executions, ebits, classical bits, and the largest power."""

    values: Floats
    epsilon: float
    delta: float
    run: Run
    costs: tuple[TemplateCost, ...]


def means_by_amplitudes(
    circuit: Circuit, values: Mapping[str, npt.ArrayLike], epsilon: float = 0.1,
    delta: float = 0.05, seed: int = 0, options: Mapping[str, Any] | None = None,
) -> Means:  # fmt: skip
    """The means that a program returns, by amplitude estimation of every word of its observables,
    on circuits that are compiled by the default passes. NoGradient where it cannot be done."""
    problem = problem_of(circuit, with_parameters=False)
    batch = inference(problem)
    costs = batch_costs(batch, options)
    flat, rng, run = flat_values(problem.circuit, values), np.random.default_rng(seed), Run()
    accuracy = epsilon / float(norms_of(problem.circuit).max(initial=1e-300))
    found = np.tile(settings(problem.circuit)[1], (len(flat), 1))
    for (k, ladder), (_, shares) in zip(ladders(batch, costs).items(), problem.terms, strict=True):
        recipe = batch.jobs[k].recipe
        assert isinstance(recipe, Grover)
        word = _Word(batch, recipe, flat, lambda power: 1.0)
        for i in range(len(flat)):
            one = amplitude_estimate(word.hits(i, rng), accuracy, delta / len(problem.terms))
            run.add(one, ladder)
            for output, coefficient in shares:
                found[i, output] += coefficient * one.mean
    return Means(found, epsilon, delta, run, tuple(costs))


def gradient_by_amplitudes(
    ready: Prepared, costs: Sequence[TemplateCost], values: Mapping[str, npt.ArrayLike],
    epsilon: float, delta: float, seed: int, noisy: bool = False,
) -> tuple[Estimate, int]:  # fmt: skip
    """Every derivative to epsilon, all at once with probability 1 - delta, and the largest power.

    Every mean is estimated to epsilon over the range of the widest derivative, and each may fail
    with its part of delta.
    """
    batch, flat = ready.batch, flat_values(ready.batch.source, values)
    weights, rng, run = Weights(ready, flat), np.random.default_rng(seed), Run()
    steps = ladders(batch, costs)
    accuracy = epsilon / max(weights.spread, 1e-300)
    chance = delta / max(sum(batch.jobs[k].points.count for k in steps), 1)
    shape = (len(flat), len(batch.source.outputs), len(weights.columns))
    total, spread = np.zeros(shape), np.zeros(shape)
    for k, ladder in steps.items():
        recipe = batch.jobs[k].recipe
        assert isinstance(recipe, Grover)
        fidelity = ladder.fidelity if noisy else lambda power: 1.0
        word = _Word(batch, recipe, point_slots(ready, k, flat), fidelity)
        for p in range(batch.jobs[k].points.count):
            matrix = weights.of_point(k, p)[:, 0]
            for i in range(len(flat)):
                hits = word.hits(p * len(flat) + i, rng)
                found = amplitude_estimate(hits, accuracy, chance)
                run.add(found, ladder)
                total[i] += found.mean * matrix[i]
                spread[i] += np.abs(matrix[i]) * accuracy
    estimate = Estimate(
        batch.method, total, spread**2, np.zeros(shape), None, run.executions, len(batch.jobs),
        run.ebits, run.classical_bits, epsilon, parameters_of(batch.source),
    )  # fmt: skip
    return estimate, run.power
