"""Arithmetic on compile-time numbers that never hangs, overflows or fills the memory."""

from __future__ import annotations

import math
from collections.abc import Callable

from qdsl.records import dataclass

MAX_BITS = 4096  # of an integer
TOO_LONG = f"the result has more than {MAX_BITS} bits"

Number = int | float


class ArithmeticRefusal(Exception):
    """An operation has no usable value. `help` is a change that would work, or None."""

    def __init__(self, reason: str, help: str | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.help = help


def _kept(value: Number) -> Number:
    if isinstance(value, int):
        if value.bit_length() > MAX_BITS:
            raise ArithmeticRefusal(TOO_LONG)
    elif not math.isfinite(value):
        raise ArithmeticRefusal("the result is too large for a real number")
    return value


def as_real(value: Number) -> float:
    try:
        return float(value)
    except OverflowError:
        raise ArithmeticRefusal("the integer is too large for a real number") from None


def add(a: Number, b: Number) -> Number:
    return _kept(a + b if _both_int(a, b) else as_real(a) + as_real(b))


def subtract(a: Number, b: Number) -> Number:
    return _kept(a - b if _both_int(a, b) else as_real(a) - as_real(b))


def multiply(a: Number, b: Number) -> Number:
    return _kept(a * b if _both_int(a, b) else as_real(a) * as_real(b))


def divide(a: Number, b: Number) -> Number:
    if b == 0:
        raise ArithmeticRefusal("the divisor is zero")
    return _kept(as_real(a) / as_real(b))


def floor_divide(a: Number, b: Number) -> Number:
    if b == 0:
        raise ArithmeticRefusal("the divisor is zero")
    return a // b if _both_int(a, b) else _kept(as_real(a) // as_real(b))


def modulo(a: Number, b: Number) -> Number:
    if b == 0:
        raise ArithmeticRefusal("the divisor is zero")
    return a % b if _both_int(a, b) else _kept(as_real(a) % as_real(b))


def power(a: Number, b: Number) -> Number:
    """Exact for integers with an exponent that is not negative, else a real number."""
    if isinstance(a, int) and isinstance(b, int) and b >= 0:
        if a.bit_length() * b > MAX_BITS and a not in (-1, 0, 1):
            raise ArithmeticRefusal(TOO_LONG)
        return int(a**b) if a not in (-1, 0, 1) else _unit_power(a, b)
    if a == 0 and b < 0:
        raise ArithmeticRefusal("zero has no negative power")
    try:
        result = as_real(a) ** as_real(b)
    except OverflowError:
        raise ArithmeticRefusal("the result is too large for a real number") from None
    if isinstance(result, complex):
        raise ArithmeticRefusal("a negative number has no real power with this exponent")
    return _kept(result)


def _unit_power(a: int, b: int) -> int:
    return 1 if b == 0 or a == 1 or (a == -1 and b % 2 == 0) else a


def _both_int(a: Number, b: Number) -> bool:
    return isinstance(a, int) and isinstance(b, int)


BINARY: dict[str, Callable[[Number, Number], Number]] = {
    "+": add, "-": subtract, "*": multiply, "/": divide, "//": floor_divide, "div": floor_divide,
    "%": modulo, "**": power,
}  # fmt: skip


def _log2(x: Number) -> Number:
    if x <= 0:
        raise ArithmeticRefusal("the logarithm needs a positive number")
    if isinstance(x, int):
        if x & (x - 1):
            reason = f"{x} is not a power of two"
            raise ArithmeticRefusal(reason, "`clog2` rounds up to the next power of two")
        return x.bit_length() - 1
    return math.log2(x)


def _clog2(x: Number) -> Number:
    if x <= 0:
        raise ArithmeticRefusal("the logarithm needs a positive number")
    return (x - 1).bit_length() if isinstance(x, int) else math.ceil(math.log2(x))


def _real(function: Callable[[float], float]) -> Callable[[Number], Number]:
    def applied(x: Number) -> Number:
        try:
            return _kept(function(as_real(x)))
        except (ValueError, OverflowError):
            raise ArithmeticRefusal("the function has no real value there") from None

    return applied


@dataclass(frozen=True, slots=True)
class Function:
    """A function of compile-time numbers; `arity` None: one or more."""

    arity: int | None
    apply: Callable[..., Number]
    is_integer: bool = False


FUNCTIONS: dict[str, Function] = {
    "log2": Function(1, _log2),
    "clog2": Function(1, _clog2, True),
    "floor": Function(1, math.floor, True),
    "ceil": Function(1, math.ceil, True),
    "round": Function(1, round, True),
    "abs": Function(1, abs),
    "min": Function(None, min),
    "max": Function(None, max),
    **{
        name: Function(1, _real(getattr(math, name)))
        for name in ("sqrt", "exp", "sin", "cos", "tan", "asin", "acos", "atan")
    },
    "ln": Function(1, _real(math.log)),
}

CONSTANTS: dict[str, float | bool] = {
    "true": True,
    "false": False,
    "pi": math.pi,
    "tau": math.tau,
    "e": math.e,
    "π": math.pi,
    "τ": math.tau,
}
