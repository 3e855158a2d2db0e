"""Training lowers the loss, is the same for the same seed, and says what it does not count."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import qdsl
from qdsl.refusals import Refused
from qdsl.report.data import RunResult, Training
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
    """What examples/two_party.qdm says of itself."""
    program = qdsl.load(EXAMPLES / "two_party.qdm")
    result = program.compile(experiment="fit", verify=False).run()
    assert (result.items, result.accuracy) == (150, 1.0)
    assert result.training is not None and result.training.loss_after < 0.35
    text = program.source.text.replace("iris.csv:setosa", "iris.csv:virginica")
    harder = qdsl.loads(text, folders=[EXAMPLES]).compile(experiment="fit", verify=False).run()
    assert harder.accuracy == pytest.approx(136 / 150)
