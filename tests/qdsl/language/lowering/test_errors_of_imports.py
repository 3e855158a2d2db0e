"""Errors in what an import means show the line of the OpenQASM file first, then the call."""

from __future__ import annotations

from pathlib import Path

import pytest

from qdsl.language.check import check_text

QASM = """OPENQASM 2.0;
include "qelib1.inc";
gate g a { h a; u1(pi/3) a; }
qreg q[2];
creg c[2];
g q[0];
cx q[0], q[1];
barrier q;
reset q[0];
measure q -> c;
if (c == 1) x q[0];
"""


@pytest.mark.parametrize(
    ("call", "leave_out", "code", "line", "other"),
    [
        ("if d {{ f q }}", (), "QDM221", "barrier q;", "f q"),
        ("if d {{ f q }}", ("barrier",), "QDM221", "measure q -> c;", "f q"),
        ("if d {{ twice q }}", ("barrier",), "QDM221", "measure q -> c;", "f q"),
        ("ctrl @ f r, q", (), "QDM217", "reset q[0];", "ctrl"),
        ("inv @ f q", ("reset",), "QDM217", "measure q -> c;", "inv"),
        ("pow(2) @ twice q", ("reset",), "QDM217", "measure q -> c;", "pow(2)"),
    ],
)
def test_the_line_of_the_file_comes_first(
    call: str, leave_out: tuple[str, ...], code: str, line: str, other: str, tmp_path: Path
) -> None:
    kept = [x for x in QASM.splitlines() if not x.startswith(("if", *leave_out))]
    (tmp_path / "f.qasm").write_text("\n".join(kept))
    text = f"""circuit f from "f.qasm"
circuit twice on q[n] {{ f q; f q }}
model m() {{
  qubits q[2], r
  bits d
  d = measure r
  {call.format()}
  return sample(q)
}}"""
    errors = [p for p in check_text(text, "m.qdm", (tmp_path,))[1] if p.code == code]
    main, *others = errors[0].labels
    assert (main.span.source.path, main.span.text) == ("f.qasm", line)
    found = [label.span for label in others]
    assert any(s.text.startswith(other) and s.source.path == "m.qdm" for s in found)
