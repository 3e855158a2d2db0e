"""Nodes of citation graphs classified, on the public split: degree-2 polynomial against PReLU."""

from __future__ import annotations

from functools import partial
from itertools import product

import numpy as np
import numpy.typing as npt

from qdsl.studies.paper.accuracy import (
    Score,
    by_activation,
    chosen_sets,
    judged,
    lost_points,
    points,
    without_data,
)
from qdsl.studies.paper.datasets.sets import Floats, Ints, NodeSet
from qdsl.studies.paper.features import FeatureRows, node_features
from qdsl.studies.paper.findings import ClaimFinding, FindingTable, Part, Settings
from qdsl.studies.paper.learning import EVERY, Runs, TrainingRecipe, curves

CLAIM = "a degree-2 polynomial instead of PReLU loses under one point on nodes"
WHERE = "the paper's benchmarks, as cited"
TITLE = "Nodes of citation graphs, classified"
SETS = ("cora", "citeseer")
# Test accuracies of GCN on the same split (Kipf and Welling, ICLR 2017, table 2), in per cent.
GCN = {"cora": 81.5, "citeseer": 70.3}
HOPS = (2, 4)
DECAYS = (5e-4, 5e-3)
DROP = 0.5
HIDDEN = 32
STEPS = 100


def node_classification(settings: Settings) -> Part:
    sets = [s for s in chosen_sets(settings, NodeSet, SETS) if isinstance(s, NodeSet)]
    if not sets:
        return without_data("nodes", TITLE, CLAIM, WHERE)
    scores = {s.name: by_activation(partial(node_score, s, settings=settings)) for s in sets}
    lost = lost_points(scores)
    return Part(
        "nodes",
        TITLE,
        (
            ClaimFinding(
                CLAIM,
                WHERE,
                "; ".join(f"{name}: {points(by)} points" for name, by in lost.items()),
                "under 1 point lost",
                judged(min(lost.values()) > -1, settings),
            ),
        ),
        (
            FindingTable(
                f"Accuracy in per cent on the public test split, mean and deviation of "
                f"{seeds(settings)} seeds; published: GCN (ICLR 2017)",
                ("set", "polynomial", "PReLU", "difference", "GCN"),
                tuple(
                    (name, str(s["polynomial"]), str(s["prelu"]), points(lost[name]),
                     str(GCN.get(name, "-")))
                    for name, s in scores.items()
                ),
            ),
        ),
        f"Hops ({', '.join(map(str, HOPS))}), weight decay and the number of steps, up to "
        f"{STEPS}, are those that are best on the validation nodes, for each seed; the test nodes "
        "choose nothing. One hidden layer of 32.",
    )  # fmt: skip


def seeds(settings: Settings) -> int:
    return 2 if settings.is_quick else 10


def node_score(data: NodeSet, activation: str, settings: Settings) -> Score:
    hops = HOPS[-1:] if settings.is_quick else HOPS
    each = [node_curves(data, k, activation, settings) for k in hops]
    seen = np.concatenate(each, axis=1)  # [seeds, recipes, parts, evaluations]
    count = len(seen)
    validation, test = (seen[:, :, part].reshape(count, -1) for part in (0, 1))
    return Score.of(test[np.arange(count), validation.argmax(axis=1)])


def node_curves(data: NodeSet, hops: int, activation: str, settings: Settings) -> Floats:
    """Accuracies float[seeds, decays, 2, evaluations]; the parts are validation and test."""
    settings.say(f"{data.name}: {hops} hops, {activation}")
    x = node_features(data, hops)
    watched = np.concatenate([data.validate, data.test])
    found = trained(
        FeatureRows.single(x[data.train]),
        FeatureRows.single(x[watched]),
        (data.labels[data.train], data.labels[watched]),
        np.arange(len(watched)) >= len(data.validate),
        activation,
        settings,
    )
    return found.reshape(-1, len(DECAYS), 2, STEPS // EVERY)


def trained(
    rows: FeatureRows,
    watched: FeatureRows,
    labels: tuple[Ints, Ints],
    is_test: npt.NDArray[np.bool_],
    activation: str,
    settings: Settings,
) -> Floats:
    """The curves of all seeds and decays on the rows watched, those for validation and the test
    rows apart."""
    runs = list(product(range(seeds(settings)), DECAYS))
    count = len(runs)
    return curves(
        rows,
        watched,
        labels,
        Runs(
            np.ones((count, len(labels[0]))),
            np.broadcast_to(np.stack([~is_test, is_test]), (count, 2, len(is_test))),
            np.full(count, DROP),
            np.array([decay for _, decay in runs]),
            np.array([settings.seed + k for k, _ in runs]),
        ),
        TrainingRecipe(activation, HIDDEN, STEPS, normalises=False, drops_inputs=True),
    )
