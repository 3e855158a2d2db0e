"""Writes rows one by one, merging rotations that meet and dropping pairs that cancel.

Two diagonal rows on the same operands meet when every row between them is diagonal on all of
those operands: each qubit counts an *epoch*, which ends with a row that is not. Other
self-inverse rows meet when nothing at all stands between them.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import pi, remainder
from typing import Final

from qdsl.ir.operations import BY_NAME
from qdsl.ir.values import AngleBuilder, Values

TOLERANCE: Final = 1e-12

_CODE: Final = {name: op.code for name, op in BY_NAME.items()}
# Period up to global phase of a rotation whose angle is a constant; 4 pi where a control sees -1.
PERIOD: Final = {
    _CODE[name]: 2 * pi for name in ("rx", "ry", "rz", "p", "cp", "rxx", "ryy", "rzz", "rot")
} | {_CODE[name]: 4 * pi for name in ("crx", "cry", "crz")}
ADDS: Final = frozenset(_CODE[name] for name in ("rz", "p", "cp", "crz", "rzz", "rot"))
CANCELS_DIAGONALLY: Final = frozenset(_CODE[name] for name in ("z", "cz", "ccz"))
CANCELS: Final = frozenset(_CODE[name] for name in ("h", "x", "y"))
IDENTITY: Final = _CODE["id"]
# `crz` and `rot` aside (their operands are sorted by the caller where that is right)
SYMMETRIC: Final = frozenset(op.code for op in BY_NAME.values() if op.symmetric)


@dataclass(slots=True)
class Draft:
    """A row being written; `code` -1: taken back."""

    code: int
    operands: tuple[int, ...]
    angle: int
    cond: int
    attr: int
    span: int
    pin: int
    source: int  # the row of the source circuit it comes from
    before: tuple[int, ...] = ()  # the row before this one on every operand, -1: none

    def rewritten(self, code: int, operands: tuple[int, ...], angle: int, cond: int) -> Draft:
        """A row in this one's place (`replace` takes ten times as long)."""
        return Draft(code, operands, angle, cond, self.attr, self.span, self.pin, self.source)


class Sums:
    """Angle expressions of a circuit and sums of them."""

    def __init__(self, values: Values) -> None:
        self.builder = AngleBuilder.like(values)
        self._old = values.angles
        self._new: dict[int, tuple[float, tuple[tuple[float, int], ...]]] = {}
        self._constants = values.angles.constant.tolist()
        self._starts = values.angles.term_start.tolist()

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

    def is_multiple(self, index: int, period: float) -> bool:
        """Is this the constant 0, up to whole periods?"""
        if index < len(self._constants):
            if self._starts[index] != self._starts[index + 1]:
                return False
            constant = self._constants[index]
        else:
            constant, terms = self._new[index]
            if terms:
                return False
        return abs(remainder(constant, period)) < TOLERANCE

    def plus(self, a: int, b: int) -> int:
        constant_a, terms_a = self.expression(a)
        constant_b, terms_b = self.expression(b)
        total: dict[int, float] = {}
        for coefficient, slot in (*terms_a, *terms_b):
            total[slot] = total.get(slot, 0.0) + coefficient
        terms = tuple((c, s) for s, c in sorted(total.items()) if abs(c) > TOLERANCE)
        return self.add(constant_a + constant_b, terms)


class Writer:
    """Collects the rows of the canonical circuit."""

    def __init__(self, n_qubits: int, sums: Sums) -> None:
        self.rows: list[Draft] = []
        self.sums = sums
        self._epoch = [0] * n_qubits
        self._last = [-1] * n_qubits
        self._open: dict[tuple[int, ...], int] = {}

    def separate(self, qubits: range | tuple[int, ...]) -> None:
        """Nothing written later on these qubits may merge with what stands there now."""
        for q in qubits:
            self._epoch[q] += 1
            self._last[q] = -1

    def write(self, row: Draft, is_diagonal: bool) -> None:
        """Append a row, or merge it with an earlier one. `is_diagonal`: on all operands."""
        code = row.code
        period = PERIOD.get(code)
        if code == IDENTITY or (period and self.sums.is_multiple(row.angle, period)):
            return
        if row.cond < 0:
            if is_diagonal and (code in ADDS or code in CANCELS_DIAGONALLY):
                if self._merged(row):
                    return
            elif code in CANCELS and self._cancelled(row):
                return
        self._append(row, is_diagonal)

    def append(self, row: Draft, diagonal: tuple[bool, ...]) -> None:
        """Append a row as it is; `diagonal` says on which operands it is."""
        self._append(row, True)
        for q, flag in zip(row.operands, diagonal, strict=True):
            if not flag:
                self._epoch[q] += 1

    def _append(self, row: Draft, is_diagonal: bool) -> None:
        index = len(self.rows)
        self.rows.append(row)
        row.before = tuple([self._last[q] for q in row.operands])
        for q in row.operands:
            self._last[q] = index
            if not is_diagonal:
                self._epoch[q] += 1

    def _merged(self, row: Draft) -> bool:
        epochs = [self._epoch[q] for q in row.operands]
        key = (row.code, row.pin, row.attr, *row.operands, *epochs)
        known = self._open.get(key)
        if known is None:
            self._open[key] = len(self.rows)
            return False
        earlier = self.rows[known]
        if row.code in CANCELS_DIAGONALLY:
            self._take_back(known, key)
            return True
        earlier.angle = self.sums.plus(earlier.angle, row.angle)
        if self.sums.is_multiple(earlier.angle, PERIOD[row.code]):
            self._take_back(known, key)
        return True

    def _take_back(self, index: int, key: tuple[int, ...]) -> None:
        self.rows[index].code = -1
        del self._open[key]

    def _cancelled(self, row: Draft) -> bool:
        """Rows of one operand only. The epoch that the earlier row ended goes on."""
        (q,) = row.operands
        last = self._latest(q)
        if last < 0:
            return False
        earlier = self.rows[last]
        if (earlier.code, earlier.cond, earlier.pin) != (row.code, -1, row.pin):
            return False
        earlier.code = -1
        self._epoch[q] -= 1
        return True

    def _latest(self, q: int) -> int:
        """The last row on a qubit that was not taken back, -1: none."""
        last = self._last[q]
        while last >= 0 and self.rows[last].code < 0:
            row = self.rows[last]
            last = row.before[row.operands.index(q)]
        self._last[q] = last
        return last
