"""Conditions on measured bits: which bit, and which value."""

from __future__ import annotations

from qdsl.diagnostics.reported import Refusal
from qdsl.language import syntax
from qdsl.language.typed import tree
from qdsl.language.typed.errors.flow import InvalidCondition
from qdsl.language.typed.evaluate import evaluate, integer
from qdsl.language.values.domain import Bits
from qdsl.language.values.scope import Scope


def bit_condition(expr: tree.Expr, scope: Scope) -> tuple[int, int, str]:
    """(bit, value, its name) of `c[i]`, `not c[i]`, `c[i] == v` or `c[i] != v`."""
    node = expr.syntax
    if isinstance(node, syntax.Unary):
        bit, value, name = bit_condition(expr.parts[0], scope)
        return bit, 1 - value, name
    if isinstance(node, syntax.Binary):
        left, right = sorted(expr.parts, key=lambda side: not side.type.is_dynamic)
        bit, value, name = bit_condition(left, scope)
        same = _zero_or_one(right, scope) == (node.op == "==")
        return bit, value if same else 1 - value, name
    found = evaluate(expr, scope)
    if isinstance(found, Bits) and len(found.ids) == 1:
        return found.ids[0], 1, expr.span.text
    raise Refusal(InvalidCondition(expr.span, "a whole register of bits is no condition"))


def _zero_or_one(expr: tree.Expr, scope: Scope) -> int:
    value = evaluate(expr, scope)
    if isinstance(value, bool):
        return int(value)
    value = integer(expr, scope, "0 or 1")
    if value not in (0, 1):
        raise Refusal(InvalidCondition(expr.span, f"a bit is 0 or 1, never {value}"))
    return value
