"""The PennyLane backend: exact distributions of all branches, and what it has no form for."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

pytest.importorskip("pennylane", reason="the extra `pennylane` is not installed")

import pennylane as qml

from qdsl.backends import pennylane as backend
from qdsl.diagnostics.diagnostic import InvalidProgram
from qdsl.ir.operations import BY_NAME
from qdsl.ir.stages import Expectation, PauliTerm, Sample
from tests.backends.exact import distribution
from tests.backends.matrices import circuit_matrix
from tests.backends.mid_circuit import PROGRAMS, compiled, expected
from tests.backends.programs import (
    SOURCE_OPERATIONS,
    Rows,
    any_operation,
    circuit,
    teleport,
    two_remote_gates,
    vector,
)


def exact(function: Any) -> Any:
    device = qml.device("default.qubit", function.wires)
    return qml.QNode(function, device, mcm_method="tree-traversal")()


@pytest.mark.parametrize("name", PROGRAMS)
def test_distributions_are_those_of_our_simulator(name: str) -> None:
    for found, ideal in zip(exact(compiled(name).emit("pennylane")), expected(name), strict=True):
        np.testing.assert_allclose(found, ideal, atol=1e-6)


def test_the_text_defines_the_function() -> None:
    names: dict[str, Any] = {}
    exec(compiled("telegate").emit_text("pennylane"), names)
    found = qml.tape.make_qscript(names["circuit"])()
    assert found.operations
    assert list(names["wires"]) == compiled("telegate").emit("pennylane").wires


def test_a_corrections_angle_matters() -> None:
    ideal = distribution(teleport(1.1), (0,))
    (found,) = exact(backend.emit(teleport(1.1, [Sample((0,))])))
    np.testing.assert_allclose(found, ideal, atol=1e-9)
    assert not np.allclose(found, distribution(teleport(1.3), (0,)), atol=1e-3)


def test_expectations() -> None:
    terms = (PauliTerm(0.5, ((0, "Z"), (1, "X"))), PauliTerm(-2.0, ((1, "Z"),)), PauliTerm(1.0, ()))
    program = two_remote_gates(0.8, 1.9, [Expectation(terms)])
    (found,) = exact(backend.emit(program))
    (ideal,) = exact(backend.emit(program.placed.circuit))
    state = circuit_matrix(program.placed.circuit)[:, 0]
    z, x, one = np.diag([1, -1]), np.array([[0, 1], [1, 0]]), np.eye(2)
    observable = 0.5 * np.kron(z, x) - 2 * np.kron(one, z) + np.eye(4)
    assert found == pytest.approx(float((state.conj() @ observable @ state).real))
    assert ideal == pytest.approx(found)


@pytest.mark.parametrize("name", SOURCE_OPERATIONS)
def test_every_operation(name: str) -> None:
    program, values = any_operation(name)
    function = backend.emit(program, values)
    if BY_NAME[name].is_unitary:
        found = qml.matrix(qml.tape.make_qscript(function)(), wire_order=function.wires)
        overlap = np.vdot(found, circuit_matrix(program)) if np.ndim(found) else 2**program.n_qubits
        assert abs(overlap) == pytest.approx(2**program.n_qubits)


@pytest.mark.parametrize("name", ["measure", "reset"])
def test_what_depends_on_a_bit_and_is_no_gate_is_refused(name: str) -> None:
    rows = Rows().add("measure", 0, to=0)
    rows.add(name, 1, to=1 if name == "measure" else -1, when=(0, 1))
    with pytest.raises(InvalidProgram) as refused:
        backend.emit(circuit(rows, 2, 2))
    found = [(d.code, d.message) for d in refused.value.diagnostics]
    assert found == [("QDM758", f"`{name}` depends on a bit")]


def test_angles_without_values_are_refused() -> None:
    rows = Rows([vector("theta", 2)]).add("rz", 0, angles=[(0.0, [(1.0, 1)])])
    with pytest.raises(InvalidProgram, match="'theta' has no value"):
        backend.emit(circuit(rows, 1))
