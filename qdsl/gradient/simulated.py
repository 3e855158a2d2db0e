"""Protocols that are run as simulations of their laws, not of their circuits.

- `amplitude_estimation`: iterative amplitude estimation of every derivative, each a mean of
  +-1: the k-th power of the Grover iterate shows -1 with probability `sin((2k+1) t)**2`, and takes
  2k + 1 passes.
- `gentle_sweep`: one bundle of copies for either kick is taken back through the circuit once;
  before every rotation the mean of its word over the copies is read by a pointer of width sigma.
  The states of the copies are followed in mean field.
- `shadow_tomography`: multiplicative weights with a threshold search that is assumed: an oracle
  that names a word whose prediction is wrong, and its mean to a quarter of epsilon. Its copies
  are a declared constant, 1, times the bound.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import acos, asin, ceil, floor, log2, pi, sin, sqrt

import numpy as np
import numpy.typing as npt

from qdsl.gradient.counts import sweep_copies
from qdsl.gradient.paulis import Word
from qdsl.gradient.problem import NoGradient, Problem, needs_unitary
from qdsl.gradient.sites import chain, parameter_slots, words_of
from qdsl.gradient.states import TooLarge
from qdsl.ir.operations import Kind
from qdsl.ir.stages import Circuit
from qdsl.ir.table import Row

Floats = npt.NDArray[np.float64]
State = npt.NDArray[np.complex128]
MOST_QUBITS = 10


# ---- amplitude estimation -----------------------------------------------------------------


def amplitude_estimate(
    mean: float, epsilon: float, delta: float, rng: np.random.Generator, shots: int = 50
) -> tuple[float, int]:
    """A mean of +-1 to epsilon with probability 1 - delta, and the passes it took.

    Iterative amplitude estimation with Clopper-Pearson intervals (D. Grinko et al., npj Quantum
    Inf. 7, 52 (2021)).
    """
    angle = asin(sqrt(min(max((1 - mean) / 2, 0.0), 1.0)))
    target = epsilon / 2
    rounds = ceil(log2(pi / (4 * target))) + 1
    low, high, power, upper = 0.0, 0.25, 0, True
    seen = (0, 0)
    passes = 0
    while True:
        a, b = sin(2 * pi * low) ** 2, sin(2 * pi * high) ** 2
        if (b - a) / 2 <= target:
            return 1 - (a + b), passes
        following, half = _next_power(low, high, power, upper)
        if following != power:
            seen = (0, 0)
        power, upper = following, half
        hits = int(rng.binomial(shots, sin((2 * power + 1) * angle) ** 2))
        seen = (seen[0] + hits, seen[1] + shots)
        passes += shots * (2 * power + 1)
        low, high = _narrowed(low, high, power, upper, _clopper_pearson(*seen, delta / rounds))


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


# ---- the walk back from the kick --------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Walk:
    """States as vectors, and the rows of a circuit on them."""

    circuit: Circuit
    slots: Floats
    angles: Floats

    @staticmethod
    def of(circuit: Circuit, slots: Floats) -> _Walk:
        if circuit.n_qubits > MOST_QUBITS:
            raise TooLarge(f"this protocol is simulated up to {MOST_QUBITS} qubits")
        extended = circuit.values.extend(slots)
        return _Walk(circuit, slots, circuit.values.angles.evaluate(extended))

    def word(self, word: Word, state: State) -> State:
        n = self.circuit.n_qubits
        x = sum(1 << (n - 1 - q) for q, p in word.letters() if p != "Z")
        z = sum(1 << (n - 1 - q) for q, p in word.letters() if p != "X")
        ys = sum(p == "Y" for _, p in word.letters())
        source = np.arange(2**n) ^ x
        odd = np.bitwise_count(source & z) & 1
        found: State = word.sign * 1j**ys * (1 - 2.0 * odd) * state[source]
        return found

    def undone(self, row: Row, state: State) -> State:
        given = tuple(float(self.angles[e]) for e in row.angles)
        for word, angle in reversed(words_of(self.circuit, row)):
            t = angle.at(given) / 2
            state = np.cos(t) * state + 1j * np.sin(t) * self.word(word, state)
        return state


def gentle_sweep(
    problem: Problem, slots: Floats, epsilon: float, delta: float, rng: np.random.Generator
) -> tuple[Floats, int]:
    """float64[outputs, parameters], and the copies held: all of them at once."""
    from qdsl.gradient.states import states

    needs_unitary(problem, "gentle_sweep")
    circuit = problem.circuit
    walk = _Walk.of(circuit, slots)
    extended = circuit.values.extend(slots)
    place = {s: k for k, s in enumerate(parameter_slots(circuit.values))}
    final = states(circuit, slots[None])[0, :, 0]
    copies = sweep_copies(len(place), epsilon, delta)
    each = max(copies // 2, 1)
    sigma = len(place) ** 0.25 / sqrt(each)
    total = np.zeros((len(circuit.outputs), len(place)))
    of_row = {site.row: [s for s in problem.sites if s.row == site.row] for site in problem.sites}
    for word, shares in problem.terms:
        for sign in (1.0, -1.0):
            state = (final - 1j * sign * walk.word(word, final)) / sqrt(2)
            for i in range(len(circuit.table) - 1, -1, -1):
                row = circuit.table.row(i)
                for site in of_row.get(i, ()):
                    factors = chain(site, extended)
                    for turn in site.turns:
                        read, state = _pointer(walk, turn.word, state, sigma, each, rng)
                        for slot, factor in factors.items():
                            for target, share in shares:
                                total[target, place[slot]] -= (
                                    sign / 2 * read * turn.coefficient * factor * share
                                )
                if row.op.kind is Kind.UNITARY:
                    state = walk.undone(row, state)
                elif row.op.kind is Kind.MOVE:
                    continue
                elif any(site.row < i for site in problem.sites):
                    raise NoGradient("'gentle_sweep' has to undo an encoding")
                else:
                    break
    return total, copies * len(problem.terms)


def _pointer(walk: _Walk, word: Word, state: State, sigma: float, copies: int,
             rng: np.random.Generator) -> tuple[float, State]:  # fmt: skip
    """The mean of a word over the copies, read with width sigma, and what that does to them."""
    applied = walk.word(word, state)
    mean = float(np.vdot(state, applied).real)
    variance = 1 - mean**2
    read = mean + sqrt(sigma**2 + variance / copies) * float(rng.normal())
    turn = (read - mean) / (2 * copies * sigma**2 + 2 * variance)
    state = np.cosh(turn) * state + np.sinh(turn) * applied
    return read, state / np.linalg.norm(state)


@dataclass(frozen=True, slots=True)
class Tomography:
    """Predictions of all means, how often the hypothesis was changed, and the most it can be."""

    means: Floats
    updates: int
    bound: int


def shadow_tomography(
    state: State, observables: list[npt.NDArray[np.complex128]], epsilon: float,
    rng: np.random.Generator,
) -> Tomography:  # fmt: skip
    """All means of observables between -1 and 1 to epsilon (S. Aaronson, STOC 2018; the update is
    that of matrix multiplicative weights)."""
    size = len(state)
    truth = np.array([float(np.vdot(state, o @ state).real) for o in observables])
    gap, noise = 0.75 * epsilon, 0.25 * epsilon
    exponent = np.zeros((size, size), np.complex128)
    updates = 0
    while True:
        levels, basis = np.linalg.eigh(exponent)
        weights = np.exp(levels - levels.max())
        guess = (basis * (weights / weights.sum())) @ basis.conj().T
        means = np.array([float(np.trace(o @ guess).real) for o in observables])
        off = means - (truth + rng.uniform(-noise, noise, len(truth)))
        wrong = np.flatnonzero(np.abs(off) > gap)
        if not len(wrong):
            bound = ceil(2 * log2(size) * np.log(2) / (gap - noise) ** 2)
            return Tomography(means, updates, bound)
        j = int(rng.choice(wrong))
        exponent -= (gap - noise) * np.sign(off[j]) * observables[j]
        updates += 1
