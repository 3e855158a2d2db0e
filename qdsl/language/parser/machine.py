"""The LALR machine: a stack of states beside a stack of values. Never recursive."""

from __future__ import annotations

from typing import Any

from qdsl.diagnostics.diagnostic import InvalidProgram
from qdsl.diagnostics.source import Source, Span
from qdsl.language.parser.actions import ACTIONS, FLAT, Spliced, TreeBuilder, height
from qdsl.language.parser.errors.text import TooDeep
from qdsl.language.parser.lexer import Token
from qdsl.language.parser.limits import Limits
from qdsl.language.parser.tables import END, RESERVED, Production, tables

# Entries that one level of nesting puts on the stacks at the very most. Lists take none.
_ENTRIES_PER_LEVEL = 24

_Entry = tuple[Any, int, int, int]  # value, start, end, height of its tree
Snapshot = tuple[list[int], list[_Entry]]


class Machine:
    """Feed it tokens; `result` holds the items once `feed` took the end token."""

    def __init__(self, source: Source, builder: TreeBuilder, limits: Limits) -> None:
        self.source = source
        self.builder = builder
        self.limits = limits
        self.tables = tables()
        self.states: list[int] = [0]
        self.entries: list[_Entry] = []
        self.rejected_in: list[int] = []  # the states before a rejected token was looked at

    def snapshot(self) -> Snapshot:
        return self.states.copy(), self.entries.copy()

    def restore(self, snapshot: Snapshot) -> None:
        self.states, self.entries = snapshot[0].copy(), snapshot[1].copy()

    def feed(self, token: Token) -> bool:
        """Take one token; False, and `rejected_in`, if it cannot stand here.

        Raises `InvalidProgram` if the tree gets too high.
        """
        before = self.states.copy()
        kind = self._meaning(token.kind)
        actions = self.tables.actions
        while (action := actions[self.states[-1]].get(kind)) is not None:
            if action >= 0:
                self._shift(action, kind, token)
                return True
            rule = self.tables.rules[-action - 1]
            if rule.is_transparent and not (rule.action and type(self.entries[-1][0]) is Spliced):
                self.states.pop()
                self.states.append(self.tables.gotos[self.states[-1]][rule.name])
            else:
                self._reduce(rule)
            if kind == END and self.states[-1] == self.tables.end:
                return True
        self.rejected_in = before
        return False

    @property
    def result(self) -> Any:
        return self.entries[-1][0]

    def accepted(self, states: list[int]) -> set[str]:
        """Every kind of token that could come next in these states."""
        return {kind for kind in self.tables.actions[states[-1]] if self._accepts(states, kind)}

    def _meaning(self, kind: str) -> str:
        """A keyword where only a name can stand is a name, unless it is reserved."""
        if kind not in self.tables.keywords or kind in RESERVED:
            return kind
        row = self.tables.actions[self.states[-1]]
        if "NAME" in row and not (kind in row and self._accepts(self.states, kind)):
            return "NAME"
        return kind

    def _accepts(self, states: list[int], kind: str) -> bool:
        """Run the reductions on a copy of the states alone."""
        states = states.copy()
        while (action := self.tables.actions[states[-1]].get(kind)) is not None:
            if action >= 0:
                return True
            rule = self.tables.rules[-action - 1]
            del states[len(states) - rule.length :]
            states.append(self.tables.gotos[states[-1]][rule.name])
            if kind == END and states[-1] == self.tables.end:
                return True
        return False

    def _shift(self, state: int, kind: str, token: Token) -> None:
        self.states.append(state)
        self.entries.append((self.builder.leaf(kind, token), token.start, token.end, 0))
        if len(self.states) > _ENTRIES_PER_LEVEL * (self.limits.max_depth + 2):
            self._refuse_depth(Span(self.source, token.start, token.end))

    def _refuse_depth(self, span: Span) -> None:
        raise InvalidProgram((TooDeep(span, self.limits.max_depth),))

    def _reduce(self, rule: Production) -> None:
        cut = len(self.entries) - rule.length
        parts = self.entries[cut:]
        del self.entries[cut:], self.states[cut + 1 :]
        start = parts[0][1] if parts else 0
        end = parts[-1][2] if parts else 0
        children = _children(rule.shape, parts)
        deepest = 0
        for part in parts:
            if part[3] > deepest:
                deepest = part[3]
        if rule.action is None:
            value: Any = children
        elif rule.passes_on and len(children) == 1:
            value = children[0]
        else:
            span = Span(self.source, start, end)
            if rule.action not in FLAT:
                deepest += height(rule.action, children)
                if deepest > self.limits.max_depth:
                    self._refuse_depth(span)
            value = ACTIONS[rule.action](self.builder, children, span)
        self.entries.append((value, start, end, deepest))
        self.states.append(self.tables.gotos[self.states[-1]][rule.name])


def _children(shape: str, parts: list[_Entry]) -> Spliced:
    """The values kept, those of inlined rules spliced in; a first splice is extended in place."""
    children = Spliced()
    i = 0
    for letter in shape:
        if letter == "n":
            children.append(None)
            continue
        value = parts[i][0]
        i += 1
        if letter == "d":
            continue
        if not isinstance(value, Spliced):
            children.append(value)
        elif children:
            children.extend(value)
        else:
            children = value
    return children
