"""Schedules over links with several channels, buffers, heralding and cut-offs."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import pytest

from qdsl.analysis.critical_path import critical_path
from qdsl.ir.pairs import pair_times
from qdsl.ir.rules import verify
from qdsl.ir.stages import Circuit, ScheduledCircuit
from qdsl.network.models import LinkModel
from qdsl.network.network import Link, Network
from qdsl.passes.insert_communication.insert_communication import InsertCommunication
from qdsl.passes.partition.partition import Partition
from qdsl.passes.schedule.clock import in_listed_order, in_program_order
from qdsl.passes.schedule.schedule import Schedule
from tests.build import Line, circuit, network

PAIR = 1000  # ns that a pair takes


def scheduled(source: Circuit, policy: Literal["asap", "alap"] = "asap") -> ScheduledCircuit:
    made = Schedule(policy=policy).run(InsertCommunication().run(Partition().run(source)))
    verify(made, "schedule")
    return made


def two_nodes(model: LinkModel, qubits: int = 1, comm: int = 2) -> Network:
    return network(
        nodes=2, qubits=qubits, comm=comm, link=Link(0, 1, rate_hz=1e6, latency_ns=50, model=model)
    )


def remote_gates(model: LinkModel, between: int = 0, comm: int = 2) -> Circuit:
    """Two gates that need a pair each, `between` local gates apart."""
    lines: Sequence[Line] = [("cx", (0, 1)), *[("h", (0,))] * between, ("cx", (0, 1))]
    if not between:
        lines = [("cx", (0, 2)), ("cx", (1, 3))]
        pins = {0: 0, 1: 0}
        return circuit(4, lines, network=two_nodes(model, 2, comm), pins=pins)
    return circuit(2, lines, network=two_nodes(model, 1, comm))


def test_two_channels_make_two_pairs_side_by_side() -> None:
    one = pair_times(scheduled(remote_gates(LinkModel(channels=1))))
    two = pair_times(scheduled(remote_gates(LinkModel(channels=2))))
    assert sorted(one.known.tolist()) == [PAIR, 2 * PAIR]
    assert two.known.tolist() == [PAIR, PAIR]


def test_attempts_give_the_rate() -> None:
    by_attempts = LinkModel(attempt_hz=1e9, success=0.002)
    assert pair_times(scheduled(remote_gates(by_attempts, 5))).known[0] == 500


def test_a_pair_is_used_when_both_ends_know_of_it() -> None:
    plain = scheduled(remote_gates(LinkModel(), 500))
    late = scheduled(remote_gates(LinkModel(herald_ns=70), 500))
    pairs = pair_times(late)
    assert pairs.known[0] == PAIR + 70 and pairs.born[0] == PAIR
    assert late.makespan_ns == plain.makespan_ns + 70


GATE = 100  # ns of a gate on two qubits in what follows; read-outs and messages take no time


def three_gates(model: LinkModel, comm: int) -> Circuit:
    link = Link(0, 1, rate_hz=1e6, model=model)
    where = network("line", 2, 3, comm, link, gate_time_ns=(0, GATE, 0))
    lines = [("cx", (k, k + 3)) for k in range(3)]
    return circuit(6, lines, network=where, pins={k: int(k >= 3) for k in range(6)})


def heralded(comm: int, channels: int = 1, buffer: int = 0) -> list[int]:
    """When the pairs of three independent gates are known: each takes 1000 ns, its herald 5000."""
    ir = scheduled(three_gates(LinkModel(herald_ns=5000, channels=channels, buffer=buffer), comm))
    path = critical_path(ir)
    assert path.total == path.links + path.gates == ir.makespan_ns  # nothing waits
    assert path.links > 0 and path.gates > 0
    return sorted(pair_times(ir).known.tolist())


def test_a_channel_goes_on_when_a_pair_is_born() -> None:
    """With a communication qubit for each pair, heralds do not add up."""
    assert heralded(3) == [6000, 7000, 8000]
    assert heralded(3, channels=2) == [6000, 6000, 7000]
    assert heralded(3, channels=3) == [6000, 6000, 6000]


def test_a_born_pair_holds_its_communication_qubits() -> None:
    """A gate at each node, one after the other, and they are free for the next attempt."""
    used = 2 * GATE
    assert heralded(1) == [6000, 12_000 + used, 18_000 + 2 * used]
    assert heralded(2) == [6000, 7000, 12_000 + used]
    assert heralded(2, channels=2) == [6000, 6000, 12_000 + used]


def test_a_born_pair_holds_its_place_in_the_buffer() -> None:
    assert heralded(1, buffer=3) == [6000, 7000, 8000]
    assert heralded(3, buffer=1) == [6000, 12_000, 18_000]
    assert heralded(3, buffer=2) == [6000, 7000, 12_000]
    assert heralded(3, buffer=3, channels=2) == [6000, 6000, 7000]


def test_late_pairs_are_born_before_the_channel_goes_on() -> None:
    source = three_gates(LinkModel(herald_ns=5000), 3)
    assert sorted(pair_times(scheduled(source, "alap")).known.tolist()) == [6000, 7000, 8000]


def test_a_buffer_makes_pairs_without_communication_qubits() -> None:
    """With one communication qubit the second pair otherwise starts when the first is used up."""
    plain = scheduled(remote_gates(LinkModel(), 50, comm=1))
    ahead = scheduled(remote_gates(LinkModel(buffer=1), 50, comm=1))
    times = pair_times(ahead)
    assert times.born.tolist() == [PAIR, 2 * PAIR]
    assert ahead.makespan_ns < plain.makespan_ns
    held = ahead.end_ns[times.row] - ahead.start_ns[times.row]
    assert held.tolist() == [0, 0]


def test_a_buffer_of_one_waits_until_it_is_empty() -> None:
    lines = [("cx", (0, 1)), ("h", (0,))] * 3
    model = LinkModel(buffer=1)
    times = pair_times(scheduled(circuit(2, lines, network=two_nodes(model))))
    taken = scheduled(circuit(2, lines, network=two_nodes(model))).end_ns[times.row]
    assert (times.born[1:] >= taken[:-1] + PAIR).all()


@pytest.mark.parametrize("model", [LinkModel(cutoff_ns=200), LinkModel(buffer=2, cutoff_ns=200)])
def test_a_pair_past_its_cutoff_is_made_again(model: LinkModel) -> None:
    keeps = replace(model, cutoff_ns=None)
    fresh, stale = scheduled(remote_gates(model, 500)), scheduled(remote_gates(keeps, 500))
    age = fresh.start_ns[pair_times(fresh).use] - pair_times(fresh).born
    assert (age <= 200).all()
    assert (stale.start_ns[pair_times(stale).use] - pair_times(stale).born).max() > 200
    assert fresh.makespan_ns == stale.makespan_ns  # it is made again in time


MODELS = [
    LinkModel(),
    LinkModel(channels=2),
    LinkModel(channels=3, herald_ns=30),
    LinkModel(attempt_hz=1e8, success=0.1, buffer=2),
    LinkModel(herald_ns=30, buffer=1, cutoff_ns=400),
    LinkModel(channels=2, cutoff_ns=150),
    LinkModel(cutoff_ns=60, herald_ns=50),
]


@pytest.mark.parametrize("seed", range(14))
def test_rules_hold_on_random_programs(seed: int) -> None:
    chance = random.Random(seed)
    kind, comm = chance.choice(["complete", "line", "ring"]), chance.choice([2, 3])
    where = network(kind, nodes=3, qubits=3, comm=comm)
    links = tuple(replace(x, model=chance.choice(MODELS)) for x in where.links)
    lines = [("cx", tuple(chance.sample(range(7), 2))) for _ in range(20)]
    source = circuit(7, lines, network=replace(where, links=links))
    program = InsertCommunication().run(Partition(effort=0).run(source))
    for made in (in_program_order(program), in_program_order(in_listed_order(program))):
        verify(made, "schedule")
    policies: tuple[Literal["asap", "alap"], ...] = ("asap", "alap")
    for policy in policies:
        made = Schedule(policy=policy).run(program)
        verify(made, "schedule")
