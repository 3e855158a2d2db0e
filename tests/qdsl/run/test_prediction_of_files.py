"""Predictions say what the run said: scaled by the same items, with the labels of the file."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import qdsl
from qdsl.cli.commands import cli
from qdsl.diagnostics.warning import ProgramWarning
from qdsl.run.job import CannotRun
from qdsl.run.result import RunResult

HEAD = """network d = line(2) { qubits 1 }
model m() on d {
  data x: real[1]
  param w: angle
  qubits q
  rx(x[0]) q; rx(w) q
  return expect(Z q)
}
"""


def compiled(folder: Path, experiment: str, rows: str) -> qdsl.Program:
    (folder / "p.csv").write_text(rows)
    (folder / "m.qdm").write_text(HEAD + "experiment e of m {\n" + experiment + "\n}\n")
    return qdsl.load(folder / "m.qdm")


def trained(program: qdsl.Program, folder: Path, seed: int | None = None) -> RunResult:
    return program.compile(experiment="e").run(seed=seed, save_params=folder / "p.npz")


@pytest.mark.parametrize("seed", [5, pytest.param(None, marks=pytest.mark.slow)])
@pytest.mark.parametrize("scaling", ["minmax", "standardise"])
def test_the_items_that_scaled_are_those_of_the_training(
    tmp_path: Path, scaling: str, seed: int | None
) -> None:
    program = compiled(
        tmp_path,
        f'  data x from "p.csv:x" {scaling}, label y from "p.csv:y"\n  loss mse\n'
        "  train adam(lr = 0.1) { steps 3, seed 3, test 0.4 }",
        "x,y\n0.1,-1\n0.9,1\n2.5,-1\n-1.5,1\n4.0,-1\n0.3,1\n",
    )
    run = trained(program, tmp_path, seed)
    made = program.compile(experiment="e").predict(tmp_path / "p.npz", tmp_path / "p.csv", seed)
    assert made.outputs[0] == pytest.approx(np.asarray(run.outputs[0].values), abs=1e-12)
    assert (made.loss, made.accuracy) == pytest.approx((run.loss, run.accuracy))


@pytest.mark.slow
def test_parameters_by_name_do_not_say_which_items_scaled(tmp_path: Path) -> None:
    program = compiled(
        tmp_path,
        '  data x from "p.csv:x" minmax, label y from "p.csv:y"\n  loss mse\n'
        "  train adam(lr = 0.1) { steps 3, seed 3, test 0.4 }",
        "x,y\n0.1,-1\n0.9,1\n2.5,-1\n-1.5,1\n4.0,-1\n0.3,1\n",
    )
    run, made = trained(program, tmp_path, 5), program.compile(experiment="e")
    with pytest.warns(ProgramWarning, match="scaled by the items that seed 3 leaves") as warned:
        made.predict(run.parameters, tmp_path / "p.csv")
    assert warned[0].filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        made.predict(run.parameters, tmp_path / "p.csv", 5)
        made.predict(tmp_path / "p.npz", tmp_path / "p.csv")
        made.predict(run.parameters, {"x": [[0.5]]})


@pytest.mark.parametrize("labels", [(0, 1), (1, 2), (3, 6)])
def test_two_labels_of_any_value_are_those_of_the_file(
    tmp_path: Path, labels: tuple[int, int]
) -> None:
    low, high = labels
    program = compiled(
        tmp_path,
        '  data x from "p.csv:x", label y from "p.csv:y"\n  loss cross_entropy\n'
        "  train adam(lr = 0.2) { steps 20 }",
        f"x,y\n0.1,{high}\n3.0,{low}\n0.3,{high}\n2.8,{low}\n",
    )
    run = trained(program, tmp_path)
    made = program.compile(experiment="e").predict(tmp_path / "p.npz", tmp_path / "p.csv")
    assert (made.loss, made.accuracy) == pytest.approx((run.loss, run.accuracy))
    assert made.accuracy == 1
    assert [row[2:] for row in list(made.rows())[1:]] == [
        [str(y), str(y)] for y in (high, low, high, low)
    ]


def test_a_file_of_another_width_is_refused(tmp_path: Path) -> None:
    program = compiled(
        tmp_path,
        '  data x from "p.csv" standardise, label y from "y.csv"\n  loss mse\n'
        "  train adam(lr = 0.2) { steps 1 }",
        "0.1\n2.0\n0.3\n2.8\n",
    )
    (tmp_path / "y.csv").write_text("1\n-1\n1\n-1\n")
    trained(program, tmp_path)
    (tmp_path / "wide.csv").write_text("0.1,0.2\n0.3,0.4\n")
    with pytest.raises(CannotRun, match="'x' is 2x2, and the model wants 1 an item"):
        program.compile(experiment="e").predict(tmp_path / "p.npz", tmp_path / "wide.csv")


def test_features_are_not_labels(tmp_path: Path) -> None:
    """Features in a file without names, labels in another: a file of features has no labels."""
    program = compiled(
        tmp_path,
        '  data x from "p.csv", label y from "y.csv"\n  loss mse\n'
        "  train adam(lr = 0.2) { steps 1 }",
        "0.1\n2.0\n0.3\n2.8\n",
    )
    (tmp_path / "y.csv").write_text("1\n-1\n1\n-1\n")
    trained(program, tmp_path)
    made = program.compile(experiment="e").predict(tmp_path / "p.npz", tmp_path / "p.csv")
    assert made.labels is None and made.loss is None


@pytest.mark.parametrize(
    ("labels", "classes"),
    [
        ((1.0, 2.0, 1.0, 2.0), ["1", "1", "1", "1"]),  # nearest to a value of at most 1
        ((-1.0, 1.0, -1.0, 1.0), ["1", "-1", "1", "-1"]),
        ((0.0, 0.5, 0.7, 1.0), None),  # numbers, of no class
    ],
)
def test_classes_are_those_by_which_accuracy_is_counted(
    tmp_path: Path, labels: tuple[float, ...], classes: list[str] | None
) -> None:
    rows = "".join(f"{x},{y}\n" for x, y in zip((0.1, 3.0, 0.3, 2.8), labels, strict=True))
    source = '  data x from "p.csv:x", label y from "p.csv:y"\n  loss mse\n'
    program = compiled(tmp_path, source, "x,y\n" + rows)
    np.savez(tmp_path / "p.npz", w=0.0)
    made = program.compile(experiment="e").predict(tmp_path / "p.npz", tmp_path / "p.csv")
    header, *table = made.rows()
    shown = [row[2] for row in table] if "class" in header else None
    assert shown == classes
    right = [c == f"{y:g}" for c, y in zip(classes or [], labels, strict=False)]
    assert made.accuracy == (np.mean(right) if classes else None)


@pytest.mark.slow
@pytest.mark.parametrize("ending", ["npz", "safetensors", "checkpoint"])
def test_what_was_trained_by_another_seed_is_scaled_by_it(tmp_path: Path, ending: str) -> None:
    """The run's seed chose the items that scaled: the experiment's would scale by others."""
    rows = "x,y\n0.1,-1\n0.9,1\n2.5,-1\n-1.5,1\n4.0,-1\n0.3,1\n"
    source = '  data x from "p.csv:x" standardise, label y from "p.csv:y"\n  loss mse\n'
    train = "  train adam(lr = 0.1) { steps 2, seed 12, validation 0.4 }"
    model = compiled(tmp_path, source + train, rows).compile(experiment="e")
    kept = tmp_path / ("kept" if ending == "checkpoint" else f"p.{ending}")
    is_kept = ending == "checkpoint"
    run = model.run(seed=3, checkpoint=kept) if is_kept else model.run(seed=3, save_params=kept)
    wanted = np.asarray(run.outputs[0].values)
    made = model.predict(kept, tmp_path / "p.csv").outputs[0]
    assert made == pytest.approx(wanted, abs=1e-12)
    assert model.predict(kept, tmp_path / "p.csv", 12).outputs[0] != pytest.approx(wanted, abs=1e-3)
    again = model.run(params=kept, train=False)
    assert np.asarray(again.outputs[0].values) == pytest.approx(wanted, abs=1e-12)


TWO = "x,y\n0.1,0\n0.9,1\n2.5,0\n-1.5,1\n4.0,0\n0.3,1\n"
MSE = ('  data x from "p.csv:x", label y from "p.csv:y"\n  loss mse\n'
       "  train adam(lr = 0.1) { steps 3, seed 3 }")  # fmt: skip


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ("x,y\n0.1,0\n0.2,\n", "labels of 'new.csv' are not used: line 3: '' is no number; give"),
        ("x,y\n0.1,0\n0.2,no\n", "labels of 'new.csv' are not used: line 3: 'no' is no number"),
        ("x,y\n0.1,nan\n0.2,1\n", "labels of 'new.csv' are not used: line 2: 'nan' is not finite"),
        (
            "x,y,y\n0.1,1,0\n0.2,1,0\n",
            "labels of 'new.csv' are not used: it has 2 columns called 'y'",
        ),
        ("x\n0.1\n0.2\n", ""),
        ("x,y\n0.1,1\n0.2,0\n", ""),
    ],
)
def test_labels_that_cannot_be_read_are_said(tmp_path: Path, rows: str, says: str) -> None:
    program = compiled(tmp_path, MSE, TWO)
    (tmp_path / "new.csv").write_text(rows)
    found = program.compile(experiment="e").predict({"w": 0.1}, tmp_path / "new.csv")
    assert len(found.outputs[0]) == 2
    assert [note[: len(says)] for note in found.notes if says in note] == [says] * bool(says)
    assert len(found.notes) == bool(says)
    assert (found.accuracy is None) == (found.loss is None) == ("y" not in rows or bool(says))


def test_labels_of_an_archive_that_are_not_finite(tmp_path: Path) -> None:
    program = compiled(tmp_path, MSE, TWO)
    np.savez(tmp_path / "new.npz", x=np.zeros((2, 1)), y=np.array([1, np.nan]))
    found = program.compile(experiment="e").predict({"w": 0.1}, tmp_path / "new.npz")
    assert found.labels is None and "the label of item 1 is not finite" in found.notes[0]


@pytest.mark.parametrize(("labels", "right"), [((1, 1), 0.5), ((0, 0), 0.5), ((0, 1), 1.0)])
def test_new_labels_of_one_class_have_an_accuracy(
    tmp_path: Path, labels: tuple[int, int], right: float
) -> None:
    """cos 1.4 = 0.17 lies below the middle 0.5, and cos 0.1 above it."""
    program = compiled(tmp_path, MSE, TWO)
    (tmp_path / "new.csv").write_text("x,y\n1.4,{}\n0.1,{}\n".format(*labels))
    found = program.compile(experiment="e").predict({"w": 0.0}, tmp_path / "new.csv")
    assert (found.accuracy, found.notes) == (right, ())


def test_a_new_label_of_no_class_has_no_accuracy(tmp_path: Path) -> None:
    program = compiled(tmp_path, MSE, TWO)
    (tmp_path / "new.csv").write_text("x,y\n1.4,0\n0.1,3\n")
    found = program.compile(experiment="e").predict({"w": 0.0}, tmp_path / "new.csv")
    assert found.accuracy is None and found.loss is not None
    assert found.notes == ("there is no accuracy: the label 3 is none of the classes 0 and 1",)


@pytest.mark.parametrize("rows", ["1.4,1\n0.1,1\n" * 3, "1.4,0\n0.1,1\n" * 3])
def test_parts_of_one_class_are_judged_by_the_classes_of_all(rows: str, tmp_path: Path) -> None:
    """Every item is held out, tested or trained on with the labels 0 and 1 in mind."""
    program = compiled(
        tmp_path,
        MSE.replace("seed 3", "seed 3, validation 0.13, test 0.13"),
        "x,y\n2.9,0\n2.8,0\n" + rows,
    )
    told = trained(program, tmp_path).training
    assert told is not None and (told.held_out, told.tested) == (1, 1)
    assert told.held_out_accuracy in (0, 1) and told.test_accuracy in (0, 1)
    assert told.accuracy_before is not None and told.accuracy_after is not None


def test_the_command_says_why_labels_are_not_used(tmp_path: Path) -> None:
    program = compiled(tmp_path, MSE, TWO)
    trained(program, tmp_path)
    (tmp_path / "new.csv").write_text("x,y\n0.1,0\n0.2,\n")
    given = ["predict", str(tmp_path / "m.qdm"), "--params", str(tmp_path / "p.npz")]
    done = CliRunner().invoke(cli, [*given, "--data", str(tmp_path / "new.csv")])
    assert done.exit_code == 0 and done.stdout.startswith("item,value,class\n0,")
    assert "note: labels of 'new.csv' are not used: line 3: '' is no number" in done.stderr
