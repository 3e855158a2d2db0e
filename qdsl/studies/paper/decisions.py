"""A decision about many nodes at once, out of one number pooled over them.

The paper's decision problem was not at hand. Ours: a set of 15 nodes is named; is the commonest
class of the data set in the majority among them? Unlike the class of one node this is one bit about
numbers that alice has of many nodes, which is what the lower bounds on communication speak of.
"""

from __future__ import annotations

from functools import partial

import numpy as np

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
from qdsl.studies.paper.nodes import SETS, seeds, trained

CLAIM = "the same network, pooled over nodes, decides about many of them"
WHERE = "the paper's decision problem, in our reading"
TITLE = "A decision about many nodes"
NODES = 15
BAGS = {"train": 400, "validate": 300, "test": 1000}
HOPS = 4


def majority(settings: Settings) -> Part:
    sets = [s for s in chosen_sets(settings, NodeSet, SETS) if isinstance(s, NodeSet)]
    if not sets:
        return without_data("decisions", TITLE, CLAIM, WHERE)
    scores = {s.name: by_activation(partial(decision_score, s, settings=settings)) for s in sets}
    lost = lost_points(scores)
    return Part(
        "decisions",
        TITLE,
        (
            ClaimFinding(
                CLAIM,
                WHERE,
                "; ".join(f"{name}: {s['polynomial']} per cent right, {points(lost[name])} points "
                          "against PReLU" for name, s in scores.items()),
                "-",
                judged(min(lost.values()) > -1, settings),
            ),
        ),
        (
            FindingTable(
                f"Accuracy in per cent on {BAGS['test']} sets of {NODES} test nodes, mean and "
                f"deviation of {seeds(settings)} seeds",
                ("set", "polynomial", "PReLU", "difference"),
                tuple((name, str(s["polynomial"]), str(s["prelu"]), points(lost[name]))
                      for name, s in scores.items()),
            ),
        ),
        f"The problem: is the commonest class of the data set in the majority among {NODES} given "
        "nodes? How many of them are of that class is drawn uniformly from 0 to "
        f"{NODES}, so that half of the answers are yes. Sets of training nodes train, sets of "
        "validation nodes choose the step and the weight decay, sets of test nodes are counted. "
        f"Features are those spread over {HOPS} hops alone.",
    )  # fmt: skip


def decision_score(data: NodeSet, activation: str, settings: Settings) -> Score:
    settings.say(f"{data.name}: decisions, {activation}")
    x = node_features(data, HOPS)[:, -data.features.shape[1] :]
    positive = int(np.bincount(data.labels[data.labels >= 0]).argmax())
    bags = {part: _bags(data, part, positive, settings.seed) for part in BAGS}
    seen = trained(
        _rows(x, bags["train"][0]),
        _rows(x, np.concatenate([bags["validate"][0], bags["test"][0]])),
        (bags["train"][1], np.concatenate([bags["validate"][1], bags["test"][1]])),
        np.arange(BAGS["validate"] + BAGS["test"]) >= BAGS["validate"],
        activation,
        settings,
    )
    validation, test = (seen[:, k].reshape(seeds(settings), -1) for k in (0, 1))
    return Score.of(test[np.arange(len(test)), validation.argmax(axis=1)])


def _bags(data: NodeSet, part: str, positive: int, seed: int) -> tuple[Ints, Ints]:
    """Nodes int[bags, NODES], and whether the positive class is in the majority, int[bags]."""
    nodes: Ints = getattr(data, part)
    rng = np.random.default_rng((seed, NODES, len(nodes)))
    yes, no = nodes[data.labels[nodes] == positive], nodes[data.labels[nodes] != positive]
    bags, answers = [], []
    for _ in range(BAGS[part]):
        k = int(rng.integers(0, NODES + 1))
        drawn = [rng.choice(yes, k, replace=k > len(yes)), rng.choice(no, NODES - k)]
        bags.append(np.concatenate(drawn))
        answers.append(int(2 * k > NODES))
    return np.array(bags), np.array(answers)


def _rows(x: Floats, bags: Ints) -> FeatureRows:
    """Bags as items, with the rows of their nodes."""
    nodes, row = np.unique(bags.reshape(-1), return_inverse=True)
    item = np.repeat(np.arange(len(bags)), NODES)
    return FeatureRows(x[nodes], item, row.reshape(-1), np.ones(bags.size), len(bags))
