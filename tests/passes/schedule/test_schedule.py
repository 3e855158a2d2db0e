"""Times and physical qubits."""

from __future__ import annotations

import subprocess
import sys
from typing import Literal

import numpy as np

from qdsl.ir.rules import verify
from qdsl.ir.stages import Circuit, ScheduledCircuit
from qdsl.network.network import Link
from qdsl.passes.insert_communication.insert_communication import InsertCommunication
from qdsl.passes.partition.partition import Partition
from qdsl.passes.schedule.schedule import Schedule
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
from qdsl.passes.schedule.schedule import Schedule
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
