"""`qdsl sweep`: its forms, its exit codes, and what Ctrl-C leaves."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest
from click.testing import CliRunner, Result

import qdsl
from qdsl.cli.commands import cli
from qdsl.cli.output import ProgressLine
from tests.sources import EXAMPLES, ROOT

IONS = str(EXAMPLES / "ions.qdm")


def invoke(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["sweep", *arguments])


def test_the_text_is_that_of_the_api_in_80_columns() -> None:
    ended = invoke(IONS, "--over", "link.rate=10..1e6", "--points", "4", "--need", "makespan=10ms")
    assert ended.exit_code == 0
    found = qdsl.sweep(IONS, {"link.rate": "10..1e6"}, {"makespan": "10ms"}, points=4)
    assert ended.stdout == str(found)
    assert max(map(len, ended.stdout.splitlines())) <= 80
    assert f"link.rate of at least {found.least:g} Hz" in " ".join(ended.stdout.split())
    assert "What limits it" in ended.stdout


def test_a_grid_has_80_columns_and_marks_what_meets_the_needs() -> None:
    ended = invoke(IONS, "--over", "link.latency=1us..1s", "--over", "node.comm=1..2", "--need",
                   "fidelity=0.75", "--need", "makespan=30ms", "--points", "3")  # fmt: skip
    assert ended.exit_code == 0
    assert max(map(len, ended.stdout.splitlines())) <= 80
    assert "ms*" in ended.stdout and re.search(r"node.comm +link.latency +binding", ended.stdout)


def test_many_columns_are_in_several_parts() -> None:
    over = ("--over", "node.comm=1..2", "--over", "link.rate=1..1e6")
    ended = invoke(IONS, *over, "--points", "12")
    assert max(map(len, ended.stdout.splitlines())) <= 80
    assert ended.stdout.count("makespan by node.comm") == 1
    assert len(re.findall(r"^node\.comm  ", ended.stdout, re.MULTILINE)) == 4


def test_json_and_csv_have_every_point(tmp_path: Path) -> None:
    over = (IONS, "--over", "link.rate=10..1e4", "--points", "3", "--monte-carlo", "40")
    document = json.loads(invoke(*over, "--need", "p95=1s", "--json").stdout)
    assert document["schema"] == "qdsl-sweep/1"
    assert [p["at"]["link.rate"] for p in document["points"]] == document["axes"][0]["values"]
    assert all(p["p95_ns"] >= p["mean_ns"] for p in document["points"])
    assert document["needs"] == [{"quantity": "p95_ns", "at_most": 1e9}]
    file = tmp_path / "points.csv"
    assert invoke(*over, "--csv", "-o", str(file)).exit_code == 0
    rows = list(csv.DictReader(io.StringIO(file.read_text())))
    assert [float(r["makespan_ns"]) for r in rows] == [p["makespan_ns"] for p in document["points"]]
    assert float(rows[0]["error: links"]) == document["points"][0]["error_budget"]["link"]


@pytest.mark.parametrize(
    ("over", "needs", "runs"),
    [
        ({"link.rate": "10..1e4"}, {"makespan": "10ms", "p95": 1}, 20),
        ({"link.fidelity": [0.9, 0.99], "node.comm": [0, 1, 2]}, {"fidelity": 0.8}, 0),
        ({"link.latency": [0, 1]}, {"fidelity": 0.999}, 0),
        ({"node.qubits": [1]}, {"ebits": 3}, 0),
    ],
)
def test_every_document_has_its_schema(
    over: dict[str, Any], needs: dict[str, Any], runs: int
) -> None:
    schema = json.loads((ROOT / "docs" / "reference" / "sweep.schema.json").read_text())
    found = qdsl.sweep(IONS, over, needs, points=3, runs=runs, verify=False)
    jsonschema.validate(json.loads(json.dumps(found.to_json(), allow_nan=False)), schema)
    jsonschema.validate(json.loads(json.dumps(replace(found, is_complete=False).to_json())), schema)


@pytest.mark.parametrize("second", [[], ["--over", "node.comm=1..2"]])
def test_the_page_is_one_file_with_pictures(second: list[str], tmp_path: Path) -> None:
    files = [tmp_path / "a.html", tmp_path / "b.html"]
    for file in files:
        over = ["--over", "link.rate=10..1e4", *second, "--points", "3", "--need", "fidelity=0.75"]
        assert invoke(IONS, *over, "--html", str(file)).exit_code == 0
    text = files[0].read_text()
    assert text == files[1].read_text()
    assert "http" not in text.replace("http-equiv", "").replace("http://www.w3.org/2000/svg", "")
    pictures = re.findall(r"<svg.*?</svg>", text, re.DOTALL)
    assert len(pictures) >= 2
    for picture in pictures:
        assert ElementTree.fromstring(picture) is not None
    assert ("curves heat" in text) == bool(second)
    assert "\\u{" not in text  # no character that would be shown as an escape


def test_a_demand_that_is_not_reached_ends_with_1_and_a_diagnostic() -> None:
    asked = (IONS, "--over", "link.fidelity=0.99,0.999", "--need", "fidelity=0.99")
    ended = invoke(*asked)
    assert ended.exit_code == 1
    assert "error[QDM780]: fidelity >= 0.99 is not reached" in ended.stderr
    assert "No point of this sweep meets that" in ended.stdout
    machine = invoke(*asked, "--json")
    assert machine.exit_code == 1
    assert json.loads(machine.stdout)["unreached"]["code"] == "QDM780"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--over", "link.rate"), "--over expects NAME=VALUES"),
        (("--over", "link.rat=1..2"), "did you mean 'link.rate'"),
        (("--over", "link.rate=1..2", "--over", "link.rate=1..3"), "given twice"),
        (("--over", "link.rate=1..2", "--need", "fidelity"), "--need expects"),
        (("--over", "link.rate=1..2", "--json", "--csv"), "choose one of"),
        (("--over", "link.rate=1..2", "--points", "1000000000"), "2 to 2000 points"),
        ((), "Missing option '--over'"),
    ],
)
def test_wrong_requests_end_with_2(arguments: tuple[str, ...], said: str) -> None:
    ended = invoke(IONS, *arguments)
    assert ended.exit_code == 2
    assert said in ended.stderr


def test_signs_of_demands_may_be_written() -> None:
    ended = invoke(IONS, "--over", "link.rate=1e3", "--need", "fidelity>=0.5", "--need",
                   "makespan<=1s")  # fmt: skip
    assert ended.exit_code == 0
    assert "Needed: fidelity >= 0.5 and makespan <= 1 s." in ended.stdout


def test_openqasm_with_a_network() -> None:
    network = "line(2) { qubits 4, comm 2, fidelity 0.97, rate 200 Hz }"
    ended = invoke(str(EXAMPLES / "adder.qasm"), "--network", network, "--over", "link.rate=10,100")
    assert ended.exit_code == 0
    assert re.search(r"^ +10 Hz ", ended.stdout, re.MULTILINE)


def test_progress_tells_how_long_the_rest_takes(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    now = [100.0]
    monkeypatch.setattr("qdsl.cli.output.monotonic", lambda: now[0])
    line = ProgressLine(quiet=False)
    line.on = True
    for k, seconds in ((0, 0.0), (1, 1.0), (2, 4.0), (9, 8.0), (10, 1.0)):
        now[0] += seconds
        line.bar(k, 10, f"{k}/10")
    line.bar(0, 4, "another")
    said = capsys.readouterr().err.split("\r  ")[1:]
    assert ["about" in text for text in said] == [False, False, True, True, False, False]
    assert said[2].endswith("2/10, about 20 s left") and said[3].endswith("about 1 s left")


@pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX")
def test_ctrl_c_shows_what_is_finished(tmp_path: Path) -> None:
    """The second point interrupts the process itself."""
    script = tmp_path / "interrupted.py"
    script.write_text(
        "import os, signal, sys\n"
        "from qdsl.studies.design.evaluate import Evaluator\n"
        "point, seen = Evaluator.point, []\n"
        "def interrupted(self, network, at=()):\n"
        "    seen.append(at)\n"
        "    if len(seen) == 3:\n"
        "        os.kill(os.getpid(), signal.SIGINT)\n"
        "    return point(self, network, at)\n"
        "Evaluator.point = interrupted\n"
        f"sys.argv = ['qdsl', 'sweep', {IONS!r}, '--over', 'link.rate=10..1e5', '--points', '9']\n"
        "from qdsl.cli import main\n"
        "main()\n"
    )
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    ended = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, env=env, check=False
    )
    assert ended.returncode == 128 + signal.SIGINT
    assert "Stopped: these points were finished." in ended.stdout
    assert ended.stdout.count(" Hz ") == 2
    assert (
        "Traceback" not in ended.stderr
        and "qdsl: stopped; the points above were finished" in ended.stderr
    )
