"""What would stop a sound program from being compiled or run: its files, and its nodes' sizes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import numpy.typing as npt

from qdsl.data.errors import FeaturesBeyondAngles, FlatFeatures
from qdsl.diagnostics.diagnostic import Diagnostic, Diagnostics, InvalidProgram
from qdsl.ir.stages import Circuit
from qdsl.ir.values import ValueVector
from qdsl.language.lowering.declare import declare
from qdsl.language.syntax.files import Folders
from qdsl.language.typed.program import Checked, Experiment, ExperimentSource, ModelInfo
from qdsl.network.errors import TooManyQubits
from qdsl.run.inputs import read_source_file

FAR = 50.0  # radians: eight turns


def obstacles(checked: Checked) -> tuple[Diagnostic, ...]:
    """Data that cannot be read, and models too large for their own networks, at the sizes that
    the file gives."""
    found = [*_crowded(checked), *_unreadable(checked)]
    return tuple(dict.fromkeys(found))


def doubtful_features(
    circuit: Circuit, experiment: Experiment | None, folders: Folders
) -> Iterator[Diagnostic]:
    """Features of files that, as they are, turn some rotation round many times, and columns that
    scaling makes 0 everywhere."""
    vectors = {v.name: v for v in circuit.values.vectors}
    for source in experiment.sources if experiment else ():
        if source.role != "data" or source.name not in vectors:
            continue
        v = vectors[source.name]
        array = read_source_file(folders, source)
        if source.scaling:
            yield from _flat(source, v, array)
            continue
        largest = largest_angle(circuit, v, array)
        if largest > FAR:
            yield FeaturesBeyondAngles(source.span, v.name, largest)


def _flat(
    source: ExperimentSource, v: ValueVector, array: npt.NDArray[np.float64]
) -> Iterator[FlatFeatures]:
    if len(array) < 2 or not v.size or array.size != len(array) * v.size:
        return
    rows = array.reshape(len(array), -1)
    flat = [f"column {k + 1}" for k in np.flatnonzero(np.ptp(rows, axis=0) == 0).tolist()]
    if flat:
        named = flat[:3] + ([f"{len(flat) - 3} more"] if len(flat) > 3 else [])
        yield FlatFeatures(source.span, v.name, ", ".join(named))


def largest_angle(circuit: Circuit, v: ValueVector, array: npt.NDArray[np.float64]) -> float:
    """What a vector's numbers, of one item or several, add to an angle at most, in radians."""
    if not v.size or array.size % v.size:
        return 0.0
    angles = circuit.values.angles
    largest = np.abs(array.reshape(-1, v.size)).max(axis=0, initial=0.0)
    own = (angles.slot >= v.start) & (angles.slot < v.start + v.size)
    turned = np.abs(angles.coefficient[own]) * largest[angles.slot[own] - v.start]
    return float(f"{turned.max(initial=0.0):.3g}")


def _unreadable(checked: Checked) -> Iterator[Diagnostic]:
    for experiment in checked.experiments.values():
        for source in experiment.sources:
            try:
                read_source_file(checked.folders, source)
            except InvalidProgram as invalid:
                yield from invalid.diagnostics


def _crowded(checked: Checked) -> Iterator[Diagnostic]:
    for model in checked.models.values():
        sizes: list[Mapping[str, int]] = [
            {},
            *(e.settings for e in checked.experiments.values() if e.model == model.name),
        ]
        for settings in sizes:
            if all(v is not None or k in settings for k, v in model.parameters.items()):
                yield from _too_many(checked, model, settings)


def _too_many(
    checked: Checked, model: ModelInfo, settings: Mapping[str, int]
) -> Iterator[TooManyQubits]:
    network = checked.networks.get(model.network or "")
    if network is None:
        return
    wanted = declare(checked, model, settings, Diagnostics(), network).n_qubits
    if wanted > network.qubits:
        span = model.declaration.syntax.name.span
        yield TooManyQubits(network.name, wanted, network.qubits, span)
