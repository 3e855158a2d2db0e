"""Trains the parameters of a compiled experiment, and says what that gave and took."""

from __future__ import annotations

from dataclasses import replace
from itertools import accumulate
from typing import TYPE_CHECKING, Any

import numpy as np

from qdsl.ir.stages import Output
from qdsl.run.checkpoint import Keeper, digest, reserved
from qdsl.run.identity import exact_facts, training_facts
from qdsl.run.job import Array, CannotRun, Inputs, OnStep, RunJob
from qdsl.run.losses import accuracy_of, labels_or_zeros, loss_function, mean_loss
from qdsl.run.noise import depolarized, noise_fidelity, noise_formula
from qdsl.run.result import Training
from qdsl.run.splits import split
from qdsl.run.training.communication import alternatives
from qdsl.run.training.gradients import (
    Batch,
    Each,
    Method,
    Used,
    accuracy_wanted,
    exact,
    first_output,
    joined_by_term,
    sampled,
    shots_of,
)
from qdsl.run.training.loop import DescentPlan, TrainingState, chosen, descend
from qdsl.run.training.optimisers import optimiser

if TYPE_CHECKING:
    from qdsl.language.typed.program import Experiment


def train(job: RunJob, inputs: Inputs, on_step: OnStep | None) -> tuple[Inputs, Training]:
    """Minimise the experiment's loss over the model's parameters; returns the trained inputs.

    Everything follows from the seed: starting parameters, order of items, held-out items, shots.
    """
    experiment = job.experiment
    if experiment is None or not experiment.loss:
        raise CannotRun("training needs a loss: add for example `loss mse`, or `loss value`")
    if job.backend == "sharded":
        raise CannotRun("the backend 'sharded' does not train: run it with --no-train")
    labels = labels_or_zeros(experiment, inputs)
    if labels is None:
        raise CannotRun(
            f"`loss {experiment.loss}` compares values with labels, and there are none: add "
            '`label y from "file:column"`, or minimise the output itself with `loss value`'
        )
    names = _names(job, inputs)
    seen, test_items = split(len(labels), experiment.test, job.seed, "test")
    parts = split(len(seen), experiment.validation, job.seed)
    items, held_out_items = seen[parts[0]], seen[parts[1]]
    shared = {k: v for k, v in inputs.single.items() if k not in names}
    everything = Batch(shared, inputs.batched, labels)
    batch, held_out = chosen(everything, items), chosen(everything, held_out_items)
    test = chosen(everything, test_items)
    from qdsl.backends.jax.jax import precise

    with precise():
        made = optimiser(str(experiment.optimiser), experiment.optimiser_options)
        reference = _reference(job, inputs.scores)
        method = _method(job, reference, _data(inputs, names), inputs.scores)
        size = min(experiment.batch or len(items), len(items))
        loss, steps = loss_function(experiment), experiment.steps
        plan = DescentPlan(method, loss, made, steps, size, job.seed, experiment.patience)
        start = {name: inputs.single[name] for name in names}
        unused = held_out if len(held_out_items) else None
        with reserved(job.checkpoint):
            keeper = _keeper(job, inputs, plan)
            done = descend(plan, start, batch, unused, keeper, on_step)
        trained = done.best if done.held_out else done.params
        ends = [reference.forward(p, b, (0,))[0] for p, b in ((start, batch), (trained, batch))]
        unseen = reference.forward(trained, held_out, (0,))[0] if done.held_out else None
        tested = reference.forward(trained, test, (0,))[0] if len(test_items) else None
    parted = (labels, batch.labels, held_out.labels)
    told = _training(experiment, plan, done, (ends[0], ends[1], unseen), parted)
    if tested is not None:
        told = replace(
            told,
            tested=len(test_items),
            test_loss=mean_loss(loss, tested, test.labels),
            test_accuracy=accuracy_of(tested, test.labels, labels),
        )
    varying = frozenset(inputs.batched)
    told = replace(told, alternatives=alternatives(job.circuit, inputs.items, varying))
    drawn = tuple(d for d in inputs.drawn if d not in names)
    return replace(inputs, single=inputs.single | trained, drawn=drawn), told


def _names(job: RunJob, inputs: Inputs) -> tuple[str, ...]:
    names = tuple(v.name for v in job.circuit.values.vectors if v.role == "param")
    for name in names:
        if name in inputs.batched:
            raise CannotRun(f"'{name}' is trained and cannot differ from item to item")
    if not names:
        raise CannotRun("the model has no parameters to train")
    return names


def _data(inputs: Inputs, names: tuple[str, ...]) -> dict[str, Array]:
    """What stays as it is while parameters move."""
    return {k: v for k, v in (inputs.single | inputs.batched).items() if k not in names}


# ---- how values and gradients are taken --------------------------------------------------


def _noise_channels(job: RunJob, scores: int) -> list[Any]:
    """What noise does to the outputs that are trained on."""
    first_output(job.circuit)
    fidelity = noise_fidelity(job.experiment, job.scheduled)

    def channel(output: Output) -> Any:
        return lambda values: depolarized(values, fidelity, output) if fidelity < 1 else values

    return [channel(output) for output in job.circuit.outputs[:scores]]


def _reference(job: RunJob, scores: int) -> Method:
    """Exact values and gradients, under the experiment's noise."""
    assert job.experiment is not None
    loss = loss_function(job.experiment)
    if job.experiment.noise != "simulated":
        return exact(job.circuit, loss, _noise_channels(job, scores))
    from qdsl.run.training.noisy import noisy

    return noisy(job, loss, scores)


def _method(job: RunJob, reference: Method, values: dict[str, Array], scores: int) -> Method:
    experiment = job.experiment
    assert experiment is not None
    if experiment.gradient == "exact":
        return reference
    if scores > 1:
        raise CannotRun(
            f"labels of {scores} classes are trained by exact gradients only: leave out "
            f"`gradient {experiment.gradient}`"
        )
    from qdsl.analysis.cost import cost
    from qdsl.gradient.planning import plan

    epsilon, delta = accuracy_wanted(experiment)
    circuit = replace(job.circuit, outputs=job.circuit.outputs[:1])
    planned = plan(
        circuit,
        experiment.gradient,
        epsilon=epsilon,
        delta=delta,
        values=values,
        options=dict(job.options),
    )
    own, words = cost(job.scheduled), None
    joined = joined_by_term(job.scheduled.distributed, first_output(circuit))
    each = Each(own.ebits, own.classical_bits, noise_fidelity(experiment, job.scheduled), joined)
    planned = replace(planned, noisy=experiment.noise == "depolarizing")
    if experiment.noise == "simulated":
        from qdsl.run.training.noisy import means_under_noise, under_noise

        planned, words = under_noise(planned, job), means_under_noise(job.scheduled)
    shots = shots_of(experiment, planned.shots, job.circuit)
    return sampled(circuit, loss_function(experiment), planned, shots, each, words)


# ---- checkpoints -------------------------------------------------------------------------


def _keeper(job: RunJob, inputs: Inputs, plan: DescentPlan) -> Keeper | None:
    if job.checkpoint is None:
        return None
    method = plan.method
    facts = training_facts(job, plan.seed)
    facts |= {"batch": plan.batch, "gradient": [method.name, exact_facts(method.shots)]}
    arrays = {f"single/{k}": v for k, v in inputs.single.items()}
    arrays |= {f"batched/{k}": v for k, v in inputs.batched.items()}
    if inputs.labels is not None:
        arrays["labels"] = np.asarray(inputs.labels)
    return Keeper(job.checkpoint, job.resume, digest(facts, arrays))


# ---- what is reported --------------------------------------------------------------------


def _training(
    experiment: Experiment,
    plan: DescentPlan,
    done: TrainingState,
    values: tuple[Array, Array, Array | None],
    parted: tuple[Array, Array, Array],
) -> Training:
    """`parted`: all labels, those trained on and those held out."""
    before, after, unseen = values
    every, labels, held_out = parted
    totals = list(accumulate(done.used, Used.plus))
    counted = plan.method.shots is not None
    return Training(
        _optimiser_text(experiment),
        done.step,
        plan.batch,
        tuple(done.losses),
        mean_loss(plan.loss, before, labels),
        mean_loss(plan.loss, after, labels),
        accuracy_of(before, labels, every),
        accuracy_of(after, labels, every),
        f"gradients: {plan.method.says}",
        held_out=len(held_out),
        held_out_losses=tuple(done.held_out),
        held_out_loss=None if unseen is None else mean_loss(plan.loss, unseen, held_out),
        held_out_accuracy=None if unseen is None else accuracy_of(unseen, held_out, every),
        kept_step=done.best_step if done.held_out else done.step,
        stopped_early=done.step < plan.steps,
        noise=noise_formula(experiment),
        executions=tuple(u.executions for u in totals) if counted else (),
        ebits=tuple(u.ebits for u in totals) if counted else (),
        classical_bits=tuple(u.classical_bits for u in totals) if counted else (),
    )


def _optimiser_text(experiment: Experiment) -> str:
    options = ", ".join(f"{k} = {v:g}" for k, v in experiment.optimiser_options.items())
    return f"{experiment.optimiser}({options})"
