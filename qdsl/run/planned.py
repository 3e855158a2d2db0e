"""The training that an experiment asks for, before it is run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qdsl.analysis.executions import TrainingPlan
from qdsl.diagnostics.diagnostic import InvalidProgram
from qdsl.diagnostics.reported import Refusal
from qdsl.diagnostics.request_error import Refused
from qdsl.ir.stages import Circuit
from qdsl.run.inputs import gather
from qdsl.run.losses import labels_or_zeros
from qdsl.run.splits import split

if TYPE_CHECKING:
    from qdsl.language.syntax.files import Folders
    from qdsl.language.typed.program import Experiment


def training_plan(
    circuit: Circuit, experiment: Experiment | None, folders: Folders, batch: int | None = None
) -> TrainingPlan | None:
    """Steps and items a step, as `train` takes them: at most `batch`, else the experiment's, and no
    more than there are data to train on. Without data that can be read, one item a step where the
    experiment says nothing. None without training."""
    if experiment is None or experiment.optimiser is None:
        return None
    there, held_out, outputs = _items(circuit, experiment, folders)
    wanted = batch or experiment.batch
    if there is not None and batch is None:
        wanted = min(wanted or there, there)
    is_drawn = experiment.loss == "linear" and experiment.gradient == "exact"
    return TrainingPlan(experiment.steps, wanted or 1, is_drawn, experiment.gradient,
                        experiment.gradient_shots, held_out, outputs)  # fmt: skip


def _items(
    circuit: Circuit, experiment: Experiment, folders: Folders
) -> tuple[int | None, int, int]:
    """Items to train on, None where the data cannot be read; those held out; and the outputs that
    the loss is a function of."""
    if not experiment.sources and experiment.instances is None:
        return None, 0, 1
    try:
        inputs = gather(circuit, experiment, {}, folders, experiment.seed)
        labels = labels_or_zeros(experiment, inputs)
        number = inputs.items if labels is None else len(labels)
        seen = split(number, experiment.test, experiment.seed, "test")[0]
        items, held_out = split(len(seen), experiment.validation, experiment.seed)
        return len(items), len(held_out), inputs.scores
    except (InvalidProgram, Refusal, Refused, OSError):
        return None, 0, 1
