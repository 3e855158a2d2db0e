"""The report: its JSON form, its schema, its text, and that the same input gives the same bytes."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from typing import Any

import jsonschema
import pytest

import qdsl
from qdsl.diagnostics.numbers import count, duration
from qdsl.report.data import DisclosureFacts, NotAReport, Report
from qdsl.report.text import render_report
from qdsl.run.result import RunResult, Training
from qdsl.verify.result import Check, Verification
from tests.qdsl.report.schema import schema_text
from tests.sources import BELL, EXAMPLES, MODELS, PARTIES

SCHEMA = EXAMPLES.parent / "docs" / "reference" / "report.schema.json"
ESCAPE = re.compile(r"\x1b\[[0-9;]*m")


@pytest.fixture(scope="module")
def report() -> Report:
    """A report with everything in it: disclosures, training, samples."""
    compiled = qdsl.loads(BELL).compile(options={"policy": "alap"})
    training = Training("adam(lr = 0.05)", 2, 1, (0.5, 0.25), 0.5, 0.125, 0.5, None, "gradients")
    result = compiled.run(shots=100, seed=3)
    told = (DisclosureFacts("x", "alice", "bob", 64),)
    result = replace(result, training=training, loss=0.1, accuracy=0.75, random_inputs=("x",))
    return replace(compiled.report(result), disclosures=told)


def through_json(report: Report) -> Report:
    return Report.from_json(json.loads(json.dumps(report.to_json())))


def test_json_and_back(report: Report) -> None:
    again = through_json(report)
    assert again.to_json() == report.to_json()
    assert render_report(again) == render_report(report)
    assert again.result == report.result
    assert again.cost == report.cost
    assert again.network.nodes == report.network.nodes


def test_times_are_shown_and_not_saved(report: Report) -> None:
    assert "seconds" not in json.dumps(report.to_json())
    assert " s\n" in render_report(report, timing=True)
    assert render_report(through_json(report), timing=True) != render_report(report, timing=True)


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        (["schema"], "qdsl-report/0", "not a qdsl-report/2 document"),
        (["cost", "ebits"], "many", "report.cost.ebits is no int"),
        (["cost", "ebits"], True, "report.cost.ebits is no int"),
        (["cost"], [], "report.cost is no object"),
        (["passes"], {}, "report.passes is no list"),
        (["passes", 0, "name"], None, r"report.passes\[0\].name is no str"),
        (["program", "values"], None, "report.program.values is no list"),
    ],
)
def test_other_documents_are_refused(
    report: Report, path: list[Any], value: Any, says: str
) -> None:
    document = json.loads(json.dumps(report.to_json()))
    place = document
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    with pytest.raises(NotAReport, match=says):
        Report.from_json(document)


@pytest.mark.parametrize(
    "document", [None, [], {}, "x", {"schema": "qdsl-report/1"}, {"schema": "qdsl-report/2"}]
)
def test_what_is_no_report_is_refused(document: Any) -> None:
    with pytest.raises(NotAReport):
        Report.from_json(document)


# ---- the schema --------------------------------------------------------------------------


def test_the_schema_file_is_the_schema() -> None:
    """After a change: `print(schema_text())`."""
    assert SCHEMA.read_text() == schema_text()


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(json.loads(SCHEMA.read_text()))


def test_a_full_report_fits_the_schema(report: Report) -> None:
    jsonschema.validate(json.loads(json.dumps(report.to_json())), json.loads(SCHEMA.read_text()))


@pytest.mark.parametrize("key", ["cost", "verification", "schema"])
def test_the_schema_can_say_no(report: Report, key: str) -> None:
    document = json.loads(json.dumps(report.to_json()))
    for broken in ({**document, key: 1}, {k: v for k, v in document.items() if k != key}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(broken, json.loads(SCHEMA.read_text()))


# ---- the text ----------------------------------------------------------------------------


def wide() -> Report:
    """Long names everywhere."""
    text = PARTIES
    for name in ("alice", "bob", "lan", "parties"):
        text = text.replace(name, f"{name}_of_the_{'very_' * 12}long_name")
    return qdsl.loads(text, name="a folder/" * 20 + "x.qdm").compile(verify=False).report()


def test_no_line_is_longer_than_80(report: Report) -> None:
    full = Verification((Check("m" * 70, True, "word " * 60), Check("x", None, "y" * 200)))
    costs = replace(
        report.cost,
        ebits=10**9,
        makespan_ns=10**17,
        by_primitive={f"primitive {k}": 10**8 for k in range(9)},
    )
    many = replace(
        report.cost,
        lines=report.cost.lines * 40,
        nodes=report.cost.nodes * 30,
        links=report.cost.links * 50,
    )
    for each in (
        report,
        wide(),
        replace(report, verification=full),
        replace(report, cost=costs),
        replace(report, cost=many),
    ):
        for timing in (False, True):
            lines = render_report(each, timing=timing).splitlines()
            assert max(map(len, lines)) <= 80, max(lines, key=len)


def test_long_tables_are_cut_short(report: Report) -> None:
    text = render_report(replace(report, cost=replace(report.cost, nodes=report.cost.nodes * 30)))
    assert "(+48 more nodes)" in text


def test_colour_only_adds_escapes(report: Report) -> None:
    coloured = render_report(report, color=True)
    assert "\x1b[32m" in coloured
    assert ESCAPE.sub("", coloured) == render_report(report)
    assert "\x1b" not in render_report(report)


def test_source_text_brings_no_escapes(report: Report) -> None:
    line = replace(report.cost.lines[0], text="\x1b[31mred\tcx a\x07, b")
    text = render_report(replace(report, cost=replace(report.cost, lines=(line,))))
    assert "\x1b" not in text and "\x07" not in text


def test_verdicts(report: Report) -> None:
    def text(*equal: bool | None) -> str:
        checks = tuple(Check("method", e, "detail") for e in equal)
        whole = render_report(replace(report, verification=Verification(checks)))
        return whole.partition("Cost of one execution")[0]

    assert "equal to its source, proved" in text(True, None)
    assert "NOT EQUAL to its source" in text(True, False)
    assert "NOT EQUAL to its source" in text(None, False)
    assert "not proved" in text(None, None)
    assert "proved" not in text(False).replace("NOT", "")


def test_counts_and_times() -> None:
    assert [count(k, "item") for k in (0, 1, 2)] == ["0 items", "1 item", "2 items"]
    assert [duration(t) for t in (0, 999, 1000, 40_123_456, 2.5e9)] == [
        "0 ns",
        "999 ns",
        "1 us",
        "40.1 ms",
        "2.5 s",
    ]


def test_one_of_a_thing_is_not_several() -> None:
    report = qdsl.loads(MODELS).compile("alone", settings={"n": 1}).report()
    text = render_report(replace(report, result=RunResult(None, "jax", 1, 0, 1, ())))
    assert "1 qubit, 1 operation, 1 node\n" in text
    assert "1 shot, by jax, seed 0, 1 item\n" in text
    assert not re.search(r"\b1 \w+s\b", text.partition("Cost of")[0])


# ---- the same bytes ----------------------------------------------------------------------

SCRIPT = """\
import json, sys, qdsl
from qdsl.report.text import render_report
for name in sys.argv[1:]:
    report = qdsl.load(name).compile(settings={} if "party" in name else {"n": 6}).report()
    print(json.dumps(report.to_json()), render_report(report))
"""


def test_the_same_bytes_whatever_the_hash_seed() -> None:
    names = [str(EXAMPLES / f"{name}.qdm") for name in ("qaoa", "qft", "two_party")]
    outputs = {
        subprocess.run(
            [sys.executable, "-c", SCRIPT, *names],
            capture_output=True,
            check=True,
            env={**os.environ, "PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("0", "1", "4242")
    }
    assert len(outputs) == 1
    assert len(outputs.pop()) > 3000
