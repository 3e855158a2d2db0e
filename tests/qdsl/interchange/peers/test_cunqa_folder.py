"""A folder of CUNQA's circuits, as `--emit cunqa -o` writes it: read back, and found out."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import qdsl
from qdsl.cli.commands import cli
from qdsl.interchange.peers.program import NotDistributed
from tests.sources import ROOT

SOURCE = ROOT / "examples" / "ladder.qasm"
ROW = "line(3) { qubits 1, comm 2 }"
STAR = """network star {
  node carol { qubits 2, comm 2 }
  node bob { qubits 1, comm 2 }
  node alice { qubits 2, comm 2 }
  link carol -- bob
  link bob -- alice
}
"""


def run(command: str, *words: str | Path) -> tuple[int, str]:
    done = CliRunner().invoke(cli, [command, *map(str, words)])
    return done.exit_code, done.output


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    words = (SOURCE, "--network", ROW, "--emit", "cunqa", "-o", tmp_path / "made")
    assert run("compile", *words)[0] == 0
    return tmp_path / "made"


def test_what_is_written_is_read_back_equal(folder: Path) -> None:
    compiled = qdsl.distribute(SOURCE, ROW)
    code, said = run("verify", folder, "--against", SOURCE, "--network", ROW)
    assert code == 0, said
    assert "made, against ladder.qasm: equal, proved" in said
    assert "executable: every step obeys the rules (links, room)" in said
    for given in (folder, str(folder)):
        found = qdsl.verify_distributed(given, SOURCE, ROW)
        assert found.is_valid
        assert (found.cost.ebits, found.cost.bits) == (
            compiled.cost.ebits,
            compiled.cost.classical_bits,
        )


def test_circuits_are_those_of_the_nodes_of_their_names(tmp_path: Path) -> None:
    """Files are in the order of the alphabet, nodes in that of the network."""
    (tmp_path / "star.qdm").write_text(STAR)
    text = 'OPENQASM 3; include "stdgates.inc"; qubit[4] q; bit[4] c; h q[0]; cx q[0], q[1];\n'
    text += "ry(0.3) q[2]; cx q[2], q[3]; cx q[1], q[2]; c = measure q;"
    compiled = qdsl.distribute(text, tmp_path / "star.qdm")
    for name, part in (compiled.emit_files("cunqa") or {}).items():
        (tmp_path / "made").mkdir(exist_ok=True)
        (tmp_path / "made" / name).write_text(part)
    for given in (tmp_path / "made", compiled.emit_text("cunqa")):
        found = qdsl.verify_distributed(given, text, tmp_path / "star.qdm")
        assert found.is_valid, found.cost.violations
        assert found.cost.ebits == compiled.cost.ebits


def changed(folder: Path, node: str, change: Callable[[list[Any]], Any]) -> None:
    file = folder / f"{node}.json"
    circuit = json.loads(file.read_text())
    change(circuit["instructions"])
    file.write_text(json.dumps(circuit))


def place(instructions: list[Any], name: str) -> int:
    return next(k for k, i in enumerate(instructions) if i["name"] == name)


def another_angle(instructions: list[Any]) -> None:
    instructions[place(instructions, "ry")]["params"] = [0.8]


def another_gate(instructions: list[Any]) -> None:
    instructions.insert(0, {"name": "x", "qubits": 0})


@pytest.mark.parametrize("change", [another_angle, another_gate])
def test_a_changed_circuit_is_different(folder: Path, change: Callable[[list[Any]], None]) -> None:
    nodes = [
        f.stem
        for f in sorted(folder.glob("node*.json"))
        if any(i["name"] == "ry" for i in json.loads(f.read_text())["instructions"])
    ]
    changed(folder, nodes[0], change)
    code, said = run("verify", folder, "--against", SOURCE, "--network", ROW)
    assert code == 1, said
    assert "NOT EQUAL" in said


def test_exchanged_outcomes_are_different(folder: Path) -> None:
    file = folder / "outcome.qdsl.json"
    first, second, third = json.loads(file.read_text())
    file.write_text(json.dumps([first, third, second]))
    code, said = run("verify", folder, "--against", SOURCE, "--network", ROW)
    assert code == 1, said
    assert "NOT EQUAL" in said


def test_a_lost_file_or_message_is_said(folder: Path, tmp_path: Path) -> None:
    whole = tmp_path / "whole"
    shutil.copytree(folder, whole)
    changed(folder, "node0", lambda found: found.pop(place(found, "send")))
    code, said = run("verify", folder, "--against", SOURCE)
    assert code == 2
    assert "it waits for what never comes" in said
    (whole / "node1.json").unlink()
    code, said = run("verify", whole, "--against", SOURCE)
    assert code == 2
    assert "names a circuit or bit that is not there" in said


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("node9.json", "{", "cannot be read"),
        ("node9.json", "[1]", "is no circuit of CUNQA"),
        ("node9.json", b"\xff\xfe\x00", "cannot be read"),
        ("outcome.qdsl.json", '{"a": 1}', "names a circuit or bit that is not there"),
    ],
)
def test_other_files_are_named(folder: Path, name: str, text: str | bytes, says: str) -> None:
    (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(NotDistributed, match=says):
        qdsl.verify_distributed(folder, SOURCE, ROW)


def test_a_folder_without_circuits(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("nothing")
    with pytest.raises(NotDistributed, match="has no circuits of CUNQA"):
        qdsl.verify_distributed(tmp_path, SOURCE)
