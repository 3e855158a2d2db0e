"""What the analyses find, in the text and JSON of the report, for every known model."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache

import jsonschema
import pytest

import qdsl
from qdsl.analysis.findings import Crossover
from qdsl.report.data import Report
from qdsl.report.markdown import render_markdown
from qdsl.report.text import render_cost, render_report
from tests.qdsl.analysis.known import Known
from tests.qdsl.analysis.models import KNOWN, UNOWNED
from tests.sources import EXAMPLES

SCHEMA = json.loads((EXAMPLES.parent / "docs" / "reference" / "report.schema.json").read_text())
TEXT = {k.name: k.text for k in KNOWN}


@cache
def report(name: str) -> Report:
    return qdsl.loads(TEXT[name]).compile(verify=False).report()


@pytest.mark.parametrize("known", KNOWN, ids=lambda k: k.name)
def test_every_report_is_shown(known: Known) -> None:
    found = report(known.name)
    for text in (render_report(found), render_cost(found)):
        assert max(map(len, text.splitlines())) <= 80
    assert f"  advantage  {known.verdict}" in render_report(found)
    document = json.loads(json.dumps(found.to_json()))
    jsonschema.validate(document, SCHEMA)
    again = Report.from_json(document)
    assert (again.shot_budget, again.baselines, again.advantage, again.privacy) == (
        found.shot_budget,
        found.baselines,
        found.advantage,
        found.privacy,
    )


@pytest.mark.parametrize("text", UNOWNED)
def test_nothing_is_compared_where_nothing_is_owned(text: str) -> None:
    compiled = qdsl.loads(text).compile(verify=False)
    found = compiled.report()
    assert (found.advantage, found.baselines, found.privacy) == (None, None, None)
    jsonschema.validate(json.loads(json.dumps(found.to_json())), SCHEMA)
    shown = (render_report(found), render_cost(found), render_markdown(found), compiled.html())
    for said in ("inference", "advantage", "compute alone", "by classical", "Classical protocols"):
        assert not [text for text in shown if f">{said}" in text or f" {said}" in text], said
    assert "outputs" in render_report(found)


def test_vacuous_bounds_are_marked() -> None:
    text = render_report(report("two parties, layers of gates"))
    assert "*: vacuous, the bound reaches the secret" in text
    assert "5,904*" in text
    assert "vacuous" not in render_report(report("sample of a hidden matching"))


def test_what_privacy_takes_for_granted_is_said() -> None:
    said = "where nodes only swap entanglement, they are taken to be honest"
    line = """
network line {
  node alice { qubits 2, comm 2 }
  node bob { qubits 2, comm 2 }
  node carol { qubits 2, comm 2 }
  link alice -- bob { fidelity 0.97, rate 200 Hz }
  link bob -- carol { fidelity 0.97, rate 200 Hz }
}
model m on line {
  data x: real[2] owner alice
  param b: angle[1] owner carol
  qubits q[1]
  at alice { amplitude(x) q[0] }
  at carol { ry(b[0]) q[0] }
  return expect(Z q[0])
}
"""
    found = qdsl.loads(line).compile(verify=False).report()
    assert said in render_report(found)
    assert said in render_markdown(found)
    assert said not in render_report(report("two parties, layers of gates"))


def test_the_protocols_come_by_their_bits() -> None:
    text = render_report(report("two parties, layers of gates"))
    names = ("send bob's parameters", "send alice's data", "activations", "local operations")
    places = [text.index(name) for name in names]
    assert places == sorted(places)
    assert "2^31.5" in text
    assert "SimHash" not in text


@pytest.mark.parametrize(
    ("crossover", "says"),
    [
        (Crossover("n", 2, 9, None, False, None, "compiled"), "none from n = 2 to 9, compiled"),
        (Crossover("n", 2, 9, 4, True, "SimHash", "compiled"), "fewer ebits than by SimHash"),
        (Crossover("n", 2, 9, 4, False, "SimHash", "formula"), "at n = 4 (formula), not for good"),
    ],
)
def test_crossovers_in_words(crossover: Crossover, says: str) -> None:
    found = report("sample of a hidden matching")
    assert found.advantage is not None
    shown = replace(found, advantage=replace(found.advantage, crossover=crossover))
    assert says in " ".join(render_report(shown).split())


def test_the_same_findings_again() -> None:
    for name in ("a scrambling circuit", "two parties, layers of gates"):
        again = qdsl.loads(TEXT[name]).compile(verify=False).report()
        assert json.dumps(again.to_json()) == json.dumps(report(name).to_json())
