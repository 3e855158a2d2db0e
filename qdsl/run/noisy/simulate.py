"""`qdsl run --noise`: the outputs of a program under the noise of its network, gate by gate.

Density matrices where they fit, which is exact; else trajectories: pure states in which every
error is drawn, whose mean converges to the same (Dalibard, Castin and Molmer, PRL 68, 580
(1992)).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from qdsl.ir.stages import Eigenvalue, Expectation, Output, ScheduledCircuit
from qdsl.ir.state_vectors import Matrix
from qdsl.ir.values import Floats
from qdsl.records import dataclass
from qdsl.run.job import Array, CannotRun, Inputs, RunJob, StateTooLarge
from qdsl.run.noisy.density import DensityEngine
from qdsl.run.noisy.final import FinalDensity, FinalStates, FinalTrajectories, Numbers, value_of
from qdsl.run.noisy.steps import NoisyProgram, most_alive
from qdsl.run.noisy.trajectories import TrajectoryEngine
from qdsl.run.result import NoiseSimulation

DENSITY_WIRES = 9  # as a matrix: 4 MiB for every value of the bits alive
MOST_WIRES = 22  # as pure states
AT_ONCE = 2**22  # amplitudes of all trajectories that are followed together
TRAJECTORIES = 1000


@dataclass(frozen=True, slots=True)
class FidelityFound:
    """`error`: the standard error over trajectories, 0 of a density matrix."""

    value: float
    error: float


@dataclass(frozen=True, slots=True, eq=False)
class NoisyValues:
    """The outputs for every item, arrays (items,) or (items, 2**k); the variances of their means,
    None where they are exact; and how they were found."""

    values: list[Array]
    variances: list[Array] | None
    simulation: NoiseSimulation


def noisy_values(job: RunJob, stage: ScheduledCircuit, inputs: Inputs) -> NoisyValues:
    """Under the noise of the network; `CannotRun` for outputs that are not simulated."""
    outputs = stage.distributed.placed.circuit.outputs
    for output in outputs:
        _require_simulated(output)
    count = job.shots or TRAJECTORIES
    found = [
        _of_item(stage, inputs.single | {k: a[item] for k, a in inputs.batched.items()},
                 count, job.seed + item)
        for item in range(inputs.items)
    ]  # fmt: skip
    is_exact = all(len(values[0]) == 1 for values, _ in found if values)
    means = [np.array([v[k].mean(axis=0) for v, _ in found]) for k in range(len(outputs))]
    spread = [np.array([v[k].var(axis=0) / len(v[k]) for v, _ in found]) for k in range(len(means))]
    fidelities = [_found(overlaps) for _, overlaps in found if len(overlaps)]
    how = _summary(None if is_exact else count, fidelities)
    return NoisyValues(means, None if is_exact else spread, how)


def _of_item(
    stage: ScheduledCircuit, given: dict[str, Array], count: int, seed: int
) -> tuple[list[Numbers], Numbers]:
    """All outputs of every trajectory, or of all executions at once, and the fidelities of their
    final states; of these none where measurements of the source leave more than one."""
    slots = slots_of(stage, given)
    program = NoisyProgram(stage, slots)
    outputs = stage.distributed.placed.circuit.outputs
    ideal = None if _has_branches(stage) else ideal_state(stage, slots)
    parts = [
        ([value_of(o, program, final) for o in outputs], _overlaps(final, ideal, program))
        for final in executions(program, count, seed)
    ]
    columns = zip(*(values for values, _ in parts), strict=True)
    return [np.concatenate(c) for c in columns], np.concatenate([o for _, o in parts])


def _require_simulated(output: Output) -> None:
    if isinstance(output, Eigenvalue) or (isinstance(output, Expectation) and output.scales):
        text = output.span.text if output.span is not None else type(output).__name__.lower()
        raise CannotRun(f"`{text}` is not simulated with noise")


def _summary(count: int | None, fidelities: list[FidelityFound]) -> NoiseSimulation:
    method = "density matrix" if count is None else "trajectories"
    if not fidelities:
        return NoiseSimulation(method, count, None, None)
    mean = float(np.mean([f.value for f in fidelities]))
    error = float(np.sqrt(np.sum([f.error**2 for f in fidelities])) / len(fidelities))
    return NoiseSimulation(method, count, mean, error)


def slots_of(stage: ScheduledCircuit, given: dict[str, Array]) -> Floats:
    """All numbers of a program's vectors, from arrays by name."""
    values = stage.distributed.values
    return values.extend(values.flatten(given))


def _has_branches(stage: ScheduledCircuit) -> bool:
    """Do measurements of the source leave more than one final state?"""
    return bool(stage.distributed.placed.circuit.table.codes("measure", "reset").any())


def executions(program: NoisyProgram, count: int, seed: int) -> Iterator[FinalStates]:
    """Final states: of all executions in one density matrix, or of so many trajectories, some at a
    time. `StateTooLarge` if neither fits."""
    alive = most_alive(program)
    if alive <= DENSITY_WIRES:
        engine = DensityEngine()
        program.run(engine)
        yield FinalDensity(engine)
        return
    yield from trajectories(program, count, seed, alive)


def trajectories(
    program: NoisyProgram, count: int, seed: int, alive: int
) -> Iterator[FinalTrajectories]:
    if alive > MOST_WIRES:
        raise StateTooLarge(
            f"{alive} qubits are alive at one time: noise is simulated on up to {MOST_WIRES}"
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


def _overlaps(final: FinalStates, ideal: Matrix | None, program: NoisyProgram) -> Numbers:
    return np.zeros(0) if ideal is None else final.overlaps(ideal, program.final)


def _found(each: Numbers) -> FidelityFound:
    error = each.std(ddof=1) / np.sqrt(len(each)) if len(each) > 1 else 0.0
    return FidelityFound(float(each.mean()), float(error))


def process_fidelity(
    stage: ScheduledCircuit, slots: Floats, count: int = TRAJECTORIES, seed: int = 0
) -> FidelityFound:
    """Of the program as a channel, for programs without measurements of their own. Where it fits by
    the density matrix of its Choi state; else from `count` trajectories of random input states,
    whose average fidelity is `(d f + 1) / (d + 1)` (Nielsen, PLA 303, 249 (2002))."""
    program, pure = (NoisyProgram(stage, slots, is_noisy) for is_noisy in (True, False))
    n = len(program.home)
    if most_alive(program) + n > DENSITY_WIRES:
        average = _found(_of_random_states(program, pure, count, seed))
        d = 2**n
        return FidelityFound(((d + 1) * average.value - 1) / d, (d + 1) / d * average.error)
    wires = [*program.final, *(-1 - q for q in range(n))]
    reference, engine = TrajectoryEngine(1, np.random.default_rng(0)), DensityEngine()
    for each, steps in ((reference, pure), (engine, program)):
        for q, wire in enumerate(program.home):
            each.pair(wire, -1 - q, (1.0, 0.0, 0.0, 0.0))
        steps.run(each)
    return _found(FinalDensity(engine).overlaps(reference.ordered(wires)[0], wires))


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
