"""Trained networks of the benchmarks as distributed circuits: a molecule whose graph alice holds,
and a node of a citation graph whose edges bob holds.

The read-out has weights of both signs, and `norm2` is a sum of squares. With a z**2 + z =
a (z + 1/2a)**2 - 1/4a, a score is the sum of squares of the weights of one sign, less that of the
other, plus a constant that bob knows: two runs of one compiled program a class.
"""

from __future__ import annotations

import numpy as np

from qdsl.records import dataclass
from qdsl.studies.paper.accuracy import chosen_sets, without_data
from qdsl.studies.paper.datasets.sets import Floats, GraphSet, Ints, NodeSet
from qdsl.studies.paper.features import FeatureRows, graph_rows, node_features, spread
from qdsl.studies.paper.findings import SHOWN, ClaimFinding, FindingTable, Part, Settings
from qdsl.studies.paper.graph_sets import SETS as GRAPH_SETS
from qdsl.studies.paper.graphs import padded
from qdsl.studies.paper.inference import ebits, model, run_of
from qdsl.studies.paper.learning import PolynomialNetwork, TrainingRecipe, fitted
from qdsl.studies.paper.nodes import SETS as NODE_SETS

CLAIM = "a network trained on the benchmarks runs as a distributed circuit"
WHERE = "follows from the abstract"
TITLE = "Trained networks, compiled"
HOPS = 2
HIDDEN = 8
STEPS = 100
MOST_NUMBERS = 512  # that alice loads: words of all nodes of a neighbourhood, and a constant


class ComparedScores:
    """`scores` by a circuit, and those `wanted`, by NumPy."""

    __slots__ = ()
    scores: Floats
    wanted: Floats

    @property
    def error(self) -> float:
        return float(np.abs(self.scores - self.wanted).max() / np.abs(self.wanted).max())

    @property
    def agrees(self) -> bool:
        return self.error < 1e-9 and self.scores.argmax() == self.wanted.argmax()


@dataclass(frozen=True, slots=True)
class ItemComparison(ComparedScores):
    """One item through the circuit: its scores by the distributed program and by NumPy."""

    item: str
    graph_at: str
    qubits: int
    scores: Floats
    wanted: Floats


def trained_circuits(settings: Settings) -> Part:
    quick = Settings(True, settings.seed, settings.folder, settings.say)  # one set of each kind
    found: list[ItemComparison] = []
    for data in chosen_sets(quick, GraphSet, GRAPH_SETS):
        assert isinstance(data, GraphSet)
        found += molecules(data, 1 if settings.is_quick else 10, settings)
    for citations in chosen_sets(quick, NodeSet, NODE_SETS):
        assert isinstance(citations, NodeSet)
        found += cited_nodes(citations, 1 if settings.is_quick else 10, settings)
    if not found:
        return without_data("trained", TITLE, CLAIM, WHERE)
    worst = max(one.error for one in found)
    return Part(
        "trained",
        TITLE,
        (
            ClaimFinding(
                CLAIM,
                WHERE,
                f"{sum(one.agrees for one in found)} of {len(found)} items get the scores of the "
                f"classical network, to {worst:.0e} of the largest score",
                "-",
                SHOWN,
                all(one.agrees for one in found),
            ),
        ),
        (
            FindingTable(
                "One copy: qubits sent, and the relative error of all scores against NumPy",
                ("item", "graph at", "qubits", "classes", "same class", "error"),
                tuple(
                    (c.item, c.graph_at, str(c.qubits), str(len(c.scores)),
                     "yes" if c.agrees else "no", f"{c.error:.0e}")
                    for c in found
                ),
            ),
        ),
        "Outputs are exact, not sampled. The features are the whole sets' own: words that occur in "
        "no node of the neighbourhood are left out, as they multiply zeros. Degrees are those of "
        "the whole graph, so the scores of a node are those that it has there.",
    )  # fmt: skip


# ---- a molecule, its graph at alice ----------------------------------------------------


def molecules(data: GraphSet, count: int, settings: Settings) -> list[ItemComparison]:
    """The first `count` graphs through the network that was trained on all."""
    settings.say(f"{data.name}: trained, then compiled")
    rows = graph_rows(data, HOPS)
    recipe = TrainingRecipe("polynomial", HIDDEN, STEPS, normalises=True, drops_inputs=False)
    network = fitted(rows, data.labels, recipe, settings.seed)
    return [_molecule(network, rows, item, f"{data.name} {item}") for item in range(count)]


def _molecule(
    network: PolynomialNetwork, rows: FeatureRows, item: int, name: str
) -> ItemComparison:
    x = rows.of(item)
    extended = np.concatenate([x, np.ones((len(x), 1))], axis=1)
    nodes, features = (_power_of_two(size) for size in extended.shape)
    hidden = network.w.shape[1]
    compiled = model("graph_at_alice").compile(
        settings={"nodes": nodes, "features": features, "hidden": hidden}
    )
    function = run_of(compiled)
    loaded = padded(extended, nodes, features)

    def squares(weights: Floats) -> float:
        """Summed over the nodes and columns of x_e W."""
        return float(function({"X": loaded, "W": padded(weights, features, hidden)})[0])

    scores = np.array(
        [sum(sign * squares(w) for sign, w in signed(network, c)) for c in range(len(network.bias))]
    ) + constant(network, len(x))
    return ItemComparison(name, "alice", ebits(compiled), scores, network.logits(x))


def signed(network: PolynomialNetwork, of_class: int) -> list[tuple[float, Floats]]:
    """Signs, and weights float[D + 1, H] with a row for the constant feature 1: the score of a
    class is the sum of sign * ||x_e W||**2, plus `constant`."""
    shifted = np.concatenate([network.w, (network.b + 1 / (2 * network.a))[None, :]])
    share = network.a * network.out[:, of_class]
    return [(sign, shifted * np.sqrt(np.maximum(sign * share, 0))) for sign in (1.0, -1.0)]


def constant(network: PolynomialNetwork, nodes: int) -> Floats:
    """What completing the squares leaves over of every score, float[classes]."""
    left: Floats = network.bias - nodes / (4 * network.a) * network.out.sum(axis=0)
    return left


# ---- a node, the edges at bob ----------------------------------------------------------


def cited_nodes(data: NodeSet, count: int, settings: Settings) -> list[ItemComparison]:
    """The first `count` test nodes that have neighbours, few enough for a small circuit."""
    settings.say(f"{data.name}: trained, then compiled")
    x = node_features(data, HOPS)
    recipe = TrainingRecipe("polynomial", HIDDEN, STEPS, normalises=False, drops_inputs=True)
    network = fitted(
        FeatureRows.single(x[data.train]), data.labels[data.train], recipe, settings.seed
    )
    found = []
    for node in data.test.tolist():
        near, words = neighbourhood(data, node)
        if len(near) > 2 and len(near) * len(words) < MOST_NUMBERS:
            wanted = network.logits(x[node : node + 1])
            found.append(_cited(network, data, (node, near, words), wanted))
        if len(found) == count:
            break
    return found


def neighbourhood(data: NodeSet, node: int) -> tuple[Ints, Ints]:
    """The nodes within HOPS of a node, itself included, and the words that they have."""
    near = np.array([node])
    for _ in range(HOPS):
        touched = np.isin(data.edges, near).any(axis=1)
        near = np.union1d(near, data.edges[touched].reshape(-1))
    return near, np.flatnonzero(data.features[near].any(axis=0))


def _cited(
    network: PolynomialNetwork, data: NodeSet, place: tuple[int, Ints, Ints], wanted: Floats
) -> ItemComparison:
    """Alice loads the words of all nodes; bob's matrix mixes the hops of the one node, and weighs
    them."""
    node, near, words = place
    own = node_features(data, 0)[np.ix_(near, words)]  # alice's
    size = _power_of_two(own.size + 1)
    hidden = network.w.shape[1]
    compiled = model("graph_at_bob").compile(settings={"numbers": size, "results": hidden})
    function = run_of(compiled)
    loaded = padded(np.append(own.reshape(-1), 1.0), size)
    reach = _reach(data, node)[:, near]

    def squares(weights: Floats) -> float:
        hops = weights[:-1].reshape(HOPS + 1, -1, hidden)[:, words]
        mixing = np.einsum("kv,kfh->vfh", reach, hops).reshape(-1, hidden)
        given = np.concatenate([mixing, weights[-1:]])
        return float(function({"X": loaded, "T": padded(given, size, hidden)})[0])

    scores = np.array(
        [sum(sign * squares(w) for sign, w in signed(network, c)) for c in range(len(network.bias))]
    ) + constant(network, 1)
    return ItemComparison(f"{data.name} {node}", "bob", ebits(compiled), scores, wanted)


def _reach(data: NodeSet, node: int) -> Floats:
    """Row `node` of A**k for all k, float[HOPS + 1, nodes]; A is symmetric."""
    rows = [np.eye(1, len(data.features), node)[0]]
    for _ in range(HOPS):
        rows.append(spread(rows[-1][:, None], data.edges, normalises=True)[:, 0])
    return np.array(rows)


def _power_of_two(size: int) -> int:
    return 1 << max(size - 1, 1).bit_length()
