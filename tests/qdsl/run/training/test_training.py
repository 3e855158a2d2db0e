"""Training lowers the loss, is the same for the same seed, and says what it does not count."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest

import qdsl
from qdsl.backends.jax.jax import precise
from qdsl.diagnostics.request_error import Refused
from qdsl.report.text_training import training_lines
from qdsl.run.losses import loss_function
from qdsl.run.result import RunResult, Training
from qdsl.run.splits import split
from qdsl.run.training.gradients import Batch, Method, Used
from qdsl.run.training.loop import DescentPlan, TrainingState, descend
from qdsl.run.training.optimisers import optimiser
from tests.sources import EXAMPLES, PARTIES

POINTS = "a,b,c,d,y\n" + "".join(
    f"{1 + 0.1 * k},{0.2 * k},0.3,{0.1 * (k % 3)},1\n"
    f"0.2,{0.3 * (k % 2)},{1 + 0.1 * k},{0.2 * k},-1\n"
    for k in range(10)
)


def experiment(train: str = "adam(lr = 0.1) { steps 25 }", loss: str = "mse") -> str:
    return f"""{PARTIES}
experiment fit of parties {{
  data x from "p.csv:a,b,c,d"
  label y from "p.csv:y"
  loss {loss}
  train {train}
}}
"""


def fit(folder: Path, text: str, seed: int | None = None) -> tuple[RunResult, Training]:
    (folder / "p.csv").write_text(POINTS)
    compiled = qdsl.loads(text, folders=[folder]).compile(experiment="fit", verify=False)
    result = compiled.run(seed=seed)
    assert result.training is not None
    return result, result.training


SLOW = pytest.mark.slow


@pytest.mark.parametrize(
    "loss", ["mse", pytest.param("linear", marks=SLOW), pytest.param("cross_entropy", marks=SLOW)]
)
def test_every_loss_goes_down(tmp_path: Path, loss: str) -> None:
    result, training = fit(tmp_path, experiment(loss=loss))
    assert training.loss_after < training.loss_before
    assert (training.steps, training.batch, len(training.losses)) == (25, 20, 25)
    assert training.losses[0] == pytest.approx(training.loss_before)
    # what is run is the distributed program, with what was learnt on the source
    assert result.loss == pytest.approx(training.loss_after)
    assert result.accuracy == training.accuracy_after


@SLOW
@pytest.mark.parametrize("name", ["sgd(lr = 0.2)", "adam", "adam(lr = 0.05)"])
def test_optimisers(tmp_path: Path, name: str) -> None:
    _, training = fit(tmp_path, experiment(f"{name} {{ steps 15 }}"))
    assert training.loss_after < training.loss_before
    assert training.optimiser.startswith(name.split("(")[0])


@pytest.mark.slow
def test_the_seed_decides(tmp_path: Path) -> None:
    text = experiment("adam(lr = 0.1) { steps 6, batch 4 }")
    first, again, other = (fit(tmp_path, text, seed)[1].losses for seed in (3, 3, 4))
    assert first == again != other
    text = experiment("adam(lr = 0.1) { steps 6, batch 4, seed 3 }")
    assert fit(tmp_path, text)[1].losses == first


@SLOW
def test_batches_take_every_item_once_an_epoch(tmp_path: Path) -> None:
    """Without any learning, the losses of the batches of an epoch average to the whole loss."""
    text = experiment("sgd(lr = 0.000000001) { steps 15, batch 4 }")
    _, training = fit(tmp_path, text)
    for epoch in range(3):
        mean = np.mean(training.losses[5 * epoch : 5 * epoch + 5])
        assert mean == pytest.approx(training.loss_before, rel=1e-4)


@SLOW
def test_a_batch_is_no_larger_than_the_data(tmp_path: Path) -> None:
    _, training = fit(tmp_path, experiment("adam { steps 2, batch 999 }"))
    assert training.batch == 20


def test_training_can_be_left_out_and_is_watched(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text(POINTS)
    program = qdsl.loads(experiment("adam { steps 3 }"), folders=[tmp_path])
    compiled = program.compile(experiment="fit", verify=False)
    assert compiled.run(train=False).training is None
    seen: list[tuple[int, int]] = []
    compiled.run(on_step=lambda k, n, loss: seen.append((k, n)))
    assert seen == [(1, 3), (2, 3), (3, 3)]


@SLOW
def test_a_single_item_can_be_learnt(tmp_path: Path) -> None:
    text = experiment("adam(lr = 0.1) { steps 40 }")
    (tmp_path / "p.csv").write_text("a,b,c,d,y\n1,2,3,4,1\n")
    compiled = qdsl.loads(text, folders=[tmp_path]).compile(experiment="fit", verify=False)
    result = compiled.run()
    assert result.training is not None
    assert result.training.loss_after < 0.5 * result.training.loss_before


def test_training_needs_labels(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text(POINTS)
    text = experiment("adam { steps 1 }").replace('  label y from "p.csv:y"\n', "")
    with pytest.raises((Refused, qdsl.InvalidProgram)):
        program = qdsl.loads(text, folders=[tmp_path])
        program.compile(experiment="fit", verify=False).run()


@SLOW
def test_the_report_says_that_gradients_are_not_counted(tmp_path: Path) -> None:
    _, training = fit(tmp_path, experiment("adam { steps 1 }"))
    assert "no communication is counted" in training.gradient


@SLOW
def test_setosa_is_told_from_the_others() -> None:
    """What examples/two_party.qdm says of itself: by shots as well as by exact gradients."""
    program = qdsl.load(EXAMPLES / "two_party.qdm")
    compiled = program.compile(experiment="fit", verify=False)
    result = compiled.run()
    assert (result.items, result.accuracy) == (150, 1.0)
    training = result.training
    assert training is not None and training.loss_after < 0.35
    # every step takes 50 items; forwards 50 shots each of 8 ebits, and the gradient's circuits
    assert len(training.ebits) == training.steps == 100
    steps = np.diff((0, *training.ebits))
    assert (steps > 50 * 50 * compiled.report().cost.ebits).all() and len(set(steps)) == 1
    assert training.classical_bits[-1] == 2 * training.ebits[-1]  # teledata and cat copies only
    assert training.alternatives[0].bits == 64 * 8  # bob's parameters to alice
    assert "\n".join(training_lines(training)).count(f"{training.ebits[-1]:,}") == 2

    text = program.source.text.replace("gradient auto { shots 50 }", "gradient exact")
    by_exact = qdsl.loads(text, folders=[EXAMPLES]).compile(experiment="fit", verify=False).run()
    assert by_exact.accuracy == 1.0 and by_exact.training is not None
    assert not by_exact.training.ebits
    text = text.replace("iris.csv:setosa", "iris.csv:virginica").replace("steps 100", "steps 200")
    harder = qdsl.loads(text, folders=[EXAMPLES]).compile(experiment="fit", verify=False).run()
    assert harder.accuracy == pytest.approx(136 / 150)


# ---- losses, held-out items, early stop, noise -------------------------------------------------


@pytest.mark.parametrize(
    ("expression", "same_as"),
    [
        ("(value - label)**2", "mse"),
        ("1/2 - label*value/2", "linear"),
        ("-ln(min(1, max(1e-12, (1 + label*value)/2)))", "cross_entropy"),
        ("abs(label - value)**2 + 0*sin(pi)", "mse"),
    ],
)
def test_a_loss_may_be_an_expression(expression: str, same_as: str) -> None:
    losses = {}
    for loss in (expression, same_as):
        program = qdsl.loads(experiment(loss=loss))
        losses[loss] = loss_function(program.experiment("fit"))
    values, labels = np.array([0.3, -0.9, 1.0, -1.0]), np.array([1.0, -1.0, 1.0, 1.0])
    for library in (np, jnp):
        found, wanted = (
            np.asarray(losses[k](library.asarray(values), library.asarray(labels)))
            for k in (expression, same_as)
        )
        np.testing.assert_allclose(found, wanted, rtol=1e-6)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ("loss valu**2", "did you mean 'value'"),
        ("loss label**2", "an expression of `value`"),
        ("loss foo(value)", "made with abs, exp"),
        ("loss abs(value, label)", "`abs` of one argument"),
        ("loss value == 1", "arithmetic on `value` and `label`"),
        ("train adam { validation 1 }", "a number between 0 and 1"),
        ("train adam { patience 0 }", "a whole number, at least 1"),
        ("gradient commuting_block { shots 0 }", "a whole number, at least 1"),
        ("noise white", "one of depolarizing"),
    ],
)
def test_wrong_options_are_refused(wrong: str, says: str) -> None:
    option = wrong.split()[0]
    lines = [line for line in experiment().splitlines() if line.split()[:1] != [option]]
    text = "\n".join(lines).rstrip().removesuffix("}") + f"  {wrong}\n}}\n"
    with pytest.raises(qdsl.InvalidProgram) as caught:
        qdsl.loads(text)
    (problem,) = caught.value.diagnostics
    assert problem.code == "QDM503"
    assert says in f"{problem.message} {problem.help}"


def test_items_are_held_out_once() -> None:
    kept, out = split(20, 0.25, 3)
    assert len(out) == 5 and sorted([*kept, *out]) == list(range(20))
    assert split(20, 0.25, 3)[1].tolist() == out.tolist() != split(20, 0.25, 4)[1].tolist()
    for share in (0.01, 0.99):
        with pytest.raises(Refused, match="both parts need at least one"):
            split(20, share, 0)


def steps_of(losses: list[float], patience: int | None, held_out: bool) -> TrainingState:
    """The loop on a method that gives these losses, one a step."""

    def gradient(params: Any, batch: Batch, key: Any) -> Any:
        slope = {"w": np.ones(1)}
        return losses[key[2]], slope, Used(1, 2, 3)

    def forward(params: Any, batch: Batch, key: Any) -> Any:
        return np.array([losses[key[2]]]), Used(10, 20, 30)

    method = Method("made up", 1, "", gradient, forward)
    plan = DescentPlan(
        method, lambda v, y: v, optimiser("sgd", {"lr": 1.0}), len(losses), 1, 0, patience
    )
    batch = Batch({}, {"x": np.zeros((3, 1))}, np.zeros(3))
    with precise():
        return descend(plan, {"w": np.zeros(1)}, batch, batch if held_out else None, None, None)


def test_early_stop_and_the_parameters_that_are_kept() -> None:
    losses = [5.0, 4.0, 3.0, 3.5, 3.2, 3.1, 1.0]
    assert steps_of(losses, None, True).step == 7
    done = steps_of(losses, 2, True)
    assert (done.step, done.best_step, done.best_loss) == (5, 3, 3.0)
    assert done.best["w"] == [-3.0]  # after three steps of minus one
    assert done.params["w"] == [-5.0]
    assert sum(u.ebits for u in done.used) == 5 * 22
    by_batch = steps_of(losses, 2, False)
    assert (by_batch.step, by_batch.best_step) == (5, 2)  # of step 3's batch, before it
    for held_out in (True, False):  # the last improvement is seen in step 3
        assert [steps_of(losses, p, held_out).step for p in (1, 2, 3, 4)] == [4, 5, 6, 7]
    with pytest.raises(Refused, match="no finite number in step 3"):
        steps_of([1.0, 1.0, float("nan")], None, False)


def test_a_loss_that_is_no_number_warns_of_no_file() -> None:
    chosen = qdsl.loads(experiment(loss="ln(value - 5)")).experiment("fit")
    with np.errstate(all="raise"):
        assert np.isnan(loss_function(chosen)(np.zeros(2), np.ones(2))).all()


def test_noise_is_its_formula(tmp_path: Path) -> None:
    text = experiment("adam(lr = 0.1) { steps 2 }")
    noisy = text.replace("loss mse", "loss mse; noise depolarizing")
    (tmp_path / "p.csv").write_text(POINTS)
    results = []
    for source in (text, noisy):
        compiled = qdsl.loads(source, folders=[tmp_path]).compile(experiment="fit", verify=False)
        values = {
            v.name: np.full(v.shape, 0.3)
            for v in compiled.circuit.values.vectors
            if v.role == "param"
        }
        results.append((compiled.run(values, train=False), compiled.report().cost.fidelity))
    (plain, fidelity), (shrunk, _) = results
    assert 0 < fidelity < 1 and shrunk.noise is not None and plain.noise is None
    np.testing.assert_allclose(
        shrunk.outputs[0].values, fidelity * np.array(plain.outputs[0].values)
    )
    unheard = noisy.replace("loss mse", "gradient gentle_sweep { epsilon 1 }; loss mse")
    with pytest.raises(Refused, match="simulated without noise"):
        fit(tmp_path, unheard)


@SLOW
@pytest.mark.parametrize("method", ["parameter_shift", "cat", "spsa"])
def test_sampled_gradients_train(tmp_path: Path, method: str) -> None:
    noise = "noise depolarizing; " if method == "cat" else ""
    text = experiment("adam(lr = 0.2) { steps 15 }").replace(
        "loss mse", f"loss mse; {noise}gradient {method} {{ shots 200 }}"
    )
    _, training = fit(tmp_path, text)
    assert training.loss_after < 0.8 * training.loss_before
    assert training.gradient.count(method) == 1 and len(training.executions) == 15


def test_what_cannot_be_trained(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text(POINTS)
    text = experiment("adam { steps 1 }")
    compiled = qdsl.loads(text, folders=[tmp_path]).compile(experiment="fit", verify=False)
    name, shape = next(
        (v.name, v.shape) for v in compiled.circuit.values.vectors if v.role == "param"
    )
    given = {name: np.zeros((20, *shape))}
    with pytest.raises(Refused, match="cannot differ from item to item"):
        compiled.run(given)
    tiny = text.replace("loss mse", "loss mse; gradient commuting_block { epsilon 0.0000001 }")
    with pytest.raises(Refused, match="takes more than"):
        fit(tmp_path, tiny)


@SLOW
def test_the_method_that_auto_took_is_not_called_the_cheapest(tmp_path: Path) -> None:
    """It may be dearer than one that tells a party's derivatives to another."""
    text = experiment("sgd(lr = 0.1) { steps 1, batch 1 }").replace(
        "loss mse", "loss mse; gradient auto { shots 5 }"
    )
    _, training = fit(tmp_path, text)
    assert "chosen by `auto`" in training.gradient
    assert "cheapest" not in training.gradient
