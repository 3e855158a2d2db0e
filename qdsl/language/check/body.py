"""Statements of models and circuits: names, kinds, places, and where each may stand."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from qdsl.diagnostics.source import Span
from qdsl.language import syntax
from qdsl.language.check import declarations, results
from qdsl.language.check.errors.names import AfterReturn, Misplaced
from qdsl.language.check.errors.ownership import (
    NestedPlaces,
    PlacementWithoutNetwork,
    PointlessReveal,
    UnknownNode,
)
from qdsl.language.check.expressions import Typist
from qdsl.language.check.loops import loop_names
from qdsl.language.check.model import CircuitEntry
from qdsl.language.check.operations import check_apply
from qdsl.language.check.types import CONDITION, Names
from qdsl.language.lowering.errors.flow import InvalidCondition, NotInConditional
from qdsl.language.parser.spelling import closest
from qdsl.network.network import Network


@dataclass(slots=True)
class Around:
    """What encloses a statement: blocks, the innermost `at`, a condition on a measured bit."""

    blocks: int = 0
    at: syntax.At | None = None
    condition: Span | None = None


@dataclass(slots=True)
class Body:
    """One model or circuit being checked. `network` None: none, or one with errors."""

    typist: Typist
    circuits: Mapping[str, CircuitEntry]
    model: syntax.ModelDecl | None
    network: Network | None
    around: Around
    returned: syntax.Return | None = None

    def run(self, statements: Iterable[syntax.Statement]) -> None:
        for statement in statements:
            if self.returned is not None:
                is_return = isinstance(statement, syntax.Return)
                problem = AfterReturn(statement.span, self.returned.span, is_return)
                self.typist.problems.add(problem)
            _CHECK[type(statement)](self, statement)

    def block(self, statements: Iterable[syntax.Statement], around: Around, names: Names) -> None:
        """Statements in braces, with names of their own."""
        outer_names, outer_around = self.typist.names, self.around
        self.typist.names, self.around = names, around
        try:
            self.run(statements)
        finally:
            self.typist.names, self.around = outer_names, outer_around

    def inside(self, at: syntax.At | None = None, condition: Span | None = None) -> Around:
        here = self.around
        return Around(here.blocks + 1, at or here.at, condition or here.condition)

    def misplaced(self, what: str, span: Span, suggestion: str | None = None) -> bool:
        """Report what cannot stand in a circuit or block."""
        if self.model is None:
            self.typist.problems.add(Misplaced(span, what, "in a circuit", suggestion))
        elif self.around.blocks:
            text = "put it at the top of the model"
            self.typist.problems.add(Misplaced(span, what, "in a block", text))
        else:
            return False
        return True

    def node(self, name: syntax.Name, what: str) -> None:
        """Report a node that is none."""
        if self.model is None:
            text = "write `at` around the call"
            self.typist.problems.add(Misplaced(name.span, what, "in a circuit", text))
        elif self.model.network is None:
            head = self.model.name
            self.typist.problems.add(PlacementWithoutNetwork(name.span, what, head.id, head.span))
        elif self.network is not None and name.id not in self.network.index:
            meant = closest(name.id, self.network.index)
            span = self.model.network.span
            problem = UnknownNode(name.span, name.id, self.network.name, meant, span)
            self.typist.problems.add(problem)

    def unconditional(self, what: str, span: Span) -> None:
        if self.around.condition is not None:
            self.typist.problems.add(NotInConditional(span, what, self.around.condition))


# ---- blocks ----------------------------------------------------------------------------


def _for(body: Body, statement: syntax.For) -> None:
    names = loop_names(body.typist, statement.names, statement.iterable)
    body.block(statement.body, body.inside(), names)


def _if(body: Body, statement: syntax.If) -> None:
    found = body.typist.condition(statement.condition)
    span = statement.condition.span
    around = body.inside()
    if found == CONDITION:
        _check_bit(body, statement.condition)
        if body.around.condition is not None:
            reason = "it stands inside another condition on a measured bit"
            body.typist.problems.add(InvalidCondition(span, reason, body.around.condition))
        around = body.inside(condition=span)
    for part in (statement.then, statement.otherwise):
        body.block(part, around, Names(body.typist.names))


def _check_bit(body: Body, expr: syntax.Expr) -> None:
    """Report a dynamic condition that is not one bit, compared with a number or negated."""
    while isinstance(expr, syntax.Unary):
        expr = expr.operand
    if isinstance(expr, (syntax.Name, syntax.Index)):
        return
    reason = "only one bit, compared with 0 or 1, is possible"
    if isinstance(expr, syntax.Binary) and expr.op in ("==", "!="):
        sides = [s for s in (expr.left, expr.right) if body.typist.of(s).sort == "bits"]
        if len(sides) == 1 and isinstance(sides[0], (syntax.Name, syntax.Index)):
            return
        reason = "two bits are compared" if len(sides) == 2 else reason
    body.typist.problems.add(InvalidCondition(expr.span, reason))


def _at(body: Body, statement: syntax.At) -> None:
    body.node(statement.node, "at")
    outer = body.around.at
    if outer is not None and outer.node.id != statement.node.id:
        inner, around = statement.node, outer.node
        problem = NestedPlaces(inner.span, inner.id, around.id, around.span)
        body.typist.problems.add(problem)
    body.block(statement.body, body.inside(at=statement), Names(body.typist.names))


# ---- other statements ------------------------------------------------------------------


def _measure(body: Body, statement: syntax.Measure) -> None:
    body.unconditional("measure", statement.span)
    body.typist.operand(statement.operand)
    if statement.target is not None:
        body.typist.operand(statement.target, "bits")


def _reset(body: Body, statement: syntax.Reset) -> None:
    for operand in statement.operands:
        body.typist.operand(operand)


def _barrier(body: Body, statement: syntax.Barrier) -> None:
    body.unconditional("barrier", statement.span)
    for operand in statement.operands:
        body.typist.operand(operand)


def _move(body: Body, statement: syntax.Move) -> None:
    body.unconditional("move", statement.span)
    body.node(statement.node, "move")
    for operand in statement.operands:
        body.typist.operand(operand)


def _reveal(body: Body, statement: syntax.Reveal) -> None:
    body.unconditional("reveal", statement.span)
    body.node(statement.node, "reveal")
    symbol = body.typist.find(statement.value)
    if symbol is None or body.model is None or symbol.type.is_unknown:
        return
    reason = None
    if symbol.owner is None:
        reason = "it is public"
    elif symbol.owner == statement.node.id:
        reason = f"{symbol.owner} owns it"
    if reason is not None:
        problem = PointlessReveal(
            statement.span, symbol.name, statement.node.id, reason, symbol.span
        )
        body.typist.problems.add(problem)


def _apply(body: Body, statement: syntax.Apply) -> None:
    check_apply(body, statement)


def _return(body: Body, statement: syntax.Return) -> None:
    if body.misplaced("return", statement.span, "return from the model that calls it"):
        return
    results.check_return(body, statement)
    if body.returned is None:
        body.returned = statement


_CHECK: dict[type, Callable[[Body, Any], None]] = {
    syntax.For: _for, syntax.If: _if, syntax.At: _at, syntax.Measure: _measure,
    syntax.Reset: _reset, syntax.Barrier: _barrier, syntax.Move: _move, syntax.Reveal: _reveal,
    syntax.Apply: _apply, syntax.Return: _return, **declarations.CHECK,
}  # fmt: skip
