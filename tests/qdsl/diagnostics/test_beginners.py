"""What people write who come from Python, OpenQASM, Qiskit, pytket, PennyLane or Q#.

Each mistake is a line with a `^` before the place that the message is to point to, what the help
says to write, and the whole line as it is right, if that is more than what the help says. Both are
tested: the message names the place and the fix, and the program with the fix is right.
"""

from __future__ import annotations

import pytest

from qdsl.diagnostics.diagnostic import Diagnostic, Severity
from qdsl.diagnostics.render import render
from qdsl.diagnostics.source import Source
from qdsl.language.check import check_text

NETWORK = """network lan {
  node alice { qubits 4, comm 1 }
  node bob { qubits 4, comm 1 }
  link alice -- bob { fidelity 0.97, rate 200 Hz }
}
"""
LINE = "<here>"
PLAIN = "model m(n = 2) {{\n  qubits q[n]\n  bits c[n]\n  {}\n  return sample(q)\n}}\n"
MEASURED = (
    "model m(n = 2) {{\n  qubits q[n]\n  bits c[n]\n  c = measure q\n  {}\n  return sample(c)\n}}\n"
)
TOP = "{}\nmodel m(n = 2) {{\n  qubits q[n]\n  h q\n  return sample(q)\n}}\n"
RETURN = "model m(n = 2) {{\n  qubits q[n]\n  h q\n  {}\n}}\n"
REGISTERS = "model m() {{\n  {}\n  h q\n  return sample(q)\n}}\n"
OWNED = NETWORK.replace("{", "{{").replace("}", "}}") + (
    "model m(n = 2) on lan {{\n  data x: real[n] owner alice\n  param w: angle[n] owner bob\n"
    "  qubits q[n]\n  {}\n  return sample(q)\n}}\n"
)
WEIGHTS = "model m(n = 2) {{\n  {}\n  qubits q[n]\n  rx(w[0]) q\n  return sample(q)\n}}\n"
NODE = (
    "network lan {{\n  {}\n  node bob {{ qubits 4 }}\n  link alice -- bob {{ rate 200 Hz }}\n}}\n"
)
LINK = "network lan {{\n  node alice {{ qubits 4 }}\n  node bob {{ qubits 4 }}\n  {}\n}}\n"
EXPERIMENT = "model m(n = 2) {{\n  qubits q[n]\n  h q\n  return sample(q)\n}}\n{}\n"

# What is around; the line, `^` before the place; what the help says; the right line, if longer.
MISTAKES: dict[str, list[tuple[str, ...]]] = {
    "Qiskit": [
        (PLAIN, "^qc.h(0)", "h q[0]"),
        (PLAIN, "^qc.cx(0, 1)", "cx q[0], q[1]"),
        (PLAIN, "^qc.rx(pi/2, 0)", "rx(pi/2) q[0]"),
        (REGISTERS, "^q = QuantumRegister(2)", "qubits q[2]"),
        (REGISTERS, "qubits q ^= 3", "qubits q[3]"),
        (RETURN, "^measure_all()", "return sample(q)"),
        (RETURN, "return ^counts(q)", "sample", "return sample(q)"),
        (RETURN, "return sample(q, ^1000)", "experiment e of m { shots 1000 }", "return sample(q)"),
        (PLAIN, "rx(^np.pi / 2) q[0]", "pi", "rx(pi / 2) q[0]"),
        (PLAIN, "^cnot q[0], q[1]", "cx", "cx q[0], q[1]"),
        (PLAIN, "cx ^0, 1", "cx q[0], q[1]"),
        (EXPERIMENT, "experiment e of m { ^shots = 1000 }", "shots 1000",
         "experiment e of m { shots 1000 }"),
        (TOP, "^from qiskit import QuantumCircuit", "use std.ansatz", "use std.ansatz"),
    ],
    "pytket": [
        (PLAIN, "^circ.H(0)", "h q[0]"),
        (PLAIN, "^circ.CX(0, 1)", "cx q[0], q[1]"),
        (PLAIN, "^Rz(0.3) q[0]", "rz", "rz(0.3) q[0]"),
        (PLAIN, '^a = fresh_symbol("a")', "param a: angle", "param a: angle; rx(a) q"),
    ],
    "PennyLane": [
        (PLAIN, "^qml.RX(0.3, wires=0)", "rx(0.3) q[0]"),
        (PLAIN, "^qml.Hadamard(wires=1)", "h q[1]"),
        (PLAIN, "^qml.CNOT(wires=[0, 1])", "cx q[0], q[1]"),
        (RETURN, "return ^qml.expval(qml.PauliZ(0))", "expect(Z q[0])", "return expect(Z q[0])"),
        (RETURN, "return ^probs(q)", "probability", "return probability(q)"),
        (RETURN, "return ^expval(Z q[0])", "expect", "return expect(Z q[0])"),
        (RETURN, "return expect(Z q[0] ^@ Z q[1])", "Z q[0] * Z q[1]",
         "return expect(Z q[0] * Z q[1])"),
        (RETURN, "return expect(^ZZ q)", "Z q[0] * Z q[1]", "return expect(Z q[0] * Z q[1])"),
        (RETURN, 'return expect(^"ZZ")', "Z q[0] * Z q[1]", "return expect(Z q[0] * Z q[1])"),
        (RETURN, "return expect(^Z0)", "Z q[0]", "return expect(Z q[0])"),
        (RETURN, "return ^expect Z q[0]", "return expect(Z q[0])"),
    ],
    "OpenQASM": [
        (REGISTERS, "^qreg q[2];", "qubits q[2]"),
        (REGISTERS, "^qubit[2] q;", "qubits q[2]"),
        (REGISTERS, "qubits^(2) q", "qubits q[2]"),
        (REGISTERS, "qubits q^(3)", "qubits q[3]"),
        (PLAIN, "measure q ^-> c;", "c = measure q"),
        (PLAIN, "measure q^, c", "c = measure q"),
        (PLAIN, "measure^(q, c)", "c = measure q"),
        (PLAIN, "^bit d = measure q[0];", "bits d; d = measure q[0]", "bits d; d = measure q[0]"),
        (MEASURED, "if c ^= 1 { x q[0] }", "==", "if c == 1 { x q[0] }"),
        (MEASURED, "if (c == 1) ^x q[0];", "if (c == 1) { x q[0] }"),
        (PLAIN, "for ^uint i in [0:1] { h q[i] }", "for i in 0..2 {", "for i in 0..2 { h q[i] }"),
        (PLAIN, "for i in [0^:1] { h q[i] }", "for i in 0..2 {", "for i in 0..2 { h q[i] }"),
        (TOP, '^include "qelib1.inc";', 'circuit c from "circuit.qasm"', ""),
        (TOP, "^gate f a, b { h a; cx a, b; }", "circuit c", "circuit f on a, b { h a; cx a, b }"),
        (PLAIN, "^U(0.1, 0.2, 0.3) q[0]", "u", "u(0.1, 0.2, 0.3) q[0]"),
        (PLAIN, "h q[0^:2]", "q[0..2]", "h q[0..2]"),
        (PLAIN, "ctrl ^h q[0], q[1]", "ctrl @ h q[0], q[1]"),
    ],
    "Q#": [
        (PLAIN, "H^(q[0]);", "h q[0]"),
        (PLAIN, "CNOT^(q[0], q[1]);", "cx q[0], q[1]"),
        (PLAIN, "Rx^(0.3, q[0]);", "rx(0.3) q[0]"),
        (PLAIN, "use ^r = Qubit();", "qubits r", "qubits r; h r"),
        (PLAIN, "^Controlled X([q[0]], q[1]);", "ctrl @ x q[0], q[1]"),
        (PLAIN, "^Adjoint S(q[0]);", "inv @ s q[0]"),
        (PLAIN, "let r = ^M(q[0]);", "c = measure q[0]", "c[0] = measure q[0]"),
        (PLAIN, "let r = ^measure q[0]", "bits r; r = measure q[0]"),
        (PLAIN, "rx(^PI() / 2.0) q[0]", "pi", "rx(pi / 2.0) q[0]"),
        (TOP, "^operation F(q : Qubit) : Unit { H(q); }", "circuit", "circuit f on q { h q }"),
    ],
    "Python": [
        (PLAIN, "for i in range(n)^:", "for i in 0..n { ... }", "for i in 0..n { h q[i] }"),
        (PLAIN, "for i in ^range(1, n) { h q[i] }", "1..n", "for i in 1..n { h q[i] }"),
        (PLAIN, "let k = 1; ^k = 2", "let k2 = ...", "let k = 1; let k2 = k + 1"),
        (PLAIN, "^k = 1", "let k = ...", "let k = 1"),
        (PLAIN, "let i = 0; ^i++", "let i2 = ...", "let i = 0; let i2 = i + 1"),
        (PLAIN, "let i = 0; i ^+= 1", "`let` with a new name", "let i = 0; let i2 = i + 1"),
        (PLAIN, "^theta = param()", "param theta: angle", "param theta: angle; rx(theta) q"),
        (PLAIN, "rx(^theta) q", "param theta: angle", "param theta: angle; rx(theta) q"),
        (PLAIN, "let k = ^None", "leave it out", ""),
        (PLAIN, "let k = ^True", "true", "let k = true"),
        (PLAIN, "let k = n ^// 2", "n div 2", "let k = n div 2"),
        (PLAIN, "let k = n ^mod 2", "n % 2", "let k = n % 2"),
        (PLAIN, "rx(pi^^2) q", "pi**2", "rx(pi**2) q"),
        (MEASURED, "if c == 1 { x q } ^elif c == 2 { z q }", "else if",
         "if c == 1 { x q } else if c == 2 { z q }"),
        (MEASURED, "if c == 1^:", "if c == 1 { ... }", "if c == 1 { x q }"),
        (MEASURED, "if c[0] == 1 ^&& c[1] == 1 { x q }", "and",
         "if c[0] == 1 and c[1] == 1 { x q }"),
        (MEASURED, "if ^!c[0] { x q }", "not", "if not c[0] { x q }"),
        (MEASURED, "if c ^=== 1 { x q }", "==", "if c == 1 { x q }"),
        (TOP, "^# a comment", "//", "// a comment"),
        (PLAIN, '^"""a comment"""', "// a comment"),
        (TOP, "^import std.ansatz", "use std.ansatz"),
        (TOP, 'circuit f from ^"f.qasm', '"f.qasm"', ""),
        (TOP, "circuit f from ^'f.qasm'", '"f.qasm"', ""),
        (TOP, "^use gates.qdm", 'use "gates.qdm"', ""),
        (TOP, "^def f(q):", "circuit c", "circuit f on q { h q }"),
        (PLAIN, "^print(q)", "return sample(q)", ""),
        (PLAIN, "for i in 1^..=3 { h q[i] }",
         "0..n+1", "for i in 0..2 { h q[i] }"),
        (PLAIN, "for (int ^i = 0; i < n; i++) { h q[i] }",
         "for i in 0..n {", "for i in 0..n { h q[i] }"),
    ],
    "the first hour": [
        (PLAIN, "^H q[0]", "h", "h q[0]"),
        (PLAIN, "h q[^2]", "q[1]", "h q[1]"),
        (PLAIN, "for i in 1..n+1 { h q[^i] }", "0 to 1", "for i in 0..n { h q[i] }"),
        (PLAIN, "h ^q0", "q[0]", "h q[0]"),
        (PLAIN, "h q^(0)", "h q[0]"),
        (PLAIN, "h ^q.0", "q[0]", "h q[0]"),
        (PLAIN, "^cx q", "cx q[0], q[1]"),
        (PLAIN, "^h q[0], q[1]", "h q", "h q"),
        (PLAIN, "cx q[0] ^q[1]", "q[0], q[1]", "cx q[0], q[1]"),
        (PLAIN, "cx q[0]^; q[1]", "cx q[0], q[1]"),
        (PLAIN, "h q[0]; ^q[1]", "h q[0]; h q[1]"),
        (PLAIN, "h q[0]^, rx(0.3) q[1]", "h q[0]; rx(0.3) q[1]"),
        (WEIGHTS, "data w ^= [[0.1, 0.2], [0.3, 0.4]]",
         "data w: real[2, 2] = [[0.1, 0.2], [0.3, 0.4]]", "data w: real[2] = [0.1, 0.2]"),
        (PLAIN, "h q[0]^, x q[1]", "h q[0]; x q[1]"),
        (PLAIN, "^cx q[0], q[0]", "q[0], q[1]", "cx q[0], q[1]"),
        (PLAIN, "^rx q[0]", "rx(theta) q[0]", "rx(0.3) q[0]"),
        (PLAIN, "^rx(0.1, 0.2) q[0]", "rx(0.1) q[0]"),
        (PLAIN, "^u(0.1) q[0]", "u(0.1, phi, lambda) q[0]", "u(0.1, 0.2, 0.3) q[0]"),
        (PLAIN, "rx 0.3 ^q[0]", "rx(0.3) q[0]"),
        (PLAIN, "rx^(0.3, q[0])", "rx(0.3) q[0]"),
        (PLAIN, "cx q[0], ^0.3", "cx(0.3) q[0]", "cx q[0], q[1]"),
        (PLAIN, "rx(2^pi) q", "2*pi", "rx(2*pi) q"),
        (PLAIN, "rx(^PI / 2) q", "pi", "rx(pi / 2) q"),
        (PLAIN, "h q^[0", "]", "h q[0]"),
        (PLAIN, "for i in 0..n ^h q[i]", "for i in 0..n { h q[i] }"),
        (PLAIN, "for i in 0..n ^{ h q[i]", "}", "for i in 0..n { h q[i] }"),
        (WEIGHTS, "param w: ^float[3]", "real", "param w: real[3]"),
        (WEIGHTS, "param w^[3]: angle", "param w: angle[3]"),
        (WEIGHTS, "data w ^= [0.1, 0.2]", "data w: real[2] = [0.1, 0.2]"),
        (PLAIN, "param ^w", "param w: angle", "param w: angle; rx(w) q"),
        (TOP, "circuit f ^q[2] { h q[0] }", "on q[n]", "circuit f on q[2] { h q[0] }"),
        (RETURN, "return ^q", "return sample(q)"),
        (RETURN, "return ^sample", "return sample(q)"),
        (RETURN, "// nothing", "return sample(q)", "return sample(q)"),
    ],
    "networks": [
        (LINK, "link alice ^- bob { rate 200 Hz }", "link a -- b",
         "link alice -- bob { rate 200 Hz }"),
        (LINK, "link alice ^-> bob { rate 200 Hz }", "link alice -- bob",
         "link alice -- bob { rate 200 Hz }"),
        (LINK, "link alice -- bob { rate ^200 }", "rate 200 Hz",
         "link alice -- bob { rate 200 Hz }"),
        (LINK, "link alice -- bob { latency ^5 }", "latency 5 us",
         "link alice -- bob { latency 5 us }"),
        (LINK, "link alice -- bob { rate 200 ^hz }", "200 Hz",
         "link alice -- bob { rate 200 Hz }"),
        (LINK, "link alice -- bob { latency 5 ^seconds }", "5 s",
         "link alice -- bob { latency 5 s }"),
        (LINK, "link alice -- bob { fidelity ^97 }", "97%",
         "link alice -- bob { fidelity 97% }"),
        (LINK, "link alice -- bob { fidelity^=0.97 }", "fidelity 0.97",
         "link alice -- bob { fidelity 0.97 }"),
        (NODE, "node alice^: qubits 4", "node alice { qubits 4 }"),
        (NODE, "node alice { qubits ^= 4 }", "qubits 4", "node alice { qubits 4 }"),
        (OWNED, "at bob { ry(^x[0]) q[0] }", "at alice", "at alice { ry(x[0]) q[0] }"),
        (OWNED, "at alice { ry(^w[0]) q[0] }", "reveal w to alice",
         "reveal w to alice; at alice { ry(w[0]) q[0] }"),
        (OWNED, "at ^carol { h q }", "alice, bob", "at alice { h q }"),
        (OWNED, "^on alice { h q }", "at alice { h q }"),
        (OWNED, "at alice^:", "at alice { ... }", "at alice { h q }"),
        (OWNED, "alice^: h q", "at alice { h q }"),
        (OWNED, "^teleport q[0] to bob", "move q[0] to bob"),
        (OWNED, "move q[0] ^-> bob", "move q[0] to bob"),
        (PLAIN, "at ^alice { h q }", "on NETWORK", "h q"),
    ],
}  # fmt: skip
CASES = [(origin, *case) for origin, cases in MISTAKES.items() for case in cases]


def errors(text: str) -> list[Diagnostic]:
    return [p for p in check_text(text, "m.qdm")[1] if p.severity is Severity.ERROR]


def marked(around: str, line: str) -> tuple[str, int]:
    """The program, and the offset that the line marks; -1 if it marks none."""
    text, place = around.format(LINE), line.find("^")
    offset = text.index(LINE) + place if place >= 0 else -1
    return text.replace(LINE, line.replace("^", "", 1)), offset


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[0]}: {case[2]}")
def test_the_message_points_to_the_place_and_names_the_fix(case: tuple[str, ...]) -> None:
    _, around, line, fix, *_ = case
    text, offset = marked(around, line)
    first, *_ = errors(text)
    source = Source("m.qdm", text)
    found = first.labels[0].span
    wanted = source.position(offset if offset >= 0 else found.start)
    assert (found.line, found.column) == wanted, render(first)
    assert fix in f"{first.message} {first.help}", render(first)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[0]}: {case[2]}")
def test_the_fix_is_right(case: tuple[str, ...]) -> None:
    _, around, _, fix, *right = case
    text = around.format(*(right or [fix]))
    assert not errors(text), text


@pytest.mark.parametrize(
    ("path", "fix"),
    [
        ("bell.qdm", "rename it to `bell.qasm` and compile it as it is"),
        ("<text>", "save it as `circuit.qasm` and compile it as it is"),
    ],
)
def test_an_openqasm_program_is_recognised_by_its_first_word(path: str, fix: str) -> None:
    text = '// Bell\nOPENQASM 2.0;\ninclude "qelib1.inc";\nqreg q[2];\nh q[0];\ncx q[0], q[1];\n'
    (problem,) = check_text(text, path)[1]
    assert (problem.code, problem.labels[0].span.line) == ("QDM025", 2)
    assert fix in (problem.help or "")


@pytest.mark.parametrize(
    ("line", "qubits", "registers"),
    [
        ("h q[0], q[1]", "`h q[0]`", "`h q`"),
        ("cx q", "`cx q[0], q[1]`", "`cx a, b`"),
        ("rzz(0.3) q", "`rzz(0.3) q[0], q[1]`", "`rzz(0.3) a, b`"),
        ("ccx q[0], q[1]", "`ccx q[0], q[1], q[2]`", "`ccx a, b, c`"),
    ],
)
def test_wrong_operands_name_both_readings(line: str, qubits: str, registers: str) -> None:
    """One gate on qubits, or a gate on each element of registers."""
    (problem,) = errors(PLAIN.format(line))
    assert problem.help and qubits in problem.help and registers in problem.help


def test_the_table_is_large_enough() -> None:
    assert len(CASES) >= 40
    assert all(len(cases) >= 4 for cases in MISTAKES.values())
