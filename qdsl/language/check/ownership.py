"""Who uses whose values where, without sizes: through loops and calls, in the order of the text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from qdsl.diagnostics.diagnostic import Diagnostics
from qdsl.diagnostics.source import Span
from qdsl.language import syntax
from qdsl.language.check.errors.ownership import ForeignValue, TwoOwners
from qdsl.language.check.model import CircuitEntry
from qdsl.language.lowering.shaping import names_in
from qdsl.network.network import Network


@dataclass(frozen=True, slots=True)
class Owned:
    """A private value, as the model calls it."""

    name: str
    owner: str
    span: Span


Values = Mapping[str, frozenset[Owned]]  # what stands behind a name

NOTHING: frozenset[Owned] = frozenset()


@dataclass(slots=True)
class Ownership:
    """The walk through one model. `knows[x]` are the nodes that know x."""

    circuits: Mapping[str, CircuitEntry]
    problems: Diagnostics
    knows: dict[str, set[str]] = field(default_factory=dict)
    done: set[object] = field(default_factory=set)
    at: syntax.Name | None = None
    call: Span | None = None  # the statement of the model that is being carried out
    depth: int = 0

    def run(self, body: Iterable[syntax.Statement], values: dict[str, frozenset[Owned]]) -> None:
        for statement in body:
            self._statement(statement, values)

    def _statement(self, statement: syntax.Statement, values: dict[str, frozenset[Owned]]) -> None:
        match statement:
            case syntax.DataDecl() | syntax.ParamDecl() if statement.owner is not None:
                name = statement.name
                owner = statement.owner.id
                values[name.id] = frozenset({Owned(name.id, owner, name.span)})
                self.knows[name.id] = {owner}
            case syntax.Let():
                values[statement.name.id] = _behind(statement.value, values)
            case syntax.Reveal():
                self.knows.setdefault(statement.value.id, set()).add(statement.node.id)
            case syntax.At():
                outer, self.at = self.at, statement.node
                self.run(statement.body, values)
                self.at = outer
            case syntax.For():
                self.run(statement.body, values)
            case syntax.If():
                self.run(statement.then, values)
                self.run(statement.otherwise, values)
            case syntax.Apply():
                self._apply(statement, values)

    def _apply(self, statement: syntax.Apply, values: Values) -> None:
        found = [_behind(arg, values) for arg in statement.args]
        if not any(found):
            return
        circuit = self.circuits.get(statement.name.id)
        if self.depth == 0:
            self.call = statement.span
        if isinstance(circuit, syntax.CircuitDecl):
            self._inside(statement, circuit, found)
        else:
            self._used(statement, NOTHING.union(*found))

    def _inside(
        self, statement: syntax.Apply, circuit: syntax.CircuitDecl, found: list[frozenset[Owned]]
    ) -> None:
        """A call: foreign arguments are reported at the call, mixtures by looking inside."""
        everything = NOTHING.union(*found)
        if self._foreign(statement, everything):
            return
        owners = {value.owner for value in everything}
        at = self.at.id if self.at else None
        known = frozenset((v, frozenset(self.knows[v.name])) for v in everything)
        key = (circuit.name.id, tuple(found), at, known)
        if len(owners) < 2 or key in self.done or self.depth > 50:
            return
        self.done.add(key)
        names = [p.name.id for p in circuit.parameters]
        self.depth += 1
        self.run(circuit.body, dict(zip(names, found, strict=False)))
        self.depth -= 1

    def _used(self, statement: syntax.Apply, values: frozenset[Owned]) -> None:
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

    def _foreign(self, statement: syntax.Apply, values: frozenset[Owned]) -> bool:
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

    def _argument(self, statement: syntax.Apply, value: Owned) -> Span:
        """The argument that uses a value, in the model's own text."""
        if self.depth:
            return self._span(statement)
        wanted = (a.span for a in statement.args if value.name in names_in(a))
        return next(wanted, statement.span)

    def _span(self, statement: syntax.Apply) -> Span:
        return self.call if self.depth and self.call is not None else statement.span


def _behind(expr: syntax.Expr, values: Values) -> frozenset[Owned]:
    return NOTHING.union(*(values.get(name, NOTHING) for name in names_in(expr)))


def check_ownership(
    model: syntax.ModelDecl,
    circuits: Mapping[str, CircuitEntry],
    network: Network,
    problems: Diagnostics,
) -> None:
    """Report values that are used where nobody knows them."""
    Ownership(circuits, problems).run(model.body, {})
