"""What tables of accuracies have in common."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import numpy as np

from qdsl.records import dataclass
from qdsl.studies.paper.datasets.folder import data_sets
from qdsl.studies.paper.datasets.sets import DataSet, Floats, Ints, checked
from qdsl.studies.paper.findings import CITED, NOT_SHOWN, SHOWN, ClaimFinding, Part, Settings
from qdsl.studies.paper.learning import ACTIVATIONS

T = TypeVar("T")

NO_DATA = "no data set at hand: name their folder by --data or in QDSL_DATA"


@dataclass(frozen=True, slots=True)
class Score:
    """Accuracies in per cent over seeds or folds."""

    mean: float
    deviation: float

    @classmethod
    def of(cls, shares: Floats) -> Score:
        deviation = float(shares.std(ddof=1)) if len(shares) > 1 else 0.0
        return cls(100 * float(shares.mean()), 100 * deviation)

    def __str__(self) -> str:
        return f"{self.mean:.1f} +- {self.deviation:.1f}"


def points(difference: float) -> str:
    """Of a difference of two scores; never "-0.0"."""
    return f"{round(difference, 1) + 0.0:+.1f}"


def chosen_sets(settings: Settings, kind: type[DataSet], order: tuple[str, ...]) -> list[DataSet]:
    """The sets of a kind in the folder of the settings: those of `order`, then any others; in
    quick mode the first only."""
    if settings.folder is None:
        return []
    there = data_sets(Path(settings.folder))
    known = [name for name in order if name in there]
    found: list[DataSet] = []
    for name in [*known, *(name for name in there if name not in order)]:
        if settings.is_quick and found:
            break
        data = checked(there[name]())
        found += [data] if isinstance(data, kind) else []
    return found


def by_activation(score: Callable[[str], T]) -> dict[str, T]:
    """A score of each activation, taken side by side: each keeps about one core busy."""
    with ThreadPoolExecutor(len(ACTIVATIONS)) as pool:
        return dict(zip(ACTIVATIONS, pool.map(score, ACTIVATIONS), strict=True))


def lost_points(scores: dict[str, dict[str, Score]]) -> dict[str, float]:
    """By set, by how much the polynomial differs from PReLU."""
    return {name: s["polynomial"].mean - s["prelu"].mean for name, s in scores.items()}


def judged(came_out: bool, settings: Settings) -> str:
    """The status of a claim about accuracies. Few seeds and folds on one set judge nothing."""
    if settings.is_quick:
        return CITED
    return SHOWN if came_out else NOT_SHOWN


def without_data(name: str, title: str, claim: str, where: str) -> Part:
    return Part(name, title, (ClaimFinding(claim, where, NO_DATA, "-", NOT_SHOWN),))


def stratified(labels: Ints, folds: int, seed: int) -> Ints:
    """The fold of every item, int[items]: equally many items and equal shares of classes."""
    rng = np.random.default_rng((seed, folds))
    fold = np.zeros(len(labels), np.int64)
    turn = 0
    for label in np.unique(labels):
        for item in rng.permutation(np.flatnonzero(labels == label)).tolist():
            fold[item] = turn % folds
            turn += 1
    return fold
