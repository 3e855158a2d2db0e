"""Conditions of Qiskit's circuits as truth functions of what their bits hold."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from qdsl.language.values.cells import Cells
from qdsl.language.values.truth import Truth

CellOf = Callable[[Any], Truth]


def condition_of(condition: Any, cell: CellOf) -> Truth:
    """(bit or register, number), or an expression. `NotImplementedError` says what is not known."""
    if isinstance(condition, tuple):
        return value_of(condition[0], cell).equals(int(condition[1]))
    return value_of(condition, cell).truth


def value_of(target: Any, cell: CellOf) -> Cells:
    """What a bit, a register or an expression of them holds, bit 0 first."""
    from qiskit.circuit import ClassicalRegister, Clbit
    from qiskit.circuit.classical import expr

    match target:
        case Clbit():
            return Cells((cell(target),))
        case ClassicalRegister():
            return Cells(tuple(cell(bit) for bit in target))
        case expr.Var():
            return value_of(target.var, cell)
        case expr.Value():
            return Cells.of_number(int(target.value), _width(target))
        case expr.Cast():
            found = value_of(target.operand, cell)
            return Cells((found.truth,)) if _width(target) == 1 else found.widened(_width(target))
        case expr.Unary():
            found = value_of(target.operand, cell)
            return Cells((~found.truth,)) if target.op.name == "LOGIC_NOT" else ~found
        case expr.Binary():
            left, right = value_of(target.left, cell), value_of(target.right, cell)
            return left.combined(_SIGNS.get(target.op.name, target.op.name), right)
        case expr.Index():
            number = value_of(target.index, cell).number
            if number is not None:
                return Cells((value_of(target.target, cell).cells[number],))
    raise NotImplementedError(f"a condition by {type(target).__name__.lower()}")


def _width(node: Any) -> int:
    return int(getattr(node.type, "width", 1))


_SIGNS = {
    "BIT_AND": "&", "BIT_OR": "|", "BIT_XOR": "^", "LOGIC_AND": "&&", "LOGIC_OR": "||",
    "EQUAL": "==", "NOT_EQUAL": "!=", "LESS": "<", "LESS_EQUAL": "<=", "GREATER": ">",
    "GREATER_EQUAL": ">=", "SHIFT_LEFT": "<<", "SHIFT_RIGHT": ">>",
}  # fmt: skip
