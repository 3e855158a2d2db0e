"""Expressions of OpenQASM 3, as far as they are known or depend on measured bits."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Sequence
from types import MappingProxyType
from typing import Any, Protocol

from openqasm3 import ast

from qdsl.language.qasm.three.values import (
    CONSTANTS,
    MOST_WIDTH,
    SIGN_IS_MEASURED,
    BitAngle,
    BitSlice,
    Duration,
    NotExpressible,
    QubitSlice,
    SignedCells,
    TextScope,
    ValueType,
    Variable,
    Wrong,
    cells_of,
    compared_signed,
    converted,
)
from qdsl.language.values.cells import Cells
from qdsl.language.values.polynomial import Polynomial
from qdsl.language.values.truth import MOST_BITS, TooManyBits

MOST_ITEMS = 1_000_000  # of a range or an array


class Caller(Protocol):
    """Who carries out subroutines and hears of doubtful readings."""

    def call(self, call: ast.FunctionCall, scope: TextScope) -> Any: ...

    def doubt(self, node: ast.QASMNode, what: str, meant: str) -> None: ...


class TextExpressions:
    """Values of expressions in a scope; `Wrong` or `NotExpressible` with the node."""

    def __init__(self, caller: Caller) -> None:
        self.caller = caller

    def of(self, node: Any, scope: TextScope) -> Any:
        found = _EVALUATED.get(type(node))
        if found is None:
            raise NotExpressible(f"{type(node).__name__} has no counterpart here", node)
        try:
            value = found(self, node, scope)
        except TooManyBits:
            raise NotExpressible(f"a value of more than {MOST_BITS} measured bits", node) from None
        except NotImplementedError as unknown:
            raise NotExpressible(f"{unknown} has no counterpart here", node) from None
        except (ArithmeticError, ValueError) as problem:
            raise Wrong(f"this has no value: {problem}", node) from None
        except Wrong as wrong:
            wrong.where = wrong.where or node
            raise
        if isinstance(value, float) and not math.isfinite(value):
            raise NotExpressible("a number that is infinite or none", node)
        return value

    def integer(self, node: Any, scope: TextScope) -> int:
        """An integer that is known."""
        value = self.of(node, scope)
        value = value.cells if isinstance(value, BitSlice) else value
        value = value.number if isinstance(value, Cells) else value
        if isinstance(value, int):
            return int(value)
        if value is None:
            raise NotExpressible("a size or index that depends on a measurement", node)
        raise Wrong("an integer is wanted", node)

    def type_of(self, node: Any, scope: TextScope) -> ValueType:
        """The type that is written."""
        if isinstance(node, ast.ArrayType):
            sizes = tuple(self.integer(d, scope) for d in node.dimensions)
            if min(sizes) < 0 or math.prod(sizes) > MOST_ITEMS:
                raise NotExpressible(f"an array of more than {MOST_ITEMS:,} values", node)
            return self.type_of(node.base_type, scope)._replace(sizes=sizes)
        kind = _KINDS.get(type(node))
        if kind is None:
            raise NotExpressible("values of this type have no counterpart here", node)
        size = getattr(node, "size", None)
        width = None if size is None else self.integer(size, scope)
        most = 10 * MOST_ITEMS if kind == "bit" else MOST_WIDTH
        if width is not None and not 0 < width <= most:
            raise Wrong(f"'{kind}' of {width} bits", node)
        return ValueType(kind, width)

    def stretch(
        self, node: ast.RangeDefinition, scope: TextScope, size: int | None = None
    ) -> range:
        """The numbers from one end to the other, both included; of a register of `size` the ends
        may be left out."""
        step = 1 if node.step is None else self.integer(node.step, scope)
        if step == 0:
            raise Wrong("a range with steps of 0", node)
        ends = []
        for end, default in ((node.start, step > 0), (node.end, step < 0)):
            if end is not None:
                number = self.integer(end, scope)
            elif size is None:
                raise Wrong("a range without an end", node)
            else:
                number = 0 if default else size - 1
            ends.append(number)
        found = range(ends[0], ends[1] + (1 if step > 0 else -1), step)
        if len(found) > MOST_ITEMS:
            raise NotExpressible(f"a range of more than {MOST_ITEMS:,} numbers", node)
        self._doubt_empty(node, scope, size, found)
        return found

    def _doubt_empty(
        self, node: ast.RangeDefinition, scope: TextScope, size: int | None, found: range
    ) -> None:
        if found or not size or node.start is None or node.end is None:
            return
        ends = [self.integer(end, scope) for end in (node.start, node.end)]
        steps = [] if node.step is None else [self.integer(node.step, scope)]
        shown = ":".join(map(str, [ends[0], *steps, ends[1]]))
        self.caller.doubt(node, f"{shown} selects nothing", f"{ends[0] % size}:{ends[1] % size}")

    def numbers(self, node: Any, scope: TextScope, size: int | None = None) -> list[int]:
        """What a loop runs over, or an index selects."""
        if isinstance(node, ast.RangeDefinition):
            return list(self.stretch(node, scope, size))
        if isinstance(node, ast.DiscreteSet):
            return [self.integer(item, scope) for item in node.values]
        value = self.of(node, scope)
        if isinstance(value, list):
            return value
        raise Wrong("a range or a set of numbers is wanted", node)

    # ---- items -------------------------------------------------------------------------

    def selected(self, ids: Sequence[Any], index: Any, scope: TextScope) -> tuple[list[Any], bool]:
        """Items of a register, and whether it is a single one."""
        size = len(ids)
        parts = index if isinstance(index, list) else [index]
        if len(parts) != 1:
            raise Wrong("one index is wanted", parts[1])
        (part,) = parts
        if isinstance(part, ast.RangeDefinition | ast.DiscreteSet):
            return [
                ids[self._within(k, size, part)] for k in self.numbers(part, scope, size)
            ], False
        return [ids[self._within(self.integer(part, scope), size, part)]], True

    def _within(self, k: int, size: int, node: Any) -> int:
        if not -size <= k < size:
            raise Wrong(f"index {k} is out of range for {size}", node)
        return k % size

    def item(self, value: Any, index: Any, scope: TextScope, node: Any) -> Any:
        """An element or a part of a value."""
        if isinstance(value, list):
            return self._of_array(value, index if isinstance(index, list) else [index], scope)
        if isinstance(value, Variable):
            if value.type.sizes:
                return self.item(value.value, index, scope, node)
            places = [(value, k) for k in range(value.type.n_bits)]
            found, is_single = self.selected(places, index, scope)
            return BitSlice(tuple(found), is_single)
        if isinstance(value, QubitSlice):
            ids, is_single = self.selected(value.ids, index, scope)
            return QubitSlice(tuple(ids), is_single)
        if isinstance(value, BitSlice):
            bits, is_single = self.selected(value.places, index, scope)
            return BitSlice(tuple(bits), is_single)
        if isinstance(value, Cells):
            return Cells(tuple(self.selected(value.cells, index, scope)[0]))
        if isinstance(value, int):
            cells = Cells.of_number(value % 2**64, 64)
            return Cells(tuple(self.selected(cells.cells, index, scope)[0]))
        raise Wrong("this has no elements", node)

    def _of_array(self, value: Any, index: list[Any], scope: TextScope) -> Any:
        for k, part in enumerate(index):
            if not isinstance(value, list):
                raise Wrong("more indices than the array has dimensions", part)
            if isinstance(part, ast.RangeDefinition):
                numbers = self.numbers(part, scope, len(value))
                rest = index[k + 1 :]
                chosen = [value[self._within(n, len(value), part)] for n in numbers]
                return [self._of_array(v, rest, scope) if rest else v for v in chosen]
            value = value[self._within(self.integer(part, scope), len(value), part)]
        return value

    # ---- nodes -------------------------------------------------------------------------

    def named(self, node: ast.Identifier, scope: TextScope) -> Any:
        """What a name stands for: a variable, qubits, a slice."""
        found = scope.find(node.name)
        if found is None:
            if node.name in CONSTANTS:
                return CONSTANTS[node.name]
            raise Wrong(f"'{node.name}' is not defined in this scope", node)
        return found

    def _identifier(self, node: ast.Identifier, scope: TextScope) -> Any:
        found = self.named(node, scope)
        if isinstance(found, BitSlice):
            return found.cells
        if not isinstance(found, Variable):
            return found
        return BitAngle.of(found.value) if _is_angle(found.value, found.type) else found.value

    def _index(self, node: ast.IndexExpression, scope: TextScope) -> Any:
        inner = node.collection
        value = self.named(inner, scope) if isinstance(inner, ast.Identifier) else None
        value = self.of(inner, scope) if value is None else value
        found = self.item(value, node.index, scope, node)
        return found.cells if isinstance(found, BitSlice) else found

    def _unary(self, node: ast.UnaryExpression, scope: TextScope) -> Any:
        value = self.of(node.expression, scope)
        if node.op.name == "!":
            return converted(Cells((~truth_of(value),)), ValueType("bool"))
        if node.op.name == "~":
            if isinstance(value, Cells):
                return ~value
            known = not value if isinstance(value, bool) else ~int(_plain(value))
            type_ = self._unsigned_type(node.expression, scope)
            return known if type_ is None else converted(known, type_)
        if isinstance(value, BitAngle):
            return value.scaled(-1.0)
        return -_plain(value)

    def _unsigned_type(self, node: Any, scope: TextScope) -> ValueType | None:
        """The type of a `uint` that is a variable or a cast: its complement has as many bits."""
        type_ = None
        if isinstance(node, ast.Identifier):
            found = scope.find(node.name)
            type_ = found.type if isinstance(found, Variable) else None
        elif isinstance(node, ast.Cast):
            type_ = self.type_of(node.type, scope)
        if type_ is None or type_.kind != "uint":
            return None
        return type_._replace(width=type_.n_bits)

    def _binary(self, node: ast.BinaryExpression, scope: TextScope) -> Any:
        left, right = self.of(node.lhs, scope), self.of(node.rhs, scope)
        sign = node.op.name
        if sign == "/" and all(isinstance(p, ast.IntegerLiteral) for p in (node.lhs, node.rhs)):
            self._doubt_quotient(node, left, right)
        return combined(sign, left, right)

    def _doubt_quotient(self, node: ast.BinaryExpression, left: int, right: int) -> None:
        if right and left % right:
            what = f"{left}/{right} is a division of integers, {int(left / right)}"
            self.caller.doubt(node, what, f"{left}.0/{right}")

    def _cast(self, node: ast.Cast, scope: TextScope) -> Any:
        type_ = self.type_of(node.type, scope)
        found = converted(self.of(node.argument, scope), type_)
        return BitAngle.of(found) if _is_angle(found, type_) else found

    def _function(self, node: ast.FunctionCall, scope: TextScope) -> Any:
        function = _FUNCTIONS.get(node.name.name)
        if function is None or scope.find(node.name.name) is not None:
            return self.caller.call(node, scope)
        return function(*(self.of(argument, scope) for argument in node.arguments))

    def _size(self, node: ast.SizeOf, scope: TextScope) -> int:
        value = self.of(node.target, scope)
        for _ in range(0 if node.index is None else self.integer(node.index, scope)):
            value = value[0]
        if not isinstance(value, list):
            raise Wrong("`sizeof` is of an array", node)
        return len(value)

    def _concatenation(self, node: ast.Concatenation, scope: TextScope) -> Any:
        left, right = self.of(node.lhs, scope), self.of(node.rhs, scope)
        if isinstance(left, QubitSlice) and isinstance(right, QubitSlice):
            return QubitSlice(left.ids + right.ids)
        if isinstance(left, Cells) and isinstance(right, Cells):
            return Cells(left.cells + right.cells)
        if isinstance(left, list) and isinstance(right, list):
            return left + right
        raise Wrong("`++` joins two registers of one sort", node)

    def _array(self, node: ast.ArrayLiteral, scope: TextScope) -> Any:
        return [self.of(item, scope) for item in node.values]


def _is_angle(value: Any, type_: ValueType) -> bool:
    return type_.kind == "angle" and isinstance(value, Cells)


def truth_of(value: Any) -> Any:
    """Whether a value counts as true, as a truth function."""
    if isinstance(value, Cells | SignedCells):
        return value.truth
    if isinstance(value, bool | int | float):
        return Cells.of_number(int(bool(value)), 1).truth
    raise Wrong("a condition is wanted")


def _plain(value: Any) -> Any:
    """A value that arithmetic knows: bits as a number."""
    if isinstance(value, SignedCells):
        raise NotExpressible(SIGN_IS_MEASURED)
    if isinstance(value, BitSlice):
        value = value.cells
    if isinstance(value, Cells):
        number = value.number
        if number is None:
            raise NotExpressible("arithmetic with measured bits")
        return number
    if isinstance(value, Duration | int | float | Polynomial | BitAngle):
        return value
    raise Wrong("a number is wanted")


def combined(sign: str, left: Any, right: Any) -> Any:
    """`left sign right`."""
    if isinstance(left, Duration) or isinstance(right, Duration):
        return left == right if sign in ("==", "!=", "<", ">", "<=", ">=") else Duration()
    if sign in ("&&", "||"):
        a, b = truth_of(left), truth_of(right)
        return converted(Cells((a & b if sign == "&&" else a | b,)), ValueType("bool"))
    sides = (left, right)
    if any(isinstance(side, SignedCells) for side in sides):
        return converted(compared_signed(sign, left, right), ValueType("bool"))
    if sign in _BITS and any(isinstance(side, Cells) for side in sides):
        width = max(side.width for side in sides if isinstance(side, Cells))
        a, b = (_as_cells(side, width, sign) for side in sides)
        found = a.combined(sign, b)
        return converted(found, ValueType("bool")) if sign in _COMPARED else found
    if any(isinstance(side, BitAngle) for side in sides):
        return _angles(sign, left, right)
    if any(isinstance(_plain(side), Polynomial) for side in sides):
        return _polynomials(sign, left, right)
    try:
        return _ARITHMETIC[sign](_plain(left), _plain(right))
    except TypeError:
        raise NotExpressible(f"`{sign}` of such values") from None


def _as_cells(value: Any, width: int, sign: str) -> Cells:
    """A number next to measured bits; what OpenQASM leaves open is refused."""
    if isinstance(value, Cells):
        return value
    number = _plain(value)
    if not isinstance(number, int | float) or number != int(number):
        raise NotExpressible(f"`{sign}` of measured bits and a number that is no integer")
    number = int(number)
    if number < 0 and sign != "&":
        raise NotExpressible(f"`{sign}` of measured bits, which have no sign, and {number}")
    if number < 0:
        return Cells.of_number(number % 2**width, width)
    return Cells.of_number(number, max(width, number.bit_length()))


def _angles(sign: str, left: Any, right: Any) -> Any:
    """Sums of angles of measured bits, and their products with numbers."""
    if sign in ("+", "-"):
        a, b = (s if isinstance(s, BitAngle) else BitAngle(float(s), ()) for s in (left, right))
        return a.plus(b if sign == "+" else b.scaled(-1.0))
    if sign == "*" and isinstance(left, int | float):
        return right.scaled(float(left))
    if sign in ("*", "/") and isinstance(right, int | float):
        return left.scaled(float(right) if sign == "*" else 1 / right)
    raise NotExpressible(f"`{sign}` of an angle of measured bits")


def _polynomials(sign: str, left: Any, right: Any) -> Polynomial:
    """Sums and products of inputs."""
    a, b = (s if isinstance(s, Polynomial) else Polynomial(float(s)) for s in (left, right))
    if sign == "/" and b.is_constant:
        return a.scaled(1 / b.constant)
    if sign in ("+", "-", "*"):
        return {"+": a + b, "-": a - b, "*": a * b}[sign]
    raise NotExpressible(f"`{sign}` of an input; sums and products of inputs are known")


def _quotient(left: Any, right: Any) -> Any:
    if isinstance(left, int) and isinstance(right, int):
        quotient = abs(left) // abs(right)
        return quotient if (left < 0) == (right < 0) else -quotient
    return left / right


def _remainder(left: Any, right: Any) -> Any:
    """With the dividend's sign, as in C99, whose rules OpenQASM 3 follows."""
    if isinstance(left, int) and isinstance(right, int):
        remainder = abs(left) % abs(right)
        return -remainder if left < 0 else remainder
    return math.fmod(left, right)


def _power(left: Any, right: Any) -> Any:
    is_large = isinstance(left, int) and isinstance(right, int) and abs(right) > MOST_WIDTH
    if is_large and abs(left) > 1:
        raise NotExpressible("a number of so many digits")
    return left**right


def _shifted(shift: Callable[[int, int], int]) -> Callable[[int, int], int]:
    def shifted(left: int, right: int) -> int:
        if not 0 <= right <= MOST_WIDTH:
            raise NotExpressible(f"a shift by {right} bits")
        return shift(left, right)

    return shifted


_ARITHMETIC: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": _quotient, "%": _remainder,
    "**": _power, "==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le,
    ">": operator.gt, ">=": operator.ge, "&": operator.and_, "|": operator.or_,
    "^": operator.xor, "<<": _shifted(operator.lshift), ">>": _shifted(operator.rshift),
}  # fmt: skip
_COMPARED = frozenset({"==", "!=", "<", "<=", ">", ">="})
_BITS = _COMPARED | {"&", "|", "^", "<<", ">>"}
_KINDS: MappingProxyType[type, str] = MappingProxyType(
    {
        ast.BitType: "bit",
        ast.BoolType: "bool",
        ast.IntType: "int",
        ast.UintType: "uint",
        ast.FloatType: "float",
        ast.AngleType: "angle",
        ast.DurationType: "duration",
        ast.StretchType: "duration",
        ast.ComplexType: "complex",
    }
)


def _real(function: Callable[[float], float]) -> Callable[[Any], float]:
    def of(value: Any) -> float:
        found = _plain(value)
        if not isinstance(found, int | float):
            raise NotExpressible("a function of an input or of measured bits")
        return function(found)

    return of


def _rotated(value: Any, by: Any) -> Any:
    if not isinstance(value, Cells):
        raise Wrong("`rotl` and `rotr` are of bits")
    k = int(_plain(by)) % value.width
    return Cells(value.cells[-k:] + value.cells[:-k] if k else value.cells)


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "sin": _real(math.sin), "cos": _real(math.cos), "tan": _real(math.tan),
    "arcsin": _real(math.asin), "arccos": _real(math.acos), "arctan": _real(math.atan),
    "exp": _real(math.exp), "ln": _real(math.log), "log": _real(math.log),
    "sqrt": _real(math.sqrt), "floor": _real(math.floor), "ceiling": _real(math.ceil),
    "pow": lambda a, b: combined("**", a, b), "mod": lambda a, b: combined("%", a, b),
    "rotl": _rotated, "rotr": lambda value, by: _rotated(value, -int(_plain(by))),
}  # fmt: skip


def _popcount(value: Any) -> int:
    return int(_plain(value)).bit_count()


_FUNCTIONS["popcount"] = _popcount

_EVALUATED: dict[type, Callable[[TextExpressions, Any, TextScope], Any]] = {
    ast.IntegerLiteral: lambda self, node, scope: node.value,
    ast.FloatLiteral: lambda self, node, scope: node.value,
    ast.BooleanLiteral: lambda self, node, scope: node.value,
    ast.BitstringLiteral: lambda self, node, scope: Cells.of_number(node.value, node.width),
    ast.DurationLiteral: lambda self, node, scope: Duration(),
    ast.DurationOf: lambda self, node, scope: Duration(),
    ast.Identifier: TextExpressions._identifier,
    ast.IndexExpression: TextExpressions._index,
    ast.UnaryExpression: TextExpressions._unary,
    ast.BinaryExpression: TextExpressions._binary,
    ast.Cast: TextExpressions._cast,
    ast.FunctionCall: TextExpressions._function,
    ast.SizeOf: TextExpressions._size,
    ast.Concatenation: TextExpressions._concatenation,
    ast.ArrayLiteral: TextExpressions._array,
}


def register_cells(variable: Variable) -> Cells:
    """The bits of a variable."""
    return cells_of(variable.value, variable.type)
