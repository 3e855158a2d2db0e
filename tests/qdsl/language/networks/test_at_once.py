"""`gates_at_once` in programs, sweeps, reports and files; schedules: `tests/passes/schedule`."""

from __future__ import annotations

import json

import pytest

import qdsl
from qdsl.analysis.critical_path import CriticalPath
from qdsl.diagnostics.source import Source
from qdsl.language.check import check_text
from qdsl.language.formatting.format import format_source
from qdsl.report.data import Report
from qdsl.report.text import render_report

TRAPS = """
network traps {
  node a { qubits 2, comm 2, gate_time 100 us, one_qubit_time 10 us, readout_time 300 us LIMIT }
  node b { qubits 2, comm 2, gate_time 100 us, one_qubit_time 10 us, readout_time 300 us LIMIT }
  link a -- b { rate 1 kHz, channels 2, latency 50 us }
}
model m() on traps {
  qubits p[2], q[2]
  at a { h p }
  at b { h q }
  cx p[0], q[0]
  cx p[1], q[1]
  return sample(p, q)
}
"""


def report(limit: str) -> Report:
    return qdsl.loads(TRAPS.replace("LIMIT", limit)).compile().report()


def test_reports_say_what_a_node_can_do_and_what_that_costs() -> None:
    free, limited = report(""), report(", gates_at_once 1, two_qubit_gates_at_once 1")
    assert free.time_use is not None and limited.time_use is not None
    assert free.time_use.path == CriticalPath(1_000_000, 100_000, 830_000, 0, 0)
    assert limited.time_use.path.total == 2_450_000
    assert limited.time_use.path == CriticalPath(1_000_000, 100_000, 850_000, 0, 500_000)
    text = " ".join(render_report(limited).split())
    assert "1 operation at a time, 1 gate on two qubits or more at a time" in text
    assert "other gates that others of the node wait for 500 us" in text
    assert "other gates" not in render_report(free) and "at a time" not in render_report(free)
    again = Report.from_json(json.loads(json.dumps(limited.to_json())))
    assert again.time_use == limited.time_use and again.network == limited.network


def test_reports_of_earlier_versions_are_read() -> None:
    old = report("").to_json()
    del old["time_use"]["path"]["other_gates"]
    assert Report.from_json(old).time_use == report("").time_use


def test_a_sweep_says_how_many_are_enough() -> None:
    program = qdsl.loads(TRAPS.replace("LIMIT", ", gates_at_once 1"))
    found = qdsl.sweep(program, over={"node.gates_at_once": "1..3"}, needs={"makespan": "2 ms"})
    assert [p.makespan for p in found.points] == [2_450_000, 1_930_000, 1_930_000]
    (threshold,) = found.thresholds
    assert threshold.value == 2
    one = qdsl.sweep(program, over={"node.gates_at_once": 1})
    assert one.bottleneck is not None
    gain = next(g for g in one.bottleneck.gains if g.resource == "node.gates_at_once")
    assert (gain.before, gain.after) == ("1", "2")
    spent = one.to_json()["bottleneck"]["critical_path_ns"]
    assert spent["other_gates"] == 500_000


def test_a_demand_that_is_missed_names_the_limit() -> None:
    """Half of the time is spent waiting for other gates, and two at once would do."""
    program = qdsl.loads(TRAPS.replace("LIMIT", ", gates_at_once 1"))
    found = qdsl.sweep(program, over={"node.a.qubits": 2}, needs={"makespan": "1.95 ms"})
    assert found.unreached is not None and "node.gates_at_once 2" in str(found.unreached.help)


def test_it_is_formatted() -> None:
    text = "network n{node a{qubits 2,gates_at_once 1}node b{qubits 2}link a--b{rate 1 Hz}}\n"
    assert "node a { qubits 2, gates_at_once 1 }" in format_source(Source("n.qdm", text))


@pytest.mark.parametrize("key", ["gates_at_once", "two_qubit_gates_at_once"])
def test_a_misspelt_name_is_recognised(key: str) -> None:
    _, problems = check_text(TRAPS.replace("LIMIT", f", {key[:-1]} 1"))
    assert [(p.code, p.help) for p in problems] == [("QDM402", f"did you mean '{key}'?")] * 2
