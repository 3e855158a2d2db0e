"""Run the machine over the tokens; after an error go on with the next statement."""

from __future__ import annotations

from qdsl.diagnostics.diagnostic import Diagnostic, Diagnostics
from qdsl.diagnostics.source import Source
from qdsl.language.parser.actions import TreeBuilder
from qdsl.language.parser.forms import ITEM_STARTS
from qdsl.language.parser.lexer import Token, lex
from qdsl.language.parser.limits import Limits
from qdsl.language.parser.machine import Machine, Snapshot
from qdsl.language.parser.mistakes import diagnose, meant_keyword
from qdsl.language.parser.tables import END
from qdsl.language.parser.trouble import Trouble
from qdsl.language.syntax import Item

# Where the head of a block is wrong, its body is read behind one of these heads.
SOUND_HEADS = {
    "for": "for a in a", "if": "if a", "at": "at a", "model": "model a",
    "circuit": "circuit a on a", "experiment": "experiment a of a", "network": "network a",
    "node": "node a",
}  # fmt: skip


def read_items(
    source: Source, tokens: list[Token], problems: list[Diagnostic], limits: Limits
) -> tuple[tuple[Item, ...], list[Diagnostic]]:
    """The items of a file, and all `problems` with those found here added, in reading order.

    Expects laid-out tokens. On a line that already has a problem no other is reported.
    """
    reader = _Reader(source, tokens, problems, limits)
    reader.run()
    found = Diagnostics()
    found.extend(reader.found)
    found.extend(p for p in reader.builder.problems if _line(p) not in reader.bad_lines)
    return (() if len(found) else reader.machine.result), list(found)


def _line(problem: Diagnostic) -> int:
    return problem.labels[0].span.line


class _Reader:
    def __init__(
        self, source: Source, tokens: list[Token], problems: list[Diagnostic], limits: Limits
    ) -> None:
        end = tokens[-1].end if tokens else 0
        self.source = source
        self.tokens = [*tokens, Token(END, "", end, end)]
        self.builder = TreeBuilder(source)
        self.machine = Machine(source, self.builder, limits)
        self.limits = limits
        self.found = list(problems)
        self.bad_lines = {_line(problem) for problem in problems}
        # For each open block: the machine where a separator or the block's end can come next.
        self.anchors: list[Snapshot] = [self.machine.snapshot()]
        self.begins = 0  # index of the token that begins the current statement
        self.gave_up_at = -1

    def run(self) -> None:
        i = 0
        while i < len(self.tokens) and len(self.found) < self.limits.max_problems:
            i = self._step(i)

    def _step(self, i: int) -> int:
        token = self.tokens[i]
        before = self.machine.snapshot() if token.kind == "SEP" else None
        if not self.machine.feed(token):
            self._report(i)
            return self._recover(i)
        if before is not None:
            self.anchors[-1] = before
        self._follow_blocks(token.kind)
        if token.kind in ("SEP", "{", "}"):
            self.begins = i + 1
        return i + 1

    def _follow_blocks(self, kind: str) -> None:
        if kind == "{":
            self.anchors.append(self.machine.snapshot())
        elif kind == "}":
            self.anchors.pop()

    def _report(self, i: int) -> None:
        line = self.source.position(self.tokens[i].start)[0]
        first = self.source.position(self.tokens[min(self.begins, i)].start)[0]
        if not self.bad_lines.isdisjoint(range(first, line + 1)):
            return
        self.bad_lines.add(line)
        expected = self.machine.accepted(self.machine.rejected_in)
        trouble = Trouble(self.source, self.tokens, i, self.begins, frozenset(expected))
        self.found.append(diagnose(trouble))

    def _recover(self, i: int) -> int:
        """Forget the statement; returns the index of the token to go on with."""
        self.machine.restore(self.anchors[-1])
        head = SOUND_HEADS.get(self._keyword() or "")
        level = self._open_round(i)
        if self.gave_up_at == i:  # a second failure at one place: leave the token out
            i += 1
        self.gave_up_at = i
        while i < len(self.tokens) - 1:
            kind = self.tokens[i].kind
            if kind == "{" and head and level <= 0 and self._enter_block(head, self.tokens[i]):
                self.begins = i + 1
                return i + 1
            if level <= 0 and kind == "}":
                return i
            if level <= 0 and kind == "SEP":
                i = self._behind_block(i) if head else i
                if self.tokens[i].kind != "SEP":
                    return i
                self.machine.feed(self.tokens[i])
                self.begins = i + 1
                return i + 1
            level += (kind in ("(", "[", "{")) - (kind in (")", "]", "}"))
            i += 1
        return i

    def _behind_block(self, i: int) -> int:
        """The separator, or the end, behind the lines of a block that has no braces: those that
        are indented more than its head, and at the top of the file all up to the next item."""
        column = self._column(self.begins)
        level = 0
        for k in range(i, len(self.tokens) - 1):
            kind, after = self.tokens[k].kind, self.tokens[k + 1].kind
            if kind == "}" and not level:
                return k
            level += (kind == "{") - (kind == "}")
            if kind != "SEP" or level:
                continue
            is_inside = len(self.anchors) == 1 and after not in ITEM_STARTS
            if not is_inside and self._column(k + 1) <= column:
                return k
        return len(self.tokens) - 1

    def _column(self, i: int) -> int:
        return self.source.position(self.tokens[i].start)[1]

    def _keyword(self) -> str | None:
        """The keyword that the failed statement begins with, or was meant to."""
        token = self.tokens[self.begins] if self.begins < len(self.tokens) else None
        if token is None:
            return None
        return meant_keyword(token.text) if token.kind == "NAME" else token.kind

    def _open_round(self, i: int) -> int:
        """How many `(` and `[` of the failed statement are open before token `i`."""
        kinds = [token.kind for token in self.tokens[self.begins : i]]
        return sum((k in ("(", "[")) - (k in (")", "]")) for k in kinds)

    def _enter_block(self, head: str, brace: Token) -> bool:
        """Feed a sound head in place of the wrong one, and the `{`."""
        sound, _ = lex(Source("", head))
        if all(self.machine.feed(token) for token in [*sound, brace]):
            self._follow_blocks("{")
            return True
        self.machine.restore(self.anchors[-1])
        return False
