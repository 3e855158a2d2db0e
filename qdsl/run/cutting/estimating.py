"""Variants simulated, and their results added up."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from qdsl.ir.stages import Output, Sample, ScheduledCircuit, outcome_of
from qdsl.run.cutting.prepared import CutVariant
from qdsl.run.cutting.result import HybridOutput, HybridResult
from qdsl.run.cutting.simulating import CutRun, cut_run
from qdsl.run.cutting.weighing import (
    DrawnSum,
    ExactSum,
    Numbers,
    OutputEstimate,
    OutputParts,
    error_of_items,
    without_cut,
)
from qdsl.run.job import Inputs, RunJob, StateTooLarge

OnVariant = Callable[[int, int], None] | None
SHOWN_ITEMS = 100
LEAST_SHARE = 1e-12


class Cut(Protocol):
    """What is asked of a program with cut pairs."""

    @property
    def stage(self) -> ScheduledCircuit: ...
    @property
    def gamma(self) -> float: ...
    def variant(self, choice: Sequence[int]) -> CutVariant: ...
    def all_variants(self) -> Iterator[CutVariant]: ...
    def choices(self, shots: int, seed: int) -> npt.NDArray[np.int64]: ...


def exact_result(cut: Cut, job: RunJob, inputs: Inputs, on_variant: OnVariant) -> HybridResult:
    """The sum over all variants."""
    run, every = cut_run(cut.stage, job, inputs), list(cut.all_variants())
    if not run.is_exact:
        raise StateTooLarge(
            "the variants are too large to be summed exactly: give a number of shots, for which "
            "executions are drawn"
        )
    found = []
    for item, given in enumerate(run.items()):
        sums = [ExactSum(one, cut.gamma) for one in run.outputs]
        for k, variant in enumerate(every):
            values = run.values(variant.stage, given, 1, 0)
            for each, (_, own) in zip(sums, run.split(values), strict=True):
                each.add(variant.coefficient, [v[0] for v in own])
            _tell(on_variant, item * len(every) + k + 1, len(every) * inputs.items)
        found.append([each.found() for each in sums])
    return _result(run, found, None, len(every))


def drawn_result(
    cut: Cut, job: RunJob, inputs: Inputs, shots: int, on_variant: OnVariant
) -> HybridResult:
    """The mean over executions, each with preparations that are drawn."""
    run = cut_run(cut.stage, job, inputs)
    found, tried = [], set()
    for item, given in enumerate(run.items()):
        drawn = cut.choices(shots, job.seed + item)
        choices, which = np.unique(drawn, axis=0, return_inverse=True)
        random = np.random.default_rng((job.seed + item, shots))
        sums = [DrawnSum(one, cut.gamma, shots) for one in run.outputs]
        for k, choice in enumerate(choices.tolist()):
            mine = np.flatnonzero(which.reshape(-1) == k)
            variant = cut.variant(choice)
            values = run.values(variant.stage, given, len(mine), int(random.integers(2**62)))
            for each, (_, own) in zip(sums, run.split(values), strict=True):
                each.add(mine, variant.sign, own, random)
            tried.add(variant.choice)
            _tell(on_variant, item * len(choices) + k + 1, len(choices) * inputs.items)
        found.append([each.found() for each in sums])
    return _result(run, found, shots, len(tried))


def _tell(on_variant: OnVariant, k: int, of: int) -> None:
    if on_variant is not None:
        on_variant(k, of)


def _uncut(run: CutRun, is_noisy: bool = True) -> list[list[OutputEstimate]] | None:
    """Of the program with pairs, by item; under noise if that is asked for."""
    found = run.uncut(is_noisy)
    if found is None:
        return None
    return [[without_cut(one, own) for one, own in run.split(values)] for values in found]


def _result(
    run: CutRun, found: list[list[OutputEstimate]], shots: int | None, variants: int
) -> HybridResult:
    """`found`: by item, the estimates of all outputs."""
    known = [_uncut(run), _uncut(run, is_noisy=False) if run.job.simulates_noise else None]
    outputs = [
        _output(one, [item[k] for item in found],
                *(None if each is None else [item[k] for item in each] for each in known))
        for k, one in enumerate(run.outputs)
    ]  # fmt: skip
    return HybridResult(
        tuple(outputs), shots, run.job.seed, run.inputs.items, variants, run.method,
        run.job.simulates_noise, run.inputs.drawn,
    )  # fmt: skip


def _output(
    one: OutputParts,
    found: list[OutputEstimate],
    uncut: list[OutputEstimate] | None,
    ideal: list[OutputEstimate] | None,
) -> HybridOutput:
    output = one.output
    text = output.span.text if output.span is not None else type(output).__name__.lower()
    kind = type(output).__name__.lower()
    before = None if uncut is None else _variance(uncut)
    known = (_shown(one, uncut), _variance(found), before, _shown(one, ideal))
    if one.is_number:
        values = tuple(float(e.value) for e in found)
        mean, error = float(np.mean(values)), error_of_items(found)
        return HybridOutput(text, kind, values[:SHOWN_ITEMS], mean, error, *known)
    drawn = found[0].error
    errors = None if drawn is None else _by_outcome(output, drawn)
    return HybridOutput(text, kind, _shown(one, found), None, errors, *known)


def _variance(each: list[OutputEstimate]) -> float:
    return float(np.mean([e.variance for e in each]))


def _shown(one: OutputParts, each: list[OutputEstimate] | None) -> Any:
    """The mean of a number over all items, the distribution of the first one."""
    if each is None:
        return None
    if one.is_number:
        return float(np.mean([float(e.value) for e in each]))
    return _by_outcome(one.output, each[0].value)


def _by_outcome(output: Output, numbers: Numbers) -> dict[str, float]:
    """By bit string, those that are 0 left out."""
    width = len(numbers).bit_length() - 1
    zeros = output.zeros if isinstance(output, Sample) else ()
    return {
        outcome_of(j, width, zeros): float(q)
        for j, q in enumerate(numbers.tolist())
        if abs(q) > LEAST_SHARE
    }
