"""Labels of several classes under `cross_entropy`: one output a class, softmax over them."""

from __future__ import annotations

from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import qdsl
from qdsl.backends.jax.jax import precise
from qdsl.diagnostics.diagnostic import InvalidProgram
from qdsl.report.text import render_report
from qdsl.run.job import CannotRun
from qdsl.run.losses import accuracy_of, loss_function, mean_loss

MODEL = """model m() {
  data x: real[2]
  param w: angle[2, 4]
  qubits q[2]
  for l in 0..2 {
    for i in 0..2 { ry(2*x[i] + w[l, 2*i]) q[i]; rz(w[l, 2*i + 1]) q[i] }
    cx q[0], q[1]
  }
  return expect(2*Z q[0]), expect(2*Z q[1]), expect(2*Z q[0] * Z q[1])
}
experiment e of m {
  data x from "p.csv:a,b", label y from "p.csv:y"
  loss cross_entropy
  train adam(lr = 0.15) { steps STEPS, seed 1, validation 0.2, test 0.2 }
}
"""
CENTRES = {3: (0.2, 1.2), 5: (1.2, 0.2), 8: (1.3, 1.3)}


def table(seed: int = 0) -> str:
    rng = np.random.default_rng(seed)
    rows = [(*rng.normal(CENTRES[y], 0.12), y) for y in (3, 5, 8) * 20]
    return "a,b,y\n" + "".join(f"{a},{b},{y}\n" for a, b, y in rows)


def compiled(folder: Path, steps: int = 60, text: str = MODEL) -> qdsl.api.Compiled:
    (folder / "p.csv").write_text(table())
    program = qdsl.loads(text.replace("STEPS", str(steps)), str(folder / "m.qdm"), (folder,))
    return program.compile(experiment="e")


@pytest.mark.slow
def test_three_classes_are_learnt_saved_and_predicted(tmp_path: Path) -> None:
    made = compiled(tmp_path)
    result = made.run(save_params=tmp_path / "w.npz")
    assert result.classes == (3, 5, 8)
    assert result.training is not None and result.accuracy is not None
    assert result.accuracy > 0.9 and result.training.test_accuracy is not None
    assert result.training.test_accuracy > 0.8
    text = render_report(made.report(result))
    assert "accuracy" in text and "classes, one an output: 3, 5, 8" in text
    (tmp_path / "new.csv").write_text(table(seed=7))
    found = made.predict(tmp_path / "w.npz", tmp_path / "new.csv")
    assert found.accuracy is not None and found.accuracy > 0.9
    header, *rows = found.rows()
    assert header == ["item", "value1", "value2", "value3", "class", "label"]
    assert np.mean([row[-2] == row[-1] for row in rows]) == pytest.approx(found.accuracy)
    (tmp_path / "strange.csv").write_text("a,b,y\n0.1,0.2,4\n")
    with pytest.raises(CannotRun, match="label 4; the classes are 3, 5, 8"):
        made.predict(tmp_path / "w.npz", tmp_path / "strange.csv")


def test_the_loss_and_its_gradient_are_those_of_a_plain_computation(tmp_path: Path) -> None:
    from qdsl.run.inputs import gather
    from qdsl.run.training.gradients import Batch, exact

    made = compiled(tmp_path)
    experiment = made.program.experiment("e")
    inputs = gather(made.circuit, experiment, {}, made.program.checked.folders, 0)
    assert inputs.labels is not None
    classes = inputs.labels.astype(int)
    method = exact(made.circuit, loss_function(experiment), [lambda v: v] * 3)
    with precise():
        params = {"w": np.random.default_rng(1).normal(size=(2, 4))}
        batch = Batch({}, {"x": inputs.batched["x"]}, inputs.labels)
        value, slope, _ = method.gradient(params, batch, (0,))

        def plain(w: jax.Array) -> jax.Array:
            scores = jnp.stack(
                [jnp.stack(made.expectation({"w": w}, {"x": x})) for x in inputs.batched["x"]]
            )
            picked = jax.nn.log_softmax(scores)[jnp.arange(60), classes]
            return -picked.mean()

        weights = jnp.asarray(params["w"])
        assert value == pytest.approx(float(plain(weights)), abs=1e-9)
        assert np.allclose(slope["w"], jax.grad(plain)(weights), atol=1e-8)


def test_softmax_and_accuracy_in_numpy(tmp_path: Path) -> None:
    scores = np.array([[1.0, 0.0, -1.0], [0.5, 2.0, 0.0], [300.0, 0.0, -300.0]])
    labels = np.array([0.0, 2.0, 0.0])
    loss = loss_function(compiled(tmp_path).program.experiment("e"))
    p = np.exp(scores[:2]) / np.exp(scores[:2]).sum(axis=1, keepdims=True)
    expected = -(np.log(p[0, 0]) + np.log(p[1, 2])) / 3
    assert mean_loss(loss, scores, labels) == pytest.approx(expected, abs=1e-12)
    assert accuracy_of(scores, labels) == pytest.approx(2 / 3)


def test_too_few_outputs_and_sampled_gradients_are_refused(tmp_path: Path) -> None:
    text = MODEL.replace(", expect(2*Z q[0] * Z q[1])", "")
    with pytest.raises(InvalidProgram, match="as many expectations returned as classes: here 2"):
        compiled(tmp_path, text=text).run()
    text = MODEL.replace("loss cross_entropy", "loss cross_entropy, gradient parameter_shift")
    with pytest.raises(CannotRun, match="3 classes are trained by exact gradients only"):
        compiled(tmp_path, text=text).run()


def test_shots_give_an_accuracy_too(tmp_path: Path) -> None:
    result = compiled(tmp_path, steps=1).run(shots=200, train=False)
    assert result.accuracy is not None and result.loss is not None
