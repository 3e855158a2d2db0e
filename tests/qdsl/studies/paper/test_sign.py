"""The networks of the paper's Tables 1 and 2: diffusions, training, folding, fits in closed form,
and the decision problem."""

from __future__ import annotations

import numpy as np
import pytest

from qdsl.studies.paper import authors_graphs, sign_nodes, table_1, table_2
from qdsl.studies.paper.accuracy import stratified
from qdsl.studies.paper.datasets.folder import read_set
from qdsl.studies.paper.datasets.sets import Floats, GraphSet, Ints, NodeSet
from qdsl.studies.paper.diffusions import LABELS, Hops, branches, in_order, node_labels
from qdsl.studies.paper.findings import Settings
from qdsl.studies.paper.graph_rows import BranchRows, drawn_batches
from qdsl.studies.paper.reproduce import as_text
from qdsl.studies.paper.ridge_networks import (
    LeftOut,
    MomentKernel,
    Pooling,
    RowMap,
    fitted_network,
    left_out,
    targets,
)
from qdsl.studies.paper.ridge_search import (
    SEARCHES,
    SMALL,
    RidgeSetting,
    chosen_of,
    ridge_search,
    search_of,
)
from qdsl.studies.paper.sign_graphs import (
    GraphRecipe,
    SignState,
    folded,
    sign_curves,
)
from qdsl.studies.paper.sign_nodes import SignRecipe, decided, node_course
from tests.qdsl.studies.paper.test_benchmarks import (
    DATA,
    QUICK,
    has_data,
    rings_and_paths,
    two_topics,
)

RNG = np.random.default_rng(3)


def tagged(count: int = 30) -> GraphSet:
    """Rings and paths with three kinds of nodes."""
    data = rings_and_paths(count)
    tags = np.eye(3)[np.arange(len(data.features)) % 3]
    return GraphSet(data.name, tags, data.edges, data.graph_of, data.labels)


def diffused(data: GraphSet) -> Floats:
    return np.concatenate(list(branches(data, "tags", Hops(raw=1, walk=1))), axis=1)


# ---- the decision problem --------------------------------------------------------------


def test_a_decision_by_hand() -> None:
    """Three classes with 3, 1 and 2 nodes: 0 > 1, 0 > 2, and not 1 > 2."""
    labels = np.array([0, 0, 0, 1, 2, 2])
    assert decided(np.array([2.0, -1.0, 0.0]), labels) == 1.0
    assert decided(np.array([2.0, 1.0, 0.0]), labels) == pytest.approx(2 / 3)
    assert decided(np.array([-1.0, 1.0, 0.0]), labels) == 0.0
    assert decided(np.array([1.0, 0.0]), np.array([0, 1])) == 0.0  # as many of both: not more
    assert decided(np.array([0.0, 1.0]), np.array([0, 1])) == 1.0


def test_the_epoch_is_the_first_that_is_best_on_validation() -> None:
    course = sign_nodes.NodeCourse(np.array([0.5, 0.7, 0.7]), np.zeros(3), np.zeros((3, 2)))
    assert course.best == 1


@pytest.mark.slow
@pytest.mark.parametrize("activation", ["polynomial", "prelu"])
def test_sign_learns_topics_and_again_the_same(activation: str) -> None:
    recipe = SignRecipe(activation, hops=2, hidden=8, rate=0.05, epochs=60, patience=30)
    course, again = (node_course(two_topics(), recipe, 1) for _ in range(2))
    assert course.test[course.best] > 0.9
    assert (course.mean_logits == again.mean_logits).all()
    assert len(course.test) <= 6 and course.mean_logits.shape == (len(course.test), 2)


# ---- diffusions ------------------------------------------------------------------------


def test_diffusions_are_powers_of_four_matrices() -> None:
    data = tagged(2)
    nodes = len(data.features)
    a = np.zeros((nodes, nodes))
    a[data.edges[:, 0], data.edges[:, 1]] = a[data.edges[:, 1], data.edges[:, 0]] = 1
    degree = a.sum(axis=1)
    gcn = (a + np.eye(nodes)) / np.sqrt(np.outer(degree + 1, degree + 1))
    pagerank = 0.15 * np.linalg.inv(np.eye(nodes) - 0.85 * gcn)
    x = data.features
    walk = a / degree[:, None]
    found = branches(data, "tags", Hops(gcn=2, ppr=1, raw=1, walk=2))
    wanted = [x, gcn @ x, gcn @ gcn @ x, pagerank @ x, a @ x, walk @ x, walk @ walk @ x]
    assert len(found) == 7
    for k, (one, by_hand) in enumerate(zip(found, wanted, strict=True)):
        np.testing.assert_allclose(one, by_hand, atol=0.02 if k == 3 else 1e-12)


def test_nodes_are_brought_in_the_order_of_their_graphs() -> None:
    data = tagged(4)
    mixed = RNG.permutation(len(data.features))  # node k is now called mixed[k]
    back = np.argsort(mixed)
    other = GraphSet(
        "mixed", data.features[back], mixed[data.edges], data.graph_of[back], data.labels
    )
    found = in_order(other)
    assert (found.graph_of == data.graph_of).all()
    for graph in range(4):
        sums = [
            branches(one, "tags", Hops(raw=2))[:, one.graph_of == graph].sum(axis=1)
            for one in (data, found)
        ]
        np.testing.assert_allclose(sums[0], sums[1])


@pytest.mark.parametrize("kind", LABELS)
def test_labels_are_numbers_of_every_node(kind: str) -> None:
    data = tagged(4)
    x = node_labels(data, kind)
    assert len(x) == len(data.features) and x.shape[1] > 1 and np.isfinite(x).all()
    if kind in ("degrees", "tags*degrees", "neighbours"):
        assert (x.sum(axis=1) == 1).all()


# ---- networks trained step by step -----------------------------------------------------


def masks_of(data: GraphSet, runs: int) -> Floats:
    fold = stratified(data.labels, runs, 0)
    masks: Floats = (fold != np.arange(runs)[:, None]).astype(float)
    return masks


def test_rows_of_graphs_have_the_sums_of_products_of_their_nodes() -> None:
    data = tagged()
    found = branches(data, "tags+degrees", Hops(gcn=2, raw=1))
    by_nodes, rows = (make(found, data.graph_of) for make in (BranchRows.of_nodes, BranchRows.of))
    assert (by_nodes.graphs, rows.graphs) == (30, 30)
    assert rows.nodes == pytest.approx(len(data.features) / 30, rel=1e-6)
    assert rows.rows.shape[1] < by_nodes.rows.shape[1]
    for k in range(30):
        one, other = (r.rows[:, r.graph_of == k].astype(float) for r in (by_nodes, rows))
        wanted = one.transpose(0, 2, 1) @ one
        np.testing.assert_allclose(other.transpose(0, 2, 1) @ other, wanted, atol=1e-5)
        assert other.shape[1] == np.linalg.matrix_rank(one, rtol=1e-6).max()


def test_batches_hold_every_graph_once_and_its_rows() -> None:
    data = tagged(10)
    rows = BranchRows.of(branches(data, "tags", Hops(raw=1)), data.graph_of)
    epochs = drawn_batches(rows, 4, 5, 0)
    for batches in epochs:
        assert batches.graphs.shape == (3, 4) and batches.rows.shape == epochs[0].rows.shape
        there = batches.there.astype(bool)
        assert sorted(batches.graphs[there]) == list(range(10))
        own = batches.rows < len(rows.graph_of)
        assert sorted(batches.rows[own]) == list(range(len(rows.graph_of)))
        for k in range(3):
            of = batches.graphs[k, batches.places[k, own[k]]]
            assert (of == rows.graph_of[batches.rows[k, own[k]]]).all()
            assert (np.diff(batches.places[k]) >= 0).all()
    assert (epochs[0].graphs != epochs[1].graphs).any()
    assert (drawn_batches(rows, 4, 5, 0)[4].rows == epochs[4].rows).all()
    assert drawn_batches(rows, 64, 1, 0)[0].graphs.shape == (1, 10)  # no larger than the set


def plain_step(x: Floats, own: Floats, graph_of: Ints, weights: dict[str, Floats]) -> Floats:
    """Logits of all graphs of nodes x[branches, nodes, f], in double precision, normalised by the
    nodes and sums of those in `own`: as the network is defined, without rows."""
    seen = own[graph_of] == 1
    z = x @ weights["w"]
    z = (z - z[:, seen].mean(axis=1)[:, None]) / np.sqrt(z[:, seen].var(axis=1) + 1e-5)[:, None]
    z = weights["gain"][:, None] * z + weights["shift"][:, None]
    p = weights["a"] * z**2 + z
    h = np.stack([p[:, graph_of == k].sum(axis=1) for k in range(len(own))], axis=1)
    h = h * len(own) / len(graph_of)
    known = h[:, own == 1]
    h = (h - known.mean(axis=1)[:, None]) / np.sqrt(known.var(axis=1) + 1e-5)[:, None]
    found: Floats = np.einsum("bgh,bhc->gc", h, weights["out"]) + weights["bias"]
    return found


@pytest.mark.slow
def test_training_on_rows_is_training_on_nodes() -> None:
    """The same batches and start: the same answers after every epoch, and weights to rounding.
    What the last network says is what its definition says, of all nodes in double precision."""
    data, masks = tagged(), masks_of(tagged(), 3)
    found = branches(data, "tags", Hops(gcn=1, raw=1))
    recipe = GraphRecipe(4, 8, 0.02, 1e-4, 0.1, 12)
    (right, states), (by_nodes, others) = (
        sign_curves(make(found, data.graph_of), data.labels, masks, recipe, 0)
        for make in (BranchRows.of, BranchRows.of_nodes)
    )
    assert (right != by_nodes).mean() < 0.01
    for run, (one, other) in enumerate(zip(states, others, strict=True)):
        for name, weights in one.weights.items():
            np.testing.assert_allclose(weights, other.weights[name], atol=2e-3, err_msg=name)
        x = found / one.scale[:, None, None]
        plain = plain_step(x, masks[run], data.graph_of, one.weights)
        said = [one.logits(found[:, data.graph_of == k]) for k in range(30)]
        np.testing.assert_allclose(said, plain, atol=2e-3)


@pytest.mark.slow
def test_a_folded_network_is_the_network_in_inference_mode() -> None:
    data = rings_and_paths()
    found, masks = branches(data, "degrees", Hops(raw=1, walk=1)), masks_of(data, 3)
    rows = BranchRows.of(found, data.graph_of)
    recipe = GraphRecipe(4, 8, 0.05, 1e-4, 0.1, 12)
    right, states = sign_curves(rows, data.labels, masks, recipe, 0)
    assert right.shape == (12, 3, 24) and right[-1].mean() > 0.9
    again = sign_curves(rows, data.labels, masks, recipe, 0)[0]
    assert (right == again).all()
    for run, state in enumerate(states):
        said = []
        for k in range(24):
            x = found[:, data.graph_of == k]
            said.append(folded(state).logits(x).argmax())
            np.testing.assert_allclose(folded(state).logits(x), state.logits(x), atol=1e-10)
        assert (np.array(said) == data.labels).tolist() == right[-1, run].tolist()


def drawn_state() -> SignState:
    """Any numbers: 3 branches of 5 features, 4 units, 2 classes."""
    weights = {
        "w": RNG.normal(size=(3, 5, 4)),
        "gain": RNG.normal(size=(3, 4)),
        "shift": RNG.normal(size=(3, 4)),
        "a": np.array(0.7),
        "out": RNG.normal(size=(3, 4, 2)),
        "bias": RNG.normal(size=2),
    }
    units, sums = (np.stack([RNG.normal(size=(3, 4)), RNG.uniform(1, 2, (3, 4))]) for _ in "ab")
    return SignState(weights, units, sums, 7.0, RNG.uniform(1, 2, 3))


def test_folding_changes_no_logit() -> None:
    state = drawn_state()
    for nodes in (1, 6):
        x = RNG.normal(size=(3, nodes, 5))
        np.testing.assert_allclose(folded(state).logits(x), state.logits(x), atol=1e-10)


def test_a_folded_network_is_a_polynomial_of_degree_2() -> None:
    """Its coefficients, written out, give its logits; along a line third differences vanish."""
    network = folded(drawn_state())
    quadratic, linear, constant = network.polynomial()
    x, step = RNG.normal(size=(2, 3, 6, 5))
    by_hand = (
        np.einsum("bcfg,bnf,bng->c", quadratic, x, x)
        + np.einsum("bcf,bnf->c", linear, x)
        + 6 * constant.sum(axis=0)
        + network.bias
    )
    np.testing.assert_allclose(by_hand, network.logits(x), atol=1e-10)
    values = [network.logits(x + t * step) for t in range(4)]
    np.testing.assert_allclose(np.diff(values, 3, axis=0), 0, atol=1e-9)
    assert np.abs(np.diff(values, 2, axis=0)).max() > 1


# ---- networks fitted in closed form ----------------------------------------------------


@pytest.mark.parametrize("power", [0.0, 0.5, 1.0])
def test_a_kernel_is_of_all_pairs_of_rows(power: float) -> None:
    data = tagged()
    rows = RowMap.of(diffused(data), 0, 0.5).rows(diffused(data))
    sizes = np.bincount(data.graph_of)
    wanted = np.zeros((30, 30))
    np.add.at(wanted, np.ix_(data.graph_of, data.graph_of), (rows @ rows.T) ** 2)
    wanted /= np.outer(sizes, sizes) ** power
    less = np.eye(30) - 1 / 30
    wanted = less @ wanted @ less
    wanted = wanted * 30 / np.trace(wanted) + 1
    found = MomentKernel.of(rows, data.graph_of, Pooling(power, False))
    np.testing.assert_allclose(found.values, wanted, atol=1e-10)
    plain = MomentKernel.of(rows, data.graph_of, Pooling(0, False))
    np.testing.assert_allclose(plain.pooled(sizes, power).values, wanted, atol=1e-10)


def test_what_is_left_out_is_as_fitted_anew() -> None:
    data = tagged()
    rows = RowMap.of(diffused(data), 4, 0.5).rows(diffused(data))
    kernel = MomentKernel.of(rows, data.graph_of, Pooling(1, True)).values
    fold = stratified(data.labels, 3, 0)
    y, strength = targets(data.labels), 0.1

    def right(without: list[int], judged: int) -> float:
        seen, of = ~np.isin(fold, without), fold == judged
        weights = np.linalg.solve(
            kernel[np.ix_(seen, seen)] + strength * np.eye(seen.sum()), y[seen]
        )
        said = (kernel[np.ix_(of, seen)] @ weights).argmax(axis=1)
        return float((said == data.labels[of]).mean())

    found = left_out(kernel, data.labels, fold, strength)
    assert found.alone.tolist() == [right([k], k) for k in range(3)]
    for f in range(3):
        others = [right([f, i], i) for i in range(3) if i != f]
        assert found.inner[f] == pytest.approx(np.mean(others))


@pytest.mark.parametrize("standardised", [False, True])
@pytest.mark.parametrize("width", [0, 4])
def test_a_fit_is_a_network_of_squares(width: int, standardised: bool) -> None:
    data, pooling = tagged(), Pooling(0.5, standardised)
    x = diffused(data)
    mapped = RowMap.of(x, width, 0.5)
    network = fitted_network(x, data.graph_of, data.labels, (mapped, pooling), 0.1)
    kernel = MomentKernel.of(mapped.rows(x), data.graph_of, pooling).values
    wanted = kernel @ np.linalg.solve(kernel + 0.1 * np.eye(30), targets(data.labels))
    found = [network.scores(x[data.graph_of == k]) for k in range(30)]
    np.testing.assert_allclose(found, wanted, atol=1e-10)


# ---- protocols -------------------------------------------------------------------------


def test_the_honest_choice_never_sees_its_fold() -> None:
    """Two settings: the first is better on the folds that count, the second inside."""
    setting = RidgeSetting("tags", Hops(raw=1), 0, 0.5, Pooling(0, False), 0.1)
    first = LeftOut(np.array([0.9, 0.9]), np.array([0.5, 0.8]))
    second = LeftOut(np.array([0.6, 0.7]), np.array([0.6, 0.6]))
    found = chosen_of([setting, setting], [first, second])
    assert found.as_gin.mean == pytest.approx(90) and found.honest.mean == pytest.approx(75)
    assert (found.chosen, found.tried, found.folds) == (2, 2, 2)


def test_at_least_fifty_settings_are_tried_on_every_set() -> None:
    assert min(one.size for one in (SMALL, *SEARCHES.values())) >= 50
    assert search_of("mutag", is_quick=True).size < 10


def test_a_search_finds_rings_and_again_the_same() -> None:
    data, search = tagged(), search_of("tagged", is_quick=True)
    found = ridge_search(data, search, 3, QUICK)
    assert found.as_gin.mean > 90 and found.tried == search.size
    assert ridge_search(data, search, 3, QUICK) == found


def test_an_epoch_is_chosen_on_the_next_fold_by_a_network_that_sees_neither() -> None:
    fold = np.array([0, 1, 2])
    masks = authors_graphs.fold_masks(fold)
    assert masks.tolist() == [[0, 1, 1], [1, 0, 1], [1, 1, 0], [0, 0, 1], [1, 0, 0], [0, 1, 0]]
    right = np.zeros((2, 6, 3), bool)
    right[1, [0, 1], [0, 1]] = True  # by GIN's protocol the second epoch is right twice
    right[0, 3, 1] = True  # the next fold says the first epoch for fold 0,
    right[0, 3, 0] = True  # in which that is right
    right[1, 4, 2] = True  # the second for fold 1, in which that is wrong
    gin, honest = authors_graphs.by_protocol(right, fold)
    assert gin.tolist() == [1, 1, 0] and honest.tolist() == [1, 0, 0]


# ---- the tables ------------------------------------------------------------------------


@has_data
@pytest.mark.slow
@pytest.mark.parametrize(
    "part", [table_1.table_1, table_2.table_2, authors_graphs.authors_networks]
)
def test_tables_in_quick_mode(part: object) -> None:
    assert callable(part)
    found = part(Settings(True, 0, str(DATA)))
    text = as_text(found)
    assert "[cited]" in text and max(len(line) for line in text.splitlines()) <= 130
    assert "cora" in text or "mutag" in text


@has_data
def test_the_sets_of_the_tables_are_there() -> None:
    assert isinstance(read_set(DATA, "cora"), NodeSet)
    assert {name for name in table_2.AUTHORS_GRAPHS if isinstance(read_set(DATA, name), GraphSet)}
