"""The OpenQASM 3 backend: what Qiskit reads back is the same program."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

import qdsl
from qdsl.backends import qasm2, qasm3
from qdsl.backends.qiskit import count, emit
from qdsl.ir.operations import BY_NAME
from qdsl.ir.stages import Circuit, Register, Sample
from tests.backends.exact import distribution, p_value
from tests.backends.matrices import circuit_matrix
from tests.backends.programs import (
    LAN,
    SOURCE_OPERATIONS,
    alone,
    any_operation,
    random_circuit,
    scheduled,
    two_remote_gates,
)


def same_up_to_phase(program: Circuit) -> bool:
    from qiskit.qasm3 import loads
    from qiskit.quantum_info import Operator

    read = loads(qasm3.emit(program))
    overlap = np.vdot(Operator(read.reverse_bits()).data, circuit_matrix(program))
    return bool(np.isclose(abs(overlap), 2**program.n_qubits))


@pytest.mark.parametrize("name", SOURCE_OPERATIONS)
def test_every_operation_reads_back(name: str) -> None:
    from qiskit.qasm3 import loads

    program, values = any_operation(name)
    assert loads(qasm3.emit(program, values)).num_qubits == program.n_qubits


@pytest.mark.parametrize("name", [n for n in SOURCE_OPERATIONS if BY_NAME[n].is_unitary])
def test_unitary(name: str) -> None:
    assert same_up_to_phase(alone(name))


@pytest.mark.parametrize("seed", range(3))
def test_random_circuits(seed: int) -> None:
    assert same_up_to_phase(random_circuit(seed, 4, 20))


def test_a_distributed_program_reads_back_with_its_statistics() -> None:
    from qiskit.qasm3 import loads

    program = scheduled(two_remote_gates(0.8, 1.9, [Sample((0, 1))]), [0] * 6)
    found = count(loads(qasm3.emit(program)), (0, 1), 4000, seed=1)
    counts = {"".join(map(str, bits)): n for bits, n in found.tally.items()}
    assert p_value(counts, distribution(program.distributed, (0, 1))) > 1e-4


def test_text_names_the_registers_of_every_node() -> None:
    program = scheduled(two_remote_gates(0.8, 1.9, [Sample((0, 1))]), [0] * 6)
    text = qasm3.emit_text(program)
    assert text == qasm3.emit_text(program)
    assert text.splitlines()[:5] == [
        "OPENQASM 3.0;",
        "// test",
        "// outcome, from bit 0 on: q[0] to q[1]; bit 0 is the last one that Qiskit prints",
        "// node alice: alice_data[1], alice_comm[1], alice_bits[2]",
        "// node bob: bob_data[1], bob_comm[1], bob_bits[2]",
    ]


def test_the_order_of_the_outcome_is_said_and_true() -> None:
    """In the order of the qubits, whatever the order in which they are returned."""
    text = "model m() { qubits a, q[4], r; x a; x q[2]; return sample(r, q[2], q[1], a) }"
    stage = qdsl.loads(text).compile().scheduled
    said = "// outcome, from bit 0 on: a, q[1] to q[2], r; bit 0"
    assert said in qasm3.emit(stage) and said in qasm2.emit(stage)
    assert count(emit(stage), (0, 2, 3, 5), 10, seed=1).tally == {(1, 0, 1, 0): 10}
    expected = "model m() { qubits a; return expect(Z a) }"
    assert "outcome" not in qasm3.emit(qdsl.loads(expected).compile().scheduled)


def test_a_name_cannot_end_its_comment() -> None:
    program = replace(alone("h"), name="a\nqubit[9] z;")
    assert "a?qubit[9] z;" in qasm3.emit(program).splitlines()[1]


def test_nodes_whose_names_begin_alike() -> None:
    nodes = (replace(LAN.nodes[0], name="a"), replace(LAN.nodes[1], name="a_data"))
    program = two_remote_gates(0.8, 1.9)
    placed = replace(program.placed, network=replace(LAN, nodes=nodes))
    lines = qasm3.emit(replace(program, placed=placed)).splitlines()
    assert lines[2] == "// node a: a_data[1], a_comm[2], a_bits[2]"
    assert lines[3] == "// node a_data: a_data_data[1], a_data_comm[2], a_data_bits[2]"


@pytest.mark.parametrize("name", ["gate", "input", "pi", "qubit", "def", "measure", "U"])
def test_reserved_words_as_register_names(name: str) -> None:
    from qiskit.qasm3 import loads

    program = replace(alone("h"), registers=(Register(name, 0, 1),))
    text = qasm3.emit(program)
    assert loads(text).num_qubits == 1
    assert re.search(r"^qubit\[1\] \w+;$", text, re.MULTILINE)
