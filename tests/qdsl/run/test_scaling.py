"""Features scaled by the statistics of the items that are trained on."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest

import qdsl
from qdsl.api import Compiled, ProgramWarning
from qdsl.diagnostics.diagnostic import InvalidProgram
from qdsl.run.scaling import FeatureScale, scale_of

MODEL = """model clf() {
  data x: real[2]
  param w: angle[2]
  qubits q[2]
  ry(x[0] + w[0]) q[0]
  ry(x[1] + w[1]) q[1]
  cx q[0], q[1]
  return expect(Z q[1])
}
experiment fit of clf {
  data x from "d.csv:a,b" SCALING
  label y from "d.csv:y"
  loss mse
  MORE
}
"""
X = np.array([[900.0, 1.0], [850.0, -1.0], [1000.0, 3.0], [950.0, 0.5]])


def compiled(folder: Path, scaling: str, more: str = "") -> Compiled:
    rows = [f"{a},{b},{(-1) ** k}" for k, (a, b) in enumerate(X.tolist())]
    (folder / "d.csv").write_text("\n".join(["a,b,y", *rows]) + "\n")
    text = MODEL.replace("SCALING", scaling).replace("MORE", more)
    return qdsl.loads(text, folders=[folder]).compile(experiment="fit", verify=False)


@pytest.mark.parametrize(
    ("scaling", "wanted"),
    [
        ("standardise", (X - X.mean(axis=0)) / X.std(axis=0)),
        ("minmax", (X - X.min(axis=0)) / (X.max(axis=0) - X.min(axis=0)) * np.pi),
    ],
)
def test_a_run_and_a_prediction_take_scaled_features(
    tmp_path: Path, scaling: str, wanted: np.ndarray
) -> None:
    program, w = compiled(tmp_path, scaling), {"w": np.array([0.3, 0.4])}
    exact = np.cos(wanted[:, 0] + 0.3) * np.cos(wanted[:, 1] + 0.4)
    result = program.run(values=w, train=False)
    assert result.loss == pytest.approx(((exact - [1, -1, 1, -1]) ** 2).mean())
    one = tmp_path / "new.csv"
    one.write_text(f"a,b\n{X[2, 0]},{X[2, 1]}\n")
    assert program.predict(w, one).outputs[0] == pytest.approx(exact[2:3])


def test_held_out_items_have_no_part_in_the_statistics(tmp_path: Path) -> None:
    train = "train adam(lr = 0.1) { steps 1, test 0.25 }"
    experiment = compiled(tmp_path, "standardise", train).program.experiment("fit")
    found = scale_of(X, "standardise", experiment, 0)
    means = [np.delete(X, k, axis=0).mean(axis=0) for k in range(4)]
    assert any(np.allclose(found.shift, mean) for mean in means)


def test_a_column_that_is_the_same_everywhere_becomes_zero() -> None:
    flat = np.array([[0.1, 1.0], [0.1, 2.0], [0.1, 4.0]])
    for scaling in ("standardise", "minmax"):
        assert (FeatureScale.of(flat, scaling).applied(flat)[:, 0] == 0).all()


@pytest.mark.parametrize("wrong", ["standardize", "log"])
def test_an_unknown_scaling_is_refused(tmp_path: Path, wrong: str) -> None:
    with pytest.raises(InvalidProgram) as refused:
        compiled(tmp_path, wrong)
    assert refused.value.diagnostics[0].code == "QDM502"


def test_parameters_by_name_do_not_carry_the_seed_of_their_scale(tmp_path: Path) -> None:
    program = compiled(tmp_path, "standardise", "train adam { steps 1, validation 0.25 }")
    found = program.run(seed=7)
    with pytest.warns(ProgramWarning, match="give its `seed`"):
        program.run(params=found.parameters, train=False)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        again = program.run(params=found.parameters, train=False, seed=7)
    assert again.loss == pytest.approx(found.loss)


def test_predictions_say_what_is_not_scaled_and_far(tmp_path: Path) -> None:
    w = {"w": np.array([0.3, 0.4])}
    scaled = compiled(tmp_path, "standardise")
    assert scaled.predict(w, {"x": [[0.5, 0.1]]}).notes == (
        "'x' is taken as it is: the training had it by `standardise`, and only files are scaled",
    )
    (_, far) = scaled.predict(w, {"x": X}).notes
    assert far == "'x' gives angles of up to 1000 rad, many full turns"
    file = tmp_path / "d.csv"
    assert scaled.predict(w, file).notes == ()
    assert compiled(tmp_path, "").predict(w, file).notes == (far,)
