"""Characters to tokens. Blanks go; comments and line ends stay, for the formatter."""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

from qdsl.diagnostics.diagnostic import Diagnostic
from qdsl.diagnostics.source import Source, Span
from qdsl.language.parser.errors.text import (
    LOOKALIKES,
    BadCharacter,
    BadNumber,
    CaretPower,
    ForeignOperator,
    UnknownUnit,
    UnterminatedComment,
    UnterminatedString,
)
from qdsl.language.parser.tables import tables
from qdsl.language.syntax.units import UNITS

COMMENTS = frozenset({"LINE_COMMENT", "BLOCK_COMMENT"})
NUMBERS = frozenset({"INTEGER", "REAL"})

# A sign of another language -> the token it most likely stands for; "" leaves it out.
FOREIGN_OPERATORS = {
    "&&": "and", "||": "or", "!": "not", "^": "**", "->": "", "=>": "", ":=": "=",
    "+=": "=", "-=": "=", "*=": "=", "...": "..", "..=": "..", "'": "", "<->": "--", "===": "==",
    "<>": "!=",
}  # fmt: skip

# Everything that begins like a number: what is longer than the number in it is malformed.
_NUMBER_LIKE = re.compile(
    r"0[xXbBoO][0-9A-Fa-f_]+|[0-9][0-9_]*(?:\.(?!\.)[0-9_]*)*(?:[eE](?:[+-]?[0-9_]+|(?!\w)))?"
)


class Token(NamedTuple):
    """`kind` is the text itself of keywords and signs, else NAME, INTEGER, STRING, SEP, ..."""

    kind: str
    text: str
    start: int
    end: int


@cache
def _pattern() -> re.Pattern[str]:
    """One group for each kind of token; the order decides where two would match."""
    terminals = tables().terminals
    order = ("BLANK", "NAME", "SEP", "LINE_COMMENT", "BLOCK_COMMENT", "STRING", "REAL", "INTEGER")
    groups = [f"(?P<{kind}>{terminals[kind]})" for kind in order]
    groups.insert(1, f"(?P<UNIT>{terminals['UNIT']})")
    foreign = sorted((re.escape(sign) for sign in FOREIGN_OPERATORS), key=len, reverse=True)
    signs = "|".join(re.escape(sign) for sign in tables().punctuation)
    groups += [
        r"(?P<OPEN_COMMENT>/\*)",
        r'(?P<OPEN_STRING>"[^"\n]*)',
        rf"(?P<FOREIGN>(?!!=)(?:'[^'\n]*'|{'|'.join(foreign)}))",
        rf"(?P<SIGN>{signs})",
    ]
    return re.compile("|".join(groups))


def lex(source: Source, most: int | None = None) -> tuple[list[Token], list[Diagnostic]]:
    """All tokens but blanks, or one more than `most` of them, if there are as many. Malformed
    ones are reported and replaced as well as can be."""
    lexer = _Lexer(source, len(source.text) if most is None else most)
    lexer.run()
    return lexer.tokens, lexer.problems


class _Lexer:
    def __init__(self, source: Source, most: int) -> None:
        self.source = source
        self.most = most
        self.tokens: list[Token] = []
        self.problems: list[Diagnostic] = []

    def run(self) -> None:
        text = self.source.text
        match_at = _pattern().match
        position = 0
        while position < len(text) and len(self.tokens) <= self.most:
            match = match_at(text, position)
            if match is None:
                position = self._bad_characters(position)
                continue
            kind = match.lastgroup or ""
            position = match.end()
            if kind != "BLANK":
                position = self._take(kind, match[0], match.start(), position)

    def _take(self, kind: str, text: str, start: int, end: int) -> int:
        """Append a token of `kind`; returns where the next one begins."""
        if kind == "NAME":
            kind = self._word_kind(text, start, end)
        elif kind == "SIGN":
            kind = text
        elif kind in NUMBERS:
            end = self._check_number(kind, start, end)
            text = self.source.text[start:end]
        elif kind == "UNIT":
            kind = self._unit_kind(text, start, end)
        elif kind == "OPEN_COMMENT":
            self.problems.append(UnterminatedComment(self._span(start, end)))
            return len(self.source.text)
        elif kind == "OPEN_STRING":
            self.problems.append(UnterminatedString(self._span(start, end)))
            kind = "STRING"
        elif kind == "FOREIGN":
            kind = self._foreign(text, start, end)
        if kind:
            self.tokens.append(Token(kind, text, start, end))
        return end

    def _span(self, start: int, end: int) -> Span:
        return Span(self.source, start, end)

    def _after_number(self) -> bool:
        return bool(self.tokens) and self.tokens[-1].kind in NUMBERS

    def _word_kind(self, text: str, start: int, end: int) -> str:
        if text in tables().keywords:
            return text
        return self._unit_kind(text, start, end) if self._after_number() else "NAME"

    def _unit_kind(self, text: str, start: int, end: int) -> str:
        if not self._after_number():
            return "%" if text == "%" else "UNIT"
        if text not in UNITS:
            number = self.tokens[-1]
            self.problems.append(
                UnknownUnit(self._span(number.start, number.end), self._span(start, end))
            )
        return "UNIT"

    def _check_number(self, kind: str, start: int, end: int) -> int:
        match = _NUMBER_LIKE.match(self.source.text, start)
        if match and match.end() > end:
            self.problems.append(BadNumber(self._span(start, match.end())))
            return match.end()
        digits = self.source.text[start:end].replace("_", "")
        too_large = len(digits) > 400 or (
            int(digits) >= 2**63 if kind == "INTEGER" else float(digits) == float("inf")
        )
        if too_large:
            self.problems.append(BadNumber(self._span(start, end), too_large=True))
        return end

    def _foreign(self, text: str, start: int, end: int) -> str:
        span = self._span(start, end)
        if text == "^":
            self.problems.append(CaretPower(span))
            return "**"
        self.problems.append(ForeignOperator(span))
        return "STRING" if len(text) > 1 and text[0] == "'" else FOREIGN_OPERATORS[text]

    def _bad_characters(self, start: int) -> int:
        """Report a run of characters that begin no token, as one problem."""
        text, match_at = self.source.text, _pattern().match
        end = start + 1
        while end < len(text) and match_at(text, end) is None:
            end += 1
        self.problems.append(BadCharacter(self._span(start, end)))
        plain = LOOKALIKES.get(text[start:end], "")
        # without a token in its place, what follows is not behind what came before
        kind = plain if plain in tables().punctuation else "UNKNOWN"
        self.tokens.append(Token(kind, text[start:end], start, end))
        return end
