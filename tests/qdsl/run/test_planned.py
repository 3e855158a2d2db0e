"""What a training costs, before it is run and after."""

from __future__ import annotations

from pathlib import Path

import pytest

import qdsl
from qdsl.api import Compiled

TEXT = """
network duo = line(2) { qubits 2, rate 1 kHz }
model clf() on duo {
  data x: real[2] owner node0
  param v: angle[2] owner node1
  qubits q[2]
  at node0 { rx(x[0]) q[0]; rx(x[1]) q[1] }
  at node1 { ry(v[0]) q[0]; ry(v[1]) q[1]; cx q[0], q[1] }
  return expect(Z q[1])
}
experiment fit of clf {
  data x from "p.csv:a,b"
  label y from "p.csv:y"
  loss mse
  train adam(lr = 0.1) { steps 5, seed 3 BATCH }
}
"""


def program(folder: Path, batch: str, items: int = 12) -> Compiled:
    rows = "\n".join(f"{k / 10},{1 - k / 10},{1 if k % 2 else -1}" for k in range(items))
    (folder / "p.csv").write_text(f"a,b,y\n{rows}\n")
    (folder / "p.qdm").write_text(TEXT.replace("BATCH", batch))
    return qdsl.load(folder / "p.qdm").compile(experiment="fit", verify=False)


def executions(compiled: Compiled, batch: int | None = None) -> int:
    budget = compiled.assess(batch=batch).shot_budget
    return next(t.executions for t in budget.tasks if t.name == "training")


GRADIENT, VALUE = 877, 738  # by commuting blocks: both parameters turn one block


@pytest.mark.parametrize(
    ("batch", "items", "held_out"),
    [("", 12, 0), (", batch 12", 12, 0), (", batch 100", 12, 0), (", batch 4", 4, 0),
     (", validation 0.25", 9, 3), (", validation 0.25, batch 10", 9, 3), (", test 0.5", 6, 0)],
)  # fmt: skip
def test_items_of_a_step_are_those_that_are_trained_on(
    tmp_path: Path, batch: str, items: int, held_out: int
) -> None:
    """And of those held out a value is taken in every step."""
    compiled = program(tmp_path, batch)
    assert executions(compiled) == 5 * (items * (GRADIENT + VALUE) + held_out * VALUE)


def test_more_items_leak_more(tmp_path: Path) -> None:
    default = program(tmp_path, "").assess().privacy
    whole = program(tmp_path, ", batch 12").assess().privacy
    single = program(tmp_path, ", batch 1").assess().privacy
    assert default == whole != single


def test_a_report_of_a_run_counts_its_own_items(tmp_path: Path) -> None:
    pytest.importorskip("optax")
    compiled = program(tmp_path, "")
    result = compiled.run()
    report = compiled.report(result)
    assert result.training is not None and report.shot_budget is not None
    task = next(t for t in report.shot_budget.tasks if t.name == "training")
    assert task.executions == executions(compiled, result.training.batch)
    assert executions(compiled, 3) == 5 * 3 * (GRADIENT + VALUE)


def test_data_that_cannot_be_read_are_one_item(tmp_path: Path) -> None:
    compiled = program(tmp_path, "")
    (tmp_path / "p.csv").unlink()
    assert executions(compiled) == 5 * (GRADIENT + VALUE)


def test_a_loss_of_several_classes_is_a_function_of_as_many_outputs(tmp_path: Path) -> None:
    """Of three classes it takes three values and three gradients an item, of two one each."""
    text = TEXT.replace(
        "return expect(Z q[1])", "return expect(Z q[0]), expect(Z q[1]), expect(X q[1])"
    )
    text = text.replace("loss mse", "loss cross_entropy").replace("BATCH", "")
    (tmp_path / "p.qdm").write_text(text)
    for classes, outputs in ((3, 3), (2, 1)):
        rows = "".join(f"{k / 10},{1 - k / 10},{k % classes}\n" for k in range(12))
        (tmp_path / "p.csv").write_text(f"a,b,y\n{rows}")
        compiled = qdsl.load(tmp_path / "p.qdm").compile(experiment="fit", verify=False)
        budget = compiled.assess().shot_budget
        tasks = {t.name: t.executions for t in budget.tasks if t.chosen}
        every = 5 * 12 * (tasks["gradient"] + tasks["inference"])
        assert (tasks["training"] == every) == (outputs == 3)
        assert tasks["training"] <= every
