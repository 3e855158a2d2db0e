"""Schedules over links that distil: times, communication qubits, cut-offs."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Literal

import numpy as np
import pytest

from qdsl.analysis.cost import cost
from qdsl.diagnostics.diagnostic import InternalError
from qdsl.ir.pairs import distilling_qubits, pair_times
from qdsl.ir.rules import verify
from qdsl.ir.stages import Circuit, ScheduledCircuit
from qdsl.network.models import Distillation, LinkModel
from qdsl.network.network import Link, Network
from qdsl.passes.insert_communication.insert_communication import InsertCommunication
from qdsl.passes.partition.partition import Partition
from qdsl.passes.schedule.clock import in_listed_order, in_program_order
from qdsl.passes.schedule.schedule import Schedule
from tests.build import circuit, network

PAIR = 1000  # ns that a raw pair takes


def model_of(levels: int, **more: int) -> LinkModel:
    return LinkModel(distillation=Distillation("dejmps", levels), **more)  # type: ignore[arg-type]


def where(kind: str, nodes: int, levels: int, comm: int, **more: int) -> Network:
    link = Link(0, 1, 0.9, rate_hz=1e6, latency_ns=50, model=model_of(levels, **more))
    return network(kind, nodes, 3, comm, link, gate_time_ns=(10, 20, 30))


def scheduled(source: Circuit, policy: Literal["asap", "alap"] = "asap") -> ScheduledCircuit:
    made = Schedule(policy=policy).run(InsertCommunication().run(Partition(effort=0).run(source)))
    verify(made, "schedule")
    return made


def in_parallel(where: Network) -> Circuit:
    """A gate on every link of a line, on qubits of their own."""
    lines = [("cx", (2 * k, 2 * k + 1)) for k in range(len(where.links))]
    pins = {k: (k + 1) // 2 for k in range(2 * len(where.links))}
    return circuit(
        2 * len(where.links), [*(("h", (q,)) for q in pins), *lines], network=where, pins=pins
    )


def test_a_pair_takes_the_expected_time_of_its_distillation() -> None:
    """(2 T + r) / p for every level, with gates, read-out and a message in every round."""
    ir = scheduled(in_parallel(where("line", 2, 2, 3)))
    (link,) = ir.network.links
    assert link.distilled is not None
    one, two = link.distilled.success
    round_ns = 10 + 20 + 30 + 50
    expected = (2 * (2 * PAIR + round_ns) / one + round_ns) / two
    pairs = pair_times(ir)
    assert ir.end_ns[pairs.row[0]] - ir.start_ns[pairs.row[0]] == round(expected)
    assert pairs.known[0] - pairs.born[0] == 50  # a message


def test_links_of_a_node_take_turns_where_it_has_room_for_one() -> None:
    """Three qubits at the inner node: of two pairs the second begins when the first is made."""
    turns, side = (scheduled(in_parallel(where("line", 3, 1, comm))) for comm in (3, 3))
    pairs = pair_times(turns)
    begin, end = turns.start_ns[pairs.row], turns.end_ns[pairs.row]
    assert max(begin) >= min(end)
    plain = scheduled(in_parallel(where("line", 3, 0, 3)))
    rows = pair_times(plain).row
    assert plain.start_ns[rows].tolist() == [0, 0]
    more = where("line", 3, 1, 4, channels=2)
    side = scheduled(in_parallel(more))
    assert side.start_ns[pair_times(side).row].tolist() == [0, 0]


def test_communication_qubits_of_distillation_are_counted() -> None:
    ir = scheduled(in_parallel(where("line", 2, 2, 3)))
    held = distilling_qubits(ir)
    assert sorted(held.node.tolist()) == [0, 0, 1, 1]
    assert [node.peak_comm for node in cost(ir).nodes] == [3, 3]
    assert cost(scheduled(in_parallel(where("line", 2, 0, 3)))).peak_comm == 1


def test_pairs_distilled_together_without_room_trip_a_rule() -> None:
    ir = scheduled(in_parallel(where("line", 3, 1, 3)))
    rows = pair_times(ir).row
    late = int(rows[np.argmax(ir.start_ns[rows])])
    start, end = ir.start_ns.copy(), ir.end_ns.copy()
    end[late] -= start[late]
    start[late] = 0
    with pytest.raises(InternalError) as error:
        verify(replace(ir, start_ns=start, end_ns=end), "test")
    assert "communication-qubits-respected" in str(error.value)


def test_a_finished_pair_past_its_cutoff_is_made_again() -> None:
    """The pairs that it is made of may be older."""
    lines = [("cx", (0, 1)), *[("h", (0,))] * 300, ("cx", (0, 1))]
    source = circuit(2, lines, network=where("line", 2, 1, 2, cutoff_ns=500), pins={0: 0})
    policies: tuple[Literal["asap", "alap"], ...] = ("asap", "alap")
    for policy in policies:
        ir = scheduled(source, policy)
        pairs = pair_times(ir)
        used = pairs.use >= 0
        assert (ir.start_ns[pairs.use[used]] - pairs.born[used] <= 500).all()


MODELS = [
    LinkModel(),
    model_of(1),
    model_of(2),
    model_of(1, channels=2),
    model_of(1, cutoff_ns=400),
    LinkModel(distillation=Distillation(min_fidelity=0.93), herald_ns=30),
]


@pytest.mark.parametrize("seed", range(16))
def test_rules_hold_on_random_programs(seed: int) -> None:
    chance = random.Random(seed)
    kind, comm = chance.choice(["complete", "line", "ring"]), chance.choice([6, 7])
    at = network(kind, 3, 3, comm, Link(0, 1, 0.9, 1e6, 40))
    links = tuple(replace(x, model=chance.choice(MODELS)) for x in at.links)
    lines = [("cx", tuple(chance.sample(range(7), 2))) for _ in range(20)]
    source = circuit(7, lines, network=replace(at, links=links))
    program = InsertCommunication().run(Partition(effort=0).run(source))
    for made in (in_program_order(program), in_program_order(in_listed_order(program))):
        verify(made, "schedule")
    policies: tuple[Literal["asap", "alap"], ...] = ("asap", "alap")
    for policy in policies:
        verify(Schedule(policy=policy).run(program), "schedule")
