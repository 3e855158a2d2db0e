"""Losses and gradients under the noise of the network, simulated gate by gate."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from qdsl.gradient.compiling import compiled_template, options_for
from qdsl.gradient.estimation import Prepared, parameters_of
from qdsl.gradient.running import GradientPlan
from qdsl.ir.stages import Circuit, Output, ScheduledCircuit
from qdsl.passes.derive_gradient.problem import NoGradient, problem_of
from qdsl.passes.derive_gradient.sites import parameter_slots, reaches_of
from qdsl.run.job import Array, CannotRun, RunJob
from qdsl.run.losses import Loss
from qdsl.run.noisy.simulate import DENSITY_WIRES, exact_outputs, outcome_shares, slots_of
from qdsl.run.noisy.steps import TooManyAlive
from qdsl.run.training.gradients import (
    Batch,
    Means,
    Method,
    Params,
    Used,
    first_output,
    loss_slope,
)

STEP = 1e-5  # radians
READ_OFF = ("parameter_shift", "commuting_block", "hadamard")  # methods that are only read off


def noisy(job: RunJob, loss: Loss, scores: int) -> Method:
    """Exact means under noise, of as many outputs as the loss looks at, by density matrices, and
    their derivatives. CannotRun where that does not fit."""
    first_output(job.circuit)
    stage, outputs = job.scheduled, job.circuit.outputs[:scores]
    _require_derivatives(replace(job.circuit, outputs=outputs))
    means, slope_of = means_under_noise(stage)(outputs), loss_slope(loss)

    def forward(params: Params, batch: Batch, key: tuple[int, ...]) -> Any:
        found = means(params, batch)
        return found[0] if scores == 1 else np.stack(found, axis=1), Used()

    def gradient(params: Params, batch: Batch, key: tuple[int, ...]) -> Any:
        values = forward(params, batch, key)[0]
        by_value = slope_of(values, batch.labels).reshape(len(values), -1)
        jacobian = np.array([_slopes(stage, row, outputs) for row in _rows(params, batch)])
        total = np.einsum("io,ioj->j", by_value, jacobian)
        slopes = {
            name: total[start : start + size].reshape(shape)
            for name, start, size, shape in parameters_of(job.circuit)
        }
        return float(np.mean(loss(values, batch.labels))), slopes, Used()

    says = (
        "exact under the network's noise, by density matrices of the compiled program (no "
        "communication is counted for them)"
    )
    return Method("exact", None, says, gradient, forward)


def _require_derivatives(circuit: Circuit) -> None:
    try:
        problem_of(circuit)
    except NoGradient as error:
        raise CannotRun(f"under `noise simulated`: {error}") from None


def _rows(params: Params, batch: Batch) -> list[dict[str, Array]]:
    """All values of every item, by name."""
    shared = dict(batch.shared) | dict(params)
    items = len(next(iter(batch.items.values()))) if batch.items else 1
    return [shared | {k: v[i] for k, v in batch.items.items()} for i in range(items)]


def _slopes(stage: ScheduledCircuit, row: Params, outputs: Sequence[Output]) -> Array:
    """float64[outputs, parameters]: central differences in the angles, which gates have with
    frequencies near 1 whatever the data are, and the chain rule from there."""
    values, slots = stage.distributed.values, slots_of(stage, row)
    place = {slot: k for k, slot in enumerate(parameter_slots(values))}
    found = np.zeros((len(outputs), len(place)))
    for expression in range(len(values.angles)):
        reaches = reaches_of(values, expression)
        factors = [(place[r.slot], r.coefficient * slots[list(r.factors)].prod()) for r in reaches]
        if not any(factor for _, factor in factors):
            continue
        up, down = (exact_outputs(stage, slots, outputs, (expression, s * STEP)) for s in (1, -1))
        slope = (np.array(up) - np.array(down)) / (2 * STEP)
        for k, factor in factors:
            found[:, k] += factor * slope
    return found


def under_noise(plan: GradientPlan, job: RunJob) -> GradientPlan:
    """The plan, its circuits compiled and simulated with noise. CannotRun for methods that do more
    with circuits than read them off."""
    if plan.method not in READ_OFF or plan.prepared is None:
        raise CannotRun(
            f"`gradient {plan.method}` is not simulated under `noise simulated`: take "
            f"{', '.join(READ_OFF)}, or leave out `gradient`"
        )
    return replace(plan, prepared=_with_noise(plan.prepared, job))


def means_under_noise(stage: ScheduledCircuit) -> Callable[[Sequence[Output]], Means]:
    """Of outputs that are numbers: their exact means under noise for every item."""

    def means_of(outputs: Sequence[Output]) -> Means:
        def means(params: Params, batch: Batch) -> list[Array]:
            rows = [slots_of(stage, row) for row in _rows(params, batch)]
            found = _simulated(lambda: [exact_outputs(stage, row, outputs) for row in rows])
            return [np.array(column) for column in zip(*found, strict=True)]

        return means

    return means_of


def _with_noise(prepared: Prepared, job: RunJob) -> Prepared:
    """The batch, its outcomes as its compiled templates have them under noise."""
    options = options_for(prepared.batch, dict(job.options))
    stages = [compiled_template(t, options) for t in prepared.templates]

    def shares(k: int, slots: Array) -> list[Array]:
        groups = [setting.letters for setting in prepared.settings[k][0]]
        rows = [outcome_shares(stages[k], row, groups) for row in slots]
        return [np.array(column) for column in zip(*rows, strict=True)]

    return replace(prepared, shares=shares)


def _simulated(work: Callable[[], Any]) -> Any:
    try:
        return work()
    except TooManyAlive as error:
        raise CannotRun(
            f"{error}: training under `noise simulated` takes density matrices of up to "
            f"{DENSITY_WIRES} qubits"
        ) from None
