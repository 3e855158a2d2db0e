"""Objects at the prompt: a line each, and a report in full when it is printed."""

from __future__ import annotations

import qdsl
from qdsl.report.text import render_report
from tests.sources import EXAMPLES


def test_a_line_each_and_a_report_in_full() -> None:
    program = qdsl.load(EXAMPLES / "ising.qdm")
    compiled = program.compile()
    report = compiled.report()
    assert repr(program).endswith("ising.qdm: model cluster, ising; network lab>")
    assert repr(compiled) == "<Compiled ising on lab (3 nodes): 6 qubits, 4 ebits>"
    assert repr(report) == "<Report ising on lab: 4 ebits, equal to its source, proved>"
    assert repr(report.network) == "<Network lab: nodes 3, links 2>"
    assert str(report) + "\n" == render_report(report)
    early = program.compile(passes=("canonicalize",))
    assert repr(early) == "<Compiled ising: Circuit>"
    assert repr(qdsl.loads("")) == "<Program <text>: empty>"
