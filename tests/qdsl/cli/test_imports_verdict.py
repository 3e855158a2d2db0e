"""`qdsl verify` and `qdsl compare` show what two readings of an imported file said."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner

from qdsl.cli.commands import cli
from tests.sources import ROOT

IMPORTED = str(ROOT / "examples" / "imported.qdm")
SAID = "adder.qasm, read twice: equal; every statement compared, gates as unitaries"


def run(*words: str) -> str:
    result = CliRunner().invoke(cli, list(words))
    assert result.exit_code == 0, result.output
    return result.output


def test_verify_shows_it_in_both_forms() -> None:
    assert SAID in run("verify", IMPORTED)
    (found,) = json.loads(run("verify", IMPORTED, "--json"))["imports"]
    assert found["method"] == "adder.qasm, read twice" and found["equal"] is True
    assert "imports" not in json.loads(run("verify", str(ROOT / "examples/ghz.qdm"), "--json"))


def test_verify_shows_it_of_the_other_program_too(tmp_path: Path) -> None:
    (tmp_path / "f.qasm").write_text(
        'OPENQASM 2.0; include "qelib1.inc"; qreg q[2]; h q[0]; cx q[0], q[1];'
    )
    (tmp_path / "m.qdm").write_text(
        "model m() { qubits q[2]; h q[0]; cx q[0], q[1]; return sample(q) }"
    )
    found = run("verify", str(tmp_path / "m.qdm"), "--against", str(tmp_path / "f.qasm"))
    assert "f.qasm, read twice: equal;" in " ".join(found.split())


def test_compare_shows_it() -> None:
    ghz = str(ROOT / "examples" / "ghz.qdm")
    (line,) = (x for x in run("compare", IMPORTED, ghz).splitlines() if x.startswith("imports"))
    assert line.split() == ["imports", "read", "twice:", "equal", "-", "differs"]
    assert "imports" not in run("compare", ghz, ghz)
