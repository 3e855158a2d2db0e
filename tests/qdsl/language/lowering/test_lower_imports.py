"""Circuits from OpenQASM files inside models."""

from __future__ import annotations

from pathlib import Path

import pytest

import qdsl
from qdsl.language.check import check_text
from qdsl.language.lowering.lower import lower
from qdsl.language.qasm.rows import ImportedCircuit

QASM = """OPENQASM 2.0;
include "qelib1.inc";
qreg q[2];
creg c[2];
h q[0];
cx q[0], q[1];
rz(0.25) q[1];
measure q -> c;
if (c == 1) x q[0];
"""


def test_imported_circuits(tmp_path: Path) -> None:
    (tmp_path / "bell.qasm").write_text(QASM.replace("if (c == 1) x q[0];\n", ""))
    text = """circuit bell from "bell.qasm"
model m() {
  qubits q[4]
  bits c
  bell q[0..2]
  bell q[3], q[2]
  c = measure q[0]
  return sample(q)
}"""
    checked, problems = check_text(text, folders=(tmp_path,))
    assert checked is not None, [p.message for p in problems]
    circuit = lower(checked, "m")
    assert [row.op.name for row in circuit.table] == ["h", "cx", "rz", "measure", "measure"] * 2 + [
        "measure"
    ]
    assert [row.operands for row in circuit.table][5:7] == [(3,), (3, 2)]
    assert [(r.name, r.first, r.size) for r in circuit.bit_registers] == [
        ("c", 0, 1),
        ("bell", 1, 2),
        ("bell_2", 3, 2),
    ]
    assert [row.attr for row in circuit.table if row.op.name == "measure"] == [1, 2, 3, 4, 0]
    spans = [circuit.table.spans[row.span] for row in circuit.table]
    places = [(s.source.path.rpartition("/")[2], s.line) for s in spans]
    assert places[:-1] == [("bell.qasm", line) for line in (5, 6, 7, 8, 8)] * 2
    assert places[-1] == (checked.source.path, 7)


def test_wrong_use_of_imported_circuits(tmp_path: Path) -> None:
    (tmp_path / "bell.qasm").write_text(QASM.replace("if (c == 1) x q[0];\n", ""))
    (tmp_path / "bad.qasm").write_text("OPENQASM 2.0; nonsense")
    head = 'circuit bell from "bell.qasm"\n'

    def codes(call: str, head: str = head) -> list[str]:
        text = f"{head}model m() {{ qubits q[3]; {call}; return sample(q) }}"
        return [p.code for p in check_text(text, folders=(tmp_path,))[1]]

    assert codes("bell q[..2]") == []
    assert codes("bell q") == ["QDM208"]
    assert codes("bell(3) q[..2]") == ["QDM204"]
    assert codes("bell q[0], q[0]") == ["QDM210"]
    assert codes("ctrl @ bell q[2], q[..2]") == ["QDM217"]
    assert codes("bad q", 'circuit bad from "missing.qasm"\n') == ["QDM702"]
    assert codes("bad q", 'circuit bad from "bad.qasm"\n')[0].startswith("QDM75")


def test_control_keeps_the_phase(tmp_path: Path) -> None:
    text = 'OPENQASM 3.0; include "stdgates.inc"; qubit q; gphase(0.5); z q;'
    (tmp_path / "f.qasm").write_text(text)
    model = "model m() { qubits q[2]; ctrl @ f q[0], q[1]; return sample(q) }"
    checked, problems = check_text(f'circuit f from "f.qasm"\n{model}', folders=(tmp_path,))
    assert checked is not None, [p.message for p in problems]
    assert [(row.op.name, row.operands) for row in lower(checked, "m").table] == [
        ("cz", (0, 1)),
        ("p", (0,)),
    ]


def test_a_circuit_file_may_be_larger_than_a_network_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "f.qasm").write_text(" " * 2**24 + "x")
    read: list[int] = []

    def parser(text: str, path: str) -> ImportedCircuit:
        read.append(len(text))
        return ImportedCircuit(1, 0, ())

    monkeypatch.setattr("qdsl.language.qasm.files.import_qasm.read_qasm", parser)
    assert check_text('circuit f from "f.qasm"\nmodel m() { qubits q }', folders=(tmp_path,))
    assert read == [2**24 + 1]


@pytest.mark.parametrize("head", ["qelib1", "stdgates"])
def test_a_barrier_within_a_gate_of_a_file(head: str, tmp_path: Path) -> None:
    """Both readings keep it, and it is compiled."""
    declared = {"qelib1": "OPENQASM 2.0; qreg q[2];", "stdgates": "OPENQASM 3.0; qubit[2] q;"}
    start = f'{declared[head]} include "{head}.inc"; '
    gate = "gate f(t) a, b { rx(t) a; barrier a, b; cx a, b; }"
    (tmp_path / "f.qasm").write_text(
        f"{start}{gate} f(0.5) q[0], q[1]; f(1.5) q[1], q[0];", encoding="utf-8"
    )
    text = """circuit f from "f.qasm"
network lab = line(2) { qubits 1, comm 2, rate 200 Hz }
model m() on lab { qubits q[2]; f q; return probability(q) }"""
    compiled = qdsl.loads(text, folders=(tmp_path,)).compile()
    assert all(check.equal for check in compiled.imports)
    assert [row.op.name for row in compiled.circuit.table].count("barrier") == 2
    assert compiled.verification.verified
    gates = "rx(0.5) q[0]; cx q[0], q[1]; rx(1.5) q[1]; cx q[1], q[0]"
    plain = qdsl.loads(f"model m() {{ qubits q[2]; {gates}; return probability(q) }}").compile()
    found, expected = (c.run().outputs[0].values for c in (compiled, plain))
    assert found == pytest.approx(expected)


def test_a_barrier_of_an_import_is_at_no_node(tmp_path: Path) -> None:
    (tmp_path / "bell.qasm").write_text(QASM.replace("measure q -> c;\nif", "barrier q;\n//"))
    text = """network pair = line(2) { qubits 2, comm 2 }
circuit f from "bell.qasm"
model m() on pair { qubits q[2]; at node1 { f q }; return sample(q) }"""
    compiled = qdsl.loads(text, folders=(tmp_path,)).compile()
    rows = zip(compiled.circuit.table, compiled.circuit.pin, strict=True)
    where = {row.op.name: pin for row, pin in rows}
    assert where == {"h": 1, "cx": 1, "rz": 1, "barrier": -1}
    assert compiled.verification.verified
    (read,) = compiled.verification.imports
    assert (read.method, read.equal) == ("bell.qasm, read twice", True)
    assert compiled.report().to_json()["verification"]["imports"]
