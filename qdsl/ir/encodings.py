"""What encodings do, as matrices, and the factors that they take out of the numbers."""

from __future__ import annotations

from math import prod
from typing import cast

import numpy as np

from qdsl.ir.lcu import alpha
from qdsl.ir.values import DataReference, Floats, Values
from qdsl.records import dataclass


@dataclass(frozen=True, slots=True)
class Scale:
    """A factor that an encoding divides by. `kind`: "norm", the Euclidean norm of the numbers that
    `amplitude` loads; "spectral", the norm of the matrix of a `block`; "lcu", the sum of the
    weights of an `lcu`."""

    reference: DataReference
    kind: str

    def of(self, slots: Floats) -> float:
        """Its value, `slots` being those of all vectors."""
        data = slots[self.reference.start : self.reference.start + self.reference.size]
        if self.kind == "lcu":
            return alpha(data.reshape(self.reference.shape))
        spectral = self.kind == "spectral"
        return spectral_norm(data, self.reference) if spectral else norm(data)


def scale_factor(scales: tuple[Scale, ...], values: Values, slots: Floats) -> float:
    """The square of the product of all scales: what a probability is multiplied by."""
    return prod(scale.of(values.extend(slots)) for scale in scales) ** 2


def norm(data: Floats) -> float:
    """The Euclidean norm, also where the squares overflow or vanish."""
    scaled, exponent = _near_one(data)
    with np.errstate(over="ignore"):
        return float(np.ldexp(np.linalg.norm(scaled), exponent))


def direction(data: Floats) -> Floats:
    """The vector of norm 1; NaN if there is none."""
    scaled, _ = _near_one(data)
    with np.errstate(invalid="ignore"):
        return cast("Floats", scaled / np.linalg.norm(scaled))


def _near_one(data: Floats) -> tuple[Floats, int]:
    """The numbers times 2**-exponent, so that the largest is near 1: this rounds nothing."""
    exponent = int(np.frexp(np.max(np.abs(data), initial=0.0))[1])
    return cast("Floats", np.ldexp(data, -exponent)), exponent


def spectral_norm(data: Floats, reference: DataReference) -> float:
    """The largest singular value of the matrix."""
    return float(np.linalg.norm(data.reshape(reference.shape), 2))


def dilation(data: Floats, reference: DataReference, n_qubits: int) -> Floats:
    """The orthogonal matrix float[2**n, 2**n] of `block`, n = `n_qubits` with the flag.

    With B = M^T / ||M||, filled up with zeros, it is [[B, (1 - B B^T)^(1/2)],
    [(1 - B^T B)^(1/2), -B^T]] (Halmos, Summa Brasil. Math. 2, 125, 1950).
    """
    half = 2 ** (n_qubits - 1)
    rows, columns = reference.shape
    b = np.zeros((half, half))
    b[:columns, :rows] = data.reshape(rows, columns).T / spectral_norm(data, reference)
    left, singular, right = np.linalg.svd(b)
    rest = np.sqrt(np.clip(1.0 - singular**2, 0.0, None))
    matrix = np.block([[b, (left * rest) @ left.T], [(right.T * rest) @ right, -b.T]])
    return cast("Floats", matrix)


def eigenvectors(data: Floats, reference: DataReference, n_qubits: int) -> tuple[Floats, Floats]:
    """Eigenvalues, rising, and the eigenvectors as columns of the symmetric part (M + M^T) / 2,
    filled up with zeros to float[2**n, 2**n]."""
    size = 2**n_qubits
    rows, columns = reference.shape
    matrix = np.zeros((size, size))
    matrix[:rows, :columns] = data.reshape(rows, columns)
    values, vectors = np.linalg.eigh((matrix + matrix.T) / 2)
    return cast("Floats", values), cast("Floats", vectors)
