"""The signature of the call that is being written."""

from __future__ import annotations

from qdsl.editor import signatures
from qdsl.editor.document import Document
from qdsl.editor.place import Place
from qdsl.editor.positions import Json
from qdsl.editor.signatures import Signature
from qdsl.language.parser.lexer import Token


def signature_help(document: Document, offset: int) -> Json | None:
    """The protocol's `SignatureHelp`: of the innermost call around an offset, else of the
    operation whose qubits are being written."""
    place = document.place(offset)
    if place.is_text or not place.statement:
        return None
    found = _innermost(place.statement)
    if found is not None:
        name, active = found
        signature = _signature(document, place, name)
        return None if signature is None else _help(signature, active)
    return _operands(document, place)


def _innermost(tokens: list[Token]) -> tuple[Token, int] | None:
    """The name before the last `(` that is open, and the number of commas behind it."""
    open_: list[tuple[Token | None, int]] = []
    before: Token | None = None
    for token in tokens:
        if token.kind in ("(", "["):
            is_call = token.kind == "(" and before is not None and before.kind == "NAME"
            open_.append((before if is_call else None, 0))
        elif token.kind in (")", "]") and open_:
            open_.pop()
        elif token.kind == "," and open_:
            name, commas = open_[-1]
            open_[-1] = (name, commas + 1)
        before = token
    named = [(name, commas) for name, commas in open_ if name is not None]
    return named[-1] if named else None


def _signature(document: Document, place: Place, name: Token) -> Signature | None:
    word = name.text
    if place.around("network") is not None or place.statement[0].kind == "network":
        return signatures.shape(word)
    if place.around("experiment") is not None:
        return signatures.optimiser(word) or signatures.function(word)
    applied = _applied(place.statement)
    if applied is not None and applied.start == name.start:
        return signatures.operation(word, document.circuits())
    return signatures.function(word)


def _applied(tokens: list[Token]) -> Token | None:
    """The name of the operation that a statement applies: behind modifiers and results."""
    if tokens[0].kind in ("let", "data", "param", "qubits", "bits", "for", "if", "return"):
        return None
    level, start = 0, 0
    for k, token in enumerate(tokens):
        level += (token.kind in ("(", "[")) - (token.kind in (")", "]"))
        if not level and token.kind in ("@", "="):
            start = k + 1
    return tokens[start] if start < len(tokens) and tokens[start].kind == "NAME" else None


def _operands(document: Document, place: Place) -> Json | None:
    name = _applied(place.statement)
    if name is None or name.end >= place.start:
        return None
    signature = signatures.operation(name.text, document.circuits())
    if signature is None or not signature.operands:
        return None
    behind = [t for t in place.statement if t.start > name.start]
    level = commas = 0
    for token in behind:
        level += (token.kind in ("(", "[")) - (token.kind in (")", "]"))
        commas += token.kind == "," and not level
    return _help(signature, len(signature.arguments) + commas)


def _help(signature: Signature, active: int) -> Json:
    """`active` counts the arguments, and then the operands."""
    parts = (*signature.arguments, *signature.operands)
    label, places, at = signature.label, [], len(signature.name)
    for part in parts:
        at = label.index(part, at)
        places.append({"label": [at, at + len(part)]})
        at += len(part)
    parameters = min(active, max(len(parts) - 1, 0))
    return {
        "signatures": [
            {
                "label": label,
                "documentation": {"kind": "markdown", "value": signature.doc},
                "parameters": places,
            }
        ],
        "activeSignature": 0,
        "activeParameter": parameters,
    }
