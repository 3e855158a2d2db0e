"""From untyped to typed expressions, with every mistake reported once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from qdsl.diagnostics.diagnostic import Diagnostic, Diagnostics
from qdsl.diagnostics.reported import Refusal
from qdsl.diagnostics.source import Span
from qdsl.language import syntax
from qdsl.language.syntax.spelling import closest
from qdsl.language.syntax.units import UNITS
from qdsl.language.typed.errors.names import DuplicateName
from qdsl.language.typed.errors.operations import InvalidPauliWord
from qdsl.language.typed.suggestions import for_function, for_name, for_other
from qdsl.language.typed.tree import Expr, TypedOperand
from qdsl.language.typed.types import (
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
from qdsl.language.values.arithmetic import CONSTANTS, FUNCTIONS
from qdsl.language.values.errors import (
    InvalidLoop,
    NotAnAngle,
    NotKnownAtCompileTime,
    TypeMismatch,
    UnknownFunction,
    UnknownName,
    WrongArgumentCount,
    WrongDimensions,
    WrongUnit,
)
from qdsl.language.values.graphs import FUNCTIONS as GRAPH_FUNCTIONS
from qdsl.language.values.graphs import GENERATORS

PAULIS = frozenset("XYZI")
_WANTED = {"qubits": "register of qubits", "bits": "register of bits"}


def typed(expr: syntax.Expr, names: Names | None = None) -> Expr:
    """An expression outside of models and circuits; `Refusal` of the first thing wrong."""
    problems = Diagnostics()
    found = Typist(names or Names(), problems).of(expr)
    for problem in problems:
        raise Refusal(problem)
    return found


class Typist:
    """Gives expressions types in the names that are visible, and reports into `problems`."""

    def __init__(self, names: Names, problems: Diagnostics) -> None:
        self.names = names
        self.problems = problems

    def declare(self, symbol: Symbol) -> None:
        """Make a name known from here on; one that is taken is reported and keeps its meaning.
        The name of a constant is reported too, and means what is declared, so that its uses are
        no further errors."""
        earlier = self.names.find(symbol.name)
        if earlier is not None:
            self.problems.add(DuplicateName(symbol.span, symbol.name, earlier.span))
            return
        self._no_constant(symbol.name, symbol.span)
        self.names.symbols[symbol.name] = symbol

    def _no_constant(self, name: str, span: Span) -> None:
        if name in CONSTANTS:
            what, fix = "a constant of the language", f"call it something else, `{name}_`"
            self.problems.add(DuplicateName(span, name, None, what, fix))

    def wrong(self, expr: Expr, problem: Diagnostic) -> Expr:
        """Report what is wrong, and silence what would follow from it."""
        self.problems.add(problem)
        return replace(expr, type=UNKNOWN)

    # ---- what a place wants ------------------------------------------------------------

    def of(self, expr: syntax.Expr) -> Expr:
        return _TYPED[type(expr)](self, expr)

    def every(self, exprs: tuple[syntax.Expr, ...]) -> tuple[Expr, ...]:
        return tuple(self.of(expr) for expr in exprs)

    def integer(self, expr: syntax.Expr, wanted: str) -> Expr:
        """An integer known when the circuit is built; anything else is reported."""
        return self.as_integer(self.of(expr), wanted)

    def as_integer(self, expr: Expr, wanted: str) -> Expr:
        found = expr.type
        if found.is_unknown or found.sort == "int":
            return expr
        if found.sort in ("value", "condition", "bits"):
            return self.wrong(expr, NotKnownAtCompileTime(expr.span, wanted, declared(expr)))
        suggestion = "divide integers with `div`" if found.sort == "real" else None
        return self.wrong(expr, TypeMismatch(expr.span, wanted, str(found), suggestion))

    def angle(self, expr: syntax.Expr) -> Expr:
        """A scalar angle; anything else is reported."""
        return self.as_angle(self.of(expr))

    def as_angle(self, found: Expr) -> Expr:
        kind, expr = found.type, found.syntax
        if kind.is_unknown or kind.is_number:
            return found
        if kind.sort != "value":
            return self.wrong(found, TypeMismatch(expr.span, "an angle", str(kind)))
        suggestion = f"write `{_element(expr)}`" if kind.rank == 1 else "index it"
        return self._array(found, suggestion) if kind.rank else found

    def number(self, expr: syntax.Expr) -> Expr:
        """A number or scalar value, or an observable; anything else is reported."""
        found = self.of(expr)
        kind = found.type
        if kind.is_unknown or kind.is_number or kind.sort == "observable":
            return found
        if kind.sort == "value":
            return self._array(found, "index it") if kind.rank else found
        return self.wrong(found, TypeMismatch(expr.span, "a number", str(kind)))

    def _array(self, expr: Expr, suggestion: str) -> Expr:
        what = f"'{expr.span.text}' is {expr.type}; one number is wanted"
        problem = WrongDimensions(expr.span, what, declared(expr), suggestion)
        return self.wrong(expr, problem)

    def condition(self, expr: syntax.Expr) -> Expr:
        """A truth value or a condition on a measured bit; anything else is reported."""
        found = self.of(expr)
        kind = found.type
        if kind.sort == "value":
            problem = NotKnownAtCompileTime(expr.span, "a condition", declared(found))
            return self.wrong(found, problem)
        if kind.is_dynamic or kind.sort in ("truth", "unknown"):
            return found
        text = f"compare it: `{expr.span.text} == 1`" if kind.is_number else None
        return self.wrong(found, TypeMismatch(expr.span, "a condition", str(kind), text))

    def operand(self, operand: syntax.Operand, sort: str = "qubits") -> TypedOperand:
        """A register or part of one; what is none is reported and has no symbol."""
        indices = tuple(self.item(item) for item in operand.indices)
        symbol = self.find(operand.name, sort)
        if symbol is not None and not self._is_register(operand, symbol, sort):
            return TypedOperand(operand, None, indices)
        return TypedOperand(operand, symbol, indices)

    def _is_register(self, operand: syntax.Operand, symbol: Symbol, sort: str) -> bool:
        if symbol.type.is_unknown:
            return False
        if symbol.type.sort != sort:
            wanted = "qubits" if sort == "qubits" else "classical bits"
            self.problems.add(TypeMismatch(operand.span, wanted, str(symbol.type)))
            return False
        if len(operand.indices) > symbol.type.rank:
            name, is_register = symbol.name, bool(symbol.type.rank)
            what = "has one dimension" if is_register else "is a single one and has no indices"
            several = ", ".join(f"{name}[{item.span.text}]" for item in operand.indices)
            form = f"write `{several if is_register else name}`"
            problem = WrongDimensions(operand.span, f"'{name}' {what}", symbol.span, form)
            self.problems.add(problem)
            return False
        return True

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
        other = self.names.other(name.id)
        if other is None:
            suggestion = for_name(name.id, sort, visible)
            self.problems.add(UnknownName(name.span, name.id, meant, near, suggestion))
            return None
        suggestion = for_other(name.id, other.what, sort)
        wanted = _WANTED.get(sort or "", "value")
        problem = UnknownName(
            name.span, name.id, meant, near, suggestion, other.what, wanted, other.span
        )
        self.problems.add(problem)
        return None

    def item(self, item: syntax.Expr) -> Expr:
        """An index or a range between brackets."""
        if isinstance(item, syntax.Range):
            return self.bounds(item)
        return self.integer(item, "an integer index")

    def bounds(self, expr: syntax.Range) -> Expr:
        given = (part for part in (expr.lo, expr.hi, expr.step) if part is not None)
        return Expr(expr, RANGE, tuple(self.integer(part, "an integer bound") for part in given))

    # ---- loops -------------------------------------------------------------------------

    def loop(
        self, names: tuple[syntax.Name, ...], iterable: syntax.Expr
    ) -> tuple[Expr, Names, tuple[Symbol, ...]]:
        """What a loop or sum runs over, the names inside it, and those that it binds."""
        over = self.of(iterable)
        self._check_iterable(names, over)
        inner = Names(self.names)
        bound = []
        for name in names:
            earlier = inner.find(name.id)
            if earlier is not None:
                self.problems.add(DuplicateName(name.span, name.id, earlier.span))
            self._no_constant(name.id, name.span)
            type_ = UNKNOWN if over.type.is_unknown else INT
            bound.append(Symbol(name.id, type_, name.span, "loop", uses=1))
            inner.symbols[name.id] = bound[-1]
        return over, inner, tuple(bound)

    def _check_iterable(self, names: tuple[syntax.Name, ...], iterable: Expr) -> None:
        found = iterable.type
        if found.is_unknown or found.sort == "list":
            return
        text = iterable.span.text
        if found.sort not in ("range", "edges"):
            forms = {"int": f"write `0..{text}`", "graph": f"write `edges({text})`"}
            what = f"a loop cannot run over {found}"
            self.problems.add(InvalidLoop(iterable.span, what, forms.get(found.sort)))
        elif found.sort == "edges" and len(names) != 2:
            self.problems.add(InvalidLoop(names[0].span, "an edge has two ends", "write `(i, j)`"))
        elif found.sort == "range" and len(names) != 1:
            what = "a range gives one value an iteration"
            self.problems.add(InvalidLoop(names[0].span, what, "use one name"))


def declared(expr: Expr) -> Span | None:
    """Where the name is declared that an expression is, or is an element of."""
    while isinstance(expr.syntax, syntax.Index):
        expr = expr.parts[0]
    is_name = isinstance(expr.syntax, syntax.Name) and expr.symbols
    return expr.symbols[0].span if is_name else None


def _element(expr: syntax.Expr) -> str:
    """The text of an element of a one-dimensional array."""
    text = expr.span.text
    return f"{text[:-1]}, i]" if isinstance(expr, syntax.Index) else f"{text}[i]"


# ---- atoms -----------------------------------------------------------------------------


def _name(typist: Typist, expr: syntax.Name) -> Expr:
    if typist.names.find(expr.id) is None and expr.id in CONSTANTS:
        return Expr(expr, TRUTH if isinstance(CONSTANTS[expr.id], bool) else REAL)
    symbol = typist.find(expr)
    return Expr(expr, symbol.type, (), (symbol,)) if symbol else Expr(expr, UNKNOWN)


def _quantity(typist: Typist, expr: syntax.Quantity) -> Expr:
    unit = UNITS.get(expr.unit)
    if unit is not None and unit.dimension == "angle":
        return Expr(expr, REAL)
    typist.problems.add(WrongUnit(expr.span, expr.unit, "a number without unit"))
    return Expr(expr, UNKNOWN)


def _range(typist: Typist, expr: syntax.Range) -> Expr:
    found = typist.bounds(expr)
    if expr.lo is None or expr.hi is None:
        return typist.wrong(found, TypeMismatch(expr.span, "a value", "an open range"))
    return found


def _list(typist: Typist, expr: syntax.ListLit) -> Expr:
    items = typist.every(expr.items)
    for item in items:
        if item.type == OBSERVABLE:
            text = "write it inside `expect(...)`"
            typist.problems.add(TypeMismatch(item.span, "a number", "an observable", text))
    return Expr(expr, LIST, items)


def _pauli(typist: Typist, expr: syntax.PauliOn) -> Expr:
    if set(expr.word.id) - PAULIS:
        reason = "the letters are I, X, Y and Z"
        typist.problems.add(InvalidPauliWord(expr.word.span, expr.word.id, reason))
    on = typist.operand(expr.operand)
    return Expr(expr, OBSERVABLE, on.indices, (on.symbol,) if on.symbol else ())


# ---- operators -------------------------------------------------------------------------


def _unary(typist: Typist, expr: syntax.Unary) -> Expr:
    if expr.op == "-":
        operand = typist.number(expr.operand)
        return Expr(expr, operand.type, (operand,))
    operand = typist.condition(expr.operand)
    return Expr(expr, CONDITION if operand.type.is_dynamic else operand.type, (operand,))


def _binary(typist: Typist, expr: syntax.Binary) -> Expr:
    if expr.op in ("and", "or"):
        both = (typist.condition(expr.left), typist.condition(expr.right))
        return Expr(expr, CONDITION if any(e.type.is_dynamic for e in both) else TRUTH, both)
    if expr.op in ("==", "!=", "<", "<=", ">", ">="):
        return _comparison(typist, expr)
    parts = (typist.number(expr.left), typist.number(expr.right))
    return Expr(expr, _arithmetic(typist, expr, parts[0].type, parts[1].type), parts)


def _arithmetic(typist: Typist, expr: syntax.Binary, left: Type, right: Type) -> Type:
    if left.is_unknown or right.is_unknown:
        return UNKNOWN
    if OBSERVABLE in (left, right):
        return OBSERVABLE
    if left.is_number and right.is_number:
        return INT if left == right == INT and expr.op != "/" else REAL
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


def _comparison(typist: Typist, expr: syntax.Binary) -> Expr:
    sides = (typist.of(expr.left), typist.of(expr.right))
    if any(side.type.is_dynamic for side in sides):
        return Expr(expr, CONDITION, sides)
    problem: Diagnostic | None = None
    for side in sides:
        kind = side.type
        if kind.sort == "value":
            problem = NotKnownAtCompileTime(side.span, "a condition", declared(side))
        elif not (kind.is_number or kind.is_unknown or kind == TRUTH):
            problem = TypeMismatch(side.span, "a number", str(kind))
        if problem is not None:
            typist.problems.add(problem)
            return Expr(expr, UNKNOWN, sides)
    return Expr(expr, TRUTH, sides)


# ---- indices, functions, sums ----------------------------------------------------------


def _index(typist: Typist, expr: syntax.Index) -> Expr:
    items = tuple(typist.item(item) for item in expr.items)
    base = typist.of(expr.base)
    return Expr(expr, _of_element(typist, expr, base), (base, *items))


def _of_element(typist: Typist, expr: syntax.Index, whole: Expr) -> Type:
    base = whole.type
    if base.is_unknown or base == LIST:
        return UNKNOWN
    if base.sort not in ("value", "qubits", "bits"):
        typist.problems.add(TypeMismatch(expr.base.span, "an array", str(base)))
        return UNKNOWN
    if len(expr.items) > base.rank:
        what = f"'{expr.base.span.text}' has {base.rank} dimension{'s' * (base.rank != 1)}, "
        what += f"not {len(expr.items)}"
        typist.problems.add(WrongDimensions(expr.span, what, declared(whole)))
        return UNKNOWN
    rank = base.rank - sum(not isinstance(item, syntax.Range) for item in expr.items)
    # the numbers of a circuit's list of integers may be known when the circuit is built
    return UNKNOWN if base.is_static and not rank else Type(base.sort, base.kind, rank)


def _call(typist: Typist, expr: syntax.Call) -> Expr:
    parts = typist.every(expr.args)
    parts += tuple(typist.of(keyword.value) for keyword in expr.keywords)
    name = expr.function.id
    if name in GENERATORS:
        return Expr(expr, _of_generator(typist, expr, parts), parts)
    if name in GRAPH_FUNCTIONS or name == "len":
        return Expr(expr, _of_graph(typist, expr, parts), parts)
    if name in FUNCTIONS:
        return Expr(expr, _of_numbers(typist, expr, parts), parts)
    known = [*FUNCTIONS, *GRAPH_FUNCTIONS, "len"]
    instead = for_function(name, expr.args[0].span.text if expr.args else None)
    meant = None if name in PAULIS else closest(name, known)
    typist.problems.add(UnknownFunction(expr.function.span, name, meant, instead))
    return Expr(expr, UNKNOWN, parts)


def _of_numbers(typist: Typist, expr: syntax.Call, parts: tuple[Expr, ...]) -> Type:
    name = expr.function.id
    function = FUNCTIONS[name]
    if not expr.args or expr.keywords or function.arity not in (None, len(expr.args)):
        wanted = "one argument" if function.arity == 1 else "arguments without names"
        typist.problems.add(WrongArgumentCount(expr.span, name, wanted, len(parts)))
        return UNKNOWN
    if any(part.type.is_unknown for part in parts):
        return UNKNOWN
    for part in parts:
        if part.type.sort == "value":
            typist.problems.add(NotAnAngle(expr.span, f"'{name}'"))
            return UNKNOWN
        if not part.type.is_number:
            typist.problems.add(TypeMismatch(part.span, "a number", str(part.type)))
            return UNKNOWN
    keeps = name in ("abs", "min", "max", "log2") and all(part.type == INT for part in parts)
    return INT if function.is_integer or keeps else REAL


def _of_graph(typist: Typist, expr: syntax.Call, parts: tuple[Expr, ...]) -> Type:
    """`len(x)`, `nodes(g)`, `edges(g)`, `degree(g, i)`."""
    name = expr.function.id
    result = EDGES if name == "edges" else INT
    wanted = {"len": "one argument", "degree": "a graph and a node"}.get(name, "a graph")
    if len(expr.args) != 1 + (name == "degree") or expr.keywords:
        typist.problems.add(WrongArgumentCount(expr.span, name, wanted, len(expr.args)))
        return result
    kind = parts[0].type
    takes, text = {"graph", "unknown"}, "a graph"
    if name == "len":
        takes |= {"list", "edges", "qubits", "bits", *(["value"] if kind.rank else [])}
        text = "an array or a register"
    if kind.sort not in takes:
        typist.problems.add(TypeMismatch(parts[0].span, text, str(kind)))
    for part in parts[1:]:
        typist.as_integer(part, "a node's number")
    return result


def _of_generator(typist: Typist, expr: syntax.Call, parts: tuple[Expr, ...]) -> Type:
    """A graph; its arguments by name, positional ones first."""
    generator = GENERATORS[expr.function.id]
    names = list(generator.arguments)
    given = names[: len(expr.args)]
    for keyword in expr.keywords:
        name = keyword.name.id
        if name not in names or name in given:
            meant = closest(name, names)
            suggestion = f"did you mean '{meant}'?" if meant else None
            wanted = f"one of {', '.join(names)}, once," if names else "no named argument"
            typist.problems.add(TypeMismatch(keyword.name.span, wanted, f"'{name}'", suggestion))
            return GRAPH
        given.append(name)
    if len(expr.args) > len(names) or not set(generator.required) <= set(given):
        text = ", ".join(names) or "no arguments"
        found = len(expr.args)
        typist.problems.add(WrongArgumentCount(expr.span, expr.function.id, text, found))
        return GRAPH
    for name, part in zip(given, parts, strict=True):
        if generator.arguments[name]:
            typist.as_integer(part, f"an integer for '{name}'")
        elif not (part.type.is_number or part.type.is_unknown):
            wanted = "a probability between 0 and 1"
            typist.problems.add(TypeMismatch(part.span, wanted, str(part.type)))
    return GRAPH


def _sum(typist: Typist, expr: syntax.SumOver) -> Expr:
    outer = typist.names
    over, typist.names, bound = typist.loop(expr.names, expr.iterable)
    try:
        body = typist.number(expr.body)
    finally:
        typist.names = outer
    return Expr(expr, body.type, (over, body), bound)


_TYPED: dict[type, Callable[[Typist, Any], Expr]] = {
    syntax.IntLit: lambda typist, expr: Expr(expr, INT),
    syntax.RealLit: lambda typist, expr: Expr(expr, REAL),
    syntax.StringLit: lambda typist, expr: Expr(expr, TEXT),
    syntax.Name: _name,
    syntax.Quantity: _quantity,
    syntax.Range: _range,
    syntax.ListLit: _list,
    syntax.PauliOn: _pauli,
    syntax.Unary: _unary,
    syntax.Binary: _binary,
    syntax.Index: _index,
    syntax.Call: _call,
    syntax.SumOver: _sum,
}
