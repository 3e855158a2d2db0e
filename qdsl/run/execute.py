"""Runs a compiled program on its inputs."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from qdsl.backends._readout import settings
from qdsl.ir.stages import (
    Eigenvalue,
    Expectation,
    Output,
    Sample,
    ScheduledCircuit,
    outcome_of,
)
from qdsl.run.block_encoding_outputs import added, shown
from qdsl.run.exact import evaluate, evaluate_sharded
from qdsl.run.job import NUMBERS, Array, CannotRun, Inputs, RunJob, StateTooLarge
from qdsl.run.losses import accuracy_of, labels_or_zeros, loss_function, mean_loss
from qdsl.run.noise import depolarized, noise_fidelity, noise_formula
from qdsl.run.parameters import parameters_of
from qdsl.run.result import NoiseSimulation, OutputResult, RunResult, Training
from qdsl.run.shots import counted, values_by_item

if TYPE_CHECKING:
    from qdsl.run.noise_simulation import NoisyValues
    from qdsl.runtime.traffic import NetworkRun

_Results = tuple[tuple[OutputResult, ...], list[Array]]  # and the outputs that are numbers
SHOWN_ITEMS = 100
SHOTS = 1000  # where a backend takes shots and nobody says how many


def execute(job: RunJob, inputs: Inputs, training: Training | None = None) -> RunResult:
    """Run; CannotRun for what is too large to simulate."""
    shots, network, of_source, simulation = job.shots, None, False, None
    _check_noise(job)
    if job.backend in ("qiskit", "nodes", "simulaqron"):
        shots = shots or SHOTS
    if job.backend in ("nodes", "simulaqron"):
        outputs, numbers, network = _run_nodes(job, inputs, shots or SHOTS)
    elif job.backend == "qiskit":
        outputs, numbers = _run_qiskit(job.scheduled, inputs, shots or SHOTS, job.seed)
    elif job.simulates_noise:
        (outputs, numbers), simulation = _run_noisy(job, inputs)
    else:
        (outputs, numbers), of_source = _run_jax(job, inputs)
    return RunResult(
        job.experiment.name if job.experiment else None,
        "noisy" if job.simulates_noise else job.backend, shots, job.seed,
        inputs.items, outputs, *judged(job, inputs, numbers), training, inputs.drawn, network,
        of_source, noise_formula(job.experiment), inputs.classes, _known_parameters(job, inputs),
        simulation, None if shots is None else len(settings(job.circuit.outputs)),
    )  # fmt: skip


def _known_parameters(job: RunJob, inputs: Inputs) -> dict[str, Any] | None:
    """Those that were trained or given, all of them, as nested lists."""
    found = parameters_of(job.circuit, inputs)
    if not found or set(found) & set(inputs.drawn):
        return None
    return {name: array.tolist() for name, array in found.items()}


def judged(
    job: RunJob, inputs: Inputs, numbers: Sequence[Array], known: Array | None = None
) -> tuple[float | None, float | None]:
    """The loss and the accuracy of the first output, or of one a class, where the experiment has
    them; `numbers` are the outputs that are numbers, from the first on; `known`: the labels of the
    training, where the items are others."""
    experiment = job.experiment
    if experiment is None or not experiment.loss or len(numbers) < inputs.scores:
        return None, None
    values = numbers[0] if inputs.scores == 1 else np.stack(numbers[: inputs.scores], axis=1)
    labels = labels_or_zeros(experiment, inputs)
    if labels is None:
        return None, None
    return mean_loss(loss_function(experiment), values, labels), accuracy_of(values, labels, known)


def with_outputs(stage: ScheduledCircuit, outputs: tuple[Output, ...]) -> ScheduledCircuit:
    """The same program with other outputs."""
    program = stage.distributed
    placed = replace(program.placed, circuit=replace(program.placed.circuit, outputs=outputs))
    return replace(stage, distributed=replace(program, placed=placed))


def _outputs_of(stage: ScheduledCircuit) -> tuple[Output, ...]:
    return stage.distributed.placed.circuit.outputs


def _text(output: Output) -> str:
    return output.span.text if output.span is not None else type(output).__name__.lower()


def _check_noise(job: RunJob) -> None:
    if job.experiment is None or job.experiment.noise is None:
        return
    if job.experiment.noise == "simulated":
        if not job.simulates_noise:
            raise CannotRun("`noise simulated` is simulated by the backends jax and noisy only")
        return
    if job.backend != "jax":
        raise CannotRun(f"`noise {job.experiment.noise}` is modelled by the backend jax only")
    for output in job.circuit.outputs:
        if isinstance(output, Eigenvalue) or (isinstance(output, Expectation) and output.scales):
            raise CannotRun(f"`noise {job.experiment.noise}` is not modelled for `{_text(output)}`")


def exact_values(job: RunJob, inputs: Inputs) -> tuple[list[Array], bool]:
    """The exact values of all outputs, then of what `block_encoding_outputs` adds; and whether they
    are the source's: where the compiled program is too large, and was proved equal to it."""
    wanted = (*job.circuit.outputs, *added(job.circuit.outputs))
    if job.simulates_noise:
        return _noisy_values(job, inputs).values, False
    return _exact(job, inputs, wanted)


def _exact(job: RunJob, inputs: Inputs, wanted: tuple[Output, ...]) -> tuple[list[Array], bool]:
    of_source = job.backend == "sharded"
    source = replace(job.circuit, outputs=wanted)
    if of_source:
        if not job.is_proved():
            raise CannotRun(
                "the backend 'sharded' simulates the source, which has to be proved equal to the "
                "compiled program, and is not (see --verify)"
            )
        return evaluate_sharded(source, inputs), True
    try:
        found = evaluate(with_outputs(job.scheduled, wanted), inputs)
    except StateTooLarge as error:
        if not job.is_proved():
            raise StateTooLarge(
                f"{error}; its source could be simulated in its place if it were proved equal to "
                "it, and it is not (see --verify)"
            ) from None
        found, of_source = evaluate(source, inputs), True
    fidelity = noise_fidelity(job.experiment, job.scheduled)
    if fidelity < 1:
        found = [depolarized(v, fidelity, o) for v, o in zip(found, wanted, strict=True)]
    return found, of_source


def _run_jax(job: RunJob, inputs: Inputs) -> tuple[_Results, bool]:
    """What the simulation shows, exactly or by shots, and whether it is of the source."""
    own = job.circuit.outputs
    if job.shots is None:
        exact, of_source = exact_values(job, inputs)
        outputs, numbers = _of_values(own, exact[: len(own)])
        return (shown(outputs, own, exact[len(own) :]), numbers), of_source
    of_source = False

    def distributions(some: Inputs, wanted: tuple[Output, ...]) -> list[Array]:
        nonlocal of_source
        found, of_source = _exact(job, some, wanted)
        return found

    by_item = counted(job.circuit, inputs, job.shots, job.seed, distributions)
    outputs, numbers = _summaries(job.scheduled, by_item, job.shots)
    factors = added(own)
    more = distributions(inputs, factors) if factors else []
    return (shown(outputs, own, more), numbers), of_source


def _run_noisy(job: RunJob, inputs: Inputs) -> tuple[_Results, NoiseSimulation]:
    """The same under the noise of the network, simulated gate by gate."""
    if job.shots is None:
        noisy = _noisy_values(job, inputs)
        return _of_values(job.circuit.outputs, noisy.values, noisy.variances), noisy.simulation
    from qdsl.run.noise_simulation import noisy_shots

    _require_no_encodings(job)
    by_item, simulation = noisy_shots(job, job.scheduled, inputs, job.shots)
    return _summaries(job.scheduled, by_item, job.shots), simulation


def _noisy_values(job: RunJob, inputs: Inputs) -> NoisyValues:
    from qdsl.run.noise_simulation import noisy_values

    _require_no_encodings(job)
    return noisy_values(job, job.scheduled, inputs)


def _require_no_encodings(job: RunJob) -> None:
    if added(job.circuit.outputs):
        raise CannotRun("block encodings are not simulated with noise")


def _of_values(
    outputs: tuple[Output, ...], values: list[Array], known: list[Array] | None = None
) -> _Results:
    """Results of values without shots; `known`: their variances, where they have some."""
    results = tuple(
        _summary(output, values[k], known[k] if known else None) for k, output in enumerate(outputs)
    )
    are_numbers = [isinstance(o, NUMBERS) for o in outputs]
    first = are_numbers.index(False) if False in are_numbers else len(outputs)
    return results, list(values[:first])


def _run_qiskit(
    stage: ScheduledCircuit, inputs: Inputs, shots: int | None, seed: int
) -> tuple[tuple[OutputResult, ...], list[Array]]:
    from qdsl.backends.qiskit import run_shots

    shots = shots or SHOTS
    by_item: list[Any] = [
        run_shots(stage, values, shots, seed + item)
        for item, values in enumerate(values_by_item(inputs))
    ]
    return _summaries(stage, by_item, shots)


def _run_nodes(
    job: RunJob, inputs: Inputs, shots: int
) -> tuple[tuple[OutputResult, ...], list[Array], NetworkRun]:
    from qdsl.runtime.run import ItemValues, run_nodes

    stage = job.scheduled
    given = ItemValues(inputs.single, inputs.batched, inputs.items)
    python = None
    if job.backend == "simulaqron":
        python = job.runtime_python or os.environ.get("QDSL_RUNTIME_PYTHON", "")
    by_item, network = run_nodes(
        stage, given, shots, job.seed, job.patience_s, python, job.on_round
    )
    return *_summaries(stage, by_item, shots), network


def _summaries(
    stage: ScheduledCircuit, by_item: list[Any], shots: int
) -> tuple[tuple[OutputResult, ...], list[Array]]:
    """Results from the estimates of every item, and those that are numbers, from the first on."""
    results: list[OutputResult] = []
    numbers: list[Array] = []
    for k, output in enumerate(_outputs_of(stage)):
        means = np.array([item[k] for item in by_item], np.float64)
        variances = None
        if isinstance(output, NUMBERS):
            variances = np.array([item[k].standard_error ** 2 for item in by_item])
            numbers += [means] * (k == len(numbers))
        results.append(_summary(output, means, variances))
    return tuple(results), numbers


def _summary(output: Output, values: Array, variances: Array | None) -> OutputResult:
    kind = type(output).__name__.lower()
    if values.ndim == 1:
        error = None if variances is None else float(np.sqrt(variances.sum()) / len(values))
        shown = tuple(float(v) for v in values[:SHOWN_ITEMS])
        return OutputResult(_text(output), kind, shown, float(values.mean()), error)
    width = int(np.log2(values.shape[1]))
    zeros = output.zeros if isinstance(output, Sample) else ()
    shares = {
        outcome_of(i, width, zeros): float(p) for i, p in enumerate(values[0].tolist()) if p > 1e-12
    }
    return OutputResult(_text(output), kind, shares)
