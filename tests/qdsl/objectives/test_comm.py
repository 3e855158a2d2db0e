"""Fewest communication qubits: the limit holds wherever the program is scheduled again."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

import qdsl
from qdsl.analysis.arrivals import simulate_arrivals
from qdsl.api import Compiled
from qdsl.network.network import Link, Network, Node
from qdsl.network.prices import with_prices
from qdsl.studies.design.sweep import sweep

GATES = """
model m() on n {
  qubits p[2], q[2]
  move p to a
  move q to b
  cz p[0], q[0]
  cz p[1], q[1]
  return sample(p, q)
}
"""
SLOW_READOUT = """
network n {
  node a { qubits 2, comm 2, readout_time 10 ms }
  node b { qubits 2, comm 2, readout_time 10 ms }
  link a -- b { rate 1 kHz }
}
"""
DISTILLING = """
network n {
  node a { qubits 2, comm 4, readout_time 10 ms }
  node b { qubits 2, comm 4, readout_time 10 ms }
  link a -- b { rate 1 kHz, fidelity 0.9, distillation dejmps, distillation_levels 1 }
}
"""
TWO_LEVELS = """
network n {
  node a { qubits 1, comm 3 }
  node b { qubits 1, comm 3 }
  link a -- b { rate 1 kHz, fidelity 0.9, distillation dejmps, distillation_levels 2 }
}
model m() on n {
  qubits p, q
  move p to a
  move q to b
  cz p, q
  return sample(p, q)
}
"""
ONE_LINK_DISTILS = """
network n {
  node a { qubits 1, comm 3, readout_time 200 us, two_qubit_time 100 us }
  node b { qubits 3, comm 3, readout_time 3000 us, two_qubit_time 1 us, t2 20 ms }
  node c { qubits 3, comm 3, readout_time 10 us, two_qubit_time 100 us, t2 20 ms }
  link a -- b {
    attempt_rate 100 kHz, success_probability 0.01, fidelity 0.9, latency 5 us
  }
  link a -- c {
    attempt_rate 100 kHz, success_probability 0.01, fidelity 0.9, distillation bbpssw,
    distillation_levels 1, latency 50 us
  }
}
model m() on n {
  qubits q[6]
  rzz(0.4) q[2], q[1]
  cx q[4], q[3]
  h q[0]
  rx(0.3) q[5]
  cz q[0], q[2]
  rzz(0.4) q[1], q[2]
  cz q[2], q[1]
  cz q[0], q[5]
  cx q[1], q[0]
  cx q[5], q[0]
  cx q[0], q[2]
  return sample(q)
}
"""
LITTLE_LEFT = """
network n {
  node a { qubits 2, comm 5, readout_time 200 us, two_qubit_time 1 us, t2 200 ms }
  node b { qubits 2, comm 4, readout_time 3000 us, two_qubit_time 1 us }
  node c { qubits 2, comm 4, readout_time 3000 us, two_qubit_time 1 us, t2 20 ms }
  link a -- b {
    attempt_rate 10 kHz, success_probability 0.01, fidelity 0.9, buffer 3, latency 5 us
  }
  link b -- c {
    attempt_rate 100 kHz, success_probability 0.1, fidelity 0.95, distillation dejmps,
    distillation_levels 2, latency 50 us
  }
}
model m() on n {
  qubits q[2]
  cx q[0], q[1]
  rzz(0.4) q[0], q[1]
  rzz(0.4) q[1], q[0]
  rzz(0.4) q[1], q[0]
  cx q[1], q[0]
  t q[0]
  return sample(q)
}
"""


def compiled(text: str, **options: Any) -> Compiled:
    return qdsl.loads(text).compile(options=options)


def test_random_arrivals_hold_no_more_than_the_schedule() -> None:
    found = compiled(SLOW_READOUT + GATES, optimise="comm")
    assert found.cost.peak_comm == 1
    assert [n.comm for n in found.cost.nodes] == [2, 2]
    assert found.cost.makespan_ns == 42 * 10**6
    runs = simulate_arrivals(found.scheduled, 20_000)
    declared = compiled(SLOW_READOUT.replace("comm 2", "comm 1") + GATES)
    assert runs == simulate_arrivals(declared.scheduled, 20_000)
    assert runs.mean_ns == pytest.approx(42e6, rel=2e-3)
    assert runs.expected_ns == pytest.approx(42e6, rel=1e-3)
    assert runs.p95_ns == pytest.approx(44.74e6, rel=5e-3)  # 40 ms and a sum of two exponentials


@pytest.mark.slow
def test_a_sweep_has_the_makespans_of_programs_compiled_one_by_one() -> None:
    program = qdsl.loads(SLOW_READOUT + GATES)
    found = sweep(program, {"link.rate": "1kHz,2kHz"}, options={"optimise": "comm"}, runs=200)
    assert [p.makespan for p in found.points] == [42 * 10**6, 41 * 10**6]
    assert all(p.mean is not None and p.mean > 40e6 for p in found.points)
    again = sweep(program.compile(options={"optimise": "comm"}), {"link.rate": "1kHz,2kHz"})
    assert [p.makespan for p in again.points] == [42 * 10**6, 41 * 10**6]


@pytest.mark.parametrize(
    ("text", "peaks"),
    [
        (DISTILLING + GATES, (3, 2)),
        (TWO_LEVELS, (3, 3)),
        (ONE_LINK_DISTILS, (2, 1)),
        (LITTLE_LEFT, (0, 0)),
    ],
)
def test_distillation_counts_and_keeps_its_qubits(text: str, peaks: tuple[int, int]) -> None:
    plain, found = compiled(text), compiled(text, optimise="comm")
    assert (plain.cost.peak_comm, found.cost.peak_comm) == peaks
    assert found.objective is not None
    assert (found.objective.plain_value, found.objective.value) == peaks
    assert found.verification.verified


def drawn(random: Random) -> str:
    """A line or a triangle of nodes, some links of which distil, and a few gates."""
    nodes = random.choice(("ab", "abc"))
    ends = ["ab", "bc", "ac"][: random.choice((1, 2, 3)) if len(nodes) == 3 else 1]
    ends = ends if len(nodes) == 2 or len(ends) > 1 else ["ab", "bc"]
    parts = [
        f"node {v} {{ qubits 2, comm {random.randint(3, 7)}, readout_time 1 ms, "
        f"two_qubit_time {random.choice((0, 10))} us }}"
        for v in nodes
    ]
    for a, b in map(tuple, ends):
        more = random.choice(("", ", distillation dejmps, distillation_levels 1", ", buffer 2"))
        more = random.choice((more, ", distillation bbpssw, distillation_levels 2", ", channels 2"))
        parts.append(f"link {a} -- {b} {{ rate 1 kHz, fidelity 0.9, latency 5 us{more} }}")
    gates = [
        f"  {random.choice(('cx', 'cz', 'rzz(0.4)'))} q[{a}], q[{b}]"
        for a, b in (random.sample(range(2 * len(nodes)), 2) for _ in range(random.randint(3, 9)))
    ]
    body = "\n".join((f"  qubits q[{2 * len(nodes)}]", *gates, "  return sample(q)"))
    declared = "\n".join(parts)
    return f"network n {{\n{declared}\n}}\nmodel m() on n {{\n{body}\n}}\n"


@pytest.mark.parametrize("seed", range(20))
def test_never_more_communication_qubits_than_for_fewest_ebits(seed: int) -> None:
    text = drawn(Random(seed))
    plain, found = compiled(text, effort=0), compiled(text, effort=0, optimise="comm")
    assert found.cost.peak_comm <= plain.cost.peak_comm
    assert found.objective is not None
    assert found.objective.value == found.cost.peak_comm
    assert found.scheduled.network.limited(None) == plain.scheduled.network
    assert found.verification.verified


def test_a_limit_leaves_what_is_set_aside_and_the_times_of_messages() -> None:
    links = Link(0, 1, latency_ns=5), Link(1, 2, latency_ns=7), Link(0, 2, latency_ns=50)
    nodes = Node("a", 1, 4), Node("b", 1, 2), Node("c", 1, 0)
    whole = Network("n", nodes, (links[0], links[1]))
    narrow = whole.limited(1)
    assert narrow.usable_comm == narrow.free_comm == (1, 1, 0)
    assert narrow.hops(0, 2) is None
    assert narrow.message_time_ns(0, 2) == whole.message_time_ns(0, 2) == 12
    assert narrow.limited(None) == whole
    part = whole.limited(3).with_fewer_links(links[:1])
    assert part.free_comm == (3, 2, 0)
    dear = with_prices(narrow, [1.0, 3.0])
    assert dear.free_comm == (1, 1, 0)
    assert dear.message_time_ns(0, 2) == 12
