"""Source text to syntax tree."""

from __future__ import annotations

from pathlib import Path

from qdsl.diagnostics.diagnostic import InvalidProgram
from qdsl.diagnostics.source import Source, Span
from qdsl.files.reading import read_bounded
from qdsl.language.parser.brackets import balance
from qdsl.language.parser.errors.text import (
    CannotRead,
    NotText,
    OtherLanguage,
    SourceTooLarge,
    TooManyTokens,
    UnterminatedComment,
)
from qdsl.language.parser.layout import lay_out
from qdsl.language.parser.lexer import COMMENTS, Token, lex
from qdsl.language.parser.limits import DEFAULT_LIMITS, Limits
from qdsl.language.parser.reader import read_items
from qdsl.language.syntax import File

__all__ = ["Limits", "parse", "read_source"]


def parse(source: Source, limits: Limits = DEFAULT_LIMITS) -> File:
    """The syntax tree of a source text.

    Raises `InvalidProgram` with every syntax error found, in reading order. Takes time linear
    in the text and never recurses, whatever the text.
    """
    _check_text(source, limits)
    tokens, problems = lex(source, limits.max_tokens)
    if len(tokens) > limits.max_tokens:
        span = Span(source, tokens[-1].start, tokens[-1].end)
        raise InvalidProgram((TooManyTokens(span, limits.max_tokens),))
    n_tokens = len(tokens)
    _refuse_openqasm(source, tokens)
    tokens, found = balance(source, tokens, limits)
    if not any(isinstance(problem, UnterminatedComment) for problem in problems):
        problems += found  # an endless comment swallows brackets, too
    tokens, found = lay_out(source, tokens)
    problems += found
    items, problems = read_items(source, tokens, problems, limits)
    if problems:
        raise InvalidProgram(tuple(problems[: limits.max_problems]))
    return File(source, items, n_tokens)


def _refuse_openqasm(source: Source, tokens: list[Token]) -> None:
    first = next((t for t in tokens if t.kind not in (*COMMENTS, "SEP")), None)
    if first is not None and first.text == "OPENQASM":
        span = Span(source, first.start, first.end)
        raise InvalidProgram((OtherLanguage(source.path, span),))


def read_source(path: str | Path, limits: Limits = DEFAULT_LIMITS) -> Source:
    """A file's text. Raises `InvalidProgram` if it is missing, too large, not UTF-8 text or
    named as an OpenQASM file."""
    name = str(path)
    if name.lower().endswith(".qasm"):
        raise InvalidProgram((OtherLanguage(name),))
    try:
        data = read_bounded(path, limits.max_bytes + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InvalidProgram((CannotRead(name, reason.lower()),)) from None
    if len(data) > limits.max_bytes:
        raise InvalidProgram((SourceTooLarge(name, limits.max_bytes),))
    try:
        text = data.decode("utf-8-sig")
        is_old_mac = "\r" in text and "\n" not in text  # its lines end with a carriage return
        return Source(name, text.replace("\r", "\n") if is_old_mac else text)
    except UnicodeDecodeError as error:
        raise InvalidProgram((NotText(name, error.start),)) from None


def _check_text(source: Source, limits: Limits) -> None:
    if len(source.text) > limits.max_bytes:
        raise InvalidProgram((SourceTooLarge(source.path, limits.max_bytes),))
    nul = source.text.find("\0")
    if nul >= 0:
        raise InvalidProgram((NotText(source.path, nul),))
