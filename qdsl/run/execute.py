"""Runs a compiled program on its inputs."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from qdsl.ir.stages import (
    Eigenvalue,
    Expectation,
    Output,
    Overlap,
    PauliTerm,
    Probability,
    Sample,
    ScheduledCircuit,
    outcome_of,
)
from qdsl.run.block_encoding_outputs import added, shown
from qdsl.run.exact import evaluate
from qdsl.run.job import NUMBERS, Array, CannotRun, Inputs, RunJob, StateTooLarge
from qdsl.run.losses import accuracy_of, labels_or_zeros, loss_function, mean_loss
from qdsl.run.noise import depolarized, noise_fidelity, noise_formula
from qdsl.run.parameters import parameters_of
from qdsl.run.result import OutputResult, RunResult, Training

if TYPE_CHECKING:
    from qdsl.run.noise_simulation import NoisyValues
    from qdsl.runtime.traffic import NetworkRun

SHOWN_ITEMS = 100
SHOTS = 1000  # where a backend takes shots and nobody says how many


def execute(job: RunJob, inputs: Inputs, training: Training | None = None) -> RunResult:
    """Run; CannotRun for what is too large to simulate."""
    shots, network, of_source, simulation, variances = job.shots, None, False, None, None
    _check_noise(job)
    if job.backend in ("qiskit", "nodes", "simulaqron"):
        shots = shots or SHOTS
    if job.backend in ("nodes", "simulaqron"):
        outputs, numbers, network = _run_nodes(job, inputs, shots or SHOTS)
    elif job.backend == "qiskit":
        outputs, numbers = _run_qiskit(job.scheduled, inputs, shots or SHOTS, job.seed)
    else:
        if job.simulates_noise:
            noisy = _noisy_values(job, inputs)
            exact, variances, simulation = noisy.values, noisy.variances, noisy.simulation
        else:
            exact, of_source = exact_values(job, inputs)
        own = job.circuit.outputs
        more = len(exact) - len(added(own))
        outputs, numbers = _results(own, exact[:more], shots, job.seed, variances)
        outputs = shown(outputs, own, exact[more:])
    return RunResult(
        job.experiment.name if job.experiment else None,
        "noisy" if job.simulates_noise else job.backend, shots, job.seed,
        inputs.items, outputs, *judged(job, inputs, numbers), training, inputs.drawn, network,
        of_source, noise_formula(job.experiment), inputs.classes, _known_parameters(job, inputs),
        simulation,
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
    """The exact values of all outputs, with `shots` of all that is sampled, then of what
    `block_encoding_outputs` adds; and whether they are the source's: where the compiled program is
    too large, and was proved equal to it."""
    if job.simulates_noise:
        return _noisy_values(job, inputs).values, False
    wanted, of_source = _wanted(job), False
    try:
        found = evaluate(with_outputs(job.scheduled, wanted), inputs)
    except StateTooLarge as error:
        if not job.is_proved():
            raise StateTooLarge(
                f"{error}; its source could be simulated in its place if it were proved equal to "
                "it, and it is not (see --verify)"
            ) from None
        found, of_source = evaluate(replace(job.circuit, outputs=wanted), inputs), True
    fidelity = noise_fidelity(job.experiment, job.scheduled)
    if fidelity < 1:
        found = [depolarized(v, fidelity, o) for v, o in zip(found, wanted, strict=True)]
    return found, of_source


def _wanted(job: RunJob) -> tuple[Output, ...]:
    """All outputs, with shots in the parts of which these are taken, then what block encodings
    add."""
    split: list[Output] = []
    for output in job.circuit.outputs:
        split += _parts(output) if job.shots is not None else [output]
    return (*split, *added(job.circuit.outputs))


def _noisy_values(job: RunJob, inputs: Inputs) -> NoisyValues:
    """The same under the noise of the network, simulated gate by gate."""
    from qdsl.run.noise_simulation import noisy_values

    if added(job.circuit.outputs):
        raise CannotRun("block encodings are not simulated with noise")
    return noisy_values(job, with_outputs(job.scheduled, _wanted(job)), inputs)


def _results(
    outputs: tuple[Output, ...],
    exact: list[Array],
    shots: int | None,
    seed: int,
    known: list[Array] | None = None,
) -> tuple[tuple[OutputResult, ...], list[Array]]:
    """Results, and the values per item of those that are numbers, from the first on; `known`: the
    variances of values that no shots are taken of."""
    rng = np.random.default_rng(seed)
    results: list[OutputResult] = []
    numbers: list[Array] = []
    for k, output in enumerate(outputs):
        taken = len(_parts(output)) if shots is not None else 1
        means, variances = _noisy(output, exact[:taken], shots, rng)
        exact = exact[taken:]
        if shots is None and known is not None:
            variances = known[k]
        results.append(_summary(output, means, variances, shots))
        if k == len(numbers) and isinstance(output, NUMBERS):
            numbers.append(means)
    return tuple(results), numbers


def _parts(output: Output) -> list[Output]:
    """What shots are drawn for: the terms of an expectation one by one; a `norm2` in one piece,
    which is a probability, with its factor; an eigenvalue's outcomes, with the eigenvalues."""
    if isinstance(output, Eigenvalue):
        shown = Probability((*output.flags, *output.qubits))
        return [shown, replace(output, is_list=True)]
    if not isinstance(output, Expectation):
        return [output]
    if output.scales:
        factor = Expectation((PauliTerm(1.0, ()),), scales=output.scales)
        return [Expectation(output.terms), factor]
    return [Expectation((PauliTerm(1.0, t.paulis),)) for t in output.terms]


def _noisy(
    output: Output, values: list[Array], shots: int | None, rng: np.random.Generator
) -> tuple[Array, Array | None]:
    """Values as `shots` repetitions of each term would show them, and their variances."""
    if shots is None:
        return values[0], None
    if isinstance(output, Eigenvalue):
        outcomes, eigenvalues = values
        shares = _drawn(outcomes, shots, rng)[..., : eigenvalues.shape[-1]]
        mean = (shares * eigenvalues).sum(axis=-1)
        return mean, ((shares * eigenvalues**2).sum(axis=-1) - mean**2) / shots
    if not isinstance(output, Expectation | Overlap):
        return _drawn(values[0], shots, rng), None
    if isinstance(output, Expectation) and output.scales:
        probability, factor = values
        share = rng.binomial(shots, np.clip(probability, 0.0, 1.0)) / shots
        return factor * share, factor**2 * share * (1 - share) / shots
    coefficients = (
        [t.coefficient for t in output.terms] if isinstance(output, Expectation) else [1.0]
    )
    total, variance = np.zeros_like(values[0]), np.zeros_like(values[0])
    for coefficient, value in zip(coefficients, values, strict=True):
        up = rng.binomial(shots, np.clip((1 + value) / 2, 0.0, 1.0))
        seen = 2 * up / shots - 1
        total += coefficient * seen
        variance += coefficient**2 * (1 - seen**2) / shots
    return total, variance


def _drawn(shares: Array, shots: int, rng: np.random.Generator) -> Array:
    """Relative frequencies of outcomes."""
    shares = np.clip(shares, 0.0, None)
    return rng.multinomial(shots, shares / shares.sum(axis=-1, keepdims=True)) / shots


def _run_qiskit(
    stage: ScheduledCircuit, inputs: Inputs, shots: int | None, seed: int
) -> tuple[tuple[OutputResult, ...], list[Array]]:
    from qdsl.backends.qiskit import run_shots

    shots = shots or SHOTS
    by_item: list[Any] = []
    for item in range(inputs.items):
        values = inputs.single | {k: a[item] for k, a in inputs.batched.items()}
        by_item.append(run_shots(stage, values, shots, seed + item))
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
        results.append(_summary(output, means, variances, shots))
    return tuple(results), numbers


def _summary(
    output: Output, values: Array, variances: Array | None, shots: int | None
) -> OutputResult:
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
