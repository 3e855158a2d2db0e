"""Expressions of a program under construction: Python's operators write QDM's."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from math import isfinite
from typing import Any, Final

from qdsl.diagnostics.request_error import Refused

# how tightly operators bind, loosest first
OR, AND, NOT, COMPARED, SUM, ADDED, MULTIPLIED, SIGNED, RAISED, ATOM = range(10)
_NAME: Final = re.compile(r"[^\W\d]\w*")
_RAW: Final = re.compile(r"[\w.%/µ ]+")  # a number with its unit, a word


class BuilderMisuse(Refused):
    """A call of a builder that no program can be written for; the message says what to write."""


class BuiltExpr:
    """An expression by its text; `level`: how tightly its outermost operator binds. Arithmetic,
    comparisons, `&`, `|` and `~` (and, or, not), `//` (`div`), indices and slices give
    expressions; it has no value before the program is compiled."""

    __slots__ = ("level", "text")
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, text: str, level: int = ATOM) -> None:
        self.text, self.level = text, level

    def __repr__(self) -> str:
        return f"<{self.text}>"

    def __bool__(self) -> bool:
        raise BuilderMisuse(
            f"`{self.text}` has no truth value before the program runs: use `with model.when(...)`"
        )

    def __iter__(self) -> Any:
        raise BuilderMisuse(
            f"`{self.text}` has no length in Python: use `with model.loop('i', ...) as i`"
        )

    def __getitem__(self, index: Any) -> BuiltExpr:
        return BuiltExpr(f"{self.within(ATOM)}[{_indices(index)}]")

    def within(self, level: int) -> str:
        """The text, in parentheses where its operator binds less than that."""
        return self.text if self.level >= level else f"({self.text})"

    def __add__(self, other: Any) -> BuiltExpr:
        return _joined(self, "+", other, ADDED)

    def __radd__(self, other: Any) -> BuiltExpr:
        return _joined(other, "+", self, ADDED)

    def __sub__(self, other: Any) -> BuiltExpr:
        return _joined(self, "-", other, ADDED)

    def __rsub__(self, other: Any) -> BuiltExpr:
        return _joined(other, "-", self, ADDED)

    def __mul__(self, other: Any) -> BuiltExpr:
        return _joined(self, "*", other, MULTIPLIED)

    def __rmul__(self, other: Any) -> BuiltExpr:
        return _joined(other, "*", self, MULTIPLIED)

    def __truediv__(self, other: Any) -> BuiltExpr:
        return _joined(self, "/", other, MULTIPLIED)

    def __rtruediv__(self, other: Any) -> BuiltExpr:
        return _joined(other, "/", self, MULTIPLIED)

    def __floordiv__(self, other: Any) -> BuiltExpr:
        return _joined(self, "div", other, MULTIPLIED)

    def __rfloordiv__(self, other: Any) -> BuiltExpr:
        return _joined(other, "div", self, MULTIPLIED)

    def __mod__(self, other: Any) -> BuiltExpr:
        return _joined(self, "%", other, MULTIPLIED)

    def __rmod__(self, other: Any) -> BuiltExpr:
        return _joined(other, "%", self, MULTIPLIED)

    def __pow__(self, other: Any) -> BuiltExpr:
        return _raised(self, other)

    def __rpow__(self, other: Any) -> BuiltExpr:
        return _raised(other, self)

    def __neg__(self) -> BuiltExpr:
        return BuiltExpr(f"-{self.within(SIGNED)}", SIGNED)

    def __invert__(self) -> BuiltExpr:
        return BuiltExpr(f"not {self.within(NOT)}", NOT)

    def __and__(self, other: Any) -> BuiltExpr:
        return _joined(self, "and", other, AND)

    def __or__(self, other: Any) -> BuiltExpr:
        return _joined(self, "or", other, OR)

    def __eq__(self, other: Any) -> BuiltExpr:  # type: ignore[override]
        return _compared(self, "==", other)

    def __ne__(self, other: Any) -> BuiltExpr:  # type: ignore[override]
        return _compared(self, "!=", other)

    def __lt__(self, other: Any) -> BuiltExpr:
        return _compared(self, "<", other)

    def __le__(self, other: Any) -> BuiltExpr:
        return _compared(self, "<=", other)

    def __gt__(self, other: Any) -> BuiltExpr:
        return _compared(self, ">", other)

    def __ge__(self, other: Any) -> BuiltExpr:
        return _compared(self, ">=", other)


class BuiltOperand(BuiltExpr):
    """A register of qubits or bits, or a part of one. Only qubits are acted on."""

    __slots__ = ("is_qubits",)

    def __init__(self, text: str, is_qubits: bool) -> None:
        super().__init__(text)
        self.is_qubits = is_qubits

    def __getitem__(self, index: Any) -> BuiltOperand:
        return BuiltOperand(f"{self.text}[{_indices(index)}]", self.is_qubits)


def expression(value: Any) -> BuiltExpr:
    """A number, a list or an expression as an expression; BuilderMisuse for anything else."""
    if isinstance(value, BuiltExpr):
        return value
    if isinstance(value, list | tuple):
        return BuiltExpr(f"[{', '.join(expression(v).text for v in value)}]")
    number = value.item() if hasattr(value, "item") and getattr(value, "ndim", 1) == 0 else value
    if isinstance(number, bool) or not isinstance(number, int | float):
        raise BuilderMisuse(f"a {type(value).__name__} is no expression: give a number, or what "
                            "the builder returned")  # fmt: skip
    if not isfinite(number):
        raise BuilderMisuse(f"{number} is no number of a program")
    return BuiltExpr(repr(number), SIGNED if number < 0 else ATOM)


def property_value(value: Any) -> str:
    """The value of a property: also text such as "50 us" or the name of a preset."""
    if isinstance(value, str):
        if not _RAW.fullmatch(value):
            raise BuilderMisuse(f'"{value}" is no value of a property: "50 us" is one')
        return value
    return expression(value).text


def properties(given: dict[str, Any]) -> str:
    """`{ name value, ... }`, nothing if none is given."""
    if not given:
        return ""
    inside = ", ".join(f"{checked_name(n)} {_with_unit(n, v)}" for n, v in given.items())
    return f" {{ {inside} }}"


def _with_unit(name: str, value: Any) -> str:
    """A plain number of a rate or a time is in Hz or seconds."""
    from qdsl.language.networks.network_properties import LINK, NODE

    sort = LINK.get(name) or NODE.get(name)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    unit = {"rate": " Hz", "time": " s", "limit": " s"}.get(sort.dimension if sort else "", "")
    return property_value(value) + unit * is_number


def call(function: str, *arguments: Any, **named: Any) -> BuiltExpr:
    """`function(a, b, name = value)`."""
    inside = [expression(a).text for a in arguments]
    inside += [f"{checked_name(n)} = {expression(v).text}" for n, v in named.items()]
    return BuiltExpr(f"{checked_name(function)}({', '.join(inside)})")


def pauli(letter: str, operand: BuiltOperand) -> BuiltExpr:
    """A Pauli operator on one qubit."""
    if not isinstance(operand, BuiltOperand):
        raise BuilderMisuse(f"{letter} is an operator on a qubit: give one, such as q[0]")
    return BuiltExpr(f"{letter} {operand.text}")


Binders = str | Sequence[str]


def bound(binders: Binders) -> tuple[str, list[BuiltExpr]]:
    """The names that a loop or a sum binds, and the expressions that they are."""
    names = [binders] if isinstance(binders, str) else list(binders)
    text = checked_name(names[0]) if len(names) == 1 else f"({', '.join(map(checked_name, names))})"
    return text, [BuiltExpr(name) for name in names]


def iterable(over: Sequence[Any], step: Any = None, through: Any = None) -> str:
    """`0..end`, `first..end step k`, or what is gone `through`."""
    if through is not None and not over and step is None:
        return expression(through).text
    if through is not None or not 1 <= len(over) <= 2:
        raise BuilderMisuse("give an end, a first and an end, or `through=...`")
    first, end = over if len(over) == 2 else (0, over[0])
    text = f"{expression(first).within(SUM)}..{expression(end).within(SUM)}"
    return text if step is None else f"{text} step {expression(step).within(SUM)}"


def total(
    term: Callable[..., Any], binders: Binders, *over: Any, step: Any = None, through: Any = None
) -> BuiltExpr:
    """`sum(i in 0..n) term`: `sum(lambda i: ..., "i", n)`, what is summed over as for a loop."""
    text, names = bound(binders)
    body = expression(term(*names)).within(MULTIPLIED)
    return BuiltExpr(f"sum({text} in {iterable(over, step, through)}) {body}", SUM)


def checked_name(name: str) -> str:
    """The name; BuilderMisuse if no program can have it."""
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise BuilderMisuse(f"{name!r} is no name: letters, digits and `_`, no digit first")
    return name


def quoted(text: str) -> str:
    """A string of the language, which has no escapes."""
    if not isinstance(text, str) or '"' in text or "\n" in text:
        raise BuilderMisuse(f"{text!r} cannot stand in quotes")
    return f'"{text}"'


def _indices(index: Any) -> str:
    parts = index if isinstance(index, tuple) else (index,)
    return ", ".join(_slice(p) if isinstance(p, slice) else expression(p).text for p in parts)


def _slice(part: slice) -> str:
    first, end = ("" if e is None else expression(e).text for e in (part.start, part.stop))
    return f"{first}..{end}" + ("" if part.step is None else f" step {expression(part.step).text}")


def _joined(left: Any, operator: str, right: Any, level: int) -> BuiltExpr:
    """Of operators that bind alike, the left one comes first."""
    first, second = expression(left), expression(right)
    return BuiltExpr(f"{first.within(level)} {operator} {second.within(level + 1)}", level)


def _compared(left: Any, operator: str, right: Any) -> BuiltExpr:
    first, second = expression(left).within(SUM), expression(right).within(SUM)
    return BuiltExpr(f"{first} {operator} {second}", COMPARED)


def _raised(left: Any, right: Any) -> BuiltExpr:
    base, power = expression(left).within(ATOM), expression(right).within(SIGNED)
    return BuiltExpr(f"{base}**{power}", RAISED)
