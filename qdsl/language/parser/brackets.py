"""Balance the brackets of a token list: whatever is wrong is reported and repaired.

So everything behind this step sees balanced brackets, and one missing `}` costs one message.
"""

from __future__ import annotations

from qdsl.diagnostics.diagnostic import Diagnostic, InvalidProgram
from qdsl.diagnostics.source import Source, Span
from qdsl.language.parser.errors.grammar import SlashComment, UnclosedBracket, UnmatchedBracket
from qdsl.language.parser.errors.text import TooDeep
from qdsl.language.parser.lexer import COMMENTS, Token
from qdsl.language.parser.limits import Limits
from qdsl.records import dataclass

CLOSER = {"(": ")", "[": "]", "{": "}"}
OPENER = {closer: opener for opener, closer in CLOSER.items()}

ITEM_WORDS = frozenset({"network", "circuit", "model", "experiment"})
# Reserved words that begin a statement: at the start of a line no bracket can be open.
_STATEMENT_WORDS = frozenset(
    {"at", "barrier", "for", "if", "let", "measure", "qubits", "reset", "return"}
)


@dataclass(frozen=True, slots=True)
class _OpenBracket:
    token: Token
    index: int  # where the token stands in the output


def balance(
    source: Source, tokens: list[Token], limits: Limits
) -> tuple[list[Token], list[Diagnostic]]:
    """Tokens with balanced brackets, and what was wrong. Comments stay.

    Raises `InvalidProgram` where brackets are nested beyond the limit.
    """
    balancer = _Balancer(source, limits)
    for token in tokens:
        balancer.take(token)
    end = len(source.text.rstrip())
    balancer.close_all(Token("$END", "", end, end))
    return balancer.out, balancer.problems


class _Balancer:
    def __init__(self, source: Source, limits: Limits) -> None:
        self.source = source
        self.limits = limits
        self.out: list[Token] = []
        self.problems: list[Diagnostic] = []
        self.open: list[_OpenBracket] = []
        self.suspect: Token | None = None  # a `{` whose `}` is indented less than itself
        self.line_begins = True

    def take(self, token: Token) -> None:
        kind = token.kind
        if self.line_begins and kind in ITEM_WORDS:
            self.close_all(token)
        elif kind == "{" or (self.line_begins and kind in _STATEMENT_WORDS):
            self._close_round(token)
        if kind in OPENER:
            self._close(token)
        else:
            if kind in CLOSER:
                self._open(token)
            self.out.append(token)
        if kind not in COMMENTS:
            self.line_begins = kind == "SEP" and token.text != ";"

    def _open(self, token: Token) -> None:
        self.open.append(_OpenBracket(token, len(self.out)))
        if len(self.open) > self.limits.max_depth:
            raise InvalidProgram((TooDeep(self._span(token), self.limits.max_depth),))

    def _close(self, token: Token) -> None:
        if token.kind == "}":
            self._close_round(token)
        opener = OPENER[token.kind]
        depth = self._innermost(opener, within_block=token.kind != "}")
        if depth is not None:
            while len(self.open) > depth + 1:
                self._report_unclosed(self.open.pop(), token)
            self._note_indentation(self.open.pop().token, token)
            self.out.append(token)
        elif self.open and self.open[-1].token.kind in "([" and token.kind in ")]":
            wrong = self.open.pop()
            self._add_unclosed(wrong.token, token)
            self.out.append(Token(CLOSER[wrong.token.kind], token.text, token.start, token.end))
        else:
            self.problems.append(UnmatchedBracket(self._span(token)))

    def _innermost(self, opener: str, within_block: bool) -> int | None:
        for depth in range(len(self.open) - 1, -1, -1):
            kind = self.open[depth].token.kind
            if kind == opener:
                return depth
            if kind == "{" and within_block:
                return None
        return None

    def _close_round(self, noticed: Token) -> None:
        """Close every `(` and `[` that is still open in the innermost block."""
        while self.open and self.open[-1].token.kind in "([":
            self._report_unclosed(self.open.pop(), noticed)

    def close_all(self, noticed: Token) -> None:
        while self.open:
            self._close_round(noticed)
            if self.open:
                self._report_unclosed_block(self.open.pop().token, noticed)
        self.suspect = None

    def _report_unclosed(self, opening: _OpenBracket, noticed: Token) -> None:
        self._add_unclosed(opening.token, noticed)
        place = opening.index
        while place < len(self.out) and self.out[place].kind not in ("SEP", "{"):
            place += 1
        at = self.out[place - 1].end
        self.out.insert(place, Token(CLOSER[opening.token.kind], "", at, at))

    def _report_unclosed_block(self, opening: Token, noticed: Token) -> None:
        suspect, self.suspect = self.suspect, None
        culprit = suspect if suspect and suspect.start > opening.start else opening
        self._add_unclosed(culprit, noticed)
        self.out.append(Token("}", "", noticed.start, noticed.start))

    def _add_unclosed(self, opening: Token, noticed: Token) -> None:
        line = self.source.position(opening.start)[0]
        line_end = self.source.text.find("\n", opening.end)
        line_end = len(self.source.text) if line_end < 0 else line_end
        comment = self.source.text.find("//", opening.end, line_end)
        if opening.kind != "{" and comment >= 0:
            self.problems.append(SlashComment(Span(self.source, comment, line_end)))
        elif not self.problems or line != self._line_of(self.problems[-1]):
            closing = CLOSER[opening.kind]
            spans = self._span(opening), self._span(noticed)
            self.problems.append(UnclosedBracket(*spans, closing))

    def _line_of(self, problem: Diagnostic) -> int:
        return problem.labels[0].span.line

    def _note_indentation(self, opening: Token, closing: Token) -> None:
        """Remember the innermost block whose `}` stands at the wrong depth."""
        if opening.kind != "{" or self.suspect is not None:
            return
        outer, _ = self._indentation(opening)
        inner, is_first = self._indentation(closing)
        if is_first and inner < outer:
            self.suspect = opening

    def _indentation(self, token: Token) -> tuple[int, bool]:
        """Indentation of the token's line, and whether the token is the first in it."""
        __, column = self.source.position(token.start)
        before = self.source.text[token.start - column + 1 : token.start]
        stripped = before.lstrip()
        return len(before) - len(stripped), not stripped

    def _span(self, token: Token) -> Span:
        return Span(self.source, token.start, token.end)
