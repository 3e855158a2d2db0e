"""What more communication qubits would save, as the report says it."""

from __future__ import annotations

import json

import pytest

import qdsl
from qdsl.report.data import Report
from qdsl.report.html import render_html
from qdsl.report.text import render_report

MODEL = """network line3 = line(3) {{ qubits 2, comm {comm}, rate 100 Hz }}
model m() on line3 {{
  qubits q[5]
  {gate}
  return probability(q)
}}
"""
WIDE, NARROW = "ctrl(4) @ z q[0..4], q[4]", "cz q[0], q[4]"


def report_of(comm: int, gate: str, **options: object) -> tuple[Report, str]:
    text = MODEL.format(comm=comm, gate=gate)
    return qdsl.loads(text).compile(options=options).report(), text


def test_a_wide_gate_would_need_fewer_ebits_with_more_communication_qubits() -> None:
    report, _ = report_of(2, WIDE)
    found = report.more_room
    assert found is not None
    assert (found.nodes, found.communication_qubits) == (("node1",), 3)
    wider = MODEL.format(comm=3, gate=WIDE)
    assert found.ebits == qdsl.loads(wider).compile().cost.ebits < report.cost.ebits
    says = "with 3 communication qubits at node1 this program would need 3 ebits instead of 4"
    assert says in " ".join(render_report(report).split())
    assert says in " ".join(render_html(report).split())
    assert Report.from_json(json.loads(json.dumps(report.to_json()))).more_room == found


@pytest.mark.parametrize(
    ("comm", "gate", "options"), [(2, NARROW, {}), (4, WIDE, {}), (2, WIDE, {"keep_wide": False})]
)
def test_nothing_is_said_where_no_gate_is_too_wide(
    comm: int, gate: str, options: dict[str, object]
) -> None:
    report, _ = report_of(comm, gate, **options)
    assert report.more_room is None
    assert "more_room" not in report.to_json()
    assert "instead of" not in render_report(report)
