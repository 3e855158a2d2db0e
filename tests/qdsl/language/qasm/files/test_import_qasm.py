"""Importing OpenQASM 2 and 3: the same circuit, or a message that says where and why."""

from __future__ import annotations

import gzip
from math import pi
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest

from qdsl.diagnostics.diagnostic import Diagnostic, InvalidProgram
from qdsl.ir.operations import BY_NAME, OPERATIONS
from qdsl.ir.state_vectors import rotation
from qdsl.language.qasm.files.import_qasm import read_qasm
from qdsl.language.qasm.qiskit_reading import QiskitReader
from qdsl.language.qasm.rows import ImportedCircuit, ImportedRow
from qdsl.language.values.truth import Truth
from tests.backends.matrices import Matrix, on_qubits, operation_matrix
from tests.sources import SHARED

BENCH = SHARED / "bench"
TWO = 'OPENQASM 2.0;\ninclude "qelib1.inc";\nqreg q[3];\ncreg c[3];\ncreg d[1];\n'
THREE = 'OPENQASM 3.0;\ninclude "stdgates.inc";\nqubit[3] q;\nbit[2] c;\nbit d;\n'


def rows(text: str) -> list[tuple[object, ...]]:
    """The rows, without the ends that are None."""
    return [
        tuple(row[:3]) if row[3:5] == (None, None) else (*row[:4], *row[4:5])
        for row in read_qasm(text, "f.qasm").rows
    ]


def refusal(text: str) -> Diagnostic:
    with pytest.raises(InvalidProgram) as refused:
        read_qasm(text, "f.qasm")
    (problem,) = refused.value.diagnostics
    assert problem.labels[0].span.source.path == "f.qasm"
    assert problem.why.endswith(".")
    return problem


def matrix(circuit: ImportedCircuit) -> Matrix:
    total: Matrix = np.eye(2**circuit.n_qubits, dtype=np.complex128)
    for row in circuit.rows:
        angles = cast(tuple[float, ...], row.angles)
        word = row.word
        gate = rotation(word, angles[0]) if word else operation_matrix(BY_NAME[row.name], angles)
        total = on_qubits(gate, row.qubits, circuit.n_qubits) @ total
    return total


# not in the standard libraries, or said there by another name
MISSING = {
    2: {"u", "cp", "ccz", "ryy", "sxdg"},
    3: {"id", "u", "sxdg", "ccz", "rxx", "ryy", "rzz"},
}


@pytest.mark.parametrize("name", [op.name for op in OPERATIONS if op.is_unitary and op.arity])
@pytest.mark.parametrize("version", [2, 3])
def test_a_gate_of_the_table_stays_itself(name: str, version: int) -> None:
    op = BY_NAME[name]
    missing = {
        2: {"u", "cp", "ccz", "ryy", "sxdg"},
        3: {"id", "u", "sxdg", "ccz", "rxx", "ryy", "rzz"},
    }
    if name in missing[version]:
        pytest.skip(f"OpenQASM {version} has no '{name}'")
    angles = f"({', '.join(['0.5', '1.5', '2.5'][: op.angles])})" if op.angles else ""
    qubits = ", ".join(f"q[{k}]" for k in range(op.arity or 0))
    text = f"{TWO if version == 2 else THREE}{name}{angles} {qubits};"
    expected = ImportedRow(name, (0.5, 1.5, 2.5)[: op.angles], tuple(range(op.arity or 0)))
    assert read_qasm(text, "f.qasm").rows == (expected,)


def test_old_names() -> None:
    text = TWO + "u1(1) q[0]; u2(1,2) q[0]; u3(1,2,3) q[1]; cu1(0.5) q[0],q[1]; u0(1) q[0];"
    assert rows(text) == [
        ("p", (1.0,), (0,)),
        ("u", (pi / 2, 1.0, 2.0), (0,)),
        ("u", (1.0, 2.0, 3.0), (1,)),
        ("cp", (0.5,), (0, 1)),
        ("id", (), (0,)),
    ]


def test_builtin_gates_of_version_3() -> None:
    text = THREE + "U(1,2,3) q[0]; CX q[0], q[1]; cphase(0.5) q[0], q[2]; gphase(1.0);"
    assert rows(text) == [
        ("u", (1.0, 2.0, 3.0), (0,)),
        ("cx", (), (0, 1)),
        ("cp", (0.5,), (0, 2)),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "gphase(1.0);",
        "gate f a { gphase(0.25); h a; } f q[0]; f q[1];",
        "pow(0.5) @ x q[0]; inv @ gphase(0.25);",
    ],
)
def test_the_global_phase_is_kept_apart(text: str) -> None:
    from qiskit import qasm3
    from qiskit.quantum_info import Operator

    circuit = read_qasm(THREE + text, "f.qasm")
    whole = np.exp(1j * cast(float, circuit.phase)) * matrix(circuit)
    assert np.allclose(whole, Operator(qasm3.loads(THREE + text).reverse_bits()).data)


def test_a_files_own_gate_may_differ_by_a_phase() -> None:
    text = "OPENQASM 2.0; gate rz(t) a { U(0,0,t) a; } qreg q[1]; rz(0.5) q[0];"
    circuit = read_qasm(text, "f.qasm")
    assert [row.name for row in circuit.rows] == ["rz"]
    assert circuit.phase == pytest.approx(0.25)


@pytest.mark.parametrize(
    "gates",
    [
        "rccx q[0],q[1],q[2];",
        "cu3(0.3,0.4,0.5) q[2],q[0];",
        "csx q[1],q[2];",
        "gate twice(a) x { rx(a) x; rx(a/2) x; } twice(0.4) q[1]; twice(1.4) q[2];",
        "gate inner a,b { cx b,a; } gate outer a,b,c { inner c,a; h b; } outer q[2],q[0],q[1];",
        "gate h2 a,b { h a; h b; } h2 q[0],q[2]; cswap q[2],q[1],q[0];",
    ],
)
def test_other_gates_are_taken_apart(gates: str) -> None:
    from qiskit import qasm2
    from qiskit.quantum_info import Operator

    text = TWO + gates
    known = qasm2.LEGACY_CUSTOM_INSTRUCTIONS
    circuit = qasm2.loads(text, custom_instructions=known).reverse_bits()
    overlap = np.vdot(Operator(circuit).data, matrix(read_qasm(text, "f.qasm")))
    assert abs(overlap) == pytest.approx(8)


@pytest.mark.parametrize(
    ("gates", "same"),
    [
        ("ctrl @ s q[0], q[1];", "cp(pi/2) q[0], q[1];"),
        ("negctrl @ x q[0], q[1];", "x q[0]; cx q[0], q[1]; x q[0];"),
        ("pow(2) @ s q[0];", "z q[0];"),
        ("pow(0.5) @ x q[0];", "sx q[0];"),
        ("inv @ U(1, 2, 3) q[0];", "U(-1, -3, -2) q[0];"),
        (
            "gate f a { x a; } gate cf a, b { swap a, b; } ctrl @ f q[0], q[1]; cf q[0], q[1];",
            "cx q[0], q[1]; swap q[0], q[1];",
        ),
    ],
)
def test_modifiers(gates: str, same: str) -> None:
    first, second = (matrix(read_qasm(THREE + text, "f.qasm")) for text in (gates, same))
    assert abs(np.vdot(first, second)) == pytest.approx(8)


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ("cx a,b; u1(t) b; cx a,b;", "rzz"),
        ("rx(pi/2) a; rx(pi/2) b; cx a,b; rz(t) b; cx a,b; rx(-pi/2) a; rx(-pi/2) b;", "ryy"),
    ],
)
def test_a_definition_that_means_its_name_is_kept(body: str, name: str) -> None:
    text = f"{TWO}gate {name}(t) a,b {{ {body} }} {name}(0.3) q[0],q[1];"
    assert rows(text) == [(name, (0.3,), (0, 1))]


def test_a_definition_that_does_not_is_taken_apart() -> None:
    text = TWO + "gate rzz(t) a,b { rz(t) a; } rzz(0.3) q[0],q[1];"
    assert rows(text) == [("rz", (0.3,), (0,))]


def test_registers_follow_one_another() -> None:
    text = "OPENQASM 2.0; qreg a[2]; creg x[1]; qreg b[1]; creg y[2]; measure b[0] -> y[1];"
    circuit = read_qasm(text, "f.qasm")
    assert (circuit.n_qubits, circuit.n_bits) == (3, 3)
    assert rows(text) == [("measure", (), (2,), 2, None)]


def test_measure_reset_barrier() -> None:
    text = TWO + "measure q -> c; reset q[1]; barrier q[0],q[2];"
    assert rows(text) == [
        *(("measure", (), (k,), k, None) for k in range(3)),
        ("reset", (), (1,)),
        ("barrier", (), (0, 2)),
    ]


def test_conditions_on_one_bit() -> None:
    text = TWO + "measure q[0] -> d[0]; if(d==1) x q[1]; if(d==0) reset q[0]; if(d==2) x q[0];"
    assert rows(text)[1:] == [
        ("x", (), (1,), None, (3, 1)),
        ("reset", (), (0,), None, (3, 0)),
    ]


def test_a_register_of_which_one_bit_was_measured() -> None:
    text = TWO + "measure q[0] -> c[1]; if(c==2) x q[0]; if(c==0) x q[1]; if(c==3) x q[2];"
    assert rows(text)[1:] == [
        ("x", (), (0,), None, (1, 1)),
        ("x", (), (1,), None, (1, 0)),
    ]


def test_a_register_of_which_nothing_was_measured() -> None:
    assert rows(TWO + "if(c==0) x q[0]; if(c==1) x q[1];") == [("x", (), (0,))]


def test_if_else() -> None:
    text = THREE + "c[1] = measure q[0]; if (!c[1]) { x q[0]; h q[1]; } else { z q[2]; }"
    assert rows(text)[1:] == [
        ("x", (), (0,), None, (1, 0)),
        ("h", (), (1,), None, (1, 0)),
        ("z", (), (2,), None, (1, 1)),
    ]


def test_a_version_need_not_be_stated() -> None:
    assert rows('include "stdgates.inc"; qubit[2] q; x q[1];') == [("x", (), (1,))]
    assert rows('include "qelib1.inc"; qreg q[2]; x q[1];') == [("x", (), (1,))]


@pytest.mark.parametrize(
    ("text", "probability"),
    [
        ("gate x a { U(pi/2,0,0) a; } ctrl @ x q[0], q[1];", 0.5),
        ("gate s a { U(pi/2,0,0) a; } gate f a { s a; } ctrl @ f q[0], q[1];", 0.5),
        ("gate rz(t) a { U(t,0,0) a; } ctrl @ rz(pi/2) q[0], q[1];", 0.5),
        ("gate cx a, b { U(pi/2,0,0) b; } ctrl @ cx q[0], q[2], q[1];", 0.5),
        ("gate if_else a { U(pi,0,0) a; } ctrl @ if_else q[0], q[1];", 1.0),
    ],
)
def test_a_gate_of_the_file_means_what_the_file_says(text: str, probability: float) -> None:
    circuit = read_qasm(f"OPENQASM 3.0; qubit[3] q; {text}", "f.qasm")
    assert circuit.read_twice
    after = matrix(circuit)[:, 0b100]
    assert sum(abs(after[0b110:]) ** 2) == pytest.approx(probability)


def test_control_of_a_power() -> None:
    text = THREE + "ctrl @ pow(2) @ t q[0], q[1]; ctrl @ pow(0.5) @ x q[0], q[1];"
    circuit = read_qasm(text, "f.qasm")
    assert circuit.read_twice
    target = np.array([[1 + 1j, 1 - 1j], [1 - 1j, 1 + 1j]]) / 2 @ np.diag([1, 1j])
    whole = np.exp(1j * cast(float, circuit.phase)) * matrix(circuit)
    assert np.allclose(whole[4:, 4:], np.kron(target, np.eye(2)))


def test_a_bit_that_nothing_wrote_is_0() -> None:
    text = THREE + "d = measure q[0]; if (c[0]) { x q[1]; } else { h q[2]; } if (d) z q[0];"
    assert rows(text)[1:] == [("h", (), (2,)), ("z", (), (0,), None, (2, 1))]


def test_a_register_may_be_called_qubit() -> None:
    text = 'OPENQASM 2.0; include "qelib1.inc"; qreg qubit[400]; ' + "cx qubit[0],qubit[399];" * 300
    assert len(rows(text)) == 300


@pytest.mark.parametrize(
    ("text", "what", "meant"),
    [
        ("pow(1/2) @ x q[0];", "1/2 is a division of integers, 0", "1.0/2"),
        ("rx(3/4*pi) q[0];", "3/4 is a division of integers, 0", "3.0/4"),
        ("x q[0:-1];", "0:-1 selects nothing", "0:2"),
    ],
)
def test_doubtful_readings(text: str, what: str, meant: str) -> None:
    (warning,) = read_qasm(THREE + text, "f.qasm").warnings
    assert (warning.code, warning.message) == ("QDM771", what)
    assert warning.help is not None and f"`{meant}`" in warning.help
    assert not read_qasm(THREE + "rx(3.0/4*pi) q[0]; rx(4/2) q[0]; x q[0:2];", "f").warnings


def test_a_power_that_is_read_in_two_ways_is_refused() -> None:
    assert refusal(THREE + "x q[0];\npow(0.5) @ p(3*pi/2) q[0];").labels[0].span.line == 7


@pytest.mark.parametrize("name", ["x", "rows", "condition"])
def test_a_wrong_first_reading_is_found(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong: Any = {
        "x": lambda h: h._replace(rows=(h.rows[0]._replace(name="y"),)),
        "rows": lambda h: h._replace(qubits=(0,), rows=(h.rows[0]._replace(qubits=(0,)),)),
        "condition": lambda h: h._replace(condition=Truth.of_bit(7)),
    }[name]
    read: Any = QiskitReader.happenings

    def mistaken(self: Any, *args: Any) -> Any:
        return (wrong(h) if h.rows and h.rows[0].name == "x" else h for h in read(self, *args))

    monkeypatch.setattr(QiskitReader, "happenings", mistaken)
    text = TWO + "h q[0]; measure q[0] -> d[0];\nif (d == 1) x q[1];"
    problem = refusal(text)
    assert (problem.code, problem.labels[0].span.line) == ("QDM770", 7)


def test_a_result_that_is_lost() -> None:
    text = TWO + "measure q[1] -> c[1];\nmeasure q[0] -> c[0];\nreset q[0];"
    (warning,) = read_qasm(text, "f.qasm").warnings
    assert (warning.code, warning.labels[0].span.line) == ("QDM772", 7)
    assert not read_qasm(TWO + "measure q[0] -> d[0]; reset q[0]; if (d==1) x q[0];", "f").warnings


DEEP = "gate a0 x { h x; }\n" + "".join(
    f"gate a{k + 1} x {{ a{k} x; a{k} x; }}\n" for k in range(60)
)
CHAIN = "gate a0 x { h x; }\n" + "".join(f"gate a{k + 1} x {{ a{k} x; }}\n" for k in range(3000))
WIDE = "creg w[17]; qreg v[17]; measure v -> w;\nif (w == 5) x q[0];"
REFUSED = [
    ("QDM750", 6, TWO + "hadamard q[0];", "'hadamard' is not defined"),
    ("QDM750", 6, TWO + "cx q[0],q[0];", "duplicate qubits"),
    ("QDM750", 6, TWO + "x q[7];", "out-of-range"),
    ("QDM750", 1, "", "declares no qubits"),
    ("QDM750", 1, "\x00\xff", "declares no qubits"),
    ("QDM750", 1, "OPENQASM 2.0; qreg q[5]", "end-of-file"),
    ("QDM750", 1, "OPENQASM 1.0; qreg q[5];", "2.0"),
    ("QDM750", 6, THREE + "nonsense $$$;", "token"),
    ("QDM750", 1, THREE + "rx(1.0" + "+1.0" * 50_000 + ") q[0];", "too deeply"),
    ("QDM751", 7, TWO + WIDE, "more than 16 measured bits"),
    ("QDM752", 6, TWO + "opaque magic a; magic q[0];", "'magic' has no definition"),
    ("QDM752", 6, TWO + "rx(1e999) q[0];", "infinite"),
    ("QDM750", 6, THREE + "qubit[n] r;", "'n' is not defined"),
    ("QDM750", 6, THREE + "x q[3];", "index 3 is out of range"),
    ("QDM750", 6, THREE + "rx q[0];", "takes 1 angle"),
    ("QDM750", 6, THREE + "cx q[0], q[0];", "duplicate qubits"),
    ("QDM750", 6, THREE + "const int n = 3; n = 4;", "is a constant"),
    ("QDM750", 6, THREE + "int n = 1 / 0;", "no value"),
    ("QDM752", 6, THREE + "d = measure q[2]; while (d) { x q[0]; }", "`while` ends by"),
    ("QDM752", 6, THREE + "input int n; x q[n];", "shapes the circuit"),
    ("QDM752", 6, THREE + "input float a; rx(sin(a)) q[0];", "a function of an input"),
    ("QDM752", 6, THREE + "extern f(int) -> bit; d = f(3);", "defined elsewhere"),
    ("QDM752", 6, THREE + 'defcalgrammar "openpulse";', "`defcalgrammar`"),
    ("QDM752", 6, THREE + "c = measure q[0:1]; rx(c) q[0];", "are no `angle`"),
    ("QDM753", 6, THREE + "for int i in [0:999999] { for int j in [0:9] { } }", "loops unrolled"),
    ("QDM753", 6, THREE + "const int n = 2**20; qubit[n] r;", "qubits"),
    ("QDM752", None, TWO + CHAIN + "a3000 q[0];", "gates within gates"),
    ("QDM753", None, TWO + DEEP + "a60 q[0];", "too many operations"),
    ("QDM753", 6, TWO + f"qreg r[{'9' * 30}];", "qubits"),
    ("QDM753", 6, TWO + f"qreg r[{'9' * 5000}];", "qubits"),
    ("QDM753", 6, THREE + "bit[99999999] z;", "99999999 bits"),
    ("QDM753", 6, TWO + f"x q[{'9' * 30}];", "index"),
    ("QDM753", 6, TWO + "rx(" + "(" * 300 + "1" + ")" * 300 + ") q[0];", "nested brackets"),
    ("QDM754", 6, TWO + 'include "/etc/passwd";', "'/etc/passwd'"),
    ("QDM754", 6, THREE + 'include "../other.inc";', "'../other.inc'"),
]


@pytest.mark.parametrize(
    ("code", "line", "text", "words"), REFUSED, ids=[f"{r[0]}-{r[3][:20]}" for r in REFUSED]
)
def test_refusals(code: str, line: int | None, text: str, words: str) -> None:
    problem = refusal(text)
    assert problem.code == code
    assert words in problem.message
    if line is not None:
        assert problem.labels[0].span.line == line


def test_nothing_in_a_comment_counts() -> None:
    text = TWO + '// include "secret"; qreg z[999999999999];\n/* if(c==1)\n for */ x q[0];'
    assert rows(text) == [("x", (), (0,))]


def test_an_include_reads_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "qelib1.inc").write_text("gate stolen a { x a; }", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert refusal(TWO + "stolen q[0];").code == "QDM750"


@pytest.mark.parametrize(
    "text",
    ["rx q[0];", "U q[0];", "cp q[0], q[1];", "if (c == 1) u3 q[0];", "gate g a { p a; } g q[0];",
     "gate g(t) a { rz(t) a; } g q[0];", "gate rx(t) a { U(t, 0, 0) a; } rx q[0];"],
)  # fmt: skip
def test_a_gate_without_its_angles_is_refused(text: str) -> None:
    """Qiskit's parser of version 2 lets them pass, and fails with a TypeError."""
    with pytest.raises(InvalidProgram) as refused:
        read_qasm(TWO + text, "c.qasm")
    (problem,) = refused.value.diagnostics
    assert problem.code == "QDM750" and "called without its angles" in problem.message
    assert problem.labels[0].span.start >= len(TWO)


def test_a_gate_of_the_file_that_needs_no_angles_is_taken() -> None:
    assert len(read_qasm(TWO + "gate rx a { h a; } rx q[0]; barrier q;", "c.qasm").rows) == 2


def test_the_parser_is_silent(capfd: pytest.CaptureFixture[str]) -> None:
    refusal(THREE + "nonsense $$$;")
    refusal(TWO + f"x q[{'9' * 30}];")
    assert capfd.readouterr() == ("", "")


# ---- the benchmark files ---------------------------------------------------------------

NOT_IMPORTED = {
    "vqe_uccsd_n4": "QDM750",  # measures a register `q` that it does not declare
    "vqe_uccsd_n8": "QDM750",
}


def bench_files(folder: str) -> list[Path]:
    if not (BENCH / folder).is_dir():
        pytest.skip("no shared benchmark files beside this checkout")
    return sorted((BENCH / folder).glob("*.qasm*"))


@pytest.mark.slow
@pytest.mark.parametrize("folder", ["imported", "public"])
def test_benchmark_files(folder: str) -> None:
    found = {}
    for path in bench_files(folder):
        if path.suffix == ".gz" and path.stat().st_size > 200_000:
            continue
        raw = path.read_bytes()
        text = (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode("utf-8")
        try:
            assert read_qasm(text, path.name).rows
        except InvalidProgram as refused:
            found[path.name.split(".")[0]] = refused.diagnostics[0].code
    assert found.items() <= NOT_IMPORTED.items()
