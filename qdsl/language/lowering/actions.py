"""Statements that write rows: gates, circuits, encodings, measurements, moves, reveals."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from qdsl.diagnostics.reported import Refusal
from qdsl.diagnostics.source import Span
from qdsl.language import syntax
from qdsl.language.lowering import calls
from qdsl.language.lowering.errors.flow import RecursiveCircuit
from qdsl.language.lowering.errors.operations import (
    EncodingSizeMismatch,
    InvalidPauliWord,
    SizeMismatch,
    StateOnUsedQubits,
    UnknownOperation,
    WrongOperandCount,
)
from qdsl.language.lowering.imports import inline
from qdsl.language.lowering.operands import Lane, bits, distinct, flat, lanes, qubits
from qdsl.language.lowering.plans import GatePlan
from qdsl.language.lowering.steps import APPLICABLE, ENCODINGS, GATES, PHASE, Factor, Step
from qdsl.language.parser.spelling import closest
from qdsl.language.values.domain import Qubits, View, describe
from qdsl.language.values.errors import WrongArgumentCount, WrongDimensions, WrongKind
from qdsl.language.values.evaluate import angle, evaluate
from qdsl.language.values.polynomial import Polynomial
from qdsl.language.values.scope import Scope

if TYPE_CHECKING:
    from qdsl.language.lowering.elaborate import Elaborator

MAX_DEPTH = 50  # of calls

Operands = list[Qubits]


def apply(run: Elaborator, statement: syntax.Apply, scope: Scope) -> None:
    """A gate, encoding, Pauli rotation or circuit, with its modifiers."""
    plan = run.plan(statement)
    lane = plan.lane(scope.values) if plan is not None else None
    if plan is not None and lane is not None:
        _planned(run, plan, lane, statement, scope)
        return
    operands = [qubits(o, scope) for o in statement.operands]
    if statement.modifiers:
        from qdsl.language.lowering.modified import apply_modified

        apply_modified(run, statement, operands, scope)
    else:
        plain(run, statement, operands, scope)


def plain(run: Elaborator, statement: syntax.Apply, operands: Operands, scope: Scope) -> None:
    """An operation without modifiers on these operands."""
    name = statement.name.id
    circuit = run.checked.circuits.get(name)
    if isinstance(circuit, syntax.CircuitDecl):
        _call(run, circuit, statement, operands, scope)
    elif circuit is not None:
        inline(run, circuit, statement, operands, scope)
    elif name in GATES:
        _gate(run, statement, operands, scope)
    elif name == "rot":
        _rotation(run, statement, operands, scope)
    elif name in ENCODINGS:
        _encoding(run, statement, operands, scope)
    else:
        meant = closest(name, [*APPLICABLE, *run.checked.circuits])
        raise Refusal(UnknownOperation(statement.name.span, name, meant))


def angles_of(statement: syntax.Apply, wanted: int, scope: Scope) -> tuple[Polynomial, ...]:
    """The angles in parentheses, in their number."""
    if len(statement.args) != wanted:
        text = f"{wanted} angle{'s' * (wanted != 1)}"
        name = statement.name.id
        raise Refusal(WrongArgumentCount(statement.span, name, text, len(statement.args)))
    return tuple(angle(arg, scope) for arg in statement.args)


def arity_checked(statement: syntax.Apply, wanted: int, found: int) -> None:
    if found != wanted:
        text = f"{wanted} operand{'s' * (wanted != 1)}"
        raise Refusal(WrongOperandCount(statement.span, statement.name.id, text, found))


def _planned(
    run: Elaborator, plan: GatePlan, lane: Lane, statement: syntax.Apply, scope: Scope
) -> None:
    """A gate on single qubits, the usual case."""
    if not plan.entry.angles:
        run.write(Step(plan.entry.name, lane), run.state.at)
        return
    angles = plan.angles(scope.values)
    if angles is None:
        angles = tuple([angle(arg, scope) for arg in statement.args])
    step = Step(plan.entry.name, lane, angles)
    run.write(step, run.pin_of(step, statement.span))


def _gate(run: Elaborator, statement: syntax.Apply, operands: Operands, scope: Scope) -> None:
    entry = GATES[statement.name.id]
    angles = angles_of(statement, entry.angles, scope)
    arity_checked(statement, entry.arity or 0, len(operands))
    pin = run.pin_of(Step(entry.name, (), angles), statement.span) if angles else run.state.at
    for lane in lanes(operands, statement.operands):
        if len(lane) > 1:
            distinct(lane, statement.span, scope, operands)
        run.write(Step(entry.name, lane, angles), pin)


def _rotation(run: Elaborator, statement: syntax.Apply, operands: Operands, scope: Scope) -> None:
    """`rot(t) XZY q[0], q[3], q[5]`: all qubits in order, or registers element by element."""
    angles = angles_of(statement, 1, scope)
    if statement.word is None:
        raise Refusal(InvalidPauliWord(statement.span, "", "write `rot(t) ZZ q[0], q[1]`"))
    word = statement.word.id
    if set(word) - set("IXYZ"):
        reason = "the letters are I, X, Y and Z"
        raise Refusal(InvalidPauliWord(statement.word.span, word, reason))
    pin = run.pin_of(Step("rot", (), angles), statement.span)
    for lane in _word_lanes(statement, operands, word):
        distinct(lane, statement.span, scope, operands)
        kept = [(letter, q) for letter, q in zip(word, lane, strict=True) if letter != "I"]
        letters = "".join(letter for letter, _ in kept)
        step = Step("rot", tuple(q for _, q in kept), angles, letters)
        run.write(step if kept else Step(PHASE, (), (angles[0].scaled(-0.5),)), pin)


def _word_lanes(statement: syntax.Apply, operands: Operands, word: str) -> list[tuple[int, ...]]:
    everything = flat(operands)
    if len(everything) == len(word):
        return [everything]
    if len(operands) == len(word):
        return lanes(operands, statement.operands)
    letters = f"{len(word)} letter{'s' * (len(word) != 1)} for {len(everything)} qubits"
    assert statement.word is not None
    raise Refusal(InvalidPauliWord(statement.word.span, word, letters))


def _encoding(run: Elaborator, statement: syntax.Apply, operands: Operands, scope: Scope) -> None:
    name = statement.name.id
    run.unconditional(name, statement.span)
    if len(statement.args) != 1:
        text = "one array of data"
        raise Refusal(WrongArgumentCount(statement.span, name, text, len(statement.args)))
    lane = flat(operands)
    distinct(lane, statement.span, scope, operands)
    data = encoded_data(statement.args[0], name, scope)
    _check_data(statement, data, len(lane))
    if name in ("amplitude", "phase") and not run.state.is_partial:
        for operand in operands:
            if any(run.state.touched[q] for q in operand.ids):
                raise Refusal(StateOnUsedQubits(statement.span, operand.name, scope.showing()))
    if name in FLAGS:
        _encoded(run, lane, Factor(data, FLAGS[name]))
        count = 1 if name == "block" else len(lane) + 1
        lane = (*(run.flag(statement.span) for _ in range(count)), *lane)
    step = Step(ENCODINGS[name].name, lane, data=data)
    pin = run.pin_of(step, statement.span)
    if name == "amplitude":
        _encoded(run, lane, Factor(data, "norm"))
    for q in lane if name == "phase" else ():
        run.write(Step("h", (q,)), pin)
    run.write(step, pin)


def _encoded(run: Elaborator, lane: tuple[int, ...], factor: Factor) -> None:
    run.scales.append(factor)
    run.encoded.update(lane)


def encoded_data(expr: syntax.Expr, name: str, scope: Scope) -> View:
    """The array an encoding reads: consecutive numbers of a kind that it takes."""
    value = evaluate(expr, scope)
    wanted = ENCODED_KINDS[name]
    text = f"an array of {' or '.join(wanted)}"
    if not isinstance(value, View):
        raise Refusal(WrongKind(expr.span, text, describe(value)))
    if value.kind not in wanted:
        raise Refusal(WrongKind(expr.span, text, f"an array of {value.kind}"))
    if not value.is_contiguous:
        suggestion = "declare it the other way round, so that a row is loaded"
        raise Refusal(
            WrongKind(expr.span, "consecutive numbers", "a column of an array", suggestion)
        )
    return value


ENCODED_KINDS = {
    "amplitude": ("real", "angle", "int", "bits"),
    "reflect": ("real", "angle", "int", "bits"),
    "phase": ("bits", "angle", "real"),
    "diagonal": ("bits", "angle", "real"),
    "relabel": ("matching",),
    "block": ("real",),
    "lcu": ("real",),
    "eigenbasis": ("real",),
    "expect": ("real",),
    "quadratic": ("real",),
}
FLAGS = {"block": "spectral", "lcu": "lcu"}  # encodings that can fail, and what they divide by
SQUARE = ("eigenbasis", "expect", "quadratic")
MATRICES = (*FLAGS, "eigenbasis")


def _check_data(statement: syntax.Apply, data: View, n_qubits: int) -> None:
    name = statement.name.id
    if name in MATRICES:
        check_matrix(statement.args[0], name, data, n_qubits, statement.span)
        return
    size = data.size
    fits = n_qubits >= 1 and size == 2 ** min(n_qubits, 64)
    if name in ("amplitude", "reflect") and len(data.shape) == 1 and n_qubits >= 1:
        fits = size >= 1 and max((size - 1).bit_length(), 1) == n_qubits
    if not fits:
        vector = data.vector
        raise Refusal(
            EncodingSizeMismatch(statement.span, vector.name, size, n_qubits, vector.span)
        )


def check_matrix(arg: syntax.Expr, name: str, data: View, n_qubits: int, span: Span) -> None:
    """`Refusal` if it is no matrix for so many qubits."""
    vector = data.vector
    if len(data.shape) != 2:
        what = f"`{name}` takes a matrix; '{vector.name}' has {len(data.shape)} dimensions here"
        raise Refusal(WrongDimensions(arg.span, what, vector.span))
    side = max(data.shape)
    if side < 1 or max((side - 1).bit_length(), 1) != n_qubits:
        noun = "row" if side == data.shape[0] else "column"
        raise Refusal(EncodingSizeMismatch(span, vector.name, side, n_qubits, vector.span, noun))
    if name in SQUARE and data.shape[0] != data.shape[1]:
        shape = " x ".join(map(str, data.shape))
        what = f"`{name}` takes a square matrix; '{vector.name}' is {shape}"
        raise Refusal(WrongDimensions(arg.span, what, vector.span))


def _call(
    run: Elaborator,
    circuit: syntax.CircuitDecl,
    statement: syntax.Apply,
    operands: Operands,
    scope: Scope,
) -> None:
    if run.state.depth >= MAX_DEPTH:
        chain = (f"more than {MAX_DEPTH} calls inside one another", circuit.name.id)
        raise Refusal(RecursiveCircuit(statement.span, chain, circuit.name.span))
    values = calls.arguments(statement, scope)
    for lane in _call_lanes(circuit, statement, operands):
        distinct(flat(lane), statement.span, scope, lane)
        inner = calls.bound(circuit, statement, values, lane, scope)
        run.state.depth += 1
        run.spend(1)
        try:
            run.run(circuit.body, inner)
        finally:
            run.state.depth -= 1


def _call_lanes(
    circuit: syntax.CircuitDecl, statement: syntax.Apply, operands: Operands
) -> list[Operands]:
    """A circuit on single qubits runs on registers element by element, as gates do."""
    is_single = all(q.size is None for q in circuit.qubits)
    if not is_single or all(o.scalar for o in operands):
        return [operands]
    found = lanes(operands, statement.operands)
    names = [o.name for o in operands]
    return [[Qubits(n, (q,), True) for n, q in zip(names, lane, strict=True)] for lane in found]


# ---- the other statements --------------------------------------------------------------


def _measure(run: Elaborator, statement: syntax.Measure, scope: Scope) -> None:
    run.unconditional("measure", statement.span)
    measured = qubits(statement.operand, scope)
    if statement.target is None:
        target: range | tuple[int, ...] = run.spare_bits(len(measured.ids))
    else:
        found = bits(statement.target, scope)
        target = found.ids
        if len(target) != len(measured.ids):
            spans = statement.target.span, statement.operand.span
            raise Refusal(SizeMismatch(spans[0], len(target), len(measured.ids), spans[1], "bit"))
    for qubit, bit in zip(measured.ids, target, strict=True):
        run.write(Step("measure", (qubit,), bit=bit), run.state.at)
        run.state.measured.add(bit)


def _reset(run: Elaborator, statement: syntax.Reset, scope: Scope) -> None:
    for operand in statement.operands:
        for qubit in qubits(operand, scope).ids:
            run.write(Step("reset", (qubit,)), run.state.at)
            if run.state.cond < 0:
                run.state.touched[qubit] = 0


def _barrier(run: Elaborator, statement: syntax.Barrier, scope: Scope) -> None:
    run.unconditional("barrier", statement.span)
    found = flat([qubits(o, scope) for o in statement.operands])
    if not statement.operands:
        found = run.visible_qubits(scope)
    _untouched(run, Step("barrier", tuple(dict.fromkeys(found))), -1)


def _move(run: Elaborator, statement: syntax.Move, scope: Scope) -> None:
    run.unconditional("move", statement.span)
    operands = [qubits(o, scope) for o in statement.operands]
    lane = flat(operands)
    distinct(lane, statement.span, scope, operands)
    _untouched(run, Step("move", lane), run.node(statement.node))


def _untouched(run: Elaborator, step: Step, pin: int) -> None:
    """Write a row that leaves the state as it is."""
    before = [run.state.touched[q] for q in step.operands]
    if step.operands:
        run.write(step, pin)
    for qubit, flag in zip(step.operands, before, strict=True):
        run.state.touched[qubit] = flag


def _reveal(run: Elaborator, statement: syntax.Reveal, scope: Scope) -> None:
    run.unconditional("reveal", statement.span)
    run.reveal(statement, scope)


RUN: dict[type, Callable[[Any, Any, Scope], None]] = {
    syntax.Apply: apply,
    syntax.Measure: _measure,
    syntax.Reset: _reset,
    syntax.Barrier: _barrier,
    syntax.Move: _move,
    syntax.Reveal: _reveal,
}
