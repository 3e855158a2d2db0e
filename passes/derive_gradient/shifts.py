"""Parameter-shift rules for every operation of the table.

As a function of one angle `a` of an operation, every expectation is a trigonometric polynomial
whose frequencies are the differences of eigenvalues of `sum_k c_k P_k / 2`, P_k the words that the
angle turns about. With R positive frequencies 2 R shifted evaluations give the derivative exactly
(D. Wierichs et al., Quantum 6, 677 (2022)): two for one Pauli word, four for `crx`.
"""

from __future__ import annotations

from functools import cache
from math import pi

import numpy as np
import numpy.typing as npt

from qdsl.ir.operations import Affine, Operation
from qdsl.records import dataclass

Matrix = npt.NDArray[np.complex128]

_LETTERS: dict[str, Matrix] = {
    "I": np.eye(2, dtype=np.complex128),
    "X": np.array([[0, 1], [1, 0]], np.complex128),
    "Y": np.array([[0, -1j], [1j, 0]], np.complex128),
    "Z": np.diag([1, -1]).astype(np.complex128),
}


@dataclass(frozen=True, slots=True)
class ShiftRule:
    """`dL/da = sum_k weights[k] * L(a + shifts[k])`, exact for the given frequencies."""

    shifts: tuple[float, ...]
    weights: tuple[float, ...]

    @property
    def range(self) -> float:
        """The sum of |weights|: what an error of every evaluation can amount to."""
        return sum(abs(w) for w in self.weights)


@cache
def frequencies(op: Operation, place: int) -> tuple[float, ...]:
    """The positive frequencies of an expectation in angle `place` of an operation, rising."""
    if op.name == "rot":
        return (1.0,)
    generator: Matrix = np.zeros((2 ** (op.arity or 0),) * 2, np.complex128)
    for r in op.body:
        word: Matrix = np.ones((1, 1), np.complex128)
        for letter in r.word:
            word = np.asarray(np.kron(word, _LETTERS[letter]))
        generator = generator + _coefficient(r.angle, place) / 2 * word
    levels = np.linalg.eigvalsh(generator)
    gaps = np.abs(levels[:, None] - levels[None, :]).round(9)
    return tuple(sorted({float(g) for g in gaps.reshape(-1) if g > 0}))


def _coefficient(angle: Affine, place: int) -> float:
    return angle.coefficients[place] if place < len(angle.coefficients) else 0.0


@cache
def shift_rule(op: Operation, place: int) -> ShiftRule:
    """The rule for angle `place` of an operation, whose words commute."""
    omega = np.array(frequencies(op, place))
    if not len(omega):
        return ShiftRule((), ())
    rules = (_solved(omega, step) for step in (omega[0], omega[-1] / len(omega)))
    shifts, half = min(rules, key=lambda rule: float(np.abs(rule[1]).sum()))
    both = [(s, w) for s, w in zip(shifts.tolist(), half.tolist(), strict=True)]
    return ShiftRule(
        tuple(x for s, _ in both for x in (s, -s)), tuple(x for _, w in both for x in (w, -w))
    )


def _solved(omega: np.ndarray, step: float) -> tuple[np.ndarray, np.ndarray]:
    """Shifts as for equidistant frequencies; weights by the conditions that define them."""
    n = len(omega)
    shifts = (2 * np.arange(1, n + 1) - 1) * pi / (2 * n * step)
    matrix = 2 * np.sin(np.outer(omega, shifts))
    if np.linalg.cond(matrix) > 1e8:
        return shifts, np.full(n, np.inf)
    return shifts, np.linalg.solve(matrix, omega)
