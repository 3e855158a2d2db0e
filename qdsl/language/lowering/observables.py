"""`expect(...)`: sums and products of Pauli letters and numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from qdsl.diagnostics.reported import Refusal
from qdsl.diagnostics.source import Span
from qdsl.language import syntax
from qdsl.language.lowering.errors.flow import InvalidObservable
from qdsl.language.lowering.errors.operations import InvalidPauliWord
from qdsl.language.lowering.operands import qubits
from qdsl.language.values.domain import Qubits, describe
from qdsl.language.values.errors import InvalidArithmetic, NotKnownAtCompileTime
from qdsl.language.values.evaluate import evaluate, terms_of
from qdsl.language.values.polynomial import Polynomial
from qdsl.language.values.scope import Scope

MAX_WORDS = 1_000_000

Word = tuple[tuple[int, str], ...]  # (qubit, letter) by qubit; empty: the identity
PauliSum = dict[Word, complex]

# (left, right) -> (letter of the product, its factor)
_PRODUCTS: dict[tuple[str, str], tuple[str, complex]] = {
    ("X", "Y"): ("Z", 1j),
    ("Y", "X"): ("Z", -1j),
    ("Y", "Z"): ("X", 1j),
    ("Z", "Y"): ("X", -1j),
    ("Z", "X"): ("Y", 1j),
    ("X", "Z"): ("Y", -1j),
}


def observable(expr: syntax.Expr, scope: Scope) -> dict[Word, float]:
    """The Pauli words of a Hermitian expression with their real coefficients."""
    found = _sum_of(expr, scope)
    real: dict[Word, float] = {}
    for word, coefficient in found.items():
        if abs(coefficient.imag) > 1e-12 * max(1.0, abs(coefficient.real)):
            reason = "a coefficient is imaginary: the letters on one qubit do not commute"
            raise Refusal(InvalidObservable(expr.span, reason))
        if coefficient.real:
            real[word] = coefficient.real
    return real or {(): 0.0}


def mentions_pauli(expr: Any) -> bool:
    """Whether a Pauli letter stands in an expression."""
    match expr:
        case syntax.PauliOn():
            return True
        case syntax.Unary():
            return mentions_pauli(expr.operand)
        case syntax.Binary():
            return mentions_pauli(expr.left) or mentions_pauli(expr.right)
        case syntax.SumOver():
            return mentions_pauli(expr.body)
    return False


def _sum_of(expr: syntax.Expr, scope: Scope) -> PauliSum:
    if isinstance(expr, syntax.PauliOn):
        return _letters(expr, scope)
    if not mentions_pauli(expr):
        return _constant(expr, scope)
    match expr:
        case syntax.Unary(op="-"):
            return {word: -c for word, c in _sum_of(expr.operand, scope).items()}
        case syntax.SumOver():
            return _over(expr, scope)
        case syntax.Binary() if expr.op in _OPERATORS:
            return _OPERATORS[expr.op](expr, scope)
    reason = "only +, -, *, division by a number and small powers apply to Pauli letters"
    raise Refusal(InvalidObservable(expr.span, reason))


def _constant(expr: syntax.Expr, scope: Scope) -> PauliSum:
    value = evaluate(expr, scope)
    if isinstance(value, Polynomial) and value.terms:
        raise Refusal(NotKnownAtCompileTime(expr.span, "a coefficient"))
    if isinstance(value, Polynomial):
        return {(): complex(value.constant)}
    if isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < 1e300:
        return {(): complex(value)}
    suggestion = f"write a letter before it: `Z {expr.span.text}`" if _is_qubits(value) else None
    raise Refusal(InvalidObservable(expr.span, f"this is {describe(value)}", suggestion))


def _is_qubits(value: object) -> bool:
    return isinstance(value, Qubits)


def _letters(expr: syntax.PauliOn, scope: Scope) -> PauliSum:
    word, target = expr.word.id, qubits(expr.operand, scope)
    if word.strip("IXYZ"):
        raise Refusal(InvalidPauliWord(expr.word.span, word, "the letters are I, X, Y and Z"))
    if len(word) != len(target.ids):
        reason = f"{len(word)} letter{'s' * (len(word) != 1)} on {len(target.ids)} qubits"
        suggestion = f"write `sum(i in 0..{len(target.ids)}) {word} {target.name}[i]`"
        raise Refusal(InvalidObservable(expr.span, reason, suggestion, scope.showing()))
    pairs = [pair for pair in zip(target.ids, word, strict=True) if pair[1] != "I"]
    return {tuple(sorted(pairs)): 1.0 + 0j}


def _over(expr: syntax.SumOver, scope: Scope) -> PauliSum:
    found = terms_of(expr, scope)
    names = tuple(name.id for name in expr.names)
    total: PauliSum = {}
    with scope.looping():
        for items in found:
            scope.turn(names, items)
            _accumulate(total, _sum_of(expr.body, scope), 1.0, expr.span)
    return total


def _accumulate(total: PauliSum, more: PauliSum, factor: complex, span: Span) -> None:
    for word, coefficient in more.items():
        total[word] = total.get(word, 0.0) + factor * coefficient
    if len(total) > MAX_WORDS:
        raise Refusal(InvalidArithmetic(span, f"it has more than {MAX_WORDS:,} terms"))


def _added(expr: syntax.Binary, scope: Scope) -> PauliSum:
    total = dict(_sum_of(expr.left, scope))
    factor = 1.0 if expr.op == "+" else -1.0
    _accumulate(total, _sum_of(expr.right, scope), factor, expr.span)
    return total


def _multiplied(expr: syntax.Binary, scope: Scope) -> PauliSum:
    return _product(_sum_of(expr.left, scope), _sum_of(expr.right, scope), expr.span)


def _product(left: PauliSum, right: PauliSum, span: Span) -> PauliSum:
    if len(left) * len(right) > MAX_WORDS:
        raise Refusal(InvalidArithmetic(span, f"it has more than {MAX_WORDS:,} terms"))
    total: PauliSum = {}
    for a, x in left.items():
        for b, y in right.items():
            word, factor = word_product(a, b)
            total[word] = total.get(word, 0.0) + factor * x * y
    return total


def word_product(left: Word, right: Word) -> tuple[Word, complex]:
    """The product of two Pauli words and its factor, a power of i."""
    letters = dict(left)
    factor: complex = 1.0
    for qubit, letter in right:
        here = letters.pop(qubit, None)
        if here is None:
            letters[qubit] = letter
        elif here != letter:
            letters[qubit], turn = _PRODUCTS[here, letter]
            factor *= turn
    return tuple(sorted(letters.items())), factor


def _divided(expr: syntax.Binary, scope: Scope) -> PauliSum:
    divisor = _sum_of(expr.right, scope)
    number = divisor.get((), 0.0)
    if set(divisor) - {()}:
        raise Refusal(InvalidObservable(expr.right.span, "a division by an observable"))
    if number == 0:
        raise Refusal(InvalidArithmetic(expr.span, "the divisor is zero"))
    return {word: c / number for word, c in _sum_of(expr.left, scope).items()}


def _power(expr: syntax.Binary, scope: Scope) -> PauliSum:
    exponent = evaluate(expr.right, scope) if not mentions_pauli(expr.right) else None
    if not isinstance(exponent, int) or not 0 <= exponent <= 16:
        raise Refusal(InvalidObservable(expr.right.span, "powers are whole, from 0 to 16"))
    base, result = _sum_of(expr.left, scope), PauliSum({(): 1.0 + 0j})
    for _ in range(exponent):
        result = _product(result, base, expr.span)
    return result


_OPERATORS: dict[str, Callable[[syntax.Binary, Scope], PauliSum]] = {
    "+": _added,
    "-": _added,
    "*": _multiplied,
    "/": _divided,
    "**": _power,
}
