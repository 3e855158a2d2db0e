"""Circuits of stim as OpenQASM: the stabiliser flows of both are the same."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest
import stim

import qdsl
from qdsl.interchange.circuits import UnknownCircuit
from qdsl.interchange.stim_circuits import written
from tests.qdsl.interchange.test_distribute import shares

GATES = [g for g in stim.gate_data().values() if not g.is_noisy_gate or g.produces_measurements]
LEFT_OUT = ("HERALDED", "MPAD", "MPP", "SPP", "I_ERROR", "II_ERROR")


def back(text: str, qubits: list[int]) -> stim.Circuit:
    """Our text as a circuit of stim again, by its few forms."""
    found = stim.Circuit()
    names = {"h": "H", "s": "S", "cx": "CX", "x": "X", "reset": "R", "measure": "M"}
    for line in text.splitlines()[2:]:
        at = [qubits[int(k)] for k in re.findall(r"\bq\[(\d+)\]", line)]
        records = found.num_measurements
        if m := re.match(r"if \(rec\[(\d+)\]\) \{ (\w) ", line):
            found.append(f"C{m[2].upper()}", [stim.target_rec(int(m[1]) - records), *at])
        elif m := re.match(r"rec\[(\d+)\] = (\w+)", line):
            assert int(m[1]) == records
            found.append("M", at) if m[2] == "measure" else found.append("MPAD", [int(m[2])])
        elif line and not line.startswith(("qubit", "bit")):
            found.append(names[line.split()[0]], at)
    return found


def same(a: stim.Circuit, b: stim.Circuit) -> bool:
    return all(bool(x.has_all_flows(y.flow_generators())) for x, y in ((a, b), (b, a)))


def drawn(seed: int) -> stim.Circuit:
    """Every kind of gate, in a random order, with signs and feedback."""
    rng, circuit = random.Random(seed), stim.Circuit("I 0 1 2 3\nH 0 1 2 3")
    for gate in rng.sample(GATES, len(GATES)):
        if gate.name.startswith(LEFT_OUT) or not (
            gate.is_unitary or gate.is_reset or gate.produces_measurements
        ):
            continue
        at = rng.sample(range(4), 2 if gate.is_two_qubit_gate else 1)
        if gate.produces_measurements and rng.random() < 0.5:
            at = [stim.target_inv(k) for k in at]
        circuit.append(gate.name, at)
        if circuit.num_measurements and rng.random() < 0.2:
            record = stim.target_rec(-rng.randint(1, circuit.num_measurements))
            circuit.append(rng.choice(["CX", "CY", "CZ"]), [record, rng.randrange(4)])
    a, b, c = rng.sample(range(4), 3)
    circuit += stim.Circuit(f"MPP X{a}*!Y{b}*Z{c}\nSPP !X{a}*Z{b}\nSPP_DAG Y{c}\nM 3")
    return circuit


@pytest.mark.parametrize("seed", range(8))
def test_all_gates_do_what_they_do_in_stim(seed: int) -> None:
    circuit = drawn(seed)
    assert same(circuit, back(written(circuit), [0, 1, 2, 3]))


def test_padding_is_records() -> None:
    assert written(stim.Circuit("M 0\nMPAD 0 1")).splitlines()[-2:] == [
        "rec[1] = 0;",
        "rec[2] = 1;",
    ]


def test_the_comparison_sees_what_is_left_out() -> None:
    text = written(stim.Circuit("H 0\nCX 0 1\nM !0 1"))
    assert not same(
        stim.Circuit("H 0\nCX 0 1\nM !0 1"), back(text.replace("x q[0];\n", "", 1), [0, 1])
    )


def test_a_code_keeps_only_the_qubits_that_it_uses() -> None:
    circuit = stim.Circuit.generated("surface_code:rotated_memory_z", distance=3, rounds=2)
    text = written(circuit)
    assert "qubit[17] q;" in text
    used = sorted({t.value for i in circuit.flattened() for t in i.targets_copy()
                   if t.is_qubit_target and i.name != "QUBIT_COORDS"})  # fmt: skip
    assert same(circuit, back(text, used))


def test_a_circuit_with_feedback_is_distributed() -> None:
    """Teleportation of |1>, its two outcomes and the third qubit's."""
    circuit = stim.Circuit(
        "X 0\nH 1\nCX 1 2\nCX 0 1\nH 0\nM 0 1\nCX rec[-1] 2\nCZ rec[-2] 2\nM !2\nDETECTOR rec[-1]"
    )
    made = qdsl.distribute(circuit, "line(2) { qubits 4, comm 1 }")
    assert shares(made) == pytest.approx({"000": 0.25, "010": 0.25, "100": 0.25, "110": 0.25})


def test_a_file_of_stim_is_read_by_its_path(tmp_path: Path) -> None:
    (tmp_path / "bell.stim").write_text("H 0\nX_ERROR(0) 0\nCX 0 1\nM 0 1\n")
    (tmp_path / "lab.qdm").write_text("network lab = line(2) { qubits 2, comm 1 }\n")
    for path in (tmp_path / "bell.stim", str(tmp_path / "bell.stim")):
        made = qdsl.distribute(path, str(tmp_path / "lab.qdm"))
        assert shares(made) == pytest.approx({"00": 0.5, "11": 0.5})
    (tmp_path / "bell.stim").write_text("HH 0\n")
    with pytest.raises(UnknownCircuit, match="no circuit of stim"):
        qdsl.distribute(tmp_path / "bell.stim", "line(2) { qubits 2 }")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("H 0\nDEPOLARIZE1(0.1) 0", r"`DEPOLARIZE1\(0.1\) 0` is noise"),
        ("M(0.01) 0", r"`M\(0.01\) 0` is noise"),
        ("MPAD(0.01) 0", r"`MPAD\(0.01\) 0` is noise"),
        ("HERALDED_ERASE(0.1) 0", "is noise"),
        ("CX sweep[2] 0", "sweep bit"),
        ("H 0\nREPEAT 1000000000000 {\nH 0\n}", "more than 200,000 targets"),
    ],
)
def test_what_has_no_form_is_named(text: str, said: str) -> None:
    with pytest.raises(UnknownCircuit, match=said):
        qdsl.distribute(stim.Circuit(text), "line(2) { qubits 2 }")
