"""`qdsl run --noise`: the outputs of a program under the noise of its network, gate by gate."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial

import numpy as np

from qdsl.ir.stages import Eigenvalue, Expectation, Output, ScheduledCircuit
from qdsl.ir.state_vectors import Matrix
from qdsl.records import dataclass
from qdsl.run.job import Array, CannotRun, Inputs, RunJob, StateTooLarge
from qdsl.run.noisy.final import (
    FinalDensity,
    FinalStabilisers,
    FinalStates,
    FinalTrajectories,
    Numbers,
    value_of,
)
from qdsl.run.noisy.simulate import (
    TRAJECTORIES,
    FidelityFound,
    Method,
    executions,
    found_of,
    ideal_state,
    method_of,
    slots_of,
)
from qdsl.run.noisy.steps import NoisyProgram, TooManyAlive
from qdsl.run.result import NoiseSimulation


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
    items = [
        inputs.single | {k: a[item] for k, a in inputs.batched.items()}
        for item in range(inputs.items)
    ]
    try:
        found = [_of_item(stage, given, count, job.seed + k) for k, given in enumerate(items)]
    except TooManyAlive as error:
        raise StateTooLarge(str(error)) from None
    methods = {method_of(NoisyProgram(stage, slots_of(stage, given))) for given in items}
    means = [np.array([v[k].mean(axis=0) for v, _ in found]) for k in range(len(outputs))]
    spread = [np.array([v[k].var(axis=0) / len(v[k]) for v, _ in found]) for k in range(len(means))]
    fidelities = [found_of(overlaps) for _, overlaps in found if len(overlaps)]
    is_exact = methods == {"density matrix"}
    method = methods.pop() if len(methods) == 1 else "trajectories"
    how = _summary(method, None if is_exact else count, fidelities)
    return NoisyValues(means, None if is_exact else spread, how)


def _of_item(
    stage: ScheduledCircuit, given: dict[str, Array], count: int, seed: int
) -> tuple[list[Numbers], Numbers]:
    """All outputs of every trajectory, or of all executions at once, and the fidelities of their
    final states; of these none where measurements of the source leave more than one."""
    slots = slots_of(stage, given)
    program = NoisyProgram(stage, slots)
    outputs = stage.distributed.placed.circuit.outputs
    ideal = cache(partial(ideal_state, stage, slots))
    parts = [
        ([value_of(o, program, final) for o in outputs], _overlaps(final, program, ideal))
        for final in executions(program, count, seed)
    ]
    columns = zip(*(values for values, _ in parts), strict=True)
    return [np.concatenate(c) for c in columns], np.concatenate([o for _, o in parts])


def _require_simulated(output: Output) -> None:
    if isinstance(output, Eigenvalue) or (isinstance(output, Expectation) and output.scales):
        text = output.span.text if output.span is not None else type(output).__name__.lower()
        raise CannotRun(f"`{text}` is not simulated with noise")


def _summary(method: Method, count: int | None, fidelities: list[FidelityFound]) -> NoiseSimulation:
    if not fidelities:
        return NoiseSimulation(method, count, None, None)
    mean = float(np.mean([f.value for f in fidelities]))
    error = float(np.sqrt(np.sum([f.error**2 for f in fidelities])) / len(fidelities))
    return NoiseSimulation(method, count, mean, error)


def _has_branches(stage: ScheduledCircuit) -> bool:
    """Do measurements of the source leave more than one final state?"""
    return bool(stage.distributed.placed.circuit.table.codes("measure", "reset").any())


def _overlaps(final: FinalStates, program: NoisyProgram, ideal: Callable[[], Matrix]) -> Numbers:
    if _has_branches(program.ir):
        return np.zeros(0)
    if isinstance(final, FinalStabilisers):
        return final.fidelities()
    assert isinstance(final, FinalDensity | FinalTrajectories)
    return final.overlaps(ideal(), program.final)
