"""Merges rotations that meet and drops pairs that cancel.

Two diagonal rows on the same operands meet when every row between them is diagonal on all of
those operands: each qubit counts an *epoch*, which ends with a row that is not. Other
self-inverse rows meet when nothing at all stands between them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import pi, remainder
from typing import Final

import numpy as np
import numpy.typing as npt

from qdsl.ir.operations import BY_NAME, OPERATIONS
from qdsl.ir.values import AngleBuilder, Values
from qdsl.passes.canonicalize import merging_kernel as kernel
from qdsl.passes.canonicalize.rows import Column, RowColumns

TOLERANCE: Final = 1e-12

_CODE: Final = {name: op.code for name, op in BY_NAME.items()}
# Period up to global phase of a rotation whose angle is a constant; 4 pi where a control sees -1.
PERIOD: Final = {
    _CODE[name]: 2 * pi for name in ("rx", "ry", "rz", "p", "cp", "rxx", "ryy", "rzz", "rot")
} | {_CODE[name]: 4 * pi for name in ("crx", "cry", "crz")}
_KINDS: Final = {
    kernel.ADDS: ("rz", "p", "cp", "crz", "rzz", "rot"),
    kernel.PAIRS: ("z", "cz", "ccz"),
    kernel.CANCELS: ("h", "x", "y"),
    kernel.NOTHING: ("id",),
}
DIAGONAL: Final = (
    "z", "s", "sdg", "t", "tdg", "rz", "p", "cz", "cp", "crz", "rzz", "ccz", "rot",
)  # fmt: skip


class Sums:
    """Angle expressions of a circuit and sums of them."""

    def __init__(self, values: Values) -> None:
        self.builder = AngleBuilder.like(values)
        self._old = values.angles
        self._new: dict[int, tuple[float, tuple[tuple[float, int], ...]]] = {}
        self._constants = values.angles.constant.tolist()

    def constant(self, angle: float) -> int:
        return self.add(angle, ())

    def add(self, constant: float, terms: tuple[tuple[float, int], ...]) -> int:
        index = self.builder.add((constant, terms))
        self._new[index] = (constant, terms)
        return index

    def expression(self, index: int) -> tuple[float, tuple[tuple[float, int], ...]]:
        if index in self._new:
            return self._new[index]
        return self._constants[index], self._old.terms(index)

    def plus(self, a: int, b: int) -> int:
        constant_a, terms_a = self.expression(a)
        constant_b, terms_b = self.expression(b)
        total: dict[int, float] = {}
        for coefficient, slot in (*terms_a, *terms_b):
            total[slot] = total.get(slot, 0.0) + coefficient
        terms = tuple((c, s) for s, c in sorted(total.items()) if abs(c) > TOLERANCE)
        return self.add(constant_a + constant_b, terms)


def merged(
    rows: RowColumns,
    n_qubits: int,
    fence: npt.NDArray[np.bool_],
    sums: Sums,
    constants: Sequence[float],
) -> RowColumns:
    """The rows that are left, in order. An angle `len(sums.builder) + k` of a row stands for
    constants[k]. `fence`: rows before which nothing may merge with anything after."""
    work = _Merging(rows, n_qubits, fence, sums, constants)
    work.run()
    return replace(rows, angle=work.angles()).chosen(work.now.kept)


class _Merging:
    def __init__(
        self,
        rows: RowColumns,
        n_qubits: int,
        fence: npt.NDArray[np.bool_],
        sums: Sums,
        constants: Sequence[float],
    ) -> None:
        self._sums, self._constants = sums, constants
        self._rows = _given(rows, fence, len(sums.builder), len(constants))
        self.now = _nothing_written(self._rows, n_qubits, rows.angle, sums, constants)
        self._real = np.arange(len(self.now.constant))  # what angles are in the sums' builder
        self._known = self._rows.first_sum  # angles whose real one is known
        self._done = 0  # events

    def run(self) -> None:
        row = 0
        while row < len(self._rows.code):
            row = kernel.write_rows(self._rows, self.now, row)
            self._replay()
            earlier = int(self.now.counts[kernel.WAITING])
            if earlier >= 0:
                self._with_terms(earlier)

    def _replay(self) -> None:
        """Make the angles that the loops have noted."""
        for k in range(self._done, int(self.now.counts[kernel.N_EVENTS])):
            left, right = int(self.now.left[k]), int(self.now.right[k])
            if right < 0:
                which = left - self._rows.first_constant
                self._real[left] = self._sums.constant(self._constants[which])
            else:
                total = self._sums.plus(int(self._real[left]), int(self._real[right]))
                self._real[self._known] = total
                self._known += 1
        self._done = int(self.now.counts[kernel.N_EVENTS])

    def _with_terms(self, earlier: int) -> None:
        """A sum of angles with terms: they may cancel."""
        angle = self.now.angle[earlier]
        constant, terms = self._sums.expression(int(self._real[angle]))
        self.now.varies[angle] = bool(terms)
        self.now.counts[kernel.WAITING] = -1
        if not terms and abs(remainder(constant, self._rows.period[earlier])) < TOLERANCE:
            self.now.kept[earlier] = False

    def angles(self) -> Column:
        found: Column = np.append(self._real, -1)[self.now.angle]
        return found


def _given(
    rows: RowColumns, fence: npt.NDArray[np.bool_], n_angles: int, n_constants: int
) -> kernel.MergingRows:
    kinds = np.array([kernel.ALONE if op.is_unitary else kernel.APART for op in OPERATIONS])
    for kind, names in _KINDS.items():
        kinds[[_CODE[name] for name in names]] = kind
    periods = np.zeros(len(OPERATIONS))
    periods[list(PERIOD)] = list(PERIOD.values())
    diagonal = np.zeros(len(OPERATIONS), np.bool_)
    diagonal[[_CODE[name] for name in DIAGONAL]] = True
    code = rows.code
    return kernel.MergingRows(
        code, rows.start, rows.operands, rows.cond, rows.attr, rows.pin, kinds[code],
        diagonal[code], fence, periods[code], n_angles, n_angles + n_constants, TOLERANCE,
    )  # fmt: skip


def _nothing_written(
    rows: kernel.MergingRows, n_qubits: int, angle: Column, sums: Sums, constants: Sequence[float]
) -> kernel.Written:
    known = sums.builder.build().angles
    adding = int((rows.kind == kernel.ADDS).sum())
    meeting = adding + int((rows.kind == kernel.PAIRS).sum())
    n, first, places = len(rows.code), rows.first_sum, len(rows.operands)
    constant, varies = np.zeros(first + adding), np.zeros(first + adding, np.bool_)
    constant[: rows.first_constant] = known.constant
    constant[rows.first_constant : first] = constants
    varies[: rows.first_constant] = np.diff(known.term_start) > 0
    size = 16
    while size < 2 * meeting:
        size *= 2
    return kernel.Written(
        np.zeros(n_qubits, np.int64),
        np.full(n_qubits, -1, np.int64),
        np.empty(places, np.int64),
        np.empty(places, np.int64),
        np.zeros(n, np.bool_),
        angle.copy(),
        np.full(size, -1, np.int64),
        constant,
        varies,
        np.zeros(len(constants), np.bool_),
        np.empty(adding + len(constants), np.int64),
        np.empty(adding + len(constants), np.int64),
        np.array([first, 0, -1]),
    )
