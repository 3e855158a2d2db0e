"""How large a model becomes, computed before it is unrolled.

A loop whose body has the same size at every iteration is multiplied, not run; a circuit called with
the same sizes is counted once. So even 10**18 operations are counted in an instant.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from functools import cache
from typing import Any

from qdsl.diagnostics.diagnostic import Diagnostic
from qdsl.diagnostics.reported import Refusal
from qdsl.language import syntax
from qdsl.language.lowering import calls
from qdsl.language.lowering.declare import Declared, readable
from qdsl.language.lowering.modified import CONTROLS, applied, holds_controls, own_operands
from qdsl.language.lowering.operands import qubits
from qdsl.language.lowering.shaping import shaping_names
from qdsl.language.typed import tree
from qdsl.language.typed.errors.flow import ModelTooLarge
from qdsl.language.typed.evaluate import evaluate, truth
from qdsl.language.typed.program import ModelInfo
from qdsl.language.values.domain import Qubits, View
from qdsl.language.values.iteration import Iterations, iterations
from qdsl.language.values.modifiers import SCALABLE, Applied, with_control
from qdsl.language.values.polynomial import Polynomial
from qdsl.language.values.scope import Allowance, Scope
from qdsl.language.values.steps import GATES, PHASE, LoweredStep

MAX_OPERATIONS = 20_000_000
MAX_STEPS = 50_000  # statements looked at in one count

Tally = Counter[str]  # operations by name, and what takes time without being one

ITERATIONS = "iterations of loops"
CALLS = "calls of circuits"
UNSEEN = (PHASE, ITERATIONS, CALLS)


class Undecided(Exception):
    """The count takes too long; whoever unrolls has to watch the limit."""


class Beyond(Exception):
    """More than is accepted was counted before the end."""

    def __init__(self, tally: Tally) -> None:
        super().__init__()
        self.tally = tally


def size_of(info: ModelInfo, declared: Declared) -> Tally | None:
    """Operations of a model by name, at its declared sizes; None if it takes long to count.

    Where it is far too large, the count may stop early, beyond `MAX_OPERATIONS`.
    """
    try:
        scope = replace(declared.scope.inner(), terms=Allowance())
        return _Count().body(info.declaration.body, scope)
    except Undecided:
        return None
    except Beyond as beyond:
        return beyond.tally


def operations(tally: Tally) -> int:
    return sum(n for name, n in tally.items() if name not in UNSEEN)


def work(tally: Tally) -> int:
    """What unrolling takes time for."""
    return operations(tally) + tally[ITERATIONS] + tally[CALLS]


def refuse_absurd(
    info: ModelInfo, tally: Tally | None, limit: int = MAX_OPERATIONS
) -> list[Diagnostic]:
    """`ModelTooLarge` if there are more operations, iterations of loops or calls than are built."""
    if tally is None:
        return []
    span = info.declaration.syntax.name.span
    for what, found in (
        ("operations", operations(tally)),
        (ITERATIONS, tally[ITERATIONS]),
        (CALLS, tally[CALLS]),
    ):
        if found > limit:
            return [ModelTooLarge(span, what, readable(found), limit)]
    return []


def _times(tally: Tally, factor: int) -> Tally:
    return Counter({name: n * factor for name, n in tally.items()}) if factor else Counter()


class _Count:
    def __init__(self) -> None:
        self._steps = 0
        self._known: dict[Any, Tally] = {}
        self._depth = 0

    def body(self, statements: tree.Body, scope: Scope) -> Tally:
        total: Tally = Counter()
        for statement in statements:
            self._steps += 1
            if self._steps > MAX_STEPS:
                raise Undecided
            try:
                total.update(self._statement(statement, scope))
            except Refusal as refusal:  # reported by the trial run
                scope.refuse(tree.declared(statement), refusal.problem)
        return total

    def _statement(self, statement: tree.Statement, scope: Scope) -> Tally:
        match statement:
            case tree.TypedLet():
                scope.values[statement.symbol.name] = evaluate(statement.value, scope)
            case tree.TypedFor():
                return self._loop(statement, scope)
            case tree.TypedIf():
                return self._branches(statement, scope)
            case tree.TypedAt():
                return self.body(statement.body, scope)
            case tree.TypedApply():
                return self._apply(statement, scope)
            case tree.TypedMeasure():
                return Counter({"measure": len(qubits(statement.operand, scope).ids)})
            case tree.OnQubits(syntax=syntax.ResetStatement()):
                return Counter(reset=sum(len(qubits(o, scope).ids) for o in statement.operands))
            case tree.OnQubits():
                return Counter({"move": 1})
            case tree.TypedReturn():
                return self._return(statement, scope)
        return Counter()

    def _branches(self, statement: tree.TypedIf, scope: Scope) -> Tally:
        if statement.is_dynamic:
            return self.body(statement.then, scope) + self.body(statement.otherwise, scope)
        chosen = statement.then if truth(statement.condition, scope) else statement.otherwise
        return self.body(chosen, scope)

    def _return(self, statement: tree.TypedReturn, scope: Scope) -> Tally:
        overlaps = [o for o in statement.outputs if o.kind == "overlap"]
        found = [evaluate(o.args[0], scope) for o in overlaps]
        return Counter(cx=2 * sum(len(r.ids) for r in found if isinstance(r, Qubits)))

    # ---- loops -------------------------------------------------------------------------

    def _loop(self, statement: tree.TypedFor, scope: Scope) -> Tally:
        node = statement.syntax
        found = iterations(evaluate(statement.iterable, scope), node.iterable, node.names)
        if not found.total:
            return Counter()
        names = tuple(symbol.name for symbol in statement.symbols)
        shaping = shaping_names(statement.body, scope)
        with scope.looping():
            if shaping.isdisjoint(names):
                scope.bind_items(names, found[0])
                once = self.body(statement.body, scope)
                once[ITERATIONS] += 1
                return _times(once, found.total)
            return self._unrolled(statement, names, found, scope)

    def _unrolled(
        self, statement: tree.TypedFor, names: tuple[str, ...], found: Iterations, scope: Scope
    ) -> Tally:
        total: Tally = Counter({ITERATIONS: found.total})
        for k in range(min(found.total, MAX_STEPS)):
            if max(total[ITERATIONS], total[CALLS], operations(total)) > MAX_OPERATIONS:
                raise Beyond(total)
            self._steps += 1
            scope.bind_items(names, found[k])
            total.update(self.body(statement.body, scope))
        if found.total > MAX_STEPS:
            raise Undecided
        return total

    # ---- operations --------------------------------------------------------------------

    def _apply(self, statement: tree.TypedApply, scope: Scope) -> Tally:
        operands = [qubits(o, scope) for o in statement.operands]
        if not statement.modifiers:
            return self._plain(statement, operands, scope)
        modifiers = applied(statement.modifiers, scope)
        n_controls = sum(int(m.value) for m in modifiers if m.kind in CONTROLS)
        own = own_operands(statement)
        if holds_controls(operands, n_controls, own):
            operands, n_controls = operands[1:], 0  # one register holds all controls
        lanes = max((len(o.ids) for o in operands if not o.scalar), default=1)
        operation = statement.operation
        if isinstance(operation, tree.Builtin) and operation.is_gate:
            return _times(_modified(Counter({operation.name: 1}), modifiers), lanes)
        return _modified(self._plain(statement, operands[n_controls:], scope), modifiers)

    def _plain(self, statement: tree.TypedApply, operands: list[Qubits], scope: Scope) -> Tally:
        match statement.operation:
            case tree.TypedCircuit() as circuit:
                return self._call(circuit, statement, operands, scope)
            case tree.Import(circuit=circuit) if circuit is not None:
                return Counter(row.name for row in circuit.rows)
        lanes = max((len(o.ids) for o in operands if not o.scalar), default=1)
        name, word = statement.name, statement.syntax.word
        if word is not None and len(word.id) == sum(len(o.ids) for o in operands):
            return Counter({name: 1})
        return Counter({name: lanes if name in GATES or word is not None else 1})

    def _call(
        self,
        circuit: tree.TypedCircuit,
        statement: tree.TypedApply,
        operands: list[Qubits],
        scope: Scope,
    ) -> Tally:
        values = calls.arguments(statement, scope)
        lanes = 1
        if circuit.is_single and not all(o.scalar for o in operands):
            lanes = max((len(o.ids) for o in operands if not o.scalar), default=1)
            operands = [Qubits(o.name, o.ids[:1], True) for o in operands]
        key = (circuit.name, tuple(map(_shape, values)), tuple(len(o.ids) for o in operands))
        if key not in self._known:
            inner = calls.bound(circuit, statement, values, operands, scope)
            self._known[key] = self._inside(circuit, inner) + Counter({CALLS: 1})
        return _times(self._known[key], lanes)

    def _inside(self, circuit: tree.TypedCircuit, inner: Scope) -> Tally:
        if self._depth > calls.MAX_DEPTH:
            return Counter()  # refused by the trial run
        self._depth += 1
        try:
            return self.body(circuit.body, inner)
        finally:
            self._depth -= 1


def _shape(value: object) -> object:
    """What of an argument can change the size of a call."""
    if isinstance(value, View):
        return ("array", value.shape)
    return "angle" if isinstance(value, (Polynomial, float)) else value


# ---- modifiers -------------------------------------------------------------------------


def _modified(tally: Tally, modifiers: list[Applied]) -> Tally:
    for modifier in reversed(modifiers):
        if modifier.kind == "pow":
            gates = {name for name in tally if name not in UNSEEN}
            if not (operations(tally) == 1 and (gates <= SCALABLE or modifier.value % 1)):
                tally = _times(tally, abs(int(modifier.value)))
        elif modifier.kind in CONTROLS:
            count = int(modifier.value)
            for _ in range(count):
                tally = _controlled(tally)
            if modifier.kind == "negctrl":
                tally["x"] += 2 * count
    return tally


def _controlled(tally: Tally) -> Tally:
    total: Tally = Counter()
    for name, n in tally.items():
        if name in GATES or name in ("rot", PHASE):
            total.update({part: n * k for part, k in _parts(name).items()})
        else:
            total[name] += n
    return total


@cache
def _parts(name: str) -> Tally:
    """The operations that the controlled form of one consists of."""
    arity = 0 if name == PHASE else 1
    angles: tuple[Polynomial, ...] = (Polynomial.of_slot(0),) * 3
    if name in GATES:
        arity, angles = GATES[name].arity or 0, angles[: GATES[name].angles]
    step = LoweredStep(name, tuple(range(1, arity + 1)), angles, "Z" if name == "rot" else None)
    return Counter(part.name for part in with_control(step, 0))
