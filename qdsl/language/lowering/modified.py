"""An operation under `ctrl @`, `negctrl @`, `inv @`, `pow(k) @`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from qdsl.diagnostics.reported import Refusal
from qdsl.diagnostics.source import Span
from qdsl.language.lowering import actions
from qdsl.language.lowering.context import Unrolling
from qdsl.language.lowering.operands import distinct, flat, lanes
from qdsl.language.typed import tree
from qdsl.language.typed.errors.operations import InvalidModifier, WrongOperandCount
from qdsl.language.typed.evaluate import evaluate, integer
from qdsl.language.values.domain import Qubits, describe
from qdsl.language.values.errors import NotKnownAtCompileTime, TypeMismatch
from qdsl.language.values.modifiers import (
    MAX_STEPS,
    Applied,
    NoRealPower,
    Steps,
    TooManySteps,
    modified,
)
from qdsl.language.values.polynomial import Polynomial
from qdsl.language.values.scope import Scope
from qdsl.language.values.steps import GATES, PHASE, LoweredStep

MAX_CONTROLS = 12  # each at most doubles the rotations of what it controls
CONTROLS = ("ctrl", "negctrl")


class Collector:
    """A sink that keeps the steps of what stands under a modifier, and refuses what has none."""

    def __init__(self, modifier: tree.TypedModifier) -> None:
        self.steps: Steps = []
        self._modifier = modifier

    def write(self, step: LoweredStep, pin: int, cond: int, span: Span | None) -> None:
        if len(self.steps) >= MAX_STEPS:
            raise TooManySteps
        if step.name in GATES or step.name in ("rot", PHASE):
            self.steps.append(step)
        elif step.name not in ("barrier", "move"):
            kind = self._modifier.kind
            reason = f"`{step.name}` cannot be undone, repeated or controlled"
            raise Refusal(InvalidModifier(self._modifier.span, kind, reason, span))

    def __len__(self) -> int:
        return len(self.steps)


def applied(modifiers: Sequence[tree.TypedModifier], scope: Scope) -> list[Applied]:
    """The modifiers with their numbers."""
    found = [_applied(m, scope) for m in modifiers]
    if sum(int(m.value) for m in found if m.kind in CONTROLS) > MAX_CONTROLS:
        reason = f"more than {MAX_CONTROLS} controls"
        raise Refusal(InvalidModifier(modifiers[0].span, "ctrl", reason))
    return found


def _applied(modifier: tree.TypedModifier, scope: Scope) -> Applied:
    kind, argument = modifier.kind, modifier.argument
    if kind == "inv":
        return Applied(kind, 1)
    if kind in CONTROLS:
        count = 1 if argument is None else integer(argument, scope, "a number of controls")
        if count < 1:
            raise Refusal(InvalidModifier(modifier.span, kind, "at least one control is wanted"))
        return Applied(kind, min(count, MAX_CONTROLS + 1))
    assert argument is not None
    return Applied(kind, _power(argument, scope))


def _power(argument: tree.Expr, scope: Scope) -> int | float:
    value = evaluate(argument, scope)
    if isinstance(value, Polynomial):
        if value.terms:
            raise Refusal(NotKnownAtCompileTime(argument.span, "a power"))
        value = value.constant
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise Refusal(TypeMismatch(argument.span, "a number", describe(value)))
    return value


def apply_modified(
    run: Unrolling, statement: tree.TypedApply, operands: list[Qubits], scope: Scope
) -> None:
    """Collect the steps of the operation itself, change them, write what comes out."""
    modifiers = applied(statement.modifiers, scope)
    n_controls = sum(int(m.value) for m in modifiers if m.kind in CONTROLS)
    own = own_operands(statement)
    controls, targets = _split(statement, operands, n_controls, own)
    operation = statement.operation
    is_gate = isinstance(operation, tree.Builtin) and operation.is_gate
    if is_gate:
        actions.arity_checked(statement, own or 0, len(targets))
    for control_lane, target in _lanes(statement, controls, targets, is_gate):
        everything = (*control_lane, *flat(target))
        distinct(everything, statement.span, scope, [*controls, *targets])
        try:
            steps = _collected(run, statement, target, scope)
            changed = _changed(statement, steps, modifiers, control_lane, run)
        except TooManySteps:
            reason = f"it stands before more than {MAX_STEPS:,} operations"
            modifier = statement.modifiers[0]
            raise Refusal(InvalidModifier(modifier.span, modifier.kind, reason)) from None
        _write(run, statement, changed)


def own_operands(statement: tree.TypedApply) -> int | None:
    """How many operands an operation has without its controls; None where that varies."""
    match statement.operation:
        case tree.TypedCircuit(qubits=qubits):
            return len(qubits)
        case tree.Builtin(entry=entry) as operation if operation.is_gate:
            return entry.arity
    return None


def holds_controls(operands: Sequence[Qubits], n_controls: int, own: int | None) -> bool:
    """Whether the first operand is a register of all controls, as in `ctrl(2) @ x q[..2], r`."""
    if n_controls < 2 or not operands or operands[0].scalar:
        return False
    one_each = own is not None and len(operands) == n_controls + own
    return len(operands[0].ids) == n_controls and not one_each


def _split(
    statement: tree.TypedApply, operands: list[Qubits], n_controls: int, own: int | None
) -> tuple[list[Qubits], list[Qubits]]:
    """Controls and targets. A register may serve as all controls of `ctrl(k)` at once."""
    if holds_controls(operands, n_controls, own):
        register = operands[0]
        return [Qubits(register.name, (q,), True) for q in register.ids], operands[1:]
    if len(operands) <= n_controls:
        wanted = f"{n_controls} control{'s' * (n_controls != 1)} and its own operands"
        raise Refusal(WrongOperandCount(statement.span, statement.name, wanted, len(operands)))
    return operands[:n_controls], operands[n_controls:]


def _lanes(
    statement: tree.TypedApply, controls: list[Qubits], targets: list[Qubits], is_gate: bool
) -> list[tuple[tuple[int, ...], list[Qubits]]]:
    """Controls and targets, gates taken element by element."""
    n_controls = len(controls)
    if is_gate:
        both = [*controls, *targets]
        places = [statement.operands[0]] * (len(both) - len(statement.operands))
        places += statement.operands
        return [
            (lane[:n_controls], _singles(targets, lane[n_controls:]))
            for lane in lanes(both, places)
        ]
    for control, operand in zip(controls, statement.operands, strict=False):
        if len(control.ids) != 1:
            reason = "a control of a circuit is a single qubit"
            raise Refusal(InvalidModifier(operand.span, "ctrl", reason))
    return [(flat(controls), targets)]


def _singles(registers: list[Qubits], lane: tuple[int, ...]) -> list[Qubits]:
    return [Qubits(r.name, (q,), True) for r, q in zip(registers, lane, strict=True)]


def _collected(
    run: Unrolling, statement: tree.TypedApply, targets: list[Qubits], scope: Scope
) -> Steps:
    outer, collector = run.sink, Collector(statement.modifiers[-1])
    bare = replace(statement, modifiers=(), operands=statement.operands[-len(targets) :])
    cond, run.state.cond = run.state.cond, -1
    run.sink = collector
    try:
        actions.plain(run, bare, targets, scope)
    finally:
        run.sink, run.state.cond = outer, cond
    return collector.steps


def _changed(
    statement: tree.TypedApply,
    steps: Steps,
    modifiers: list[Applied],
    controls: tuple[int, ...],
    run: Unrolling,
) -> Steps:
    if run.state.is_partial:
        modifiers = [_tried(m) for m in modifiers]
    try:
        return modified(steps, modifiers, controls)
    except NoRealPower:
        span = next(m.span for m in statement.modifiers if m.kind == "pow")
        reason = "a power that is not whole exists for a single rotation only"
        raise Refusal(InvalidModifier(span, "pow", reason)) from None


def _tried(modifier: Applied) -> Applied:
    """A trial run repeats at most three times."""
    if modifier.kind == "pow" and modifier.value == int(modifier.value):
        return Applied("pow", max(-3, min(3, modifier.value)))
    return modifier


def _write(run: Unrolling, statement: tree.TypedApply, steps: Steps) -> None:
    for step in steps:
        run.write(step, run.pin_of(step, statement.span))
