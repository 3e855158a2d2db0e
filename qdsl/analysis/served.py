"""What a flip of a cat copy does to the operations that it serves, one after another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Final

import numpy as np

from qdsl.ir.operations import OPERATIONS, Kind
from qdsl.ir.stages import DistributedCircuit
from qdsl.ir.state_vectors import PAULIS, Matrix, applied, rotation, unitary
from qdsl.ir.table import Row

WIDEST: Final = 6  # qubits whose matrices are multiplied, the copy included
LONGEST: Final = 64  # rows


def overlaps_of_flips(
    program: DistributedCircuit, rows_of: Mapping[int, Sequence[int]], copy: int, served: list[int]
) -> list[tuple[float, float]] | None:
    """For each of the rows that a copy serves, the process fidelity of all that follows to the same
    after an X, and after a Y, on the copy just before that row, the copy then measured in the X
    basis: exact, by the matrix of all rows on the qubits that matter. None where these are too
    many, or what they do is not known yet."""
    window = _window(program, rows_of, copy, served)
    if window is None:
        return None
    rows, wires = window
    shape, at = (2,) * len(wires) + (-1,), [wires.index(copy)]
    d = 2 ** len(wires)
    later: Matrix = np.eye(d, dtype=np.complex128)  # of all rows from one on, transposed
    found: dict[int, tuple[float, float]] = {}
    for row in reversed(rows):
        matrix = matrix_of(program, row)
        if matrix is None:
            return None
        places = [wires.index(w) for w in row.operands]
        later = applied(matrix.T, later.reshape(shape), places).reshape(d, d)
        if row.index in served:
            before = applied(PAULIS["X"], later.reshape(shape), at).reshape(d, d)
            flipped = applied(PAULIS["X"], before.T.reshape(shape), at).reshape(d, d).T
            error: Matrix = later.conj() @ flipped.T  # V^+ X V X
            z = applied(PAULIS["Z"], error.reshape(shape), at).reshape(d, d)
            found[row.index] = _share(error), _share(z)
    return [found[r] for r in served]


def _share(error: Matrix) -> float:
    return float(abs(np.trace(error) / len(error)) ** 2)


def _window(
    program: DistributedCircuit, rows_of: Mapping[int, Sequence[int]], copy: int, served: list[int]
) -> tuple[list[Row], list[int]] | None:
    """The rows from the first to the last that is served on the qubits of these rows, and on those
    which such rows share with others; and these qubits."""
    table = program.table
    if len(served) > LONGEST:
        return None
    wires, rows, todo = [copy], set(served), list(served)
    while todo:
        row = table.row(todo.pop())
        if row.op.kind is not Kind.UNITARY or row.cond >= 0:
            return None
        for wire in row.operands:
            if wire in wires:
                continue
            wires.append(wire)
            between = [r for r in rows_of[wire] if served[0] <= r <= served[-1] and r not in rows]
            rows.update(between)
            todo += between
        if len(wires) > WIDEST or len(rows) > LONGEST:
            return None
    return [table.row(r) for r in sorted(rows)], wires


def matrix_of(program: DistributedCircuit, row: Row) -> Matrix | None:
    """Of a gate, up to its phase; None where an angle is not known yet."""
    angles = program.values.angles
    if not all(angles.is_constant(e) for e in row.angles):
        return None
    known = tuple(float(angles.constant[e]) for e in row.angles)
    if row.op.name == "rot":
        return rotation(program.table.words[row.attr], known[0])
    return _unitary(row.op.code, known)


@lru_cache(4096)
def _unitary(code: int, angles: tuple[float, ...]) -> Matrix:
    """The same matrix for all gates alike; nobody writes to it."""
    return unitary(OPERATIONS[code], angles)
