"""Runs a compiled program on data, and trains its parameters by exact reference gradients."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from qdsl.diagnostics.diagnostic import InvalidProgram
from qdsl.diagnostics.reported import Refusal
from qdsl.diagnostics.request_error import Refused
from qdsl.ir.stages import (
    Circuit,
    DistributedCircuit,
    Eigenvalue,
    Expectation,
    Output,
    Overlap,
    PauliTerm,
    Probability,
    ScheduledCircuit,
)
from qdsl.ir.values import ValueVector
from qdsl.report.data import OutputResult, RunResult
from qdsl.run.block_encoding_outputs import added, shown

if TYPE_CHECKING:
    from qdsl.api import Compiled
    from qdsl.language.typed.program import Experiment, ExperimentSource
    from qdsl.runtime.traffic import NetworkRun

Array = npt.NDArray[np.float64]
OnStep = Callable[[int, int, float], None]

NUMBERS = (Expectation, Overlap, Eigenvalue)  # outputs that are one number an item
SHOWN_ITEMS = 100
SHOTS = 1000  # where a backend takes shots and nobody says how many


class CannotRun(Refused):
    """The values given do not fit the program, or it is too large to be simulated."""


class TooLarge(CannotRun):
    """The state does not fit in the memory that a simulation may take."""


@dataclass(frozen=True, slots=True)
class Job:
    """What to run. `shots` and `seed` None: the experiment's, else exact and 0."""

    compiled: Compiled
    experiment: Experiment | None
    values: dict[str, npt.ArrayLike]
    shots: int | None
    seed: int | None
    backend: str
    train: bool
    patience_s: float = 60.0  # of nodes that wait for one another
    runtime_python: str | None = None  # the interpreter that has SimulaQron
    on_round: Callable[[int, int], None] | None = None
    checkpoint: Path | None = None  # the folder for checkpoints of training
    resume: bool = False


@dataclass(frozen=True, slots=True)
class Inputs:
    """`single`: one array per vector; `batched`: (items, ...) per vector that varies by item."""

    single: dict[str, Array]
    batched: dict[str, Array]
    labels: Array | None
    drawn: tuple[str, ...]

    @property
    def items(self) -> int:
        return next((len(a) for a in self.batched.values()), 1)


def execute(job: Job, on_step: OnStep | None = None) -> RunResult:
    """Run, after training if the experiment says so. InvalidProgram for data that do not fit,
    CannotRun for values that do not, and for what is too large to simulate."""
    experiment = job.experiment
    seed = job.seed if job.seed is not None else (experiment.seed if experiment else None) or 0
    shots = job.shots if job.shots is not None else (experiment.shots if experiment else None)
    inputs = gather(job, seed)
    training = None
    if job.train and experiment is not None and experiment.optimiser is not None:
        from qdsl.run.training.run import train

        inputs, training = train(job, inputs, seed, on_step)
    network, of_source = None, False
    _check_noise(job)
    if job.backend in ("qiskit", "nodes", "simulaqron"):
        shots = shots or SHOTS
    if job.backend in ("nodes", "simulaqron"):
        outputs, first, network = _run_nodes(job, inputs, shots or SHOTS, seed)
    elif job.backend == "qiskit":
        outputs, first = _run_qiskit(job.compiled.scheduled, inputs, shots or SHOTS, seed)
    else:
        exact, of_source = _exact_values(job, inputs, shots)
        own = job.compiled.circuit.outputs
        more = len(exact) - len(added(own))
        outputs, first = _results(own, exact[:more], shots, seed)
        outputs = shown(outputs, own, exact[more:])
    loss = accuracy = None
    if (
        experiment is not None
        and experiment.loss
        and inputs.labels is not None
        and first is not None
    ):
        from qdsl.run.training.losses import accuracy_of, loss_function, mean_loss

        loss = mean_loss(loss_function(experiment), first, inputs.labels)
        accuracy = accuracy_of(first, inputs.labels)
    return RunResult(
        experiment.name if experiment else None, job.backend, shots, seed, inputs.items, outputs,
        loss, accuracy, training, inputs.drawn, network, of_source,
        noise=None if experiment is None else noise_formula(experiment),
    )  # fmt: skip


# ---- inputs ----------------------------------------------------------------------------


def gather(job: Job, seed: int) -> Inputs:
    """Values of all vectors: given, from the experiment's files, or drawn."""
    from qdsl.run.data_files import DataDoesNotFit

    circuit = job.compiled.circuit
    given = _given(job, tuple(v.name for v in circuit.values.vectors))
    labels, spans = None, {}
    for source in job.experiment.sources if job.experiment else ():
        if source.name in given:
            continue
        array = _read(job, source)
        if source.role == "label":
            labels = _labels(array, source)
        else:
            given[source.name], spans[source.name] = array, source.span
    asked = job.experiment.instances if job.experiment else None
    if asked is not None:
        from qdsl.instances.arrays import filled

        made, answers = filled(asked, {v.name: v.shape for v in circuit.values.vectors})
        given, labels = made | given, answers if labels is None else labels
        spans = dict.fromkeys(made, asked.span) | spans
    single: dict[str, Array] = {}
    batched: dict[str, Array] = {}
    drawn = []
    rng = np.random.default_rng(seed)
    for v in circuit.values.vectors:
        random = draw(v, rng)  # drawn for every vector, so that giving one does not move the others
        if v.name not in given:
            single[v.name] = random
            drawn.append(v.name)
            continue
        array = given[v.name]
        wrong = _misfit(v, array, circuit)
        if wrong:
            if v.name not in spans:
                raise CannotRun(f"'{v.name}' is {wrong[0]}, and the model wants {wrong[1]}")
            raise InvalidProgram((DataDoesNotFit(spans[v.name], v.name, *wrong),))
        if _is_one_item(v, array):
            single[v.name] = array.reshape(v.shape)
        else:
            batched[v.name] = array.reshape(-1, *v.shape)
    return _matched(Inputs(single, batched, labels, tuple(drawn)), job)


def _given(job: Job, known: tuple[str, ...]) -> dict[str, Array]:
    unknown = sorted(set(job.values) - set(known))
    if unknown:
        there = ", ".join(known) or "none"
        raise CannotRun(f"the program has no vector '{unknown[0]}'; it has {there}")
    try:
        return {k: np.asarray(v, np.float64) for k, v in job.values.items()}
    except (TypeError, ValueError) as error:
        raise CannotRun(f"values are arrays of numbers: {error}") from None


def _labels(array: Array, source: ExperimentSource) -> Array:
    from qdsl.run.data_files import DataDoesNotFit

    if not np.isfinite(array).all():
        problem = DataDoesNotFit(source.span, "label", "not finite everywhere", "finite numbers")
        raise InvalidProgram((problem,))
    return array.reshape(-1)


def _read(job: Job, source: ExperimentSource) -> Array:
    from qdsl.language.syntax import StringLit
    from qdsl.run.data_files import read_array

    folders = job.compiled.program.checked.folders
    try:
        path = folders.find(StringLit(source.path, source.span))
    except Refusal as refusal:
        raise InvalidProgram((refusal.problem,)) from None
    return read_array(path, source.key or "", source.span)


def _matched(inputs: Inputs, job: Job) -> Inputs:
    counts = {name: len(a) for name, a in inputs.batched.items()}
    if inputs.labels is not None:
        if not counts and inputs.single:
            counts["the data"] = 1
        counts["label"] = len(inputs.labels)
    if len(set(counts.values())) > 1:
        from qdsl.run.data_files import DataDoesNotFit

        (a, n), (b, m) = sorted(counts.items(), key=lambda kv: kv[1])[:: len(counts) - 1]
        spans = {
            s.name if s.role != "label" else "label": s.span
            for s in (job.experiment.sources if job.experiment else ())
        }
        if a not in spans:
            (a, n), (b, m) = (b, m), (a, n)
        if a in spans:
            raise InvalidProgram(
                (DataDoesNotFit(spans[a], a, _items(n), f"{_items(m)}, as '{b}' has"),)
            )
        raise CannotRun(f"'{a}' has {_items(n)}, '{b}' has {m}")
    return inputs


def _items(n: int) -> str:
    return "1 item" if n == 1 else f"{n} items"


def draw(v: ValueVector, rng: np.random.Generator) -> Array:
    """Random values of a vector: angles uniform in [0, 2 pi), reals normal, bits fair."""
    if v.kind == "angle":
        return rng.uniform(0.0, 2 * np.pi, v.shape)
    if v.kind == "bits":
        return rng.integers(0, 2, v.shape).astype(np.float64)
    if v.kind == "matching":
        return rng.permutation(v.size).reshape(v.shape).astype(np.float64)
    return rng.normal(size=v.shape)


def _is_one_item(v: ValueVector, array: Array) -> bool:
    """A vector itself, flat or in its shape; else the first axis counts items."""
    return array.shape == v.shape or (array.ndim == 1 and v.shape != () and array.size == v.size)


def _misfit(v: ValueVector, array: Array, circuit: Circuit) -> tuple[str, str] | None:
    """(what it is, what is wanted) if an array cannot stand for a vector or a batch of them."""
    shape = "x".join(str(s) for s in v.shape) or "1"
    one_item = _is_one_item(v, array) or not array.ndim
    rows = array.reshape(1, -1) if one_item else array.reshape(len(array), -1)
    if rows.shape[1] != v.size or rows.size == 0:
        found = "x".join(str(s) for s in array.shape) or "one number"
        return found, f"{shape} an item"
    if not np.isfinite(rows).all():
        return "not finite everywhere", "finite numbers"
    if v.kind == "bits" and not np.isin(rows, (0.0, 1.0)).all():
        return "not 0 or 1 everywhere", "bits"
    if v.kind == "matching" and any((np.sort(r) != np.arange(v.size)).any() for r in rows):
        return "not a perfect matching", f"every node 0..{v.size - 1} exactly once"
    encoded = {r.vector for r in circuit.values.references if r.kind in ("real", "angle")}
    loads = circuit.table.codes("amplitude", "reflect", "block", "lcu").any()
    amplitude = loads and v.name in encoded
    if amplitude and (np.abs(rows).max(axis=1) == 0.0).any():
        return "zero in some item", "items with a norm"
    return None


# ---- runs ------------------------------------------------------------------------------


def with_outputs(stage: ScheduledCircuit, outputs: tuple[Output, ...]) -> ScheduledCircuit:
    """The same program with other outputs."""
    program = stage.distributed
    placed = replace(program.placed, circuit=replace(program.placed.circuit, outputs=outputs))
    return replace(stage, distributed=replace(program, placed=placed))


def _outputs_of(stage: ScheduledCircuit) -> tuple[Output, ...]:
    return stage.distributed.placed.circuit.outputs


def _text(output: Output) -> str:
    return output.span.text if output.span is not None else type(output).__name__.lower()


def _check_noise(job: Job) -> None:
    if job.experiment is None or job.experiment.noise is None:
        return
    if job.backend != "jax":
        raise CannotRun(f"`noise {job.experiment.noise}` is modelled by the backend jax only")
    for output in job.compiled.circuit.outputs:
        if isinstance(output, Eigenvalue) or (isinstance(output, Expectation) and output.scales):
            raise CannotRun(f"`noise {job.experiment.noise}` is not modelled for `{_text(output)}`")


def noise_formula(experiment: Experiment) -> str | None:
    """The formula behind the experiment's noise, in words."""
    if experiment.noise is None:
        return None
    from qdsl.run.training.noise import FORMULA

    return FORMULA


def noise_fidelity(job: Job) -> float:
    """The report's fidelity where the experiment asks for noise (`training.noise`), or 1."""
    if job.experiment is None or job.experiment.noise is None:
        return 1.0
    from qdsl.analysis.cost import cost

    return cost(job.compiled.scheduled).fidelity


def _exact_values(job: Job, inputs: Inputs, shots: int | None) -> tuple[list[Array], bool]:
    """The exact values of all outputs, with `shots` of all that is sampled, then of what
    `block_encoding_outputs` adds; and whether they are the source's: where the compiled program is
    too large, and was proved equal to it."""
    from qdsl.run.training.noise import depolarized

    split: list[Output] = []
    for output in job.compiled.circuit.outputs:
        split += _parts(output) if shots is not None else [output]
    split += added(job.compiled.circuit.outputs)
    wanted, of_source = tuple(split), False
    try:
        found = evaluate(with_outputs(job.compiled.scheduled, wanted), inputs)
    except TooLarge as error:
        if not job.compiled.verification.verified:
            raise TooLarge(
                f"{error}; its source could be simulated in its place if it were proved equal to "
                "it, and it is not (see --verify)"
            ) from None
        found, of_source = evaluate(replace(job.compiled.circuit, outputs=wanted), inputs), True
    fidelity = noise_fidelity(job)
    if fidelity < 1:
        found = [depolarized(v, fidelity, o) for v, o in zip(found, wanted, strict=True)]
    return found, of_source


def _results(
    outputs: tuple[Output, ...], exact: list[Array], shots: int | None, seed: int
) -> tuple[tuple[OutputResult, ...], Array | None]:
    """Results, and the first output's value per item where it is a number."""
    rng = np.random.default_rng(seed)
    results: list[OutputResult] = []
    first: Array | None = None
    for k, output in enumerate(outputs):
        taken = len(_parts(output)) if shots is not None else 1
        means, variances = _noisy(output, exact[:taken], shots, rng)
        exact = exact[taken:]
        results.append(_summary(output, means, variances, shots))
        if k == 0 and isinstance(output, NUMBERS):
            first = means
    return tuple(results), first


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


def compiled(
    stage: Circuit | DistributedCircuit | ScheduledCircuit, *, adjoint: bool = False
) -> Any:
    """The outputs of a stage as a function of its values; CannotRun if it is too large."""
    from qdsl.backends.jax.jax import compile_function

    try:
        return compile_function(stage, adjoint=adjoint)
    except ValueError as error:  # it says what it would take
        raise TooLarge(str(error)) from error


def evaluate(stage: Circuit | ScheduledCircuit, inputs: Inputs) -> list[Array]:
    """Exact outputs for every item: arrays (items,) or (items, 2**k)."""
    function = compiled(stage)
    try:
        if not inputs.batched:
            return [np.asarray(o, np.float64)[None] for o in function(inputs.single)]
        columns = function.over_items(inputs.single, inputs.batched)
    except ValueError as error:  # numbers that cannot be encoded
        raise CannotRun(str(error)) from error
    return [np.asarray(o, np.float64) for o in columns]


def _run_qiskit(
    stage: ScheduledCircuit, inputs: Inputs, shots: int | None, seed: int
) -> tuple[tuple[OutputResult, ...], Array | None]:
    from qdsl.backends.qiskit import run_shots

    shots = shots or SHOTS
    by_item: list[Any] = []
    for item in range(inputs.items):
        values = inputs.single | {k: a[item] for k, a in inputs.batched.items()}
        by_item.append(run_shots(stage, values, shots, seed + item))
    return _summaries(stage, by_item, shots)


def _run_nodes(
    job: Job, inputs: Inputs, shots: int, seed: int
) -> tuple[tuple[OutputResult, ...], Array | None, NetworkRun]:
    from qdsl.runtime.run import Given, run_nodes

    stage = job.compiled.scheduled
    given = Given(inputs.single, inputs.batched, inputs.items)
    python = None
    if job.backend == "simulaqron":
        python = job.runtime_python or os.environ.get("QDSL_RUNTIME_PYTHON", "")
    by_item, network = run_nodes(stage, given, shots, seed, job.patience_s, python, job.on_round)
    return *_summaries(stage, by_item, shots), network


def _summaries(
    stage: ScheduledCircuit, by_item: list[Any], shots: int
) -> tuple[tuple[OutputResult, ...], Array | None]:
    """Results from the estimates of every item, and the first output where it is a number."""
    results: list[OutputResult] = []
    first: Array | None = None
    for k, output in enumerate(_outputs_of(stage)):
        means = np.array([item[k] for item in by_item], np.float64)
        variances = None
        if isinstance(output, NUMBERS):
            variances = np.array([item[k].standard_error ** 2 for item in by_item])
            first = means if k == 0 else first
        results.append(_summary(output, means, variances, shots))
    return tuple(results), first


def _summary(
    output: Output, values: Array, variances: Array | None, shots: int | None
) -> OutputResult:
    kind = type(output).__name__.lower()
    if values.ndim == 1:
        error = None if variances is None else float(np.sqrt(variances.sum()) / len(values))
        shown = tuple(float(v) for v in values[:SHOWN_ITEMS])
        return OutputResult(_text(output), kind, shown, float(values.mean()), error)
    width = int(np.log2(values.shape[1]))
    shares = {
        format(i, f"0{width}b"): float(p) for i, p in enumerate(values[0].tolist()) if p > 1e-12
    }
    return OutputResult(_text(output), kind, shares)
