"""What variants show: without noise exactly where that fits, else by noisy executions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from qdsl.ir.stages import Output, ScheduledCircuit
from qdsl.records import dataclass
from qdsl.run.cutting.weighing import Numbers, OutputParts, parts_of
from qdsl.run.execute import exact_values, with_outputs
from qdsl.run.job import CannotRun, Inputs, RunJob, StateTooLarge
from qdsl.run.noisy.final import FinalTrajectories, value_of
from qdsl.run.noisy.simulate import MOST_WIRES, executions, method_of, slots_of
from qdsl.run.noisy.steps import NoisyProgram, TooManyAlive, most_alive
from qdsl.run.noisy.trajectories import TrajectoryEngine
from qdsl.verify.simulation.evolution import ChannelSide, Unaffordable, final_states

PURE = "state vectors"
Given = dict[str, Numbers]


@dataclass(frozen=True, slots=True, eq=False)
class CutRun:
    """What is simulated: the outputs in parts, the values of every item, and by which `method`:
    without noise "state vectors", every measurement followed, or as `qdsl run --noise` does."""

    job: RunJob
    inputs: Inputs
    outputs: tuple[OutputParts, ...]
    method: str

    @property
    def is_exact(self) -> bool:
        """Is nothing drawn in a variant?"""
        return self.method in (PURE, "density matrix")

    @property
    def parts(self) -> tuple[Output, ...]:
        return tuple(part for one in self.outputs for part in one.parts)

    def items(self) -> Iterator[Given]:
        return _items(self.inputs)

    def split(self, values: list[Numbers]) -> Iterator[tuple[OutputParts, list[Numbers]]]:
        """The values of all parts, by output."""
        rest = iter(values)
        for one in self.outputs:
            yield one, [next(rest) for _ in one.parts]

    def values(self, stage: ScheduledCircuit, given: Given, count: int, seed: int) -> list[Numbers]:
        """All parts of one variant, for each of so many executions or once for all."""
        program = NoisyProgram(stage, slots_of(stage, given), self.job.simulates_noise)
        try:
            if self.method == PURE:
                return self._ideal(stage, given)
            found = [
                [value_of(part, program, final) for part in self.parts]
                for final in executions(program, count, seed)
            ]
        except (TooManyAlive, Unaffordable) as error:
            raise StateTooLarge(str(error)) from None
        return [np.concatenate(column) for column in zip(*found, strict=True)]

    def uncut(self, is_noisy: bool) -> list[list[Numbers]] | None:
        """All parts of the program with pairs, by item, under noise if that is asked for; None if
        it is too large."""
        if not (is_noisy and self.job.simulates_noise):
            try:
                stage = self.job.scheduled
                return [[v[0] for v in self._ideal(stage, given)] for given in self.items()]
            except Unaffordable:
                pass
        job = replace(
            self.job,
            circuit=replace(self.job.circuit, outputs=self.parts),
            scheduled=with_outputs(self.job.scheduled, self.parts),
        )
        if not is_noisy:
            job = replace(job, experiment=None, backend="jax")
        try:
            columns, _ = exact_values(job, self.inputs)
        except StateTooLarge:
            return None
        return [[c[item] for c in columns] for item in range(self.inputs.items)]

    def _ideal(self, stage: ScheduledCircuit, given: Given) -> list[Numbers]:
        program = NoisyProgram(stage, slots_of(stage, given), is_noisy=False)
        return _followed(program, given, self.parts)


def cut_run(stage: ScheduledCircuit, job: RunJob, inputs: Inputs) -> CutRun:
    """For variants of this schedule. CannotRun for outputs and noise that are not simulated."""
    named = None if job.experiment is None else job.experiment.noise
    if named is not None and named != "simulated":
        raise CannotRun(f"`noise {named}` is a formula for programs whose pairs are not cut")
    outputs = tuple(parts_of(o) for o in job.circuit.outputs)
    methods = {_method(stage, job, given) for given in _items(inputs)}
    return CutRun(job, inputs, outputs, methods.pop() if len(methods) == 1 else "trajectories")


def _items(inputs: Inputs) -> Iterator[Given]:
    for item in range(inputs.items):
        yield inputs.single | {k: a[item] for k, a in inputs.batched.items()}


def _method(stage: ScheduledCircuit, job: RunJob, given: Given) -> str:
    program = NoisyProgram(stage, slots_of(stage, given), job.simulates_noise)
    if not job.simulates_noise:
        try:
            _followed(program, given, ())
            return PURE
        except Unaffordable:
            pass
    return method_of(program)


def _followed(program: NoisyProgram, given: Given, parts: tuple[Output, ...]) -> list[Numbers]:
    """The parts once, of the mixture of the states that all outcomes of measurements lead to."""
    alive = most_alive(program)
    if alive > MOST_WIRES:
        raise Unaffordable(f"{alive} qubits are alive at one time")
    side = ChannelSide.of(program.ir, shown_bits=False)
    flat = program.ir.distributed.values.flatten(given)
    states = np.concatenate([*final_states(side, flat, references=False).values()], axis=1)
    engine = TrajectoryEngine(states.shape[1], np.random.default_rng(0))
    engine.begin(side.final, states.T)  # their squared norms are probabilities
    final = FinalTrajectories(engine)
    return [value_of(part, program, final).sum(axis=0, keepdims=True) for part in parts]
