"""What a trained model says about new data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from qdsl.data.errors import UnreadableData
from qdsl.data.files import read_array
from qdsl.diagnostics.diagnostic import InvalidProgram
from qdsl.ir.stages import Circuit
from qdsl.ir.values import real_numbers
from qdsl.records import dataclass
from qdsl.run.execute import exact_values, judged
from qdsl.run.inputs import gather, n_scores, numbered, read_source_file
from qdsl.run.job import Array, CannotRun, RunJob
from qdsl.run.readiness import FAR, largest_angle
from qdsl.run.scaling import scale_of

if TYPE_CHECKING:
    from qdsl.language.syntax.files import Folders
    from qdsl.language.typed.program import Experiment


@dataclass(frozen=True, slots=True, eq=False)
class Prediction:
    """`outputs`: one array an output, float64[items] for a number, else [items, outcomes];
    `labels`, `loss` and `accuracy` where the new data have labels. `classes`: what the outputs
    decide between, None where they decide nothing; of two, on which side of `middle` lies the
    first output. `notes`: why labels of the new data, or the accuracy, are left out, and what may
    be wrong with the data: not scaled, or far beyond an angle's range."""

    outputs: tuple[Array, ...]
    labels: Array | None = None
    loss: float | None = None
    accuracy: float | None = None
    classes: tuple[float, ...] | None = None
    middle: float = 0.0
    notes: tuple[str, ...] = ()

    def rows(self) -> Iterator[list[str]]:
        """A table: its header, then a row for every item. `class` is the one of two on whose side
        the first output lies; of several, the one whose output is the largest."""
        several = len(self.outputs) > 1
        header, columns = ["item"], []
        for k, output in enumerate(self.outputs):
            name = f"value{k + 1}" if several else "value"
            if output.ndim == 1:
                header.append(name)
                columns.append(output[:, None])
                continue
            width = (output.shape[1] - 1).bit_length()
            header += [f"{name}_{i:0{width}b}" for i in range(output.shape[1])]
            columns.append(output)
        table = np.concatenate(columns, axis=1)
        has_class = self.classes is not None and self.outputs[0].ndim == 1
        header += ["class"] * has_class + ["label"] * (self.labels is not None)
        yield header
        for i, row in enumerate(table):
            cells = [str(i), *(f"{x:.12g}" for x in row)]
            if has_class:
                cells.append(self._class_of(row))
            if self.labels is not None:
                cells.append(f"{self.labels[i]:.12g}")
            yield cells

    def _class_of(self, row: Array) -> str:
        classes = self.classes or ()
        k = row[0] >= self.middle if len(classes) == 2 else row[: len(classes)].argmax()
        return f"{classes[int(k)]:.12g}"


def predicted(
    job: RunJob, parameters: Mapping[str, Array], data: Path | Mapping[str, Any], folders: Folders
) -> Prediction:
    """Exact outputs for every item; a file's columns or arrays are named as the experiment's."""
    experiment, labels = job.experiment, None
    notes: tuple[str, ...] = ()
    given: dict[str, Any] = {}
    if isinstance(data, Path):
        if experiment is None or not any(s.role == "data" for s in experiment.sources):
            raise CannotRun("no experiment says which columns of the file are which data")
        given, labels, notes = _from_file(experiment, data)
        _scale(given, experiment, folders, job.seed)
    else:
        given, notes = dict(data), tuple(_unscaled(experiment, data))
    missing = [v.name for v in job.circuit.values.vectors
               if v.role == "data" and v.name not in given]  # fmt: skip
    if missing:
        raise CannotRun(f"there are no values for the data '{missing[0]}'")
    bare = None if experiment is None else replace(experiment, sources=(), instances=None)
    inputs = gather(job.circuit, bare, given | dict(parameters), folders, job.seed)
    arrays = inputs.single | inputs.batched
    notes += tuple(_far(job.circuit, {name: arrays[name] for name in given}))
    known, classes = _training_labels(job, folders)
    inputs = replace(inputs, labels=_by_class(labels, classes), classes=classes)
    if labels is not None and len(labels) != inputs.items:
        raise CannotRun(f"the new data have {inputs.items} items and {len(labels)} labels")
    outputs = tuple(exact_values(job, inputs)[0][: len(job.circuit.outputs)])
    numbers = outputs[: n_scores(job.circuit)]
    shown, middle = (classes, 0.0) if classes else _between(known)
    loss, accuracy = judged(job, inputs, numbers, known)
    if loss is not None and accuracy is None and shown and labels is not None:
        strange = labels[~np.isin(labels, shown)][0]
        of = " and ".join(f"{c:.12g}" for c in shown)
        notes += (f"there is no accuracy: the label {strange:.12g} is none of the classes {of}",)
    return Prediction(outputs, labels, loss, accuracy, shown, middle, notes)


def _training_labels(
    job: RunJob, folders: Folders
) -> tuple[Array | None, tuple[float, ...] | None]:
    """The training's labels as the loss has them, and those of the file where they are others."""
    for source in job.experiment.sources if job.experiment else ():
        if source.role == "label":
            array = read_source_file(folders, source)
            return numbered(array, source, job.experiment, n_scores(job.circuit))
    has_answers = job.experiment is not None and job.experiment.instances is not None
    return (np.array([-1.0, 1.0]) if has_answers else None), None


def _between(labels: Array | None) -> tuple[tuple[float, ...] | None, float]:
    """The two labels that there are and the middle between them; of more or none, no classes."""
    found = () if labels is None else tuple(np.unique(labels).tolist())
    if set(found) <= {-1.0, 1.0} and found:
        return (-1.0, 1.0), 0.0
    return (found, sum(found) / 2) if len(found) == 2 else (None, 0.0)


def _by_class(labels: Array | None, classes: tuple[float, ...] | None) -> Array | None:
    """What the loss has in place of every label: -1 and 1, or of several classes their numbers.
    CannotRun for a label that no class has."""
    if labels is None or classes is None:
        return labels
    strange = labels[~np.isin(labels, classes)]
    if len(strange):
        known = ", ".join(f"{c:.12g}" for c in classes)
        raise CannotRun(f"the new data have the label {strange[0]:.12g}; the classes are {known}")
    numbers = np.searchsorted(classes, labels).astype(np.float64)
    return 2 * numbers - 1 if len(classes) == 2 else numbers


def _unscaled(experiment: Experiment | None, data: Mapping[str, Any]) -> Iterator[str]:
    """Of arrays that the training had in another form."""
    for source in experiment.sources if experiment is not None else ():
        if source.scaling and source.name in data:
            yield (
                f"'{source.name}' is taken as it is: the training had it by `{source.scaling}`, "
                "and only files are scaled"
            )


def _far(circuit: Circuit, given: Mapping[str, Any]) -> Iterator[str]:
    """Of features that turn a rotation round many times, as QDM762 says of the training's."""
    for v in circuit.values.vectors:
        if v.role == "data" and v.name in given:
            largest = largest_angle(circuit, v, real_numbers(given[v.name]))
            if largest > FAR:
                yield f"'{v.name}' gives angles of up to {largest:g} rad, many full turns"


def _scale(given: dict[str, Array], experiment: Experiment, folders: Folders, seed: int) -> None:
    """As the training's own items were."""
    for source in experiment.sources:
        if source.scaling and source.name in given:
            own = read_source_file(folders, source)
            scale = scale_of(own, source.scaling, experiment, seed)
            array = given[source.name]
            if array.ndim == 1 and own.shape[1:] == (1,):
                array = array[:, None]
            if array.shape[1:] != own.shape[1:]:
                sizes = "x".join(map(str, array.shape))
                wanted = "x".join(map(str, own.shape[1:]))
                raise CannotRun(f"'{source.name}' is {sizes}, and the model wants {wanted} an item")
            given[source.name] = scale.applied(array)


def _from_file(
    experiment: Experiment, file: Path
) -> tuple[dict[str, Array], Array | None, tuple[str, ...]]:
    """The data that the experiment names, labels if the file has them, and why it has none where
    there are some that cannot be read."""
    given: dict[str, Array] = {}
    labels, why = None, ""
    is_all_data = any(s.role == "data" and not s.key for s in experiment.sources)
    for source in experiment.sources:
        if source.role == "label" and not source.key and is_all_data:
            continue  # they were in a file of their own
        try:
            array = read_array(file, source.key or "", source.span)
        except InvalidProgram as refused:
            if source.role != "label":
                raise
            why = _unread(refused)
            continue
        if source.role == "label":
            labels = array.reshape(-1)
        else:
            given[source.name] = array
    if labels is not None and not np.isfinite(labels).all():
        item = int(np.flatnonzero(~np.isfinite(labels))[0])
        labels, why = None, f"the label of item {item} is not finite"
    wanted = "give every item a label, or leave the labels out"
    return given, labels, (f"labels of '{file.name}' are not used: {why}; {wanted}",) if why else ()


def _unread(refused: InvalidProgram) -> str:
    """Why labels cannot be read; empty where the file has none: what is new need not be known."""
    problem = refused.diagnostics[0]
    if not isinstance(problem, UnreadableData) or problem.is_absent:
        return ""
    return problem.reason
