"""Values of several owners in one call: each operation of its body is at the owner of what it uses,
and one that uses values of two is refused, at the call and at the operation."""

from __future__ import annotations

from pathlib import Path

import pytest

from qdsl.diagnostics.diagnostic import Diagnostic, Severity
from qdsl.ir.stages import Circuit
from qdsl.language.check import check_text
from qdsl.language.lowering.lower import lower

LAN = """\
network lan {
  node alice { qubits 4 }
  node bob { qubits 4 }
  link alice -- bob { rate 200 Hz }
}
circuit turned(v: angle[n]) on q[n] { for i in 0..n { p(v[i]) q[i] } }
circuit twice(v: angle[n]) on q[n] { turned(v) q; turned(v) q }
circuit folded(v: angle[n]) on q[n] { p(v[0] + v[1]) q }
circuit first(v: angle[n], w: angle) on q[n] { p(v[0] * w) q }
circuit counted(v: angle[n]) on q[n] { p(pi / len(v)) q }
"""
DATA = """\
  data a: angle[2] owner alice
  data b: angle owner bob
  param w: angle
  qubits q[2], r
"""


def checked(body: str, tmp_path: Path, head: str = "") -> tuple[Circuit | None, list[Diagnostic]]:
    text = f"{head}{LAN}model m() on lan {{\n{DATA}{body}\n  return sample(q)\n}}"
    found, problems = check_text(text, folders=(tmp_path,))
    errors = [p for p in problems if p.severity is Severity.ERROR]
    return (lower(found, "m") if found is not None and not errors else None), errors


@pytest.mark.parametrize(
    ("body", "pins"),
    [
        ("turned([a[0], b]) q", [0, 1]),
        ("turned([b, a[1]]) q", [1, 0]),
        ("turned([a[0] * a[1], -b / 2]) q", [0, 1]),
        ("turned([w, b + pi]) q", [-1, 1]),
        ("turned([0.5, b]) q", [-1, 1]),
        ("twice([a[0], b]) q", [0, 1, 0, 1]),
        ("let v = [a[0], b]; turned(v) q", [0, 1]),
        ("let v = [a[0], b]; p(v[1]) r", [1]),
        ("let v = [a[0], b]; at alice { p(v[0]) r }", [0]),
        ("inv @ turned([a[0], b]) q", [1, 0]),
        ("ctrl @ turned([a[0], b]) r, q", [0, 1]),
        ("reveal b to alice; folded([a[0], b]) q", [0, 0]),
        ("first([a[0], b], a[1]) q", [0, 0]),
        ("counted([a[0], b]) q", [-1, -1]),
        ("at bob { p(pi / len(a)) r }", [1]),
    ],
)
def test_each_operation_is_at_the_owner_of_what_it_uses(
    body: str, pins: list[int], tmp_path: Path
) -> None:
    circuit, errors = checked(body, tmp_path)
    assert circuit is not None, [e.message for e in errors]
    assert circuit.pin.tolist() == pins


@pytest.mark.parametrize(
    ("body", "code", "labels"),
    [
        ("folded([a[0], b]) q", "QDM302", ("folded([a[0], b]) q", "p(v[0] + v[1]) q")),
        ("first([b, w], a[1]) q", "QDM302", ("first([b, w], a[1]) q", "p(v[0] * w) q")),
        ("turned([a[0] + b, w]) q", "QDM302", ("a[0] + b", "p(v[i]) q[i]")),
        ("at bob { turned([a[0], b]) q }", "QDM301", ("a[0]", "p(v[i]) q[i]")),
        ("at bob { twice([b, 2 * a[0]]) q }", "QDM301", ("2 * a[0]", "p(v[i]) q[i]")),
        ("let v = [a[0], b]; at bob { p(v[0]) r }", "QDM301", ("p(v[0]) r",)),
        ("let v = [a[0], b]; p(sum(i in 0..2) v[i]) r", "QDM302", ("p(sum(i in 0..2) v[i]) r",)),
    ],
)
def test_an_operation_of_two_owners_is_shown_in_the_call_and_in_the_circuit(
    body: str, code: str, labels: tuple[str, ...], tmp_path: Path
) -> None:
    circuit, errors = checked(body, tmp_path)
    assert circuit is None
    assert {e.code for e in errors} == {code}
    shown = [label.span.text for label in errors[0].labels]
    assert tuple(shown[: len(labels)]) == labels
    if code == "QDM301" and "at bob" in body:
        assert shown[-1] == "bob"


# ---- circuits from files ---------------------------------------------------------------

QASM = """OPENQASM 3.0;
include "stdgates.inc";
input float[64] a;
input float[64] b;
qubit[2] q;
h q[0];
rz(a) q[0];
rx(b) q[1];
gphase(a + b);
"""
FILE = 'circuit f from "f.qasm"\n'


def test_operations_of_an_import_are_at_the_owners_of_its_inputs(tmp_path: Path) -> None:
    (tmp_path / "f.qasm").write_text(QASM)
    circuit, _ = checked("f(a[0], b) q; f(w, w) q", tmp_path, FILE)
    assert circuit is not None
    assert circuit.pin.tolist() == [-1, 0, 1, -1, -1, -1]


def test_a_phase_of_an_import_is_split_by_owners(tmp_path: Path) -> None:
    (tmp_path / "f.qasm").write_text(QASM)
    circuit, _ = checked("ctrl @ f(a[0], b) r, q", tmp_path, FILE)
    assert circuit is not None
    rows = zip(circuit.table, circuit.pin.tolist(), strict=True)
    assert sorted(pin for row, pin in rows if row.op.name == "p") == [0, 1]


def test_a_phase_of_two_owners_is_refused_where_it_shows(tmp_path: Path) -> None:
    (tmp_path / "f.qasm").write_text(QASM.replace("a + b", "a * b"))
    assert checked("f(a[0], b) q", tmp_path, FILE)[1] == []
    (problem,) = checked("ctrl @ f(a[0], b) r, q", tmp_path, FILE)[1]
    assert problem.code == "QDM302"


def test_an_operation_of_an_import_with_two_owners(tmp_path: Path) -> None:
    (tmp_path / "f.qasm").write_text(QASM.replace("rx(b)", "rx(a * b)"))
    circuit, errors = checked("f(a[0], b) q", tmp_path, FILE)
    assert circuit is None
    (problem,) = errors
    assert problem.code == "QDM302"
    assert [label.span.text for label in problem.labels[:2]] == ["f(a[0], b) q", "rx(a * b) q[1];"]
