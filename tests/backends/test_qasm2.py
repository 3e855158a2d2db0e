"""The OpenQASM 2 backend: what Qiskit and pytket read back is the same program."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from qdsl.backends import qasm2
from qdsl.backends.qiskit import count
from qdsl.diagnostics.diagnostic import InvalidProgram
from qdsl.ir.operations import BY_NAME
from qdsl.ir.stages import Register
from tests.backends.matrices import circuit_matrix
from tests.backends.mid_circuit import PROGRAMS, assert_same, compiled, p_values, read_qubits
from tests.backends.programs import (
    SOURCE_OPERATIONS,
    Rows,
    alone,
    any_operation,
    circuit,
    vector,
)

SHOTS = 1500


def drawn(text: str, name: str) -> list[tuple[int, ...]]:
    """What Aer draws of a text read by Qiskit."""
    from qiskit.qasm2 import loads

    found = count(loads(text), read_qubits(name), SHOTS, seed=7)
    return [bits for bits, times in found.tally.items() for _ in range(times)]


@pytest.mark.parametrize("name", PROGRAMS)
def test_samples_are_those_of_our_simulator(name: str) -> None:
    assert_same(name, drawn(compiled(name).emit_text("qasm2"), name))


def test_a_correction_that_is_left_out_is_seen() -> None:
    text = compiled("feed-forward").emit_text("qasm2")
    without = "\n".join(line for line in text.splitlines() if not line.startswith("if"))
    assert min(p_values("feed-forward", drawn(without, "feed-forward"))) < 1e-4


@pytest.mark.parametrize("name", PROGRAMS)
def test_pytket_reads_it(name: str) -> None:
    from pytket.qasm.qasm import circuit_from_qasm_str

    read = circuit_from_qasm_str(compiled(name).emit_text("qasm2"))
    assert read.n_qubits == sum(size for _, size in read_registers(name))


def read_registers(name: str) -> list[tuple[str, int]]:
    text = compiled(name).emit_text("qasm2")
    return [(n, int(size)) for n, size in re.findall(r"^qreg (\w+)\[(\d+)\];$", text, re.M)]


@pytest.mark.parametrize("name", SOURCE_OPERATIONS)
def test_every_operation_reads_back(name: str) -> None:
    from qiskit.qasm2 import loads
    from qiskit.quantum_info import Operator

    program, values = any_operation(name)
    read = loads(qasm2.emit(program, values))
    assert read.num_qubits == program.n_qubits
    if BY_NAME[name].is_unitary:
        overlap = np.vdot(Operator(read.reverse_bits()).data, circuit_matrix(program))
        assert abs(overlap) == pytest.approx(2**program.n_qubits)


@pytest.mark.parametrize("name", ["x", "gate", "pi", "cu3", "outcome"])
def test_reserved_words_as_register_names(name: str) -> None:
    from qiskit.qasm2 import loads

    program = replace(alone("cx"), registers=(Register(name, 0, 1), Register(f"{name}_", 1, 1)))
    assert loads(qasm2.emit(program)).num_qubits == 2


def test_numbers_have_the_point_that_the_language_asks_for() -> None:
    program = circuit(Rows().add("rz", 0, angles=[np.pi * 2.0**-20]), 1)
    (angle,) = re.findall(r"rz\((\d\.\d+e-\d+)\)", qasm2.emit(program))
    assert float(angle) == pytest.approx(np.pi * 2.0**-20, rel=1e-12)
    assert qasm2._number(1e-20) == "1.0e-20"


def test_operations_under_a_condition() -> None:
    rows = Rows().add("measure", 0, to=0).add("measure", 1, to=1, when=(0, 1))
    rows.add("reset", 0, when=(1, 0)).add("ccx", 0, 1, 2, when=(0, 0))
    lines = qasm2.emit(circuit(rows, 3, 2)).splitlines()
    assert "if (c_0 == 1) measure q[1] -> c_1[0];" in lines
    assert "if (c_1 == 0) reset q[0];" in lines
    assert "if (c_0 == 0) ccx q[0], q[1], q[2];" in lines


def test_angles_without_values_are_refused() -> None:
    rows = Rows([vector("theta", 2)]).add("rz", 0, angles=[(0.0, [(1.0, 1)])])
    with pytest.raises(InvalidProgram, match="'theta' has no value"):
        qasm2.emit(circuit(rows, 1))
