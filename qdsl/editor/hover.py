"""What stands at a place, in words."""

from __future__ import annotations

import re
from collections.abc import Iterator

from qdsl.diagnostics.printable import markdown_text
from qdsl.diagnostics.source import Span
from qdsl.editor import words
from qdsl.editor.costs import SAID, said
from qdsl.editor.document import Document, LastGood
from qdsl.editor.index import Entity
from qdsl.editor.markdown import code
from qdsl.editor.positions import Json, Shift
from qdsl.editor.signatures import comment_above, operation
from qdsl.language.typed.types import Type

_WORD = re.compile(r"[^\W\d]\w*")
_ROLES = {
    "integer": "integer parameter", "param": "trained parameter", "let": "a name for a value",
    "loop": "runs over a range, in a loop", "size": "a size that the call sets",
    "qubits": "qubits", "bits": "classical bits",
}  # fmt: skip


def hover(document: Document, offset: int) -> Json | None:
    """The protocol's `Hover` at an offset; None where nothing is to be said."""
    parts: list[str] = []
    start, end = offset, offset
    for text, first, last in _meanings(document, offset):
        parts.append(text)
        start, end = first, last
        break
    ebits = cost_of_line(document, document.lines.line_of(offset))
    if ebits:
        parts.append(f"This line: {ebits} {SAID}.")
    if not parts:
        return None
    value = "\n\n".join(parts)
    return {
        "contents": {"kind": "markdown", "value": value},
        "range": document.lines.range(start, end),
    }


def cost_of_line(document: Document, line: int) -> str | None:
    """The ebits of a line, from 0, if it is as it was when they were counted."""
    costs = document.costs
    if costs is None or not costs.models:
        return None
    start = document.lines.offset({"line": line, "character": 0})
    old = Shift.between(costs.text, document.text).range_to_new
    for number, (a, b) in enumerate(_lines(costs.text), 1):
        if old(a, b) == (start, start + b - a):
            found = costs.of_line(number)
            return said(found) if found else None
    return None


def _lines(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    for line in text.split("\n"):
        yield start, start + len(line)
        start += len(line) + 1


def _meanings(document: Document, offset: int) -> Iterator[tuple[str, int, int]]:
    """Texts with where what they say stands, the best one first."""
    place = document.place(offset)
    if place.is_text:
        return
    view = document.view()
    at = None if view is None else view.shift.to_old(offset)
    index = None if view is None else view.analysis.index
    if view is not None and index is not None and at is not None:
        found = index.at(at)
        if found is not None and (now := view.shift.range_to_new(found.start, found.end)):
            yield of_entity(found.entity, document, view), *now
    word = next((m for m in _WORD.finditer(document.text, max(offset - 80, 0))
                 if m.start() <= offset <= m.end()), None)  # fmt: skip
    if word is not None:
        told = _of_word(document, word[0], word.start())
        if told is not None:
            yield told, word.start(), word.end()
    if view is not None and index is not None and at is not None:
        expression = index.type_at(at)
        if expression and (now := view.shift.range_to_new(*expression[:2])):
            yield type_text(expression[2]), *now


def _of_word(document: Document, word: str, start: int) -> str | None:
    place = document.place(start)
    first = place.statement[0].text if place.statement else word
    if place.around("network") is not None:
        return words.in_network(word, place.block) or words.anywhere(word)
    if place.around("experiment") is not None:
        option = place.blocks[-1].word(0) if place.block != "experiment" else first
        return words.in_experiment(word, option) or words.anywhere(word)
    called = operation(word, document.circuits())
    if called is not None:
        return f"{code(called.label)}\n{called.doc}".rstrip()
    if first == "network" or "link" in (first, place.block):
        return words.in_network(word, "link") or words.anywhere(word)
    return words.anywhere(word)


# ---- entities ----------------------------------------------------------------------------


def of_entity(entity: Entity, document: Document, view: LastGood) -> str:
    """Its declaration, what it is, and the comment above it."""
    checked = view.analysis.checked
    if entity.kind == "file":
        return f"The file {markdown_text(entity.name)}."
    if entity.kind == "circuit" and checked is not None:
        called = operation(entity.name, checked.circuits)
        if called is not None:
            return f"{code(called.head)}\n{called.doc}".rstrip()
    lines = [code(_declaration(entity))]
    if entity.symbol is not None:
        lines.append(_of_symbol(entity))
    elif entity.kind == "node":
        lines.append(f"A node of the network `{entity.inside}`.")
    elif entity.kind in ("model", "network", "experiment") and entity.name_span is not None:
        lines.append(comment_above(entity.name_span))
    return "\n".join(line for line in lines if line)


def _of_symbol(entity: Entity) -> str:
    assert entity.symbol is not None
    symbol = entity.symbol
    parts = [_ROLES.get(entity.kind, entity.kind), type_text(symbol.type)]
    if entity.kind in ("data", "param"):
        parts.append(f"owned by `{symbol.owner}`" if symbol.owner else "public")
    parts.append(f"of `{entity.inside}`" if entity.inside else "")
    return ", ".join(part for part in dict.fromkeys(parts) if part)


def type_text(found: Type) -> str:
    """`real[2 dimensions]` and the like: what the check knows before sizes are."""
    if found.sort == "value" and found.kind:
        dimensions = f", {found.rank} dimension{'s' * (found.rank != 1)}" if found.rank else ""
        return f"`{found.plain_kind}`{dimensions}"
    return "" if found.is_unknown else str(found)


def _declaration(entity: Entity) -> str:
    """The line that declares it, as it is written."""
    name = entity.name_span
    if name is None:
        return entity.name
    if entity.kind in ("network", "model", "experiment", "node"):
        return _head(name, entity.span or name)
    text = name.source.line_text(name.line).strip()
    return text.partition("//")[0].rstrip(" {")[:120]


def _head(name: Span, whole: Span) -> str:
    """All before the braces, or the whole where it has no line end."""
    text = whole.text.split("\n")[0]
    return text.rstrip(" {")[:120] if "\n" in whole.text else text[:120]
