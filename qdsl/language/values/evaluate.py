"""Expressions while a program is compiled: exact integers, reals, and angles as polynomials.

`evaluate` raises `Refusal` with one diagnostic; nothing here hangs or fills the memory.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from qdsl.diagnostics.reported import Refusal
from qdsl.diagnostics.source import Span
from qdsl.language import syntax
from qdsl.language.parser.spelling import closest
from qdsl.language.syntax import Expr
from qdsl.language.values import angles
from qdsl.language.values.arithmetic import (
    BINARY,
    CONSTANTS,
    FUNCTIONS,
    ArithmeticRefusal,
    Number,
    as_real,
)
from qdsl.language.values.domain import Bits, Graph, Qubits, Value, View, describe
from qdsl.language.values.errors import (
    InvalidArithmetic,
    NotAnAngle,
    NotKnownAtCompileTime,
    UnknownFunction,
    UnknownName,
    WrongArgumentCount,
    WrongDimensions,
    WrongKind,
    WrongUnit,
)
from qdsl.language.values.indexing import Item, Slice, element
from qdsl.language.values.polynomial import Polynomial
from qdsl.language.values.scope import Scope
from qdsl.language.values.units import UNITS

if TYPE_CHECKING:
    from qdsl.language.iteration import Turns

T = TypeVar("T")


def evaluate(expr: Expr, scope: Scope) -> Value:
    """The value of an expression; a scalar of data or parameters comes as a `Polynomial`."""
    return _EVALUATE[type(expr)](expr, scope)


def integer(expr: Expr, scope: Scope, wanted: str = "an integer") -> int:
    if type(expr) is syntax.IntLit:
        return expr.value
    value = evaluate(expr, scope)
    if type(value) is int:
        return value
    if isinstance(value, Polynomial) and value.terms:
        raise Refusal(NotKnownAtCompileTime(expr.span, wanted))
    suggestion = "divide integers with `div`" if isinstance(value, float) else None
    raise Refusal(WrongKind(expr.span, wanted, describe(value), suggestion))


def truth(expr: Expr, scope: Scope) -> bool:
    value = evaluate(expr, scope)
    if isinstance(value, bool):
        return value
    if isinstance(value, (Polynomial, View)):
        raise Refusal(NotKnownAtCompileTime(expr.span, "a condition"))
    raise Refusal(WrongKind(expr.span, "a condition", describe(value), "compare it: `... == 1`"))


def angle(expr: Expr, scope: Scope) -> Polynomial:
    """A scalar angle in radians."""
    return as_polynomial(evaluate(expr, scope), expr.span)


def as_polynomial(value: Value, span: Span) -> Polynomial:
    if isinstance(value, Polynomial):
        return value
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        is_small = -_WORD < value < _WORD
        return Polynomial(float(value) if is_small else _guarded(span, lambda: as_real(value)))
    if isinstance(value, View):
        text = f"'{value.vector.name}' is {describe(value)} here; one number is wanted"
        raise Refusal(WrongDimensions(span, text, value.vector.span, "index it"))
    raise Refusal(WrongKind(span, "an angle", describe(value)))


def _guarded(span: Span, compute: Callable[[], T], scope: Scope | None = None) -> T:
    """`compute()`, its refusal turned into a diagnostic at `span`."""
    try:
        return compute()
    except ArithmeticRefusal as refusal:
        loops = scope.showing() if scope else ()
        problem = InvalidArithmetic(span, refusal.reason, refusal.help, loops)
        raise Refusal(problem) from None


# ---- atoms -----------------------------------------------------------------------------


def _literal(expr: syntax.IntLit | syntax.RealLit | syntax.StringLit, scope: Scope) -> Value:
    return expr.value


def _quantity(expr: syntax.Quantity, scope: Scope) -> Value:
    unit = UNITS.get(expr.unit)
    if unit is None or unit.dimension != "angle":
        raise Refusal(WrongUnit(expr.span, expr.unit, "a plain number"))
    return expr.value * unit.scale


def _name(expr: syntax.Name, scope: Scope) -> Value:
    value = scope.values.get(expr.id)
    if value is None:
        if expr.id in CONSTANTS:
            return CONSTANTS[expr.id]
        meant = closest(expr.id, [*scope.values, *CONSTANTS])
        raise Refusal(UnknownName(expr.span, expr.id, meant))
    if isinstance(value, View) and not value.shape:
        return Polynomial.of_slot(value.start)
    return value


def _list(expr: syntax.ListLit, scope: Scope) -> Value:
    return tuple(evaluate(item, scope) for item in expr.items)


def _range(expr: syntax.Range, scope: Scope) -> Value:
    if expr.lo is None or expr.hi is None:
        raise Refusal(WrongKind(expr.span, "a value", "an open range"))
    step = 1 if expr.step is None else integer(expr.step, scope, "an integer step")
    if step == 0:
        raise Refusal(InvalidArithmetic(expr.span, "the step is zero", "use step 1"))
    return range(
        integer(expr.lo, scope, "an integer bound"),
        integer(expr.hi, scope, "an integer bound"),
        step,
    )


def _pauli(expr: syntax.PauliOn, scope: Scope) -> Value:
    raise Refusal(
        WrongKind(expr.span, "a number", "an observable", "write it inside `expect(...)`")
    )


# ---- operators -------------------------------------------------------------------------


def _unary(expr: syntax.Unary, scope: Scope) -> Value:
    value = evaluate(expr.operand, scope)
    if expr.op == "not":
        if isinstance(value, bool):
            return not value
        raise Refusal(WrongKind(expr.operand.span, "a condition", describe(value)))
    if isinstance(value, Polynomial):
        return -value
    return -_number(value, expr.operand.span)


def _number(value: Value, span: Span) -> Number:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return value
    as_polynomial(value, span)  # says what is wrong with anything but a polynomial
    raise Refusal(NotKnownAtCompileTime(span, "a number"))


_SMALL: dict[str, Callable[[int, int], int]] = {
    "+": int.__add__,
    "-": int.__sub__,
    "*": int.__mul__,
}
_WORD = 2**62


def _fit(a: int, b: int) -> bool:
    return -_WORD < a < _WORD and -_WORD < b < _WORD


def _binary(expr: syntax.Binary, scope: Scope) -> Value:
    if expr.op in ("and", "or"):
        return _logical(expr, scope)
    left, right = evaluate(expr.left, scope), evaluate(expr.right, scope)
    if type(left) is int and type(right) is int and expr.op in _SMALL and _fit(left, right):
        return _SMALL[expr.op](left, right)
    if expr.op in COMPARE:
        return _compare(expr, left, right)
    if isinstance(left, Polynomial) or isinstance(right, Polynomial):
        return _angles(expr, left, right)
    a, b = _number(left, expr.left.span), _number(right, expr.right.span)
    try:
        return BINARY[expr.op](a, b)
    except ArithmeticRefusal as refusal:
        problem = InvalidArithmetic(expr.span, refusal.reason, refusal.help, scope.showing())
        raise Refusal(problem) from None


def _logical(expr: syntax.Binary, scope: Scope) -> bool:
    left = truth(expr.left, scope)
    if left == (expr.op == "or"):
        return left
    return truth(expr.right, scope)


COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "==": lambda a, b: bool(a == b),
    "!=": lambda a, b: bool(a != b),
    "<": lambda a, b: bool(a < b),
    "<=": lambda a, b: bool(a <= b),
    ">": lambda a, b: bool(a > b),
    ">=": lambda a, b: bool(a >= b),
}


def _compare(expr: syntax.Binary, left: Value, right: Value) -> bool:
    for side, value in ((expr.left, left), (expr.right, right)):
        if isinstance(value, (Polynomial, View)):
            raise Refusal(NotKnownAtCompileTime(side.span, "a condition"))
        if not isinstance(value, (int, float)):
            raise Refusal(WrongKind(side.span, "a number", describe(value)))
    return COMPARE[expr.op](left, right)


def _angles(expr: syntax.Binary, left: Value, right: Value) -> Polynomial:
    """Polynomial arithmetic; division only by numbers, powers only small and whole."""
    if expr.op == "*" and type(left) is int and type(right) is Polynomial and abs(left) < _WORD:
        return right.scaled(float(left))
    a = as_polynomial(left, expr.left.span)
    if expr.op == "**":
        return angles.power(a, right, expr.span)
    b = as_polynomial(right, expr.right.span)
    if expr.op == "/" and b.is_constant:
        return a.scaled(float(_guarded(expr.span, lambda: BINARY["/"](1.0, b.constant))))
    return angles.combined(expr.op, a, b, expr.span)


# ---- indices, functions, sums ----------------------------------------------------------


def _index(expr: syntax.Index, scope: Scope) -> Value:
    base = evaluate(expr.base, scope)
    items = [index_item(item, scope) for item in expr.items]
    return element(base, items, expr, scope)


def index_item(item: Expr, scope: Scope) -> Item:
    """An index or a range between brackets."""
    if not isinstance(item, syntax.Range):
        return integer(item, scope, "an integer index")
    lo, hi, step = (
        None if part is None else integer(part, scope, "an integer bound")
        for part in (item.lo, item.hi, item.step)
    )
    return Slice(lo, hi, 1 if step is None else step, item.span)


def _call(expr: syntax.Call, scope: Scope) -> Value:
    from qdsl.language.values import graphs

    name = expr.function.id
    if name in graphs.FUNCTIONS:
        return graphs.call(expr, scope)
    if name == "len":
        return _length(expr, scope)
    function = FUNCTIONS.get(name)
    if function is None:
        meant = closest(name, [*FUNCTIONS, *graphs.FUNCTIONS, "len"])
        raise Refusal(UnknownFunction(expr.function.span, name, meant))
    if not expr.args or function.arity not in (None, len(expr.args)) or expr.keywords:
        wanted = "one argument" if function.arity == 1 else "arguments without names"
        raise Refusal(WrongArgumentCount(expr.span, name, wanted, len(expr.args)))
    values = [evaluate(a, scope) for a in expr.args]
    if any(isinstance(v, Polynomial) and v.terms for v in values):
        raise Refusal(NotAnAngle(expr.span, f"'{name}'"))
    numbers = [_number(v, a.span) for v, a in zip(values, expr.args, strict=True)]
    return _guarded(expr.span, lambda: function.apply(*numbers), scope)


def _length(expr: syntax.Call, scope: Scope) -> int:
    """`len(x)`: the first dimension of an array, the size of a register, list or graph."""
    if len(expr.args) != 1 or expr.keywords:
        raise Refusal(WrongArgumentCount(expr.span, "len", "one argument", len(expr.args)))
    value = evaluate(expr.args[0], scope)
    match value:
        case View() if value.shape:
            return value.vector.shape[0] * 2 if value.kind == "matching" else value.shape[0]
        case Qubits() | Bits():
            return len(value.ids)
        case Graph():
            return value.n
        case tuple():
            return len(value)
    raise Refusal(WrongKind(expr.args[0].span, "an array or a register", describe(value)))


def _sum(expr: syntax.SumOver, scope: Scope) -> Value:
    total: Value = 0
    found = terms_of(expr, scope)
    names = tuple(name.id for name in expr.names)
    with scope.looping():
        for items in found:
            scope.turn(names, items)
            total = _added(expr, total, evaluate(expr.body, scope))
    return total


def terms_of(expr: syntax.SumOver, scope: Scope) -> Turns:
    """The turns of a sum; `Refusal` if all sums together have too many."""
    from qdsl.language.iteration import turns

    found = turns(expr.iterable, expr.names, scope)
    if not scope.terms.spend(found.total):
        reason = f"the sums have more than {scope.terms.limit:,} terms"
        raise Refusal(InvalidArithmetic(expr.span, reason, "sum over fewer terms"))
    return found


def _added(expr: syntax.SumOver, total: Value, value: Value) -> Value:
    if isinstance(total, Polynomial) or isinstance(value, Polynomial):
        sum_ = as_polynomial(total, expr.span) + as_polynomial(value, expr.body.span)
        return angles.small(sum_, expr.span)
    a, b = _number(total, expr.span), _number(value, expr.body.span)
    return _guarded(expr.span, lambda: BINARY["+"](a, b))


_EVALUATE: dict[type, Callable[[Any, Scope], Value]] = {
    syntax.IntLit: _literal, syntax.RealLit: _literal, syntax.StringLit: _literal,
    syntax.Quantity: _quantity, syntax.Name: _name, syntax.ListLit: _list, syntax.Range: _range,
    syntax.PauliOn: _pauli, syntax.Unary: _unary, syntax.Binary: _binary, syntax.Index: _index,
    syntax.Call: _call, syntax.SumOver: _sum,
}  # fmt: skip
