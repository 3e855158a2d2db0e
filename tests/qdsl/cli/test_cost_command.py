"""`qdsl cost` on the command line: one size, sweeps, forms, and what it refuses."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest

from qdsl.cli import main
from tests.sources import EXAMPLES

Cost = Callable[..., tuple[int, str, str]]
TWO_PARTY = EXAMPLES / "two_party.qdm"
MATCHING = EXAMPLES / "matching.qdm"
DOCS = EXAMPLES.parent / "docs" / "reference"


@pytest.fixture
def cost(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Cost:
    """`qdsl cost ...`, in this process: exit code, output, errors."""

    def call(*arguments: str | Path) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["qdsl", "cost", *map(str, arguments)])
        capsys.readouterr()
        try:
            main()
            code = 0
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else int(bool(end.code))
        out, err = capsys.readouterr()
        assert "Traceback" not in out + err
        return code, out, err

    return call


def test_one_size(cost: Cost) -> None:
    code, out, _ = cost(TWO_PARTY, "--experiment", "fit")
    assert code == 0
    headings = ("Cost of one execution", "Links", "Nodes", "Layers", "Primitives", "Shot budget")
    for heading in headings:
        assert f"\n{heading}" in out
    assert "training: commuting blocks" in out
    assert max(map(len, out.splitlines())) <= 80


def test_the_accuracy_is_asked_for(cost: Cost) -> None:
    _, out, _ = cost(TWO_PARTY, "--epsilon", "0.01", "--delta", "0.1")
    assert "at epsilon 0.01, confidence 0.9 (as asked)" in out
    _, out, _ = cost(TWO_PARTY)
    assert "(assumed)" in out
    document = json.loads(cost(TWO_PARTY, "--epsilon", "0.01", "--json")[1])
    jsonschema.validate(document, json.loads((DOCS / "report.schema.json").read_text()))
    assert document["shot_budget"]["epsilon"] == 0.01
    assert document["shot_budget"]["stated"] is True


def test_a_sweep_in_all_forms(cost: Cost, tmp_path: Path) -> None:
    sweep = ("--sweep", "n=2..6 step 2", "--sweep", "layers=1,3")
    code, out, _ = cost(TWO_PARTY, *sweep)
    assert code == 0
    assert "crossover (at layers = 1): none from n = 2 to 6" in out
    _, text, _ = cost(TWO_PARTY, *sweep, "--csv")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [(r["n"], r["layers"]) for r in rows] == [(n, k) for n in "246" for k in "13"]
    assert [r["ebits"] for r in rows] == ["4", "12", "8", "24", "12", "36"]
    document = json.loads(cost(TWO_PARTY, *sweep, "--json")[1])
    jsonschema.validate(document, json.loads((DOCS / "scaling.schema.json").read_text()))
    assert [a["values"] for a in document["axes"]] == [[2, 4, 6], [1, 3]]
    picture, table = tmp_path / "x.svg", tmp_path / "x.csv"
    code, out, _ = cost(TWO_PARTY, *sweep, "--csv", "-o", table, "--plot", picture)
    assert (code, out) == (0, "")
    assert table.read_text() == text
    assert picture.read_text().startswith("<svg")


def test_beyond_compiling(cost: Cost) -> None:
    code, out, _ = cost(MATCHING, "--sweep", "n=4,8,60", "--json")
    assert code == 0
    points = json.loads(out)["points"]
    assert [p["counted"] for p in points] == ["compiled", "compiled", "formula"]
    assert points[2]["ebits"] == 60
    assert points[2]["baseline_bits"] > 2**30


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--sweep", "n"], "--sweep expects NAME=FIRST..LAST"),
        (["--sweep", "n=a..b"], "--sweep expects NAME=FIRST..LAST"),
        (["--sweep", "n=1_0,2"], "--sweep expects NAME=FIRST..LAST"),
        (["--sweep", "n=\u0661..\u0663"], "--sweep expects NAME=FIRST..LAST"),
        (["--sweep", "n=2.."], "--sweep expects NAME=FIRST..LAST"),
        (["--sweep", "=2..3"], "--sweep expects NAME=FIRST..LAST"),
        (["--sweep", "n=5..2"], "gives no value"),
        (["--sweep", "n=1..9 step 0"], "must give 1 to 10000 values"),
        (["--sweep", "n=1..99999999999"], "must give 1 to 10000 values"),
        (["--sweep", "n=1..100", "--sweep", "layers=1..100"], "at most 2000"),
        (["--sweep", "m=1..2"], "'two_party' has no parameter 'm'; it has n, layers"),
        (["--sweep", "n=1..2", "--sweep", "n=3"], "set or swept only once"),
        (["--sweep", "n=1..2", "--set", "n=3"], "set or swept only once"),
        (["--set", "m=3"], "has no parameter 'm'"),
        (["--csv"], "require --sweep"),
        (["--plot", "x.svg"], "require --sweep"),
        (["--sweep", "n=2", "--csv", "--json"], "choose one of --csv and --json"),
        (["--sweep", "n=2", "--plot", "x.svg"], "requires at least two sizes"),
        (["--epsilon", "0"], "--epsilon"),
        (["--epsilon", "nan"], "--epsilon"),
        (["--epsilon", "1e-101"], "1e-101 is not a number of at least 1e-100"),
        (["--sweep", f"n=1..{'9' * 5000}"], "--sweep expects NAME=FIRST..LAST"),
        (["--delta", "1"], "--delta"),
    ],
)
def test_refusals(cost: Cost, options: list[str], says: str) -> None:
    code, out, err = cost(TWO_PARTY, *options)
    assert code == 2
    assert says in err
    assert out == ""


def test_what_is_wrong_with_the_program_is_a_diagnostic(cost: Cost, tmp_path: Path) -> None:
    broken = tmp_path / "broken.qdm"
    broken.write_text("model m() { qubits q[2]; hh q; return sample(q) }\n")
    code, _, err = cost(broken, "--sweep", "n=1..2")
    assert code == 1
    assert "error[QDM" in err
    code, _, err = cost(TWO_PARTY, "--set", "n=9")
    assert code == 1  # at one size the network is what it is
    assert "error[QDM" in err


def test_a_report_with_a_sweep(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """The crossover stands at the verdict, the points in the JSON form and on the page."""
    page = tmp_path / "page.html"
    words = ["qdsl", "report", str(MATCHING), "--set", "n=3", "--sweep", "n=1..4", "--json",
             "--html", str(page)]  # fmt: skip
    monkeypatch.setattr(sys, "argv", words)
    main()
    document = json.loads(capsys.readouterr().out)
    jsonschema.validate(document, json.loads((DOCS / "report.schema.json").read_text()))
    assert document["cost"]["ebits"] == 3
    assert [p["ebits"] for p in document["scaling"]["points"]] == [1, 2, 3, 4]
    crossover = document["advantage"]["crossover"]
    assert crossover == document["scaling"]["crossover"]
    assert (crossover["at"], crossover["last"]) == (2, 4)
    assert "Scaling" in page.read_text()
    saved = tmp_path / "saved.json"
    saved.write_text(json.dumps(document))
    monkeypatch.setattr(sys, "argv", ["qdsl", "report", str(saved), "--sweep", "n=1..4"])
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 2


def test_random_arrivals(cost: Cost) -> None:
    code, out, _ = cost(EXAMPLES / "ions.qdm", "--monte-carlo", "500", "--seed", "3")
    assert code == 0
    assert "Random arrivals of pairs" in out and "500 runs, seed 3" in out
    document = json.loads(cost(EXAMPLES / "ions.qdm", "--monte-carlo", "500", "--json")[1])
    jsonschema.validate(document, json.loads((DOCS / "report.schema.json").read_text()))
    assert document["arrivals"]["runs"] == 500
    assert cost(EXAMPLES / "ions.qdm", "--monte-carlo", "0")[0] == 2
    assert cost(TWO_PARTY, "--monte-carlo", "5", "--sweep", "n=2,4")[0] == 2
