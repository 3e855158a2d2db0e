"""Nodes that do no more than so many operations at one time, against schedules worked by hand."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from time import process_time
from typing import Any, Literal, cast

import numpy as np
import pytest

from qdsl.analysis.arrivals import random_runs, simulate_arrivals
from qdsl.analysis.critical_path import critical_path
from qdsl.ir import jit
from qdsl.ir.at_once import at_once
from qdsl.ir.durations import node_of_rows
from qdsl.ir.native import library
from qdsl.ir.rules import verify
from qdsl.ir.stages import ROLES, Circuit, DistributedCircuit, ScheduledCircuit
from qdsl.ir.swapped import limited_paths
from qdsl.network.models import LinkModel, NodeModel
from qdsl.network.network import Link, Network, Node
from qdsl.passes.insert_communication.insert_communication import InsertCommunication
from qdsl.passes.partition.partition import Partition
from qdsl.passes.schedule.clock import in_listed_order, in_program_order
from qdsl.passes.schedule.clock_kernel import clock_loop, clock_runs
from qdsl.passes.schedule.listing_kernel import list_loop
from qdsl.passes.schedule.schedule import Schedule
from tests.build import Line, circuit, network

ONE, TWO, READ = 10, 100, 300  # ns of gates and read-outs


def with_limits(where: Network, gates: int | None, wide: int | None = None) -> Network:
    model = NodeModel(gates_at_once=gates, two_qubit_gates_at_once=wide)
    return replace(where, nodes=tuple(replace(v, model=model) for v in where.nodes))


def distributed(source: Circuit) -> DistributedCircuit:
    return InsertCommunication().run(Partition(effort=0).run(source))


def scheduled(source: Circuit, policy: Literal["asap", "alap"] = "asap") -> ScheduledCircuit:
    made = Schedule(policy=policy).run(distributed(source))
    verify(made, "schedule")
    return made


def local(lines: Sequence[Line], gates: int | None, wide: int | None = None, bits: int = 0) -> int:
    """The makespan at one node of six qubits."""
    node = Node("a", 6, 2, 1.0, (ONE, TWO, READ))
    where = with_limits(Network("n", (node,)), gates, wide)
    return scheduled(circuit(6, lines, network=where, n_bits=bits)).makespan_ns


@pytest.mark.parametrize(("gates", "span"), [(None, 10), (1, 60), (2, 30), (4, 20), (6, 10)])
def test_gates_take_turns(gates: int | None, span: int) -> None:
    assert local([("h", (k,)) for k in range(6)], gates) == span


def test_read_outs_and_resets_count_and_other_things_do_not() -> None:
    lines: list[Line] = [("h", (0,)), ("measure", (1,), 0), ("reset", (2,)), ("barrier", (0, 1, 2))]
    assert local(lines, None, bits=1) == READ
    assert local(lines, 1, bits=1) == ONE + 2 * READ


def test_gates_on_two_qubits_may_be_exclusive_alone() -> None:
    """Two of 100 ns, and 10 ns on each of two other qubits at the same time."""
    lines: list[Line] = [("cx", (0, 1)), ("cx", (2, 3)), ("h", (4,)), ("h", (5,))]
    assert local(lines, None) == TWO
    assert local(lines, None, 1) == 2 * TWO
    assert local(lines, 1) == local(lines, 1, 1) == 2 * TWO + 2 * ONE
    assert local(lines, 2) == TWO + ONE
    assert local(lines, 2, 1) == 2 * TWO  # the others beside them


def test_a_wider_gate_counts_once() -> None:
    assert local([("ccx", (0, 1, 2)), ("ccx", (3, 4, 5))], None, 1) == 4 * TWO
    assert local([("ccx", (0, 1, 2)), ("ccx", (3, 4, 5))], None, 2) == 2 * TWO


def test_the_longest_way_goes_first() -> None:
    """In program order qubit 0 would keep the others waiting: 10 + 5 * 100 = 510 ns for it alone,
    and 20 of three other gates beside it."""
    lines: list[Line] = [("h", (1,)), ("h", (2,)), ("h", (3,)), ("h", (4,))]
    lines += [("h", (0,)), *[("cx", (0, 5))] * 5]
    assert local(lines, 2) == ONE + 5 * TWO
    assert local(lines, 1) == 5 * ONE + 5 * TWO


def two_nodes(gates: int | None, model: LinkModel) -> Network:
    link = Link(0, 1, rate_hz=1e6, latency_ns=50, model=model)
    return with_limits(network(nodes=2, qubits=3, comm=2, link=link), gates)


def remote_gates(where: Network, homes: Sequence[int]) -> Circuit:
    """CX of the first qubit and the third, the second and the fourth, which a gate each keeps at
    home, at the home of the target."""
    lines: list[Line] = [("h", (k,)) for k in range(4)]
    pins = {**dict(enumerate(homes)), 4: homes[2], 5: homes[3]}
    return circuit(4, [*lines, ("cx", (0, 2)), ("cx", (1, 3))], network=where, pins=pins)


def two_remote_gates(gates: int | None) -> Circuit:
    """Both pairs are known at 1000 ns."""
    return remote_gates(two_nodes(gates, LinkModel(channels=2)), (0, 0, 1, 1))


TELEGATE = TWO + READ + 50 + ONE + TWO + ONE + READ + 50 + ONE  # after its pair is known


def test_two_remote_gates_by_hand() -> None:
    """Without limit both end at 1000 + 930. With one laser, the first node does both CX, and reads
    the first half until 1500 and the second until 1800. The second node gets the bits at 1550 and
    1850, and does X, CX, H and a read-out of 300 for the first until 1970; the second's X, CX, H
    and read-out end at 2390, its Z after the message at 2450."""
    assert scheduled(two_remote_gates(None)).makespan_ns == 1000 + TELEGATE == 1930
    ir = scheduled(two_remote_gates(1))
    assert ir.makespan_ns == 2450
    path = critical_path(ir)
    assert path.total == ir.makespan_ns and path.waiting == 0
    assert path.links == 1000 and path.messages == 100
    assert path.other_gates == TWO + TWO + READ  # for the first read-out, and the second X
    assert path.gates == ir.makespan_ns - 1100 - path.other_gates


def test_a_limit_that_cannot_be_reached_changes_nothing() -> None:
    free, wide = scheduled(two_remote_gates(None)), scheduled(two_remote_gates(5))
    assert (free.start_ns == wide.start_ns).all()
    assert (at_once(wide.distributed).of_rows == -1).all()


def test_one_remote_gate_with_random_arrivals_is_exact() -> None:
    """One pair of 1 MHz and nothing beside it: 1000 ns on average, and what follows."""
    lines: list[Line] = [("id", (0,)), ("cx", (0, 1))]
    source = circuit(2, lines, network=two_nodes(1, LinkModel()), pins={0: 0, 1: 1})
    found = simulate_arrivals(scheduled(source), 4000, seed=1)
    assert found.expected_ns == pytest.approx(1000 + TELEGATE, abs=1)
    assert found.mean_ns == pytest.approx(1000 + TELEGATE, abs=4 * 1000 / 4000**0.5)


def test_two_random_pairs_and_one_laser_in_closed_form() -> None:
    """Two nodes have a link each to a third one, whose gates take 600 ns, one at a time: its CX for
    the second pair waits for that of the first. With pairs after exponential times A and B that is
    max(B, A + g) + g, whose mean is 1 + 2 g + exp(-g) / 2 in units of 1/rate."""
    g = 600
    nodes = tuple(Node(name, 2, 2, 1.0, (0, g if name == "c" else 0, 0)) for name in "abc")
    nodes = (*nodes[:2], replace(nodes[2], model=NodeModel(gates_at_once=1)))
    where = Network("n", nodes, (Link(0, 2, rate_hz=1e6), Link(1, 2, rate_hz=1e6)))
    source = remote_gates(where, (0, 1, 2, 2))
    ir = scheduled(source)
    g_rows = ir.distributed.table.codes("cx") & (node_of_rows(ir.distributed) == 2)
    assert g_rows.sum() == 2 and ir.makespan_ns == 1000 + 2 * g
    wanted = 1000 * (1 + 2 * g / 1000 + np.exp(-g / 1000) / 2)
    found = simulate_arrivals(ir, 20_000, seed=3)
    assert found.mean_ns == pytest.approx(wanted, rel=0.02)
    assert found.expected_ns == pytest.approx(wanted, rel=0.02)


MODELS = (
    LinkModel(), LinkModel(channels=2), LinkModel(attempt_hz=1e8, success=0.01, buffer=2),
    LinkModel(channels=2, cutoff_ns=900), LinkModel(herald_ns=30, cutoff_ns=4000),
    LinkModel(herald_ns=30, buffer=1, cutoff_ns=1500),
)  # fmt: skip


def drawn(seed: int) -> DistributedCircuit:
    """Gates of any two of ten qubits on a line or ring, with limits of every sort."""
    chance = random.Random(seed)
    where = network(chance.choice(["line", "ring"]), 5, 2, chance.choice([2, 3]))
    links = tuple(replace(x, model=chance.choice(MODELS)) for x in where.links)
    limits = [(None, None), (1, None), (2, None), (None, 1), (2, 1)]
    nodes = []
    for node in where.nodes:
        one, wide = chance.choice(limits)
        model = NodeModel(gates_at_once=one, two_qubit_gates_at_once=wide)
        nodes.append(replace(node, model=model))
    nodes[1] = replace(nodes[1], model=NodeModel(gates_at_once=1))
    where = replace(where, nodes=tuple(nodes), links=links)
    lines: list[Line] = [("cx", tuple(chance.sample(range(10), 2))) for _ in range(20)]
    lines += [("h", (chance.randrange(10),)) for _ in range(10)]
    chance.shuffle(lines)
    return distributed(circuit(10, lines, network=where))


@pytest.mark.parametrize("seed", range(12))
def test_rules_hold_on_random_programs(seed: int) -> None:
    program = drawn(seed)
    for made in (in_program_order(program), in_program_order(in_listed_order(program))):
        verify(made, "schedule")
    policies: tuple[Literal["asap", "alap"], ...] = ("asap", "alap")
    for policy in policies:
        made = Schedule(policy=policy).run(program)
        verify(made, "schedule")
        path = critical_path(made)
        assert path.total == made.makespan_ns
        assert min(path.links, path.messages, path.gates, path.waiting, path.other_gates) >= 0


def test_some_of_them_swap_pairs_with_a_cutoff_at_busy_nodes() -> None:
    programs = [drawn(seed) for seed in range(12)]
    assert sum(len(limited_paths(p).begun) > 0 for p in programs) >= 3
    spent = [critical_path(Schedule().run(p)).other_gates for p in programs]
    assert sum(ns > 0 for ns in spent) >= 3


@pytest.mark.slow
@pytest.mark.parametrize("gates", [None, 1, 4])
def test_a_hundred_thousand_operations_are_scheduled_quickly(gates: int | None) -> None:
    """Half a second on an idle machine, the verification apart; with hundreds of operations that
    wait for a node at any time."""
    if library.native(cast(Any, list_loop).py_func) is None:
        pytest.skip("there is no C compiler")
    chance, per = random.Random(1), 200
    lines: list[Line] = []
    for _ in range(34_000):
        if chance.random() < 0.003:
            lines.append(("cx", tuple(chance.sample(range(3 * per), 2))))
        first = per * chance.randrange(3)
        lines.append(("cx", tuple(first + k for k in chance.sample(range(per), 2))))
        lines += [("h", (first + chance.randrange(per),))] * 2
    where = with_limits(network("line", 3, per, 8), gates)
    program = distributed(circuit(3 * per, lines, network=where))
    assert len(program.table) > 100_000
    Schedule().run(distributed(remote_gates(two_nodes(1, LinkModel()), (0, 0, 1, 1))))
    start = process_time()
    made = Schedule().run(program)
    assert process_time() - start < 5
    verify(made, "schedule")


@pytest.mark.parametrize("seed", range(6))
def test_the_expected_makespan_is_the_mean(seed: int) -> None:
    found = simulate_arrivals(Schedule().run(drawn(seed)), 2000, seed)
    assert found.expected_ns == pytest.approx(found.mean_ns, rel=0.05)


def at_a_busy_node(cutoff: int | None) -> ScheduledCircuit:
    """Three pairs known at 1000 ns are swapped at the second node and the third, which does two
    gates of its own first, until 5000 ns."""
    nodes = [Node(f"n{k}", 2, 2, 1.0, (0, 2500 if k == 2 else 0, 0)) for k in range(4)]
    nodes[2] = replace(nodes[2], model=NodeModel(gates_at_once=1))
    links = [Link(k, k + 1, rate_hz=1e6, model=LinkModel(cutoff_ns=cutoff)) for k in range(3)]
    where = Network("n", tuple(nodes), tuple(links))
    lines: list[Line] = [("h", (k,)) for k in range(4)]
    lines += [("cx", (2, 3))] * 2 + [("cx", (0, 1))]
    source = circuit(4, lines, network=where, pins={0: 0, 1: 3, 2: 2, 3: 2, 4: 2, 5: 2, 6: 3})
    made = in_program_order(distributed(source))
    verify(made, "schedule")
    return made


@pytest.mark.parametrize("cutoff", [500, 3999, 4000, 10**6])
def test_swaps_of_a_path_wait_for_the_busiest_of_their_nodes(cutoff: int) -> None:
    """They happen together, and a pair that would be too old by then is made again."""
    ir = at_a_busy_node(cutoff)
    swaps = np.unique(limited_paths(ir.distributed).swap)
    assert ir.start_ns[swaps].tolist() == [5000, 5000]
    known = ir.end_ns[ir.distributed.table.codes("ebit")]
    assert known.tolist() == ([1000] * 3 if cutoff >= 4000 else [5000] * 3)


def test_without_a_cutoff_a_swap_need_not_wait_for_another() -> None:
    ir = at_a_busy_node(None)
    at = node_of_rows(ir.distributed)
    swaps = ir.distributed.table.codes("cx") & (ir.distributed.role == ROLES.index("swapping"))
    assert ir.start_ns[swaps & (at == 1)].tolist() == [1000]
    assert ir.start_ns[swaps & (at == 2)].tolist() == [5000]


Found = tuple[list[int], list[int], list[int]]


def by(way: str, seed: int, monkeypatch: pytest.MonkeyPatch) -> Found:
    """Starts of a schedule, makespans of random runs, and pairs that these threw away."""
    monkeypatch.setattr(jit, "WAY", way)
    made = Schedule().run(drawn(seed))
    runs = random_runs(made.distributed, 30, seed)
    return made.start_ns.tolist(), runs.spans.tolist(), runs.thrown.tolist()


@pytest.mark.parametrize("seed", [0, *(pytest.param(k, marks=pytest.mark.slow) for k in (1, 2, 3))])
def test_compiled_loops_give_the_same(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    for loop in (clock_loop, clock_runs, list_loop):
        if library.native(cast(Any, loop).py_func) is None:
            pytest.skip("there is no C compiler")
    assert by("c", seed, monkeypatch) == by("plain", seed, monkeypatch)


@pytest.mark.slow
@pytest.mark.skipif(not jit.HAS_NUMBA, reason="there is no numba")
def test_numba_gives_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    assert by("numba", 0, monkeypatch) == by("plain", 0, monkeypatch)
