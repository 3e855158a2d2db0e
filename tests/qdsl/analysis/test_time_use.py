"""What the time of an execution is used for."""

from __future__ import annotations

import json

import pytest

from qdsl import loads
from qdsl.analysis.critical_path import critical_path
from qdsl.analysis.time_use import time_use
from qdsl.report.data import Report
from qdsl.report.text import render_report
from tests.qdsl.run.noisy.programs import compiled, drawn

CHAIN = """
network n = line(2) { qubits 1, comm 2, rate 500 Hz, latency 1 ms, two_qubit_time 3 ms LINK }
model m() on n {
  qubits a, b
  cx a, b
  at node0 { ry(1) a }
  at node1 { ry(1) b }
  cx a, b
  return sample(a, b)
}
"""


def test_a_chain_by_hand() -> None:
    """Two pairs one after another, the second made while the first is used."""
    found = time_use(compiled(CHAIN.replace("LINK", "")))
    assert found is not None
    (link,) = found.links
    whole = compiled(CHAIN.replace("LINK", "")).makespan_ns
    assert found.path.total == whole
    assert found.path.links >= 2_000_000 and found.path.messages >= 1_000_000
    assert link.busy == pytest.approx(2 * 2e6 / whole)
    wider = compiled(CHAIN.replace("LINK", ", channels 2"))
    (link,) = time_use(wider).links  # type: ignore[union-attr]
    assert link.busy == pytest.approx(2 * 2e6 / 2 / wider.makespan_ns)


def test_parts_add_up_and_links_are_at_most_always_busy() -> None:
    for seed in range(12):
        ir = compiled(drawn(seed, 6))
        found = time_use(ir)
        assert found is not None and found.path.total == ir.makespan_ns
        assert all(0 < (x.busy or 0) <= 1 for x in found.links)


def test_reports_have_it() -> None:
    report = loads(CHAIN.replace("LINK", "")).compile().report()
    text = " ".join(render_report(report).split())
    assert "Makespan by cause" in text and "node0 -- node1 makes pairs 22.2% of the time" in text
    again = Report.from_json(json.loads(json.dumps(report.to_json())))
    assert again.time_use == report.time_use
    instant = loads("model m() { qubits a; h a; return sample(a) }").compile().report()
    assert instant.time_use is None and "time_use" not in instant.to_json()
    assert "Makespan by cause" not in render_report(instant)


def test_pairs_of_a_buffer_are_waited_for_one_after_another() -> None:
    """Pairs at 1 and 2 ms; the first gate's read-outs end at 1.8 ms, before the second pair is
    there, so that only the second gate's 0.8 ms are on the path."""
    made = loads(
        """
network n {
  node a { qubits 2, comm 1, readout_time 400 us }
  node b { qubits 2, comm 1, readout_time 400 us }
  link a -- b { rate 1 kHz, buffer 2 }
}
model m() on n {
  qubits p[2], q[2]
  h p
  at b { cx p[0], q[0]; cx p[1], q[1] }
  return sample(p, q)
}
"""
    ).compile()
    path = critical_path(made.scheduled)
    assert (path.links, path.gates, path.total) == (2_000_000, 800_000, 2_800_000)


def test_of_two_pairs_that_are_there_at_one_time_the_one_that_was_waited_for_is_blamed() -> None:
    """The pair of the quick link is made late, for its cut-off; the slow link takes 5 ms."""
    made = loads(
        """
network net {
  node a { qubits 1, comm 2, readout_time 500 us }
  node b { qubits 2, comm 2 }
  node c { qubits 1, comm 1 }
  link a -- b { rate 1 kHz, cutoff 1.5 ms, heralding_latency 100 us }
  link b -- c { rate 200 Hz }
}
model m() on net {
  qubits p, q, r
  at c { h r }
  at b { cx r, q }
  at a { cx q, p }
  return sample(p, q, r)
}
"""
    ).compile()
    path = critical_path(made.scheduled)
    assert (path.links, path.gates, path.waiting) == (5_000_000, 500_000, 0)


def test_a_pair_that_is_made_late_for_a_gate_is_not_blamed_for_the_time_of_the_gate() -> None:
    """5 ms for the first pair, then z, h and z of 10 ms each; the second pair is begun at 20 ms, so
    that it is fresh when h ends."""
    text = """
    network n {
      node a { qubits 1, comm 2, one_qubit_time 10 ms }
      node b { qubits 2, comm 2 }
      link a -- b { rate 200 Hz, buffer 2, cutoff 12 ms }
    }
    model m() on n {
      qubits p, q[2]
      cx p, q[0]
      at a { h p }
      cx p, q[1]
      return sample(p, q)
    }
    """
    found = critical_path(loads(text).compile().scheduled)
    assert (found.links, found.gates, found.waiting) == (5_000_000, 30_000_000, 0)
