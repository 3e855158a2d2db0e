"""What the final states of noisy executions show."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Protocol

import numpy as np
import numpy.typing as npt

from qdsl.ir.stages import Expectation, Output, Overlap, Probability, Sample
from qdsl.ir.state_vectors import PAULI_BASES, PAULIS, Matrix, applied
from qdsl.run.noisy.density import DensityEngine
from qdsl.run.noisy.stabilisers import StabiliserEngine
from qdsl.run.noisy.steps import NoisyProgram, TooManyAlive
from qdsl.run.noisy.trajectories import TrajectoryEngine

Numbers = npt.NDArray[np.float64]
Bits = npt.NDArray[np.bool_]
MOST_TOGETHER: Final = 16  # qubits whose distribution is kept for every execution


class FinalStates(Protocol):
    """Final states; each number comes for every trajectory, or once."""

    def shares(self, wires: Sequence[int]) -> Numbers:
        """The distribution over the basis states of these wires, float[executions, 2**k]."""

    def means(self, letters: str, wires: Sequence[int]) -> Numbers:
        """The means of a Pauli word, float[executions]."""

    def outcomes(
        self, letters: str, wires: Sequence[int], shots: int, random: np.random.Generator
    ) -> Bits:
        """Outcomes of shots where every wire is read in the basis of its letter, bool[shots, k]:
        one of every execution, or all of the one state that there is. Nothing is asked of the
        states afterwards."""


class FinalDensity:
    def __init__(self, engine: DensityEngine) -> None:
        self._engine = engine

    def shares(self, wires: Sequence[int]) -> Numbers:
        return np.diagonal(self._engine.reduced(wires)).real[None].copy()

    def rotated_shares(self, letters: str, wires: Sequence[int]) -> Numbers:
        """The distribution of outcomes in the bases of Pauli operators, float[1, 2**k]."""
        k = len(wires)
        rho = self._engine.reduced(wires).reshape((2,) * (2 * k))
        for place, letter in enumerate(letters):
            basis = PAULI_BASES[letter]
            rho = applied(basis.conj(), applied(basis, rho, (place,)), (k + place,))
        return np.diagonal(rho.reshape(2**k, 2**k)).real[None].copy()

    def outcomes(
        self, letters: str, wires: Sequence[int], shots: int, random: np.random.Generator
    ) -> Bits:
        (shares,) = np.clip(self.rotated_shares(letters, wires), 0.0, None)
        times = random.multinomial(shots, shares / shares.sum())
        return _bits(np.repeat(np.arange(len(shares)), times), len(wires))

    def means(self, letters: str, wires: Sequence[int]) -> Numbers:
        k = len(wires)
        rho = self._engine.reduced(wires).reshape((2,) * k + (-1,))
        for place, letter in enumerate(letters):
            rho = applied(PAULIS[letter], rho, (place,))
        return np.array([np.trace(rho.reshape(2**k, 2**k)).real])

    def overlaps(self, state: Matrix, wires: Sequence[int]) -> Numbers:
        """The fidelity to a pure state of these wires, float[1]."""
        return np.array([np.vdot(state, self._engine.reduced(wires) @ state).real])


class FinalTrajectories:
    def __init__(self, engine: TrajectoryEngine) -> None:
        self._engine = engine

    def states_of(self, wires: Sequence[int]) -> Matrix:
        """All states, these wires first, [executions, 2**n]."""
        others = [w for w in self._engine.wires if w not in wires]
        return self._engine.ordered([*wires, *others])

    def shares(self, wires: Sequence[int]) -> Numbers:
        weights = np.abs(self.states_of(wires)) ** 2
        found: Numbers = weights.reshape(len(weights), 2 ** len(wires), -1).sum(axis=-1)
        return found

    def outcomes(
        self, letters: str, wires: Sequence[int], shots: int, random: np.random.Generator
    ) -> Bits:
        states = self.states_of(wires)
        axes = states.reshape((len(states),) + (2,) * len(wires) + (-1,))
        for place, letter in enumerate(letters, start=1):
            if letter != "Z":
                axes = applied(PAULI_BASES[letter], axes, (place,))
        weights = np.abs(axes.reshape(len(states), 2 ** len(wires), -1)) ** 2
        cumulative = np.cumsum(weights.sum(axis=-1), axis=1)
        drawn = random.random((len(states), 1)) * cumulative[:, -1:]
        return _bits((cumulative <= drawn).sum(axis=1), len(wires))

    def means(self, letters: str, wires: Sequence[int]) -> Numbers:
        before = self._engine.ordered(self._engine.wires)
        after = self._engine.states
        for letter, wire in zip(letters, wires, strict=True):
            after = applied(PAULIS[letter], after, (1 + self._engine.wires.index(wire),))
        found: Numbers = (before.conj() * after.reshape(before.shape)).sum(axis=1).real
        return found

    def overlaps(self, state: Matrix, wires: Sequence[int]) -> Numbers:
        """The fidelities to a pure state of these wires, float[executions]."""
        states = self.states_of(wires)
        parts = state.conj() @ states.reshape(len(states), 2 ** len(wires), -1)
        found: Numbers = (np.abs(parts) ** 2).sum(axis=1)
        return found


class FinalStabilisers:
    """`fidelities`: whether every execution ends in the state of the one without noise."""

    def __init__(self, engine: StabiliserEngine, final: Sequence[int]) -> None:
        engine.keep(final)
        self._engine = engine
        self._wires = {wire: k for k, wire in enumerate(final)}
        self._xs, self._zs = engine.frames(final)

    def shares(self, wires: Sequence[int]) -> Numbers:
        """One outcome of every execution. `TooManyAlive` of too many wires."""
        if len(wires) > MOST_TOGETHER:
            raise TooManyAlive(
                f"{len(wires)} qubits are read together: under noise, distributions are those of "
                f"up to {MOST_TOGETHER}"
            )
        known = self._engine.outcomes(wires)
        each = [one ^ self._xs[self._wires[w]] for one, w in zip(known, wires, strict=True)]
        index = np.zeros(self._xs.shape[1], np.int64)
        for ones in each:
            index = 2 * index + ones
        found = np.zeros((len(index), 2 ** len(wires)))
        found[np.arange(len(index)), index] = 1
        return found

    def outcomes(
        self, letters: str, wires: Sequence[int], shots: int, random: np.random.Generator
    ) -> Bits:
        for letter, wire in zip(letters, wires, strict=True):
            if letter != "Z":
                self._engine.gate(PAULI_BASES[letter], (wire,), None, 0.0)
        flips, _ = self._engine.frames(wires)
        found: Bits = flips.T ^ np.array(self._engine.outcomes(wires), np.bool_)
        return found

    def means(self, letters: str, wires: Sequence[int]) -> Numbers:
        word = self._engine.identity()
        turned = np.zeros(self._xs.shape[1], np.bool_)
        for letter, wire in zip(letters, wires, strict=True):
            word[self._engine.place[wire]] = letter
            k = self._wires[wire]
            turned ^= (letter != "X") & self._xs[k] ^ (letter != "Z") & self._zs[k]
        mean = self._engine.reference.peek_observable_expectation(word)
        found: Numbers = mean * (1.0 - 2.0 * turned)
        return found

    def fidelities(self) -> Numbers:
        """float[executions]; none where the final state is not pure."""
        generators = self._engine.stabilisers()
        if len(generators) < len(self._wires):
            return np.zeros(0)
        places = [self._engine.place[w] for w in self._wires]
        words = [s.to_numpy() for s in generators]
        xs = np.array([w[0][places] for w in words], np.float32)
        zs = np.array([w[1][places] for w in words], np.float32)
        wrong = (xs @ self._zs + zs @ self._xs) % 2
        return np.where(wrong.any(axis=0), 0.0, 1.0)


def value_of(output: Output, program: NoisyProgram, final: FinalStates) -> Numbers:
    """An output of every trajectory, or of all executions at once: float[n], or float[n, 2**k] of
    distributions. The read-out of what is returned errs as its node does."""
    if isinstance(output, Sample | Probability):
        return _read(output.qubits, program, final)
    if isinstance(output, Overlap):
        shares = _read((*output.left, *output.right), program, final)
        k = len(output.left)
        index = np.arange(4**k)
        sign = 1 - 2.0 * (np.bitwise_count((index >> k) & index & (2**k - 1)) & 1)
        found: Numbers = shares @ sign
        return found
    assert isinstance(output, Expectation)
    total: Numbers = np.zeros(1)
    for term in output.terms:
        wires = [program.final[q] for q, _ in term.paulis]
        letters = "".join(letter for _, letter in term.paulis)
        good = np.prod([1 - 2 * _wrong(program, w) for w in wires])
        mean = final.means(letters, wires) if wires else np.ones(1)
        total = total + term.coefficient * good * mean
    return total


def _read(qubits: Sequence[int], program: NoisyProgram, final: FinalStates) -> Numbers:
    wires = [program.final[q] for q in qubits]
    return _with_wrong_bits(final.shares(wires), wires, program)


def read_in_bases(
    setting: Sequence[tuple[int, str]], program: NoisyProgram, final: FinalDensity
) -> Numbers:
    """The distribution of the outcomes where each of these qubits is read in the basis of its
    letter, without an error of the rotation to it: float[2**k]."""
    wires = [program.final[q] for q, _ in setting]
    letters = "".join(letter for _, letter in setting)
    shares = final.rotated_shares(letters, wires)
    found: Numbers = _with_wrong_bits(shares, wires, program)[0]
    return found


def bits_read(
    setting: Sequence[tuple[int, str]],
    program: NoisyProgram,
    final: FinalStates,
    shots: int,
    random: np.random.Generator,
) -> Bits:
    """Outcomes of `FinalStates.outcomes` for the qubits of a setting as read-outs show them,
    bool[shots, qubits]; the rotations to their bases are without an error."""
    wires = [program.final[q] for q, _ in setting]
    bits = final.outcomes("".join(letter for _, letter in setting), wires, shots, random)
    wrong = np.array([_wrong(program, w) for w in wires])
    found: Bits = bits ^ (random.random(bits.shape) < wrong)
    return found


def _bits(outcomes: npt.NDArray[np.int64], width: int) -> Bits:
    """The first bit is the most significant."""
    found: Bits = (outcomes[:, None] >> np.arange(width)[::-1] & 1).astype(np.bool_)
    return found


def _with_wrong_bits(shares: Numbers, wires: Sequence[int], program: NoisyProgram) -> Numbers:
    """As read-outs show it."""
    tensor = shares.reshape((len(shares),) + (2,) * len(wires))
    for k, wire in enumerate(wires, start=1):
        wrong = _wrong(program, wire)
        tensor = (1 - wrong) * tensor + wrong * np.flip(tensor, k)
    return tensor.reshape(shares.shape)


def _wrong(program: NoisyProgram, wire: int) -> float:
    """How likely the read-out of a wire errs; a classical bit is read without an error."""
    if not program.is_noisy or wire in program.recorded:
        return 0.0
    return 1 - program.node(wire).physics.readout_fidelity
