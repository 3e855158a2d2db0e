"""The benchmarks: features, protocols, training on small sets, and trained networks as circuits."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from qdsl.cli.commands import cli
from qdsl.studies.paper import decisions, graph_sets, nodes
from qdsl.studies.paper.accuracy import Score, points, stratified
from qdsl.studies.paper.datasets.folder import read_set
from qdsl.studies.paper.datasets.sets import GraphSet, NodeSet
from qdsl.studies.paper.features import FeatureRows, graph_rows, mixed, node_features
from qdsl.studies.paper.findings import Settings
from qdsl.studies.paper.learning import Runs, TrainingRecipe, curves, fitted
from qdsl.studies.paper.trained_circuits import cited_nodes, constant, molecules, signed
from tests.qdsl.studies.paper.test_paper import NEED_DATA
from tests.sources import SHARED

DATA = SHARED / "data"
has_data = pytest.mark.skipif(not DATA.is_dir(), reason="no data sets beside the checkout")
QUICK = Settings(is_quick=True)
POLYNOMIAL = TrainingRecipe("polynomial", 4, 60, normalises=True, drops_inputs=False)


def rings_and_paths(count: int = 24) -> GraphSet:
    """Rings and paths of 4 to 6 nodes, without tags: degrees tell them apart."""
    edges, graph_of, start = [], [], 0
    for k in range(count):
        size = 4 + k % 3
        edges += [(start + i, start + i + 1) for i in range(size - 1)]
        edges += [(start, start + size - 1)] if k % 2 else []
        graph_of += [k] * size
        start += size
    return GraphSet(
        "rings", np.zeros((start, 0)), np.array(edges), np.array(graph_of), np.arange(count) % 2
    )


def two_topics() -> NodeSet:
    """60 papers on two topics with two words each; every one cites the next two of its topic."""
    topic = np.arange(60) % 2
    words = np.zeros((60, 5))
    words[np.arange(60), 2 * topic + np.arange(60) // 2 % 2] = 1
    words[::7, 4] = 1
    edges = np.array([(i, i + 2) for i in range(58)] + [(i, i + 4) for i in range(0, 56, 3)])
    return NodeSet(
        "topics", words, edges, topic, np.arange(12), np.arange(12, 24), np.arange(24, 60)
    )


# ---- features --------------------------------------------------------------------------


@pytest.mark.parametrize("normalises", [True, False])
def test_hops_are_powers_of_the_adjacency(normalises: bool) -> None:
    edges = np.array([[0, 1], [1, 2], [1, 3]])
    a = np.zeros((4, 4))
    a[edges[:, 0], edges[:, 1]] = a[edges[:, 1], edges[:, 0]] = 1
    if normalises:
        a += np.eye(4)
        a /= np.sqrt(np.outer(a.sum(axis=0), a.sum(axis=0)))
    x = np.random.default_rng(0).normal(size=(4, 2))
    wanted = np.concatenate([x, a @ x, a @ a @ x], axis=1)
    np.testing.assert_allclose(mixed(x, edges, 2, normalises=normalises), wanted, atol=1e-12)


def test_equal_rows_are_one_row_and_none_is_lost() -> None:
    x = np.array([[1.0, 2], [0, 1], [1, 2], [1, 2], [0, 1]])
    rows = FeatureRows.grouped(x, np.array([0, 0, 0, 1, 1]), 2)
    assert len(rows.x) == 2 and rows.count.sum() == 5
    assert sorted(rows.of(0).tolist()) == [[0, 1], [1, 2], [1, 2]]
    assert sorted(rows.of(1).tolist()) == [[0, 1], [1, 2]]


# ---- protocols -------------------------------------------------------------------------


def test_folds_are_stratified() -> None:
    labels = np.array([0] * 20 + [1] * 10)
    fold = stratified(labels, 5, 0)
    assert np.bincount(fold).tolist() == [6] * 5
    assert np.bincount(fold[labels == 1]).tolist() == [2] * 5


def test_what_chooses_never_sees_the_fold_that_counts() -> None:
    labels = np.arange(30) % 2
    fold = stratified(labels, 3, 0)
    trained, watched = graph_sets.splits(fold, labels, 0)
    assert not (trained * watched).any()
    for k in range(3):
        own = slice(4 * k, 4 * k + 4)
        assert (watched[own][0] == (fold == k)).all() and (trained[own][0] == (fold != k)).all()
        assert not trained[own][:, fold == k].any() and not watched[own][1:, fold == k].any()
        assert (watched[own][1:].sum(axis=0) == (fold != k)).all()


def test_scores() -> None:
    assert str(Score.of(np.array([0.5, 0.7]))) == "60.0 +- 14.1"
    assert str(Score.of(np.array([0.5]))) == "50.0 +- 0.0"
    assert (points(-0.04), points(0.05), points(-1.26)) == ("+0.0", "+0.1", "-1.3")


# ---- training --------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("activation", ["polynomial", "prelu"])
def test_rings_are_told_from_paths_and_again_the_same(activation: str) -> None:
    data = rings_and_paths()
    rows = graph_rows(data, 1)
    shown = np.tile((np.arange(24) < 16).astype(float), (3, 1))
    none = np.zeros(3)
    runs = Runs(shown, (1 - shown)[:, None], none, none, np.array([0, 0, 1]))
    recipe = replace(POLYNOMIAL, activation=activation)
    found = curves(rows, rows, (data.labels, data.labels), runs, recipe)[:, 0]
    assert found.shape == (3, 12) and (found[:, -1] == 1.0).all()
    assert (found[0] == found[1]).all()


@pytest.mark.slow
def test_a_trained_network_is_its_weights_and_nothing_else() -> None:
    """Normalisation is folded in: NumPy with the weights classifies as training said."""
    data = rings_and_paths()
    rows = graph_rows(data, 1)
    network = fitted(rows, data.labels, POLYNOMIAL, 0, drop=0.0)
    logits = np.array([network.logits(rows.of(k)) for k in range(24)])
    assert (logits.argmax(axis=1) == data.labels).all()
    for c in range(2):  # sums of squares of both signs, and a constant
        x = np.concatenate([rows.of(3), np.ones((len(rows.of(3)), 1))], axis=1)
        score = sum(sign * np.linalg.norm(x @ w) ** 2 for sign, w in signed(network, c))
        assert score + constant(network, len(x))[c] == pytest.approx(logits[3, c], abs=1e-9)


@pytest.mark.slow
def test_topics_are_learned_from_citations() -> None:
    assert nodes.node_score(two_topics(), "polynomial", QUICK).mean > 90


def test_a_decision_is_about_the_majority() -> None:
    data = two_topics()
    bags, answers = decisions._bags(data, "test", 1, 0)
    assert bags.shape == (decisions.BAGS["test"], decisions.NODES)
    assert ((data.labels[bags] == 1).sum(axis=1) > decisions.NODES / 2).tolist() == (
        answers.astype(bool).tolist()
    )
    assert set(bags.reshape(-1).tolist()) <= set(data.test.tolist()) and 0.4 < answers.mean() < 0.6


# ---- circuits --------------------------------------------------------------------------


@pytest.mark.slow
def test_a_trained_network_runs_as_a_circuit() -> None:
    (ring,) = molecules(rings_and_paths(), 1, QUICK)
    assert ring.agrees and ring.error < 1e-9 and ring.qubits > 0
    (cited,) = cited_nodes(two_topics(), 1, QUICK)
    assert cited.agrees and cited.error < 1e-9 and cited.graph_at == "bob"
    broken = replace(cited, scores=cited.scores + 1e-6 * np.abs(cited.wanted).max())
    assert not broken.agrees


# ---- the command -----------------------------------------------------------------------


@pytest.mark.parametrize("part", sorted(NEED_DATA))
def test_without_data_it_says_how_to_name_them(part: str) -> None:
    result = CliRunner().invoke(cli, ["reproduce", "paper", "--only", part], env={"QDSL_DATA": ""})
    assert result.exit_code == 0 and "QDSL_DATA" in result.output and "[not shown]" in result.output


def test_a_broken_set_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "BAD_graph_indicator.txt").write_text("1\n", encoding="ascii")
    asked = ["reproduce", "paper", "--only", "graph-sets", "--data", str(tmp_path)]
    result = CliRunner().invoke(cli, asked)
    assert result.exit_code == 2 and "there is no 'BAD_A.txt' in" in result.output


@has_data
@pytest.mark.slow
def test_mutag_by_both_protocols() -> None:
    data = read_set(DATA, "mutag")
    assert isinstance(data, GraphSet)
    found = graph_sets.graph_scores(data, "polynomial", QUICK)
    assert found.as_gin.mean >= found.nested.mean > 75


@has_data
def test_features_of_cora() -> None:
    data = read_set(DATA, "cora")
    assert isinstance(data, NodeSet) and node_features(data, 1).shape == (2708, 2 * 1433)
