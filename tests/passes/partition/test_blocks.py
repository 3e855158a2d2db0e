"""Operations in blocks: rows in their order, and whole blocks annealed."""

from __future__ import annotations

from itertools import combinations, pairwise

import numpy as np
import pytest

from qdsl.ir.rules import verify
from qdsl.ir.stages import Circuit
from qdsl.network.network import Link, Network, Node, topology
from qdsl.passes.canonicalize.canonicalize import Canonicalize
from qdsl.passes.insert_communication.insert_communication import InsertCommunication
from qdsl.passes.partition.anneal import AnnealProblem, cost_of, problem
from qdsl.passes.partition.block_order import blocks, in_block_order
from qdsl.passes.partition.blocks import block_start
from qdsl.passes.partition.partition import Partition
from qdsl.passes.partition.refine import tree_cost
from qdsl.passes.partition.segments import segments
from qdsl.passes.partition.timeline import timeline
from qdsl.verify.translation import validate
from tests.build import circuit

Rows = list[tuple[object, ...]]
Layers = list[list[tuple[int, int]]]


def of_nodes(count: int, qubits: int, comm: int = 4) -> Network:
    return topology("complete", (count,), Node("", qubits, comm), Link(0, 1))


def drawn(n: int, seed: int) -> Layers:
    """The pairs of quantum volume: drawn anew in each of as many layers as there are qubits."""
    random = np.random.default_rng(seed)
    orders = [random.permutation(n).tolist() for _ in range(n)]
    return [list(zip(order[::2], order[1::2], strict=True)) for order in orders]


def volume(layers: Layers, seed: int, network: Network) -> Circuit:
    """Three `cx` with turns between on every pair."""
    random = np.random.default_rng(seed)
    rows: Rows = []
    for pairs in layers:
        for a, b in pairs:
            for _ in range(3):
                for q in (a, b):
                    rows += [(g, (q,), float(random.uniform(0, 6))) for g in ("rz", "ry", "rz")]
                rows.append(("cx", (a, b)))
    n = 2 * len(layers[0])
    return Canonicalize().run(circuit(n, rows, network=network))


def heisenberg(n: int, steps: int, seed: int, network: Network) -> Circuit:
    """Trotter steps of a Heisenberg ring with another angle everywhere."""
    random = np.random.default_rng(seed)
    before: list[tuple[list[str], list[str]]] = [
        (["h"], ["h"]),
        (["sdg", "h"], ["h", "s"]),
        ([], []),
    ]
    rows: Rows = []
    for _ in range(steps):
        for a in range(n):
            b = (a + 1) % n
            for there, back in before:
                rows += [(g, (q,)) for q in (a, b) for g in there]
                rows += [("cx", (a, b)), ("rz", (b,), float(random.uniform(0.1, 3)))]
                rows += [("cx", (a, b)), *((g, (q,)) for q in (a, b) for g in back)]
    return Canonicalize().run(circuit(n, rows, network=network))


def asked(source: Circuit, network: Network) -> tuple[Circuit, AnnealProblem]:
    """The circuit in the order of its blocks, and what is to be annealed."""
    found = in_block_order(source)
    assert found is not None
    graph = segments(found[0], timeline(found[0]), found[1])
    assert graph is not None
    tree, room = tree_cost(network), [node.qubits for node in network.nodes]
    return found[0], problem(graph, tree.table, tree.mean_hops, room)


def ebits(source: Circuit, network: Network, seed: int = 0) -> int:
    """Of the compiled program, which is proved equal."""
    placement = Partition(seed=seed).run(source)
    verify(placement, "partition")
    program = InsertCommunication().run(placement)
    verify(program, "insert-communication")
    assert validate(source, program).equal
    return int(program.table.codes("ebit").sum())


def test_a_block_is_what_happens_to_the_same_qubits_one_after_another() -> None:
    rows: Rows = [("cx", (0, 1)), ("ry", (1,), 0.3), ("cx", (1, 0)), ("cx", (2, 3)), ("h", (3,))]
    rows += [("cz", (3, 2)), ("cx", (1, 2)), ("h", (2,))]
    found = blocks(circuit(4, rows))
    assert found is not None
    assert found.of_row.tolist() == [0, 0, 0, 1, 1, 1, 2, 2]
    assert found.level.tolist() == [0, 0, 1]


def test_few_operations_in_blocks_are_left_alone() -> None:
    rows: Rows = [("cx", (a, b)) for a, b in pairwise(range(6))]
    source = circuit(6, [*rows, ("cx", (4, 5))])
    assert blocks(source) is None
    assert in_block_order(source) is None


def test_rows_stay_where_something_divides_them_or_bits_decide() -> None:
    rows: Rows = [("cx", (0, 1)), ("h", (0,)), ("cx", (1, 0))]
    assert blocks(circuit(2, rows)) is not None
    assert blocks(circuit(2, [*rows, ("barrier", (0, 1))])) is None
    read: Rows = [*rows, ("measure", (0,), 0), ("x", (1,))]
    assert blocks(circuit(2, read, n_bits=1, conditions={4: (0, 1)})) is None


@pytest.mark.parametrize("seed", range(4))
def test_rows_in_block_order_are_the_same_program_and_time_passes_by_levels(seed: int) -> None:
    source = volume(drawn(6, seed), seed, of_nodes(2, 3))
    found = in_block_order(source)
    assert found is not None
    other, moments = found
    assert (np.diff(moments) >= 0).all()
    again = in_block_order(other)
    assert again is not None
    assert again[0].table.operands.tolist() == other.table.operands.tolist()
    assert again[1].tolist() == moments.tolist()
    placement = Partition(effort=0).run(other)
    assert validate(source, InsertCommunication().run(placement)).equal


@pytest.mark.parametrize(("n", "nodes", "room"), [(8, 2, 4), (12, 3, 4), (12, 4, 4)])
def test_a_start_by_blocks_has_room_and_pays_for_moves_only(n: int, nodes: int, room: int) -> None:
    """No gate is remote: what a start costs is the moves of qubits from block to block."""
    network = of_nodes(nodes, room)
    source, p = asked(volume(drawn(n, 1), 1, network), network)
    node = block_start(p, source, 0)
    assert node is not None
    found = blocks(source)
    assert found is not None
    at = np.full(len(found.level), -1)
    for row in source.table:
        if len(row.operands) > 1:
            place = p.graph.segment_of_use[source.table.operand_start[row.index]]
            at[found.of_row[row.index]] = node[place]
    now, moves = np.full(n, -1), 0
    for level in range(found.level.max() + 1):
        for row in source.table:
            block = found.of_row[row.index]
            if len(row.operands) > 1 and found.level[block] == level:
                for q in row.operands:
                    moves += int(now[q] not in (-1, at[block]))
                    now[q] = at[block]
        assert np.bincount(now[now >= 0], minlength=nodes).max() <= room
    assert cost_of(p, node) == moves


def fewest_moves(n: int, layers: Layers) -> int:
    """Two full nodes, all pairs together: the best way through all halves of all layers."""
    spent: dict[frozenset[int], int] = {}
    for pairs in layers:
        halves = [frozenset(q for p in some for q in p) for some in combinations(pairs, n // 4)]
        spent = {
            half: min((cost + len(half ^ other) for other, cost in spent.items()), default=0)
            for half in halves
        }
    return min(spent.values())


@pytest.mark.parametrize("seed", range(4))
def test_whole_blocks_are_annealed_to_the_optimum_of_small_programs(seed: int) -> None:
    network = of_nodes(2, 4)
    layers = drawn(8, seed)
    source, p = asked(volume(layers, seed, network), network)
    node = block_start(p, source, seed)
    assert node is not None
    assert cost_of(p, node) == fewest_moves(8, layers)


@pytest.mark.parametrize("seed", range(3))
def test_a_heisenberg_ring_does_not_depend_on_the_seed(seed: int) -> None:
    network = of_nodes(4, 5)
    assert ebits(heisenberg(16, 4, 1, network), network, seed) == 16
