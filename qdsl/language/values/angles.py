"""Arithmetic on angles that keeps them polynomials of bounded size."""

from __future__ import annotations

from qdsl.diagnostics.reported import Refusal
from qdsl.diagnostics.source import Span
from qdsl.language.values.errors import InvalidArithmetic, NotAnAngle
from qdsl.language.values.polynomial import Polynomial

MAX_TERMS = 10_000
MAX_DEGREE = 64


def combined(op: str, a: Polynomial, b: Polynomial, span: Span) -> Polynomial:
    """`a op b` for sums, differences and products; `Refusal` for everything else."""
    if op == "*":
        return _product(a, b, span)
    if op not in ("+", "-"):
        raise Refusal(NotAnAngle(span, "division by a value" if op == "/" else f"'{op}'"))
    return small(a + b if op == "+" else a - b, span)


def _product(a: Polynomial, b: Polynomial, span: Span) -> Polynomial:
    if (len(a.terms) + 1) * (len(b.terms) + 1) > MAX_TERMS:
        raise Refusal(InvalidArithmetic(span, f"it has more than {MAX_TERMS:,} terms"))
    return small(a * b, span)


def power(base: Polynomial, exponent: object, span: Span) -> Polynomial:
    """A small whole power."""
    if not isinstance(exponent, int) or not 0 <= exponent <= MAX_DEGREE:
        raise Refusal(NotAnAngle(span, f"a power that is not whole, or above {MAX_DEGREE},"))
    result = Polynomial(1.0)
    for _ in range(exponent):
        result = _product(result, base, span)
    return result


def small(value: Polynomial, span: Span) -> Polynomial:
    """The value itself; `Refusal` if it is absurdly large."""
    if len(value.terms) > MAX_TERMS or value.degree > MAX_DEGREE:
        reason = f"it has more than {MAX_TERMS:,} terms or a degree above {MAX_DEGREE}"
        raise Refusal(InvalidArithmetic(span, reason))
    return value
