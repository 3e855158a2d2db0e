"""Unrolls the body of a model: loops, places, conditions, calls; every row goes to a sink."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from qdsl.diagnostics.diagnostic import Diagnostics
from qdsl.diagnostics.reported import Refusal
from qdsl.diagnostics.source import Span
from qdsl.language.lowering import actions
from qdsl.language.lowering.conditions import condition_of, logic_of
from qdsl.language.lowering.context import Unrolling, UnrollState
from qdsl.language.lowering.declare import Declared
from qdsl.language.lowering.modified import apply_modified
from qdsl.language.lowering.operands import qubits
from qdsl.language.lowering.outputs import FLAGGED, OutputsByQubit, failures_counted, returned
from qdsl.language.lowering.plans import GatePlan, plan_of
from qdsl.language.lowering.returned import Returned
from qdsl.language.typed import tree
from qdsl.language.typed.errors.flow import UnmeasuredBit
from qdsl.language.typed.evaluate import evaluate, truth
from qdsl.language.values.iteration import iterations
from qdsl.language.values.scope import Scope
from qdsl.language.values.steps import LoweredStep, Sink
from qdsl.language.values.truth import Truth
from qdsl.network.network import Network


class Elaborator(Unrolling):
    """Finds the code for every statement, and keeps the plans of the usual gates."""

    def __init__(
        self, declared: Declared, network: Network | None, sink: Sink, problems: Diagnostics
    ) -> None:
        super().__init__(declared, network, sink, problems)
        self._plans: dict[int, GatePlan | None] = {}

    def execute(self, statement: tree.Statement, scope: Scope) -> None:
        _RUN[type(statement)](self, statement, scope)

    def plan(self, statement: tree.TypedApply) -> GatePlan | None:
        """The plan of a statement, made when it is first met; None for unusual ones."""
        key = id(statement)  # the program keeps its statements alive
        if key not in self._plans:
            self._plans[key] = plan_of(statement)
        return self._plans[key]


def _apply(run: Elaborator, statement: tree.TypedApply, scope: Scope) -> None:
    """A gate, encoding, Pauli rotation or circuit, with its modifiers."""
    plan = run.plan(statement)
    lane = plan.lane(scope.values) if plan is not None else None
    if plan is not None and lane is not None:
        actions.planned(run, plan, lane, statement, scope)
        return
    operands = [qubits(o, scope) for o in statement.operands]
    carry_out = apply_modified if statement.modifiers else actions.plain
    carry_out(run, statement, operands, scope)


def _nothing(run: Elaborator, statement: Any, scope: Scope) -> None:
    """Declarations were evaluated before."""


def _let(run: Elaborator, statement: tree.TypedLet, scope: Scope) -> None:
    scope.values[statement.symbol.name] = evaluate(statement.value, scope)


def _for(run: Elaborator, statement: tree.TypedFor, scope: Scope) -> None:
    node = statement.syntax
    found = iterations(evaluate(statement.iterable, scope), node.iterable, node.names)
    names = tuple(symbol.name for symbol in statement.symbols)
    with scope.looping():
        for k in _chosen(len(found), run.state.is_partial):
            run.spend(1)
            scope.bind_items(names, found[k])
            run.run(statement.body, scope)


def _chosen(count: int, is_partial: bool) -> Iterable[int]:
    if is_partial and count > 3:
        return (0, 1, count - 1)
    return range(count)


def _if(run: Elaborator, statement: tree.TypedIf, scope: Scope) -> None:
    if not statement.is_dynamic:
        chosen = statement.then if truth(statement.condition, scope) else statement.otherwise
        run.run(chosen, scope)
        return
    condition = statement.condition
    test = condition_of(condition, scope)
    written = run.state.measured | run.state.zeros
    if not written.issuperset(test.bits) and not run.state.is_partial:
        named = run.declared.name_of_bits({*test.bits} - written) or condition.span.text
        run.problems.add(UnmeasuredBit(condition.span, named, scope.showing()))
    logic = logic_of(run, condition)
    for body, holds in ((statement.then, test), (statement.otherwise, ~test)):
        both = run.state.truth & holds
        if body and both.constant is None:
            bit, value = logic.literal(both)
            with _under(run.state, 2 * bit + value, both, condition.span):
                run.run(body, scope)
        elif body and both.constant:
            run.run(body, scope)


@contextmanager
def _under(state: UnrollState, cond: int, holds: Truth, span: Span) -> Iterator[None]:
    before = (state.cond, state.truth, state.cond_span)
    state.cond, state.truth, state.cond_span = cond, holds, span
    try:
        yield
    finally:
        state.cond, state.truth, state.cond_span = before


def _at(run: Elaborator, statement: tree.TypedAt, scope: Scope) -> None:
    state, node = run.state, statement.syntax.node
    before = (state.at, state.at_span)
    state.at, state.at_span = run.node(node), node.span
    try:
        run.run(statement.body, scope)
    finally:
        state.at, state.at_span = before


def _return(run: Elaborator, statement: tree.TypedReturn, scope: Scope) -> None:
    by_qubit = OutputsByQubit()
    for output in statement.outputs:
        found = returned(output, scope, run)
        to = output.syntax.to
        node = run.node(to) if to is not None and run.network else None
        by_qubit.add(found)
        if run.n_flags and output.kind not in FLAGGED:
            raise Refusal(failures_counted(output))
        run.outputs.append(found._replace(to=node))
        if found.kind == "overlap":
            _swap_test(run, found)
        elif found.kind == "eigenvalue":
            step = LoweredStep("eigenbasis", found.qubits, data=found.matrix)
            run.write(step, run.pin_of(step, output.span))


def _swap_test(run: Elaborator, output: Returned) -> None:
    for a, b in zip(output.qubits, output.others, strict=True):
        run.write(LoweredStep("cx", (a, b)), -1)
    for a in output.qubits:
        run.write(LoweredStep("h", (a,)), -1)


_RUN: dict[type, Callable[[Elaborator, Any, Scope], None]] = {
    tree.TypedVector: _nothing,
    tree.Registers: _nothing,
    tree.TypedLet: _let,
    tree.TypedApply: _apply,
    tree.TypedFor: _for,
    tree.TypedIf: _if,
    tree.TypedAt: _at,
    tree.TypedReturn: _return,
    **actions.RUN,
}
