"""What a run warns of in Python: features of files far beyond an angle's range."""

from __future__ import annotations

import warnings
from pathlib import Path

import pytest

import qdsl
from qdsl.api import ProgramWarning

TEXT = """model m() {
  data x: real[1]
  qubits q
  rx(2*x[0]) q
  return expect(Z q)
}
experiment e of m { data x from "p.csv:a" SCALING }
"""


def compiled(folder: Path, scaling: str = "") -> qdsl.api.Compiled:
    (folder / "p.csv").write_text("a\n900\n-950\n")
    return qdsl.loads(TEXT.replace("SCALING", scaling), folders=(folder,)).compile()


@pytest.mark.filterwarnings("ignore::qdsl.api.ProgramWarning")
def test_far_features_are_a_field_of_the_compiled_program(tmp_path: Path) -> None:
    (found,) = compiled(tmp_path).warnings
    assert (found.code, found.message) == (
        "QDM762",
        "'x' gives angles of up to 1900.0 rad, many full turns",
    )
    assert compiled(tmp_path, "standardise").warnings == ()


def test_a_run_warns_once_and_points_at_its_caller(tmp_path: Path) -> None:
    with pytest.warns(ProgramWarning, match=r"up to 1900.0 rad.*standardise") as told:
        compiled(tmp_path).run()
    assert len(told) == 1 and told[0].filename == __file__


def test_nothing_is_said_of_scaled_features_or_given_values(tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        compiled(tmp_path, "minmax").run()
        compiled(tmp_path).run({"x": [900.0]})
