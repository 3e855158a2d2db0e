"""Conditions on measured bits, as truth functions of them."""

from __future__ import annotations

from qdsl.diagnostics.reported import Refusal
from qdsl.language import syntax
from qdsl.language.lowering.context import Unrolling
from qdsl.language.typed import tree
from qdsl.language.typed.errors.flow import InvalidCondition
from qdsl.language.typed.evaluate import evaluate, integer, truth
from qdsl.language.values.bit_logic import BitLogic, LogicStep
from qdsl.language.values.cells import Cells
from qdsl.language.values.domain import Bits
from qdsl.language.values.scope import Scope
from qdsl.language.values.steps import LoweredStep
from qdsl.language.values.truth import MOST_BITS, TooManyBits, Truth

SIGNS = {"and": "&&", "or": "||"}


def condition_of(expr: tree.Expr, scope: Scope) -> Truth:
    """`c[0]`, `not a and b`, `c == 3`, `a != b`: bit 0 of a register is the lowest. `Refusal` of a
    register alone, and of too many bits."""
    try:
        return _cells(expr, scope).truth
    except TooManyBits:
        reason = f"it looks at more than {MOST_BITS} bits"
        raise Refusal(InvalidCondition(expr.span, reason)) from None


def _cells(expr: tree.Expr, scope: Scope) -> Cells:
    node = expr.syntax
    if not expr.type.is_dynamic:
        return Cells.of_number(int(truth(expr, scope)), 1)
    if isinstance(node, syntax.Unary):
        return Cells((~_cells(expr.parts[0], scope).truth,))
    if isinstance(node, syntax.Binary) and node.op in SIGNS:
        both = [_cells(part, scope) for part in expr.parts]
        return both[0].combined(SIGNS[node.op], both[1])
    if isinstance(node, syntax.Binary):
        left, right = (_side(part, scope) for part in expr.parts)
        _possible(expr, left, right)
        return _compared(node.op, left, right)
    found = _side(expr, scope)
    if isinstance(found, Cells) and found.width == 1:
        return found
    reason = "a whole register of bits is no condition"
    raise Refusal(InvalidCondition(expr.span, reason))


def _side(expr: tree.Expr, scope: Scope) -> Cells | int:
    """A register or a condition, or a number that is known."""
    if isinstance(expr.syntax, syntax.Unary | syntax.Binary) and expr.type.is_dynamic:
        return _cells(expr, scope)
    found = evaluate(expr, scope)
    if isinstance(found, Bits):
        return Cells(tuple(Truth.of_bit(bit) for bit in found.ids))
    if isinstance(found, bool):
        return int(found)
    return integer(expr, scope, "an integer")


def _possible(expr: tree.Expr, left: Cells | int, right: Cells | int) -> None:
    """`Refusal` of a register that is compared with a number which it never is."""
    node = expr.syntax
    number = next((side for side in (left, right) if isinstance(side, int)), None)
    cells = left if isinstance(left, Cells) else right
    assert isinstance(node, syntax.Binary) and isinstance(cells, Cells)
    if number is not None and node.op in ("==", "!=") and not 0 <= number < 1 << cells.width:
        least = "a bit is 0 or 1" if cells.width == 1 else f"{cells.width} bits are 0 to"
        most = "" if cells.width == 1 else f" {(1 << cells.width) - 1}"
        reason = f"{least}{most}, never {number}"
        raise Refusal(InvalidCondition(expr.span, reason))


def _compared(sign: str, left: Cells | int, right: Cells | int) -> Cells:
    """Numbers of any size, also below 0, and bits."""
    if isinstance(left, int):
        left, right, sign = right, left, _MIRRORED[sign]
    assert isinstance(left, Cells)
    if isinstance(right, int):
        if right < 0:
            return Cells.of_number(int(sign in ("!=", ">", ">=")), 1)
        right = Cells.of_number(right, max(right.bit_length(), 1))
    return left.combined(sign, right)


_MIRRORED = {"==": "==", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}


def logic_of(run: Unrolling, expr: tree.Expr) -> BitLogic:
    """Computes conditions where the unrolling stands, into bits of their own."""

    def fresh() -> int:
        (bit,) = run.spare_bits(1, "condition")
        run.state.measured.add(bit)
        return bit

    def write(step: LogicStep) -> None:
        qubit, before = run.scratch(expr.span), run.state.cond
        condition = step.condition
        run.state.cond = -1 if condition is None else 2 * condition[0] + condition[1]
        try:
            run.write(
                LoweredStep(step.name, (qubit,), bit=-1 if step.bit is None else step.bit), -1
            )
        finally:
            run.state.cond = before

    return BitLogic(fresh, write)
