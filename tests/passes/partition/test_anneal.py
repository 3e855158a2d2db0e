"""Segments, annealing and legalization: costs recounted, laws kept."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest

from qdsl.ir.rules import verify
from qdsl.ir.stages import Circuit
from qdsl.network.network import Link, Network, Node, topology
from qdsl.passes.canonicalize.canonicalize import Canonicalize
from qdsl.passes.insert_communication.insert_communication import InsertCommunication
from qdsl.passes.partition import improve
from qdsl.passes.partition.anneal import anneal, cost_of, problem
from qdsl.passes.partition.connected import at_least
from qdsl.passes.partition.improve import improved
from qdsl.passes.partition.legalize import legalized, vertex_nodes
from qdsl.passes.partition.partition import Partition
from qdsl.passes.partition.refine import tree_cost
from qdsl.passes.partition.result import placed
from qdsl.passes.partition.search import best_trajectories
from qdsl.passes.partition.segments import segments
from qdsl.passes.partition.timeline import timeline
from qdsl.verify.translation import validate
from tests.build import circuit

PAIR = topology("complete", (2,), Node("", 3, 8), Link(0, 1))
TRIO = topology("line", (3,), Node("", 2, 8), Link(0, 1))


def blocks(network: Network, seed: int, n: int = 4, gates: int = 30) -> Circuit:
    """Random cz and cx with rotations between."""
    rng = np.random.default_rng(seed)
    rows: list[tuple[object, ...]] = []
    for _ in range(gates):
        a, b = rng.choice(n, 2, replace=False).tolist()
        rows.append((("cz", "cx")[rng.integers(2)], (a, b)))
        if rng.random() < 0.5:
            rows.append(("ry", (a,), float(rng.uniform(0, 6))))
    return Canonicalize().run(circuit(n, rows, network=network))


@pytest.mark.parametrize("network", [PAIR, TRIO])
@pytest.mark.parametrize("seed", range(6))
def test_annealed_trajectories_cost_what_is_said_and_keep_the_program(
    network: Network, seed: int
) -> None:
    source = blocks(network, seed)
    times = timeline(source)
    start = best_trajectories(source, network, times, 0, 1)
    found = improved(source, network, times, start, 0, 1)
    result = placed(source, network, found)
    verify(result, "test")
    program = InsertCommunication().run(result)
    verify(program, "test")
    assert int(program.table.codes("ebit").sum()) <= start.ebits
    assert validate(source, program).equal


def test_moving_qubits_beat_a_fixed_placement_on_a_shifting_pattern() -> None:
    """Pairs (0,1), (2,3) interact often, then (0,2), (1,3): two exchanges, not ten copies."""
    rows: list[tuple[object, ...]] = []
    for pairs in (((0, 1), (2, 3)), ((0, 2), (1, 3))):
        for _ in range(5):
            rows += [("cz", pair) for pair in pairs]
            rows += [("ry", (q,), 0.3) for q in range(4)]
    source = Canonicalize().run(circuit(4, rows, network=PAIR))
    times = timeline(source)
    start = best_trajectories(source, PAIR, times, 0, 1)
    assert start.ebits >= 5
    assert improved(source, PAIR, times, start, 0, 1).ebits == 2


def test_cost_is_the_sum_of_trees_over_segments() -> None:
    source = blocks(TRIO, 3)
    graph = segments(source, timeline(source))
    assert graph is not None
    tree = tree_cost(TRIO)
    task = problem(graph, tree.table, tree.mean_hops, [2, 2, 2])
    node = np.random.default_rng(0).integers(0, 3, len(graph.fixed))
    total = 0
    for s in range(graph.n_segments):
        at = {
            int(node[v])
            for v in range(len(node))
            if s in graph.vertex_segments[graph.vertex_start[v] : graph.vertex_start[v + 1]]
        }
        total += max(at) - min(at)  # on a line the tree is the stretch between the ends
    assert cost_of(task, node) == total


@pytest.mark.parametrize(("lifetime", "served"), [(0, 0), (1, 0), (3, 0), (0, 3), (2, 3)])
def test_the_annealer_keeps_its_books(lifetime: int, served: int) -> None:
    source = blocks(PAIR, 1)
    times = timeline(source)
    graph = segments(source, times)
    assert graph is not None
    tree = tree_cost(PAIR)
    task = problem(graph, tree.table, tree.mean_hops, [3, 3], lifetime, served)
    start = vertex_nodes(graph, source, best_trajectories(source, PAIR, times, 0, 1))
    for moving in (False, True):
        cost, node = anneal(task, start, 50, 7, 1.0, 0.1, moving)
        assert cost == cost_of(task, node)
        assert served or cost <= cost_of(task, start)
        again = anneal(task, start, 50, 7, 1.0, 0.1, moving)
        assert again[0] == cost and (again[1] == node).all()


@pytest.mark.parametrize("network", [PAIR, TRIO])
@pytest.mark.parametrize("lifetime", [1, 2, 3, 5])
def test_the_model_foresees_the_ebits_under_a_pair_lifetime(
    network: Network, lifetime: int
) -> None:
    """On two nodes exactly; on a line copies made from copies may be cheaper than foreseen."""
    for seed in range(4):
        source = blocks(network, seed)
        times = timeline(source)
        graph = segments(source, times)
        assert graph is not None
        tree, room = tree_cost(network), [node.qubits for node in network.nodes]
        task = problem(graph, tree.table, tree.mean_hops, room, lifetime)
        start = vertex_nodes(graph, source, best_trajectories(source, network, times, 0, 1))
        cost, node = anneal(task, start, 30, 1, 0.3, 0.08, True)
        found = legalized(graph, source, network, node)
        assert found is not None
        program = InsertCommunication(gates_per_ebit=lifetime).run(placed(source, network, found))
        verify(program, "test")
        assert validate(source, program).equal
        ebits = int(program.table.codes("ebit").sum())
        assert ebits == cost if network is PAIR else ebits <= cost


def test_capacity_has_a_slot_for_every_time_at_which_a_qubit_may_move() -> None:
    """Qubits all turn after the same operations: three stretches of time, however many gates."""
    rows: list[tuple[object, ...]] = []
    for _ in range(3):
        rows += [("cz", (a, b)) for a in range(4) for b in range(a)]
        rows += [("ry", (q,), 0.3) for q in range(4)]
    source = circuit(4, rows, network=PAIR)
    graph = segments(source, timeline(source))
    assert graph is not None
    task = problem(graph, tree_cost(PAIR).table, 1, [3, 3])
    assert task.n_slots == 4  # before each turning, and after the last
    assert (task.task.slot_end > task.task.slot_begin).all()


@pytest.mark.slow
def test_few_communication_qubits_cost_a_fourier_transform_little() -> None:
    """Annealed as if there were enough of them, it would take 110 ebits; 28 is what copies made
    one after another need."""
    rows: list[tuple[object, ...]] = []
    for q in range(32):
        rows += [("h", (q,)), *(("cp", (q, k), 3.0 / 2 ** (k - q)) for k in range(q + 1, 32))]
    where = topology("complete", (3,), Node("", 12, 4), Link(0, 1))
    canonical = Canonicalize().run(circuit(32, rows, network=where))
    program = InsertCommunication().run(Partition().run(canonical))
    assert int(program.table.codes("ebit").sum()) <= 30


def test_no_trajectories_where_homes_have_no_room() -> None:
    source = blocks(PAIR, 2)
    graph = segments(source, timeline(source))
    assert graph is not None
    assert legalized(graph, source, PAIR, np.zeros(len(graph.fixed), np.int64)) is None


@pytest.mark.slow
def test_compiled_or_not_the_result_is_the_same() -> None:
    code = (
        "import numpy as np\n"
        "from tests.passes.partition.test_anneal import *\n"
        "c = blocks(TRIO, 5, gates=12); t = timeline(c); g = segments(c, t); r = tree_cost(TRIO)\n"
        "p = problem(g, r.table, r.mean_hops, [2, 2, 2])\n"
        "s = vertex_nodes(g, c, best_trajectories(c, TRIO, t, 0, 1))\n"
        "print(anneal(p, s, 20, 3, 1.0, 0.1, True)[1].tolist())\n"
    )
    printed = {
        subprocess.run(
            [sys.executable, "-c", code],
            env=os.environ | {"NUMBA_DISABLE_JIT": off},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for off in ("0", "1")
    }
    assert len(printed) == 1


@pytest.mark.parametrize("gates", range(2, 7))
def test_a_proved_bound_ends_the_search_and_changes_nothing(gates: int) -> None:
    rng = np.random.default_rng(gates)
    line = [("cx", (q, q + 1)) for q in range(3)]
    line += [("cz", tuple(rng.choice(4, 2, replace=False).tolist())) for _ in range(gates)]
    source = Canonicalize().run(circuit(4, [("h", (0,)), *line], network=PAIR))
    times, least = timeline(source), at_least(source, PAIR)
    assert least > 0
    starts = [best_trajectories(source, PAIR, times, 1, 1, bound) for bound in (least, 0)]
    found = [
        placed(source, PAIR, improved(source, PAIR, times, starts[0], 1, 1, least=bound))
        for bound in (least, 0)
    ]
    assert starts[0].ebits == starts[1].ebits
    assert found[0].site.tolist() == found[1].site.tolist()
    assert found[0].residence.tolist() == found[1].residence.tolist()


def test_what_is_proved_optimal_is_not_annealed(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> None:
        raise AssertionError("annealed")

    line = [("h", (0,)), *(("cx", (q, q + 1)) for q in range(3))]
    source = Canonicalize().run(circuit(4, line, network=PAIR))
    monkeypatch.setattr(improve, "anneal", refused)
    times, least = timeline(source), at_least(source, PAIR)
    start = best_trajectories(source, PAIR, times, 0, 1, least)
    assert improved(source, PAIR, times, start, 0, 1, least=least) is start
