"""The types of expressions, with every mistake reported once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from qdsl.diagnostics.diagnostic import Diagnostics
from qdsl.diagnostics.source import Span
from qdsl.language import syntax
from qdsl.language.check.types import (
    CONDITION,
    EDGES,
    GRAPH,
    INT,
    LIST,
    OBSERVABLE,
    RANGE,
    REAL,
    SCALAR,
    TEXT,
    TRUTH,
    UNKNOWN,
    Names,
    Symbol,
    Type,
)
from qdsl.language.lowering.errors.operations import InvalidPauliWord
from qdsl.language.parser.spelling import closest
from qdsl.language.values.arithmetic import CONSTANTS, FUNCTIONS
from qdsl.language.values.errors import (
    NotAnAngle,
    NotKnownAtCompileTime,
    UnknownFunction,
    UnknownName,
    WrongArgumentCount,
    WrongDimensions,
    WrongKind,
    WrongUnit,
)
from qdsl.language.values.graphs import FUNCTIONS as GRAPH_FUNCTIONS
from qdsl.language.values.graphs import GENERATORS
from qdsl.language.values.units import UNITS


class Typist:
    """Finds types in the names that are visible, and reports into `problems`."""

    def __init__(self, names: Names, problems: Diagnostics) -> None:
        self.names = names
        self.problems = problems

    # ---- what a place wants ------------------------------------------------------------

    def of(self, expr: syntax.Expr) -> Type:
        return _TYPES[type(expr)](self, expr)

    def integer(self, expr: syntax.Expr, wanted: str) -> None:
        """Report an expression that is no integer known when the circuit is built."""
        found = self.of(expr)
        if found.is_unknown or found.sort == "int":
            return
        if found.sort in ("value", "condition", "bits"):
            self.problems.add(NotKnownAtCompileTime(expr.span, wanted, self._declared(expr)))
            return
        suggestion = "divide integers with `div`" if found.sort == "real" else None
        self.problems.add(WrongKind(expr.span, wanted, str(found), suggestion))

    def angle(self, expr: syntax.Expr) -> None:
        """Report an expression that is no scalar angle."""
        found = self.of(expr)
        if found.is_unknown or found.is_number:
            return
        if found.sort != "value":
            self.problems.add(WrongKind(expr.span, "an angle", str(found)))
        elif found.rank:
            what = f"'{expr.span.text}' is {found}; one number is wanted"
            suggestion = f"write `{_element(expr)}`" if found.rank == 1 else "index it"
            self.problems.add(WrongDimensions(expr.span, what, self._declared(expr), suggestion))

    def number(self, expr: syntax.Expr) -> Type:
        """The type of a number or scalar value; anything else is reported."""
        found = self.of(expr)
        if found.is_unknown or found.is_number or (found.sort == "value" and not found.rank):
            return found
        if found.sort == "observable":
            return found
        if found.sort == "value":
            what = f"'{expr.span.text}' is {found}; one number is wanted"
            self.problems.add(WrongDimensions(expr.span, what, self._declared(expr), "index it"))
        else:
            self.problems.add(WrongKind(expr.span, "a number", str(found)))
        return UNKNOWN

    def condition(self, expr: syntax.Expr) -> Type:
        """`TRUTH` or `CONDITION`; anything else is reported."""
        found = self.of(expr)
        if found.sort == "bits":
            return CONDITION
        if found.sort == "value":
            self.problems.add(NotKnownAtCompileTime(expr.span, "a condition", self._declared(expr)))
        elif found.sort not in ("truth", "condition", "unknown"):
            text = f"compare it: `{expr.span.text} == 1`" if found.is_number else None
            self.problems.add(WrongKind(expr.span, "a condition", str(found), text))
        return found if found.sort in ("truth", "condition") else UNKNOWN

    def operand(self, operand: syntax.Operand, sort: str = "qubits") -> Symbol | None:
        """The register of an operand; None if it is none, which is reported."""
        for item in operand.indices:
            self._item(item)
        symbol = self.find(operand.name, sort)
        if symbol is None or symbol.type.is_unknown:
            return None
        if symbol.type.sort != sort:
            wanted = "qubits" if sort == "qubits" else "classical bits"
            self.problems.add(WrongKind(operand.span, wanted, str(symbol.type)))
            return None
        if len(operand.indices) > symbol.type.rank:
            what = f"'{symbol.name}' is a single one and has no indices"
            if symbol.type.rank:
                what = f"'{symbol.name}' has one dimension"
            self.problems.add(WrongDimensions(operand.span, what, symbol.span))
            return None
        return symbol

    def find(self, name: syntax.Name, sort: str | None = None) -> Symbol | None:
        """The symbol of a name, counted as used; an unknown one is reported."""
        symbol = self.names.find(name.id)
        if symbol is not None:
            symbol.uses += 1
            return symbol
        visible = [s for s in self.names.visible() if sort in (None, s.type.sort)]
        constants = () if sort else tuple(CONSTANTS)
        meant = closest(name.id, [*(s.name for s in visible), *constants])
        near = next((s.span for s in visible if s.name == meant), None)
        problem = UnknownName(name.span, name.id, meant, near, _suggestion(name.id, sort))
        self.problems.add(problem)
        return None

    def _declared(self, expr: syntax.Expr) -> Span | None:
        base = expr
        while isinstance(base, syntax.Index):
            base = base.base
        symbol = self.names.find(base.id) if isinstance(base, syntax.Name) else None
        return symbol.span if symbol else None

    def _item(self, item: syntax.Expr) -> None:
        if isinstance(item, syntax.Range):
            for part in (item.lo, item.hi, item.step):
                if part is not None:
                    self.integer(part, "an integer bound")
        else:
            self.integer(item, "an integer index")


def _suggestion(name: str, sort: str | None) -> str | None:
    """What an undeclared name may lack."""
    if sort == "bits":
        return f"declare `bits {name}`, or `bits {name}[n]` for n results, above"
    return PAULI_FORM.format(name) if name in PAULIS else None


PAULIS = frozenset("XYZI")
PAULI_FORM = "a Pauli letter stands before its qubit: `{} q[0]`"


def _element(expr: syntax.Expr) -> str:
    """The text of an element of a one-dimensional array."""
    text = expr.span.text
    return f"{text[:-1]}, i]" if isinstance(expr, syntax.Index) else f"{text}[i]"


# ---- atoms -----------------------------------------------------------------------------


def _name(typist: Typist, expr: syntax.Name) -> Type:
    if typist.names.find(expr.id) is None and expr.id in CONSTANTS:
        return TRUTH if isinstance(CONSTANTS[expr.id], bool) else REAL
    symbol = typist.find(expr)
    return symbol.type if symbol else UNKNOWN


def _quantity(typist: Typist, expr: syntax.Quantity) -> Type:
    unit = UNITS.get(expr.unit)
    if unit is None or unit.dimension != "angle":
        typist.problems.add(WrongUnit(expr.span, expr.unit, "a number without unit"))
        return UNKNOWN
    return REAL


def _range(typist: Typist, expr: syntax.Range) -> Type:
    typist._item(expr)
    return RANGE


def _list(typist: Typist, expr: syntax.ListLit) -> Type:
    for item in expr.items:
        typist.of(item)
    return LIST


def _pauli(typist: Typist, expr: syntax.PauliOn) -> Type:
    if set(expr.word.id) - set("IXYZ"):
        reason = "the letters are I, X, Y and Z"
        typist.problems.add(InvalidPauliWord(expr.word.span, expr.word.id, reason))
    typist.operand(expr.operand)
    return OBSERVABLE


# ---- operators -------------------------------------------------------------------------


def _unary(typist: Typist, expr: syntax.Unary) -> Type:
    if expr.op == "not":
        return typist.condition(expr.operand)
    return typist.number(expr.operand)


def _binary(typist: Typist, expr: syntax.Binary) -> Type:
    if expr.op in ("and", "or"):
        both = (typist.condition(expr.left), typist.condition(expr.right))
        return CONDITION if CONDITION in both else TRUTH
    if expr.op in ("==", "!=", "<", "<=", ">", ">="):
        return _comparison(typist, expr)
    left, right = typist.number(expr.left), typist.number(expr.right)
    if left.is_unknown or right.is_unknown:
        return UNKNOWN
    if OBSERVABLE in (left, right):
        return OBSERVABLE
    if left.is_number and right.is_number:
        return INT if left == right == INT and expr.op != "/" else REAL
    return _polynomial(typist, expr, right)


def _polynomial(typist: Typist, expr: syntax.Binary, right: Type) -> Type:
    operation = None
    if expr.op == "/" and right.sort == "value":
        operation = "division by a value"
    elif expr.op in ("//", "div", "%"):
        operation = f"'{expr.op}'"
    elif expr.op == "**" and right != INT:
        operation = "a power that is not whole"
    if operation is None:
        return SCALAR
    typist.problems.add(NotAnAngle(expr.span, operation))
    return UNKNOWN


def _comparison(typist: Typist, expr: syntax.Binary) -> Type:
    sides = [typist.of(expr.left), typist.of(expr.right)]
    if any(side.sort in ("bits", "condition") for side in sides):
        return CONDITION
    for side, part in zip(sides, (expr.left, expr.right), strict=True):
        if side.sort == "value":
            problem = NotKnownAtCompileTime(part.span, "a condition", typist._declared(part))
            typist.problems.add(problem)
            return UNKNOWN
        if not (side.is_number or side.is_unknown or side == TRUTH):
            typist.problems.add(WrongKind(part.span, "a number", str(side)))
            return UNKNOWN
    return TRUTH


# ---- indices, functions, sums ----------------------------------------------------------


def _index(typist: Typist, expr: syntax.Index) -> Type:
    for item in expr.items:
        typist._item(item)
    base = typist.of(expr.base)
    if base.is_unknown or base == LIST:
        return UNKNOWN
    if base.sort not in ("value", "qubits", "bits"):
        typist.problems.add(WrongKind(expr.base.span, "an array", str(base)))
        return UNKNOWN
    if len(expr.items) > base.rank:
        what = f"'{expr.base.span.text}' has {base.rank} dimension{'s' * (base.rank != 1)}, "
        what += f"not {len(expr.items)}"
        typist.problems.add(WrongDimensions(expr.span, what, typist._declared(expr.base)))
        return UNKNOWN
    singles = sum(not isinstance(item, syntax.Range) for item in expr.items)
    rank = base.rank - singles
    # the numbers of a circuit's list of integers may be known when the circuit is built
    if base.kind.startswith("static") and not rank:
        return UNKNOWN
    return Type(base.sort, base.kind, rank)


def _call(typist: Typist, expr: syntax.Call) -> Type:
    name = expr.function.id
    found = [typist.of(arg) for arg in expr.args]
    found += [typist.of(keyword.value) for keyword in expr.keywords]
    if name in GENERATORS:
        return GRAPH
    if name in GRAPH_FUNCTIONS or name == "len":
        return EDGES if name == "edges" else INT
    function = FUNCTIONS.get(name)
    if function is None:
        known = [*FUNCTIONS, *GRAPH_FUNCTIONS, "len"]
        pauli = f"write `{name} {expr.args[0].span.text}`" if name in PAULIS and expr.args else None
        meant = closest(name, known)
        typist.problems.add(UnknownFunction(expr.function.span, name, meant, pauli))
        return UNKNOWN
    if not expr.args or expr.keywords or function.arity not in (None, len(expr.args)):
        wanted = "one argument" if function.arity == 1 else "arguments without names"
        typist.problems.add(WrongArgumentCount(expr.span, name, wanted, len(found)))
        return UNKNOWN
    return _of_function(typist, expr, found, function.is_integer)


def _of_function(typist: Typist, expr: syntax.Call, found: list[Type], is_integer: bool) -> Type:
    if any(t.is_unknown for t in found):
        return UNKNOWN
    for type_, arg in zip(found, expr.args, strict=True):
        if type_.sort == "value":
            typist.problems.add(NotAnAngle(expr.span, f"'{expr.function.id}'"))
            return UNKNOWN
        if not type_.is_number:
            typist.problems.add(WrongKind(arg.span, "a number", str(type_)))
            return UNKNOWN
    keeps = expr.function.id in ("abs", "min", "max", "log2")
    return INT if is_integer or (keeps and all(t == INT for t in found)) else REAL


def _sum(typist: Typist, expr: syntax.SumOver) -> Type:
    from qdsl.language.check.loops import loop_names

    outer = typist.names
    typist.names = loop_names(typist, expr.names, expr.iterable)
    try:
        return typist.number(expr.body)
    finally:
        typist.names = outer


_TYPES: dict[type, Callable[[Typist, Any], Type]] = {
    syntax.IntLit: lambda typist, expr: INT, syntax.RealLit: lambda typist, expr: REAL,
    syntax.StringLit: lambda typist, expr: TEXT, syntax.Name: _name, syntax.Quantity: _quantity,
    syntax.Range: _range, syntax.ListLit: _list, syntax.PauliOn: _pauli, syntax.Unary: _unary,
    syntax.Binary: _binary, syntax.Index: _index, syntax.Call: _call, syntax.SumOver: _sum,
}  # fmt: skip
