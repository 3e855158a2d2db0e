"""Where a user has no home, libraries that want one are lent a folder."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.sources import ROOT

PROGRAM = """
import qdsl
text = qdsl.load("examples/remote_cnot.qdm").compile(verify=False).emit_text("qasm3")
print(text.splitlines()[0])
import os
print(os.environ["XDG_CONFIG_HOME"])
"""


def test_emission_by_pytket_needs_no_home(tmp_path: Path) -> None:
    file = tmp_path / "no folder"
    file.write_text("")
    environment = {"XDG_CONFIG_HOME": str(file / "inside"), "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], cwd=ROOT, env=os.environ | environment,
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    said, lent = done.stdout.splitlines()
    assert said.startswith("OPENQASM 3")
    assert "qdsl-config-" in lent
    assert not Path(lent).exists()  # gone with the process


READS = "+dac_read_search"
ANOTHER = [
    "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", f"--inh-caps={READS}",
    f"--ambient-caps={READS}", f"--bounding-set=-all,{READS}", "env", "-i",
]  # fmt: skip


def can_be_another() -> bool:
    try:
        return subprocess.run([*ANOTHER, "true"], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def as_another(arguments: list[str], work: Path) -> None:
    """`qdsl` with these arguments, the examples being the checkout's."""
    named = [a.replace("examples/", f"{ROOT}/examples/") for a in arguments]
    python = [f"PYTHONPATH={ROOT}", sys.executable, "-m", "qdsl", *named]
    done = subprocess.run([*ANOTHER, *python], cwd=work, capture_output=True, text=True)
    assert done.returncode == 0, (arguments, done.stderr)


@pytest.mark.skipif(not can_be_another(), reason="only root, with setpriv, can be another user")
def test_commands_of_another_user_without_home_and_with_nothing_to_write(tmp_path: Path) -> None:
    """Who can read everything and write nowhere but in one folder."""
    work = tmp_path / "work"
    work.mkdir()
    os.chown(work, 65534, 65534)
    example = "examples/remote_cnot.qdm"
    for command in ("compile", "run --shots 10", "draw -o c.svg", "compile --emit qasm3 -o c.qasm"):
        verb, *rest = command.split()
        as_another([verb, example, *rest], work)
    assert sorted(p.name for p in work.iterdir()) == ["c.qasm", "c.svg"]


@pytest.mark.slow
@pytest.mark.skipif(not can_be_another(), reason="only root, with setpriv, can be another user")
def test_all_commands_of_the_readme_as_another_user(tmp_path: Path) -> None:
    work = tmp_path / "work"
    work.mkdir()
    os.chown(work, 65534, 65534)
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    commands = re.findall(r"^qdsl (.+?)(?:  +#.*)?$", readme, flags=re.M)
    assert len(commands) >= 25
    for command in commands:
        as_another(shlex.split(command), work)
