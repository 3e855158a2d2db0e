"""The archives people install hold the whole package, whichever way they were built."""

from __future__ import annotations

import json
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path
from zipfile import ZipFile

import pytest

from tests.sources import ROOT

LINKED = ("passes", "backends", "grammar")

pytestmark = pytest.mark.slow


def run(*command: str | Path) -> str:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def build(folder: Path, *options: str) -> Path:
    """The wheel of this checkout, by way of an sdist unless `options` say otherwise."""
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, *options, ROOT)
    (wheel,) = folder.glob("*.whl")
    return wheel


@pytest.fixture(scope="module")
def wheel_from_checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("direct"), "--wheel")


@pytest.fixture(scope="module")
def wheel_from_sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("by_sdist"))


def contents(wheel: Path) -> dict[str, bytes]:
    """The package's own files in a wheel, by name."""
    with ZipFile(wheel) as archive:
        return {n: archive.read(n) for n in archive.namelist() if n.startswith("qdsl/")}


def source_files() -> set[str]:
    """What a wheel should hold: `qdsl/` without its links, and the folders they lead to."""
    folders = [ROOT / "qdsl", *(ROOT / name for name in LINKED)]
    found = {path for folder in folders for path in folder.rglob("*") if path.is_file()}
    names = {path.relative_to(ROOT).as_posix() for path in found if "__pycache__" not in path.parts}
    through_links = tuple(f"qdsl/{name}/" for name in LINKED)
    return {
        name if name.startswith("qdsl/") else f"qdsl/{name}"
        for name in names
        if not name.startswith(through_links)
    }


def test_the_wheel_holds_every_source_file(wheel_from_checkout: Path) -> None:
    held = set(contents(wheel_from_checkout))
    assert held == source_files()
    assert {"qdsl/passes/__init__.py", "qdsl/backends/__init__.py", "qdsl/py.typed"} <= held
    assert "qdsl/grammar/qdm.lark" in held
    assert any(name.startswith("qdsl/grammar/std/") and name.endswith(".qdm") for name in held)


def test_a_wheel_by_way_of_the_sdist_is_the_same(
    wheel_from_checkout: Path, wheel_from_sdist: Path
) -> None:
    assert contents(wheel_from_sdist) == contents(wheel_from_checkout)


def test_an_installed_wheel_works_away_from_the_checkout(
    wheel_from_sdist: Path, tmp_path: Path
) -> None:
    """In a fresh environment that borrows this one's dependencies, but not its editable qdsl."""
    venv.create(tmp_path / "env", symlinks=True)
    scheme = {"base": str(tmp_path / "env"), "platbase": str(tmp_path / "env")}
    site = Path(sysconfig.get_path("purelib", scheme="venv", vars=scheme))
    python = Path(sysconfig.get_path("scripts", scheme="venv", vars=scheme)) / "python"
    # a folder named in a .pth file is searched last, and its own .pth files are not read
    (site / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n")
    pip = [sys.executable, "-m", "pip", "--python", str(python)]
    run(*pip, "install", "--quiet", "--no-deps", "--no-index", wheel_from_sdist)

    code = (
        "import qdsl.passes, qdsl.backends, qdsl.cli\n"
        "from importlib.resources import files\n"
        "assert files('qdsl.grammar').joinpath('qdm.lark').is_file()\n"
        "print(qdsl.__file__, qdsl.passes.__file__, qdsl.backends.__file__, sep='\\n')\n"
    )
    for origin in run(python, "-I", "-c", code).splitlines():
        assert Path(origin).is_relative_to(site)
    listed = json.loads(run(*pip, "list", "--format", "json", "--path", site))
    assert "qdsl" not in {found["name"] for found in listed}  # that is a stranger's name
    assert "qdsl-compiler" in {found["name"] for found in listed}
    assert "Usage" in run(python.parent / "qdsl", "--help")
