"""Statements that write rows: gates, circuits, encodings, measurements, moves, reveals."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from qdsl.diagnostics.reported import Refusal
from qdsl.ir.operations import Kind, Operation
from qdsl.language import syntax
from qdsl.language.lowering import calls
from qdsl.language.lowering.context import Unrolling
from qdsl.language.lowering.encodings import FLAGS, check_data, encoded_data
from qdsl.language.lowering.imports import inline
from qdsl.language.lowering.operands import Lane, bits, distinct, flat, lanes, qubits
from qdsl.language.lowering.plans import GatePlan
from qdsl.language.typed import tree
from qdsl.language.typed.errors.flow import RecursiveCircuit
from qdsl.language.typed.errors.operations import (
    InvalidPauliWord,
    SizeMismatch,
    StateOnUsedQubits,
    WrongOperandCount,
)
from qdsl.language.typed.evaluate import angle
from qdsl.language.values.domain import Qubits
from qdsl.language.values.scope import Scope
from qdsl.language.values.steps import PHASE, Factor, LoweredStep

Operands = list[Qubits]


def plain(run: Unrolling, statement: tree.TypedApply, operands: Operands, scope: Scope) -> None:
    """An operation without modifiers on these operands."""
    match statement.operation:
        case tree.TypedCircuit() as circuit:
            _call(run, circuit, statement, operands, scope)
        case tree.Import() as circuit:
            inline(run, circuit, statement, operands, scope)
        case tree.Builtin(entry=entry):
            _BUILTIN[entry.kind](run, entry, statement, operands, scope)


def arity_checked(statement: tree.TypedApply, wanted: int, found: int) -> None:
    if found != wanted:
        text = f"{wanted} operand{'s' * (wanted != 1)}"
        raise Refusal(WrongOperandCount(statement.span, statement.name, text, found))


def planned(
    run: Unrolling, plan: GatePlan, lane: Lane, statement: tree.TypedApply, scope: Scope
) -> None:
    """A gate on single qubits, the usual case."""
    if not plan.entry.angles:
        run.write(LoweredStep(plan.entry.name, lane), run.state.at)
        return
    angles = plan.angles(scope.values)
    if angles is None:
        angles = tuple([angle(arg, scope) for arg in statement.args])
    step = LoweredStep(plan.entry.name, lane, angles)
    run.write(step, run.pin_of(step, statement.span))


def _unitary(
    run: Unrolling, entry: Operation, statement: tree.TypedApply, operands: Operands, scope: Scope
) -> None:
    if statement.syntax.word is not None:
        _rotation(run, statement, statement.syntax.word, operands, scope)
        return
    angles = tuple([angle(arg, scope) for arg in statement.args])
    pin = run.state.at
    if angles:
        on = flat(operands) if entry.arity == 1 else ()
        pin = run.pin_of(LoweredStep(entry.name, on, angles), statement.span)
    for lane in lanes(operands, statement.operands):
        if len(lane) > 1:
            distinct(lane, statement.span, scope, operands)
        run.write(LoweredStep(entry.name, lane, angles), pin)


def _rotation(
    run: Unrolling, statement: tree.TypedApply, word: syntax.Name, operands: Operands, scope: Scope
) -> None:
    """`rot(t) XZY q[0], q[3], q[5]`: all qubits in order, or registers element by element."""
    angles = (angle(statement.args[0], scope),)
    pin = run.pin_of(LoweredStep("rot", (), angles), statement.span)
    for lane in _word_lanes(statement, operands, word):
        distinct(lane, statement.span, scope, operands)
        kept = [(letter, q) for letter, q in zip(word.id, lane, strict=True) if letter != "I"]
        letters = "".join(letter for letter, _ in kept)
        step = LoweredStep("rot", tuple(q for _, q in kept), angles, letters)
        run.write(step if kept else LoweredStep(PHASE, (), (angles[0].scaled(-0.5),)), pin)


def _word_lanes(
    statement: tree.TypedApply, operands: Operands, word: syntax.Name
) -> list[tuple[int, ...]]:
    everything, n = flat(operands), len(word.id)
    if len(everything) == n:
        return [everything]
    if len(operands) == n:
        return lanes(operands, statement.operands)
    letters = f"{n} letter{'s' * (n != 1)} for {len(everything)} qubits"
    raise Refusal(InvalidPauliWord(word.span, word.id, letters))


def _encoding(
    run: Unrolling, entry: Operation, statement: tree.TypedApply, operands: Operands, scope: Scope
) -> None:
    name = statement.name
    run.unconditional(name, statement.span)
    lane = flat(operands)
    distinct(lane, statement.span, scope, operands)
    data = encoded_data(statement.args[0], name, scope)
    check_data(statement, data, len(lane))
    if name in ("amplitude", "phase") and not run.state.is_partial:
        for operand in operands:
            if any(run.state.touched[q] for q in operand.ids):
                raise Refusal(StateOnUsedQubits(statement.span, operand.name, scope.showing()))
    if name in FLAGS:
        _encoded(run, lane, Factor(data, FLAGS[name]))
        count = 1 if name == "block" else len(lane) + 1
        lane = (*(run.flag(statement.span) for _ in range(count)), *lane)
    step = LoweredStep(entry.name, lane, data=data)
    pin = run.pin_of(step, statement.span)
    if name == "amplitude":
        _encoded(run, lane, Factor(data, "norm"))
    for q in lane if name == "phase" else ():
        run.write(LoweredStep("h", (q,)), pin)
    run.write(step, pin)


def _encoded(run: Unrolling, lane: tuple[int, ...], factor: Factor) -> None:
    run.scales.append(factor)
    run.encoded.update(lane)


def _call(
    run: Unrolling,
    circuit: tree.TypedCircuit,
    statement: tree.TypedApply,
    operands: Operands,
    scope: Scope,
) -> None:
    if run.state.depth >= calls.MAX_DEPTH:
        chain = (f"more than {calls.MAX_DEPTH} calls inside one another", circuit.name)
        raise Refusal(RecursiveCircuit(statement.span, chain, circuit.syntax.name.span))
    values = calls.arguments(statement, scope)
    for lane in _call_lanes(circuit, statement, operands):
        distinct(flat(lane), statement.span, scope, lane)
        inner = calls.bound(circuit, statement, values, lane, scope)
        run.spend(1)
        with run.calling(statement):
            run.run(circuit.body, inner)


def _call_lanes(
    circuit: tree.TypedCircuit, statement: tree.TypedApply, operands: Operands
) -> list[Operands]:
    """A circuit on single qubits runs on registers element by element, as gates do."""
    if not circuit.is_single or all(o.scalar for o in operands):
        return [operands]
    found = lanes(operands, statement.operands)
    names = [o.name for o in operands]
    return [[Qubits(n, (q,), True) for n, q in zip(names, lane, strict=True)] for lane in found]


_BUILTIN = {Kind.UNITARY: _unitary, Kind.ENCODE: _encoding}


# ---- the other statements --------------------------------------------------------------


def _measure(run: Unrolling, statement: tree.TypedMeasure, scope: Scope) -> None:
    run.unconditional("measure", statement.syntax.span)
    measured = qubits(statement.operand, scope).ids
    if statement.target is None:
        target: range | tuple[int, ...] = run.spare_bits(len(measured))
    else:
        target = bits(statement.target, scope).ids
        if len(target) != len(measured):
            spans = statement.target.span, statement.operand.span
            raise Refusal(SizeMismatch(spans[0], len(target), len(measured), spans[1], "bit"))
    for qubit, bit in zip(measured, target, strict=True):
        run.write(LoweredStep("measure", (qubit,), bit=bit), run.state.at)
        run.state.measured.add(bit)


def _on_qubits(run: Unrolling, statement: tree.OnQubits, scope: Scope) -> None:
    match statement.syntax:
        case syntax.ResetStatement():
            _reset(run, statement, scope)
        case syntax.Barrier():
            _barrier(run, statement, scope)
        case syntax.Move(node=node):
            operands = [qubits(o, scope) for o in statement.operands]
            lane = flat(operands)
            distinct(lane, statement.syntax.span, scope, operands)
            to = run.node(node)
            _untouched(run, LoweredStep("move", lane), to)
            if run.ownership.has_private:
                run.moved.update(dict.fromkeys(lane, (to, node.span)))


def _reset(run: Unrolling, statement: tree.OnQubits, scope: Scope) -> None:
    for operand in statement.operands:
        for qubit in qubits(operand, scope).ids:
            run.write(LoweredStep("reset", (qubit,)), run.state.at)
            if run.state.cond < 0:
                run.state.touched[qubit] = 0


def _barrier(run: Unrolling, statement: tree.OnQubits, scope: Scope) -> None:
    run.unconditional("barrier", statement.syntax.span)
    found = flat([qubits(o, scope) for o in statement.operands])
    if not statement.operands:
        found = run.visible_qubits(scope)
    _untouched(run, LoweredStep("barrier", tuple(dict.fromkeys(found))), -1)


def _untouched(run: Unrolling, step: LoweredStep, pin: int) -> None:
    """Write a row that leaves the state as it is."""
    before = [run.state.touched[q] for q in step.operands]
    if step.operands:
        run.write(step, pin)
    for qubit, flag in zip(step.operands, before, strict=True):
        run.state.touched[qubit] = flag


RUN: dict[type, Callable[[Any, Any, Scope], None]] = {
    tree.TypedMeasure: _measure,
    tree.OnQubits: _on_qubits,
    tree.TypedReveal: Unrolling.reveal,
}
