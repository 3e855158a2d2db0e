"""What each production of the grammar becomes: one entry a name in `ACTIONS`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field, replace
from typing import Any

from qdsl.diagnostics.diagnostic import Diagnostic
from qdsl.diagnostics.source import Source, Span
from qdsl.language import syntax as ast
from qdsl.language.parser.applying import modified
from qdsl.language.parser.errors.grammar import (
    MissingLet,
    NotAPauliWord,
    OptionWithEquals,
    RangeCall,
    WrongWord,
)
from qdsl.language.parser.folding import fold, fold_height
from qdsl.language.parser.lexer import Token
from qdsl.language.syntax.foreign import MODIFIERS
from qdsl.language.syntax.words import OPTIONS
from qdsl.records import dataclass

_PAULIS = frozenset("XYZI")


class Spliced(list[Any]):
    """The children of an inlined rule, to be spliced into those of its parent."""


@dataclass(slots=True)
class TreeBuilder:
    """Makes leaves, and collects what only the tree shows to be wrong."""

    source: Source
    problems: list[Diagnostic] = field(default_factory=list)

    def leaf(self, kind: str, token: Token) -> Any:
        """The value of a token: a `Name`, a number's or string's literal, or its text."""
        span = Span(self.source, token.start, token.end)
        if kind == "NAME":
            return ast.Name(token.text, span)
        if kind == "STRING":
            return ast.StringLit(token.text.strip("\"'"), span)
        if kind == "INTEGER":
            return ast.IntLit(_integer(token.text), span)
        if kind == "REAL":
            return ast.RealLit(_real(token.text), span)
        return token.text or kind


def _integer(text: str) -> int:
    digits = text.replace("_", "")
    return int(digits) if digits.isdecimal() and len(digits) < 20 else 0


def _real(text: str) -> float:
    try:
        return float(text.replace("_", ""))
    except ValueError:
        return 0.0


_Action = Callable[[TreeBuilder, list[Any], Span], Any]


def _tuple(_: TreeBuilder, children: list[Any], span: Span) -> tuple[Any, ...]:
    return tuple(children)


def _only(_: TreeBuilder, children: list[Any], span: Span) -> Any:
    return children[0]


def _make(cls: Callable[..., Any]) -> _Action:
    """The children, in order, are the fields before `span`."""
    return lambda _, children, span: cls(*children, span)


def _make_of_all(cls: Callable[..., Any]) -> _Action:
    """The children together are the one field before `span`."""
    return lambda _, children, span: cls(tuple(children), span)


def _network_body(_: TreeBuilder, children: list[Any], span: Span) -> ast.NetworkDecl:
    name, *members = children
    nodes = tuple(m for m in members if isinstance(m, ast.NodeDecl))
    links = tuple(m for m in members if isinstance(m, ast.LinkDecl))
    return ast.NetworkDecl(name, nodes, links, None, (), None, span)


def _network_shape(_: TreeBuilder, children: list[Any], span: Span) -> ast.NetworkDecl:
    name, shape, properties = children
    return ast.NetworkDecl(name, (), (), shape, properties or (), None, span)


def _network_file(_: TreeBuilder, children: list[Any], span: Span) -> ast.NetworkDecl:
    name, file = children
    return ast.NetworkDecl(name, (), (), None, (), file, span)


def _link(_: TreeBuilder, children: list[Any], span: Span) -> ast.LinkDecl:
    left, right, preset, properties = children
    return ast.LinkDecl(left, right, preset, properties or (), span)


def _circuit(_: TreeBuilder, children: list[Any], span: Span) -> ast.CircuitDecl:
    name, parameters, qubits, body = children
    return ast.CircuitDecl(name, parameters or (), qubits, body, span)


def _model(_: TreeBuilder, children: list[Any], span: Span) -> ast.ModelDecl:
    name, parameters, network, body = children
    return ast.ModelDecl(name, parameters or (), network, body, span)


def _without_set(entry: _MoreSetting) -> Diagnostic:
    if entry.name.id in OPTIONS:
        return OptionWithEquals(entry.name.span, entry.value.span.text)
    return MissingLet(entry.name.span, "set")


def _experiment(builder: TreeBuilder, children: list[Any], span: Span) -> ast.ExperimentDecl:
    name, model, *entries = children
    settings: list[ast.SetItem] = []
    before: Any = None
    for entry in entries:
        if isinstance(entry, _MoreSetting):
            if not isinstance(before, ast.SetItem | _MoreSetting):
                builder.problems.append(_without_set(entry))
            settings.append(ast.SetItem(entry.name, entry.value, entry.span))
        elif isinstance(entry, ast.SetItem):
            settings.append(entry)
        before = entry
    sources = tuple(e for e in entries if isinstance(e, ast.DataSource))
    options = tuple(e for e in entries if isinstance(e, ast.Option))
    return ast.ExperimentDecl(name, model, tuple(settings), sources, options, span)


@dataclass(frozen=True, slots=True)
class _MoreSetting:
    """`layers = 2` behind `set n = 4,`."""

    name: ast.Name
    value: ast.Expr
    span: Span


def _option(_: TreeBuilder, children: list[Any], span: Span) -> ast.Option:
    name, value, properties = children
    return ast.Option(name, value, properties or (), span)


def _apply(_: TreeBuilder, children: list[Any], span: Span) -> ast.Apply:
    *modifiers, application = children
    return replace(application, modifiers=tuple(modifiers), span=span)  # type: ignore[no-any-return]


def _results(_: TreeBuilder, children: list[Any], span: Span) -> ast.Apply:
    *targets, application = children
    return replace(application, targets=tuple(targets), span=span)  # type: ignore[no-any-return]


def _application(_: TreeBuilder, children: list[Any], span: Span) -> ast.Apply:
    name, arguments, operands = children
    return ast.Apply((), name, arguments or (), None, operands, span)


def _rotation(builder: TreeBuilder, children: list[Any], span: Span) -> ast.Apply:
    name, arguments, word, operands = children
    if name.id.lower() in MODIFIERS:  # `controlled h q, r`
        right = modified(name.id, span.text[len(name.id) :])
        builder.problems.append(WrongWord(name.span, right.partition(" ")[0] + " @", right))
    elif not set(word.id) <= _PAULIS:
        operand = operands[0].span
        builder.problems.append(NotAPauliWord(word.span, operand, in_rotation=True))
    return ast.Apply((), name, arguments or (), word, operands, span)


def _operand(_: TreeBuilder, children: list[Any], span: Span) -> ast.Operand:
    return ast.Operand(children[0], tuple(c for c in children[1:] if c is not None), span)


def _measure_only(_: TreeBuilder, children: list[Any], span: Span) -> ast.MeasureStatement:
    return ast.MeasureStatement(None, children[0], span)


def _for(builder: TreeBuilder, children: list[Any], span: Span) -> ast.For:
    names, iterable, body = children
    _refuse_range_call(builder, iterable)
    return ast.For(names, iterable, body, span)


def _sum(builder: TreeBuilder, children: list[Any], span: Span) -> ast.SumOver:
    names, iterable, body = children
    _refuse_range_call(builder, iterable)
    return ast.SumOver(names, iterable, body, span)


def _refuse_range_call(builder: TreeBuilder, iterable: ast.Expr) -> None:
    if not isinstance(iterable, ast.Call) or iterable.function.id != "range":
        return
    args = [arg.span.text for arg in iterable.args]
    bounds = ["0", *args] if len(args) == 1 else args[:2]
    step = f" step {args[2]}" if len(args) > 2 else ""
    builder.problems.append(RangeCall(iterable.span, ("..".join(bounds) or "0..n") + step))


def _if(_: TreeBuilder, children: list[Any], span: Span) -> ast.If:
    condition, then, otherwise = children
    return ast.If(condition, then, otherwise or (), span)


def _otherwise(_: TreeBuilder, children: list[Any], span: Span) -> tuple[ast.Statement, ...]:
    (branch,) = children
    return branch if isinstance(branch, tuple) else (branch,)


def _optional_tuple(cls: Callable[..., Any]) -> _Action:
    """Fields before `span`, the last of them a tuple that may be absent."""
    return lambda _, children, span: cls(*children[:-1], children[-1] or (), span)


def _prefix(operator: str) -> _Action:
    return lambda _, children, span: ast.Unary(operator, children[0], span)


def _word_chain(operator: str) -> _Action:
    return lambda _, children, span: fold(children, [operator] * (len(children) - 1))


def _sign_chain(_: TreeBuilder, children: list[Any], span: Span) -> ast.Expr:
    return fold(children[::2], [_OPERATOR.get(sign, sign) for sign in children[1::2]])


_OPERATOR = {"div": "//"}


def _power(_: TreeBuilder, children: list[Any], span: Span) -> ast.Expr:
    return ast.Binary("**", children[0], children[1], span)


def _parenthesis(_: TreeBuilder, children: list[Any], span: Span) -> ast.Expr:
    return replace(children[0], span=span)  # type: ignore[no-any-return]


def _call(_: TreeBuilder, children: list[Any], span: Span) -> ast.Call:
    function, *arguments = children
    keywords = tuple(a for a in arguments if isinstance(a, ast.Keyword))
    positional = tuple(a for a in arguments if not isinstance(a, ast.Keyword))
    return ast.Call(function, positional, keywords, span)


def _index(_: TreeBuilder, children: list[Any], span: Span) -> ast.Index:
    return ast.Index(children[0], tuple(children[1:]), span)


def _quantity(_: TreeBuilder, children: list[Any], span: Span) -> ast.Quantity:
    number, unit = children
    return ast.Quantity(float(number.value), unit, span)


def _pauli(builder: TreeBuilder, children: list[Any], span: Span) -> ast.PauliOn:
    word, operand = children
    if word.id not in _PAULIS:
        builder.problems.append(NotAPauliWord(word.span, operand.span))
    return ast.PauliOn(word, operand, span)


def height(action: str, children: list[Any]) -> int:
    """Levels of syntax tree that an action puts on top of its children."""
    if action in _CHAINS:
        step, operators = _CHAINS[action]
        return fold_height(len(children[::step]), operators or children[1::2])
    return 1


_CHAINS: dict[str, tuple[int, list[str]]] = {
    "disjunction": (1, ["or"]),
    "conjunction": (1, ["and"]),
    "additive": (2, []),
    "product": (2, []),
}

ACTIONS: dict[str, _Action] = {
    "start": _tuple,
    "use": _make_of_all(ast.Use),
    "use_file": _make(ast.UseFile),
    "network_body": _network_body,
    "network_shape": _network_shape,
    "network_file": _network_file,
    "node": _optional_tuple(ast.NodeDecl),
    "link": _link,
    "properties": _tuple,
    "property": _make(ast.Property),
    "circuit": _circuit,
    "circuit_import": _make(ast.CircuitImport),
    "circuit_parameters": _tuple,
    "circuit_parameter": _make(ast.CircuitParameter),
    "qubit_parameters": _tuple,
    "qubit_parameter": _make(ast.QubitParameter),
    "model": _model,
    "model_parameters": _tuple,
    "model_parameter": _make(ast.IntParameter),
    "type": _optional_tuple(ast.TypeExpr),
    "shape": _tuple,
    "block": _tuple,
    "data": _make(ast.DataDecl),
    "param": _make(ast.ParamDecl),
    "qubits": _make_of_all(ast.QubitsDecl),
    "bits": _make_of_all(ast.BitsDecl),
    "register": _make(ast.RegisterDecl),
    "let": _make(ast.Let),
    "apply": _apply,
    "results": _results,
    "modifier": _make(ast.Modifier),
    "modifier_kind": _only,
    "application": _application,
    "rotation": _rotation,
    "arguments": _tuple,
    "operands": _tuple,
    "operand": _operand,
    "measure": _make(ast.MeasureStatement),
    "measure_only": _measure_only,
    "reset": _make(ast.ResetStatement),
    "barrier": lambda _, children, span: ast.Barrier(children[0] or (), span),
    "for": _for,
    "if": _if,
    "otherwise": _otherwise,
    "at": _make(ast.At),
    "move": _make(ast.Move),
    "reveal": _make(ast.Reveal),
    "return": _make_of_all(ast.Return),
    "output": _make(ast.OutputExpr),
    "binders": _tuple,
    "range": _make(ast.Range),
    "experiment": _experiment,
    "setting": _make(ast.SetItem),
    "more_setting": _make(_MoreSetting),
    "source": _make(ast.DataSource),
    "source_role": _only,
    "option": _option,
    "disjunction": _word_chain("or"),
    "conjunction": _word_chain("and"),
    "not": _prefix("not"),
    "comparison": lambda _, c, span: ast.Binary(c[1], c[0], c[2], span),
    "comparison_operator": _only,
    "additive": _sign_chain,
    "additive_operator": _only,
    "product": _sign_chain,
    "product_operator": _only,
    "minus": _prefix("-"),
    "sum": _sum,
    "power": _power,
    "name": _only,
    "call": _call,
    "keyword": lambda _, children, span: ast.Keyword(children[0], children[1]),
    "index": _index,
    "slice": _make(ast.Range),
    "parenthesis": _parenthesis,
    "pauli": _pauli,
    "integer": _only,
    "real": _only,
    "quantity": _quantity,
    "string": _only,
    "list": _make_of_all(ast.ListLit),
}

# Productions that are no level of the syntax tree.
FLAT = frozenset(name for name, action in ACTIONS.items() if action in (_tuple, _only, _otherwise))
