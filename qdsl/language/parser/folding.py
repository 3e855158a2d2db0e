"""Chains of operators to trees."""

from __future__ import annotations

from qdsl.language.syntax import Binary, Expr, Unary

# Longer chains of one associative operator become balanced trees: a Hamiltonian of 10,000 terms
# is 14 levels high, not 10,000.
_LONG = 16
_ASSOCIATIVE = frozenset({"+", "*", "and", "or"})


def fold(operands: list[Expr], operators: list[str]) -> Expr:
    """Left-associative, but balanced where the chain is long and the operator allows it."""
    if len(operands) > _LONG:
        operands, operators = _without_minus(operands, operators)
        if len(set(operators)) == 1 and operators[0] in _ASSOCIATIVE:
            return _balanced(operands, operators[0])
    tree = operands[0]
    for operator, operand in zip(operators, operands[1:], strict=True):
        tree = Binary(operator, tree, operand, tree.span.to(operand.span))
    return tree


def fold_height(n_operands: int, operators: list[str]) -> int:
    """Levels that `fold` adds on top of its operands."""
    plain = {"+" if operator == "-" else operator for operator in operators}
    if n_operands > _LONG and len(plain) == 1 and plain <= _ASSOCIATIVE:
        return n_operands.bit_length() + 1
    return n_operands - 1


def _without_minus(operands: list[Expr], operators: list[str]) -> tuple[list[Expr], list[str]]:
    """`a - b + c` as `a + (-b) + c`, so that it may be regrouped."""
    if not set(operators) <= {"+", "-"}:
        return operands, operators
    plain = [
        Unary("-", operand, operand.span) if operator == "-" else operand
        for operator, operand in zip(operators, operands[1:], strict=True)
    ]
    return [operands[0], *plain], ["+"] * len(operators)


def _balanced(operands: list[Expr], operator: str) -> Expr:
    if len(operands) == 1:
        return operands[0]
    middle = len(operands) // 2
    left, right = _balanced(operands[:middle], operator), _balanced(operands[middle:], operator)
    return Binary(operator, left, right, left.span.to(right.span))
