"""Times and physical qubits."""

from __future__ import annotations

import random
import subprocess
import sys
from collections import Counter
from typing import Literal

import numpy as np
import pytest

from qdsl import loads
from qdsl.analysis.shares import primitive_costs
from qdsl.ir.rules import verify
from qdsl.ir.stages import Circuit, DistributedCircuit, ScheduledCircuit
from qdsl.network.network import Link
from qdsl.passes.insert_communication.insert_communication import InsertCommunication
from qdsl.passes.partition.partition import Partition
from qdsl.passes.schedule.clock import in_listed_order, in_program_order
from qdsl.passes.schedule.late_corrections import order_with_late_corrections
from qdsl.passes.schedule.listing import in_order
from qdsl.passes.schedule.schedule import Schedule
from qdsl.verify.translation.validate import validate
from tests.build import circuit, network
from tests.sources import ROOT

SLOW_LINK = Link(0, 1, rate_hz=1e6, latency_ns=50)  # a pair takes 1000 ns


def scheduled(source: Circuit, policy: Literal["asap", "alap"] = "asap") -> ScheduledCircuit:
    program = InsertCommunication().run(Partition().run(source))
    made = Schedule(policy=policy).run(program)
    verify(made, "schedule")
    return made


def remote_cx(comm: int = 2) -> Circuit:
    where = network(nodes=2, qubits=1, comm=comm, link=SLOW_LINK)
    return circuit(2, [("h", (0,)), ("cx", (0, 1))], network=where)


def test_local_gates_follow_one_another_or_run_side_by_side() -> None:
    where = network(nodes=2, qubits=3)
    made = scheduled(
        circuit(3, [("h", (0,)), ("h", (1,)), ("cx", (0, 1)), ("ccx", (0, 1, 2))], network=where)
    )
    assert made.start_ns.tolist() == [0, 0, 10, 110]
    assert made.end_ns.tolist() == [10, 10, 110, 310]


def test_a_remote_gate_takes_pair_gates_read_outs_and_messages() -> None:
    entangler = 1000 + 100 + 300 + 50 + 10  # pair, cx, read-out, message, x
    disentangler = 10 + 300 + 50 + 10
    assert scheduled(remote_cx()).makespan_ns == entangler + 100 + disentangler


def test_pairs_are_made_ahead_where_there_is_room() -> None:
    where = network(nodes=2, qubits=1, comm=2, link=SLOW_LINK)
    lines = [("cx", (0, 1)), *[("h", (0,))] * 50, ("cx", (0, 1))]
    early = scheduled(circuit(2, lines, network=where))
    pairs = np.flatnonzero(early.distributed.table.codes("ebit"))
    assert early.start_ns[pairs].tolist() == [0, 1000]
    late = scheduled(circuit(2, lines, network=where), "alap")
    assert late.makespan_ns == early.makespan_ns
    assert late.start_ns[pairs[1]] > 1000
    assert (late.start_ns >= early.start_ns).all()


def test_one_communication_qubit_is_used_again() -> None:
    made = scheduled(remote_cx(comm=1))
    assert set(made.slot[made.distributed.wire_is_comm].tolist()) == {0}


def test_instant_pairs_take_no_time() -> None:
    where = network(nodes=2, qubits=1, link=Link(0, 1), gate_time_ns=(0, 0, 0))
    assert scheduled(circuit(2, [("cx", (0, 1))], network=where)).makespan_ns == 0


def test_an_empty_program() -> None:
    assert scheduled(circuit(2, [], network=network(nodes=2))).makespan_ns == 0


PROGRAM = """
import hashlib, random
from qdsl.passes.canonicalize.canonicalize import Canonicalize
from qdsl.passes.insert_communication.insert_communication import InsertCommunication
from qdsl.passes.partition.partition import Partition
from qdsl.passes.schedule.late_corrections import order_with_late_corrections
from qdsl.passes.schedule.listing import in_order
from qdsl.passes.schedule.schedule import Schedule
from qdsl.verify.translation.validate import validate
from tests.build import circuit, network
chance = random.Random(2)
lines = [(chance.choice(["cx", "cz", "swap"]), chance.sample(range(9), 2)) for _ in range(60)]
lines += [("measure", (0,), 0), ("x", (5,))]
where = network("ring", 4, (3, 2, 3, 3), (2, 3, 2, 2))
source = circuit(9, lines, network=where, pins={3: 1, 40: 2}, conditions={61: (0, 1)}, n_bits=1)
made = Schedule().run(InsertCommunication().run(Partition(seed=7).run(Canonicalize().run(source))))
d = made.distributed
columns = [made.start_ns, made.end_ns, made.slot, d.table.operands, d.table.opcode, d.table.cond,
           d.wire_node, d.group, d.role, d.origin, d.placed.residence, d.final_wire]
print(hashlib.sha256(b"".join(c.tobytes() for c in columns)).hexdigest())
"""


@pytest.mark.slow
def test_same_seed_same_bytes() -> None:
    found = {
        subprocess.run(
            [sys.executable, "-c", PROGRAM],
            cwd=ROOT,
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("0", "1", "4711")
    }
    assert len(found) == 1


CHAIN = """
network line3 = line(3) { qubits 3, comm 2, rate 100 Hz, latency 20 us, gate_time 1 us }
model heis(n = 9) on line3 {
  qubits q[n]
  for i in 0..n-1 step 2 { rxx(0.2) q[i], q[i+1]; ryy(0.2) q[i], q[i+1]; rzz(0.2) q[i], q[i+1] }
  for i in 1..n-1 step 2 { rxx(0.2) q[i], q[i+1]; ryy(0.2) q[i], q[i+1]; rzz(0.2) q[i], q[i+1] }
  return expect(sum(i in 0..n) Z q[i])
}
"""


def test_independent_links_run_side_by_side() -> None:
    """Three pairs of 10 ms over each of two links."""
    made = loads(CHAIN).compile(verify=True).scheduled
    in_turn = in_program_order(InsertCommunication().run(made.distributed.placed))
    verify(made.distributed, "insert-communication")
    assert made.distributed.table.codes("ebit").sum() == 6
    assert in_turn.makespan_ns > 50_000_000
    assert 30_000_000 < made.makespan_ns < 30_200_000


@pytest.mark.parametrize("seed", range(12))
def test_what_is_listed_keeps_the_rules_and_every_row(seed: int) -> None:
    chance = random.Random(seed)
    kind, comm = chance.choice(["complete", "line"]), chance.choice([2, 3])
    where = network(kind, nodes=3, qubits=3, comm=comm, link=SLOW_LINK)
    lines = [("cx", tuple(chance.sample(range(7), 2))) for _ in range(25)]
    program = InsertCommunication().run(Partition(effort=0).run(circuit(7, lines, network=where)))
    order = in_program_order(program)
    other = in_program_order(in_listed_order(program))
    verify(other, "schedule")
    verify(other.distributed, "insert-communication")
    assert Counter(map(repr, contents(other.distributed))) == Counter(map(repr, contents(program)))
    assert primitive_costs(other.distributed) == primitive_costs(program)
    assert Schedule().run(program).makespan_ns <= min(order.makespan_ns, other.makespan_ns)


@pytest.mark.parametrize("count", [2, 4])
def test_copies_of_one_qubit_do_not_wait_for_one_another(count: int) -> None:
    """Pair, message there, message back: 3 ms, however many copies."""
    fan_out = "for i in 1..n { cz q[0], q[i] }"
    text = f"""
network s = star({count}) {{ qubits 1, comm {count - 1}, rate 1 kHz, latency 1 ms }}
model m(n = {count}) on s {{ qubits q[n]; h q; {fan_out}; h q; return sample(q) }}
"""
    made = loads(text).compile(verify=True)
    assert made.verification.verified
    assert made.scheduled.makespan_ns == 3_000_000


@pytest.mark.parametrize("seed", [0, 1, 2, 3, 4, 5, 7, 8, 9, 10, 11, 12])
def test_late_corrections_keep_the_rules_and_the_meaning(seed: int) -> None:
    chance = random.Random(seed)
    where = network(chance.choice(["complete", "line"]), nodes=3, qubits=4, link=SLOW_LINK)
    lines = [
        (chance.choice(["cz", "cx", "h", "t", "measure"]), chance.sample(range(7), 2))
        for _ in range(40)
    ]
    rows = [
        ("measure", (q[0],), 0) if gate == "measure" else (gate, tuple(q[: 1 + (gate[0] == "c")]))
        for gate, q in lines
    ]
    source = circuit(7, rows, network=where, n_bits=1)
    program = InsertCommunication().run(Partition(effort=0).run(source))
    order = order_with_late_corrections(program)
    assert order is not None
    late = in_program_order(in_order(program, order))
    verify(late, "schedule")
    verify(late.distributed, "insert-communication")
    assert validate(source, late.distributed).equal


def contents(program: DistributedCircuit) -> list[object]:
    rows = zip(program.table, program.origin.tolist(), program.group.tolist(), strict=True)
    return [(row[1:], origin, group) for row, origin, group in rows]
