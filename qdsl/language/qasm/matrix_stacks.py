"""Matrices of gates, many at once: a stack has shape (..., 2**n, 2**n), and an angle is a number
or a column of one number for every matrix of the stack."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.complex128]
Column = npt.NDArray[np.float64]
Angle = float | Column


def u_gate(theta: Angle, phi: Angle, lam: Angle) -> Matrix:
    """OpenQASM's `U`, its upper left entry cos(theta/2)."""
    parts = np.broadcast_arrays(*(np.asarray(angle, np.float64) for angle in (theta, phi, lam)))
    c, s = np.cos(parts[0] / 2), np.sin(parts[0] / 2)
    e, f = np.exp(1j * parts[1]), np.exp(1j * parts[2])
    entries = np.stack([c + 0j, -f * s, e * s, e * f * c], axis=-1)
    return entries.reshape(*c.shape, 2, 2)


def phase_gate(angle: Angle, n_qubits: int) -> Matrix:
    """exp(i angle) on so many qubits."""
    phase = np.exp(1j * np.asarray(angle))[..., None, None]
    return np.asarray(phase * np.eye(2**n_qubits))


def on_qubits(gate: Matrix, on: Sequence[int], state: Matrix) -> Matrix:
    """The gate on some of the qubits that number the rows of a stack; one of both may be a single
    matrix."""
    n, k = state.shape[-2].bit_length() - 1, len(on)
    if not k:
        return np.asarray(state * gate[..., :1, :1])
    batch = state.shape[:-2]
    parts = state.reshape(*batch, *(2,) * n, -1)
    axes = [len(batch) + q for q in on]
    front = range(len(batch), len(batch) + k)
    moved = np.moveaxis(parts, axes, front)
    shape = moved.shape[len(batch) :]
    product = gate @ moved.reshape(*batch, 2**k, -1)
    batch = product.shape[:-2]
    axes = [len(batch) + q for q in on]
    front = range(len(batch), len(batch) + k)
    moved = np.moveaxis(product.reshape(*batch, *shape), front, axes)
    return moved.reshape(*batch, *state.shape[-2:])


def modified(matrix: Matrix, kind: str, number: float) -> Matrix:
    """A gate under `inv`, `pow`, `ctrl` or `negctrl`."""
    if kind == "inv":
        return matrix.conj().swapaxes(-1, -2)
    if kind == "pow":
        return _power(matrix, number)
    for _ in range(int(number)):
        size = matrix.shape[-1]
        wider = np.zeros((*matrix.shape[:-2], 2 * size, 2 * size), np.complex128)
        on, off = slice(size, None), slice(size)
        if kind == "negctrl":
            on, off = off, on
        wider[..., on, on], wider[..., off, off] = matrix, np.eye(size)
        matrix = wider
    return matrix


def _power(matrix: Matrix, number: float) -> Matrix:
    """The principal power: phases of eigenvalues in (-pi, pi]."""
    if number == int(number):
        return np.linalg.matrix_power(matrix, int(number))
    if matrix.ndim > 2:
        return np.stack([_power(one, number) for one in matrix])
    from scipy.linalg import schur

    diagonal, basis = schur(matrix, output="complex")
    phases = np.angle(np.diagonal(diagonal))
    phases = np.where(phases < -math.pi + 1e-9, math.pi, phases)
    return np.asarray((basis * np.exp(1j * number * phases)) @ basis.conj().T)
