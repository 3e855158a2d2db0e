"""Declarations: data, parameters, registers, bits, `let`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from qdsl.language import syntax
from qdsl.language.check.context import Context
from qdsl.language.syntax.spelling import closest
from qdsl.language.typed import tree
from qdsl.language.typed.errors.names import UnknownType
from qdsl.language.typed.errors.ownership import PublicByNature
from qdsl.language.typed.expressions import Typist
from qdsl.language.typed.types import (
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
from qdsl.language.values.errors import TypeMismatch

# Types of other languages -> the type here.
_OTHER_TYPES = {
    "float": "real", "double": "real", "number": "real", "decimal": "real", "scalar": "real",
    "complex": "real", "array": "real", "vector": "real", "list": "real", "integer": "int",
    "uint": "int", "long": "int", "bit": "bits", "bool": "bits", "boolean": "bits", "rad": "angle",
    "radian": "angle", "radians": "angle", "theta": "angle", "network": "graph",
}  # fmt: skip


def type_of(typist: Typist, type_: syntax.TypeExpr, kinds: tuple[str, ...]) -> Type:
    """The type that is written; an unknown one is reported."""
    kind = type_.kind.id
    if kind not in kinds:
        reason = f"the types are {', '.join(kinds)}"
        other = _OTHER_TYPES.get(kind.lower())
        meant = other if other in kinds else closest(kind, kinds)
        typist.problems.add(UnknownType(type_.kind.span, kind, reason, meant))
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


def _data(body: Context, statement: syntax.DataDecl) -> tree.TypedVector | None:
    if body.misplaced("data", statement.span, "make it a parameter of the circuit"):
        return None
    typist = body.typist
    found = type_of(typist, statement.type, DATA_KINDS)
    shape = _sizes(typist, statement)
    value = None if statement.value is None else typist.of(statement.value)
    if found == GRAPH:
        _check_graph(typist, statement, value)
    elif value is not None:
        found = _given(typist, statement, value, found)
    return tree.TypedVector(statement, _owned(body, statement, "data", found), shape, value)


def _given(typist: Typist, statement: syntax.DataDecl, value: tree.Expr, found: Type) -> Type:
    """The type of data whose numbers stand in the program: known when the circuit is built."""
    wanted, sorts = "a number", ("int", "real", "unknown")
    if statement.type.shape:
        wanted, sorts = "a list of numbers", ("list", "unknown", "unknown")
    if value.type.sort not in sorts:
        typist.problems.add(TypeMismatch(value.span, wanted, str(value.type)))
    if statement.type.shape:
        return LIST
    return INT if found.kind in ("int", "bits") else REAL


def _check_graph(typist: Typist, statement: syntax.DataDecl, value: tree.Expr | None) -> None:
    if statement.owner is not None:
        span, name = statement.owner.span, statement.name.id
        reason = "a graph shapes the circuit"
        typist.problems.add(PublicByNature(span, name, statement.owner.id, reason))
    if value is None:
        text = 'write `= cycle(n)`, or `= "graph.json"`'
        typist.problems.add(TypeMismatch(statement.span, "a graph behind `=`", "nothing", text))
    elif value.type.sort not in ("graph", "text", "unknown"):
        typist.problems.add(TypeMismatch(value.span, "a graph", str(value.type)))


def _param(body: Context, statement: syntax.ParamDecl) -> tree.TypedVector | None:
    if body.misplaced("param", statement.span, "make it a parameter of the circuit"):
        return None
    found = type_of(body.typist, statement.type, PARAM_KINDS)
    shape = _sizes(body.typist, statement)
    return tree.TypedVector(statement, _owned(body, statement, "param", found), shape)


def _sizes(typist: Typist, statement: syntax.DataDecl | syntax.ParamDecl) -> tuple[tree.Expr, ...]:
    return tuple(typist.integer(size, "an integer size") for size in statement.type.shape)


def _owned(
    body: Context, statement: syntax.DataDecl | syntax.ParamDecl, role: str, found: Type
) -> Symbol:
    owner = statement.owner
    if owner is not None:
        body.node(owner, "owner")
        if isinstance(statement, syntax.DataDecl) and found.sort in ("list", "int", "real"):
            reason = "its value stands in the program"
            problem = PublicByNature(owner.span, statement.name.id, owner.id, reason)
            body.typist.problems.add(problem)
    return _declared(body, statement.name, found, role, owner.id if owner else None)


def _declared(
    body: Context, name: syntax.Name, found: Type, role: str, owner: str | None = None
) -> Symbol:
    symbol = Symbol(name.id, found, name.span, role, owner)
    body.typist.declare(symbol)
    return symbol


def _registers(
    body: Context, statement: syntax.QubitsDecl | syntax.BitsDecl
) -> tree.Registers | None:
    sort = "qubits" if isinstance(statement, syntax.QubitsDecl) else "bits"
    if body.misplaced(sort, statement.span, "name the registers behind `on`"):
        return None
    symbols: list[Symbol] = []
    sizes: list[tree.Expr | None] = []
    for register in statement.registers:
        size = register.size
        sizes.append(None if size is None else body.typist.integer(size, "an integer size"))
        type_ = Type(sort, "", 0 if size is None else 1)
        symbols.append(_declared(body, register.name, type_, sort))
    return tree.Registers(statement, tuple(symbols), tuple(sizes))


_NO_VALUES = {
    "text": "texts only name files: write them where they are used",
    "range": "write the range in the loop: `for i in 0..n`",
    "observable": "write the observable in `expect(...)`",
    "bits": "name the bits where they are used",
    "condition": "write the condition behind `if`",
}


def _let(body: Context, statement: syntax.Let) -> tree.TypedLet:
    value = body.typist.of(statement.value)
    found = value.type
    if found.sort in ("condition", "bits", "observable", "range", "text"):
        wanted = "a value known when the circuit is built, or an array"
        instead = _NO_VALUES.get(found.sort)
        body.typist.problems.add(TypeMismatch(value.span, wanted, str(found), instead))
        found = UNKNOWN
    return tree.TypedLet(statement, _declared(body, statement.name, found, "let"), value)


CHECK: dict[type, Callable[[Context, Any], tree.Statement | None]] = {
    syntax.DataDecl: _data,
    syntax.ParamDecl: _param,
    syntax.QubitsDecl: _registers,
    syntax.BitsDecl: _registers,
    syntax.Let: _let,
}
