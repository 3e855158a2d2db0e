"""Commands load what they use: libraries that take longer to load than a program to compile stay
where they are."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.sources import ROOT

HEAVY = {
    "IPython", "jax", "lark", "matplotlib", "networkx", "numba", "optax", "pandas", "pytket",
    "qiskit", "scipy",
}  # fmt: skip
SLOW_PARTS = {"numpy.ma", "importlib.resources"}  # of what is needed
SHOWN = "print(*sys.modules, file=sys.stderr)"


def loaded(code: str) -> set[str]:
    """The modules that a process has loaded when the code has run."""
    done = subprocess.run(
        [sys.executable, "-c", f"import sys\ntry:\n    {code}\nfinally:\n    {SHOWN}"],
        cwd=ROOT, env=os.environ | {"COLUMNS": "100"}, capture_output=True, text=True,
    )  # fmt: skip
    return set(done.stderr.splitlines()[-1].split())


def by_command(*words: str) -> set[str]:
    return loaded(f"sys.argv = {['qdsl', *words]}; import qdsl.cli; qdsl.cli.main()")


@pytest.mark.parametrize("name", ["ghz", "two_party", "qaoa"])
def test_compiling_loads_no_library_but_numpy(name: str) -> None:
    found = by_command("compile", "-q", f"examples/{name}.qdm")
    assert "numpy" in found
    assert not found & (HEAVY | SLOW_PARTS)


def test_checking_loads_no_library_but_numpy() -> None:
    assert not by_command("check", "examples/ghz.qdm") & HEAVY


@pytest.mark.parametrize("code", ["import qdsl", "import qdsl.cli"])
def test_importing_loads_not_even_numpy(code: str) -> None:
    assert not loaded(code) & (HEAVY | {"numpy"})


def test_help_loads_not_even_numpy() -> None:
    found = by_command("--help")
    assert "click" in found
    assert not found & (HEAVY | {"numpy"})
