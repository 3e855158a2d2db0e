"""Training through the circuits of gradients: as classically, counted, and the same again."""

from __future__ import annotations

import numpy as np
import pytest

from qdsl.backends.jax.jax import precise
from qdsl.run.training.gradients import Batch, Method
from qdsl.studies.paper import trained_molecules as part
from qdsl.studies.paper.datasets.sets import GraphSet
from qdsl.studies.paper.findings import NOT_SHOWN, Settings

QUICK = Settings(is_quick=True)


@pytest.fixture(scope="module")
def methods() -> dict[str, Method]:
    with precise():
        return part.methods_of(QUICK)


@pytest.fixture(scope="module")
def batch() -> Batch:
    x = np.random.default_rng(1).normal(size=(4, part.NODES, part.FEATURES))
    return Batch({}, {"X": x}, np.array([1.0, -1.0, 1.0, -1.0]))


@pytest.fixture(scope="module")
def params() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(2)
    return {name: rng.normal(size=(2, 8)) for name in "ab"}


@pytest.mark.slow
def test_gradients_of_circuits_are_those_of_the_adjoint_method(
    methods: dict[str, Method], batch: Batch, params: dict[str, np.ndarray]
) -> None:
    with precise():
        value, slope, _ = methods["adjoint"].gradient(params, batch, (0,))
        again, derived, used = methods["circuits"].gradient(params, batch, (0,))
    assert again == pytest.approx(value, abs=1e-12) and used.ebits == 0
    assert max(np.abs(slope[k]).max() for k in "ab") > 0.01
    assert all(np.abs(slope[k] - derived[k]).max() < 1e-10 for k in "ab")


@pytest.mark.slow
def test_shots_are_counted_for_every_graph_and_scatter_about_the_gradient(
    methods: dict[str, Method], batch: Batch, params: dict[str, np.ndarray]
) -> None:
    half = Batch({}, {"X": batch.items["X"][:2]}, batch.labels[:2])
    with precise():
        exact = methods["adjoint"].gradient(params, batch, (0,))[1]
        drawn = [methods["shots"].gradient(params, batch, (0, k)) for k in range(12)]
        again = methods["shots"].gradient(params, batch, (0, 0))
        fewer = methods["shots"].gradient(params, half, (0, 0))[2]
    used = drawn[0][2]
    assert used == drawn[1][2] == again[2]
    assert used.executions == 2 * fewer.executions and used.ebits == 2 * fewer.ebits
    # the value alone: 4 hand-overs of 4 qubits, 100 shots, 4 graphs
    assert used.ebits > 4 * 4 * part.SHOTS * 4 and used.classical_bits >= 2 * used.ebits
    for name in "ab":
        each = np.array([slope[name] for _, slope, _ in drawn])
        error = each.std(axis=0, ddof=1) / np.sqrt(len(each))
        assert (np.abs(each.mean(axis=0) - exact[name]) < 5 * error + 1e-3).mean() > 0.9
        assert (again[1][name] == drawn[0][1][name]).all()


def test_what_alice_loads_is_made_of_the_graph_and_not_of_labels() -> None:
    edges = np.array([[0, 1], [1, 2], [3, 4], [4, 5], [3, 5]])
    graph_of = np.array([0, 0, 0, 1, 1, 1])
    features = np.eye(2)[[0, 1, 0, 1, 0, 1]]
    one, other = (
        part.loaded(GraphSet("m", features, edges, graph_of, np.array(labels)), 0)
        for labels in ([0, 1], [1, 0])
    )
    assert (one.x == other.x).all() and (one.labels == -other.labels).all()
    assert one.x.shape == (2, part.NODES, part.FEATURES) and (one.x[:, 3:] == 0).all()


def test_without_data_nothing_is_shown() -> None:
    found = part.trained_molecules(QUICK)
    assert found.findings[0].status == NOT_SHOWN and not found.tables
