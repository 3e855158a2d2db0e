"""Amplitude estimation (`iterative`) on the circuits that `derive-gradient` writes for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from qdsl.gradient.compiling import TemplateCost, batch_costs
from qdsl.gradient.estimation import (
    Estimate,
    Floats,
    Prepared,
    Weights,
    flat_values,
    parameters_of,
    point_slots,
)
from qdsl.gradient.iterative import Amplitude, Hits, amplitude_estimate
from qdsl.gradient.states import CircuitTooLarge, distribution, settings, states
from qdsl.gradient.telling import reader_of, telling
from qdsl.ir.batch import CircuitBatch
from qdsl.ir.stages import Circuit
from qdsl.passes.derive_gradient.grover import Grover, inference
from qdsl.passes.derive_gradient.problem import norms_of, problem_of
from qdsl.records import dataclass

MOST_ROWS = 500_000  # of a circuit that is simulated


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
            if 2 * power * len(self.batch.source.table) > MOST_ROWS:
                raise CircuitTooLarge(
                    f"{power} iterates in a row are too many to be simulated: ask for "
                    "a larger epsilon"
                )
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
class AmplitudeRun:
    """Executions so far, their ebits and bits, and the largest power among them."""

    executions: int = 0
    ebits: int = 0
    classical_bits: int = 0
    power: int = 0

    def add(self, found: Amplitude, ladder: Ladder, joined: int) -> None:
        """`joined`: bits of every execution that join its outcomes."""
        for power, times in found.executions.items():
            self.executions += times
            self.ebits += times * ladder.ebits(power)
            self.classical_bits += times * (ladder.classical_bits(power) + joined)
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


def _joined(batch: CircuitBatch, k: int, costs: Sequence[TemplateCost]) -> int:
    """Bits of an execution of job k, of power 0, and of those after it that join its outcomes."""
    ((group, *_), _), reader = settings(batch.template(k)), reader_of(batch, batch.jobs[k])
    return telling(group, costs[k + 1].places, {}, reader).joined


@dataclass(frozen=True, slots=True, eq=False)
class Means:
    """The outputs of a program, float64[items, outputs], each to epsilon, all outputs of one item
    with probability 1 - delta; executions, ebits, classical bits, and the largest power."""

    values: Floats
    epsilon: float
    delta: float
    run: AmplitudeRun
    costs: tuple[TemplateCost, ...]


def means_by_amplitudes(
    circuit: Circuit,
    values: Mapping[str, npt.ArrayLike],
    epsilon: float = 0.1,
    delta: float = 0.05,
    seed: int = 0,
    options: Mapping[str, Any] | None = None,
) -> Means:
    """The means that a program returns, by amplitude estimation of every word of its observables,
    on circuits that are compiled by the default passes. NoGradient where it cannot be done."""
    problem = problem_of(circuit, with_parameters=False)
    batch = inference(problem)
    costs = batch_costs(batch, options)
    flat, rng, run = (
        flat_values(problem.circuit, values),
        np.random.default_rng(seed),
        AmplitudeRun(),
    )
    accuracy = epsilon / float(norms_of(problem.circuit).max(initial=1e-300))
    found = np.tile(settings(problem.circuit)[1], (len(flat), 1))
    for (k, ladder), (_, shares) in zip(ladders(batch, costs).items(), problem.terms, strict=True):
        recipe = batch.jobs[k].recipe
        assert isinstance(recipe, Grover)
        word = _Word(batch, recipe, flat, lambda power: 1.0)
        joined = _joined(batch, k, costs)
        for i in range(len(flat)):
            one = amplitude_estimate(word.hits(i, rng), accuracy, delta / len(problem.terms))
            run.add(one, ladder, joined)
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
    weights, rng, run = Weights(ready, flat), np.random.default_rng(seed), AmplitudeRun()
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
        joined = _joined(batch, k, costs)
        for p in range(batch.jobs[k].points.count):
            matrix = weights.of_point(k, p)[:, 0]
            for i in range(len(flat)):
                hits = word.hits(p * len(flat) + i, rng)
                found = amplitude_estimate(hits, accuracy, chance)
                run.add(found, ladder, joined)
                total[i] += found.mean * matrix[i]
                spread[i] += np.abs(matrix[i]) * accuracy
    estimate = Estimate(
        batch.method, total, spread**2, np.zeros(shape), None, run.executions, len(batch.jobs),
        run.ebits, run.classical_bits, epsilon, parameters_of(batch.source),
    )  # fmt: skip
    return estimate, run.power
