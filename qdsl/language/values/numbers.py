"""Values as the numbers that a place wants, where their types alone do not say."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from qdsl.diagnostics.reported import Refusal
from qdsl.diagnostics.source import Span
from qdsl.language.values.arithmetic import ArithmeticRefusal, Number, as_real
from qdsl.language.values.domain import Value, View, describe
from qdsl.language.values.errors import (
    InvalidArithmetic,
    Loops,
    NotKnownAtCompileTime,
    TypeMismatch,
    WrongDimensions,
)
from qdsl.language.values.polynomial import Polynomial

T = TypeVar("T")

WORD = 2**62  # integers below are small


def guarded(span: Span, compute: Callable[[], T], loops: Loops = ()) -> T:
    """`compute()`, its refusal turned into a diagnostic at `span`."""
    try:
        return compute()
    except ArithmeticRefusal as refusal:
        problem = InvalidArithmetic(span, refusal.reason, refusal.help, loops)
        raise Refusal(problem) from None


def as_integer(value: Value, span: Span, wanted: str) -> int:
    if type(value) is int:
        return value
    if isinstance(value, Polynomial) and value.terms:
        raise Refusal(NotKnownAtCompileTime(span, wanted))
    suggestion = "divide integers with `div`" if isinstance(value, float) else None
    raise Refusal(TypeMismatch(span, wanted, describe(value), suggestion))


def as_number(value: Value, span: Span) -> Number:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return value
    as_polynomial(value, span)  # says what is wrong with anything but a polynomial
    raise Refusal(NotKnownAtCompileTime(span, "a number"))


def as_polynomial(value: Value, span: Span) -> Polynomial:
    if isinstance(value, Polynomial):
        return value
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        is_small = -WORD < value < WORD
        return Polynomial(float(value) if is_small else guarded(span, lambda: as_real(value)))
    if isinstance(value, View):
        text = f"'{value.vector.name}' is {describe(value)} here; one number is wanted"
        raise Refusal(WrongDimensions(span, text, value.vector.span, "index it"))
    raise Refusal(TypeMismatch(span, "an angle", describe(value)))
