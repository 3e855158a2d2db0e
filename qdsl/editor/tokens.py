"""The words of a text that changes: only what an edit touches is read again."""

from __future__ import annotations

from bisect import bisect_left

from qdsl.diagnostics.source import Source
from qdsl.editor.positions import Shift
from qdsl.language.parser.lexer import Token, lex


class KnownTokens:
    """Tokens of a text, comments included, from its beginning up to the end of some line."""

    def __init__(self) -> None:
        self._tokens: list[Token] = []
        self._to = 0  # up to where they are all that there are

    def change(self, shift: Shift, text: str) -> None:
        """Take over what the edit that led to `text` leaves as it was.

        A line end that is no part of a comment is where words begin anew: behind one that was
        there before and is there still, they are the same."""
        if shift.start >= self._to:
            return
        old, old_to = self._tokens, self._to
        kept = self._cut(shift.start)
        end = _line_end(text, shift.new_end)
        found = _lexed(text, kept[-1].end if kept else 0, end)
        self._tokens, self._to = kept + found, end
        moved = shift.new_end - shift.old_end
        first = bisect_left(old, end - moved, key=lambda token: token.start)
        is_anew = bool(found) and found[-1].kind == "SEP" and found[-1].end == end
        was_anew = first > 0 and old[first - 1].kind == "SEP" and old[first - 1].end == end - moved
        if is_anew and was_anew and end - moved <= old_to:
            behind = old[first:]
            if moved:
                behind = [Token(t.kind, t.text, t.start + moved, t.end + moved) for t in behind]
            self._tokens += behind
            self._to = old_to + moved

    def before(self, text: str, offset: int) -> list[Token]:
        """Those up to an offset, and some behind it."""
        end = _line_end(text, offset)
        if self._to < end:
            kept = self._cut(self._to)
            self._tokens = kept + _lexed(text, kept[-1].end if kept else 0, end)
            self._to = end
        return self._tokens

    def _cut(self, offset: int) -> list[Token]:
        """The tokens of whole lines that end before an offset."""
        k = bisect_left(self._tokens, offset, key=lambda token: token.end)
        while k and self._tokens[k - 1].kind != "SEP":
            k -= 1
        return self._tokens[:k]


def _line_end(text: str, offset: int) -> int:
    end = text.find("\n", offset)
    return len(text) if end < 0 else end + 1


def _lexed(text: str, start: int, end: int) -> list[Token]:
    found, _ = lex(Source("", text[start:end]))
    return [Token(t.kind, t.text, t.start + start, t.end + start) for t in found]
