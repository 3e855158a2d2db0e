"""Circuits imported from OpenQASM, written where they are called."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from qdsl.diagnostics.diagnostic import Diagnostic
from qdsl.diagnostics.reported import Refusal
from qdsl.diagnostics.source import Span
from qdsl.language.lowering.calls import shape_of
from qdsl.language.lowering.context import Unrolling
from qdsl.language.lowering.operands import bits, distinct, flat
from qdsl.language.qasm.rows import ImportedCircuit, ImportedRow
from qdsl.language.typed import tree
from qdsl.language.typed.errors.flow import NotInConditional
from qdsl.language.typed.errors.operations import (
    InvalidModifier,
    RepeatedQubit,
    ResultsOverwritten,
    ShapeMismatch,
)
from qdsl.language.typed.evaluate import evaluate
from qdsl.language.values.domain import Qubits, Value, View, describe
from qdsl.language.values.numbers import as_polynomial
from qdsl.language.values.polynomial import ZERO, Polynomial
from qdsl.language.values.scope import Scope
from qdsl.language.values.steps import PHASE, LoweredStep


def inline(
    run: Unrolling,
    imported: tree.Import,
    statement: tree.TypedApply,
    operands: list[Qubits],
    scope: Scope,
) -> None:
    """Write the rows of an imported circuit on the operands' qubits, taken in order."""
    circuit = imported.circuit
    assert circuit is not None
    lane = flat(operands)
    distinct(lane, statement.span, scope, operands)
    if len(lane) != circuit.n_qubits:
        wanted, found = f"{circuit.n_qubits} qubits", f"{len(lane)} qubits"
        name = f"'{imported.name}'"
        raise Refusal(ShapeMismatch(statement.span, name, wanted, found, imported.syntax.span))
    inputs = _inputs(imported, circuit, statement, scope)
    into = [*_results(run, imported, statement, scope)]
    into += run.spare_bits(circuit.n_extra_bits, f"{imported.name}_inner")
    if circuit.has_scratch:
        lane = (*lane, run.scratch(statement.span))
    with run.calling(statement), run.written_in():
        for number, row in enumerate(circuit.rows):
            place = circuit.places.of_row(number) if circuit.places else None
            run.state.span = place or statement.span
            try:
                _row(run, row, lane, into, statement, inputs, place or statement.span)
            except Refusal as refusal:
                raise Refusal(_in_file(refusal.problem, place, statement.span)) from None
    for angle in _phases(_angle(circuit.phase, inputs), run.ownership.has_private):
        run.write(LoweredStep(PHASE, (), (angle,)), run.state.at)  # a control has it pinned


def _phases(angle: Polynomial, is_split: bool) -> list[Polynomial]:
    """A phase, or several that add up to it, as their terms may belong to several owners."""
    if not is_split or len(angle.terms) < 2:
        return [] if angle == ZERO else [angle]
    terms = [Polynomial(0.0, (term,)) for term in angle.terms]
    return [Polynomial(angle.constant), *terms] if angle.constant else terms


def _in_file(problem: Diagnostic, place: Span | None, call: Span) -> Diagnostic:
    """What is wrong with a row, at its line of the file and then in the program."""
    match problem:
        case NotInConditional() if place is not None:
            return NotInConditional(place, problem.what, problem.condition, call)
        case InvalidModifier() if place is not None:
            return InvalidModifier(place, problem.modifier, problem.reason, problem.span)
    return problem


def _angle(angle: float | Polynomial, inputs: Sequence[Polynomial]) -> Polynomial:
    return angle.substituted(inputs) if isinstance(angle, Polynomial) else Polynomial(angle)


def _inputs(
    imported: tree.Import, circuit: ImportedCircuit, statement: tree.TypedApply, scope: Scope
) -> list[Polynomial]:
    """The angles of a call, those of arrays one after the other."""
    found: list[Polynomial] = []
    for (name, size), arg in zip(circuit.inputs, statement.args, strict=True):
        value = evaluate(arg, scope)
        if size is None:
            found.append(as_polynomial(value, arg.span))
            continue
        if shape_of(value) != (size,):
            wanted = f"an array of {size} angles"
            place = imported.syntax.span
            raise Refusal(ShapeMismatch(arg.span, f"'{name}'", wanted, describe(value), place))
        if isinstance(value, View):
            step = value.strides[0]
            found += [Polynomial.of_slot(value.start + k * step) for k in range(size)]
        elif isinstance(value, tuple):
            found += [as_polynomial(cast(Value, item), arg.span) for item in value]
    return found


def _results(
    run: Unrolling, imported: tree.Import, statement: tree.TypedApply, scope: Scope
) -> Sequence[int]:
    """The bits that stand for those of the file, one after the other."""
    circuit = imported.circuit
    assert circuit is not None
    if not statement.targets:
        return run.spare_bits(circuit.n_bits, imported.name)
    into = [bit for target in statement.targets for bit in bits(target, scope).ids]
    before = run.state.measured.intersection(into)
    run.state.zeros.update(into)  # also where they are refused: that they are empty is no news
    place = statement.syntax.targets[0].span
    if len(into) != circuit.n_bits:
        wanted, found = (f"{n} bit{'s' * (n != 1)}" for n in (circuit.n_bits, len(into)))
        name = f"'{imported.name}'"
        raise Refusal(ShapeMismatch(place, name, wanted, found, imported.syntax.span))
    if len(set(into)) != len(into):
        raise Refusal(RepeatedQubit(place, place.text, scope.showing(), "bit"))
    always = {row.bit for row in circuit.rows if row.condition is None}
    for number, bit in enumerate(into):
        if number not in always and bit in before and not run.state.is_partial:
            raise Refusal(ResultsOverwritten(place, imported.name, number))
    return into


def _row(
    run: Unrolling,
    row: ImportedRow,
    lane: tuple[int, ...],
    into: Sequence[int],
    statement: tree.TypedApply,
    inputs: Sequence[Polynomial],
    place: Span,
) -> None:
    name, angles, operands, bit, condition, word = row
    state = run.state
    if condition is not None or name in ("measure", "barrier"):
        run.unconditional(f"{statement.name}: {name}", statement.span)
    step = LoweredStep(
        name,
        tuple(lane[q] for q in operands),
        tuple(_angle(a, inputs) for a in angles),
        word,
        bit=-1 if bit is None else into[bit],
    )
    before = state.cond
    state.cond = before if condition is None else 2 * into[condition[0]] + condition[1]
    try:
        run.write(step, -1 if name == "barrier" else run.pin_of(step, place))
    finally:
        state.cond = before
    if bit is not None:
        state.measured.add(into[bit])
