"""A token that cannot stand where it stands, with the statement around it."""

from __future__ import annotations

from qdsl.diagnostics.source import Source, Span
from qdsl.language.parser.lexer import Token
from qdsl.language.parser.tables import END
from qdsl.records import dataclass

LONGEST_FORM = 60  # characters of a program that are shown in a message


@dataclass(frozen=True, slots=True)
class Trouble:
    """Token `index` cannot stand there; `begins` is where its statement begins."""

    source: Source
    tokens: list[Token]
    index: int
    begins: int
    expected: frozenset[str]

    @property
    def token(self) -> Token:
        return self.tokens[self.index]

    @property
    def first(self) -> Token:
        return self.tokens[min(self.begins, self.index)]

    @property
    def before(self) -> Token | None:
        return self.tokens[self.index - 1] if self.index > self.begins else None

    def span(self, token: Token) -> Span:
        return Span(self.source, token.start, token.end)

    @property
    def ends(self) -> int:
        """The index of the token behind the statement: a separator, `{`, `}` or the end."""
        i, level = self.index, 0
        while self.tokens[i].kind != END:
            kind = self.tokens[i].kind
            level += (kind in ("(", "[")) - (kind in (")", "]"))
            if kind in ("SEP", "{", "}") and level <= 0:
                break
            i += 1
        return i

    def text(self, start: int, end: int) -> str:
        """The program from token `start` up to token `end`, which is not in it, on one line."""
        if start >= end:
            return ""
        return " ".join(self.over(start, end).text.split())

    def over(self, start: int, end: int) -> Span:
        """The place of the tokens from `start` up to `end`, which is not in it."""
        return Span(self.source, self.tokens[start].start, self.tokens[end - 1].end)
