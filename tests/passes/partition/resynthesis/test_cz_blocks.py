"""Blocks of CZ gates cost their rank over GF(2) between nodes, not their vertex cover."""

from __future__ import annotations

from math import pi

import numpy as np
import pytest

from qdsl.bounds.phases import gf2_rank, phase_bound
from qdsl.ir.rules import verify
from qdsl.ir.stages import Circuit
from qdsl.network.network import Network
from qdsl.passes.canonicalize.canonicalize import Canonicalize
from qdsl.passes.insert_communication.insert_communication import InsertCommunication
from qdsl.passes.partition.partition import Partition
from qdsl.passes.partition.resynthesis.cz_blocks import with_parities
from qdsl.verify.translation import validate
from tests.build import Line, circuit, network
from tests.qdsl.unitaries import same_up_to_phase, unitary


def turned(n: int) -> list[Line]:
    return [("h", (q,)) for q in range(n)]


def links(matrix: np.ndarray, first: int) -> list[Line]:
    """CZ gates of a matrix, its columns the qubits from `first` on."""
    return [("cz", (a, first + b)) for a, b in np.argwhere(matrix).tolist()]


def of_rank(seed: int, rank: int, n: int) -> np.ndarray:
    """A random matrix, its last rows sums of the first, its last columns of the first."""
    random = np.random.default_rng(seed)
    core = np.triu(random.integers(2, size=(rank, rank)), 1) + np.eye(rank, dtype=int)
    left, right = (random.integers(2, size=(rank, n - rank)) for _ in range(2))
    rows = np.vstack([core, left.T @ core])
    return np.hstack([rows, rows @ right]) % 2


def owned(n: int, lines: list[Line], where: Network) -> Circuit:
    """The first line on every qubit is pinned: qubits in blocks of equal size."""
    share = n // len(where.nodes)
    return circuit(n, lines, network=where, pins={q: q // share for q in range(n)})


def proved_ebits(source: Circuit) -> int:
    placed = Partition().run(Canonicalize().run(source))
    program = InsertCommunication().run(placed)
    verify(program, "insert-communication")
    assert validate(source, program).equal
    return int(program.table.codes("ebit").sum())


@pytest.mark.parametrize(("n", "gate"), [(2, ("cz",)), (3, ("cp", -3 * pi)), (4, ("cz",))])
def test_a_complete_bipartite_block_costs_one_ebit(n: int, gate: tuple[str, ...]) -> None:
    name, *angle = gate
    block = [(name, qubits, *angle) for _, qubits in links(np.ones((n, n)), n)]
    lines = [*turned(2 * n), *block, *turned(2 * n)]
    assert proved_ebits(owned(2 * n, lines, network(nodes=2, qubits=n, comm=1))) == 1


def test_homes_may_be_free() -> None:
    lines = [*turned(6), *links(np.ones((3, 3)), 3)]
    assert proved_ebits(circuit(6, lines, network=network(nodes=2, qubits=3, comm=1))) == 1


@pytest.mark.slow
def test_what_nodes_have_in_common_is_summed_once() -> None:
    """Three nodes, each with all others: two copies, as for one qubit at each."""
    lines = [*turned(6), *(("cz", (a, b)) for a in range(6) for b in range(a) if a // 2 != b // 2)]
    assert proved_ebits(owned(6, lines, network(nodes=3, qubits=2, comm=2))) == 2


@pytest.mark.parametrize(("seed", "rank"), [(0, 1), (1, 2), (2, 3)])
def test_a_block_costs_what_no_protocol_can_do_without(seed: int, rank: int) -> None:
    n, matrix = 5, of_rank(seed, rank, 5)
    assert gf2_rank(matrix.astype(bool)) == rank
    where = network(nodes=2, qubits=n, comm=rank)
    source = owned(2 * n, [*turned(2 * n), *links(matrix, n)], where)
    assert phase_bound(Partition(effort=0).run(Canonicalize().run(source))) == rank
    assert proved_ebits(source) == rank


@pytest.mark.parametrize("home", [(0, 0, 0, 1, 1, 1), (0, 0, 1, 1, 2, 2), (0, 1, 0, 1, 0, 1)])
@pytest.mark.parametrize("seed", range(4))
def test_the_operation_stays_the_same(seed: int, home: tuple[int, ...]) -> None:
    """With turns and other gates between the blocks, in any order."""
    random = np.random.default_rng(seed)
    lines = [*turned(6), ("t", (1,))]
    for _ in range(2):
        pairs = [("cz", (a, b)) for a in range(6) for b in range(a) if home[a] != home[b]]
        extra: list[Line] = [("rzz", (0, 1), 0.3), ("p", (2,), 0.4), ("cz", (3, 4))]
        lines += [(pairs + extra)[k] for k in random.permutation(len(pairs) + 3).tolist()]
        lines += [("ry", (q,), 0.7) for q in random.permutation(6).tolist()]
    source = Canonicalize().run(circuit(6, lines))
    made = with_parities(source, home)
    assert made is not None
    assert same_up_to_phase(unitary(made), unitary(source))


def test_a_pair_that_comes_twice_is_none() -> None:
    """Also the other way round, as circuits have it that are not in canonical form."""
    block = links(np.ones((3, 2)), 3)
    source = circuit(5, [*turned(5), *block, ("cz", (0, 3)), ("cz", (4, 0)), *turned(5)])
    made = with_parities(source, (0, 0, 0, 1, 1))
    assert made is not None
    assert same_up_to_phase(unitary(made), unitary(source))


def test_gates_are_gathered_past_rows_that_come_after_them() -> None:
    """h on 0 stands between gates of one block, and after all of them that touch it."""
    lines = [
        *turned(4),
        ("cz", (0, 2)),
        ("cz", (0, 3)),
        ("h", (0,)),
        ("cz", (1, 2)),
        ("cz", (1, 3)),
    ]
    assert proved_ebits(owned(4, lines, network(nodes=2, qubits=2, comm=1))) == 1


def test_what_gains_nothing_is_left_alone() -> None:
    full = links(np.tri(4), 4)  # of full rank
    angles = [("rzz", (a, 4 + b), 0.3) for a in range(4) for b in range(4)]
    measured = [*links(np.ones((1, 4)), 4), ("x", (0,)), *links(np.ones((1, 4)), 4)]
    for lines in (full, angles, measured):
        source = Canonicalize().run(circuit(8, [*turned(8), *lines]))
        assert with_parities(source, [0] * 4 + [1] * 4) is None


def test_blocks_end_at_measurements_and_conditions() -> None:
    """Gates on both sides of a measurement are two blocks; a conditional gate is in none."""
    lines: list[Line] = [*turned(5), *links(np.ones((2, 2)), 2), ("measure", (4,), 0)]
    place = len(lines)
    lines += [("cz", (0, 2)), *turned(4), *links(np.ones((2, 2)), 2)]
    where = network(nodes=2, qubits=3, comm=1)
    source = circuit(5, lines, network=where, n_bits=1, conditions={place: (0, 1)})
    made = with_parities(Canonicalize().run(source), (0, 0, 1, 1, 1))
    assert made is not None
    assert int(made.table.codes("measure").sum()) == 1
    assert int((made.table.cond >= 0).sum()) == 1
    assert proved_ebits(source) <= 3


@pytest.mark.slow
@pytest.mark.parametrize("nodes", [2, 3, 4])
def test_a_rotation_of_a_word_over_nodes_costs_one_ebit_less_than_these(nodes: int) -> None:
    """One communication qubit at the ends of the chain of parities, two between."""
    n = 2 * nodes
    where = network(nodes=nodes, qubits=2, comm=[1, 2, 2, 1][:nodes] if nodes > 2 else 1)
    source = circuit(n, [("rot", tuple(range(n)), "ZXYZXYZX"[:n], 0.37)], network=where)
    assert proved_ebits(source) == nodes - 1
