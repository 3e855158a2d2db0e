"""Variants simulated, and their results added up."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Protocol

import numpy as np
import numpy.typing as npt

from qdsl.ir.stages import Output, Sample, ScheduledCircuit, outcome_of
from qdsl.records import dataclass
from qdsl.run.cutting.prepared import CutVariant
from qdsl.run.cutting.result import HybridOutput, HybridResult
from qdsl.run.cutting.weighing import (
    DrawnSum,
    ExactSum,
    Numbers,
    OutputEstimate,
    OutputParts,
    error_of_items,
    parts_of,
    without_cut,
)
from qdsl.run.execute import exact_values, with_outputs
from qdsl.run.job import CannotRun, Inputs, RunJob, StateTooLarge
from qdsl.run.noisy.final import value_of
from qdsl.run.noisy.simulate import executions, method_of, slots_of
from qdsl.run.noisy.steps import NoisyProgram, TooManyAlive

OnVariant = Callable[[int, int], None] | None
SHOWN_ITEMS = 100
LEAST_SHARE = 1e-12


class Cut(Protocol):
    """What is asked of a program with cut pairs."""

    @property
    def stage(self) -> ScheduledCircuit: ...
    @property
    def gamma(self) -> float: ...
    @property
    def variants(self) -> int: ...

    def variant(self, choice: Sequence[int]) -> CutVariant: ...
    def all_variants(self) -> Iterator[CutVariant]: ...
    def choices(self, shots: int, seed: int) -> npt.NDArray[np.int64]: ...


@dataclass(frozen=True, slots=True, eq=False)
class CutRun:
    """What is simulated: the outputs in parts, the values of every item, and with which noise."""

    cut: Cut
    job: RunJob
    inputs: Inputs
    outputs: tuple[OutputParts, ...]

    @property
    def parts(self) -> list[Output]:
        return [part for one in self.outputs for part in one.parts]

    def items(self) -> Iterator[dict[str, Numbers]]:
        for item in range(self.inputs.items):
            yield self.inputs.single | {k: a[item] for k, a in self.inputs.batched.items()}

    def program(self, stage: ScheduledCircuit, given: dict[str, Numbers]) -> NoisyProgram:
        return NoisyProgram(stage, slots_of(stage, given), self.job.simulates_noise)

    def method(self) -> str:
        """How variants are simulated; StateTooLarge if they are not."""
        try:
            methods = {method_of(self.program(self.cut.stage, given)) for given in self.items()}
        except TooManyAlive as error:
            raise StateTooLarge(str(error)) from None
        return methods.pop() if len(methods) == 1 else "trajectories"

    def split(self, values: list[Numbers]) -> Iterator[tuple[OutputParts, list[Numbers]]]:
        """The values of all parts, by output."""
        rest = iter(values)
        for one in self.outputs:
            yield one, [next(rest) for _ in one.parts]


def _run_of(cut: Cut, job: RunJob, inputs: Inputs) -> CutRun:
    named = None if job.experiment is None else job.experiment.noise
    if named is not None and named != "simulated":
        raise CannotRun(f"`noise {named}` is a formula for programs whose pairs are not cut")
    return CutRun(cut, job, inputs, tuple(parts_of(o) for o in job.circuit.outputs))


def exact_result(cut: Cut, job: RunJob, inputs: Inputs, on_variant: OnVariant) -> HybridResult:
    """The sum over all variants."""
    run = _run_of(cut, job, inputs)
    every = list(cut.all_variants())
    method = run.method()
    if method != "density matrix":
        raise StateTooLarge(
            "variants are summed exactly where they fit a density matrix, and this program has "
            "more qubits alive at one time: give a number of shots"
        )
    uncut = _uncut(run)
    found = []
    for item, given in enumerate(run.items()):
        sums = [ExactSum(one, cut.gamma) for one in run.outputs]
        for k, variant in enumerate(every):
            values = _simulated(run, variant.stage, given, 1, 0)
            for each, (_, own) in zip(sums, run.split(values), strict=True):
                each.add(variant.coefficient, [v[0] for v in own])
            _tell(on_variant, item * len(every) + k + 1, len(every) * inputs.items)
        found.append([each.found() for each in sums])
    return _result(run, found, uncut, None, len(every), method)


def drawn_result(
    cut: Cut, job: RunJob, inputs: Inputs, shots: int, on_variant: OnVariant
) -> HybridResult:
    """The mean over executions, each with preparations that are drawn."""
    run = _run_of(cut, job, inputs)
    method = run.method()
    uncut = _uncut(run)
    found, tried = [], set()
    for item, given in enumerate(run.items()):
        choices, which = np.unique(cut.choices(shots, job.seed + item), axis=0, return_inverse=True)
        random = np.random.default_rng((job.seed + item, shots))
        sums = [DrawnSum(one, cut.gamma, shots) for one in run.outputs]
        for k, choice in enumerate(choices.tolist()):
            mine = np.flatnonzero(which.reshape(-1) == k)
            variant = cut.variant(choice)
            seed = int(random.integers(2**62))
            values = _simulated(run, variant.stage, given, len(mine), seed)
            for each, (_, own) in zip(sums, run.split(values), strict=True):
                each.add(mine, variant.sign, own, random)
            tried.add(variant.choice)
            _tell(on_variant, item * len(choices) + k + 1, len(choices) * inputs.items)
        found.append([each.found() for each in sums])
    return _result(run, found, uncut, shots, len(tried), method)


def _tell(on_variant: OnVariant, k: int, of: int) -> None:
    if on_variant is not None:
        on_variant(k, of)


def _simulated(
    run: CutRun, stage: ScheduledCircuit, given: dict[str, Numbers], count: int, seed: int
) -> list[Numbers]:
    """All parts of one variant, for each of so many executions or once for all."""
    program = run.program(stage, given)
    try:
        found = [
            [value_of(part, program, final) for part in run.parts]
            for final in executions(program, count, seed)
        ]
    except TooManyAlive as error:
        raise StateTooLarge(str(error)) from None
    return [np.concatenate(column) for column in zip(*found, strict=True)]


def _uncut(run: CutRun) -> list[list[OutputEstimate]]:
    """Of the program with pairs, by item."""
    parts = tuple(run.parts)
    job = replace(
        run.job,
        circuit=replace(run.job.circuit, outputs=parts),
        scheduled=with_outputs(run.job.scheduled, parts),
    )
    columns, _ = exact_values(job, run.inputs)
    return [
        [without_cut(one, own) for one, own in run.split([c[item] for c in columns])]
        for item in range(run.inputs.items)
    ]


def _result(
    run: CutRun,
    found: list[list[OutputEstimate]],
    uncut: list[list[OutputEstimate]],
    shots: int | None,
    variants: int,
    method: str,
) -> HybridResult:
    outputs = [
        _output(one, [item[k] for item in found], [item[k] for item in uncut])
        for k, one in enumerate(run.outputs)
    ]
    return HybridResult(
        tuple(outputs), shots, run.job.seed, run.inputs.items, variants, method,
        run.job.simulates_noise, run.inputs.drawn,
    )  # fmt: skip


def _output(
    one: OutputParts, found: list[OutputEstimate], uncut: list[OutputEstimate]
) -> HybridOutput:
    output = one.output
    text = output.span.text if output.span is not None else type(output).__name__.lower()
    kind = type(output).__name__.lower()
    variances = (
        float(np.mean([e.variance for e in found])), float(np.mean([e.variance for e in uncut])),
    )  # fmt: skip
    if not one.is_number:
        first, error = found[0], found[0].error
        errors = None if error is None else _by_outcome(output, error)
        shares, known = _by_outcome(output, first.value), _by_outcome(output, uncut[0].value)
        return HybridOutput(text, kind, shares, None, errors, known, *variances)
    values = [float(e.value) for e in found]
    before = float(np.mean([float(e.value) for e in uncut]))
    shown, mean = tuple(values[:SHOWN_ITEMS]), float(np.mean(values))
    return HybridOutput(text, kind, shown, mean, error_of_items(found), before, *variances)


def _by_outcome(output: Output, numbers: Numbers) -> dict[str, float]:
    """By bit string, those that are 0 left out."""
    width = len(numbers).bit_length() - 1
    zeros = output.zeros if isinstance(output, Sample) else ()
    return {
        outcome_of(j, width, zeros): float(q)
        for j, q in enumerate(numbers.tolist())
        if abs(q) > LEAST_SHARE
    }
