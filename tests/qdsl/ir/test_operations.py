"""Every entry of the operation table is consistent, and pytket and Qiskit agree with it."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import numpy as np
import pytest

from qdsl.backends import tket
from qdsl.ir.operations import (
    BY_NAME,
    OPERATIONS,
    Affine,
    Attr,
    Kind,
    Operation,
    Rotation,
    controlled,
    operation,
    projector_phase,
)
from tests.backends.matrices import (
    PAULI,
    Matrix,
    body_matrix,
    on_qubits,
    operation_matrix,
    word_matrix,
)

UNITARY = [op for op in OPERATIONS if op.is_unitary and op.arity is not None]
ANGLES = (0.7, -1.3, 2.1)
each = pytest.mark.parametrize("op", UNITARY, ids=lambda op: op.name)


def matrix_of(op: Operation) -> Matrix:
    return operation_matrix(op, ANGLES[: op.angles])


def qiskit_gate(op: Operation) -> Any:
    """Qiskit's gate of the same name."""
    from qiskit.circuit.library import get_standard_gate_name_mapping

    gates = get_standard_gate_name_mapping()
    if op.name not in gates:
        pytest.skip(f"Qiskit has no {op.name}")
    return gates[op.name].base_class(*ANGLES[: op.angles])


@each
def test_body_is_unitary_and_of_the_right_size(op: Operation) -> None:
    assert op.arity is not None
    assert all(len(r.word) == op.arity and set(r.word) <= set(PAULI) for r in op.body)
    coefficients = [*(r.angle.coefficients for r in op.body), op.phase.coefficients]
    assert all(len(c) <= op.angles for c in coefficients)
    matrix = matrix_of(op)
    np.testing.assert_allclose(matrix @ matrix.conj().T, np.eye(2**op.arity), atol=1e-12)


@each
def test_agrees_with_pytket(op: Operation) -> None:
    from pytket.circuit import Circuit, OpType

    if op.name not in tket.DIRECT:
        pytest.skip(f"pytket has no {op.name}, or is given its body")
    angles = [a / np.pi for a in ANGLES[: op.angles]]
    circuit = Circuit(op.arity or 0)
    circuit.add_gate(getattr(OpType, tket.DIRECT[op.name]), angles, list(range(op.arity or 0)))
    np.testing.assert_allclose(circuit.get_unitary(), matrix_of(op), atol=1e-12)


@each
def test_agrees_with_qiskit(op: Operation) -> None:
    from qiskit import QuantumCircuit
    from qiskit.quantum_info import Operator

    circuit = QuantumCircuit(op.arity)
    circuit.append(qiskit_gate(op), range(op.arity or 0))
    np.testing.assert_allclose(Operator(circuit.reverse_bits()).data, matrix_of(op), atol=1e-12)


@each
def test_inverse(op: Operation) -> None:
    if op.inverse is not None:
        inverse = matrix_of(operation(op.inverse))
        assert operation(op.inverse).inverse == op.name
    elif op.angles == 1:
        inverse = operation_matrix(op, (-ANGLES[0],))
    else:
        undone = tuple(Rotation(r.word, r.angle.scaled(-1.0)) for r in reversed(op.body))
        assert op.arity is not None
        inverse = body_matrix(undone, op.phase.scaled(-1.0), ANGLES, op.arity)
    np.testing.assert_allclose(inverse @ matrix_of(op), np.eye(2 ** (op.arity or 0)), atol=1e-12)


@each
def test_symmetric_says_exactly_whether_operands_exchange(op: Operation) -> None:
    n = op.arity or 0
    matrix = matrix_of(op)
    exchanges = [on_qubits(matrix, order, n) for order in permutations(range(n))]
    same = all(np.allclose(exchanged, matrix) for exchanged in exchanges)
    assert same == op.symmetric or n == 1


@each
def test_axis_is_what_the_operation_commutes_with(op: Operation) -> None:
    n = op.arity or 0
    matrix = matrix_of(op)
    for operand in range(n):
        commuting = {
            letter
            for letter in "XYZ"
            if np.allclose(
                (P := word_matrix("I" * operand + letter + "I" * (n - 1 - operand))) @ matrix,
                matrix @ P,
            )
        }
        axis = op.axis(operand)
        assert commuting == ({"X", "Y", "Z"} if axis == "I" else {axis} - {None})


@each
def test_controlled(op: Operation) -> None:
    n = op.arity or 0
    body, phase = controlled(op.body, op.phase)
    expected = np.eye(2 ** (n + 1), dtype=np.complex128)
    expected[2**n :, 2**n :] = matrix_of(op)
    np.testing.assert_allclose(body_matrix(body, phase, ANGLES, n + 1), expected, atol=1e-12)


@pytest.mark.parametrize("word", ["Z", "X", "ZZ", "YX", "ZZX"])
def test_projector_phase(word: str) -> None:
    body, phase = projector_phase(word, Affine(0.2, (1.5,)))
    n = len(word)
    projector: Matrix = np.eye(2**n, dtype=np.complex128)
    for k, letter in enumerate(word):
        P = word_matrix("I" * k + letter + "I" * (n - 1 - k))
        projector = projector @ (np.eye(2**n) - P) / 2
    angle = 0.2 + 1.5 * ANGLES[0]
    expected = np.eye(2**n) + (np.exp(1j * angle) - 1) * projector
    np.testing.assert_allclose(body_matrix(body, phase, ANGLES, n), expected, atol=1e-12)


def test_codes_and_names() -> None:
    assert [op.code for op in OPERATIONS] == list(range(len(OPERATIONS)))
    assert len(BY_NAME) == len(OPERATIONS)
    assert all(op.doc.endswith(".") for op in OPERATIONS)


def test_only_unitary_operations_have_bodies() -> None:
    for op in OPERATIONS:
        assert not op.body or op.is_unitary
        assert (op.attr is Attr.DATA) == (op.kind is Kind.ENCODE)
        assert (op.attr is Attr.BIT) == (op.kind in (Kind.MEASURE, Kind.SEND))
    assert [op.name for op in OPERATIONS if op.ebits] == ["ebit"]
    assert [op.name for op in OPERATIONS if op.classical_bits] == ["send"]
