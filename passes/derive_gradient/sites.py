"""Where the parameters of a circuit act: every derivative is a sum over such places.

A *site* is one angle of one row. The derivative with respect to a parameter is the sum, over
the sites that it turns, of a number known from the values times the site's own derivative.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np

from qdsl.ir.batch import Reach, Site, WordRotation
from qdsl.ir.operations import BY_NAME, OPERATIONS, Affine, Kind, Operation
from qdsl.ir.paulis import PauliWord, word_on
from qdsl.ir.stages import Circuit
from qdsl.ir.table import Row, TableBuilder
from qdsl.ir.values import AngleBuilder, Floats, Values

_CHANNELS = np.array([op.kind in (Kind.MEASURE, Kind.RESET) for op in OPERATIONS])
_SINGLE = {"X": "rx", "Y": "ry", "Z": "rz"}


def parameter_slots(values: Values) -> tuple[int, ...]:
    """The slots of all parameters, in order."""
    return tuple(s for v in values.vectors if v.role == "param" for s in v.slots)


def reaches_of(values: Values, expression: int) -> tuple[Reach, ...]:
    """The parameters in an angle expression; one that stands in a product twice comes twice."""
    found = []
    parameters = set(parameter_slots(values))
    for coefficient, slot in values.angles.terms(expression):
        factors = values.factors(slot)
        for k, factor in enumerate(factors):
            if factor in parameters:
                others = factors[:k] + factors[k + 1 :]
                found.append(Reach(factor, coefficient, others))
    return tuple(found)


def words_of(circuit: Circuit, row: Row) -> tuple[tuple[PauliWord, Affine], ...]:
    """The rotations of a unitary row: words over the circuit's qubits, angles over its own."""
    if row.op.name == "rot":
        letters = circuit.table.words[row.attr]
        return ((word_on(letters, row.operands), Affine(0.0, (1.0,))),)
    return tuple((word_on(r.word, row.operands), r.angle) for r in row.op.body)


def _moved_by(
    rotations: tuple[tuple[PauliWord, Affine], ...], place: int
) -> tuple[WordRotation, ...]:
    return tuple(
        WordRotation(w, a.coefficients[place])
        for w, a in rotations
        if place < len(a.coefficients) and a.coefficients[place]
    )


def sites(circuit: Circuit) -> tuple[Site, ...]:
    """All sites of a circuit in normal form, in order."""
    found = []
    for row in circuit.table:
        if not row.op.is_unitary:
            continue
        for place in range(row.op.angles):
            reaches = reaches_of(circuit.values, row.angle + place)
            rotations = _moved_by(words_of(circuit, row), place) if reaches else ()
            rotations = tuple(t for t in rotations if t.word.support)
            if rotations:
                pin = int(circuit.pin[row.index])
                found.append(
                    Site(row.index, row.angle + place, row.op, place, rotations, reaches, pin)
                )
    return tuple(found)


def is_unitary(circuit: Circuit) -> bool:
    """Whether nothing is measured, reset or conditional."""
    return not _CHANNELS[circuit.table.opcode].any() and not (circuit.table.cond >= 0).any()


# ---- normal form ------------------------------------------------------------------------


@cache
def commuting(op: Operation) -> bool:
    """Whether the words of an operation's body commute."""
    words = [word_on(r.word, range(len(r.word))) for r in op.body]
    return all(a.commutes(b) for a in words for b in words)


def commutes_within(op: Operation) -> bool:
    """Whether the rotations of an operation commute with one another."""
    return op.name == "rot" or commuting(op)


def normal_form(circuit: Circuit) -> Circuit:
    """The same circuit without barriers, and with every parametric row that is a product of
    rotations that do not commute, such as `u`, written as those."""
    angles = AngleBuilder.like(circuit.values)
    builder = TableBuilder(circuit.table.words, circuit.table.spans)
    pins: list[int] = []
    source: list[int] = []
    for row in circuit.table:
        if row.op.kind is Kind.BARRIER:
            continue
        for _ in _write_split(builder, angles, circuit, row):
            pins.append(int(circuit.pin[row.index]))
            source.append(row.index)
    pin = np.array(pins, np.int16)
    pin.flags.writeable = False
    disclosed = tuple(
        replace(d, before=int(np.searchsorted(source, d.before))) for d in circuit.disclosures
    )
    values = angles.build(circuit.values.vectors, circuit.values.references)
    return replace(circuit, table=builder.build(), values=values, pin=pin, disclosures=disclosed)


def _write_split(
    builder: TableBuilder, angles: AngleBuilder, circuit: Circuit, row: Row
) -> list[int]:
    if not row.op.is_unitary or not row.op.angles or commutes_within(row.op):
        return [builder.copy(row)]
    if not any(reaches_of(circuit.values, e) for e in row.angles):
        return [builder.copy(row)]
    rows = []
    for r in row.op.body:
        expression = angles.add(composed(circuit.values, r.angle, row))
        rows.append(add_rotation(builder, r.word, row.operands, expression, row.cond, row.span))
    return rows


def composed(values: Values, affine: Affine, row: Row) -> tuple[float, list[tuple[float, int]]]:
    """An angle of an operation's body, as an expression in slots."""
    constant = affine.constant
    terms: dict[int, float] = {}
    for factor, expression in zip(affine.coefficients, row.angles, strict=False):
        constant += factor * float(values.angles.constant[expression])
        for coefficient, slot in values.angles.terms(expression):
            terms[slot] = terms.get(slot, 0.0) + factor * coefficient
    return constant, [(c, s) for s, c in terms.items() if c]


def add_rotation(
    builder: TableBuilder,
    letters: str,
    qubits: tuple[int, ...],
    expression: int,
    cond: int = -1,
    span: int = -1,
) -> int:
    """A row `exp(-i t P / 2)`, on the qubits where P has a letter."""
    kept = [(q, p) for q, p in zip(qubits, letters, strict=True) if p != "I"]
    name = _SINGLE[kept[0][1]] if len(kept) == 1 else "rot"
    attr = builder.word("".join(p for _, p in kept)) if name == "rot" else -1
    return builder.add(BY_NAME[name].code, [q for q, _ in kept], expression, cond, attr, span)


# ---- chain rule -------------------------------------------------------------------------


def chain(site: Site, extended: Floats) -> dict[int, float]:
    """d(angle)/d(parameter) by slot, at these values."""
    found: dict[int, float] = {}
    for r in site.reaches:
        value = r.coefficient * float(np.prod(extended[list(r.factors)]))
        found[r.slot] = found.get(r.slot, 0.0) + value
    return found
