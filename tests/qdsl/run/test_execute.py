"""Running on data: batches, shots, seeds, and data that do not fit (QDM761)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import qdsl
from qdsl.backends.jax import jax as backend
from qdsl.diagnostics.diagnostic import InvalidProgram
from qdsl.ir.stages import ScheduledCircuit
from qdsl.run.execute import SHOWN_ITEMS
from qdsl.run.job import CannotRun
from qdsl.run.result import RunResult
from tests.sources import LAN

TURN = f"""\
{LAN}
model turn() on lan {{
  data x: real[1] owner alice
  qubits q[2]
  at alice {{ rx(x[0]) q[0] }}
  cx q[0], q[1]
  return expect(Z q[1]), expect(0.5 * Z q[0] - 2 * Z q[0] * Z q[1]), probability(q), sample(q)
}}
"""
SWAPTEST = f"""\
{LAN}
model compare() on lan {{
  data x: real[2] owner alice
  data y: real[2] owner bob
  qubits a, b
  at alice {{ amplitude(x) a }}
  at bob {{ amplitude(y) b }}
  return overlap(a, b)
}}
"""
MATCHING = f"""\
{LAN}
model hidden(n = 2) on lan {{
  data x: bits[2**n] owner alice
  data m: matching[2**n] owner bob
  qubits q[n]
  at alice {{ phase(x) q }}
  at bob {{ relabel(m) q; h q[n-1] }}
  return sample(q) to bob
}}
"""


def fits(text: str, sources: str, more: str = "") -> str:
    model = text.split("model ")[1].split("(")[0]
    return f"{text}\nexperiment e of {model} {{\n  {sources}\n  {more}\n}}\n"


def run(text: str, folder: Path | None = None, **options: Any) -> RunResult:
    program = qdsl.loads(text, folders=[folder] if folder else [])
    experiment = "e" if program.experiments else None
    return program.compile(experiment=experiment, verify=False).run(**options)


def csv(folder: Path, text: str) -> Path:
    (folder / "p.csv").write_text(text)
    return folder


# ---- exact -------------------------------------------------------------------------------


def test_outputs_for_one_item() -> None:
    result = run(TURN, values={"x": [0.8]})
    z, both, probability, sample = result.outputs
    assert z.mean == pytest.approx(np.cos(0.8))
    assert both.mean == pytest.approx(0.5 * np.cos(0.8) - 2)
    assert probability.values == pytest.approx({"00": np.cos(0.4) ** 2, "11": np.sin(0.4) ** 2})
    assert sample.values == pytest.approx(probability.values)
    assert [o.kind for o in result.outputs] == [
        "expectation",
        "expectation",
        "probability",
        "sample",
    ]
    assert all(o.standard_error is None for o in result.outputs)


def test_an_item_a_row() -> None:
    angles = np.linspace(0, 3, 7)
    result = run(TURN, values={"x": angles[:, None]})
    assert result.items == 7
    assert result.outputs[0].values == pytest.approx(tuple(np.cos(angles)))
    assert result.outputs[0].mean == pytest.approx(np.cos(angles).mean())
    # a distribution is shown of the first item
    assert result.outputs[2].values == pytest.approx({"00": 1.0})


def test_no_more_than_a_hundred_items_are_listed() -> None:
    angles = np.linspace(0, 3, SHOWN_ITEMS + 20)
    result = run(TURN, values={"x": angles[:, None]})
    assert len(result.outputs[0].values) == SHOWN_ITEMS
    assert result.items == SHOWN_ITEMS + 20
    assert result.outputs[0].mean == pytest.approx(np.cos(angles).mean())


def test_overlaps_of_two_parties() -> None:
    values = {"x": [3.0, 4.0], "y": [1.0, 0.0]}
    assert run(SWAPTEST, values=values).outputs[0].mean == pytest.approx(0.36)


def test_hidden_matching_tells_the_right_parity() -> None:
    """The outcome names a pair of the matching and the parity of its two bits, always."""
    rng = np.random.default_rng(2)
    for _ in range(4):
        x, m = rng.integers(0, 2, 4), rng.permutation(4).reshape(2, 2)
        (output,) = run(MATCHING, values={"x": x, "m": m}).outputs
        for outcome, share in output.values.items():
            i, j = m[int(outcome[:-1], 2)]
            assert share == pytest.approx(0.5)
            assert int(outcome[-1]) == x[i] ^ x[j]


# ---- shots -------------------------------------------------------------------------------


def test_shots_scatter_as_they_say() -> None:
    """The standard error is the scatter: repeated with many seeds, means lie as far apart."""
    shots, x = 400, 1.1
    means, errors = [], []
    compiled = qdsl.loads(TURN).compile(verify=False)
    for seed in range(12):
        output = compiled.run({"x": [x]}, shots=shots, seed=seed).outputs[1]
        assert output.mean is not None and output.standard_error is not None
        means.append(output.mean)
        errors.append(output.standard_error)
    expected = 0.5 * np.sqrt((1 - np.cos(x) ** 2) / shots)  # the ZZ term does not scatter
    assert np.mean(errors) == pytest.approx(expected, rel=0.15)
    assert 0.4 * expected < np.std(means) < 2 * expected
    assert abs(np.mean(means) - (0.5 * np.cos(x) - 2)) < 5 * expected / np.sqrt(12)


BELL = """model bell() {
  qubits q[2]
  h q[0]; cx q[0], q[1]
  return expect(Z q[0] - Z q[1]), expect(Z q[0] + Z q[1]), expect(X q[0] * X q[1] + 2 * Z q[0]),
    probability(q)
}"""


@pytest.mark.parametrize("backend", ["jax", "noisy", "qiskit"])
def test_what_one_setting_reads_is_from_the_same_shots(backend: str) -> None:
    """Every shot of a Bell pair has equal bits."""
    found = run(BELL, shots=400, seed=3, backend=backend)
    difference, both, mixed, shares = found.outputs
    assert both.mean is not None
    assert (found.shots, found.settings) == (400, 2)  # of Z, and of X
    assert (difference.mean, difference.standard_error) == (0, 0)
    assert both.standard_error == pytest.approx(2 / 400**0.5, rel=0.02)
    assert both.mean == pytest.approx(2 * (shares.values["00"] - shares.values["11"]))
    assert mixed.mean == pytest.approx(1 + both.mean)  # XX is always 1
    assert mixed.standard_error == pytest.approx(both.standard_error)
    again = run(BELL, shots=400, seed=3, backend=backend)
    assert repr(again) == repr(found)


@pytest.mark.parametrize("backend", ["jax", "noisy"])
def test_sums_scatter_as_they_say(backend: str) -> None:
    text = """model m() { data x: real[1]; qubits q[3]
      rx(x[0]) q[0]; cx q[0], q[1]; rx(1.1) q[1]; cx q[1], q[2]
      return expect(Z q[0] + Z q[1] - 2 * Z q[2] + Y q[1] * X q[2] + 0.5) }"""
    compiled, values = qdsl.loads(text).compile(verify=False), {"x": np.full((80, 1), 0.7)}
    (exact,) = compiled.run(values).outputs
    (found,) = compiled.run(values, shots=100, backend=backend).outputs
    assert found.standard_error is not None and exact.mean is not None
    assert found.mean == pytest.approx(exact.mean, abs=4 * found.standard_error)
    error = found.standard_error * 80**0.5  # of one item
    assert np.std(found.values) == pytest.approx(error, rel=0.3)  # 4 of its standard errors


def test_settings_in_every_basis_and_of_measured_qubits() -> None:
    """The distributions that shots are drawn from have the exact means."""
    text = """model m() { qubits q[3]; bits b
      ry(0.7) q[0]; cx q[0], q[1]; rx(1.1) q[1]; b = measure q[0]; if b == 1 { h q[2] }
      return expect(X q[1]), expect(Y q[1] * Z q[2]), expect(X q[0]), expect(X q[2] * Z q[0]) }"""
    compiled = qdsl.loads(text).compile(verify=False)
    exact, seen = compiled.run(), compiled.run(shots=200_000, seed=1)
    for a, b in zip(exact.outputs, seen.outputs, strict=True):
        assert b.mean == pytest.approx(a.mean, abs=5 * (b.standard_error or 0) + 1e-9)
    assert seen.outputs[2].standard_error == pytest.approx(200_000**-0.5, rel=0.01)


def test_items_have_shots_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = run(TURN, values={"x": np.full((5, 1), 1.0)}, shots=50)
    assert len(set(whole.outputs[0].values)) > 1
    monkeypatch.setattr("qdsl.run.shots.MOST_SHARES", 8)  # two items at a time
    assert repr(run(TURN, values={"x": np.full((5, 1), 1.0)}, shots=50)) == repr(whole)


def test_shots_are_counted() -> None:
    result = run(TURN, values={"x": [1.0]}, shots=64, seed=1)
    sample = result.outputs[3].values
    assert sum(sample.values()) == pytest.approx(1.0)
    assert all(round(share * 64) == pytest.approx(share * 64) for share in sample.values())
    assert set(sample) <= {"00", "11"}
    assert (result.shots, result.seed) == (64, 1)


def test_the_seed_decides() -> None:
    again = [run(TURN, values={"x": [1.0]}, shots=50, seed=s).outputs for s in (1, 1, 2)]
    assert again[0] == again[1] != again[2]


@pytest.mark.slow
def test_qiskit_agrees() -> None:
    exact = run(TURN, values={"x": [[0.4], [2.0]]})
    aer = run(TURN, values={"x": [[0.4], [2.0]]}, shots=2000, seed=5, backend="qiskit")
    for a, b in zip(exact.outputs[:2], aer.outputs[:2], strict=True):
        assert a.mean is not None and b.mean is not None and b.standard_error is not None
        assert abs(a.mean - b.mean) < 5 * b.standard_error + 1e-9
    assert aer.outputs[2].values["00"] == pytest.approx(exact.outputs[2].values["00"], abs=0.05)
    assert aer.backend == "qiskit"


# ---- experiments -------------------------------------------------------------------------


def test_an_experiment_brings_its_data(tmp_path: Path) -> None:
    csv(tmp_path, "angle,y\n0,1\n3.141592653589793,-1\n0,-1\n")
    sources = 'data x from "p.csv:angle", label y from "p.csv:y"'
    result = run(fits(TURN, sources, "loss mse; shots 10; seed 4"), tmp_path, shots=None)
    assert (result.experiment, result.items, result.shots, result.seed) == ("e", 3, 10, 4)
    assert result.outputs[0].values == (1.0, -1.0, 1.0)
    assert result.loss == pytest.approx(4 / 3)
    assert result.accuracy == pytest.approx(2 / 3)
    assert result.training is None and result.random_inputs == ()


@pytest.mark.parametrize(
    ("loss", "value"),
    [("mse", 4 / 3), ("linear", 1 / 3), ("cross_entropy", -np.log(1e-12) / 3)],
)
def test_losses(tmp_path: Path, loss: str, value: float) -> None:
    csv(tmp_path, "angle,y\n0,1\n3.141592653589793,-1\n0,-1\n")
    sources = 'data x from "p.csv:angle", label y from "p.csv:y"'
    assert run(fits(TURN, sources, f"loss {loss}"), tmp_path).loss == pytest.approx(value)


def test_values_by_hand_go_before_files(tmp_path: Path) -> None:
    csv(tmp_path, "angle\n0\n0\n")
    text = fits(TURN, 'data x from "p.csv:angle"')
    assert run(text, tmp_path).items == 2
    assert run(text, tmp_path, values={"x": [np.pi]}).outputs[0].mean == pytest.approx(-1.0)


def test_labels_that_are_no_classes_have_no_accuracy(tmp_path: Path) -> None:
    csv(tmp_path, "angle,y\n0,0.5\n1,0.25\n2,0.1\n")
    sources = 'data x from "p.csv:angle", label y from "p.csv:y"'
    result = run(fits(TURN, sources, "loss mse"), tmp_path)
    assert result.loss is not None and result.accuracy is None


@pytest.mark.parametrize(
    ("text", "table", "sources", "says"),
    [
        (TURN, "a,b\n1,2\n3,4\n", 'data x from "p.csv:a,b"', "'x' is 2x2, and the model wants 1"),
        (TURN, "a\n1\nnan\n", 'data x from "p.csv:a"', "line 3: 'nan' is not finite"),
        (SWAPTEST, "a,b\n1,2\n0,0\n", 'data x from "p.csv:a,b"', "zero in some item"),
        (MATCHING, "a,b,c,d\n0,1,1,2\n", 'data x from "p.csv"', "not 0 or 1 everywhere"),
        (MATCHING, "a,b,c,d\n0,1,1,2\n", 'data m from "p.csv"', "not a perfect matching"),
        (TURN, "a,y\n1,1\n2,inf\n", 'data x from "p.csv:a", label y from "p.csv:y"',
         "is not finite"),
        (TURN, "a,y,z\n1,1,1\n2,1,1\n", 'data x from "p.csv:a", label y from "p.csv:y,z"',
         "'x' is 2 items, and the model wants 4 items, as 'label' has"),
        (SWAPTEST, "a,b,c,d\n1,2,3,4\n", 'data x from "p.csv:a,b", label y from "p.csv:a,b"',
         "1 item, and the model wants 2 items, as 'label' has"),
    ],
)  # fmt: skip
def test_data_that_do_not_fit_are_a_diagnostic(
    tmp_path: Path, text: str, table: str, sources: str, says: str
) -> None:
    csv(tmp_path, table)
    with pytest.raises(InvalidProgram, match=says) as caught:
        run(fits(text, sources, "loss mse" if "expect(" in text else ""), tmp_path)
    (problem,) = caught.value.diagnostics
    assert problem.code == ("QDM760" if "finite" in says else "QDM761")
    assert problem.labels[0].span.text.startswith(("data", "label", '"', "x", "y", "m"))


def test_two_batches_of_different_length() -> None:
    with pytest.raises(CannotRun, match=r"'x' has 3 items, 'y' has 2"):
        run(SWAPTEST, values={"x": np.ones((3, 2)), "y": np.ones((2, 2))})


def test_files_outside_the_folders_are_not_read(tmp_path: Path) -> None:
    csv(tmp_path, "a\n1\n")
    (tmp_path / "inner").mkdir()
    with pytest.raises(InvalidProgram) as caught:
        run(fits(TURN, 'data x from "../p.csv:a"'), tmp_path / "inner")
    assert caught.value.diagnostics[0].code == "QDM701"


def test_where_only_the_source_fits_it_is_simulated(monkeypatch: pytest.MonkeyPatch) -> None:
    """If it was proved equal; the result says so. Without a proof nothing is simulated."""
    compile_function = backend.compile_function

    def small(stage: Any, **options: Any) -> Any:
        if isinstance(stage, ScheduledCircuit):
            raise ValueError("simulating takes 9 GiB")
        return compile_function(stage, **options)

    program = qdsl.loads(TURN)
    wanted = program.compile().run({"x": [0.8]}, shots=30, seed=2)
    monkeypatch.setattr(backend, "compile_function", small)
    found = program.compile().run({"x": [0.8]}, shots=30, seed=2)
    assert found.of_source and not wanted.of_source
    assert found.outputs == wanted.outputs
    with pytest.raises(CannotRun, match="9 GiB; its source could be simulated"):
        program.compile(verify=False).run({"x": [0.8]})
