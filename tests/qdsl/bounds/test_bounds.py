"""Lower bounds: values known by theory, and never above what a program needs."""

from __future__ import annotations

import random
from math import pi

import numpy as np
import pytest

import qdsl
from qdsl.bounds.bounds import bounds_of
from qdsl.bounds.cover import cover_bound
from qdsl.bounds.cuts import BoundTooLarge, over_cuts
from qdsl.bounds.phases import gf2_rank, phase_bound, triangular_size
from qdsl.bounds.pinned import pinned_bound
from qdsl.bounds.result import best_as_written
from qdsl.bounds.schmidt import crossing, free_schmidt_bound, places, schmidt_bound, unitary
from qdsl.driver.pass_manager import DEFAULT_PASSES, configured, run_passes
from qdsl.ir.stages import Circuit, PlacedCircuit, ScheduledCircuit
from qdsl.network.network import Network
from qdsl.passes.partition.connected import connected_bound
from qdsl.passes.partition_exact.instance import instance
from qdsl.passes.partition_exact.milp import solve
from qdsl.studies.bench.small import small_program
from tests.build import Line, circuit, network
from tests.sources import EXAMPLES


def in_halves(lines: list[Line], n: int) -> PlacedCircuit:
    """The first half of the qubits at node 0, the others at node 1, gates at their last operand."""
    where = network(nodes=2, qubits=n, comm=n)
    source = circuit(n, lines, network=where)
    home = np.array([2 * q // n for q in range(n)], np.int16)
    residence = home[source.table.operands]
    site = residence[source.table.operand_start[1:] - 1]
    return PlacedCircuit(source, where, home, site, residence)


def qft(n: int) -> list[Line]:
    lines: list[Line] = []
    for i in range(n):
        lines.append(("h", (i,)))
        lines += [("cp", (j, i), pi / 2 ** (j - i)) for j in range(i + 1, n)]
    return lines


@pytest.mark.parametrize(
    ("lines", "n", "ebits"),
    [
        ([("cz", (0, 1))], 2, 1),
        ([("cp", (0, 1), 0.1)], 2, 1),
        ([("cz", (0, 1)), ("cz", (0, 1))], 2, 0),
        ([("swap", (0, 1))], 2, 2),
        ([("rot", (0, 1, 2, 3), "ZXYZ", 0.4)], 4, 1),
        ([("cz", (0, 2)), ("cz", (0, 3)), ("cz", (1, 2)), ("cz", (1, 3))], 4, 1),
        ([("cz", (0, 2)), ("cz", (1, 3))], 4, 2),
    ],
)
def test_operator_schmidt_ranks_known_by_theory(lines: list[Line], n: int, ebits: int) -> None:
    assert schmidt_bound(in_halves(lines, n)) == ebits


def test_a_swap_is_free_where_the_qubits_may_end_elsewhere() -> None:
    matrix = unitary(circuit(2, [("swap", (0, 1))]))
    assert matrix is not None
    assert crossing(matrix, 2, (True, False), (False, True)) == 0


@pytest.mark.parametrize("seed", [4, *(pytest.param(k, marks=pytest.mark.slow) for k in range(4))])
def test_the_rank_of_cz_gates_is_the_operator_schmidt_rank(seed: int) -> None:
    chance = random.Random(seed)
    lines: list[Line] = [("h", (q,)) for q in range(8)]
    lines += [
        ("cz", pair)
        for pair in [(a, b) for a in range(8) for b in range(a)]
        if chance.random() < 0.4
    ]
    placed = in_halves([*lines, ("ry", (1,), 0.3)], 8)
    assert phase_bound(placed) == schmidt_bound(placed)


@pytest.mark.parametrize("seed", range(5))
def test_the_triangular_size_never_exceeds_the_rank(seed: int) -> None:
    chance = random.Random(seed)
    lines: list[Line] = [
        ("rzz", (a, b), chance.uniform(0.1, 3))
        for a in range(8)
        for b in range(a)
        if chance.random() < 0.4
    ]
    placed = in_halves(lines, 8)
    phases, exact = phase_bound(placed), schmidt_bound(placed)
    assert phases is not None
    assert exact is not None
    assert 0 < phases <= exact


def test_matrices_known_by_hand() -> None:
    ones = np.ones((3, 3), np.bool_)
    assert gf2_rank(ones) == 1
    assert gf2_rank(~np.eye(3, dtype=np.bool_)) == 2
    assert triangular_size(ones) == 1
    assert triangular_size(np.tri(4, dtype=np.bool_)) == 4


def test_blocks_of_phases_with_hadamards_between_have_no_such_rank() -> None:
    assert phase_bound(in_halves([("cz", (0, 1)), ("h", (0,)), ("cz", (0, 1))], 2)) is None


@pytest.mark.parametrize("lines", [[], [("h", [0])], [("h", [0]), ("measure", [1], 0)]])
def test_a_program_of_single_qubits_asks_for_nothing(lines: list[Line]) -> None:
    assert cover_bound(in_halves(lines, 2)) == 0


def test_one_copy_serves_a_whole_segment() -> None:
    """The Fourier transform: n/2 segments cover all gates across."""
    assert cover_bound(in_halves(qft(8), 8)) == 4
    assert (
        cover_bound(in_halves([("cx", (0, 2)), ("cx", (0, 3)), ("h", (0,)), ("cx", (0, 2))], 4))
        == 2
    )


def test_qubits_that_interact_and_do_not_fit_together() -> None:
    chain: list[Line] = [("cx", (q, q + 1)) for q in range(11)]
    for nodes, room, ebits in ((2, 6, 1), (4, 3, 3), (2, 12, 0)):
        where = network(nodes=nodes, qubits=room)
        assert connected_bound(circuit(12, chain, network=where), where) == ebits


def test_a_turn_between_gates_does_not_part_the_qubits_that_they_join() -> None:
    """Three nodes hold a chain of nine, in whatever segments its gates are."""
    chain = [line for q in range(8) for line in (("h", [q]), ("rzz", [q, q + 1], 0.3)) * 2]
    where = network(nodes=3, qubits=3)
    assert connected_bound(circuit(9, chain, network=where), where) == 2


def test_layers_add_up() -> None:
    ring: list[Line] = [("rzz", (q, (q + 1) % 6), 0.3) for q in range(6)]
    mixer: list[Line] = [("rx", (q,), 0.2) for q in range(6)]
    where = network(nodes=2, qubits=3)
    for layers in (1, 2, 3):
        source = circuit(6, (ring + mixer) * layers, network=where)
        assert connected_bound(source, where) == layers


def test_every_ebit_of_a_line_crosses_one_cut_and_touches_two_nodes() -> None:
    assert over_cuts(network("line", 4), lambda nodes: 1) == 3
    assert over_cuts(network("ring", 4), lambda nodes: 3) == 6


def test_placements_are_counted_before_they_are_listed() -> None:
    """50 nodes for 4 qubits are 6 million placements."""
    where, wide = network("complete", 50), network("line", 60)
    lines: list[Line] = [("cx", (0, 1)), ("cx", (1, 2)), ("cx", (2, 3))]
    for many in (where, wide):
        with pytest.raises(BoundTooLarge, match="more than 63 placements"):
            free_schmidt_bound(circuit(4, lines, network=many), many)
    assert list(places([1, 0, 2], 2)) == [(0, 2), (2, 0), (2, 2)]
    assert list(places([1], 2)) == [] and list(places([0] * 2000 + [1], 1)) == [(2000,)]


def test_what_is_left_out_is_said() -> None:
    program = qdsl.loads(
        "network g = complete(80) { qubits 2, comm 2 }\n"
        "model m() on g { qubits q[4]; h q[0]; cx q[0], q[1]; cx q[1], q[2]; cx q[2], q[3]; "
        "return sample(q) }"
    )
    found = program.compile(verify=False).report().optimality
    assert found is not None
    assert "vertex cover of cuts (more than 62 nodes)" in found.left_out
    assert "operator-Schmidt rank (more than 63 placements)" in found.left_out


def test_a_qubit_that_is_pinned_here_and_there_goes_there() -> None:
    """And back, unless a copy in another basis serves what is pinned elsewhere."""
    lines: list[Line] = [("ry", (0,), 0.1), ("ry", (0,), 0.2), ("ry", (0,), 0.3), ("rz", (1,), 0.1)]
    where = network(nodes=2, qubits=2)
    source = circuit(2, lines, network=where, pins={0: 0, 1: 1, 2: 0, 3: 1})
    assert (pinned_bound(source), optimum(source, where)) == (1, 2)
    lines[1] = ("rx", (0,), 0.2)  # between two about another axis, no copy of its own axis helps
    turned = circuit(2, lines, network=where, pins={0: 0, 1: 1, 2: 0, 3: 1})
    assert pinned_bound(turned) <= optimum(turned, where) == 2


@pytest.mark.parametrize("number", [0, 2, 4, 8, 10, pytest.param(6, marks=pytest.mark.slow)])
def test_bounds_are_bounds(number: int) -> None:
    """Beside the exact optimum of its model, and beside what the compiler needs."""
    program = small_program(number)
    source = program.gates.circuit(program.network)
    stage = run_passes(source, [configured(p, {}) for p in DEFAULT_PASSES])[0]
    assert isinstance(stage, ScheduledCircuit)
    found = bounds_of(stage.distributed)
    assert found is not None
    assert all(0 <= b.ebits <= found.ebits for b in found.bounds)
    placed = stage.distributed.placed
    assert found.at_least <= optimum(placed.circuit, program.network)


def optimum(source: Circuit, where: Network) -> int:
    return solve(instance(source, where), 60.0).bound


@pytest.mark.parametrize("name", ["qaoa", "ghz", "two_party", "qft", "reupload"])
def test_bounds_of_the_examples(name: str) -> None:
    report = qdsl.load(EXAMPLES / f"{name}.qdm").compile(verify=False).report()
    found = report.optimality
    assert found is not None
    assert all(b.ebits <= report.cost.ebits for b in found.bounds)
    assert found.is_optimal == (found.at_least == report.cost.ebits)


@pytest.mark.slow
def test_a_small_program_is_bounded_for_every_protocol() -> None:
    """Three entangling layers on four qubits over two nodes of two."""
    lines: list[Line] = []
    for layer in range(3):
        lines += [("ry", (q,), 0.3 + q + layer) for q in range(4)]
        lines += [("cz", (a, b)) for a in range(4) for b in range(a)]
    where = network(nodes=2, qubits=2, comm=4)
    found = free_schmidt_bound(circuit(4, lines, network=where), where)
    assert found is not None
    assert 1 <= found <= optimum(circuit(4, lines, network=where), where)


@pytest.mark.parametrize(("again", "is_claimed"), [("reset q", False), ("h q", True)])
def test_a_qubit_that_is_reset_could_begin_again_elsewhere(again: str, is_claimed: bool) -> None:
    """With the reset 0 pairs do: node1 takes a qubit of its own. Nothing is said against it."""
    text = f"""
network lab = line(2) {{ qubits 2, comm 2 }}
model m() on lab {{
  qubits q, s, p
  at node0 {{ h q; cx q, s; t s; {again} }}
  at node1 {{ h q; cx q, p; t p }}
  return sample(p, s)
}}"""
    found = qdsl.loads(text).compile().report().optimality
    assert found is not None and found.ebits == 1
    assert found.is_optimal == is_claimed
    assert best_as_written(found) == 1
