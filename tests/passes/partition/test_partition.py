"""Placements: few ebits, capacity, pins, and what cannot be placed."""

from __future__ import annotations

import random
from itertools import combinations, product
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from qdsl import load, loads
from qdsl.diagnostics.diagnostic import InvalidProgram
from qdsl.ir.rules import verify
from qdsl.ir.stages import Circuit, PlacedCircuit
from qdsl.network.errors import TooManyQubits
from qdsl.network.network import Link, Network, Node
from qdsl.passes.canonicalize.canonicalize import Canonicalize
from qdsl.passes.insert_communication.insert_communication import InsertCommunication
from qdsl.passes.partition.anneal import anneal
from qdsl.passes.partition.partition import WORK_PER_SECOND, Partition
from qdsl.passes.partition.refine import tree_cost
from qdsl.passes.partition.resynthesis.cover import minimum_cover
from qdsl.passes.partition.search import _Search
from tests.build import Line, circuit, network


def placed(source: Circuit, **options: Any) -> PlacedCircuit:
    made = Partition(**options).run(Canonicalize().run(source))
    verify(made, "partition")
    return made


def ebits(source: Circuit, **options: int) -> int:
    program = InsertCommunication().run(placed(source, **options))
    verify(program, "insert-communication")
    return int(program.table.codes("ebit").sum())


def qft(n: int) -> list[Line]:
    lines: list[Line] = []
    for i in range(n):
        lines.append(("h", (i,)))
        lines += [("cp", (j, i), np.pi / 2 ** (j - i)) for j in range(i + 1, n)]
    return lines


def test_qft_needs_one_ebit_a_qubit_of_the_smaller_side() -> None:
    source = circuit(12, qft(12), network=network(nodes=2, qubits=7, comm=12))
    assert ebits(source) == 5


def test_how_a_gate_is_written_does_not_matter() -> None:
    where = network(nodes=2, qubits=3, comm=4)
    one = circuit(6, qft(6), network=where)
    other = circuit(6, [(n, tuple(reversed(q)), *a) for n, q, *a in qft(6)], network=where)
    assert ebits(one) == ebits(other)


def test_two_clusters_are_found_wherever_they_are() -> None:
    inside = [
        ("rzz", pair, 0.3) for group in ((0, 3, 5), (1, 2, 4)) for pair in combinations(group, 2)
    ]
    source = circuit(6, [*inside, ("rzz", (0, 1), 0.2)], network=network(nodes=2, qubits=3))
    made = placed(source)
    assert len({int(made.home[q]) for q in (0, 3, 5)}) == 1
    assert ebits(source) == 1


def test_unequal_nodes_are_never_overfull() -> None:
    where = network("line", 4, (1, 5, 2, 3), 4)
    lines = [("cx", (i, (3 * i + 1) % 11)) for i in range(11) if (3 * i + 1) % 11 != i]
    made = placed(circuit(11, lines, network=where))
    assert np.bincount(made.home, minlength=4).tolist() == [1, 5, 2, 3]


def test_pinned_rows_move_qubits_only_when_they_have_to() -> None:
    where = network(nodes=2, qubits=2)
    lines = [("ry", (0,), 0.1), ("ry", (0,), 0.2), ("rz", (0,), 0.3), ("ry", (0,), 0.4)]
    made = placed(circuit(1, lines, network=where, pins={0: 0, 1: 1, 2: 1, 3: 0}))
    assert made.site.tolist() == [0, 1, 1, 0]
    assert made.residence.tolist() == [0, 1, 1, 0]


def test_a_diagonal_row_elsewhere_is_served_by_a_copy() -> None:
    where = network(nodes=2, qubits=2)
    lines = [("ry", (0,), 0.1), ("rz", (0,), 0.3), ("ry", (0,), 0.4)]
    made = placed(circuit(1, lines, network=where, pins={0: 0, 1: 1, 2: 0}))
    assert made.residence.tolist() == [0, 0, 0]


def test_a_full_node_sends_away_who_is_needed_last() -> None:
    where = network(nodes=2, qubits=(2, 3))
    lines = [("ry", (0,), 0.1), ("ry", (1,), 0.1), ("ry", (2,), 0.1), ("ry", (0,), 0.2)]
    made = placed(circuit(3, lines, network=where, pins=dict.fromkeys(range(4), 0)))
    moved = next(row for row in made.circuit.table if row.op.name == "barrier")
    assert set(moved.operands) == {1, 2}


def test_full_nodes_exchange_qubits() -> None:
    where = network(nodes=2, qubits=1, comm=2)
    lines = [("ry", (0,), 0.1), ("ry", (1,), 0.1), ("ry", (0,), 0.2)]
    source = circuit(2, lines, network=where, pins={0: 0, 1: 0, 2: 1})
    assert ebits(source) == 2


def test_no_network_is_one_node() -> None:
    made = placed(circuit(3, qft(3)))
    assert [node.qubits for node in made.network.nodes] == [3]
    assert set(made.site.tolist()) == {0}


def test_a_network_of_many_nodes_is_fine() -> None:
    where = network("line", 70, 1, 2)
    assert ebits(circuit(70, [("cx", (i, i + 1)) for i in range(69)], network=where)) == 69


@pytest.mark.parametrize(
    ("code", "where", "lines", "pins"),
    [
        ("QDM601", network(nodes=2, qubits=1), [("h", (0,)), ("h", (1,)), ("h", (2,))], {}),
        ("QDM602", network(nodes=2, qubits=2), [("move", (0, 1, 2))], {}),
        ("QDM602", network(nodes=2, qubits=(2, 3)), [("move", (0, 1, 2))], {0: 0}),
        ("QDM603", Network("apart", (Node("a", 2), Node("b", 2))), [("cx", (0, 1))],
         {0: 0}),
        ("QDM604", network(nodes=2, qubits=2, comm=0), [("ry", (0,), 0.1), ("ry", (0,), 0.1)],
         {0: 0, 1: 1}),
        ("QDM605", network(nodes=2, qubits=(1, 2), comm=1),
         [("ry", (0,), 0.1), ("ry", (1,), 0.1)], {0: 0, 1: 0}),
    ],
)  # fmt: skip
def test_what_cannot_be_placed(
    code: str, where: Network, lines: list[Line], pins: dict[int, int]
) -> None:
    if code == "QDM603":
        lines, pins = [("ry", (0,), 0.1), ("ry", (0,), 0.1)], {0: 0, 1: 1}
    with pytest.raises(InvalidProgram) as error:
        placed(circuit(3, lines, network=where, pins=pins))
    (problem,) = error.value.diagnostics
    assert problem.code == code
    assert problem.message and problem.why and problem.help


def test_too_many_qubits_are_shown_where_one_too_many_is_used() -> None:
    text = """network two = line(2) { qubits 2 }
model m() on two {
  qubits q[5]
  move q[4] to node1
  h q[0]
  x q[4]
  return sample(q)
}"""
    for body, line in ((text, 6), (text.replace("  x q[4]\n", ""), 5)):
        with pytest.raises(InvalidProgram) as error:
            loads(body).compile()
        (problem,) = error.value.diagnostics
        assert isinstance(problem, TooManyQubits) and problem.span is not None
        assert problem.span.line == line


def test_covers_are_least() -> None:
    chance = random.Random(3)
    for _ in range(60):
        lines = sorted({(chance.randrange(4), chance.randrange(4)) for _ in range(6)})
        left, right = (set(side.tolist()) for side in minimum_cover(*np.array(lines).T))
        assert all(a in left or b in right for a, b in lines)
        least = min(
            sum(s) for s in product((0, 1), repeat=8) if all(s[a] or s[4 + b] for a, b in lines)
        )
        assert len(left) + len(right) == least


def test_trees_cost_their_links() -> None:
    line = network("line", 4)
    cost = tree_cost(line)
    assert cost(np.array([0b0001, 0b1001, 0b1111, 0b0101])).tolist() == [0, 3, 3, 2]


def test_more_effort_is_never_worse() -> None:
    chance = random.Random(5)
    lines = [("cz", tuple(chance.sample(range(16), 2))) for _ in range(40)]
    lines += [("h", (q,)) for q in range(16)]
    chance.shuffle(lines)
    source = circuit(16, lines, network=network(nodes=4, qubits=5, comm=40))
    assert ebits(source, effort=4) <= ebits(source, effort=0)


def test_a_time_limit_is_an_amount_of_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a result does not depend on the machine."""
    allowed: list[int] = []

    def counted(task: Any, node: Any, *rest: Any) -> Any:
        allowed.append(rest[-1])
        return anneal(task, node, 1, *rest[1:])

    monkeypatch.setattr("qdsl.passes.partition.improve.anneal", counted)
    monkeypatch.setattr("qdsl.passes.partition.partition.at_least", lambda *_: 0)
    source = circuit(6, qft(6), network=network(nodes=3, qubits=2, comm=4))
    for seconds, effort in ((1, 1), (5, 1), (5, 3)):
        allowed.clear()
        placed(source, time_limit=seconds, effort=effort)
        assert 0.9 * seconds < sum(allowed) / WORK_PER_SECOND <= seconds


def test_links_that_nobody_can_use() -> None:
    """An inner node with one communication qubit and no data qubit joins nobody beyond itself."""
    where = network("line", 3, (1, 0, 1), 1, Link(0, 1))
    lines = [("ry", (0,), 0.1), ("ry", (0,), 0.1)]
    with pytest.raises(InvalidProgram) as error:
        placed(circuit(1, lines, network=where, pins={0: 0, 1: 2}))
    (problem,) = error.value.diagnostics
    assert problem.code == "QDM603"
    assert "swap at node1" in problem.message
    assert problem.help == "give 'node1' `comm 2` or one more qubit"


@pytest.mark.parametrize("comm", [1, 2, 4, 12])
def test_effort_pays_where_communication_qubits_are_scarce(comm: int) -> None:
    """What counts is the ebits that are really needed, not those with copies without end."""
    source = circuit(16, qft(16), network=network(nodes=4, qubits=5, comm=comm))
    assert ebits(source, effort=1) <= ebits(source, effort=0)


def test_nobody_lives_where_no_link_leads() -> None:
    """A search for few ebits has no use of a node that it cannot reach."""
    nodes = tuple(Node(f"n{k}", 1, 1 + (k == 1)) for k in range(6))
    pairs = ((0, 1), (0, 5), (1, 2), (1, 3), (3, 5))
    where = Network("apart", nodes, tuple(Link(a, b) for a, b in pairs))
    lines: list[Line] = [("cz", (0, 1)), ("cz", (1, 2)), ("ry", (1,), 0.3), ("cy", (3, 1))]
    lines += [("rot", (0, 2), "XZ", 0.3), ("ryy", (3, 1), 0.4), ("rot", (2, 0, 3), "XIX", 0.5)]
    made = placed(circuit(4, lines, network=where))
    assert 4 not in {*made.residence.tolist(), *made.site.tolist()}
    verify(InsertCommunication().run(made), "insert-communication")


def test_a_start_that_leads_nowhere_is_not_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """One refusal is no refusal, where another start finds a way."""
    source = circuit(4, [("cz", (q, q + 1)) for q in range(3)], network=network(qubits=2))
    walked = _Search.trajectories
    tried: list[int] = []

    def refused_first(search: _Search, part: Any) -> Any:
        tried.append(len(tried))
        if len(tried) < 2:
            raise InvalidProgram(())
        return walked(search, part)

    monkeypatch.setattr(_Search, "trajectories", refused_first)
    assert ebits(source) == 1
    assert len(tried) > 1


def test_of_two_links_the_better_one_is_taken() -> None:
    """A chain of eight on two of three nodes alike: one ebit, by fidelity first, then by rate, then
    by latency."""
    nodes = tuple(Node(f"n{k}", 4, 2) for k in range(3))
    chain: list[Line] = [("h", (0,)), *(("cx", (q, q + 1)) for q in range(7))]
    choices = [((0.99, 1000.0, 9), (0.6, 1.0, 0)), ((0.9, 1000.0, 9), (0.9, 1.0, 0))]
    for good, bad in [*choices, ((0.9, 1000.0, 0), (0.9, 1000.0, 9))]:
        for best in ((0, 1), (0, 2), (1, 2)):
            links = [
                Link(a, b, fidelity, rate, latency)
                for a, b in ((0, 1), (0, 2), (1, 2))
                for fidelity, rate, latency in (good if (a, b) == best else bad,)
            ]
            made = placed(circuit(8, chain, network=Network("tri", nodes, tuple(links))), effort=0)
            assert set(made.home.tolist()) == set(best)


def test_full_nodes_with_one_communication_qubit() -> None:
    """Quantum volume on four qubits and five places, two operations pinned where there is one
    place: `--exact` proves that 5 ebits are the fewest."""
    program = load(Path(__file__).parent / "pinned_volume.qdm")
    for effort in (0, 1, 2):
        made = program.compile(options={"effort": effort}, verify=True)
        assert made.cost.ebits == 5
        assert made.verification.verified


@pytest.mark.parametrize("seed", range(6))
def test_more_effort_is_never_worse_than_none(seed: int) -> None:
    chance = random.Random(seed)
    where = network("line", 4, 2, [1, 2, 1, 1])
    lines = [(chance.choice(["cz", "cx"]), tuple(chance.sample(range(8), 2))) for _ in range(24)]
    lines += [("h", (q,)) for q in range(8)]
    chance.shuffle(lines)
    source = circuit(8, lines, network=where)
    assert ebits(source, effort=1) <= ebits(source, effort=0)
