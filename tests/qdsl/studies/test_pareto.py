"""Fronts of two or three objectives."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner

import qdsl
from qdsl.cli.pareto import command
from qdsl.diagnostics.diagnostic import InvalidProgram
from qdsl.studies.pareto import Front, Point, front, objectives_of, picture, undominated

TEXT = """
network pair = line(2) { qubits 4, comm 3, rate 1 kHz, gate_time 1 us }
model m() on pair {
  qubits q[6]
  for i in 0..6 { h q[i] }
  for i in 0..6 { for j in i+1..6 { cp(pi / 2) q[i], q[j] } h q[i] }
  return sample(q)
}
"""

UNEQUAL = """
network triangle {
  node a { qubits 3, comm 2 } node b { qubits 3, comm 2 } node c { qubits 3, comm 2 }
  link a -- b { rate 20 Hz, fidelity 0.99 }
  link b -- c { rate 1 kHz, fidelity 0.9 }
  link c -- a { rate 1 kHz, fidelity 0.9 }
}
model m() on triangle {
  qubits q[6]
  for i in 0..6 { h q[i] }
  for i in 0..6 { cx q[i], q[(i + 1) % 6] }
  return sample(q)
}
"""


def point(ebits: int, rounds: int, comm: int) -> Point:
    return Point(ebits, rounds, 10 * rounds, comm, 0.01 * ebits, comm, ())


def test_only_what_nothing_beats_is_kept() -> None:
    points = [point(3, 3, 2), point(4, 2, 2), point(4, 3, 2), point(3, 4, 1), point(3, 3, 2)]
    kept = undominated(points, ("ebits", "rounds", "comm"))
    assert [(p.ebits, p.rounds, p.comm) for p in kept] == [(3, 3, 2), (3, 4, 1), (4, 2, 2)]
    assert undominated([], ("ebits", "rounds")) == ()
    two = undominated(points, ("fidelity", "rounds"))
    assert [(p.ebits, p.rounds) for p in two] == [(3, 3), (4, 2)]


@pytest.fixture(scope="module")
def found() -> Front:
    return front(qdsl.loads(TEXT), {}, ("ebits", "makespan", "comm"), efforts=(0,), seeds=(0,))


def test_no_point_beats_another_and_each_can_be_compiled_again(found: Front) -> None:
    assert found.points
    assert found.tried + found.left_out == 15
    scores = [p.scores(found.objectives) for p in found.points]
    for a in scores:
        assert not any(b != a and all(x <= y for x, y in zip(b, a, strict=True)) for b in scores)
    for p in found.points:
        assert p.comm <= p.comm_limit


def test_the_picture_is_one_file_of_xml(found: Front) -> None:
    text = picture(found, "a < b & c")
    tree = ElementTree.fromstring(text)
    circles = [e for e in tree.iter() if e.tag.endswith("circle")]
    assert len(circles) == len(found.points)
    assert "a &lt; b &amp; c" in text
    assert ElementTree.fromstring(picture(Front(("ebits", "rounds"), (), 0, 3), "none")) is not None


def test_a_program_that_does_not_fit_is_refused() -> None:
    with pytest.raises(InvalidProgram):
        front(qdsl.loads(TEXT.replace("qubits 4,", "qubits 2,")), {})


@pytest.mark.slow
def test_the_command(tmp_path: Path) -> None:
    file, svg = tmp_path / "m.qdm", tmp_path / "front.svg"
    file.write_text(TEXT, encoding="utf-8")
    asked = [str(file), "--effort", "0", "--seeds", "1", "-q"]
    ended = CliRunner().invoke(command, [*asked, "--svg", str(svg)])
    assert ended.exit_code == 0
    assert all(len(line) <= 80 for line in ended.output.splitlines())
    assert svg.read_text(encoding="utf-8").startswith("<svg")
    document = json.loads(CliRunner().invoke(command, [*asked, "--json"]).output)
    assert document["schema"] == "qdsl-pareto/2"
    assert document["points"]


def test_a_circuit_file_on_a_network_of_its_own(tmp_path: Path) -> None:
    file = tmp_path / "c.qasm"
    file.write_text('OPENQASM 2.0;\ninclude "qelib1.inc";\nqreg q[3];\ncx q[0],q[2];\n')
    asked = [str(file), "--network", "line(2) { qubits 2, comm 1 }", "--seeds", "1", "-q"]
    ended = CliRunner().invoke(command, asked)
    assert ended.exit_code == 0 and "comm 1, effort 0" in ended.output


def test_the_objectives_are_ways_and_their_values_are_in_the_table(tmp_path: Path) -> None:
    file = tmp_path / "m.qdm"
    file.write_text(UNEQUAL, encoding="utf-8")
    asked = [str(file), "--effort", "1", "--seeds", "1", "-q", "--objectives", "fidelity,makespan"]
    ended = CliRunner().invoke(command, asked)
    assert ended.exit_code == 0
    assert ended.output.split()[:2] == ["fidelity", "makespan"]
    assert "optimise makespan" in ended.output
    assert all(len(line) <= 80 for line in ended.output.splitlines())


@pytest.mark.parametrize("text", ["ebits", "ebits,ebits", "ebits,time", "a,b,c,d", ""])
def test_other_objectives_are_refused(text: str) -> None:
    with pytest.raises(qdsl.api.UsageError):
        objectives_of(text)
