"""`qdsl grad`: report, JSON, circuits, warnings, and what it refuses."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

import qdsl
from qdsl.cli import main as _main  # noqa: F401  (loads the commands)
from qdsl.cli.commands import cli
from qdsl.gradient import plan
from qdsl.gradient.errors import error_of
from qdsl.gradient.resolution import sampled_exactly
from qdsl.gradient.running import spsa_variance
from tests.sources import ROOT

EXAMPLES = ROOT / "examples"
TWO_PARTY = str(EXAMPLES / "two_party.qdm")
FLAT = """model flat(n = 12) {
  param w: angle[2*n]
  qubits q[n]
  for i in 0..n { ry(w[i]) q[i] }
  for i in 0..n-1 { cz q[i], q[i+1] }
  for i in 0..n { ry(w[n+i]) q[i] }
  return expect(prod)
}
"""


def qdsl_grad(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["grad", *arguments])


def program(folder: Path, text: str) -> str:
    path = folder / "p.qdm"
    path.write_text(text)
    return str(path)


def test_the_commuting_block_gradient_by_its_former_name(tmp_path: Path) -> None:
    fit = "experiment fit of flat { loss value, gradient METHOD { shots 10 } }\n"
    text = FLAT.replace("prod", "Z q[0]") + fit
    for name in ("kick", "commuting_block"):
        by_option = qdsl_grad(TWO_PARTY, "--set", "layers=1", "--method", name, "--json")
        file = program(tmp_path, text.replace("METHOD", name))
        by_program = qdsl_grad(file, "--set", "n=2", "--json")
        for ran in (by_option, by_program):
            assert json.loads(ran.stdout)["method"] == "commuting_block", ran.output


def test_a_count_that_others_are_told_is_no_silence(tmp_path: Path) -> None:
    """A public parameter is everyone's, so that what is measured at one node is told."""
    text = """network two = line(2) { qubits 1 }
    model m() on two { param t: angle; qubits q, r
      at node0 { ry(t) q }; cx q, r; at node1 { rx(0.2) r }; return expect(Z r) }"""
    file = program(tmp_path, text)
    found = json.loads(qdsl_grad(file, "--json").stdout)
    (chosen,) = (m for m in found["methods"] if m["name"] == found["method"])
    assert chosen["announced"] > 0
    assert "announces nothing" not in qdsl_grad(file).stdout


def test_the_report() -> None:
    ran = qdsl_grad(TWO_PARTY, "--set", "layers=1")
    assert ran.exit_code == 0, ran.output
    assert "> commuting_block" in ran.stdout
    assert "are equal to what was derived, proved" in ran.stdout.replace("\n            ", " ")
    assert "alice: the derivatives of a, and announces nothing" in ran.stdout
    assert max(map(len, ran.stdout.splitlines())) <= 80
    assert ran.stdout == qdsl_grad(TWO_PARTY, "--set", "layers=1").stdout


def test_the_report_as_data() -> None:
    ran = qdsl_grad(TWO_PARTY, "--set", "layers=1", "--json", "--epsilon", "0.05", "--delta", "0.1",
                    "--means", "--coherent")  # fmt: skip
    data = json.loads(ran.stdout)
    means = data["means"]
    assert np.shape(means["values"]) == (150, 1) and means["ebits"] > means["executions"] > 0
    assert np.mean(np.abs(np.subtract(means["values"], means["exact"])) > 0.05) <= 0.1
    assert [m["form"] for m in data["methods"] if m["name"] == "amplitude_estimation"] == [
        "coherent"
    ]
    assert data["schema"] == "qdsl-gradient/2"
    assert (data["method"], data["epsilon"], data["delta"]) == ("commuting_block", 0.05, 0.1)
    commuting_block = next(m for m in data["methods"] if m["name"] == "commuting_block")
    per_execution = sum(t["ebits"] for t in data["templates"])
    assert commuting_block["ebits"] >= per_execution * data["shots"]
    assert all(t["verified"] is None or t["verified"] for t in data["templates"])
    assert data["verified"] is True
    report = qdsl.load(TWO_PARTY).compile(settings={"layers": 1}, verify=False)
    found = report.assess(0.05, 0.1)
    assert found.baselines is not None
    best = {"protocol": found.baselines.best, "bits": found.baselines.best_bits}
    assert data["best_classical"] == best
    assert data["inference_ebits"]["sampling"] == found.shot_budget.tasks[0].ebits


THREE = """network duo = line(2) { qubits 2 }
model m() on duo {
  param t: angle[3]
  qubits q[2]
  ry(t[0]) q[0]; ry(t[1]) q[1]; cx q[0], q[1]; ry(t[2]) q[1]
  return expect(Z q[0] * Z q[1])
}
"""
AT = {"t": [0.5, 1.1, 0.4]}


METHODS = "spsa finite_difference shadow global_shadow parameter_shift commuting_block"


@pytest.mark.parametrize("method", METHODS.split())
def test_the_error_is_the_methods_own(method: str) -> None:
    """As far as estimates at these shots scatter."""
    circuit = qdsl.loads(THREE).compile(verify=False).circuit
    chosen = plan(circuit, method, epsilon=0.3, values=AT)
    exact = sampled_exactly(chosen, AT)
    assert exact is not None
    error = error_of(chosen, exact, AT)
    assert error.standard_error is not None and error.bias is not None
    runs = [chosen.estimate(AT, shots=chosen.shots, seed=s).jacobian[0, 0] for s in range(60)]
    scatter = np.std(runs, axis=0, ddof=1)
    np.testing.assert_allclose(scatter, error.standard_error[0, 0], rtol=0.33)  # 3.5 sigma
    off = np.abs(np.mean(runs, axis=0) - exact.jacobian[0, 0])
    assert (off < error.bias + 4 * scatter / 60**0.5).all()


def test_the_error_of_repeated_directions() -> None:
    """More executions than directions: the scatter between directions stays."""
    circuit = qdsl.loads(THREE).compile(verify=False).circuit
    chosen = plan(circuit, "spsa", epsilon=0.03, values=AT)
    variance, _ = spsa_variance(chosen, AT, 512)
    found = chosen.estimate(AT, shots=chosen.shots)
    np.testing.assert_allclose(found.variance, variance, rtol=0.3)


@pytest.mark.parametrize("method", ["amplitude_estimation", "gentle_sweep"])
def test_no_error_is_shown_that_is_not_known(method: str, tmp_path: Path) -> None:
    arguments = (program(tmp_path, THREE), "--method", method, "--epsilon", "0.3", "--no-verify")
    ran = qdsl_grad(*arguments)
    assert "+-" not in ran.stdout
    assert f"{method} runs to an accuracy: every derivative to 0.3" in " ".join(ran.stdout.split())
    found = json.loads(qdsl_grad(*arguments, "--json").stdout)["gradient"]
    assert found["standard_error"] is None and found["bias"] is None


def test_the_error_in_text_and_data(tmp_path: Path) -> None:
    np.savez(tmp_path / "t.npz", t=np.array(AT["t"]))
    values = ("--values", str(tmp_path / "t.npz"), "--epsilon", "0.3", "--no-verify")
    arguments = (program(tmp_path, THREE), "--method", "finite_difference", *values)
    found = json.loads(qdsl_grad(*arguments, "--json").stdout)["gradient"]
    text = " ".join(qdsl_grad(*arguments).stdout.split())
    assert all(f"+- {e:.2g}" in text for e in found["standard_error"][0][0])
    assert found["bias"] == pytest.approx(0.15) and "its bias may be up to 0.15" in text
    assert found["standard_error_is_simulated"] is False


SPLIT = """network two {
  node clinic { qubits 2, comm 2 }
  node lab { qubits 2, comm 2 }
  link clinic -- lab { rate 200 Hz }
}
model clf() on two {
  data u: real owner clinic
  data v: real owner lab
  param a: angle owner clinic
  param b: angle owner lab
  qubits p, q, r
  at clinic { ry(u) p; ry(a) p }
  at lab { ry(v) q; ry(b) q; rx(b) r }
  cz p, q
  at clinic { ry(a) p }
  return expect(Z p)
}
"""


def test_who_owns_the_data_counts(tmp_path: Path) -> None:
    """Both hold data: to send one's parameters is not enough, and the report says what is."""
    file = program(tmp_path, SPLIT)
    ran = qdsl_grad(file)
    best = qdsl.load(file).compile(verify=False).assess().baselines
    assert best is not None and best.best is not None and "data and parameters" in best.best
    said = " ".join(ran.stdout.split())
    assert f"Best known classical protocol for one inference: {best.best}, {best.best_bits}" in said
    assert "send its parameters once" not in said


def test_report_and_gradient_count_the_same_angles(tmp_path: Path) -> None:
    """`rx(b) r` changes nothing that is returned: no execution is spent on it."""
    file = program(tmp_path, SPLIT)
    tasks = qdsl.load(file).compile(verify=False).assess().shot_budget.tasks
    (shift,) = (t for t in tasks if t.method == "parameter shift")
    methods = json.loads(qdsl_grad(file, "--json").stdout)["methods"]
    (derived,) = (m for m in methods if m["name"] == "parameter_shift")
    assert shift.executions == pytest.approx(derived["executions"], rel=0.01)


@pytest.mark.parametrize("method", ["cat", "spsa", "shadow_tomography", "hadamard"])
def test_every_method_by_name(method: str) -> None:
    ran = qdsl_grad(TWO_PARTY, "--set", "layers=1", "--method", method, "--no-verify")
    assert ran.exit_code == 0, ran.output
    assert f"{method}, as asked for" in ran.stdout


def test_the_experiment_says_what_is_wanted(tmp_path: Path) -> None:
    text = (EXAMPLES / "two_party.qdm").read_text()
    text = re.sub(r"  gradient .*\n", "", text)
    text = text.replace("  loss mse\n", "  loss mse\n  gradient cat { epsilon 0.4, delta 0.3 }\n")
    (tmp_path / "iris.csv").write_text((EXAMPLES / "iris.csv").read_text())
    ran = qdsl_grad(program(tmp_path, text), "--set", "layers=1")
    assert "at epsilon 0.4, joint confidence 0.7" in ran.stdout
    assert "cat, as asked for" in ran.stdout


def test_circuits_are_written(tmp_path: Path) -> None:
    ran = qdsl_grad(TWO_PARTY, "--set", "layers=1", "--emit", "ir", "-o", str(tmp_path / "ir"))
    assert ran.exit_code == 0, ran.output
    files = sorted(p.name for p in (tmp_path / "ir").iterdir())
    points = json.loads((tmp_path / "ir" / "points.json").read_text())
    assert files == [*(f"{k:03}.txt" for k in range(len(points["templates"]))), "points.json"]
    assert "b[0, 0]" in (tmp_path / "ir" / "000.txt").read_text()  # parameters stay names
    values = tmp_path / "v.npz"
    np.savez(values, x=np.ones(4), a=np.ones((1, 4)), b=np.ones((1, 4)))
    folder = tmp_path / "qasm"
    ran = qdsl_grad(TWO_PARTY, "--set", "layers=1", "--emit", "qasm3", "-o", str(folder),
                    "--values", str(values))  # fmt: skip
    assert ran.exit_code == 0, ran.output
    first = (folder / "000_000.qasm").read_text()
    assert first.startswith("OPENQASM 3.0;")
    assert first != (folder / "000_001.qasm").read_text()  # the other kick


def test_a_gradient_that_shots_cannot_see(tmp_path: Path) -> None:
    flat = FLAT.replace(
        "expect(prod)", "expect(" + " * ".join(f"Z q[{i}]" for i in range(12)) + ")"
    )
    path = program(tmp_path, flat)
    ran = qdsl_grad(path, "--no-verify")
    assert ran.exit_code == 0, ran.output
    assert "barren: All" in ran.stdout and "shots would show it" in ran.stdout
    assert "vacuous" in ran.stdout
    assert max(map(len, ran.stdout.splitlines())) <= 80
    wide = qdsl_grad(path, "--no-verify", "--set", "n=12", "--shots", "10000000000000")
    assert "Warnings" not in wide.stdout


def test_few_shots_do_not_make_0_right(tmp_path: Path) -> None:
    """A derivative of 0.56 is not seen by 20 shots, and is no 0 to 0.1."""
    path = program(tmp_path, "model m() { param w: angle\nqubits q\nry(w) q\nreturn expect(Z q) }")
    values = tmp_path / "v.npz"
    np.savez(values, w=np.arcsin(0.56))
    given = ("--no-verify", "--method", "parameter_shift", "--values", str(values))
    few = qdsl_grad(path, *given, "--shots", "20")
    assert "the largest is\n    0.56" in few.stdout or "the largest is 0.56" in few.stdout
    assert "barren: All 1 derivatives" in few.stdout and "vacuous" not in few.stdout
    rough = qdsl_grad(path, *given, "--shots", "20", "--epsilon", "0.6")
    assert "To 0.6 the answer 0 is already right" in rough.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("--method", "magic"), 2, "no method 'magic'"),
        (("--method", "mixed"), 2, "no block is cheaper"),
        (("--epsilon", "0"), 2, "epsilon"),
        (("--epsilon", "nan"), 2, "epsilon"),
        (("--epsilon", "1e-300"), 2, "epsilon"),
        (("--delta", "1"), 2, "delta"),
        (("--shots", "0"), 2, "shots"),
        (("--emit", "magic"), 1, "QDM755"),
        (("--emit", "qasm3"), 1, "QDM756"),
        (("--emit", "ir", "--json"), 2, "--emit"),
        (("--method", "gentle_sweep", "--emit", "ir"), 2, "no circuits"),
        (("--experiment", "x"), 2, "no experiment"),
        (("--values", "missing.npz"), 2, "missing.npz"),
    ],
)
def test_what_is_refused(arguments: tuple[str, ...], code: int, said: str) -> None:
    ran = qdsl_grad(TWO_PARTY, "--set", "layers=1", "--no-verify", *arguments)
    assert ran.exit_code == code, ran.output
    assert said in ran.output + ran.stderr
    assert ran.exception is None or isinstance(ran.exception, SystemExit)


FULL = """\
network lan {
  node alice { qubits 1, comm 1 }
  node bob { qubits 1, comm 1 }
  link alice -- bob { fidelity 0.97, rate 200 Hz, latency 50 us }
}
model m() on lan {
  param a: angle[2] owner alice
  param b: angle[2] owner bob
  qubits p, q
  at alice { ry(a[0]) p; rz(a[1]) p }
  at bob { ry(b[0]) q; crx(b[1]) p, q }
  return expect(Z q)
}
"""


def test_methods_that_do_not_fit_the_nodes_leave_the_others(tmp_path: Path) -> None:
    """Bob has no room for both qubits, which the commuting-block gradient brings to him."""
    path = program(tmp_path, FULL)
    ran = qdsl_grad(path)
    assert ran.exit_code == 0, ran.output
    said = " ".join(ran.stdout.split())
    assert "> parameter_shift" in said
    assert (
        "commuting_block: its circuits do not fit the nodes: 'move' needs 2 qubits at one node, "
        "and bob holds 1; give 'bob' 2 qubits"
    ) in said
    shown = json.loads(qdsl_grad(path, "--json", "--no-verify").stdout)
    fitting = {"parameter_shift", "finite_difference", "spsa", "amplitude_estimation"}
    assert {m["name"] for m in shown["methods"]} == fitting
    assert set(shown["refused"]) == {"commuting_block", "cat"}


@pytest.mark.parametrize("method", ["commuting_block", "cat", "hadamard", "shadow"])
def test_a_method_that_is_asked_for_has_to_fit(method: str, tmp_path: Path) -> None:
    ran = qdsl_grad(program(tmp_path, FULL), "--no-verify", "--method", method)
    assert ran.exit_code == 2
    assert f"'{method}' cannot be taken: its circuits do not fit the nodes: " in ran.stderr
    assert "; give " in ran.stderr


def test_a_program_that_does_not_fit_has_no_gradient(tmp_path: Path) -> None:
    path = program(tmp_path, FULL.replace("qubits p, q", "qubits p, q, r"))
    ran = qdsl_grad(path)
    assert ran.exit_code == 1
    assert "QDM601" in ran.stderr


def test_many_qubits_are_compared_and_not_simulated(tmp_path: Path) -> None:
    text = FLAT.replace("expect(prod)", "expect(Z q[15])").replace("n = 12", "n = 30")
    ran = qdsl_grad(program(tmp_path, text), "--no-verify")
    assert ran.exit_code == 0, ran.output
    assert "Gradient at" not in ran.stdout
    assert "plateau: If the circuit scrambles its 30 qubits" in " ".join(ran.stdout.split())


def test_programs_without_a_gradient(tmp_path: Path) -> None:
    for text, said in (
        ("model m() { qubits q; h q; return sample(q) }", "does not return expectations"),
        ("model m() { qubits q; h q; return expect(Z q) }", "no angle depends on a parameter"),
        (
            "model m() { param w: angle[1]\n qubits q\n ry(w[0]) q\n return expect(I q) }",
            "constant",
        ),
    ):
        ran = qdsl_grad(program(tmp_path, text))
        assert ran.exit_code == 2
        assert said in ran.stderr


def test_of_several_experiments_one_is_named(tmp_path: Path) -> None:
    text = FLAT.replace("expect(prod)", "expect(Z q[0])").replace("n = 12", "n = 2")
    text += "experiment short of flat { shots 10 }\nexperiment long of flat { shots 20 }\n"
    file = program(tmp_path, text)
    refused = qdsl_grad(file)
    assert refused.exit_code != 0
    assert "short, long" in refused.output
    assert qdsl_grad(file, "--experiment", "short").exit_code == 0
