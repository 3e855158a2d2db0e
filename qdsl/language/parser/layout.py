"""From balanced tokens to those the grammar sees: comments go, separators are made sense of."""

from __future__ import annotations

from qdsl.diagnostics.diagnostic import Diagnostic
from qdsl.diagnostics.source import Source, Span
from qdsl.language.parser.errors.grammar import SlashComment
from qdsl.language.parser.lexer import COMMENTS, Token

_DROPPED = COMMENTS | {"UNKNOWN"}
# What may follow a `}` directly; before anything else a separator is understood.
_JOINS_BLOCK = frozenset({"SEP", "}", "else", ",", ")", "]"})
_ENDS_VALUE = frozenset({"NAME", "INTEGER", ")", "]"})
_COMPUTES = frozenset({"let", "for", "if", "set", "qubits", "bits", "param", "data"})


def lay_out(source: Source, tokens: list[Token]) -> tuple[list[Token], list[Diagnostic]]:
    """Drop comments and the separators that separate nothing; end statements after `}`.

    Expects balanced brackets.
    """
    problems = _slash_divisions(source, tokens)
    words = [token for token in tokens if token.kind not in _DROPPED]
    out: list[Token] = []
    brackets: list[str] = []
    for token in words:
        kind = token.kind
        if kind == "SEP":
            if not _is_idle(token, out, brackets):
                out.append(token)
            continue
        if kind in ("{", "else", "}") and out and _is_line_end(out[-1], kind):
            out.pop()
        if out and out[-1].kind == "}" and kind not in _JOINS_BLOCK:
            out.append(Token("SEP", "", token.start, token.start))
        if kind in ("(", "[", "{"):
            brackets.append(kind)
        elif kind in (")", "]", "}"):
            brackets.pop()
        out.append(token)
    if out and out[-1].kind == "SEP":
        out.pop()
    return out, problems


def _is_idle(separator: Token, out: list[Token], brackets: list[str]) -> bool:
    """Whether a separator separates nothing."""
    if not out or out[-1].kind in ("SEP", "{"):
        return True
    if separator.text == ";":
        return False
    return out[-1].kind == "," or (bool(brackets) and brackets[-1] != "{")


def _is_line_end(separator: Token, before: str) -> bool:
    """Whether a separator right before `{`, `else` or `}` is to be dropped."""
    return separator.kind == "SEP" and (separator.text != ";" or before == "}")


def _slash_divisions(source: Source, tokens: list[Token]) -> list[Diagnostic]:
    """`let k = n // 2`: a comment of nothing but a number behind a computed value."""
    problems: list[Diagnostic] = []
    first, before = "", ""
    for token in tokens:
        if token.kind == "LINE_COMMENT":
            divides = token.text[2:].strip().isdigit() and before in _ENDS_VALUE
            if divides and first in _COMPUTES:
                problems.append(SlashComment(Span(source, token.start, token.end)))
        elif token.kind in ("SEP", "{", "}"):
            first = before = ""
        elif token.kind != "BLOCK_COMMENT":
            first, before = first or token.kind, token.kind
    return problems
