"""Conditions on measured bits: which bit, and which value."""

from __future__ import annotations

from typing import Any

from qdsl.diagnostics.reported import Refusal
from qdsl.language import syntax
from qdsl.language.lowering.errors.flow import InvalidCondition
from qdsl.language.values.domain import Bits
from qdsl.language.values.evaluate import evaluate, integer
from qdsl.language.values.scope import Scope


def mentions_bits(expr: Any, scope: Scope) -> bool:
    """Whether a condition reads classical bits, and so is decided when the program runs."""
    match expr:
        case syntax.Name():
            return isinstance(scope.values.get(expr.id), Bits)
        case syntax.Index():
            return mentions_bits(expr.base, scope)
        case syntax.Unary():
            return mentions_bits(expr.operand, scope)
        case syntax.Binary():
            return mentions_bits(expr.left, scope) or mentions_bits(expr.right, scope)
    return False


def bit_condition(expr: syntax.Expr, scope: Scope) -> tuple[int, int, str]:
    """(bit, value, its name) of `c[i]`, `not c[i]`, `c[i] == v` or `c[i] != v`."""
    match expr:
        case syntax.Unary(op="not"):
            bit, value, name = bit_condition(expr.operand, scope)
            return bit, 1 - value, name
        case syntax.Binary(op="==" | "!="):
            return _compared(expr, scope)
        case syntax.Name() | syntax.Index():
            found = evaluate(expr, scope)
            if isinstance(found, Bits) and len(found.ids) == 1:
                return found.ids[0], 1, expr.span.text
            reason = "a whole register of bits is no condition"
            raise Refusal(InvalidCondition(expr.span, reason))
    raise Refusal(InvalidCondition(expr.span, "only one bit, compared with 0 or 1, is possible"))


def _compared(expr: syntax.Binary, scope: Scope) -> tuple[int, int, str]:
    left, right = expr.left, expr.right
    if not mentions_bits(left, scope):
        left, right = right, left
    if mentions_bits(right, scope):
        raise Refusal(InvalidCondition(expr.span, "two bits are compared"))
    bit, value, name = bit_condition(left, scope)
    wanted = _zero_or_one(right, scope)
    if expr.op == "!=":
        wanted = 1 - wanted
    return bit, value if wanted else 1 - value, name


def _zero_or_one(expr: syntax.Expr, scope: Scope) -> int:
    value = evaluate(expr, scope)
    if isinstance(value, bool):
        return int(value)
    value = integer(expr, scope, "0 or 1")
    if value not in (0, 1):
        raise Refusal(InvalidCondition(expr.span, f"a bit is 0 or 1, never {value}"))
    return value
