"""All analyses of one compiled program together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from qdsl.analysis.advantage import TOO_LARGE, verdict
from qdsl.analysis.baselines import baselines, question
from qdsl.analysis.claims import claims_of
from qdsl.analysis.cost import Cost
from qdsl.analysis.executions import Accuracy, TrainingPlan, expected_of, is_owned
from qdsl.analysis.findings import Advantage, Baselines, Privacy, ShotBudget
from qdsl.analysis.formulas import FINEST
from qdsl.analysis.growth import growths
from qdsl.analysis.privacy import privacy_of
from qdsl.analysis.signal import signal_of
from qdsl.analysis.structure import structure_of
from qdsl.ir.stages import Circuit, ScheduledCircuit
from qdsl.language.typed.program import Checked, Experiment
from qdsl.records import dataclass


@dataclass(frozen=True, slots=True)
class Assessment:
    """`advantage` is None where nothing is owned: nobody has anything to send or to hide.
    `baselines` and `privacy` are also None for programs too large to be looked at."""

    shot_budget: ShotBudget
    baselines: Baselines | None
    advantage: Advantage | None
    privacy: Privacy | None


def accuracy_of(
    experiment: Experiment | None, epsilon: float | None = None, delta: float | None = None
) -> Accuracy:
    """What is asked for here, else by the experiment, else a usual value."""
    if experiment is not None:
        epsilon = experiment.epsilon if epsilon is None else epsilon
        delta = experiment.delta if delta is None else delta
    usual = Accuracy()
    return Accuracy(
        usual.epsilon if epsilon is None else max(epsilon, FINEST),
        usual.delta if delta is None else max(delta, FINEST),
        epsilon is not None or delta is not None,
    )


def assess(source: Circuit, program: ScheduledCircuit, counted: Cost, checked: Checked,
           model: str, settings: Mapping[str, int], accuracy: Accuracy,
           plan: TrainingPlan | None) -> Assessment:  # fmt: skip
    """`source` is the lowered model, `program` what it was compiled to."""
    distributed = program.distributed
    budget = expected_of(distributed, counted, accuracy, plan)
    if not is_owned(source):
        return Assessment(budget, None, None, None)
    structure = structure_of(source)
    if structure is None:
        unseen = Advantage("unknown", None, TOO_LARGE, (), "")
        return Assessment(budget, None, unseen, None)
    q = question(structure, distributed, counted, budget.tasks[0], accuracy)
    found = baselines(q)
    grown = growths(checked, checked.models[model], settings)
    advantage = verdict(q, found, grown, signal_of(source))
    privacy = privacy_of(structure, distributed, counted, budget, plan)
    claimed = replace(advantage, claims=claims_of(advantage, budget, privacy))
    return Assessment(budget, found, claimed, privacy)
