"""Definitions, references, new names, and the outline of a program."""

from __future__ import annotations

import re

from qdsl.editor.analysis import path_of
from qdsl.editor.document import Document
from qdsl.editor.index import Entity, Occurrence
from qdsl.editor.positions import Json, Lines
from qdsl.language.parser.brackets import ITEM_WORDS
from qdsl.language.parser.tables import tables
from qdsl.language.values.arithmetic import CONSTANTS
from qdsl.language.values.steps import APPLICABLE

# kinds of symbols, as the protocol numbers them
_MODULE, _CLASS, _FUNCTION, _VARIABLE, _OBJECT, _EVENT, _FIELD = 2, 5, 12, 13, 19, 24, 8
_SYMBOL_KINDS = {
    "network": _MODULE, "node": _OBJECT, "circuit": _FUNCTION, "model": _CLASS,
    "experiment": _EVENT, "data": _FIELD, "param": _FIELD,
}  # fmt: skip
_OUTLINED = ("integer", "data", "param", "qubits", "bits", "circuit parameter")


class CannotRename(Exception):
    """Why a name cannot be changed, or not to what is wanted."""


def definition(document: Document, offset: int) -> Json | None:
    """`{"uri": ..., "range": ...}` of the declaration of what stands at an offset; None if it has
    none. The address is None in the document itself."""
    found = _occurrence(document, offset)
    name = None if found is None else found.entity.name_span
    if found is not None and name is None:  # a node that a generator names
        name = found.entity.span
    view = document.view()
    if name is None or view is None:
        return None
    checked = view.analysis.checked
    if checked is not None and name.source is not checked.source:
        path = path_of(name.source, view.analysis)
        there = Lines(name.source.text, document.unit).of(name)
        return None if path is None else {"uri": path.resolve().as_uri(), "range": there}
    moved = view.shift.range_to_new(name.start, name.end)
    return None if moved is None else {"uri": None, "range": document.lines.range(*moved)}


def references(document: Document, offset: int, with_declaration: bool = True) -> list[Json]:
    """The ranges of all uses of the name at an offset."""
    found, view = _occurrence(document, offset), document.view()
    if found is None or view is None or view.analysis.index is None:
        return []
    name = found.entity.name_span
    ranges = []
    for occurrence in view.analysis.index.of(found.entity):
        is_declaration = name is not None and occurrence.is_at(name)
        moved = view.shift.range_to_new(occurrence.start, occurrence.end)
        if moved is not None and (with_declaration or not is_declaration):
            ranges.append(document.lines.range(*moved))
    return ranges


def _occurrence(document: Document, offset: int) -> Occurrence | None:
    view = document.view()
    if view is None or view.analysis.index is None:
        return None
    at = view.shift.to_old(offset)
    return None if at is None else view.analysis.index.at(at)


# ---- new names -----------------------------------------------------------------------------


def prepare_rename(document: Document, offset: int) -> Json:
    """The range of the name that would be changed. `CannotRename` says why there is none."""
    found = _renamed(document, offset)
    return document.lines.range(found.start, found.end)


def rename(document: Document, offset: int, name: str) -> list[Json]:
    """The edits that give another name to what stands at an offset, everywhere.

    The text has to parse. `CannotRename` where the name is none, a keyword, or taken.
    """
    found = _renamed(document, offset)
    entity = found.entity
    _check_name(name)
    _check_free(document, entity, name)
    index = document.analyse().index
    assert index is not None
    return [
        {"range": document.lines.range(o.start, o.end), "newText": name} for o in index.of(entity)
    ]


def _renamed(document: Document, offset: int) -> Occurrence:
    analysis = document.analyse()  # edits have to fit the text as it is
    if not analysis.parses or analysis.index is None:
        raise CannotRename("the program has syntax errors: mend them first")
    found = analysis.index.at(offset)
    if found is None:
        raise CannotRename("no name of the program stands here")
    if found.entity.name_span is None:
        raise CannotRename(f"'{found.entity.name}' is named by its network, not in this file")
    assert analysis.checked is not None
    if found.entity.name_span.source is not analysis.checked.source:
        where = found.entity.name_span.source.path
        raise CannotRename(f"'{found.entity.name}' is declared in {where}, not in this file")
    return found


def _check_name(name: str) -> None:
    if name in tables().keywords:
        raise CannotRename(f"'{name}' is a keyword: choose another name")
    if not re.fullmatch(tables().terminals["NAME"], name):
        raise CannotRename(f"'{name}' is no name: letters, digits and _ make one")


def _check_free(document: Document, entity: Entity, name: str) -> None:
    """Refuse a name that would change what the program means."""
    if name == entity.name:
        return
    if entity.kind == "circuit" and name in APPLICABLE:
        raise CannotRename(f"'{name}' is an operation of the language: choose another name")
    if entity.symbol is not None and name in CONSTANTS:
        raise CannotRename(f"'{name}' is a constant of the language: choose another name")
    analysis = document.analyse()
    assert analysis.index is not None and analysis.checked is not None
    if entity.kind == "circuit" and name in analysis.checked.circuits:
        raise CannotRename(f"there is a circuit '{name}' already: choose another name")
    for other in analysis.index.entities:
        if other is entity or other.name != name:
            continue
        both_symbols = entity.symbol is not None and other.symbol is not None
        same_kind = entity.symbol is None and other.kind == entity.kind
        if (both_symbols or same_kind) and other.inside == entity.inside:
            where = f" in '{entity.inside}'" if entity.inside else ""
            raise CannotRename(f"there is a '{name}' already{where}: choose another name")


# ---- outline -------------------------------------------------------------------------------


def document_symbols(document: Document) -> list[Json]:
    """The protocol's `DocumentSymbol`s: what the file declares, and what that declares in turn."""
    view = document.view()
    if view is None or view.analysis.index is None:
        return []
    tops: list[tuple[Entity, Json]] = []
    children: list[tuple[Entity, Json]] = []
    own = view.analysis.checked.source if view.analysis.checked is not None else None
    for entity in view.analysis.index.entities:
        name, whole = entity.name_span, entity.span
        if name is None or whole is None or name.source is not own:
            continue
        is_top = entity.kind in ITEM_WORDS
        if not is_top and entity.kind != "node" and entity.kind not in _OUTLINED:
            continue
        now, around = (view.shift.range_to_new(s.start, s.end) for s in (name, whole))
        if now is None:
            continue
        if around is None:  # something in it has changed
            around = now
        symbol = {
            "name": entity.name,
            "kind": _SYMBOL_KINDS.get(entity.kind, _VARIABLE),
            "detail": entity.kind,
            "range": document.lines.range(*around),
            "selectionRange": document.lines.range(*now),
            "children": [],
        }
        (tops if is_top else children).append((entity, symbol))
    for entity, symbol in children:
        _put_inside(entity, symbol, tops)
    return [symbol for _, symbol in tops]


def _put_inside(entity: Entity, symbol: Json, tops: list[tuple[Entity, Json]]) -> None:
    start = entity.name_span.start if entity.name_span else 0
    for top, outer in tops:
        if top.span is not None and top.span.start <= start < top.span.end:
            outer["children"].append(symbol)
            return
