"""What was taken apart for a node that it is not at in the end is one gate again."""

from __future__ import annotations

import qdsl
from qdsl.driver.pass_manager import DEFAULT_PASSES, configured, run_passes
from qdsl.ir.stages import Circuit, DistributedCircuit, ScheduledCircuit
from tests.build import circuit, network

PINNED = """
network star {
  node a { qubits 1, comm 1 }
  node hub { qubits 1, comm 2, one_qubit_time 5 ms }
  node b { qubits 1, comm 1 }
  link a -- hub
  link hub -- b
}
model m() on star {
  qubits p, q, r
  at hub { cx p, q }
  at hub { sx q }
  at b { cx q, r }
  return sample(p, q, r)
}
"""


def _compiled(source: Circuit) -> DistributedCircuit:
    stage, _ = run_passes(source, [configured(p, {}) for p in DEFAULT_PASSES])
    assert isinstance(stage, ScheduledCircuit)
    return stage.distributed


def _local(program: DistributedCircuit) -> list[str]:
    return [row.op.name for row in program.table if program.group[row.index] < 0]


def test_a_pinned_gate_is_one_gate_at_its_node() -> None:
    """Its target is pinned elsewhere, too, so that it was taken apart for a copy of either."""
    compiled = qdsl.loads(PINNED).compile()
    assert all(check.equal for check in compiled.verification.checks)
    assert _local(compiled.scheduled.distributed) == ["cx", "sx", "cx"]


def test_a_gate_on_three_qubits_may_happen_where_none_of_its_qubits_but_the_control_lives() -> None:
    """Both ends of a line send a copy to the middle, whichever of them is the target."""
    where = network("line", 3, 1, [1, 2, 1])
    for target in range(3):
        on = (*(q for q in range(3) if q != target), target)
        source = circuit(3, [("ccx", on)], network=where, pins={})
        assert int(_compiled(source).table.codes("ebit").sum()) == 2


def test_at_one_node_it_is_one_gate_again() -> None:
    lines = [("t", (2,)), ("ccx", (0, 1, 2)), ("t", (2,))]
    source = circuit(3, lines, network=network(nodes=2))
    assert _local(_compiled(source)) == ["t", "ccx", "t"]
