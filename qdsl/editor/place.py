"""Where in a program the cursor stands, read off the words before it.

Nothing here needs a text that parses: blocks and names are those of the words, and what may come
next is what the grammar takes behind the heads of the blocks and the words of the statement.
"""

from __future__ import annotations

from dataclasses import field
from itertools import pairwise

from qdsl.diagnostics.diagnostic import InvalidProgram
from qdsl.diagnostics.source import Source
from qdsl.language.parser.actions import TreeBuilder
from qdsl.language.parser.brackets import ITEM_WORDS
from qdsl.language.parser.lexer import COMMENTS, Token, lex
from qdsl.language.parser.limits import DEFAULT_LIMITS
from qdsl.language.parser.machine import Machine
from qdsl.language.parser.reader import SOUND_HEADS
from qdsl.records import dataclass


@dataclass(frozen=True, slots=True)
class LocalName:
    """A name that the words before the cursor declare: `role` as of a symbol, `text` the
    declaration as it is written."""

    name: str
    role: str
    text: str


@dataclass(slots=True)
class Block:
    """An open block: the words before its `{`, the names that it declares, and the first words
    of what stands in it before the cursor."""

    head: list[Token]
    locals: list[LocalName] = field(default_factory=list)
    given: list[str] = field(default_factory=list)

    @property
    def keyword(self) -> str:
        return self.head[0].kind if self.head else ""

    def word(self, k: int) -> str:
        return self.head[k].text if k < len(self.head) else ""

    def behind(self, keyword: str) -> str:
        """The word behind a keyword of the head: the `lan` of `model m(n = 4) on lan`."""
        for k, token in enumerate(self.head):
            if token.kind == keyword:
                return self.word(k + 1)
        return ""


@dataclass(slots=True)
class Place:
    """`statement` are the words of the statement before the cursor, without the one that is
    being written, which begins at `start`; `accepted` are the kinds of words that may come, None
    where the words before the cursor are wrong already. `is_text`: in a comment or a string."""

    blocks: list[Block]
    statement: list[Token]
    start: int
    is_text: bool = False
    accepted: frozenset[str] | None = None
    closed: str = ""  # the keyword of the block that ends right before

    @property
    def block(self) -> str:
        """The keyword of the innermost block; "" at the top of the file."""
        return self.blocks[-1].keyword if len(self.blocks) > 1 else ""

    def around(self, keyword: str) -> Block | None:
        """The innermost block with that keyword."""
        found = (block for block in reversed(self.blocks[1:]) if block.keyword == keyword)
        return next(found, None)

    def visible(self) -> list[LocalName]:
        """The names in scope: those of the blocks, and those that the statement binds itself."""
        outer = [local for block in self.blocks[1:] for local in block.locals]
        return outer + _bound(self.statement)

    def open_brackets(self) -> list[str]:
        """The brackets of the statement that are open, the innermost last."""
        found: list[str] = []
        for token in self.statement:
            if token.kind in ("(", "["):
                found.append(token.kind)
            elif token.kind in (")", "]") and found:
                found.pop()
        return found


def place_at(tokens: list[Token], source: Source, offset: int) -> Place:
    """The place at an offset; `tokens` are those of the text up to it, comments included."""
    tokens, start, is_text = _before(tokens, source.text, offset)
    scan = _Scan(source.text)
    for token in tokens:
        scan.take(token)
    place = Place(scan.blocks, scan.statement, start, is_text, None, scan.closed)
    if not is_text:
        place.accepted = _accepted(place, source)
    return place


def _before(tokens: list[Token], text: str, offset: int) -> tuple[list[Token], int, bool]:
    """The words before the one that is being written, where that begins, and whether it is none
    of the language."""
    k = len(tokens)
    while k and tokens[k - 1].start >= offset:
        k -= 1
    last = tokens[k - 1] if k else None
    if last is None:
        return [], offset, False
    if last.kind == "LINE_COMMENT":
        is_text = offset <= last.end
    elif last.kind == "BLOCK_COMMENT":
        is_text = offset < last.end
    elif last.kind == "STRING":
        closed = len(last.text) > 1 and last.text.endswith('"')
        is_text = offset < last.end or (offset == last.end and not closed)
    else:
        is_word = text[last.start].isalpha() or text[last.start] == "_"
        if last.end >= offset and is_word:
            return tokens[: k - 1], last.start, False
        is_text = False
    is_text = is_text or "/*" in text[last.end : offset]
    return tokens[:k], offset, is_text


class _Scan:
    """Follows blocks and statements through the words, whatever they are."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.blocks: list[Block] = [Block([])]
        self.statement: list[Token] = []
        self.round = 0
        self.line_begins = True
        self.closed = ""

    def take(self, token: Token) -> None:
        kind = token.kind
        if kind in COMMENTS or kind == "UNKNOWN":
            return
        if self.line_begins and kind in ITEM_WORDS:
            self._end()
            del self.blocks[1:]
        self.line_begins = kind == "SEP" and token.text != ";"
        if not self.line_begins:
            self.closed = ""
        if kind == "SEP":
            self._separator(token)
        elif kind == "," and not self.round and self._holds_entries():
            self._end()
        elif kind == "{":
            if self.statement and self.statement[0].kind == "node":
                self.blocks[-1].locals += _of_statement(self.statement, self.text)
            self.blocks[-1].given += [token.text for token in self.statement[:1]]
            block = Block(self.statement)
            block.locals = _of_head(self.statement, self.text)
            self.blocks.append(block)
            self.statement, self.round = [], 0
        elif kind == "}":
            self._end()
            if len(self.blocks) > 1:
                self.closed = self.blocks.pop().keyword
        else:
            self.round += (kind in ("(", "[")) - (kind in (")", "]"))
            self.statement.append(token)

    def _holds_entries(self) -> bool:
        """Whether the block holds nodes, links, properties or options, which commas end, too."""
        keywords = [block.keyword for block in self.blocks[1:]]
        return bool(keywords) and not {"model", "circuit"} & set(keywords)

    def _separator(self, token: Token) -> None:
        is_open = self.round > 0 or (self.statement and self.statement[-1].kind == ",")
        if token.text == ";" or not is_open:
            self._end()

    def _end(self) -> None:
        if self.statement:
            self.blocks[-1].locals += _of_statement(self.statement, self.text)
            self.blocks[-1].given.append(self.statement[0].text)
            self.statement = []
        self.round = 0


def _text(tokens: list[Token], text: str) -> str:
    return " ".join(text[tokens[0].start : tokens[-1].end].split())


def _of_statement(tokens: list[Token], text: str) -> list[LocalName]:
    """What a statement declares."""
    kind = tokens[0].kind
    if kind in ("let", "data", "param", "node") and len(tokens) > 1:
        return [LocalName(tokens[1].text, kind, _text(tokens, text))]
    if kind not in ("qubits", "bits"):
        return []
    found, level = [], 0
    for k, token in enumerate(tokens[1:], 1):
        level += (token.kind in ("(", "[")) - (token.kind in (")", "]"))
        if not level and tokens[k - 1].kind in (kind, ",") and token.text.isidentifier():
            found.append(LocalName(token.text, kind, _text(tokens, text)))
    return found


def _bound(tokens: list[Token]) -> list[LocalName]:
    """What sums of a statement bind, and the parameters and sizes of a head that is being
    written."""
    found: list[LocalName] = []
    if tokens and tokens[0].kind in ("model", "circuit"):
        found += _of_head(tokens, "")
        for before, token in pairwise(tokens):
            if before.kind == "[" and token.kind == "NAME":
                found.append(LocalName(token.text, "size", ""))
    for k, token in enumerate(tokens):
        if token.kind != "sum":
            continue
        for name in tokens[k + 1 :]:
            if name.kind == "in":
                break
            if name.kind == "NAME":
                found.append(LocalName(name.text, "loop", ""))
    return found


def _of_head(tokens: list[Token], text: str) -> list[LocalName]:
    """What the head of a block declares in it."""
    if not tokens:
        return []
    kind, whole = tokens[0].kind, _text(tokens, text)
    if kind == "for":
        names = []
        for token in tokens[1:]:
            if token.kind == "in":
                break
            names.append(token)
        return [LocalName(t.text, "loop", whole) for t in names if t.text.isidentifier()]
    if kind not in ("model", "circuit"):
        return []
    found: list[LocalName] = []
    level, after_on = 0, False
    for before, token in pairwise(tokens[1:]):
        level += (token.kind in ("(", "[")) - (token.kind in (")", "]"))
        if token.kind == "on" and not level:
            after_on = True
        elif after_on and kind == "circuit" and not level and before.kind in ("on", ","):
            found.append(LocalName(token.text, "qubits", whole))
        elif after_on and kind == "circuit" and before.kind == "[" and token.text.isidentifier():
            found.append(LocalName(token.text, "size", whole))
        elif level == 1 and not after_on and before.kind in ("(", ",") and token.kind != "(":
            role = "integer" if kind == "model" else "circuit parameter"
            found.append(LocalName(token.text, role, whole))
    seen: dict[str, LocalName] = {}
    for local in found:
        seen.setdefault(local.name, local)
    return list(seen.values())


# ---- what the grammar takes -------------------------------------------------------------


def _accepted(place: Place, source: Source) -> frozenset[str] | None:
    machine = Machine(source, TreeBuilder(source), DEFAULT_LIMITS)
    try:
        for block in place.blocks[1:]:
            if not _enter(machine, block):
                return None
        if not all(map(machine.feed, place.statement)):
            return None
    except InvalidProgram:
        return None
    found = machine.accepted(machine.states)
    return frozenset(found | {"else"} if place.closed == "if" else found)


def _enter(machine: Machine, block: Block) -> bool:
    """Feed the head of a block and its brace: as it is written, else a sound one instead."""
    before = machine.snapshot()
    brace = Token("{", "{", 0, 1)
    for head in (block.head, _sound(block.keyword)):
        if head and all(map(machine.feed, [*head, brace])):
            return True
        machine.restore(before)
    return False


def _sound(keyword: str) -> list[Token]:
    text = "if a { } else" if keyword == "else" else SOUND_HEADS.get(keyword, "at a")
    return lex(Source("", text))[0]
