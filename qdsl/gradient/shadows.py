"""Classical shadows of kick states: random bases, and what outcomes in them say of every word.

H.-Y. Huang, R. Kueng, J. Preskill, Nat. Phys. 16, 1050 (2020). A word of weight w shows in one of
`3**w` local bases, and in one of `2**n + 1` global ones, and counts as much where it does.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import ceil, pi, prod

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
from qdsl.gradient.frames import QUARTER, Basis, Frames, Global, Local, image
from qdsl.gradient.profile import Execution
from qdsl.gradient.states import Setting, chunks, distribution, states
from qdsl.ir.batch import CircuitBatch, Contributions, Job, Points
from qdsl.ir.paulis import Word, bits_of
from qdsl.ir.stages import Circuit
from qdsl.passes.derive_gradient.blocks import Block
from qdsl.passes.derive_gradient.problem import NoGradient, Problem
from qdsl.passes.derive_gradient.recipes import kicked, pruned
from qdsl.passes.derive_gradient.sites import chain, parameter_slots
from qdsl.passes.derive_gradient.writer import CircuitWriter, mean_of

EVERY_BASIS = 256  # a batch has all bases if they are no more, else so many random ones
MOST_GLOBAL = 6  # qubits of a global basis: its outcomes count 2**n + 1
MOST_COPIES = 2**22  # of one block and kick that are simulated


@dataclass(frozen=True, slots=True)
class Shadow:
    """Forwards, the kick, and backwards to the boundary of a block, as for `Kick`; there its
    qubits are turned into a basis that the template's own numbers choose: first the kick, then
    one for each turn of `Frames`."""

    word: Word
    owner: int
    block: Block
    shares: tuple[tuple[int, float], ...]
    is_global: bool = False

    @property
    def qubits(self) -> tuple[int, ...]:
        mask = 0
        for r in self.block.readings:
            mask |= r.word.support
        return bits_of(mask)

    @property
    def frames(self) -> Frames:
        return Global(len(self.qubits)) if self.is_global else Local(len(self.qubits))

    def copies(self, epsilon: float) -> float:
        """More than a mean of +-1 takes, for its words to epsilon (Bernstein)."""
        if self.is_global:
            return counts.global_shadow(len(self.qubits), epsilon)
        weight = max(r.word.support.bit_count() for r in self.block.readings)
        return counts.local_shadow(weight, epsilon)

    def circuit(self, source: Circuit) -> Circuit:
        axes = self.frames.axes
        writer = CircuitWriter(source, free=1 + len(axes))
        kicked(writer, self.word, self.owner, self.block.last)
        for k, axis in enumerate(axes):
            placed = self._placed(axis)
            writer.rotation(placed, (0.0, [(1.0, writer.slot(1 + k))]), self.block.pin)
        if self.block.pin >= 0:
            writer.gate("move", self.qubits, self.block.pin)
        outputs = [mean_of(self._placed(Word(0, z))) for z in self.seen]
        kind = "global_shadow" if self.is_global else "shadow"
        return pruned(writer.build(f"{source.name}_{kind}", outputs))

    @property
    def seen(self) -> tuple[int, ...]:
        """The words of Z that are the template's outputs, over the block's qubits."""
        if self.is_global:
            return tuple(range(1, 2 ** len(self.qubits)))
        return tuple(dict.fromkeys(self.local(r.word).support for r in self.block.readings))

    def local(self, word: Word) -> Word:
        """A word over the block's qubits, numbered from 0."""

        def packed(mask: int) -> int:
            return sum(((mask >> q) & 1) << k for k, q in enumerate(self.qubits))

        return Word(packed(word.x), packed(word.z), word.sign)

    def _placed(self, word: Word) -> Word:
        def spread(mask: int) -> int:
            return sum(((mask >> k) & 1) << q for k, q in enumerate(self.qubits))

        return Word(spread(word.x), spread(word.z), word.sign)

    def point(self, first: int, kick: float, basis: Basis) -> list[tuple[int, float]]:
        """The template's numbers for a kick and a basis."""
        turns = [(first + 1 + k, q * QUARTER) for k, q in enumerate(basis) if q]
        return [(first, kick * pi / 2), *turns]

    def read(self, basis: Basis) -> list[tuple[int, int, float]]:
        """(reading, word of Z, value) of every reading that shows in this basis."""
        found, frames = [], self.frames
        for k, r in enumerate(self.block.readings):
            after = image(self.local(r.word), frames.axes, basis)
            if after.is_diagonal:
                value = after.sign * r.coefficient * frames.worth(r.word.support.bit_count())
                found.append((k, after.z, value))
        return found


# ---- as a batch ---------------------------------------------------------------------------


def shadow_job(
    problem: Problem,
    word: Word,
    shares: tuple[tuple[int, float], ...],
    block: Block,
    is_global: bool,
    what: str,
) -> Job:
    """All bases equally often where there are few, so that the batch is exact; else random ones,
    which `sampled` draws anew for every estimate."""
    recipe = Shadow(word, problem.owner(word), block, shares, is_global)
    if is_global and len(recipe.qubits) > MOST_GLOBAL:
        raise NoGradient(
            f"'global_shadow' reads {MOST_GLOBAL} qubits at most, and a block here "
            f"has {len(recipe.qubits)}: shadow reads them one by one"
        )
    chosen = _bases(recipe.frames, is_global)
    place = {z: k for k, z in enumerate(recipe.seen)}
    points: list[list[tuple[int, float]]] = []
    given: list[tuple[int, int, int, int, float]] = []
    for sign in (1.0, -1.0):
        for basis in chosen:
            for k, z, value in recipe.read(basis):
                part = -sign / 2 * value / len(chosen)
                given += [
                    (len(points), place[z], target, block.readings[k].site, part * share)
                    for target, share in shares
                ]
            points.append(recipe.point(problem.circuit.values.n_slots, sign, basis))
    return Job(recipe, Points.of(points), Contributions.of(given), block.pin, what)


def _bases(frames: Frames, is_global: bool) -> list[Basis]:
    n = frames.qubits
    all_there_are = prod(2**k + 1 for k in range(1, n + 1)) if is_global else 3**n
    rng = np.random.default_rng(0)
    if all_there_are > EVERY_BASIS:
        return [frames.drawn(rng) for _ in range(EVERY_BASIS)]
    found: set[Basis] = set()
    while len(found) < all_there_are:
        found.add(frames.drawn(rng))
    return sorted(found)


# ---- from shots ---------------------------------------------------------------------------


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
    prices: Sequence[Execution],
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
    return spread**2 * recipe.copies(epsilon / spread)


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
