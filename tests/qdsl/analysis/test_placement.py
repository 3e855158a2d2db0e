"""Where qubits live and when they arrive, against the rows of the schedule that bring them."""

from __future__ import annotations

import pytest

import qdsl
from qdsl.analysis.placement import placement_of
from qdsl.ir.stages import ROLES, ScheduledCircuit

RING = """network lab = ring({n}) {{ qubits 2, comm 2, rate 200 Hz, latency 50 us }}
model m() on lab {{
  qubits q, r
  at node0 {{ h q; cx q, r }}
  {there}
  {work}
  move q to node0
  at node0 {{ cx q, r }}
  return sample(q, r)
}}"""


def arrivals(ir: ScheduledCircuit) -> list[tuple[str, int]]:
    """(node, ns) of every teleported qubit: the swap that ends teledata puts it into a data qubit.
    One qubit moves, so that they follow one another."""
    program = ir.distributed
    found = []
    for row in program.table:
        if row.op.name == "swap" and program.role[row.index] == ROLES.index("teledata"):
            (data,) = [w for w in row.operands if not program.wire_is_comm[w]]
            node = program.network.nodes[int(program.wire_node[data])].name
            found.append((node, int(ir.end_ns[row.index])))
    return found


@pytest.mark.parametrize("work", ["", "at node2 { z q }"])
@pytest.mark.parametrize("n", [3, 4, 5])
def test_a_move_there_and_back_on_a_ring(n: int, work: str) -> None:
    text = RING.format(n=n, there="move q to node2", work=work)
    ir = qdsl.loads(text).compile().scheduled
    moved, other = placement_of(ir)
    came = arrivals(ir)
    assert [node for node, _ in came] == ["node2", "node0"]
    stays = [(stay.node, stay.from_ns) for stay in moved.residences]
    assert stays == [("node0", 0), *came]
    assert 0 < came[0][1] < came[1][1] <= ir.makespan_ns
    assert [(stay.node, stay.from_ns) for stay in other.residences] == [("node0", 0)]


def test_a_move_by_way_of_every_node() -> None:
    """Where nothing else happens at a node, a qubit arrives when the move ends."""
    there = "\n  ".join(f"move q to node{k}" for k in (1, 2, 3))
    ir = qdsl.loads(RING.format(n=4, there=there, work="")).compile().scheduled
    moved, _ = placement_of(ir)
    stays = [(stay.node, stay.from_ns) for stay in moved.residences]
    assert stays == [("node0", 0), *arrivals(ir)]
    assert [node for node, _ in stays] == ["node0", "node1", "node2", "node3", "node0"]
