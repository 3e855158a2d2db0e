"""Trained parameters are kept, taken again and shown new data; which experiment is run."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import qdsl
from qdsl.diagnostics.request_error import Refused
from qdsl.run.training.optimisers import optimiser

MODEL = """
model m() {
  data x: real
  param w: angle[1]
  qubits q[1]
  ry(x) q[0]
  ry(w[0]) q[0]
  return expect(Z q[0])
}
"""
FIT = """experiment fit of m {
  data x from "p.csv:x"
  label y from "p.csv:y"
  loss mse
  train adam(lr = 0.1) { steps 8, seed 3 }
}
"""


def program(folder: Path, text: str = MODEL + FIT) -> qdsl.Program:
    (folder / "p.csv").write_text("x,y\n0.1,1\n0.2,1\n3.0,-1\n2.9,-1\n2.8,-1\n")
    return qdsl.loads(text, folders=[folder])


@pytest.mark.parametrize("kind", ["npz", "safetensors"])
def test_parameters_come_back(tmp_path: Path, kind: str) -> None:
    compiled = program(tmp_path).compile(experiment="fit")
    file = tmp_path / f"p.{kind}"
    trained = compiled.run(save_params=file, checkpoint=tmp_path / "kept")
    again = compiled.run(train=False, params=file)
    kept = compiled.run(train=False, checkpoint=tmp_path / "kept", resume=True)
    assert trained.parameters == again.parameters == kept.parameters
    assert again.loss == kept.loss == trained.loss


def test_prediction_is_the_models_value(tmp_path: Path) -> None:
    compiled = program(tmp_path).compile(experiment="fit")
    found = compiled.predict({"w": [0.4]}, {"x": [0.0, 1.0]})
    assert found.outputs[0] == pytest.approx(np.cos([0.4, 1.4]))
    (tmp_path / "new.csv").write_text("x\n1.0\n2.5\n")
    found = compiled.predict({"w": [0.4]}, tmp_path / "new.csv")
    assert found.outputs[0] == pytest.approx(np.cos([1.4, 2.9]))
    assert [row[-1] for row in found.rows()] == ["class", "1", "-1"]
    assert compiled.predict({"w": [0.0]}, tmp_path / "p.csv").accuracy == 1


@pytest.mark.parametrize("wrong", [{}, {"w": [1.0, 2.0]}, {"v": [1.0]}, {"w": [np.nan]}])
def test_wrong_parameters_are_refused(tmp_path: Path, wrong: dict[str, list[float]]) -> None:
    compiled = program(tmp_path).compile(experiment="fit")
    with pytest.raises(Refused, match="`params`"):
        compiled.run(params=wrong)
    with pytest.raises(Refused, match="no folder"):
        compiled.run(save_params=tmp_path / "none" / "p.npz")


def test_the_only_experiment_is_run_and_of_several_one_is_named(tmp_path: Path) -> None:
    assert program(tmp_path).compile().run().experiment == "fit"
    two = program(tmp_path, MODEL + FIT + FIT.replace("fit", "other")).compile()
    with pytest.raises(Refused, match="'m' has fit, other"):
        two.run()
    assert two.run({"x": [0.0], "w": [0.0]}).experiment is None


def test_items_of_the_test_choose_nothing(tmp_path: Path) -> None:
    text = MODEL + FIT.replace("seed 3", "seed 3, test 0.4")
    training = program(tmp_path, text).compile(experiment="fit").run().training
    assert training is not None and (training.tested, training.batch) == (2, 3)
    assert training.test_loss is not None and training.held_out == 0


def test_a_loss_of_the_value_alone_needs_no_labels() -> None:
    text = MODEL.replace("  data x: real\n", "").replace("  ry(x) q[0]\n", "")
    free = "experiment e of m { loss value, train sgd(lr = 0.5) { steps 40, seed 1 } }"
    assert qdsl.loads(text + free).compile().run().loss == pytest.approx(-1, abs=1e-3)
    needs = qdsl.loads(text + free.replace("loss value", "loss mse")).compile()
    with pytest.raises(Refused, match="`loss mse` compares values with labels"):
        needs.run()


def test_adagrad_is_the_textbooks() -> None:
    made = optimiser("adagrad", {"lr": 0.1})
    params = {"w": np.zeros(1)}
    state = made.init(params)
    for k in (1, 2, 3):  # w moves by lr g / sqrt(sum of g**2): no memory of directions
        step, state = made.update({"w": np.ones(1)}, state, params)
        assert float(step["w"][0]) == pytest.approx(-0.1 / np.sqrt(k), rel=1e-5)
