"""What stands at a place of a program: for whoever shows types, meanings and declarations."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass

from qdsl.diagnostics.source import Span
from qdsl.language import syntax
from qdsl.language.typed import tree
from qdsl.language.typed.program import Checked
from qdsl.language.typed.types import Symbol, Type
from qdsl.records import dataclass

Operation = tree.Builtin | tree.TypedCircuit | tree.Import


@dataclass(frozen=True, slots=True)
class Meaning:
    """What the text at `span` means. A name has a `symbol`, with its owner and the place where
    it is declared; an expression has a `type`; the name of an operation has an `operation`."""

    span: Span
    type: Type | None = None
    symbol: Symbol | None = None
    operation: Operation | None = None

    @property
    def owner(self) -> str | None:
        return self.symbol.owner if self.symbol is not None else None

    @property
    def declaration(self) -> Span | None:
        """Where it is declared; None for what the language has built in."""
        if self.symbol is not None:
            return self.symbol.span
        if isinstance(self.operation, tree.TypedCircuit | tree.Import):
            return self.operation.syntax.name.span
        return None


def meaning_at(checked: Checked, offset: int) -> Meaning | None:
    """What the smallest piece of the program's text around an offset means."""
    around = (m for m in meanings(checked) if m.span.start <= offset < m.span.end)
    return min(around, key=lambda m: m.span.end - m.span.start, default=None)


def meanings(checked: Checked) -> Iterator[Meaning]:
    """The meaning of every expression, name and operation of the program's own text."""
    own = [c for c in checked.circuits.values() if c.syntax.span.source is checked.source]
    for root in (*own, *(info.declaration for info in checked.models.values())):
        for node in _within(root):
            yield from _meanings(node)


def _within(node: object) -> Iterator[object]:
    """A node and everything in it; what operations refer to is not in it."""
    yield node
    if isinstance(node, tuple):
        for part in node:
            yield from _within(part)
    elif is_dataclass(node) and not isinstance(node, Symbol | Type):
        for field in fields(node):
            if field.name not in ("syntax", "operation", "circuit"):
                yield from _within(getattr(node, field.name))


def _meanings(node: object) -> Iterator[Meaning]:
    match node:
        case Symbol():
            yield Meaning(node.span, node.type, node)
        case tree.Expr(syntax=syntax.PauliOn() as letters):
            yield Meaning(node.span, node.type)
            yield from _named(letters.operand.name, node.symbols[:1])
        case tree.Expr(syntax=syntax.Name()):
            yield Meaning(node.span, node.type, next(iter(node.symbols), None))
        case tree.Expr():
            yield Meaning(node.span, node.type)
        case tree.TypedOperand(syntax=operand, symbol=symbol):
            yield from _named(operand.name, (symbol,))
        case tree.TypedReveal(syntax=reveal, symbol=symbol):
            yield from _named(reveal.value, (symbol,))
        case tree.TypedApply(syntax=apply, operation=operation) if operation is not None:
            yield Meaning(apply.name.span, operation=operation)


def _named(name: syntax.Name, symbols: tuple[Symbol | None, ...]) -> Iterator[Meaning]:
    for symbol in symbols:
        if symbol is not None:
            yield Meaning(name.span, symbol.type, symbol)
