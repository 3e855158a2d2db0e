"""Expressions while a program is compiled: exact integers, reals, and angles as polynomials.

`evaluate` raises `Refusal` with one diagnostic; nothing here hangs or fills the memory. Kinds
are looked at only where types leave them open: items of lists, and angles where numbers are
wanted.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from qdsl.diagnostics.reported import Refusal
from qdsl.diagnostics.source import Span
from qdsl.language import syntax
from qdsl.language.syntax.units import UNITS
from qdsl.language.typed.tree import Expr
from qdsl.language.values import angles, graphs
from qdsl.language.values.arithmetic import (
    BINARY,
    CONSTANTS,
    FUNCTIONS,
)
from qdsl.language.values.domain import Bits, Graph, Qubits, Value, View, describe
from qdsl.language.values.errors import (
    InvalidArithmetic,
    NotAnAngle,
    NotKnownAtCompileTime,
    TypeMismatch,
)
from qdsl.language.values.indexing import Item, Slice, element
from qdsl.language.values.iteration import Iterations, iterations
from qdsl.language.values.numbers import WORD, as_integer, as_number, as_polynomial, guarded
from qdsl.language.values.polynomial import Polynomial
from qdsl.language.values.scope import Scope

Parts = tuple[Expr, ...]


def evaluate(expr: Expr, scope: Scope) -> Value:
    """The value of an expression; a scalar of data or parameters comes as a `Polynomial`."""
    node = expr.syntax
    return _EVALUATE[type(node)](node, expr.parts, scope)


def integer(expr: Expr, scope: Scope, wanted: str = "an integer") -> int:
    node = expr.syntax
    if type(node) is syntax.IntLit:
        return node.value
    return as_integer(evaluate(expr, scope), expr.span, wanted)


def truth(expr: Expr, scope: Scope) -> bool:
    value = evaluate(expr, scope)
    if isinstance(value, bool):
        return value
    if isinstance(value, (Polynomial, View)):
        raise Refusal(NotKnownAtCompileTime(expr.span, "a condition"))
    raise Refusal(TypeMismatch(expr.span, "a condition", describe(value), "compare it: `... == 1`"))


def angle(expr: Expr, scope: Scope) -> Polynomial:
    """A scalar angle in radians."""
    return as_polynomial(evaluate(expr, scope), expr.span)


# ---- atoms -----------------------------------------------------------------------------


def _literal(
    node: syntax.IntLit | syntax.RealLit | syntax.StringLit, parts: Parts, scope: Scope
) -> Value:
    return node.value


def _quantity(node: syntax.Quantity, parts: Parts, scope: Scope) -> Value:
    return node.value * UNITS[node.unit].scale


def _name(node: syntax.Name, parts: Parts, scope: Scope) -> Value:
    value = CONSTANTS[node.id] if node.id in CONSTANTS else scope.find(node.id)
    if isinstance(value, View) and not value.shape:
        return Polynomial.of_slot(value.start)
    return value


def _list(node: syntax.ListLit, parts: Parts, scope: Scope) -> Value:
    return tuple([evaluate(item, scope) for item in parts])


def _range(node: syntax.Range, parts: Parts, scope: Scope) -> Value:
    lo, hi, step = _bounds(node, parts, scope)
    if step == 0:
        raise Refusal(InvalidArithmetic(node.span, "the step is zero", "use step 1"))
    return range(lo or 0, hi or 0, step)


def _bounds(node: syntax.Range, parts: Parts, scope: Scope) -> tuple[int | None, int | None, int]:
    """Start and end, None where they are left out, and the step."""
    given = iter(parts)
    lo, hi, step = (
        None if part is None else integer(next(given), scope, "an integer bound")
        for part in (node.lo, node.hi, node.step)
    )
    return lo, hi, 1 if step is None else step


# ---- operators -------------------------------------------------------------------------


def _unary(node: syntax.Unary, parts: Parts, scope: Scope) -> Value:
    if node.op == "not":
        return not truth(parts[0], scope)
    value = evaluate(parts[0], scope)
    return -value if isinstance(value, Polynomial) else -as_number(value, parts[0].span)


_SMALL: dict[str, Callable[[int, int], int]] = {
    "+": int.__add__,
    "-": int.__sub__,
    "*": int.__mul__,
}


def _fit(a: int, b: int) -> bool:
    return -WORD < a < WORD and -WORD < b < WORD


def _binary(node: syntax.Binary, parts: Parts, scope: Scope) -> Value:
    op = node.op
    if op in ("and", "or"):
        left = truth(parts[0], scope)
        return left if left == (op == "or") else truth(parts[1], scope)
    a, b = evaluate(parts[0], scope), evaluate(parts[1], scope)
    if type(a) is int and type(b) is int and op in _SMALL and _fit(a, b):
        return _SMALL[op](a, b)
    if op in COMPARE:
        return _compare(op, parts, (a, b))
    if isinstance(a, Polynomial) or isinstance(b, Polynomial):
        return _angles(node, a, b)
    numbers = as_number(a, parts[0].span), as_number(b, parts[1].span)
    return guarded(node.span, lambda: BINARY[op](*numbers), scope.showing())


COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "==": lambda a, b: bool(a == b),
    "!=": lambda a, b: bool(a != b),
    "<": lambda a, b: bool(a < b),
    "<=": lambda a, b: bool(a <= b),
    ">": lambda a, b: bool(a > b),
    ">=": lambda a, b: bool(a >= b),
}


def _compare(op: str, parts: Parts, values: tuple[Value, Value]) -> bool:
    for part, value in zip(parts, values, strict=True):
        if isinstance(value, (Polynomial, View)):
            raise Refusal(NotKnownAtCompileTime(part.span, "a condition"))
        if not isinstance(value, (int, float)):
            raise Refusal(TypeMismatch(part.span, "a number", describe(value)))
    return COMPARE[op](*values)


def _angles(node: syntax.Binary, left: Value, right: Value) -> Polynomial:
    """Polynomial arithmetic; division only by numbers, powers only small and whole."""
    if node.op == "*" and type(left) is int and type(right) is Polynomial and abs(left) < WORD:
        return right.scaled(float(left))
    a = as_polynomial(left, node.left.span)
    if node.op == "**":
        return angles.power(a, right, node.span)
    b = as_polynomial(right, node.right.span)
    if node.op == "/" and b.is_constant:
        return a.scaled(float(guarded(node.span, lambda: BINARY["/"](1.0, b.constant))))
    return angles.combined(node.op, a, b, node.span)


# ---- indices, functions, sums ----------------------------------------------------------


def _index(node: syntax.Index, parts: Parts, scope: Scope) -> Value:
    base = evaluate(parts[0], scope)
    return element(base, [index_item(item, scope) for item in parts[1:]], node, scope)


def index_item(item: Expr, scope: Scope) -> Item:
    """An index or a range between brackets."""
    node = item.syntax
    if isinstance(node, syntax.Range):
        return Slice(*_bounds(node, item.parts, scope), node.span)
    return integer(item, scope, "an integer index")


def _call(node: syntax.Call, parts: Parts, scope: Scope) -> Value:
    name = node.function.id
    if name in graphs.GENERATORS:
        return graphs.generate(node, [evaluate(part, scope) for part in parts])
    if name == "degree":
        graph = graphs.as_graph(evaluate(parts[0], scope), parts[0].span)
        node_number = integer(parts[1], scope, "a node's number")
        return graphs.degree(graph, node_number, node, scope.showing())
    values = [evaluate(part, scope) for part in parts]
    if name in graphs.FUNCTIONS:
        graph = graphs.as_graph(values[0], parts[0].span)
        return graph.n if name == "nodes" else graph.edges
    if name == "len":
        return _length(values[0], parts[0].span)
    if any(isinstance(v, Polynomial) and v.terms for v in values):
        raise Refusal(NotAnAngle(node.span, f"'{name}'"))
    numbers = [as_number(v, part.span) for v, part in zip(values, parts, strict=True)]
    return guarded(node.span, lambda: FUNCTIONS[name].apply(*numbers), scope.showing())


def _length(value: Value, span: Span) -> int:
    """`len(x)`: the first dimension of an array, the size of a register, list or graph."""
    match value:
        case View() if value.shape:
            return value.vector.shape[0] * 2 if value.kind == "matching" else value.shape[0]
        case Qubits() | Bits():
            return len(value.ids)
        case Graph():
            return value.n
        case tuple():
            return len(value)
    raise Refusal(TypeMismatch(span, "an array or a register", describe(value)))


def _sum(node: syntax.SumOver, parts: Parts, scope: Scope) -> Value:
    total: Value = 0
    names = tuple(name.id for name in node.names)
    found = terms_of(node, parts[0], scope)
    with scope.looping():
        for items in found:
            scope.bind_items(names, items)
            total = _added(node, total, evaluate(parts[1], scope))
    return total


def terms_of(node: syntax.SumOver, iterable: Expr, scope: Scope) -> Iterations:
    """The iterations of a sum; `Refusal` if all sums together have too many."""
    found = iterations(evaluate(iterable, scope), node.iterable, node.names)
    if not scope.terms.spend(found.total):
        reason = f"the sums have more than {scope.terms.limit:,} terms"
        raise Refusal(InvalidArithmetic(node.span, reason, "sum over fewer terms"))
    return found


def _added(node: syntax.SumOver, total: Value, value: Value) -> Value:
    if isinstance(total, Polynomial) or isinstance(value, Polynomial):
        sum_ = as_polynomial(total, node.span) + as_polynomial(value, node.body.span)
        return angles.small(sum_, node.span)
    a, b = as_number(total, node.span), as_number(value, node.body.span)
    return guarded(node.span, lambda: BINARY["+"](a, b))


_EVALUATE: dict[type, Callable[[Any, Parts, Scope], Value]] = {
    syntax.IntLit: _literal,
    syntax.RealLit: _literal,
    syntax.StringLit: _literal,
    syntax.Quantity: _quantity,
    syntax.Name: _name,
    syntax.ListLit: _list,
    syntax.Range: _range,
    syntax.Unary: _unary,
    syntax.Binary: _binary,
    syntax.Index: _index,
    syntax.Call: _call,
    syntax.SumOver: _sum,
}
