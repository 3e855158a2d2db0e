"""What commands do, asked for in Python: the same answers, and tables as columns."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

import qdsl
from qdsl.api import Compiled, UsageError
from qdsl.cli.commands import cli
from qdsl.diagnostics.request_error import WrongArgument
from qdsl.gradient.comparison import NoMethod
from qdsl.passes.derive_gradient.problem import NoGradient
from qdsl.report.asked import NotTrainable
from qdsl.report.compare import BadLimit
from qdsl.report.data import NotAReport
from tests.sources import BELL, BROKEN, EXAMPLES

TEXT = """network lan = line(2) { qubits 2, comm 2 }
model m(n = 2) on lan {
  data x: real[n]
  param w: angle[n]
  qubits q[n]
  for i in 0..n { ry(x[i]) q[i]; ry(w[i]) q[i] }
  cz q[0], q[1]
  return expect(Z q[0])
}
"""
FIT = """experiment fit of m {
  data x from "p.csv:a,b"
  label y from "p.csv:y"
  loss mse
  train adam { steps 2 }
}
"""
CSV = "a,b,y\n0.1,0.2,1\n0.4,0.3,-1\n"
ROW = "line(2) { qubits 1, comm 1 }"
CIRCUIT = 'OPENQASM 3; include "stdgates.inc"; qubit[2] q; h q[0]; cx q[0], q[1];'


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "p.csv").write_text(CSV)
    path = tmp_path / "m.qdm"
    path.write_text(TEXT + FIT)
    return path


@pytest.fixture
def compiled(file: Path) -> Compiled:
    return qdsl.load(file).compile()


def answer(*words: str | Path) -> str:
    done = CliRunner().invoke(cli, [str(w) for w in words], catch_exceptions=False)
    assert done.exit_code in (0, None), done.output
    return done.stdout


def test_checking_returns_what_loading_raises(tmp_path: Path, file: Path) -> None:
    assert qdsl.check(file) == ()
    (tmp_path / "broken.qdm").write_text(BROKEN)
    found = qdsl.check(tmp_path / "broken.qdm")
    with pytest.raises(qdsl.InvalidProgram) as caught:
        qdsl.load(tmp_path / "broken.qdm")
    assert [d.code for d in found] == [d.code for d in caught.value.diagnostics]
    (tmp_path / "p.csv").unlink()  # compiling does not read it, and checking does
    assert qdsl.load(file) is not None
    assert [d.severity.name for d in qdsl.check(file)] == ["ERROR", "ERROR"]
    assert [d.code for d in qdsl.check(tmp_path / "none.qdm")] == ["QDM011"]
    with pytest.raises(WrongArgument, match="`path` is of type int"):
        qdsl.check(3)  # type: ignore[arg-type]


def test_a_program_is_formatted_and_analyzed() -> None:
    program = qdsl.loads("model   m( ){ qubits q[1]; h q; return sample(q) }")
    assert qdsl.loads(program.formatted).formatted == program.formatted != program.source.text
    found = qdsl.loads(TEXT).analyze(settings={"n": 2})
    assert (found.numbers, found.parameters) == (2, 2)


def test_a_gradient_is_the_command_s(file: Path, compiled: Compiled) -> None:
    found = compiled.grad(epsilon=0.3)
    told = json.loads(answer("grad", file, "--epsilon", "0.3", "--json"))
    assert json.loads(json.dumps(found.to_json())) == told
    assert f"{found}\n" == answer("grad", file, "--epsilon", "0.3")
    assert found.columns["name"] == [
        m["name"]
        for m in sorted(
            told["methods"], key=lambda m: (m["ebits"], m["classical_bits"], m["executions"])
        )
    ]
    assert found.gradient is not None
    assert {k: v.shape for k, v in found.gradient.items()} == {"w": (2, 1, 2)}
    values = {"x": [0.1, 0.2], "w": [0.3, 0.4]}
    at = compiled.grad(values, method="parameter_shift", verify=False)
    assert at.verified is None
    assert at.gradient is not None
    exact = -np.sin(0.1 + 0.3)
    np.testing.assert_allclose(at.gradient["w"][0, 0], [exact, 0], atol=1e-9)
    assert "points.json" in at.emit_texts("qasm3", values)
    assert repr(at).startswith("<Gradient of m by parameter_shift: ")


@pytest.mark.parametrize(
    ("given", "error", "says"),
    [
        ({"method": "guess"}, NoGradient, "there is no method 'guess'"),
        ({"epsilon": -1.0}, (NoMethod, NoGradient), "epsilon"),
        ({"values": 3}, WrongArgument, "`values` is of type int"),
        ({"options": 3}, WrongArgument, "`options` is of type int"),
    ],
)
def test_a_gradient_that_cannot_be(
    compiled: Compiled, given: dict[str, Any], error: Any, says: str
) -> None:
    with pytest.raises(error, match=says):
        compiled.grad(**given)


def test_training_is_a_run_that_trains(compiled: Compiled) -> None:
    steps: list[int] = []
    found = compiled.train(seed=1, on_step=lambda k, of, loss: steps.append(k))
    assert found.training is not None
    assert len(found.training.losses) == 2 == len(steps)
    assert found == compiled.run(seed=1)
    with pytest.raises(NotTrainable, match="'m' has no experiment"):
        qdsl.loads(TEXT).compile().train()
    file = compiled.program.source.path
    Path(file).write_text(TEXT + FIT.replace("train adam { steps 2 }", ""))
    with pytest.raises(NotTrainable, match="experiment 'fit' has no `train` line"):
        qdsl.load(file).compile().train()


def test_reports_are_compared(tmp_path: Path, file: Path, compiled: Compiled) -> None:
    saved = tmp_path / "saved.json"
    saved.write_text(json.dumps(compiled.report().to_json()))
    told = json.loads(answer("compare", saved, file, "--json"))
    other = qdsl.load(file).compile(experiment="fit")
    limits = ["ebits>+0", "rounds>=+0"]
    for first in (saved, str(saved), compiled, compiled.report(), compiled.report().to_json()):
        found = qdsl.compare(first, other, limits)
        assert found.failures == ("rounds>=+0",)
        assert found.to_json()["metrics"] == told["metrics"]
    columns = found.columns
    assert len({len(column) for column in columns.values()}) == 1
    assert "ebits" in columns["metric"]
    assert str(compiled.compare(other)).splitlines()[0] == "A  m"
    with pytest.raises(BadLimit):
        compiled.compare(other, ["ebit>3"])
    with pytest.raises(NotAReport):
        compiled.compare({"schema": "other"})
    with pytest.raises(NotAReport, match="cannot be read as a report"):
        compiled.compare(tmp_path / "none.json")
    with pytest.raises(WrongArgument, match="a int is no report"):
        compiled.compare(3)


def test_sizes_are_scaled() -> None:
    program = EXAMPLES / "two_party.qdm"
    found = qdsl.scaling(program, {"n": range(2, 4), "layers": [1]})
    flags = ("--sweep", "n=2..3", "--sweep", "layers=1")
    assert found.csv() == answer("cost", program, *flags, "--csv")
    assert f"{found}\n" == answer("cost", program, *flags)
    assert found.to_json()["model"] == "two_party"
    assert (found.columns["n"], found.columns["ebits"]) == ([2, 3], [4, 6])
    one = qdsl.load(program).compile(settings={"layers": 1})
    assert qdsl.scaling(one, {"n": [2, 3]}).columns["ebits"] == [4, 6]
    assert found.svg() is not None
    for over, error, says in (
        ({"m": [1]}, UsageError, "no parameter 'm'; it has n, layers"),
        ({"n": [1.5]}, WrongArgument, "give whole numbers"),
        ({"n": []}, WrongArgument, "no value for 'n'"),
        ({"n": 3}, WrongArgument, "give whole numbers"),
        ({"n": range(2, 3000)}, UsageError, "2998 sizes are too many"),
    ):
        with pytest.raises(error, match=says):
            qdsl.scaling(program, over)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="set or swept only once"):
        qdsl.scaling(program, {"n": [2]}, settings={"n": 2})


def test_a_full_report_has_what_takes_more_programs(compiled: Compiled) -> None:
    one = qdsl.load(EXAMPLES / "two_party.qdm").compile(settings={"layers": 1})
    found = qdsl.full_report(one, over={"n": [2, 3]}, runs=20, seed=3)
    assert found.arrivals == one.arrivals(20, 3)
    assert found.scaling is not None
    assert len(found.scaling.points) == 2
    assert found.advantage is not None
    assert found.advantage.sizes
    assert found.hardware is None
    assert qdsl.full_report(compiled).arrivals is None


def test_programs_are_verified_from_python(compiled: Compiled) -> None:
    assert compiled.verify().verified
    made = qdsl.distribute(CIRCUIT, ROW)
    equal = CIRCUIT.replace("cx q[0], q[1];", "h q[1]; cz q[0], q[1]; h q[1];")
    assert qdsl.verify_against(made, equal).verified
    assert qdsl.verify_against(made, CIRCUIT.replace("h q[0];", "")).refuted
    bell = qdsl.loads(BELL)
    assert qdsl.verify_against(bell.compile(), bell).verified


def test_a_front_and_the_suite_have_columns() -> None:
    found = qdsl.pareto(EXAMPLES / "two_party.qdm", "ebits,makespan", effort=0, seeds=1)
    assert found.columns["ebits"] == [p.ebits for p in found.points]
    assert "options" not in found.columns
    with pytest.raises(UsageError, match="'speed' is no objective"):
        qdsl.pareto(EXAMPLES / "two_party.qdm", ["ebits", "speed"])  # type: ignore[list-item]
    suite = qdsl.bench(["ghz"], quick=True, effort=0)
    assert suite.columns["circuit"] == [r.case.gates.name for r in suite.results]
    assert suite.columns["proved"] == [True]
    with pytest.raises(UsageError, match="no circuit matches"):
        qdsl.bench(quick=True, max_gates=0)
    with pytest.raises(UsageError, match="'others' is no compiler"):
        qdsl.bench(against="others")


@pytest.mark.slow
def test_parts_of_the_paper_are_run() -> None:
    heard: list[str] = []
    (part,) = qdsl.reproduce(["expressivity"], on_part=lambda part: heard.append(part.name))
    assert part.name == "expressivity"
    assert heard == ["expressivity"]
    assert all(f.holds is True for f in part.findings)
    with pytest.raises(UsageError, match="no part 'nothing'; the parts are matching"):
        qdsl.reproduce(["nothing"])
