"""Labels of two classes under losses that want -1 and 1."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import qdsl
from qdsl.diagnostics.diagnostic import InvalidProgram
from qdsl.report.words import said_of_classes
from qdsl.run.losses import accuracy_of
from qdsl.run.result import RunResult

MODEL = """model m() { data x: real[1]; param w: angle; qubits q[1]; ry(x[0]) q[0]; ry(w) q[0]
  return expect(Z q[0]) }
"""


def fitted(folder: Path, low: str, high: str, loss: str) -> RunResult:
    rows = "".join(f"{x},{y}\n" for x, y in ((0.1, high), (0.3, high), (3.0, low), (2.8, low)))
    (folder / "p.csv").write_text("x,y\n" + rows)
    text = MODEL + (
        'experiment e of m { data x from "p.csv:x", label y from "p.csv:y"\n'
        f"loss {loss}, train adam(lr = 0.1) {{ steps 5 }} }}"
    )
    program = qdsl.loads(text, str(folder / "m.qdm"), (folder,))
    return program.compile(experiment="e").run(seed=3)


@pytest.mark.parametrize("loss", ["cross_entropy", "linear"])
@pytest.mark.parametrize(
    ("low", "high"),
    [
        ("0", "1"),
        *(pytest.param(*more, marks=pytest.mark.slow) for more in (("1", "2"), ("3", "6"))),
    ],
)
def test_two_values_are_two_classes(tmp_path: Path, loss: str, low: str, high: str) -> None:
    wanted, found = (fitted(tmp_path, *pair, loss) for pair in (("-1", "1"), (low, high)))
    assert wanted.training is not None and found.training is not None
    assert found.training.losses == wanted.training.losses
    assert (found.accuracy, found.loss) == (wanted.accuracy, wanted.loss)
    assert found.classes == (float(low), float(high))
    assert wanted.classes is None


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ("0.1,0\n0.2,1\n0.3,2\n", "of 3 values"),
        ("0.1,0\n0.2,0\n", "of 1 value"),
    ],
)
def test_other_labels_are_refused(tmp_path: Path, table: str, says: str) -> None:
    (tmp_path / "p.csv").write_text("x,y\n" + table)
    text = (
        MODEL + 'experiment e of m { data x from "p.csv:x", label y from "p.csv:y", loss linear }'
    )
    program = qdsl.loads(text, str(tmp_path / "m.qdm"), (tmp_path,))
    with pytest.raises(InvalidProgram, match=says):
        program.compile(experiment="e").run()


def test_accuracy_of_a_squared_loss(tmp_path: Path) -> None:
    assert fitted(tmp_path, "0", "1", "mse").accuracy is not None


def test_classes_of_seven_digits_are_told_apart(tmp_path: Path) -> None:
    found = fitted(tmp_path, "1000001", "1000002", "linear")
    assert found.classes is not None
    assert said_of_classes(found.classes) == "labels: 1000001 stands as -1, 1000002 as 1"


def test_a_part_is_judged_by_the_classes_of_all_labels() -> None:
    values, ones = np.array([0.2, 0.8]), np.array([1.0, 1.0])
    assert accuracy_of(values, ones) == 1  # of -1 and 1, as far as is known
    assert accuracy_of(values, ones, np.array([0.0, 1.0, 1.0])) == 0.5
    assert accuracy_of(values, np.zeros(2), np.array([0.0, 1.0])) == 0.5
    assert accuracy_of(values, np.array([0.0, 1.0]), np.array([0.0, 1.0, 2.0])) is None
