"""Who uses whose values where, without sizes: through loops and calls, in the order of the text.

A call is not an operation: each operation of its body is looked at, with the values that it uses.
Which item of a list that is depends on sizes, and is left to the lowering.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from qdsl.diagnostics.diagnostic import Diagnostics
from qdsl.diagnostics.source import Span
from qdsl.language import syntax
from qdsl.language.typed import tree
from qdsl.language.typed.errors.ownership import ForeignValue, TwoOwners
from qdsl.records import dataclass


@dataclass(frozen=True, slots=True)
class Owned:
    """A private value, as the model calls it."""

    name: str
    owner: str
    span: Span


Values = Mapping[str, frozenset[Owned]]  # what stands behind a name

NOTHING: frozenset[Owned] = frozenset()


@dataclass(slots=True)
class OwnershipWalk:
    """The walk through one model. `knows[x]` are the nodes that know x."""

    problems: Diagnostics
    knows: dict[str, set[str]] = field(default_factory=dict)
    done: set[object] = field(default_factory=set)
    at: syntax.Name | None = None
    call: Span | None = None  # the statement of the model that is being carried out
    depth: int = 0

    def run(self, body: tree.Body, values: dict[str, frozenset[Owned]]) -> None:
        for statement in body:
            self._statement(statement, values)

    def _statement(self, statement: tree.Statement, values: dict[str, frozenset[Owned]]) -> None:
        match statement:
            case tree.TypedVector(symbol=symbol) if symbol.owner is not None:
                values[symbol.name] = frozenset({Owned(symbol.name, symbol.owner, symbol.span)})
                self.knows[symbol.name] = {symbol.owner}
            case tree.TypedLet():
                values[statement.symbol.name] = _behind(statement.value, values)
            case tree.TypedReveal(syntax=node):
                self.knows.setdefault(node.value.id, set()).add(node.node.id)
            case tree.TypedAt():
                outer, self.at = self.at, statement.syntax.node
                self.run(statement.body, values)
                self.at = outer
            case tree.TypedFor():
                self.run(statement.body, values)
            case tree.TypedIf():
                self.run(statement.then, values)
                self.run(statement.otherwise, values)
            case tree.TypedApply():
                self._apply(statement, values)

    def _apply(self, statement: tree.TypedApply, values: Values) -> None:
        found = [_behind(arg, values) for arg in statement.args]
        if not any(found):
            return
        if self.depth == 0:
            self.call = statement.span
        if isinstance(statement.operation, tree.TypedCircuit):
            self._inside(statement, statement.operation, found)
        elif isinstance(statement.operation, tree.Import):  # which row uses which, its rows say
            self._foreign(statement, NOTHING.union(*found))
        else:
            self._used(statement, NOTHING.union(*found))

    def _inside(
        self, statement: tree.TypedApply, circuit: tree.TypedCircuit, found: list[frozenset[Owned]]
    ) -> None:
        """A call: foreign arguments are reported at the call, mixtures by looking inside."""
        everything = NOTHING.union(*found)
        if self._foreign(statement, everything):
            return
        owners = {value.owner for value in everything}
        at = self.at.id if self.at else None
        known = frozenset((v, frozenset(self.knows[v.name])) for v in everything)
        key = (circuit.name, tuple(found), at, known)
        if len(owners) < 2 or key in self.done or self.depth > 50:
            return
        self.done.add(key)
        names = [p.name for p in circuit.parameters]
        self.depth += 1
        self.run(circuit.body, dict(zip(names, found, strict=False)))
        self.depth -= 1

    def _used(self, statement: tree.TypedApply, values: frozenset[Owned]) -> None:
        if self._foreign(statement, values) or self.at is not None:
            return
        common = set.intersection(*(self.knows[v.name] for v in values))
        owners = {v.owner for v in values}
        if len(owners) > 1 and not common:
            ordered = sorted(values, key=lambda v: v.span.start)
            first = ordered[0]
            other = next(v for v in ordered if v.owner != first.owner)
            self.problems.add(
                TwoOwners(
                    self._span(statement),
                    (first.name, other.name),
                    (first.owner, other.owner),
                    (first.span, other.span),
                    statement.span if self.depth else None,
                )
            )

    def _foreign(self, statement: tree.TypedApply, values: frozenset[Owned]) -> bool:
        """Report values that the enclosing `at` does not know."""
        if self.at is None:
            return False
        foreign = sorted(
            (v for v in values if self.at.id not in self.knows[v.name]), key=lambda v: v.span.start
        )
        for value in foreign:
            span = self._argument(statement, value)
            problem = ForeignValue(
                span, value.name, value.owner, self.at.id, value.span, self.at.span
            )
            self.problems.add(problem)
        return bool(foreign)

    def _argument(self, statement: tree.TypedApply, value: Owned) -> Span:
        """The argument that uses a value, in the model's own text."""
        if self.depth:
            return self._span(statement)
        wanted = (a.span for a in statement.args if value.name in a.names)
        return next(wanted, statement.span)

    def _span(self, statement: tree.TypedApply) -> Span:
        return self.call if self.depth and self.call is not None else statement.span


def _behind(expr: tree.Expr, values: Values) -> frozenset[Owned]:
    """The values that every use of an expression uses: of a list, those behind all its items."""
    node = expr.syntax
    if isinstance(node, syntax.Call) and node.function.id == "len":
        return NOTHING
    parts = [_behind(part, values) for part in expr.parts]
    if isinstance(node, syntax.ListLit):
        return frozenset.intersection(*parts) if parts else NOTHING
    return NOTHING.union(*parts, *(values.get(s.name, NOTHING) for s in expr.symbols))


def check_ownership(body: tree.Body, problems: Diagnostics) -> None:
    """Report values of a model that are used where nobody knows them."""
    OwnershipWalk(problems).run(body, {})
