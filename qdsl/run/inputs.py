"""The inputs of a run: what is given, what an experiment's files hold, and what is drawn."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import takewhile
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from qdsl.data.errors import DataDoesNotFit
from qdsl.data.files import read_array
from qdsl.data.instances import filled
from qdsl.diagnostics.diagnostic import InvalidProgram
from qdsl.diagnostics.reported import Refusal
from qdsl.ir.stages import Circuit
from qdsl.ir.values import ValueVector, real_numbers
from qdsl.language.syntax import StringLit
from qdsl.run.job import NUMBERS, Array, CannotRun, Inputs
from qdsl.run.losses import BY_SIGN
from qdsl.run.scaling import scale_of

if TYPE_CHECKING:
    from qdsl.language.syntax.files import Folders
    from qdsl.language.typed.program import Experiment, ExperimentSource


def gather(
    circuit: Circuit,
    experiment: Experiment | None,
    values: Mapping[str, npt.ArrayLike],
    folders: Folders,
    seed: int,
) -> Inputs:
    """Values of all vectors: given, from the experiment's files, or drawn. InvalidProgram for
    data that do not fit, CannotRun for values that do not."""
    given = _given(values, tuple(v.name for v in circuit.values.vectors))
    labels, classes, spans = None, None, {}
    for source in experiment.sources if experiment else ():
        if source.name in given:
            continue
        array = read_source_file(folders, source)
        if source.role == "label":
            labels, classes = numbered(array, source, experiment, n_scores(circuit))
        else:
            if source.scaling and experiment:
                _require_items(array, source, circuit)
                array = scale_of(array, source.scaling, experiment, seed).applied(array)
            given[source.name], spans[source.name] = array, source.span
    asked = experiment.instances if experiment else None
    if asked is not None:
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
    return _matched(Inputs(single, batched, labels, tuple(drawn), classes), experiment)


def _require_items(array: Array, source: ExperimentSource, circuit: Circuit) -> None:
    """InvalidProgram where there are no statistics: for one item, and for what is not finite."""
    v = next(v for v in circuit.values.vectors if v.name == source.name)
    if array.size == 0 or _is_one_item(v, array) or not np.isfinite(array).all():
        wanted = f"several items of finite numbers, for {source.scaling}"
        raise InvalidProgram(
            (DataDoesNotFit(source.span, v.name, "one item, empty or not finite", wanted),)
        )


def _given(values: Mapping[str, npt.ArrayLike], known: tuple[str, ...]) -> dict[str, Array]:
    unknown = sorted(set(values) - set(known))
    if unknown:
        there = ", ".join(known) or "none"
        raise CannotRun(f"the program has no vector '{unknown[0]}'; it has {there}")
    try:
        return {k: real_numbers(v) for k, v in values.items()}
    except (TypeError, ValueError) as error:
        raise CannotRun(f"values are arrays of numbers: {error}") from None


def n_scores(circuit: Circuit) -> int:
    """How many outputs are numbers, from the first on."""
    return len(list(takewhile(lambda o: isinstance(o, NUMBERS), circuit.outputs)))


def numbered(
    array: Array, source: ExperimentSource, experiment: Experiment | None, n_numbers: int
) -> tuple[Array, tuple[float, ...] | None]:
    """The labels: -1 and 1 in place of two other values, which are told, if the loss wants it;
    0, 1, ... in place of more, if so many outputs are numbers and the loss is `cross_entropy`."""
    loss = str(experiment.loss if experiment else "")
    if array.size == 0:
        problem = DataDoesNotFit(source.span, "label", "empty", "one number an item")
        raise InvalidProgram((problem,))
    if not np.isfinite(array).all():
        problem = DataDoesNotFit(source.span, "label", "not finite everywhere", "finite numbers")
        raise InvalidProgram((problem,))
    labels = array.reshape(-1)
    if loss not in BY_SIGN or np.isin(labels, (-1.0, 1.0)).all():
        return labels, None
    found = np.unique(labels)
    if loss == "cross_entropy" and 2 < len(found) <= n_numbers:
        return np.searchsorted(found, labels).astype(np.float64), tuple(found.tolist())
    if len(found) != 2:
        values = f"of {len(found):,} value{'s' * (len(found) != 1)}"
        wanted = f"two for the loss `{loss}`, such as -1 and 1"
        if loss == "cross_entropy" and len(found) > 2:
            wanted = f"two, or as many expectations returned as classes: here {n_numbers}"
        raise InvalidProgram((DataDoesNotFit(source.span, "label", values, wanted),))
    low, high = found.tolist()
    return np.where(labels == high, 1.0, -1.0), (low, high)


def read_source_file(folders: Folders, source: ExperimentSource) -> Array:
    """The numbers that an experiment names. InvalidProgram where they cannot be read."""
    try:
        path = folders.find(StringLit(source.path, source.span))
    except Refusal as refusal:
        raise InvalidProgram((refusal.problem,)) from None
    array = read_array(path, source.key or "", source.span)
    is_table = path.suffix.lower() == ".csv"  # a row an item, also of one column
    return array.reshape(len(array), -1) if is_table else array


def _matched(inputs: Inputs, experiment: Experiment | None) -> Inputs:
    counts = {name: len(a) for name, a in inputs.batched.items()}
    if inputs.labels is not None:
        if not counts and inputs.single:
            counts["the data"] = 1
        counts["label"] = len(inputs.labels)
    if len(set(counts.values())) > 1:
        (a, n), (b, m) = sorted(counts.items(), key=lambda kv: kv[1])[:: len(counts) - 1]
        spans = {
            s.name if s.role != "label" else "label": s.span
            for s in (experiment.sources if experiment else ())
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
    if array.size == 0:
        return f"empty ({'x'.join(map(str, array.shape))})", f"{shape} an item, and at least one"
    one_item = _is_one_item(v, array) or not array.ndim
    rows = array.reshape(1, -1) if one_item else array.reshape(len(array), -1)
    if rows.shape[1] != v.size:
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
