"""Two reports side by side, and limits for CI."""

from __future__ import annotations

import copy
import json
from math import inf
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from qdsl.cli.commands import cli
from qdsl.report.compare import (
    METRICS,
    BadLimit,
    Change,
    Limit,
    compare,
    render_comparison,
)
from qdsl.report.data import NotAReport
from tests.qdsl.report.pages import EVIL, bell, full_report
from tests.sources import BELL, MODELS


def report_with(**changes: Any) -> dict[str, Any]:
    """The Bell program's report in JSON form, its costs replaced."""
    document = json.loads(json.dumps(full_report().to_json()))
    document["cost"].update(changes)
    return dict(document)


def test_what_changes_and_by_how_much() -> None:
    found = compare(report_with(ebits=100, rounds=0), report_with(ebits=103, rounds=2))
    assert found.change("ebits").relative == pytest.approx(0.03)
    assert found.change("rounds").relative == inf
    assert found.change("messages").relative == 0
    assert {c.name for c in found.changes} == set(METRICS), "this report holds every metric"
    text = render_comparison(found, ("a.qdm", "b.qdm"))
    assert "ebits                               100                    103       +3.0%" in text
    assert "from 0" in text
    assert max(map(len, text.splitlines())) <= 80


@pytest.mark.parametrize(
    ("limit", "a", "b", "fails"),
    [
        ("ebits>+2%", 100, 102, False),
        ("ebits>+2%", 100, 103, True),
        ("ebits>+2%", 0, 0, False),
        ("ebits>+2%", 0, 1, True),
        ("ebits>=+3%", 100, 103, True),
        ("ebits>+2", 100, 102, False),
        ("ebits > +2", 100, 103, True),
        ("ebits<-5%", 100, 96, False),
        ("ebits<-5%", 100, 94, True),
        ("ebits>120", 500, 120, False),
        ("ebits>1.2e2", 0, 121, True),
        ("ebits<=120", 0, 120, True),
    ],
)
def test_limits(limit: str, a: int, b: int, fails: bool) -> None:
    found = compare(report_with(ebits=a), report_with(ebits=b))
    assert Limit.parse(limit).fails(found) is fails


@pytest.mark.parametrize(
    ("limit", "says"),
    [
        ("ebits", "write one like"),
        ("ebits>2%", "needs a sign"),
        ("", "is no limit"),
        ("ebit>+2%", "there is no metric 'ebit'; there are ebits"),
        ("ebits>>3", "is no limit"),
        ("ebits=3", "is no limit"),
        ("ebits>+x", "is no limit"),
    ],
)
def test_limits_that_cannot_be_read(limit: str, says: str) -> None:
    with pytest.raises(BadLimit, match=says):
        Limit.parse(limit)


def test_a_limit_on_what_a_report_does_not_hold() -> None:
    bare = bell().report().to_json()
    with pytest.raises(BadLimit, match="a report does not hold accuracy"):
        Limit.parse("accuracy<0.9").fails(compare(bare, bare))
    with pytest.raises(BadLimit, match="there is no metric 'x'"):
        compare(bare, bare).change("x")


def test_reports_of_other_versions() -> None:
    """Older and newer ones: fields that are missing, new ones, another schema number."""
    new = report_with()
    new |= {"schema": "qdsl-report/7", "invented": {"deep": [1]}}
    old = {"schema": "qdsl-report/1", "cost": {"ebits": 3, "links": "none"}, "network": None}
    found = compare(old, new)
    assert found.change("ebits").a == 3
    assert found.change("rounds") == Change("rounds", None, new["cost"]["rounds"])
    text = render_comparison(found, ("old", "new"))
    assert "? on ?" in text and max(map(len, text.splitlines())) <= 80
    assert found.to_json()["metrics"]["rounds"]["relative"] is None


@pytest.mark.parametrize("document", [None, [], {}, {"schema": 3}, {"schema": "qdsl-reports/1"}])
def test_what_is_no_report(document: Any) -> None:
    with pytest.raises(NotAReport, match="the second is not a report"):
        compare(report_with(), document)


def test_hostile_numbers_and_names() -> None:
    document = report_with(ebits=10**400, rounds=float("nan"), messages=True)
    document["network"]["name"] = f"{EVIL}\x1b[31m"
    found = compare(report_with(), document)
    assert found.change("ebits").b is None and found.change("rounds").b is None
    assert found.change("messages").b is None
    text = render_comparison(found, ("a\x1b[31m", "b" * 300))
    assert "\x1b" not in text
    assert max(map(len, text.splitlines())) <= 80
    json.dumps(copy.deepcopy(found.to_json()), allow_nan=False)


# ---- the command ---------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "bell.qdm").write_text(BELL)
    (tmp_path / "models.qdm").write_text(MODELS)
    (tmp_path / "saved.json").write_text(json.dumps(report_with(ebits=7)))
    (tmp_path / "broken.json").write_text("[" * 5000)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*words: str) -> tuple[int, str, str]:
    done = CliRunner().invoke(cli, ["compare", *words])
    return done.exit_code, done.stdout, done.stderr


def test_one_program_in_two_ways(folder: Path) -> None:
    models = ("models.qdm", "--model", "first", "--set", "n=2", "--set", "depth=1", "--no-verify")
    code, out, _ = run(*models, "--b", "--set depth=4", "--json")
    assert code == 0
    found = json.loads(out)
    assert found["facts"]["settings"] == {"a": "depth=1, n=2", "b": "depth=4, n=2"}
    assert found["metrics"]["operations"]["b"] > found["metrics"]["operations"]["a"]
    code, out, _ = run("models.qdm", "--model", "alone", "--b", "--network lan", "--no-verify")
    assert code == 0 and "alone on lan" in out and "alone on one device" in out
    code, _, err = run("bell.qdm", "--b", "--network far", "--no-verify")
    assert code == 1 and "QDM" in err, "no such nodes there"


NODES = '{"nodes": [{"id": "a", "qubits": 1}, {"id": "b", "qubits": 1}],'
USED = {
    "lib.qdm": "circuit g on q { h q }",
    "c.qasm": 'OPENQASM 2.0; include "qelib1.inc"; qreg q[1]; h q;',
    "net.json": NODES + '"links": [{"source": "a", "target": "b", "fidelity": 0.9}]}',
}
USER = """use "lib.qdm"
network net = from "net.json"
circuit c from "c.qasm"
model m() on net { qubits q; g q; c q; return sample(q) }
"""


@pytest.mark.parametrize(("name", "old", "new"), [
    ("lib.qdm", "h q", "x q"), ("c.qasm", "h q", "x q"), ("net.json", "0.9", "0.91"),
])  # fmt: skip
@pytest.mark.needs("qiskit")
def test_another_used_file_is_another_program(folder: Path, name: str, old: str, new: str) -> None:
    for file, text in (USED | {"u.qdm": USER}).items():
        (folder / file).write_text(text)
    saved = json.loads(CliRunner().invoke(cli, ["report", "u.qdm", "--json"]).stdout)
    assert [n for n, _ in saved["provenance"]["files"]] == sorted(USED)
    (folder / "first.json").write_text(json.dumps(saved))
    (folder / name).write_text(USED[name].replace(old, new))
    facts = json.loads(run("first.json", "u.qdm", "--json")[1])["facts"]
    assert facts["source hash"]["a"] == facts["source hash"]["b"]
    assert facts["used files"]["a"] != facts["used files"]["b"]
    assert (facts["network hash"]["a"] != facts["network hash"]["b"]) == (name == "net.json")
    assert "used files" not in compare(report_with(), report_with()).to_json()["facts"]


def test_two_networks_of_one_name() -> None:
    a, b = report_with(), report_with()
    b["network"]["nodes"][0]["gate_fidelity"] -= 1e-15
    facts = {name: (x, y) for name, x, y in compare(a, b).facts}
    assert facts["program"][0] == facts["program"][1]
    assert facts["network hash"][0] != facts["network hash"][1]


def test_two_programs_or_reports_with_limits(folder: Path) -> None:
    code, out, _ = run("bell.qdm", "saved.json", "--fail-if", "ebits>+0", "--fail-if", "rounds>99")
    assert code == 1 and "7" in out
    code, _, err = run("saved.json", "bell.qdm", "--fail-if", "ebits>+0", "--fail-if", "rounds>99")
    assert code == 0 and err == ""
    code, out, err = run("bell.qdm", "saved.json", "--json", "--fail-if", "ebits>+10%")
    assert code == 1 and json.loads(out)["failures"] == ["ebits>+10%"]
    assert "limits exceeded: ebits>+10%" in err


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("bell.qdm",), "give two files, or one file and options that differ"),
        (("bell.qdm", "--b", "--sett n=2"), "--b '--sett n=2': No such option"),
        (("bell.qdm", "--b", "'"), "cannot be read"),
        (("bell.qdm", "--b", "--json"), "No such option"),
        (("bell.qdm", "--b", "--set n=x"), "--set expects NAME=INT"),
        (("bell.qdm", "--b", "--set m=3"), "has no parameter 'm'"),
        (("saved.json", "bell.qdm", "--a", "--set n=3"), "a saved report, which takes no options"),
        (("bell.qdm", "broken.json"), "cannot be read as a report"),
        (("bell.qdm", "none.json"), "cannot be read as a report"),
        (("bell.qdm", "saved.json", "--fail-if", "x>1"), "there is no metric 'x'"),
    ],
)
def test_what_cannot_be_compared(folder: Path, words: tuple[str, ...], says: str) -> None:
    code, _, err = run(*words, "--no-verify")
    assert code == 2
    assert says in " ".join(err.split())
    assert "Traceback" not in err
