"""Protocols that are run as simulations of their laws, not of their circuits.

- `gentle_sweep`: one bundle of copies for either kick is taken back through the circuit once;
  before every rotation the mean of its word over the copies is read by a pointer of width sigma.
  The states of the copies are followed in mean field.
- `shadow_tomography`: multiplicative weights with a threshold search that is assumed: an oracle
  that names a word whose prediction is wrong, and its mean to a quarter of epsilon. Its copies
  are a declared constant, 1, times the bound.
"""

from __future__ import annotations

from math import ceil, log2, pi, sqrt

import numpy as np
import numpy.typing as npt

from qdsl.gradient.states import CircuitTooLarge
from qdsl.ir.operations import Kind
from qdsl.ir.paulis import PauliWord
from qdsl.ir.stages import Circuit
from qdsl.ir.table import Row
from qdsl.passes.derive_gradient.blocks import CommutingBlock, WordReading
from qdsl.passes.derive_gradient.problem import GradientProblem, NoGradient, needs_unitary
from qdsl.passes.derive_gradient.recipes import kicked
from qdsl.passes.derive_gradient.sites import chain, parameter_slots, words_of
from qdsl.passes.derive_gradient.writer import CircuitWriter
from qdsl.records import dataclass

Floats = npt.NDArray[np.float64]
State = npt.NDArray[np.complex128]
MOST_QUBITS = 10


# ---- the walk back from the kick --------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _StateWalk:
    """States as vectors, and the rows of a circuit on them."""

    circuit: Circuit
    slots: Floats
    angles: Floats

    @staticmethod
    def of(circuit: Circuit, slots: Floats) -> _StateWalk:
        if circuit.n_qubits > MOST_QUBITS:
            raise CircuitTooLarge(f"this protocol is simulated up to {MOST_QUBITS} qubits")
        extended = circuit.values.extend(slots)
        return _StateWalk(circuit, slots, circuit.values.angles.evaluate(extended))

    def word(self, word: PauliWord, state: State) -> State:
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

    def back(self, state: State, rows: list[int]) -> State:
        """The rows, in rising order, undone."""
        for i in reversed(rows):
            row = self.circuit.table.row(i)
            if row.op.kind is Kind.UNITARY:
                state = self.undone(row, state)
        return state

    def observable(self, word: PauliWord, rows: list[int]) -> State:
        """`V^+ P V` for V the rows, in rising order."""
        columns = np.eye(2**self.circuit.n_qubits, dtype=np.complex128)
        moved = np.stack([self.back(self.word(word, c), rows) for c in columns], axis=1)
        found: State = np.stack([self.back(c, rows) for c in moved.conj()], axis=1).conj().T
        return found


def gentle_sweep(
    problem: GradientProblem, slots: Floats, copies: int, rng: np.random.Generator
) -> Floats:
    """float64[outputs, parameters] from so many copies, held all at once, for every word."""
    from qdsl.gradient.states import states

    needs_unitary(problem, "gentle_sweep")
    circuit = problem.circuit
    walk = _StateWalk.of(circuit, slots)
    extended = circuit.values.extend(slots)
    place = {s: k for k, s in enumerate(parameter_slots(circuit.values))}
    final = states(circuit, slots[None])[0, :, 0]
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
                    for rotation in site.rotations:
                        read, state = _pointer(walk, rotation.word, state, sigma, each, rng)
                        for slot, factor in factors.items():
                            for target, share in shares:
                                total[target, place[slot]] -= (
                                    sign / 2 * read * rotation.coefficient * factor * share
                                )
                if row.op.kind is Kind.UNITARY:
                    state = walk.undone(row, state)
                elif row.op.kind is Kind.MOVE:
                    continue
                elif any(site.row < i for site in problem.sites):
                    raise NoGradient("'gentle_sweep' has to undo an encoding")
                else:
                    break
    return total


def _pointer(
    walk: _StateWalk,
    word: PauliWord,
    state: State,
    sigma: float,
    copies: int,
    rng: np.random.Generator,
) -> tuple[float, State]:
    """The mean of a word over the copies, read with width sigma, and what that does to them."""
    applied = walk.word(word, state)
    mean = float(np.vdot(state, applied).real)
    variance = 1 - mean**2
    read = mean + sqrt(sigma**2 + variance / copies) * float(rng.normal())
    rotation = (read - mean) / (2 * copies * sigma**2 + 2 * variance)
    state = np.cosh(rotation) * state + np.sinh(rotation) * applied
    return read, state / np.linalg.norm(state)


def tomography_at(
    problem: GradientProblem, word: PauliWord, shares: tuple[tuple[int, float], ...],
    blocks: list[CommutingBlock], slots: Floats, epsilon: float, rng: np.random.Generator,
) -> Floats:  # fmt: skip
    """What the blocks of one boundary contribute, float64[outputs, parameters].

    The hypothesis is of the kick states with the kick's sign in a qubit of its own, so that a
    derivative is one mean: of minus Z there times the word, taken back to the first block.
    """
    from qdsl.gradient.states import states

    walk = _StateWalk.of(problem.circuit, slots)
    if problem.circuit.n_qubits > MOST_TOMOGRAPHY:
        raise CircuitTooLarge(f"shadow tomography is simulated up to {MOST_TOMOGRAPHY} qubits")
    first = min(b.last for b in blocks)
    kept = np.flatnonzero(problem.cone(word)).tolist()
    writer = CircuitWriter(problem.circuit, free=1)
    kicked(writer, word, problem.owner(word), first)
    both = np.array([[*slots, pi / 2], [*slots, -pi / 2]])
    state = states(writer.build("kicked", ()), both)[:, :, 0].reshape(-1) / sqrt(2)
    readings, observables = [], []
    for block in blocks:
        between = [i for i in kept if first < i <= block.last]
        for r in block.readings:
            readings.append(r)
            observables.append(_signed(walk.observable(r.word, between)))
    found = shadow_tomography(state, observables, epsilon, rng)
    return _contributed(problem, readings, found.means, shares, slots)


MOST_TOMOGRAPHY, MOST_UPDATES = 6, 200_000


def _signed(observable: State) -> State:
    """Minus Z, of the kick's sign, times an observable."""
    nothing = np.zeros_like(observable)
    return np.block([[-observable, nothing], [nothing, observable]])


def _contributed(
    problem: GradientProblem,
    readings: list[WordReading],
    means: Floats,
    shares: tuple[tuple[int, float], ...],
    slots: Floats,
) -> Floats:
    circuit = problem.circuit
    extended = circuit.values.extend(slots)
    place = {s: k for k, s in enumerate(parameter_slots(circuit.values))}
    total = np.zeros((len(circuit.outputs), len(place)))
    for r, mean in zip(readings, means, strict=True):
        for slot, factor in chain(problem.sites[r.site], extended).items():
            for target, share in shares:
                total[target, place[slot]] += mean * r.coefficient * factor * share
    return total


@dataclass(frozen=True, slots=True)
class Tomography:
    """Predictions of all means, how often the hypothesis was changed, and the most it can be."""

    means: Floats
    updates: int
    bound: int


def shadow_tomography(
    state: State,
    observables: list[npt.NDArray[np.complex128]],
    epsilon: float,
    rng: np.random.Generator,
) -> Tomography:
    """All means of observables between -1 and 1 to epsilon (S. Aaronson, STOC 2018; the update is
    that of matrix multiplicative weights)."""
    size = len(state)
    truth = np.array([float(np.vdot(state, o @ state).real) for o in observables])
    gap, noise = 0.75 * epsilon, 0.25 * epsilon
    bound = ceil(2 * log2(size) * np.log(2) / (gap - noise) ** 2)
    if bound > MOST_UPDATES:
        raise CircuitTooLarge(
            f"shadow tomography to {epsilon:.2g} may take {bound:.2g} updates, too many "
            "to be simulated"
        )
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
            return Tomography(means, updates, bound)
        j = int(rng.choice(wrong))
        exponent -= (gap - noise) * np.sign(off[j]) * observables[j]
        updates += 1
