"""Statements of models and circuits: names, kinds, places, and where each may stand."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from qdsl.language import syntax
from qdsl.language.check import declarations
from qdsl.language.check.context import Around, Context
from qdsl.language.check.operations import check_apply
from qdsl.language.check.results import check_return
from qdsl.language.typed import tree
from qdsl.language.typed.errors.flow import InvalidCondition
from qdsl.language.typed.errors.names import AfterReturn
from qdsl.language.typed.errors.ownership import NestedPlaces, PointlessReveal
from qdsl.language.typed.types import Names


def check_body(body: Context, statements: Iterable[syntax.Statement]) -> tree.Body:
    """The statements, typed; one that cannot stand here is reported and left out."""
    found: list[tree.Statement] = []
    for statement in statements:
        if body.returned is not None:
            is_return = isinstance(statement, syntax.Return)
            problem = AfterReturn(statement.span, body.returned.span, is_return)
            body.typist.problems.add(problem)
        checked = _CHECK[type(statement)](body, statement)
        if checked is not None:
            found.append(checked)
    return tuple(found)


def _block(
    body: Context, statements: Iterable[syntax.Statement], around: Around, names: Names
) -> tree.Body:
    """Statements in braces, with names of their own."""
    outer_names, outer_around = body.typist.names, body.around
    body.typist.names, body.around = names, around
    try:
        return check_body(body, statements)
    finally:
        body.typist.names, body.around = outer_names, outer_around


# ---- blocks ----------------------------------------------------------------------------


def _for(body: Context, statement: syntax.For) -> tree.TypedFor:
    iterable, names, symbols = body.typist.loop(statement.names, statement.iterable)
    inner = _block(body, statement.body, body.inside(), names)
    return tree.TypedFor(statement, symbols, iterable, inner)


def _if(body: Context, statement: syntax.If) -> tree.TypedIf:
    condition = body.typist.condition(statement.condition)
    is_dynamic = condition.type.is_dynamic
    around = body.inside()
    if is_dynamic:
        span = condition.span
        _check_register(body, condition)
        around = body.inside(condition=span)
    then, otherwise = (
        _block(body, part, around, Names(body.typist.names))
        for part in (statement.then, statement.otherwise)
    )
    return tree.TypedIf(statement, condition, is_dynamic, then, otherwise)


def _check_register(body: Context, expr: tree.Expr) -> None:
    """Report a whole register where a truth value is wanted."""
    node = expr.syntax
    if isinstance(node, syntax.Unary) or (
        isinstance(node, syntax.Binary) and node.op in ("and", "or")
    ):
        for part in expr.parts:
            if part.type.is_dynamic:
                _check_register(body, part)
    elif expr.type.sort == "bits" and expr.type.rank:
        reason = "a whole register of bits is no condition"
        body.typist.problems.add(InvalidCondition(expr.span, reason))


def _at(body: Context, statement: syntax.At) -> tree.TypedAt:
    body.node(statement.node, "at")
    outer = body.around.at
    if outer is not None and outer.node.id != statement.node.id:
        inner, around = statement.node, outer.node
        problem = NestedPlaces(inner.span, inner.id, around.id, around.span)
        body.typist.problems.add(problem)
    names = Names(body.typist.names)
    return tree.TypedAt(statement, _block(body, statement.body, body.inside(at=statement), names))


# ---- other statements ------------------------------------------------------------------


def _measure(body: Context, statement: syntax.MeasureStatement) -> tree.TypedMeasure:
    body.unconditional("measure", statement.span)
    operand, target = body.typist.operand(statement.operand), None
    if statement.target is not None:
        target = body.typist.operand(statement.target, "bits")
    return tree.TypedMeasure(statement, target, operand)


def _reset(body: Context, statement: syntax.ResetStatement) -> tree.OnQubits:
    return tree.OnQubits(statement, tuple(map(body.typist.operand, statement.operands)))


def _barrier(body: Context, statement: syntax.Barrier) -> tree.OnQubits:
    body.unconditional("barrier", statement.span)
    return tree.OnQubits(statement, tuple(map(body.typist.operand, statement.operands)))


def _move(body: Context, statement: syntax.Move) -> tree.OnQubits:
    body.unconditional("move", statement.span)
    body.node(statement.node, "move")
    return tree.OnQubits(statement, tuple(map(body.typist.operand, statement.operands)))


def _reveal(body: Context, statement: syntax.Reveal) -> tree.TypedReveal:
    body.unconditional("reveal", statement.span)
    body.node(statement.node, "reveal")
    symbol = body.typist.find(statement.value)
    if symbol is None or body.model is None or symbol.type.is_unknown:
        return tree.TypedReveal(statement, symbol)
    reason = None
    if symbol.owner is None:
        reason = "it is public"
    elif symbol.owner == statement.node.id:
        reason = f"{symbol.owner} owns it"
    if reason is not None:
        name, node = symbol.name, statement.node.id
        problem = PointlessReveal(statement.span, name, node, reason, symbol.span)
        body.typist.problems.add(problem)
    return tree.TypedReveal(statement, symbol)


def _return(body: Context, statement: syntax.Return) -> tree.TypedReturn | None:
    if body.misplaced("return", statement.span, "return from the model that calls it"):
        return None
    found = check_return(body, statement)
    if body.returned is None:
        body.returned = statement
    return found


_CHECK: dict[type, Callable[[Context, Any], tree.Statement | None]] = {
    syntax.For: _for,
    syntax.If: _if,
    syntax.At: _at,
    syntax.MeasureStatement: _measure,
    syntax.ResetStatement: _reset,
    syntax.Barrier: _barrier,
    syntax.Move: _move,
    syntax.Reveal: _reveal,
    syntax.Apply: check_apply,
    syntax.Return: _return,
    **declarations.CHECK,
}
