"""Declarations: data, parameters, registers, bits, `let`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from qdsl.language import syntax
from qdsl.language.check.errors.names import DuplicateName, UnknownType
from qdsl.language.check.errors.ownership import PublicByNature
from qdsl.language.check.types import (
    DATA_KINDS,
    GRAPH,
    INT,
    LIST,
    PARAM_KINDS,
    REAL,
    UNKNOWN,
    Symbol,
    Type,
)
from qdsl.language.parser.spelling import closest
from qdsl.language.values.arithmetic import CONSTANTS
from qdsl.language.values.errors import WrongKind

if TYPE_CHECKING:
    from qdsl.language.check.body import Body
    from qdsl.language.check.expressions import Typist


def declare(typist: Typist, symbol: Symbol) -> None:
    """Make a name known from here on; one that is taken is reported and keeps its meaning."""
    earlier = typist.names.find(symbol.name)
    if earlier is not None:
        typist.problems.add(DuplicateName(symbol.span, symbol.name, earlier.span))
        return
    if symbol.name in CONSTANTS:
        what = "a constant of the language"
        typist.problems.add(DuplicateName(symbol.span, symbol.name, None, what))
        return
    typist.names.symbols[symbol.name] = symbol


def type_of(typist: Typist, type_: syntax.TypeExpr, kinds: tuple[str, ...]) -> Type:
    """The type that is written; an unknown one is reported."""
    kind = type_.kind.id
    if kind not in kinds:
        reason = f"the types are {', '.join(kinds)}"
        typist.problems.add(UnknownType(type_.kind.span, kind, reason, closest(kind, kinds)))
        return UNKNOWN
    rank = len(type_.shape)
    if kind == "graph" and rank:
        typist.problems.add(UnknownType(type_.span, "graph[...]", "a graph has no sizes"))
        return GRAPH
    if kind == "matching" and rank != 1:
        reason = "a matching has one size: `matching[2**n]`"
        typist.problems.add(UnknownType(type_.span, "matching", reason))
        return UNKNOWN
    return GRAPH if kind == "graph" else Type("value", kind, rank)


def _data(body: Body, statement: syntax.DataDecl) -> None:
    if body.misplaced("data", statement.span, "make it a parameter of the circuit"):
        return
    typist = body.typist
    found = type_of(typist, statement.type, DATA_KINDS)
    _sizes(body, statement)
    if found == GRAPH:
        _check_graph(body, statement)
    elif statement.value is not None:
        found = _given(typist, statement, found)
    _own(body, statement, "data", found)


def _given(typist: Typist, statement: syntax.DataDecl, found: Type) -> Type:
    """The type of data whose numbers stand in the program: known when the circuit is built."""
    assert statement.value is not None
    value = typist.of(statement.value)
    if statement.type.shape:
        if value.sort not in ("list", "unknown"):
            typist.problems.add(WrongKind(statement.value.span, "a list of numbers", str(value)))
        return LIST
    if value.sort not in ("int", "real", "unknown"):
        typist.problems.add(WrongKind(statement.value.span, "a number", str(value)))
    return INT if found.kind in ("int", "bits") else REAL


def _check_graph(body: Body, statement: syntax.DataDecl) -> None:
    if statement.owner is not None:
        span, name = statement.owner.span, statement.name.id
        reason = "a graph shapes the circuit"
        body.typist.problems.add(PublicByNature(span, name, statement.owner.id, reason))
    if statement.value is None:
        text = 'write `= cycle(n)`, or `= "graph.json"`'
        body.typist.problems.add(WrongKind(statement.span, "a graph behind `=`", "nothing", text))
        return
    value = body.typist.of(statement.value)
    if value.sort not in ("graph", "text", "unknown"):
        body.typist.problems.add(WrongKind(statement.value.span, "a graph", str(value)))


def _param(body: Body, statement: syntax.ParamDecl) -> None:
    if body.misplaced("param", statement.span, "make it a parameter of the circuit"):
        return
    found = type_of(body.typist, statement.type, PARAM_KINDS)
    _sizes(body, statement)
    _own(body, statement, "param", found)


def _sizes(body: Body, statement: syntax.DataDecl | syntax.ParamDecl) -> None:
    for dimension in statement.type.shape:
        body.typist.integer(dimension, "an integer size")


def _own(body: Body, statement: syntax.DataDecl | syntax.ParamDecl, role: str, found: Type) -> None:
    owner = statement.owner
    if owner is not None:
        body.node(owner, "owner")
        if isinstance(statement, syntax.DataDecl) and found.sort in ("list", "int", "real"):
            reason = "its value stands in the program"
            problem = PublicByNature(owner.span, statement.name.id, owner.id, reason)
            body.typist.problems.add(problem)
    name = statement.name
    symbol = Symbol(name.id, found, name.span, role, owner.id if owner else None)
    declare(body.typist, symbol)


def _registers(body: Body, statement: syntax.QubitsDecl | syntax.BitsDecl) -> None:
    sort = "qubits" if isinstance(statement, syntax.QubitsDecl) else "bits"
    if body.misplaced(sort, statement.span, "name the registers behind `on`"):
        return
    for register in statement.registers:
        if register.size is not None:
            body.typist.integer(register.size, "an integer size")
        type_ = Type(sort, "", 0 if register.size is None else 1)
        name = register.name
        declare(body.typist, Symbol(name.id, type_, name.span, sort))


def _let(body: Body, statement: syntax.Let) -> None:
    found = body.typist.of(statement.value)
    if found.sort in ("condition", "bits", "observable", "range", "text"):
        wanted = "a value known when the circuit is built, or an array"
        body.typist.problems.add(WrongKind(statement.value.span, wanted, str(found)))
        found = UNKNOWN
    name = statement.name
    declare(body.typist, Symbol(name.id, found, name.span, "let"))


CHECK: dict[type, Callable[[Any, Any], None]] = {
    syntax.DataDecl: _data,
    syntax.ParamDecl: _param,
    syntax.QubitsDecl: _registers,
    syntax.BitsDecl: _registers,
    syntax.Let: _let,
}
