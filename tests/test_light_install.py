"""The package without extras passes its own tests: check, compile, verify, report, draw.

In a fresh environment with the wheel, from a folder without qdsl's sources. A test that needs an
extra is skipped there by `tests/conftest.py`, and says so; in the `CORE` none may be.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import venv
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.conftest import WITHOUT
from tests.sources import ROOT
from tests.test_packaging import build, run

CORE = (
    "tests/grammar",
    "tests/passes/schedule",
    "tests/qdsl/diagnostics/test_extras.py",
    "tests/qdsl/language/parser",
    "tests/qdsl/language/syntax",
    "tests/qdsl/language/values",
    "tests/qdsl/network",
    "tests/qdsl/records",
    "tests/qdsl/test_import.py",
    "tests/qdsl/verify/translation",
)
MIXED = (
    "tests/passes/insert_communication",
    "tests/qdsl/drawing",
    "tests/qdsl/driver",
    "tests/qdsl/language/check",
    "tests/qdsl/language/typed",
    "tests/qdsl/report",
    "tests/qdsl/verify/simulation",
    "tests/qdsl/verify/test_verify.py",
)
MOST_SKIPPED = 0.2  # of the tests of `MIXED`
HEAVY = {"jax", "jaxlib", "numba", "pytket", "qiskit", "qiskit-aer", "openqasm3", "stim"}

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def light(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of an environment with the wheel, and what the tests are run by."""
    folder = tmp_path_factory.mktemp("light")
    wheel = build(folder / "wheel", "--wheel")
    venv.create(folder / "env", symlinks=True, with_pip=True)
    python = folder / "env" / "bin" / "python"
    run(
        python,
        "-m",
        "pip",
        "--disable-pip-version-check",
        "install",
        "--quiet",
        "-c",
        ROOT / "constraints.txt",
        wheel,
        "pytest",
        "hypothesis[lark]",
        "jsonschema",
    )
    return python


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with everything but qdsl's own code."""
    folder = tmp_path_factory.mktemp("tree")
    for name in ("tests", "examples", "docs"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for path in ROOT.glob("*"):
        if path.is_file():
            shutil.copy(path, folder)
    return folder


def outcomes(python: Path, tree: Path, chosen: tuple[str, ...]) -> tuple[Counter[str], list[str]]:
    """Tests by outcome, and the reasons for which those were skipped that need an extra."""
    told = tree / "told.xml"
    done = subprocess.run(
        [
            python,
            "-m",
            "pytest",
            "-q",
            "-m",
            "not slow and not bench",
            "-p",
            "no:cacheprovider",
            "--tb=short",
            f"--junitxml={told}",
            *chosen,
        ],
        cwd=tree,
        capture_output=True,
        text=True,
        check=False,
        env={k: v for k, v in os.environ.items() if k != "PYTHONPATH"},
    )
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr[-2_000:]
    found: Counter[str] = Counter()
    reasons = []
    for case in ElementTree.parse(told).iter("testcase"):
        skipped = case.find("skipped")
        found["passed" if skipped is None else "skipped"] += 1
        if skipped is not None and WITHOUT in (skipped.get("message") or ""):
            reasons.append(f"{case.get('classname')}: {skipped.get('message')}")
    return found, reasons


def test_it_brings_no_heavy_library(light: Path) -> None:
    listed = json.loads(run(light, "-m", "pip", "list", "--format", "json"))
    names = {found["name"].lower() for found in listed}
    assert "qdsl-compiler" in names and {"numpy", "scipy", "lark", "networkx"} <= names
    assert not HEAVY & names


def test_the_core_passes_and_nothing_of_it_is_skipped(light: Path, tree: Path) -> None:
    found, reasons = outcomes(light, tree, CORE)
    assert found["passed"] > 400
    assert not reasons


def test_the_rest_passes_but_for_what_needs_an_extra(light: Path, tree: Path) -> None:
    found, reasons = outcomes(light, tree, MIXED)
    assert found["passed"] > 900
    assert len(reasons) < MOST_SKIPPED * found.total()


def test_its_commands_work(light: Path, tree: Path) -> None:
    qdsl = light.parent / "qdsl"
    for words in (["check"], ["compile"], ["verify"], ["draw"], ["cost"]):
        run(qdsl, *words, tree / "examples" / "ghz.qdm")
    found = json.loads(run(qdsl, "doctor", "--json"))
    asked = {x["name"]: x["install"] for x in found["extras"]}
    assert asked["simulate"] == "pip install 'qdsl-compiler[simulate]'"
    assert all(found["packages"].values())
