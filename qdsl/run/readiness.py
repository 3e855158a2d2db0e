"""What would stop a sound program from being compiled or run: its files, and its nodes' sizes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from qdsl.diagnostics.diagnostic import Diagnostic, Diagnostics, InvalidProgram
from qdsl.language.lowering.declare import declare
from qdsl.language.typed.program import Checked, ModelInfo
from qdsl.network.errors import TooManyQubits
from qdsl.run.inputs import read_source_file


def obstacles(checked: Checked) -> tuple[Diagnostic, ...]:
    """Data that cannot be read, and models too large for their own networks, at the sizes that
    the file gives."""
    found = [*_crowded(checked), *_unreadable(checked)]
    return tuple(dict.fromkeys(found))


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
