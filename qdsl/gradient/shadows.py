"""Gradients by classical shadows of kick states, from shots in random bases."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import ceil

import numpy as np
import numpy.typing as npt

from qdsl.gradient import counts
from qdsl.gradient.estimation import (
    Estimate,
    Floats,
    Prepared,
    depolarized,
    estimated,
    flat_values,
    parameters_of,
)
from qdsl.gradient.profile import ExecutionProfile
from qdsl.gradient.states import Setting, chunks, distribution, states
from qdsl.ir.batch import CircuitBatch
from qdsl.ir.paulis import bits_of
from qdsl.passes.derive_gradient.frames import Basis
from qdsl.passes.derive_gradient.problem import NoGradient
from qdsl.passes.derive_gradient.shadow_job import Shadow
from qdsl.passes.derive_gradient.sites import chain, parameter_slots
from qdsl.records import dataclass

MOST_COPIES = 2**22  # of one block and kick that are simulated


@dataclass(slots=True)
class _Sum:
    """Of one block's contributions over executions, [outputs, parameters]: sum and squares."""

    total: Floats
    squares: Floats
    number: int = 0

    def add(self, seen: Floats, worth: Floats) -> None:
        """Counts of outcomes, and what each of them is worth, [outcomes, outputs, parameters]."""
        self.total += np.einsum("o,otj->tj", seen, worth)
        self.squares += np.einsum("o,otj->tj", seen, worth**2)
        self.number += int(seen.sum())


def sampled(
    ready: Prepared,
    prices: Sequence[ExecutionProfile],
    values: Mapping[str, npt.ArrayLike],
    shots: int,
    seed: int,
    accuracy: tuple[float, float],
    fidelities: Sequence[float],
) -> Estimate:
    """Fresh random bases for every copy. `accuracy`: epsilon, and the range of the widest
    derivative, which decide how many copies a block gets for a shot of unit range."""
    batch, rng = ready.batch, np.random.default_rng(seed)
    flat = flat_values(batch.source, values)
    shape = (len(flat), len(batch.source.outputs), len(parameter_slots(batch.source.values)))
    total, variance = np.zeros(shape), np.zeros(shape)
    executions = [0] * len(batch.jobs)
    for k, job in enumerate(batch.jobs):
        if not isinstance(job.recipe, Shadow):
            continue
        half = copies_of(job.recipe, shots, *accuracy)
        for i, item in enumerate(flat):
            for sign in (1.0, -1.0):
                found = _seen(ready, k, item, sign, half, rng, fidelities[k])
                mean = found.total / half
                total[i] += mean / 2
                variance[i] += (found.squares / half - mean**2) / (4 * max(half - 1, 1))
            executions[k] += 2 * half
    rest = [k for k, job in enumerate(batch.jobs) if not isinstance(job.recipe, Shadow)]
    if rest:  # what lies behind an encoding
        others = replace(batch, method="parameter_shift", jobs=tuple(batch.jobs[k] for k in rest))
        shifted = estimated(
            others, values, shots, seed, [prices[k] for k in rest], [fidelities[k] for k in rest]
        )
        total, variance = total + shifted.jacobian, variance + shifted.variance
        executions[rest[0]] = shifted.circuits
    ebits = sum(n * p.ebits for n, p in zip(executions, prices, strict=True))
    bits = sum(n * p.classical_bits for n, p in zip(executions, prices, strict=True))
    return Estimate(batch.method, total, variance, variance * shots, shots, sum(executions),
                    len(batch.jobs), ebits, bits, 0.0, parameters_of(batch.source))  # fmt: skip


def copies_of(recipe: Shadow, shots: int, epsilon: float, spread: float) -> int:
    """Executions of either kick."""
    half = ceil(shots * share_of(recipe, epsilon, spread) / 2 - 1e-9)
    if half > MOST_COPIES:
        raise NoGradient(f"{half} copies of a block in random bases are too many to be simulated")
    return half


def share_of(recipe: Shadow, epsilon: float, spread: float) -> float:
    """Copies of a block for a shot of unit range."""
    return spread**2 * _copies(recipe, epsilon / spread)


def _copies(recipe: Shadow, epsilon: float) -> float:
    """More than a mean of +-1 takes, for a block's words to epsilon (Bernstein)."""
    if recipe.is_global:
        return counts.global_shadow(len(recipe.qubits), epsilon)
    weight = max(r.word.support.bit_count() for r in recipe.block.readings)
    return counts.local_shadow(weight, epsilon)


def _seen(ready: Prepared, k: int, item: Floats, sign: float, copies: int,
          rng: np.random.Generator, fidelity: float) -> _Sum:  # fmt: skip
    """The contributions of so many copies with one kick, every copy in a basis of its own."""
    job, template, source = ready.batch.jobs[k], ready.templates[k], ready.batch.source
    recipe = job.recipe
    assert isinstance(recipe, Shadow)
    frames = recipe.frames
    drawn = sorted(Counter(frames.drawn(rng) for _ in range(copies)).items())
    slots = np.zeros((len(drawn), template.values.n_slots))
    slots[:, : len(item)] = item
    for row, (basis, _) in zip(slots, drawn, strict=True):
        for slot, value in recipe.point(len(item), sign, basis):
            row[slot] += value
    weights = _weights(ready.batch, recipe, source.values.extend(item))
    letters = tuple((q, "Z") for q in recipe.qubits)
    setting = Setting(letters, np.zeros(0, np.int64), np.zeros(0), ())
    found = _Sum(np.zeros(weights.shape[1:]), np.zeros(weights.shape[1:]))
    shares = np.concatenate(
        [
            distribution(states(template, slots[part]), template.n_qubits, setting)
            for part in chunks(template, len(slots))
        ]
    )
    for (basis, times), probabilities in zip(drawn, shares, strict=True):
        seen = rng.multinomial(times, depolarized(probabilities, fidelity)).astype(np.float64)
        found.add(seen, _worth(recipe, basis, -sign * weights))
    return found


def _weights(batch: CircuitBatch, recipe: Shadow, extended: Floats) -> Floats:
    """How much every reading counts, [readings, outputs, parameters]."""
    place = {s: k for k, s in enumerate(parameter_slots(batch.source.values))}
    found = np.zeros((len(recipe.block.readings), len(batch.source.outputs), len(place)))
    for k, r in enumerate(recipe.block.readings):
        for slot, factor in chain(batch.sites[r.site], extended).items():
            for target, share in recipe.shares:
                found[k, target, place[slot]] += factor * share
    return found


def _worth(recipe: Shadow, basis: Basis, weights: Floats) -> Floats:
    """[outcomes, outputs, parameters]."""
    n = len(recipe.qubits)
    outcomes = np.arange(2**n)
    found = np.zeros((2**n, *weights.shape[1:]))
    for k, z, value in recipe.read(basis):
        mask = sum(1 << (n - 1 - q) for q in bits_of(z))
        parity = 1 - 2 * (np.bitwise_count(outcomes & mask) & 1).astype(np.float64)
        found += (value * parity)[:, None, None] * weights[k]
    return found
