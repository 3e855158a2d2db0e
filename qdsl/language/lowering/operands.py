"""Operands: which qubits and bits a statement means, and how registers are paired."""

from __future__ import annotations

from collections.abc import Sequence

from qdsl.diagnostics.reported import Refusal
from qdsl.diagnostics.source import Span
from qdsl.language import syntax
from qdsl.language.typed import tree
from qdsl.language.typed.errors.operations import RepeatedQubit, SizeMismatch
from qdsl.language.typed.evaluate import index_item, integer
from qdsl.language.values.domain import Bits, Qubits
from qdsl.language.values.indexing import of_register
from qdsl.language.values.scope import Scope

Lane = tuple[int, ...]


def qubits(operand: tree.TypedOperand, scope: Scope) -> Qubits:
    """The qubits of an operand."""
    found = _part(operand, scope)
    assert isinstance(found, Qubits)
    return found


def bits(operand: tree.TypedOperand, scope: Scope) -> Bits:
    """The classical bits of an operand."""
    found = _part(operand, scope)
    assert isinstance(found, Bits)
    return found


def _part(operand: tree.TypedOperand, scope: Scope) -> Qubits | Bits:
    name = operand.syntax.name.id
    found = scope.find(name)
    assert isinstance(found, (Qubits, Bits))
    if not operand.indices:
        return found
    position = operand.indices[0]
    if not found.scalar and type(position.syntax) is not syntax.Range:
        k = integer(position, scope, "an integer index")
        if 0 <= k < len(found.ids):
            return type(found)(name, (found.ids[k],), True)
    items = [index_item(item, scope) for item in operand.indices]
    spans = [item.span for item in operand.indices]
    ids = of_register(found, items, spans, operand.span, scope)
    return type(found)(name, ids, isinstance(items[0], int))


def lanes(operands: Sequence[Qubits], places: Sequence[tree.TypedOperand]) -> list[Lane]:
    """Pairs equal registers element by element; single qubits go with every element."""
    if all(o.scalar for o in operands):
        return [tuple([o.ids[0] for o in operands])]
    wide = [(o, p.span) for o, p in zip(operands, places, strict=True) if not o.scalar]
    size = len(wide[0][0].ids)
    for operand, span in wide[1:]:
        if len(operand.ids) != size:
            raise Refusal(SizeMismatch(span, len(operand.ids), size, wide[0][1]))
    columns = [[o.ids[0]] * size if o.scalar else o.ids for o in operands]
    return list(zip(*columns, strict=True))


def flat(operands: Sequence[Qubits]) -> Lane:
    """All qubits of the operands, in order."""
    return tuple(q for operand in operands for q in operand.ids)


def distinct(lane: Lane, span: Span, scope: Scope, names: Sequence[Qubits]) -> None:
    """`Refusal` if a qubit occurs twice."""
    if len(set(lane)) != len(lane):
        twice = next(q for k, q in enumerate(lane) if q in lane[:k])
        name = next(o.name for o in names if twice in o.ids)
        raise Refusal(RepeatedQubit(span, name, scope.showing()))
