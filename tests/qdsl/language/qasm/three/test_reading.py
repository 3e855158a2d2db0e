"""OpenQASM 3: what is computed and unrolled, against the same circuit written out."""

from __future__ import annotations

from typing import cast

import numpy as np
import pytest

from qdsl.diagnostics.diagnostic import InvalidProgram
from qdsl.language.qasm.files.import_qasm import read_qasm
from qdsl.language.qasm.matrix_stacks import Matrix
from qdsl.language.qasm.row_matrices import matrix_of
from qdsl.language.qasm.rows import ImportedCircuit

HEAD = 'OPENQASM 3.0;\ninclude "stdgates.inc";\nqubit[4] q;\nbit[3] c;\nbit d;\n'

# Constructs, and what they come to.
SAME = {
    "constants": ("const int n = 3; const float x = n * pi / 4; rx(x) q[n];", "rx(3*pi/4) q[3];"),
    "integers": ("int[8] k = 200; k += 100; uint[2] m = 7; rx(k) q[m]; rx(-7 / 2) q[0];",
                 "rx(44) q[3]; rx(-3.0) q[0];"),
    "remainders": ("int a = -7; int b = 3; rx(a % b) q[0]; rx(mod(7, -3)) q[1]; rx(-7.5 % 2) q[2];",
                   "rx(-1) q[0]; rx(1) q[1]; rx(-1.5) q[2];"),
    "widths": ("int[3] k = 5; rx(k) q[0]; uint[3] m = -1; rx(m) q[0];", "rx(-3) q[0]; rx(7) q[0];"),
    "angles": ("angle[2] a = 3 * pi / 2; angle b = 5 * pi; p(a) q[0]; p(b) q[0];",
               "p(3*pi/2) q[0]; p(pi) q[0];"),
    "functions": ("rx(arccos(0.5) + sqrt(4) + mod(7, 4)) q[0]; rx(2 ** 3 + popcount(7)) q[0];",
                  "rx(pi/3 + 5) q[0]; rx(11) q[0];"),
    "booleans": ("bool b = 3 > 2 && !false; if (b) x q[0]; else z q[0]; if (bool(0)) h q[0];",
                 "x q[0];"),
    "for over a range": ("for uint i in [0:2:3] { x q[i]; }", "x q[0]; x q[2];"),
    "for downwards": ("for int i in [2:-1:1] { rx(i) q[i]; }", "rx(2) q[2]; rx(1) q[1];"),
    "for over a set": ("for int i in {3, 1} h q[i];", "h q[3]; h q[1];"),
    "break": ("for int i in [0:9] { if (i == 1) continue; if (i == 3) break; x q[i]; }",
              "x q[0]; x q[2];"),
    "while": ("int k = 0; while (k < 3) { h q[k]; k += 2; }", "h q[0]; h q[2];"),
    "switch": ("int k = 2; switch (k) { case 0, 1 { x q; } case 2 { y q[0]; } default { h q; } }",
               "y q[0];"),
    "a subroutine": ("def f(qubit a, qubit[2] b, angle t) { rx(t) a; cx a, b[1]; }"
                     "f(q[3], q[0:1], 0.5);", "rx(0.5) q[3]; cx q[3], q[1];"),
    "a value": ("def f(int k) -> int { return 2 * k; } rx(f(f(2))) q[0];", "rx(8) q[0];"),
    "a measurement returned": ("def f(qubit a) -> bit { h a; return measure a; } c[1] = f(q[2]);",
                               "h q[2]; c[1] = measure q[2];"),
    "arrays": ("array[float, 2, 2] m = {{1, 2}, {3, 4}}; m[0, 1] = 7; m[1] = m[0];"
               "rx(m[0][1]) q[0]; rx(m[1, 0] + sizeof(m)) q[0];", "rx(7) q[0]; rx(3) q[0];"),
    "array arguments": ("def f(mutable array[int, #dim = 1] a) { a[0] = 9; }"
                        "array[int, 2] m = {1, 2}; f(m); rx(m[0]) q[0];", "rx(9) q[0];"),
    "aliases": ("let a = q[0:1] ++ q[3]; let b = a[{2, 0}]; x b[0]; h a;",
                "x q[3]; h q[0]; h q[1]; h q[3];"),
    "bits by name": ("let e = c[1:2]; e[1] = measure q[0]; if (c[2]) x q[1];",
                     "c[2] = measure q[0]; if (c[2]) x q[1];"),
    "loops in gates": ("gate g(t) a, b { for int i in [1:2] { rx(i * t) a; } cx a, b; }"
                       "g(0.5) q[0], q[1];", "rx(0.5) q[0]; rx(1.0) q[0]; cx q[0], q[1];"),
    "bits with a value": ('{ bit[2] e = "10"; if (e == 2) x q[0]; if (e[0]) z q[0]; }', "x q[0];"),
    "copies of bits": ("d = measure q[0]; bit e = d; d = measure q[1]; if (e) x q[2];",
                       "bit e; e = measure q[0]; d = measure q[1]; if (e) x q[2];"),
    "blocks": ("{ int k = 1; x q[k]; } int k = 2; x q[k];", "x q[1]; x q[2];"),
    "physical": ("x $7; cx $7, $2;", "qubit a; qubit b; x a; cx a, b;"),
    "end": ("x q[0]; end; x q[1];", "x q[0];"),
    "quotients": ("rx(-6 % 3) q[0]; rx(mod(-7, 4)) q[0]; const int k = -8; rx(k % 5 + k / 5) q[0];",
                  "rx(0) q[0]; rx(-3) q[0]; rx(-4) q[0];"),
}  # fmt: skip


def read(text: str) -> ImportedCircuit:
    return read_qasm(HEAD + text, "f.qasm")


@pytest.mark.parametrize("name", SAME)
def test_constructs(name: str) -> None:
    found, wanted = (read(text) for text in SAME[name])
    assert [row[:5] for row in found.rows] == [
        (n, pytest.approx(angles), *rest) for n, angles, *rest in (row[:5] for row in wanted.rows)
    ]


@pytest.mark.parametrize(
    ("gates", "matrix"),
    [
        ("negctrl @ x q[0], q[1];", np.eye(4)[[1, 0, 2, 3]]),
        ("ctrl @ gphase(pi / 2) q[0];", np.diag([1, 1, 1j, 1j])),
        ("pow(1 / 2.0) @ z q[1];", np.diag([1, 1j, 1, 1j])),
        ("pow(-0.5) @ swap q[0], q[1];", None),
        ("ctrl @ pow(0.25) @ x q[0], q[1];", None),
        ("inv @ ctrl @ U(0.1, 0.2, 0.3) q[0], q[1];", None),
    ],
)
def test_modifiers_as_matrices(gates: str, matrix: Matrix | None) -> None:
    text = 'OPENQASM 3.0;\ninclude "stdgates.inc";\nqubit[2] q;\n'
    circuit = read_qasm(text + gates, "f.qasm")
    found = matrix_of(circuit.rows, 2) * np.exp(1j * cast(float, circuit.phase))
    assert circuit.read_twice
    if matrix is not None:
        assert np.allclose(found, matrix)


@pytest.mark.parametrize(
    "statement",
    ["ctrl(1e999) @ x q[0], q[1];", "pow(1e999) @ x q[0];", "pow(10**400) @ x q[0];",
     "rx(10**400) q[0];", "rx(pi * 10**400) q[0];", "float a = 10**400; rx(a) q[0];",
     "int a = 1e999; rx(a) q[0];", "rx(popcount(1e999)) q[0];", "for int i in [0:1e999] x q[0];"],
)  # fmt: skip
def test_numbers_beyond_all_bounds_are_refused(statement: str) -> None:
    with pytest.raises(InvalidProgram) as refused:
        read_qasm(HEAD + statement, "f.qasm")
    assert refused.value.diagnostics[0].code in ("QDM750", "QDM752")


def test_inputs_are_polynomials() -> None:
    circuit = read("input float a; input array[angle, 2] w; rx(2*a + w[1]*a - pi) q[0];")
    assert circuit.inputs == (("a", None), ("w", 2))
    (angle,) = circuit.rows[0].angles
    assert str(angle.terms) == "(((0,), 2.0), ((0, 2), 1.0))"  # type: ignore[union-attr]


def test_angles_of_measured_bits_turn_by_each_bit() -> None:
    measured = "angle[2] a; a[0] = measure q[0]; a[1] = measure q[1];"
    circuit = read(f"{measured} rz(-a) q[2]; p(pi + a / 2) q[3];")
    turned = [(r.name, *r.angles, r.condition) for r in circuit.rows if r.name != "measure"]
    assert circuit.bit_registers == (("c", 3), ("d", 1), ("a", 2))
    expected: list[object] = [
        ("rz", pytest.approx(-np.pi / 2), (4, 1)),
        ("rz", pytest.approx(-np.pi), (5, 1)),
        ("p", pytest.approx(np.pi), None),
        ("p", pytest.approx(np.pi / 4), (4, 1)),
        ("p", pytest.approx(np.pi / 2), (5, 1)),
    ]
    assert turned == expected


def test_times_are_barriers_with_one_warning() -> None:
    box = "box[1us] { x q[1]; delay[s] q[2]; }"
    circuit = read(f"duration t = 100ns; stretch s; delay[t] q[0]; {box}")
    names = [(row.name, row.qubits) for row in circuit.rows]
    assert names == [
        ("barrier", (0,)),
        ("barrier", (1, 2)),
        ("x", (1,)),
        ("barrier", (2,)),
        ("barrier", (1, 2)),
    ]
    assert [w.code for w in circuit.warnings] == ["QDM773"]


def test_a_parity_before_a_gate_that_is_its_own_inverse_needs_no_scratch_qubit() -> None:
    circuit = read("c = measure q[0:2]; if (c[0] ^ c[1] ^ c[2]) x q[3];")
    assert not circuit.has_scratch and not circuit.n_extra_bits
    assert [row.condition for row in circuit.rows[3:]] == [(0, 1), (1, 1), (2, 1)]


@pytest.mark.parametrize(
    ("text", "results"),
    [
        ("int k; k = c;", (("c", 3), ("d", 1))),
        ("uint[2] k = 1; bool b; b = c[0] && c[1];", (("c", 3), ("d", 1))),
        ("angle[2] a; a[1] = measure q[1];", (("c", 3), ("d", 1), ("a", 2))),
        ("output bit e; e = c[0] ^ d;", (("e", 1),)),
        ("output uint[2] k; output bit e; k = 2;", (("k", 2), ("e", 1))),
        ("output float x; x = 2;", (("c", 3), ("d", 1))),
    ],
)
def test_results_are_outputs_or_what_is_measured(
    text: str, results: tuple[tuple[str, int], ...]
) -> None:
    """Qiskit's `switch_dummy` and other variables that are only computed are none."""
    assert read(f"c = measure q[0:2]; {text}").bit_registers == results


@pytest.mark.parametrize("word", ["break", "continue"])
def test_loops_that_what_is_measured_leaves_are_refused(word: str) -> None:
    with pytest.raises(InvalidProgram, match=f"`{word}` is decided by what is measured"):
        read(f"for int i in [0:2] {{ d = measure q[0]; if (d) {{ {word}; }} x q[1]; }}")
