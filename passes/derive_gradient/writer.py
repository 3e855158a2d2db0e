"""Writes circuits that are made of the rows of another one: forwards, backwards, and more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from qdsl.ir.operations import BY_NAME, Affine, Kind
from qdsl.ir.paulis import Gate, PauliWord
from qdsl.ir.stages import Circuit, Expectation, Output, PauliTerm, Register
from qdsl.ir.table import Row, TableBuilder
from qdsl.ir.values import AngleBuilder, Angles, Values, ValueVector
from qdsl.passes.derive_gradient.sites import add_rotation, commutes_within, composed


def can_undo(row: Row) -> bool:
    """Whether the inverse of a row is an operation of the table."""
    simple = row.op.is_unitary or row.op.kind in (Kind.MOVE, Kind.BARRIER)
    return row.cond < 0 and (simple or row.op.name == "reflect")


class CircuitWriter:
    """Writes a circuit over the qubits of `source` and `extra` more, with `free` new numbers.

    The new numbers are a parameter vector of their own, the last one: `slot(k)` is the k-th.
    """

    def __init__(self, source: Circuit, free: int = 0, extra: int = 0) -> None:
        self.source = source
        self.first_free = source.values.n_slots
        self.values = _with_free(source.values, free)
        self.angles = AngleBuilder.like(self.values)
        self.table = TableBuilder(source.table.words, source.table.spans)
        self.pins: list[int] = []
        self.extra = extra
        self._negated: dict[int, int] = {}

    def slot(self, k: int) -> int:
        return self.first_free + k

    def row(self, row: Row, pin: int, angle: int | None = None) -> None:
        """A row of the source, with another first angle if one is given."""
        self.table.copy(row if angle is None else row._replace(angle=angle))
        self.pins.append(pin)

    def shifted(self, row: Row, pin: int, slots: Sequence[int | None]) -> None:
        """A row of the source whose k-th angle has the new number `slots[k]` added."""
        values = self.values
        expressions = []
        for expression, slot in zip(row.angles, slots, strict=True):
            terms = list(values.angles.terms(expression))
            more = [] if slot is None else [(1.0, slot)]
            expressions.append((float(values.angles.constant[expression]), terms + more))
        self.row(row, pin, self.angles.add(*expressions))

    def gate(self, name: str, qubits: Sequence[int], pin: int, span: int = -1) -> None:
        """An operation without angles."""
        self.table.add(BY_NAME[name].code, tuple(qubits), span=span)
        self.pins.append(pin)

    def gates(self, gates: Sequence[Gate], pin: int) -> None:
        for name, qubits in gates:
            self.gate(name, qubits, pin)

    def rotation(self, word: PauliWord, expression: tuple[float, list[tuple[float, int]]], pin: int,
                 span: int = -1) -> None:  # fmt: skip
        """`exp(-i t W / 2)`; the word's sign goes to the angle."""
        constant, terms = expression
        if word.sign < 0:
            constant, terms = -constant, [(-c, s) for c, s in terms]
        letters = word.letters()
        add_rotation(self.table, "".join(p for _, p in letters), tuple(q for q, _ in letters),
                     self.angles.add((constant, terms)), span=span)  # fmt: skip
        self.pins.append(pin)

    def undo(self, row: Row, pin: int) -> None:
        """The inverse of a row of the source; moves are not made again."""
        op = row.op
        if op.name == "reflect":
            self.row(row, pin)
        if op.kind is not Kind.UNITARY:
            return
        if op.inverse is not None:
            self.gate(op.inverse, row.operands, pin, row.span)
        elif commutes_within(op) and not any(r.angle.constant for r in op.body):
            self.row(row, pin, self._negative(row))
        else:
            for r in reversed(op.body):
                scaled = Affine(-r.angle.constant, tuple(-c for c in r.angle.coefficients))
                expression = self.angles.add(composed(self.values, scaled, row))
                add_rotation(self.table, r.word, row.operands, expression, span=row.span)
                self.pins.append(pin)

    def _negative(self, row: Row) -> int:
        if row.angle not in self._negated:
            a = self.values.angles
            self._negated[row.angle] = self.angles.add(
                *((-float(a.constant[e]), [(-c, s) for c, s in a.terms(e)]) for e in row.angles)
            )
        return self._negated[row.angle]

    def controlled_word(self, control: int, word: PauliWord, pin: int) -> None:
        """The word, if `control` is 1: exactly, its sign included."""
        for q, letter in word.letters():
            self.gate(f"c{letter.lower()}", (control, q), pin)
        if word.sign < 0:
            self.gate("z", (control,), pin)

    def build(self, name: str, outputs: Sequence[Output]) -> Circuit:
        pin = np.array(self.pins, np.int16)
        pin.flags.writeable = False
        source = self.source
        n = source.n_qubits
        names = {r.name for r in source.registers}
        more = (Register(_unused("ancilla", names), n, self.extra),) if self.extra else ()
        values = self.angles.build(self.values.vectors, self.values.references)
        return replace(
            source,
            name=name,
            table=self.table.build(),
            values=values,
            pin=pin,
            registers=source.registers + more,
            outputs=tuple(outputs),
            disclosures=tuple(replace(d, before=0) for d in source.disclosures),
            recorded=(),  # means read qubits only
        )


def mean_of(word: PauliWord) -> Expectation:
    """The mean of a word without its sign, as an output."""
    return Expectation((PauliTerm(1.0, word.letters()),))


def _unused(name: str, names: set[str]) -> str:
    while name in names:
        name += "_"
    return name


def _with_free(values: Values, free: int) -> Values:
    """The values with one more vector; products move behind it."""
    if not free:
        return values
    n, a = values.n_slots, values.angles
    slot = np.where(a.slot >= n, a.slot + free, a.slot).astype(np.int32)
    angles = Angles(a.constant, a.term_start, a.coefficient, slot)
    name = _unused("shift", {v.name for v in values.vectors})
    vector = ValueVector(name, "param", "angle", (free,), None, n)
    return Values((*values.vectors, vector), values.products, angles, values.references)
