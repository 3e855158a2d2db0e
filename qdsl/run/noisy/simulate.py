"""Executions of a noisy program: final states, and how faithful they are.

Density matrices where they fit, which is exact; else executions in which every error is drawn,
whose mean converges to the same: trajectories of pure states (Dalibard, Castin and Molmer, PRL 68,
580 (1992)), or, of Clifford programs, stabiliser states and Pauli frames.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from importlib.util import find_spec
from typing import Literal

import numpy as np
import numpy.typing as npt

from qdsl.diagnostics.request_error import Refused
from qdsl.ir.clifford import NotClifford
from qdsl.ir.stages import Output, ScheduledCircuit
from qdsl.ir.state_vectors import Matrix
from qdsl.ir.values import Floats
from qdsl.records import dataclass
from qdsl.run.noisy.density import DensityEngine
from qdsl.run.noisy.final import (
    FinalDensity,
    FinalStabilisers,
    FinalStates,
    FinalTrajectories,
    Numbers,
    read_in_bases,
    value_of,
)
from qdsl.run.noisy.stabilisers import CliffordCheck, StabiliserEngine
from qdsl.run.noisy.steps import NoisyProgram, TooManyAlive, most_alive
from qdsl.run.noisy.trajectories import TrajectoryEngine

DENSITY_WIRES = 9  # as a matrix: 4 MiB for every value of the bits alive
MOST_WIRES = 22  # as pure states
AT_ONCE = 2**22  # amplitudes of all trajectories that are followed together
TRAJECTORIES = 1000
Method = Literal["density matrix", "trajectories", "stabilisers", "twirled stabilisers"]


@dataclass(frozen=True, slots=True)
class FidelityFound:
    """`error`: the standard error over trajectories, 0 of a density matrix."""

    value: float
    error: float


def slots_of(stage: ScheduledCircuit, given: Mapping[str, npt.ArrayLike]) -> Floats:
    """All numbers of a program's vectors, from arrays by name."""
    values = stage.distributed.values
    return values.extend(values.flatten(given))


def method_of(program: NoisyProgram) -> Method:
    """How a program is simulated: exactly where that fits; a Clifford program by stabilisers if
    nothing has to be twirled for it, or nothing else is possible."""
    alive = most_alive(program)
    if alive <= DENSITY_WIRES:
        return "density matrix"
    if not find_spec("stim"):
        return "trajectories"
    check = CliffordCheck()
    try:
        program.run(check)
    except NotClifford:
        return "trajectories"
    if not check.is_exact and alive <= MOST_WIRES:
        return "trajectories"
    return "stabilisers" if check.is_exact else "twirled stabilisers"


def executions(program: NoisyProgram, count: int, seed: int) -> Iterator[FinalStates]:
    """Final states: of all executions in one density matrix, or of so many that are drawn, some at
    a time. `TooManyAlive` if nothing fits."""
    method = method_of(program)
    if method == "trajectories":
        yield from trajectories(program, count, seed, most_alive(program))
    elif method == "density matrix":
        yield _density(program)
    else:
        stabilisers = StabiliserEngine(count, seed)
        program.run(stabilisers)
        yield FinalStabilisers(stabilisers, program.final)


def exact_outputs(
    stage: ScheduledCircuit,
    slots: Floats,
    outputs: Sequence[Output],
    turned: tuple[int, float] | None = None,
) -> list[float]:
    """Means of outputs that are numbers, by a density matrix; `TooManyAlive` if none fits.
    `turned`: an angle expression, and what is added to it."""
    program = NoisyProgram(stage, slots, turned=turned)
    final = _density(program)
    return [float(value_of(output, program, final)[0]) for output in outputs]


def outcome_shares(
    stage: ScheduledCircuit, slots: Floats, settings: Sequence[Sequence[tuple[int, str]]]
) -> list[Numbers]:
    """The distribution of the outcomes of each setting, which has a letter for every qubit that it
    measures, by a density matrix; `TooManyAlive` if none fits."""
    program = NoisyProgram(stage, stage.distributed.values.extend(slots))
    final = _density(program)
    return [read_in_bases(setting, program, final) for setting in settings]


def _density(program: NoisyProgram) -> FinalDensity:
    alive = most_alive(program)
    if alive > DENSITY_WIRES:
        raise TooManyAlive(f"{alive} qubits are alive at one time")
    engine = DensityEngine()
    program.run(engine)
    return FinalDensity(engine)


class NoUnitary(Refused):
    """The program itself measures or resets qubits, and is no unitary."""


def trajectories(
    program: NoisyProgram, count: int, seed: int, alive: int
) -> Iterator[FinalTrajectories]:
    if alive > MOST_WIRES:
        raise TooManyAlive(
            f"{alive} qubits are alive at one time: noise is simulated on up to {MOST_WIRES}, and "
            "on thousands in programs of Clifford gates"
        )
    random, most = np.random.default_rng(seed), max(1, AT_ONCE >> alive)
    for start in range(0, count, most):
        engine = TrajectoryEngine(min(most, count - start), random)
        program.run(engine)
        yield FinalTrajectories(engine)


def ideal_state(stage: ScheduledCircuit, slots: Floats) -> Matrix:
    """The final state without noise, over the final wires in order."""
    program = NoisyProgram(stage, slots, is_noisy=False)
    engine = TrajectoryEngine(1, np.random.default_rng(0))
    program.run(engine)
    others = [w for w in engine.wires if w not in program.final]
    state = engine.ordered([*program.final, *others])[0].reshape(2 ** len(program.final), -1)
    found: Matrix = state[:, int(np.argmax(np.linalg.norm(state, axis=0)))]
    return found / np.linalg.norm(found)


def found_of(each: Numbers) -> FidelityFound:
    """The mean over executions."""
    error = each.std(ddof=1) / np.sqrt(len(each)) if len(each) > 1 else 0.0
    return FidelityFound(float(each.mean()), float(error))


def process_fidelity(
    stage: ScheduledCircuit,
    slots: Floats,
    count: int = TRAJECTORIES,
    seed: int = 0,
    meant: ScheduledCircuit | None = None,
) -> FidelityFound:
    """Of the program as a channel, for programs without measurements of their own. Where it fits by
    the density matrix of its Choi state; else from `count` trajectories of random input states,
    whose average fidelity is `(d f + 1) / (d + 1)` (Nielsen, PLA 303, 249 (2002)). `meant`: the
    program, on the same wires, that it should be without noise; None: itself. `NoUnitary` for a
    program that measures or resets qubits."""
    if stage.distributed.placed.circuit.table.codes("measure", "reset").any():
        raise NoUnitary(
            "the process fidelity is that to a unitary, and this program measures or resets "
            "qubits: compare what it returns, with and without noise (`qdsl run --noise`)"
        )
    program, pure = NoisyProgram(stage, slots), NoisyProgram(meant or stage, slots, is_noisy=False)
    n = len(program.home)
    if most_alive(program) + n > DENSITY_WIRES:
        average = found_of(_of_random_states(program, pure, count, seed))
        d = 2**n
        return FidelityFound(((d + 1) * average.value - 1) / d, (d + 1) / d * average.error)
    wires = [*program.final, *(-1 - q for q in range(n))]
    reference, engine = TrajectoryEngine(1, np.random.default_rng(0)), DensityEngine()
    for each, steps in ((reference, pure), (engine, program)):
        for q, wire in enumerate(program.home):
            each.pair(wire, -1 - q, (1.0, 0.0, 0.0, 0.0))
        steps.run(each)
    return found_of(FinalDensity(engine).overlaps(reference.ordered(wires)[0], wires))


def _of_random_states(program: NoisyProgram, pure: NoisyProgram, count: int, seed: int) -> Numbers:
    """The fidelity of every trajectory to what its input becomes without noise."""
    random, n = np.random.default_rng(seed), len(program.home)
    most, found = max(1, AT_ONCE >> most_alive(program)), []
    for start in range(0, count, most):
        shape = (min(most, count - start), 2**n)
        given = random.normal(size=shape) + 1j * random.normal(size=shape)
        given /= np.linalg.norm(given, axis=1, keepdims=True)
        ends = []
        for steps in (program, pure):
            engine = TrajectoryEngine(len(given), random)
            engine.begin(program.home, given)
            steps.run(engine)
            ends.append(engine.ordered(program.final))
        found.append(np.abs((ends[0].conj() * ends[1]).sum(axis=1)) ** 2)
    return np.concatenate(found)
