"""The registry of targets: complete, cheap, and clear about what is not there."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import qdsl.backends
from qdsl.diagnostics.diagnostic import InvalidProgram
from qdsl.diagnostics.request_error import MissingExtra
from qdsl.driver.targets import load_target, targets
from tests.backends.programs import alone


def test_a_target_is_called_as_its_file_or_folder() -> None:
    folder = Path(qdsl.backends.__path__[0])
    names = [target.name for target in targets()]
    assert names == sorted(names)
    assert {"qasm3", "qiskit", "tket"} <= set(names)
    places = {name: (folder / f"{name}.py", folder / name / f"{name}.py") for name in names}
    assert [n for n in names if sum(p.is_file() for p in places[n]) != 1] == []
    for target in targets():
        assert target == load_target(target.name).TARGET


@pytest.mark.parametrize("name", ["qasm2", "qasm3", "tket"])
def test_text_is_the_same_every_time(name: str) -> None:
    backend = load_target(name)
    assert backend.emit_text(alone("ccz")) == backend.emit_text(alone("ccz"))


def test_listing_loads_no_library() -> None:
    code = "import sys, qdsl.driver.targets as t; t.targets(); print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert {"numpy", "pytket", "qiskit", "jax"}.isdisjoint(run.stdout.split())


LIBRARIES = {"stim": "stim", "cirq": "cirq", "pennylane": "pennylane", "qir": "pyqir"}


def test_loading_a_target_loads_no_library_of_an_extra() -> None:
    code = (
        "import sys; from qdsl.driver.targets import load_target\n"
        f"for name in {list(LIBRARIES)}: load_target(name)\nprint(*sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert set(LIBRARIES.values()).isdisjoint(run.stdout.split())


@pytest.mark.parametrize("name", LIBRARIES)
def test_a_missing_library_is_named_with_its_extra(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, LIBRARIES[name], None)
    extra = {"stim": "clifford"}.get(name, name)
    with pytest.raises(MissingExtra, match=rf"needs {LIBRARIES[name]}.*\[{extra}\]"):
        load_target(name).emit(alone("cx"))


@pytest.mark.parametrize("name", ["qasm", "_layout", "", "../tket", "__init__"])
def test_an_unknown_target_is_refused(name: str) -> None:
    with pytest.raises(InvalidProgram) as refused:
        load_target(name)
    (problem,) = refused.value.diagnostics
    assert problem.code == "QDM755"
    assert "qasm3" in str(problem.help)
