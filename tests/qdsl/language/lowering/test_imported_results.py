"""The classical bits of OpenQASM files, taken into bits of the model and returned."""

from __future__ import annotations

from pathlib import Path

import pytest

import qdsl
from qdsl.language.check import check_text
from qdsl.language.lowering.lower import lower

HEAD = 'OPENQASM 2.0;\ninclude "qelib1.inc";\nqreg q[2];\ncreg c[2];\ncreg d[1];\n'
FILES = {
    "before a reset": "ry(1) q[0]; measure q[0]->c[0]; reset q[0]; h q[0]; measure q[0]->c[1];",
    "measured twice": "ry(1) q[0]; measure q[0]->c[0]; ry(2) q[0]; measure q[0]->c[0];",
    "conditional": "ry(1) q[0]; measure q[0]->d[0]; if (d==1) ry(2) q[1]; measure q[1]->c[1];"
    "reset q[1]; if (d==0) h q[0]; measure q[0]->c[0];",
    "conditional measurement": "ry(1) q[0]; h q[1]; measure q[0]->d[0];"
    "if (d==1) measure q[1]->c[0]; h q[0];",
    "into two bits": "ry(1) q[0]; cx q[0],q[1]; measure q->c; measure q[0]->d[0]; h q;",
    "nothing measured": "h q;",
}
MODEL = """circuit f from "f.qasm"
network pair = line(2) { qubits 6, comm 2 }
model m() on pair {
  qubits q[2]
  bits c[2], d
  c, d = f q
  return sample(c, d)
}"""


def by_aer(text: str) -> dict[str, float]:
    """Shares of outcomes c0 c1 d0, of 40,000 shots."""
    from qiskit import qasm2
    from qiskit_aer import AerSimulator

    circuit = qasm2.loads(text)
    counts = AerSimulator(seed_simulator=1).run(circuit, shots=40_000).result().get_counts()
    return {bits.replace(" ", "")[::-1]: n / 40_000 for bits, n in counts.items()}


@pytest.mark.parametrize("name", FILES)
def test_the_bits_of_a_file_are_distributed_as_by_aer(name: str, tmp_path: Path) -> None:
    text = HEAD + FILES[name]
    (tmp_path / "f.qasm").write_text(text)
    compiled = qdsl.loads(MODEL, folders=(tmp_path,)).compile()
    assert compiled.verification.verified
    found = compiled.run().outputs[0].values
    expected = by_aer(text) if "measure" in FILES[name] else {"000": 1.0}
    for outcome in {*found, *expected}:
        assert found.get(outcome, 0) == pytest.approx(expected.get(outcome, 0), abs=0.012)


def qubits_and_problems(folder: Path, body: str, file: str) -> tuple[int, list[str]]:
    (folder / "f.qasm").write_text(HEAD + FILES[file])
    text = f'circuit f from "f.qasm"\nmodel m() {{ qubits q[2]; bits c[2], d; {body} }}'
    checked, problems = check_text(text, folders=(folder,))
    codes = [p.code for p in problems if p.code != "QDM107"]  # unused
    errors = checked is None or not checked.is_sound
    return (0 if errors or checked is None else lower(checked, "m").n_qubits), codes


@pytest.mark.parametrize(
    ("file", "body", "qubits", "codes"),
    [
        ("before a reset", "c, d = f q; return sample(c)", 3, []),
        ("before a reset", "c, d = f q; return sample(c), sample(c[0]), sample(c)", 3, []),
        ("before a reset", "f q; return sample(q)", 2, ["QDM772"]),
        ("into two bits", "c, d = f q; return sample(c, d)", 5, []),
        ("nothing measured", "c, d = f q; return sample(c, d)", 2, []),
        ("measured twice", "c, d = f q; return sample(q, c, d)", 3, []),
        ("measured twice", "c, d = f q; return sample(c[0])", 2, []),
        ("measured twice", "c, d = f q; return sample(c[0], q)", 3, []),
        ("measured twice", "c, d = f q; if c[0] { x q[1] }; return probability(q)", 2, []),
        ("measured twice", "c = f q; return sample(c)", 0, ["QDM208"]),
        ("measured twice", "c, c[0] = f q; return sample(c)", 0, ["QDM210"]),
        ("measured twice", "c, d = f q; return sample(c, c[0])", 0, ["QDM223"]),
        ("measured twice", "c = measure q; c, d = f q; return sample(c)", 0, ["QDM229"]),
        ("measured twice", "c = h q; return sample(c)", 0, ["QDM106", "QDM228"]),
        ("measured twice", "f q; return sample(c)", 0, ["QDM220", "QDM772"]),
        ("measured twice", "f q; return expect(c)", 0, ["QDM222", "QDM772"]),
    ],
)
def test_results_and_what_is_wrong_with_them(
    file: str, body: str, qubits: int, codes: list[str], tmp_path: Path
) -> None:
    assert qubits_and_problems(tmp_path, body, file) == (qubits, codes)


@pytest.mark.parametrize("output", ["sample", "probability"])
@pytest.mark.parametrize("backend", ["jax", "qiskit"])
def test_a_bit_that_nothing_writes_is_0_and_on_no_qubit(
    output: str, backend: str, tmp_path: Path
) -> None:
    text = "OPENQASM 2.0; qreg q[2]; creg c[5]; CX q[0],q[1]; U(pi,0,0) q[1]; measure q[1]->c[3];"
    (tmp_path / "f.qasm").write_text(text)
    body = f"qubits q[2]; bits c[5]; c = f q; return {output}(c)"
    model = f'circuit f from "f.qasm"\nmodel m() {{ {body} }}'
    compiled = qdsl.loads(model, folders=(tmp_path,)).compile()
    assert compiled.report().program.qubits == 2
    assert compiled.run(backend=backend).outputs[0].values == {"00010": 1.0}


def test_measured_bits_of_a_model_are_returned() -> None:
    text = "model m() { qubits q; bits c; h q; c = measure q; reset q; return sample(c, q) }"
    values = qdsl.loads(text).compile().run().outputs[0].values
    assert values == pytest.approx({"00": 0.5, "10": 0.5})


def test_a_result_is_kept_where_it_was_measured() -> None:
    text = """network pair = line(2) { qubits 2, comm 2 }
model m() on pair {
  qubits q
  bits c
  at node1 { h q; c = measure q; reset q }
  return sample(c)
}"""
    compiled = qdsl.loads(text).compile()
    assert compiled.circuit.pin.tolist() == [1, 1, 1, 1]
    assert compiled.report().cost.classical_bits == 0


@pytest.mark.parametrize("backend", ["jax", "qiskit"])
def test_every_backend_that_runs_returns_them(backend: str, tmp_path: Path) -> None:
    (tmp_path / "f.qasm").write_text(HEAD + FILES["conditional"])
    compiled = qdsl.loads(MODEL, folders=(tmp_path,)).compile()
    exact = compiled.run().outputs[0].values
    found = compiled.run(backend=backend, shots=4000, seed=3).outputs[0].values
    assert found.keys() == exact.keys()
    for outcome, share in exact.items():
        assert found[outcome] == pytest.approx(share, abs=0.03)
