"""`qdsl run --noise`: the outputs of a program under the noise of its network, gate by gate."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache, partial

import numpy as np

from qdsl.backends._readout import Basis, Estimate, OutcomeCounts, settings
from qdsl.ir.stages import Eigenvalue, Expectation, Output, Probability, Sample, ScheduledCircuit
from qdsl.ir.state_vectors import Matrix
from qdsl.records import dataclass
from qdsl.run.job import Array, CannotRun, Inputs, RunJob, StateTooLarge
from qdsl.run.noisy.final import (
    FinalDensity,
    FinalStabilisers,
    FinalStates,
    FinalTrajectories,
    Numbers,
    bits_read,
    value_of,
)
from qdsl.run.noisy.simulate import (
    MOST_WIRES,
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
from qdsl.run.shots import estimates, tallied, values_by_item


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
    count, items = TRAJECTORIES, values_by_item(inputs)
    try:
        found = [_of_item(stage, given, count, job.seed + k) for k, given in enumerate(items)]
    except TooManyAlive as error:
        raise StateTooLarge(str(error)) from None
    means = [np.array([v[k].mean(axis=0) for v, _ in found]) for k in range(len(outputs))]
    spread = [np.array([v[k].var(axis=0) / len(v[k]) for v, _ in found]) for k in range(len(means))]
    fidelities = [found_of(overlaps) for _, overlaps in found if len(overlaps)]
    how = _summary(_method(stage, items), count, fidelities)
    return NoisyValues(means, None if how.trajectories is None else spread, how)


def noisy_shots(
    job: RunJob, stage: ScheduledCircuit, inputs: Inputs, shots: int
) -> tuple[list[tuple[Estimate, ...]], NoiseSimulation]:
    """Estimates for every item from shots under the noise of the network, every one of which is an
    execution with errors of its own; `CannotRun` for outputs that are not simulated."""
    circuit = stage.distributed.placed.circuit
    for output in circuit.outputs:
        _require_simulated(output)
        _require_few(output)
    bases, items = settings(circuit.outputs), values_by_item(inputs)
    by_item: list[tuple[Estimate, ...]] = []
    fidelities: list[FidelityFound] = []
    try:
        for item, given in enumerate(items):
            counts, overlaps = _shots_of_item(stage, given, bases, shots, (job.seed, item))
            by_item.append(estimates(circuit, bases, given, counts, shots))
            fidelities += [found_of(overlaps)] if len(overlaps) else []
    except TooManyAlive as error:
        raise StateTooLarge(str(error)) from None
    return by_item, _summary(_method(stage, items), shots, fidelities)


def _shots_of_item(
    stage: ScheduledCircuit,
    given: dict[str, Array],
    bases: Sequence[Basis],
    shots: int,
    seed: tuple[int, int],
) -> tuple[list[OutcomeCounts], Numbers]:
    """Counts by setting, and the fidelities of the final states of the first one's executions."""
    slots = slots_of(stage, given)
    program = NoisyProgram(stage, slots)
    ideal = cache(partial(ideal_state, stage, slots))
    counts: list[OutcomeCounts] = []
    overlaps: list[Numbers] = []
    for k, basis in enumerate(bases):
        qubits, seen = tuple(sorted(basis)), []
        own, drawn = np.random.SeedSequence([*seed, k]).generate_state(2).tolist()
        random = np.random.default_rng(drawn)
        for final in executions(program, shots, own):
            if k == 0:
                overlaps.append(_overlaps(final, program, ideal))
            setting = [(q, basis[q]) for q in qubits]
            seen.append(bits_read(setting, program, final, shots, random))
        counts.append(tallied(qubits, np.concatenate(seen)))
    return counts, np.concatenate(overlaps) if overlaps else np.zeros(0)


def _method(stage: ScheduledCircuit, items: Sequence[dict[str, Array]]) -> Method:
    methods = {method_of(NoisyProgram(stage, slots_of(stage, given))) for given in items}
    return methods.pop() if len(methods) == 1 else "trajectories"


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


def _require_few(output: Output) -> None:
    if isinstance(output, Sample | Probability) and len(output.qubits) > MOST_WIRES:
        raise CannotRun(
            f"{len(output.qubits)} qubits are read together: under noise, distributions are those "
            f"of up to {MOST_WIRES}"
        )


def _summary(method: Method, executed: int, fidelities: list[FidelityFound]) -> NoiseSimulation:
    count = None if method == "density matrix" else executed
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
