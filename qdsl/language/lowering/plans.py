"""The usual gate, read once: single qubits `q[i + 1]`, and angles that are array elements.

Unrolling spends its time here. A plan answers None wherever something is out of the ordinary;
then the general way is taken, which also says what is wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from operator import itemgetter
from typing import Any

from qdsl.ir.operations import Operation
from qdsl.language import syntax
from qdsl.language.typed import tree
from qdsl.language.values.domain import Qubits, Value, View
from qdsl.language.values.polynomial import Polynomial

Values = Mapping[str, Value]
Integer = Callable[[Values], Any]  # an int, or whatever the names stand for
Lane = tuple[int, ...]


class GatePlan:
    """One statement `gate(angles) q[i], r[j]`."""

    __slots__ = ("_angles", "_operands", "entry")

    def __init__(
        self,
        entry: Operation,
        operands: list[tuple[str, Integer]],
        angles: list[tuple[str, list[Integer]]] | None,
    ) -> None:
        self.entry = entry
        self._operands = operands
        self._angles = angles

    def lane(self, values: Values) -> Lane | None:
        """The qubits; None if one is not plainly there, or occurs twice."""
        found = []
        try:
            for name, index in self._operands:
                register, k = values[name], index(values)
                if type(register) is not Qubits or type(k) is not int or register.scalar or k < 0:
                    return None
                found.append(register.ids[k])
        except (KeyError, IndexError, TypeError, AttributeError):
            return None
        if (len(found) == 2 and found[0] == found[1]) or (len(found) > 2 and len(set(found)) < 3):
            return None
        return tuple(found)

    def angles(self, values: Values) -> tuple[Polynomial, ...] | None:
        """The angles; None if they are not all plain elements of arrays."""
        if self._angles is None:
            return None
        found = []
        try:
            for name, indices in self._angles:
                slot = _slot(values[name], indices, values)
                if slot is None:
                    return None
                found.append(Polynomial.of_slot(slot))
        except (KeyError, TypeError, AttributeError):
            return None
        return tuple(found)


def _slot(view: Value, indices: list[Integer], values: Values) -> int | None:
    if type(view) is not View or len(indices) != len(view.shape):
        return None
    slot = view.start
    for index, size, stride in zip(indices, view.shape, view.strides, strict=True):
        k = index(values)
        if type(k) is not int or not 0 <= k < size:
            return None
        slot += k * stride
    return slot


def plan_of(statement: tree.TypedApply) -> GatePlan | None:
    """A plan for a statement, None if it is no usual gate."""
    operation = statement.operation
    if not isinstance(operation, tree.Builtin) or not operation.is_gate or statement.modifiers:
        return None
    operands = [_operand(o.syntax) for o in statement.operands]
    angles = [_element(a.syntax) for a in statement.args]
    known = [o for o in operands if o is not None]
    if len(known) < len(operands):
        return None
    elements = [a for a in angles if a is not None]
    return GatePlan(operation.entry, known, elements if len(elements) == len(angles) else None)


def _operand(operand: syntax.Operand) -> tuple[str, Integer] | None:
    if len(operand.indices) != 1:
        return None
    index = integer_of(operand.indices[0])
    return None if index is None else (operand.name.id, index)


def _element(expr: syntax.Expr) -> tuple[str, list[Integer]] | None:
    if not isinstance(expr, syntax.Index) or not isinstance(expr.base, syntax.Name):
        return None
    indices = [integer_of(item) for item in expr.items]
    known = [index for index in indices if index is not None]
    return (expr.base.id, known) if len(known) == len(indices) else None


def integer_of(expr: syntax.Expr) -> Integer | None:
    """A function of the names for integer literals, names, and their sums and products."""
    match expr:
        case syntax.IntLit(value=value):
            return lambda values: value
        case syntax.Name(id=name):
            return itemgetter(name)
        case syntax.Binary(op="+" | "-" | "*"):
            left, right = integer_of(expr.left), integer_of(expr.right)
            if left is not None and right is not None:
                return _COMBINE[expr.op](left, right)
    return None


_COMBINE: dict[str, Callable[[Integer, Integer], Integer]] = {
    "+": lambda f, g: lambda values: f(values) + g(values),
    "-": lambda f, g: lambda values: f(values) - g(values),
    "*": lambda f, g: lambda values: f(values) * g(values),
}
