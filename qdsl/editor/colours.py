"""Colours by meaning, for editors that have none of their own for the language."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from qdsl.editor.document import Document
from qdsl.language.parser.lexer import COMMENTS, NUMBERS, Token
from qdsl.language.parser.tables import tables
from qdsl.language.typed.types import DATA_KINDS
from qdsl.language.values.arithmetic import CONSTANTS, FUNCTIONS
from qdsl.language.values.steps import APPLICABLE

# What the protocol calls the kinds of words; their order gives their numbers.
KINDS = ("comment", "string", "number", "keyword", "namespace", "class", "function", "variable",
         "parameter", "property", "type", "enumMember")  # fmt: skip
_NUMBER = {kind: k for k, kind in enumerate(KINDS)}
_ENTITIES = {
    "network": "namespace", "node": "enumMember", "circuit": "function", "model": "class",
    "experiment": "class", "data": "property", "param": "parameter", "integer": "parameter",
    "circuit parameter": "parameter", "size": "parameter",
}  # fmt: skip
_WORDS: Mapping[str, str] = {
    **dict.fromkeys(DATA_KINDS, "type"),
    **dict.fromkeys(CONSTANTS, "enumMember"),
    **dict.fromkeys(FUNCTIONS, "function"),
    **dict.fromkeys(APPLICABLE, "function"),
}


def semantic_tokens(document: Document) -> list[int]:
    """The protocol's `SemanticTokens`: five numbers a word, places relative to the word before."""
    found: list[int] = []
    last_line, last_start = 0, 0
    for line, start, length, kind in _words(document):
        across = start - last_start if line == last_line else start
        found += (line - last_line, across, length, kind, 0)
        last_line, last_start = line, start
    return found


def _words(document: Document) -> Iterator[tuple[int, int, int, int]]:
    """Line, start, length and kind of every coloured word; of a comment of several lines, every
    line's part."""
    lines, named = document.lines, _named(document)
    for token in document.tokens():
        kind = named.get(token.start) or _kind(token)
        if kind is None:
            continue
        if "\n" not in token.text:
            place = lines.position(token.start)
            length = lines.units(token.text)
            yield place["line"], place["character"], length, _NUMBER[kind]
            continue
        start = token.start
        for part in token.text.split("\n"):
            place = lines.position(start)
            yield place["line"], place["character"], lines.units(part), _NUMBER[kind]
            start += len(part) + 1


def _kind(token: Token) -> str | None:
    if token.kind == "NAME":
        return _WORDS.get(token.text, "variable")
    if token.kind in tables().keywords:
        return "keyword"
    if token.kind in COMMENTS:
        return "comment"
    if token.kind in NUMBERS or token.kind == "UNIT":
        return "number"
    return "string" if token.kind == "STRING" else None


def _named(document: Document) -> dict[int, str]:
    """The kinds of the program's own names by where they stand now."""
    view = document.view()
    if view is None or view.analysis.index is None:
        return {}
    found = {}
    for occurrence in view.analysis.index.occurrences:
        now = view.shift.range_to_new(occurrence.start, occurrence.end)
        if now is not None:
            found[now[0]] = _ENTITIES.get(occurrence.entity.kind, "variable")
    return found
