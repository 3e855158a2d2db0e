"""The Cirq backend: what Cirq draws, what it reads back, and what it has no form for."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("cirq", reason="the extra `cirq` is not installed")

import cirq

from qdsl.backends import cirq as backend
from qdsl.diagnostics.diagnostic import InvalidProgram
from qdsl.ir.operations import BY_NAME
from qdsl.ir.stages import Sample
from tests.backends.matrices import circuit_matrix
from tests.backends.mid_circuit import ALARM, PROGRAMS, assert_same, compiled, p_values
from tests.backends.programs import (
    SOURCE_OPERATIONS,
    Rows,
    any_operation,
    circuit,
    vector,
)

SHOTS = 300


def drawn(program: cirq.AbstractCircuit) -> np.ndarray:
    found = cirq.Simulator(seed=3).run(program, repetitions=SHOTS)
    return np.asarray(found.records["outcome"])[:, -1]


@pytest.mark.parametrize("name", PROGRAMS)
def test_samples_are_those_of_our_simulator(name: str) -> None:
    read = cirq.read_json(json_text=compiled(name).emit_text("cirq"))
    assert read == compiled(name).emit("cirq")
    assert_same(name, drawn(read))


def test_a_correction_that_is_left_out_is_seen() -> None:
    whole = compiled("feed-forward").emit("cirq")
    without = cirq.Circuit(op for op in whole.all_operations() if not op.classical_controls)
    assert min(p_values("feed-forward", drawn(without))) < ALARM


@pytest.mark.parametrize("name", SOURCE_OPERATIONS)
def test_every_operation(name: str) -> None:
    program, values = any_operation(name)
    found = backend.emit(program, values)
    assert cirq.read_json(json_text=backend.emit_text(program, values)) == found
    if BY_NAME[name].is_unitary:
        qubits = [cirq.NamedQubit(f"q[{k}]") for k in range(program.n_qubits)]
        overlap = np.vdot(found.unitary(qubits, qubits), circuit_matrix(program))
        assert abs(overlap) == pytest.approx(2**program.n_qubits)


def test_angles_without_values_are_symbols() -> None:
    rows = Rows([vector("theta", 2)]).add("rx", 0, angles=[(0.5, [(2.0, 1)])])
    program = circuit(rows, 1)
    read = cirq.read_json(json_text=backend.emit_text(program))
    assert cirq.parameter_names(read) == {"theta_1"}
    known = backend.emit(program, {"theta": [0.0, 0.3]})
    found = cirq.resolve_parameters(read, {"theta_1": 0.3})
    np.testing.assert_allclose(found.unitary(), known.unitary(), atol=1e-9)


def test_a_bit_is_its_last_measurement() -> None:
    rows = Rows().add("x", 0).add("measure", 0, to=0).add("x", 1, when=(0, 1))
    rows.add("reset", 0, when=(0, 1)).add("measure", 0, to=0).add("x", 2, when=(0, 0))
    rows.add("x", 3, when=(1, 0)).add("x", 0, when=(1, 1))  # nothing writes bit 1
    program = circuit(rows, 4, 2, [Sample((0, 1, 2, 3))])
    assert (drawn(backend.emit(program)) == [0, 1, 1, 1]).all()


def test_a_measurement_that_depends_on_a_bit_is_refused() -> None:
    rows = Rows().add("measure", 0, to=0).add("measure", 1, to=1, when=(0, 1))
    with pytest.raises(InvalidProgram) as refused:
        backend.emit(circuit(rows, 2, 2))
    found = [(d.code, d.message) for d in refused.value.diagnostics]
    assert found == [("QDM758", "`measure` depends on a bit")]
