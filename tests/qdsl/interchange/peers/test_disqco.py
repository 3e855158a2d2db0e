"""Circuits that DISQCO extracts. The samples are written by hand, by Qiskit, in the form of its
`DistributedCircuitToQiskit`: registers, the gate `EPR`, and instructions by name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

import qdsl
from qdsl.interchange.peers.disqco import written_out
from qdsl.interchange.peers.followed import CannotBeFollowed
from qdsl.interchange.peers.program import NotDistributed

qiskit = pytest.importorskip("qiskit")
PAIR = "line(2) { qubits 2, comm 2 }"
SOURCE = """OPENQASM 3.0;
include "stdgates.inc";
qubit[3] q;
bit[3] c;
h q[0];
ry(0.3) q[1];
ry(0.8) q[2];
cp(pi / 2) q[0], q[1];
rz(0.3) q[0];
cp(pi / 4) q[0], q[2];
h q[0];
h q[1];
h q[2];
c = measure q;
"""
MOVE = """OPENQASM 3.0;
include "stdgates.inc";
qubit[2] q;
bit[2] c;
ry(0.3) q[0];
ry(0.8) q[1];
rz(0.4) q[0];
cp(pi / 2) q[0], q[1];
h q[0];
h q[1];
c = measure q;
"""


def pair_gate() -> Any:
    circuit = qiskit.QuantumCircuit(2, name="EPR")
    circuit.h(0)
    circuit.cx(0, 1)
    return circuit.to_gate()


def fan_out() -> Any:
    """Root, parent's half, child's half."""
    circuit = qiskit.QuantumCircuit(3, 1, name="FanOut[q0:p0→[1]]")
    circuit.append(pair_gate(), [1, 2])
    circuit.cx(0, 1)
    circuit.measure(1, 0)
    circuit.reset(1)
    return circuit.to_instruction(label=circuit.name)


def fan_in() -> Any:
    """Target, source."""
    circuit = qiskit.QuantumCircuit(2, 1, name="FanIn[q0:p1→p0]")
    circuit.h(1)
    circuit.measure(1, 0)
    circuit.reset(1)
    return circuit.to_instruction(label=circuit.name)


def local_transfer() -> Any:
    circuit = qiskit.QuantumCircuit(2, 1, name="LocalTransfer[q0:p1]")
    circuit.cx(0, 1)
    circuit.h(0)
    circuit.measure(0, 0)
    circuit.reset(0)
    return circuit.to_instruction(label=circuit.name)


def registers(n: int, data: Sequence[int] = (2, 2), comm: Sequence[int] = (1, 1)) -> Any:
    quantum = [qiskit.QuantumRegister(size, f"Q{k}_q") for k, size in enumerate(data)]
    links = [qiskit.QuantumRegister(size, f"C{k}_0") for k, size in enumerate(comm)]
    bits = [qiskit.ClassicalRegister(n, "cl"), qiskit.ClassicalRegister(n, "result")]
    return (*quantum, *links, *bits), qiskit.QuantumCircuit(*quantum, *links, *bits)


def corrected(circuit: Any, bit: Any, name: str, qubit: Any) -> None:
    with circuit.if_test((bit, 1)):
        getattr(circuit, name)(qubit)


def one_copy() -> Any:
    (a, b, near, far, cl, result), circuit = registers(3)
    circuit.h(a[0])
    circuit.ry(0.3, b[0])
    circuit.ry(0.8, b[1])
    circuit.append(fan_out(), [a[0], near[0], far[0]], [cl[0]])
    corrected(circuit, cl[0], "x", far[0])
    circuit.cp(1.5707963267948966, far[0], b[0])
    circuit.rz(0.3, a[0])
    circuit.cp(0.7853981633974483, far[0], b[1])
    circuit.append(fan_in(), [a[0], far[0]], [cl[1]])
    corrected(circuit, cl[1], "z", a[0])
    for qubit in (a[0], b[0], b[1]):
        circuit.h(qubit)
    for k, qubit in enumerate((a[0], b[0], b[1])):
        circuit.measure(qubit, result[k])
    return circuit


def moved() -> Any:
    """Qubit 0 is teleported to QPU 1, to a communication qubit, and on to a data qubit."""
    (a, b, near, far, cl, result), circuit = registers(2)
    circuit.ry(0.3, a[0])
    circuit.ry(0.8, b[0])
    circuit.rz(0.4, a[0])
    circuit.append(fan_out(), [a[0], near[0], far[0]], [cl[0]])
    corrected(circuit, cl[0], "x", far[0])
    circuit.append(fan_in(), [far[0], a[0]], [cl[1]])
    corrected(circuit, cl[1], "z", far[0])
    circuit.append(local_transfer(), [far[0], b[1]], [cl[0]])
    corrected(circuit, cl[0], "z", b[1])
    circuit.cp(1.5707963267948966, b[1], b[0])
    circuit.h(b[0])
    circuit.h(b[1])
    circuit.measure(b[1], result[0])
    circuit.measure(b[0], result[1])
    return circuit


@pytest.mark.parametrize(("made", "source"), [(one_copy, SOURCE), (moved, MOVE)])
def test_a_sample_is_proved_and_counted(made: Any, source: str) -> None:
    circuit = made()
    for given in (circuit, written_out(circuit)):
        found = qdsl.verify_distributed(given, source, PAIR)
        assert found.is_valid, found
        assert (found.cost.ebits, found.cost.bits) == (1, 2)
        assert found.form == "circuit of DISQCO" and found.cost.comm == {0: 1, 1: 1}


def test_a_parity_of_bits_corrects() -> None:
    """An exclusive or, as compressed corrections have it: of a bit with itself twice, here."""
    text = written_out(one_copy())
    assert text.count("if (cl[1])") + text.count("if (cl[1] == true)") == 1
    for was in ("if (cl[1])", "if (cl[1] == true)"):
        text = text.replace(was, "if (cl[1] ^ cl[0] ^ cl[0])")
    assert qdsl.verify_distributed(text, SOURCE, PAIR).is_valid


def test_a_network_without_the_link() -> None:
    found = qdsl.verify_distributed(one_copy(), SOURCE, "line(1) { qubits 4, comm 2 }")
    assert not found.is_valid and found.verification.verified


@pytest.mark.parametrize(
    ("was", "is_now"),
    [
        ("rz(0.3) Q0_q[0];", "rx(0.3) Q0_q[0];"),
        ("rz(0.3) Q0_q[0];", "rz(0.31) Q0_q[0];"),
        ("x C1_0[0];", "z C1_0[0];"),
        ("z Q0_q[0];", "x Q0_q[0];"),
        ("z Q0_q[0];", "z Q1_q[0];"),
        ("cl[1] = measure C1_0[0];", "cl[0] = measure C1_0[0];"),
        ("h C1_0[0];", "x C1_0[0];"),
        ("cx Q0_q[0], C0_0[0];", "cx C0_0[0], Q0_q[0];"),
        ("result[0] = measure Q0_q[0];", "result[0] = measure Q1_q[0];"),
    ],
)
def test_a_corrupted_one_is_never_called_equal(was: str, is_now: str) -> None:
    text = written_out(one_copy())
    assert was in text
    try:
        found = qdsl.verify_distributed(text.replace(was, is_now), SOURCE, PAIR)
    except (NotDistributed, CannotBeFollowed):
        return
    assert found.verification.refuted


@pytest.mark.parametrize(
    ("was", "is_now", "problem"),
    [
        ("qubit[2] Q1_q;", "qubit[2] other;", "qubits are in registers"),
        ("EPR C0_0[0], C1_0[0];", "EPR Q0_q[0], C1_0[0];", "a pair is made on two communication"),
        ("  h _gate_q_0;\n", "", "the only gate that is defined is EPR"),
        ("rz(0.3) Q0_q[0];", "cz Q0_q[0], Q1_q[0];", "acts on qubits of several nodes"),
        ("rz(0.3) Q0_q[0];", "inv @ rz(0.3) Q0_q[0];", "modifiers are not part"),
        ("rz(0.3) Q0_q[0];", "rz(0.3) Q0_q[7];", "there is no such qubit"),
        ("rz(0.3) Q0_q[0];", "while (cl[0]) { x Q0_q[0]; }", "WhileLoop is not part"),
        ("rz(0.3) Q0_q[0];", "if (cl[2]) { x Q0_q[0]; }", "used before it is written"),
    ],
)
def test_what_is_not_of_the_form_is_refused(was: str, is_now: str, problem: str) -> None:
    text = written_out(one_copy())
    assert was in text, text
    with pytest.raises(NotDistributed, match=problem):
        qdsl.verify_distributed(text.replace(was, is_now, 1), SOURCE, PAIR)
