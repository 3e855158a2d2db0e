"""Copies at several nodes are joined by a least tree, over nodes that have no use for them too."""

from __future__ import annotations

import pytest

from qdsl.ir.rules import verify
from qdsl.network.network import Link, Network, Node
from qdsl.passes.canonicalize.canonicalize import Canonicalize
from qdsl.passes.insert_communication.insert_communication import InsertCommunication
from qdsl.passes.partition.partition import Partition
from qdsl.passes.partition.refine import tree_cost
from qdsl.verify.translation import validate
from tests.build import circuit


def star(leaves: int, comm: int = 2, qubits: int = 1) -> Network:
    """Node 0 joins the others and has no data qubit."""
    nodes = (Node("hub", 0, comm), *(Node(f"leaf{k}", qubits, comm) for k in range(leaves)))
    return Network("star", nodes, tuple(Link(0, k + 1) for k in range(leaves)))


def grid(width: int, height: int) -> Network:
    places = [(x, y) for y in range(height) for x in range(width)]
    links = [
        Link(i, k)
        for i, (x, y) in enumerate(places)
        for k, (u, v) in enumerate(places)
        if i < k and abs(x - u) + abs(y - v) == 1
    ]
    nodes = tuple(Node(f"at{x}{y}", 1, 4) for x, y in places)
    return Network("grid", nodes, tuple(links))


@pytest.mark.parametrize("leaves", [2, 3, 5])
def test_the_tree_of_leaves_goes_through_the_hub_once(leaves: int) -> None:
    assert tree_cost(star(leaves)).table[(2 << leaves) - 2] == leaves


def test_four_sides_of_a_grid_meet_in_the_middle() -> None:
    sides = sum(1 << k for k in (1, 3, 5, 7))
    assert tree_cost(grid(3, 3)).table[sides] == 4


def test_without_communication_qubits_to_spare_no_node_passes_copies_on() -> None:
    nodes = (Node("hub", 1, 1), *(Node(f"leaf{k}", 1, 1) for k in range(3)))
    where = Network("star", nodes, tuple(Link(0, k + 1) for k in range(3)))
    assert tree_cost(where).table[0b1110] > 3


@pytest.mark.parametrize("leaves", [3, 4, 6])
@pytest.mark.parametrize("comm", [2, 3])
def test_one_qubit_serves_all_leaves_over_the_hub(leaves: int, comm: int) -> None:
    """The hub holds no data, so q0's copies have to reach every other leaf: one link for each
    and one to the hub. Spanning over pairs of leaves would take two for each."""
    rows: list[tuple[object, ...]] = []
    for k in range(1, leaves):
        rows += [("cp", (0, k), 0.1 * k), ("ry", (k,), 0.2), ("cp", (0, k), 0.3), ("h", (k,))]
        rows += [("cp", (0, k), 0.5)]
    where = star(leaves, comm)
    source = circuit(leaves, rows, network=where)
    placed = Partition().run(Canonicalize().run(source))
    program = InsertCommunication().run(placed)
    verify(program, "insert-communication")
    assert validate(source, program).equal
    assert int(program.table.codes("ebit").sum()) == leaves
