"""`expect(...)`: sums and products of Pauli letters and numbers."""

from __future__ import annotations

from collections.abc import Callable

from qdsl.diagnostics.reported import Refusal
from qdsl.diagnostics.source import Span
from qdsl.language import syntax
from qdsl.language.lowering.operands import qubits
from qdsl.language.lowering.returned import Word
from qdsl.language.typed import tree
from qdsl.language.typed.errors.flow import InvalidObservable
from qdsl.language.typed.evaluate import evaluate, terms_of
from qdsl.language.values.domain import describe
from qdsl.language.values.errors import InvalidArithmetic, NotKnownAtCompileTime
from qdsl.language.values.polynomial import Polynomial
from qdsl.language.values.scope import Scope

MAX_WORDS = 1_000_000

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


def observable(expr: tree.Expr, scope: Scope) -> dict[Word, float]:
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


def _mentions_pauli(expr: tree.Expr) -> bool:
    """Whether a Pauli letter stands in an expression."""
    return any(isinstance(part.syntax, syntax.PauliOn) for part in expr.walk())


def _sum_of(expr: tree.Expr, scope: Scope) -> PauliSum:
    node = expr.syntax
    if not _mentions_pauli(expr):
        return _constant(expr, scope)
    match node:
        case syntax.PauliOn():
            return _letters(expr, node, scope)
        case syntax.Unary(op="-"):
            return {word: -c for word, c in _sum_of(expr.parts[0], scope).items()}
        case syntax.SumOver():
            return _over(expr, node, scope)
        case syntax.Binary(op=op) if op in _OPERATORS:
            return _OPERATORS[op](expr, op, scope)
    reason = "only +, -, *, division by a number and small powers apply to Pauli letters"
    raise Refusal(InvalidObservable(expr.span, reason))


def _constant(expr: tree.Expr, scope: Scope) -> PauliSum:
    value = evaluate(expr, scope)
    if isinstance(value, Polynomial) and value.terms:
        raise Refusal(NotKnownAtCompileTime(expr.span, "a coefficient"))
    if isinstance(value, Polynomial):
        return {(): complex(value.constant)}
    if isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < 1e300:
        return {(): complex(value)}
    raise Refusal(InvalidObservable(expr.span, f"this is {describe(value)}"))


def _letters(expr: tree.Expr, node: syntax.PauliOn, scope: Scope) -> PauliSum:
    operand = tree.TypedOperand(node.operand, expr.symbols[0], expr.parts)
    word, target = node.word.id, qubits(operand, scope)
    if len(word) != len(target.ids):
        reason = f"{len(word)} letter{'s' * (len(word) != 1)} on {len(target.ids)} qubits"
        suggestion = f"write `sum(i in 0..{len(target.ids)}) {word} {target.name}[i]`"
        raise Refusal(InvalidObservable(expr.span, reason, suggestion, scope.showing()))
    pairs = [pair for pair in zip(target.ids, word, strict=True) if pair[1] != "I"]
    return {tuple(sorted(pairs)): 1.0 + 0j}


def _over(expr: tree.Expr, node: syntax.SumOver, scope: Scope) -> PauliSum:
    iterable, body = expr.parts
    found = terms_of(node, iterable, scope)
    names = tuple(symbol.name for symbol in expr.symbols)
    total: PauliSum = {}
    with scope.looping():
        for items in found:
            scope.bind_items(names, items)
            _accumulate(total, _sum_of(body, scope), 1.0, expr.span)
    return total


def _accumulate(total: PauliSum, more: PauliSum, factor: complex, span: Span) -> None:
    for word, coefficient in more.items():
        total[word] = total.get(word, 0.0) + factor * coefficient
    if len(total) > MAX_WORDS:
        raise Refusal(InvalidArithmetic(span, f"it has more than {MAX_WORDS:,} terms"))


def _added(expr: tree.Expr, op: str, scope: Scope) -> PauliSum:
    left, right = (_sum_of(part, scope) for part in expr.parts)
    total = dict(left)
    _accumulate(total, right, 1.0 if op == "+" else -1.0, expr.span)
    return total


def _multiplied(expr: tree.Expr, op: str, scope: Scope) -> PauliSum:
    left, right = (_sum_of(part, scope) for part in expr.parts)
    return _product(left, right, expr.span)


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
            letters[qubit], bind_items = _PRODUCTS[here, letter]
            factor *= bind_items
    return tuple(sorted(letters.items())), factor


def _divided(expr: tree.Expr, op: str, scope: Scope) -> PauliSum:
    left, right = expr.parts
    divisor = _sum_of(right, scope)
    number = divisor.get((), 0.0)
    if set(divisor) - {()}:
        raise Refusal(InvalidObservable(right.span, "a division by an observable"))
    if number == 0:
        raise Refusal(InvalidArithmetic(expr.span, "the divisor is zero"))
    return {word: c / number for word, c in _sum_of(left, scope).items()}


def _power(expr: tree.Expr, op: str, scope: Scope) -> PauliSum:
    left, right = expr.parts
    exponent = None if _mentions_pauli(right) else evaluate(right, scope)
    if not isinstance(exponent, int) or not 0 <= exponent <= 16:
        raise Refusal(InvalidObservable(right.span, "powers are whole, from 0 to 16"))
    base, result = _sum_of(left, scope), PauliSum({(): 1.0 + 0j})
    for _ in range(exponent):
        result = _product(result, base, expr.span)
    return result


_OPERATORS: dict[str, Callable[[tree.Expr, str, Scope], PauliSum]] = {
    "+": _added,
    "-": _added,
    "*": _multiplied,
    "/": _divided,
    "**": _power,
}
