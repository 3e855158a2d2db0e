"""The best networks of Table 2 as programs, for either owner of the graph."""

from __future__ import annotations

import numpy as np
import pytest

from qdsl.studies.paper.best_networks import (
    _at_alice,
    _at_bob,
    best_networks,
    dilation_success,
    shots_wanted,
)
from qdsl.studies.paper.best_settings import AT_ALICE, AT_BOB
from qdsl.studies.paper.datasets.sets import Floats, GraphSet
from qdsl.studies.paper.diffusions import Hops, branches
from qdsl.studies.paper.findings import NOT_SHOWN, Settings
from qdsl.studies.paper.graph_sets import SETS
from qdsl.studies.paper.graphs import padded
from qdsl.studies.paper.inference import model, run_of
from qdsl.studies.paper.linear_labels import LINEAR, OF_GRAPH, one_graph, row_map
from qdsl.studies.paper.ridge_networks import Pooling, QuadraticNetwork, RowMap, fitted_network

HOPS = Hops(ppr=1, raw=2)


@pytest.fixture(scope="module")
def small() -> GraphSet:
    """Sixteen graphs of 4 to 7 nodes with tags of three kinds, a ring and chords."""
    rng = np.random.default_rng(5)
    features, edges, graph_of, first = [], [], [], 0
    for graph in range(16):
        n = int(rng.integers(4, 8))
        features.append(np.eye(3)[rng.integers(0, 3, n)])
        ring = {(k, (k + 1) % n) for k in range(n)} | {(0, int(rng.integers(2, n - 1)))}
        edges += [sorted((first + a, first + b)) for a, b in ring]
        graph_of += [graph] * n
        first += n
    found = np.unique(np.array(edges), axis=0)
    return GraphSet("small", np.concatenate(features), found, np.array(graph_of),
                    np.arange(16) % 3 % 2)  # fmt: skip


def fitted(data: GraphSet, labels: str, pooling: Pooling) -> tuple[Floats, QuadraticNetwork]:
    x = np.concatenate(list(branches(data, labels, HOPS)), axis=1)
    made = (RowMap.of(x, 6, 0.5), pooling)
    return x, fitted_network(x, data.graph_of, data.labels, made, 0.1)


@pytest.mark.parametrize("labels", LINEAR)
def test_rows_are_a_linear_map_of_the_tags_alone(small: GraphSet, labels: str) -> None:
    x = np.concatenate(list(branches(small, labels, HOPS)), axis=1)
    mapped = RowMap.of(x, 6, 0.5)
    for graph in (0, 7):
        nodes, _ = one_graph(small, graph)
        reach = row_map(small, labels, HOPS, mapped, graph)
        tags = np.append(small.features[nodes].reshape(-1), 1.0)
        assert np.abs(reach @ tags - mapped.rows(x[nodes])).max() < 1e-12


@pytest.mark.parametrize("pooling", [Pooling(0, False), Pooling(1, True), Pooling(0.5, False)])
def test_programs_have_the_scores_of_the_network(small: GraphSet, pooling: Pooling) -> None:
    x, network = fitted(small, "tags*degrees", pooling)
    nodes, _ = one_graph(small, 3)
    own, tags = x[nodes], small.features[nodes]
    reach = row_map(small, "tags*degrees", HOPS, network.rows, 3)
    by_alice, by_bob = _at_alice(network, own), _at_bob(network, own, reach, tags)
    assert by_alice.agrees and by_bob.agrees
    assert by_alice.error < 1e-11 and by_bob.error < 1e-11
    assert by_alice.qubits == 3  # 6 columns and a constant: the nodes stay with alice
    assert by_bob.qubits == int(np.ceil(np.log2(tags.size + 1)))
    assert np.abs(by_alice.wanted - network.scores(own)).max() == 0


def test_matrices_are_those_of_the_units(small: GraphSet) -> None:
    x, network = fitted(small, "tags", Pooling(0, False))
    rows = network.rows.rows(x[:5])
    by = np.einsum("nd,cde,ne->c", rows, network.matrices, rows) + network.bias
    assert by == pytest.approx(network.scores(x[:5]), abs=1e-10)


def test_a_dilation_succeeds_as_often_as_the_program_says(small: GraphSet) -> None:
    x, network = fitted(small, "tags", Pooling(0, False))
    rows, matrix = network.rows.rows(x[:6]), network.matrices[0]
    values, vectors = np.linalg.eigh(matrix)
    root = vectors * np.sqrt(np.maximum(values, 0))
    nodes, features = 8, 8
    compiled = model("graph_at_alice").compile(
        settings={"nodes": nodes, "features": features, "hidden": features}
    )
    given = {"X": padded(rows, nodes, features), "W": padded(root, features, features)}
    value = float(run_of(compiled)(given)[0])
    unit = (rows**2).sum() * np.linalg.norm(root, 2) ** 2
    assert dilation_success(rows, matrix) == pytest.approx(value / unit, abs=1e-10)


def test_so_many_shots_are_right_with_the_confidence_that_is_said() -> None:
    rng = np.random.default_rng(2)
    matrix = np.diag([1.0, 0.2, -0.5, -0.9])
    rows = np.array([[1.0, 0.5, 0.7, 0.6]])
    score = float((rows @ matrix @ rows.T)[0, 0])
    matrices, scores = np.stack([matrix, -matrix]), np.array([score, -score])
    shots = shots_wanted(rows, matrices, scores)
    p = rows[0] ** 2 / (rows**2).sum()
    drawn = rng.multinomial(shots, p, size=4000) @ np.diag(matrix)
    assert 0.93 < float((drawn * np.sign(score) > 0).mean()) < 0.97


def test_every_set_of_the_table_has_a_setting_and_bob_only_linear_ones() -> None:
    assert set(AT_ALICE) == set(SETS) and set(AT_BOB) < set(SETS)
    assert all(s.labels in LINEAR for s in AT_BOB.values())
    idle = {name for name, s in AT_ALICE.items() if s.labels in OF_GRAPH}
    assert idle == {"mutag", "imdbbinary", "imdbmulti"}


def test_without_data_nothing_is_shown() -> None:
    part = best_networks(Settings(is_quick=True))
    assert part.findings[0].status == NOT_SHOWN and not part.tables
