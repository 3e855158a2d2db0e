"""Without a library of an extra, whatever needs it says which command installs it."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import qdsl
from qdsl.diagnostics.extras import EXTRA_OF, is_installed, missing, of_import, require
from qdsl.diagnostics.request_error import MissingExtra
from tests.sources import ROOT

BELL = "model m() { qubits q[2]; h q[0]; cx q[0], q[1]; return sample(q) }"
HEAVY = ("jax", "jaxlib", "numba", "openqasm3", "pytket", "qiskit", "qiskit_aer")


def without(*modules: str) -> str:
    """Python code after which these modules cannot be imported."""
    return f"import sys; sys.modules |= dict.fromkeys({modules!r})\n"


def by_command(*words: str | Path) -> subprocess.CompletedProcess[str]:
    """`qdsl WORDS` in a process without any of the libraries."""
    code = without(*HEAVY) + "from qdsl.cli import main\nmain()"
    return subprocess.run(
        [sys.executable, "-c", code, *words],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )


def test_every_extra_that_is_named_exists() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"][
        "optional-dependencies"
    ]
    assert set(EXTRA_OF.values()) <= set(extras)
    listed = " ".join(" ".join(found) for found in extras.values())
    for module in ("cirq", "highspy", "jax", "numba", "optax", "pytket", "stim"):
        assert module in listed


@pytest.mark.parametrize("word", ["check", "compile", "verify", "draw", "cost"])
def test_the_light_commands_need_no_extra(word: str, tmp_path: Path) -> None:
    file = tmp_path / "bell.qdm"
    file.write_text(
        "network pair = line(2) { qubits 1, comm 1 }\n" + BELL.replace("()", "() on pair")
    )
    done = by_command(word, file)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (
            ("run", "examples/ghz.qdm"),
            "simulation needs jax",
        ),
        (("compile", "examples/ladder.qasm"), "reading OpenQASM needs qiskit"),
        (("compile", "examples/ghz.qdm", "--emit", "tket"), "the target needs pytket"),
        (("compile", "examples/ghz.qdm", "--emit", "qasm2"), "the target needs pytket"),
        (("compile", "examples/ghz.qdm", "--emit", "qiskit"), "the target needs qiskit"),
    ],
)
def test_what_needs_an_extra_names_the_command(words: tuple[str, ...], says: str) -> None:
    done = by_command(*words)
    assert done.returncode == 2
    assert f"qdsl: {says}, which is not installed: pip install 'qdsl-compiler[" in done.stderr
    assert "Traceback" not in done.stderr and "bug" not in done.stderr


@pytest.mark.parametrize(
    ("module", "call"),
    [
        ("pytket", lambda program: program.compile().emit("tket")),
        (
            "qiskit",
            # a text that no other test reads: what was read is kept
            lambda program: qdsl.distribute(
                'OPENQASM 2.0; include "qelib1.inc"; qreg q[2]; rx(0.123987) q[0]; cx q[0], q[1];',
                "line(2) { qubits 2 }",
            ),
        ),
    ],
)
def test_python_calls_say_it_too(
    module: str, call: Callable[[Any], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    program = qdsl.loads(BELL)
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingExtra, match=rf"needs {module}, .*\[circuits\]"):
        call(program)


def test_simulation_from_python_says_it() -> None:
    code = f"import qdsl\nprint(qdsl.loads({BELL!r}).compile().run())"
    done = subprocess.run(
        [sys.executable, "-c", without("jax") + code],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        check=False,
    )
    assert "MissingExtra: simulation needs jax" in done.stderr


def test_a_module_of_no_extra_is_no_missing_extra() -> None:
    assert of_import(ModuleNotFoundError("no", name="qdsl.nothing")) is None
    assert of_import(ModuleNotFoundError("no", name=None)) is None
    # it is installed, and something else went wrong
    assert of_import(ImportError("cannot import name", name="click")) is None


def test_a_missing_module_inside_a_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "stim", None)
    assert not is_installed("stim")
    found = of_import(ModuleNotFoundError("no", name="stim.something"))
    assert str(found) == str(missing("stim", "this"))
    with pytest.raises(MissingExtra, match=r"this thing needs stim.*\[clifford\]"):
        require("stim", "this thing")
    require("click", "everything")
