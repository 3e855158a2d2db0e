"""The canonical form of a source text: `qdsl fmt`.

Line breaks stay where the author put them (blocks that span lines are opened up), so do blank
lines, at most one in a row, and comments. Indentation is two spaces a level. Arithmetic keeps
the author's choice of `2*n` or `2 * n`; all other spacing is fixed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import field
from itertools import groupby, pairwise

from qdsl.diagnostics.printable import steerless
from qdsl.diagnostics.source import Source
from qdsl.language.parser.lexer import COMMENTS, Token, lex
from qdsl.language.parser.parse import parse
from qdsl.language.parser.spacing import SpacedToken, has_space
from qdsl.records import dataclass

_INDENT = "  "
_CLOSERS = frozenset({")", "]", "}"})
_BLOCK_HEADS = frozenset({"model", "circuit", "for", "if", "else", "at"})
_STAYS_BEHIND_BLOCK = frozenset({"else", ",", ";"}) | _CLOSERS | COMMENTS


def format_source(source: Source) -> str:
    """The text in canonical form; formatting it again changes nothing.

    Raises `InvalidProgram` if the text does not parse.
    """
    parse(source)
    return format_parsed(source)


def format_parsed(source: Source) -> str:
    """The canonical form of a text that is known to parse."""
    words = _words(source)
    _annotate(words)
    _open_up_blocks(words)
    words = list(_without_idle_separators(words))
    _open_up_blocks(words)  # again: a separator that is gone has left its line breaks behind
    return "".join(f"{line}\n" for line in _align_comments(_LineBuilder(words).lines()))


def _words(source: Source) -> list[SpacedToken]:
    """The tokens but line ends, which become numbers of breaks before the next one."""
    tokens, _ = lex(source)
    words: list[SpacedToken] = []
    breaks, end = 0, 0
    for token in tokens:
        if token.kind == "SEP" and token.text != ";":
            breaks += 1
            continue
        words.append(SpacedToken(_shown(token), min(breaks, 2), token.start > end))
        breaks, end = 0, token.end
    if words:
        words[0].breaks = 0
    return words


def _shown(token: Token) -> Token:
    """A comment with nothing left in it that could steer a terminal, hide or reorder text."""
    return token._replace(text=steerless(token.text)) if token.kind in COMMENTS else token


def _annotate(words: list[SpacedToken]) -> None:
    """Find the names of properties and options, and the `{` that open blocks of statements."""
    holds_entries: list[bool] = []  # for each open bracket: whether it holds properties
    head = ""
    fresh = True
    behind = ""
    for word in words:
        kind = word.kind
        if kind in COMMENTS:
            fresh = fresh or (word.breaks > 0 and behind != ",")
            continue
        in_entries = bool(holds_entries) and holds_entries[-1]
        if (fresh or (word.breaks and behind != ",") or kind == "else") and kind != "{":
            word.begins_entry = in_entries and kind == "NAME"
            head = kind
        if kind in ("(", "[", "{"):
            word.opens_block = kind == "{" and head in _BLOCK_HEADS
            holds_entries.append(kind == "{" and not word.opens_block)
        elif kind in _CLOSERS:
            holds_entries.pop()
        fresh = kind in (";", "{", "}") or (kind == "," and in_entries)
        behind = kind


def _open_up_blocks(words: list[SpacedToken]) -> None:
    """A block that spans lines begins and ends with a line break; heads stand on one line."""
    opened: list[int] = []
    for i, word in enumerate(words):
        before = words[i - 1] if i else None
        joins = word.kind == "{" or (word.kind == "else" and before and before.kind == "}")
        if joins and before and before.kind != "LINE_COMMENT":
            word.breaks = 0
        if word.kind == "{":
            opened.append(i)
        elif word.kind == "}":
            _open_up(words, opened.pop(), i)


def _open_up(words: list[SpacedToken], start: int, end: int) -> None:
    if end == start + 1:
        words[end].breaks = 0
    if not any(word.breaks for word in words[start + 1 : end + 1]):
        return
    first = start + 1
    while words[first].kind in COMMENTS and not words[first].breaks:
        first += 1
    words[first].breaks = words[end].breaks = 1
    _begin_line(words, start)
    if end + 1 < len(words) and words[end + 1].kind not in _STAYS_BEHIND_BLOCK:
        words[end + 1].breaks = max(words[end + 1].breaks, 1)


def _begin_line(words: list[SpacedToken], start: int) -> None:
    """The head of a block that spans lines does not stand behind another statement."""
    head, level = start, 0
    while head > 0 and not words[head].breaks:
        before = words[head - 1].kind
        level += (before in (")", "]")) - (before in ("(", "["))
        if level < 0 or (level == 0 and before in ("{", "}", ";", ",", *COMMENTS)):
            break
        head -= 1
    if head > 0 and words[head].kind != "else" and words[head - 1].kind in ("}", ";"):
        words[head].breaks = max(words[head].breaks, 1)


def _without_idle_separators(words: list[SpacedToken]) -> Iterator[SpacedToken]:
    """Leave out `;` at the ends of lines and blocks, and `,` before a bracket that closes."""
    behind: SpacedToken | None = None
    owed = 0
    for i, word in enumerate(words):
        after = words[i + 1] if i + 1 < len(words) else None
        breaks_next = after is None or after.breaks > 0 or after.kind in ("LINE_COMMENT", ";")
        behind_block = behind is not None and behind.kind == "}" and behind.breaks > 0
        idle = word.kind == ";" and (
            (breaks_next or word.breaks > 0 or behind_block or _closes(after))
            or (behind is None or behind.kind in ("{", ";"))
        )
        if idle or (word.kind == "," and _closes(after) and not breaks_next):
            owed = max(owed, word.breaks, behind_block)
            continue
        word.breaks = max(word.breaks, owed)
        owed = 0
        behind = word
        yield word


def _closes(word: SpacedToken | None) -> bool:
    return word is not None and word.kind in _CLOSERS


@dataclass(frozen=True, slots=True)
class _TextLine:
    code: str
    comment: str = ""


def _align_comments(lines: Iterator[_TextLine]) -> Iterator[str]:
    """Comments at the ends of neighbouring lines begin in one column."""
    for has_comment, run in groupby(lines, key=lambda line: bool(line.comment)):
        group = list(run)
        column = max(len(line.code) for line in group) + 2
        for line in group:
            text = f"{line.code:{column}}{line.comment}" if has_comment else line.code
            yield from (part.rstrip() for part in text.replace("\r\n", "\n").split("\n"))


@dataclass(slots=True)
class _Bracket:
    line: int
    is_block: bool  # of statements, where a line that ends in a comma goes on
    hangs: bool  # on a line that goes on with what a comma ended before


@dataclass(slots=True)
class _LineBuilder:
    """Joins words to lines and indents them by the lines whose brackets are open."""

    words: list[SpacedToken]
    brackets: list[_Bracket] = field(default_factory=list)
    line: int = 0
    comma: bool = False
    hangs: bool = False  # the line that is being written

    def lines(self) -> Iterator[_TextLine]:
        for start, end in self._ranges():
            words = self.words[start:end]
            if words[0].breaks > 1:
                yield _TextLine("")
            behind = words[-1].token.text if words[-1].kind == "LINE_COMMENT" else ""
            if behind and len(words) > 1:
                yield _TextLine(self._indentation(words) + self._joined(start, end - 1), behind)
            else:
                yield _TextLine(self._indentation(words) + self._joined(start, end))
            for word in words:
                self._follow(word)
            self.line += 1

    def _ranges(self) -> Iterator[tuple[int, int]]:
        starts = [i for i, word in enumerate(self.words) if i == 0 or word.breaks]
        return pairwise([*starts, len(self.words)])

    def _indentation(self, words: list[SpacedToken]) -> str:
        leading = 0
        while leading < len(words) and words[leading].kind in _CLOSERS:
            leading += 1
        still_open = self.brackets[: len(self.brackets) - leading]
        in_statement = not still_open or still_open[-1].is_block
        self.hangs = self.comma and in_statement and not leading
        if leading:  # the line where the bracket was opened may hang
            self.hangs = self.brackets[len(still_open)].hangs and in_statement
        lines = {bracket.line for bracket in still_open}
        hanging = {bracket.line for bracket in still_open if bracket.hangs}
        return _INDENT * (len(lines) + len(hanging) + self.hangs)

    def _joined(self, start: int, end: int) -> str:
        parts = [self.words[start].token.text]
        for i in range(start + 1, end):
            word = self.words[i]
            before = self._before(i - 1)
            after = self.words[i + 1] if i + 1 < len(self.words) else None
            if has_space(before, self.words[i - 1], word, after):
                parts.append(" ")
            parts.append(word.token.text)
        return "".join(parts)

    def _before(self, i: int) -> SpacedToken | None:
        """The word before word `i`, comments apart where a line begins with it; what stands on
        the line above tells a sign from an operator."""
        if i and self.words[i].breaks:
            while i > 1 and self.words[i - 1].kind in COMMENTS:
                i -= 1
        return self.words[i - 1] if i else None

    def _follow(self, word: SpacedToken) -> None:
        if word.kind in COMMENTS:
            return
        if word.kind in ("(", "[", "{"):
            hangs = self.hangs and not word.opens_block
            self.brackets.append(_Bracket(self.line, word.opens_block, hangs))
        elif word.kind in _CLOSERS:
            self.brackets.pop()
        self.comma = word.kind == ","
