"""Rows of imported circuits as matrices; the first qubit is the most significant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import cast

import numpy as np

from qdsl.ir.operations import BY_NAME, Operation
from qdsl.ir.state_vectors import rotation, unitary
from qdsl.language.qasm.matrix_stacks import Angle, Matrix, on_qubits, phase_gate
from qdsl.language.qasm.rows import PHASE, ImportedRow
from qdsl.language.values.polynomial import Polynomial


def operation_matrix(name: str, angles: Sequence[Angle], word: str | None = None) -> Matrix:
    """An operation of the table with its phase; of columns of angles a stack of them."""
    numbers = cast(tuple[float, ...], tuple(angles))  # sums and products of columns are columns
    if name == PHASE:
        return phase_gate(angles[0], 0)
    if word is not None:
        return rotation(word, numbers[0])
    op: Operation = BY_NAME[name]
    return phase_gate(op.phase.at(numbers), op.arity or 0) @ unitary(op, numbers)


@lru_cache(maxsize=4096)
def matrix_of(rows: tuple[ImportedRow, ...], n_qubits: int) -> Matrix:
    """The product of rows whose angles are numbers."""
    total: Matrix = np.eye(2**n_qubits, dtype=np.complex128)
    for row in rows:
        if row.name != "barrier":
            angles = cast(tuple[float, ...], row.angles)
            total = on_qubits(operation_matrix(row.name, angles, row.word), row.qubits, total)
    return total


def at_inputs(rows: Sequence[ImportedRow], inputs: Mapping[int, float]) -> tuple[ImportedRow, ...]:
    """The rows with numbers in place of the inputs."""
    return tuple(
        row._replace(angles=tuple(_value(angle, inputs) for angle in row.angles)) for row in rows
    )


def _value(angle: float | Polynomial, inputs: Mapping[int, float]) -> float:
    if not isinstance(angle, Polynomial):
        return angle
    products = (c * float(np.prod([inputs[s] for s in factors])) for factors, c in angle.terms)
    return angle.constant + sum(products)
