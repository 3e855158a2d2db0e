"""The parse tables, read once from `qdsl/grammar/tables.json`."""

from __future__ import annotations

import json
from functools import cache
from pkgutil import get_data

from qdsl.records import dataclass

END = "$END"

# Keywords that may never be used as names: without them an error could not be placed well.
RESERVED = frozenset(
    [
        "and",
        "at",
        "barrier",
        "circuit",
        "else",
        "experiment",
        "for",
        "if",
        "in",
        "let",
        "measure",
        "model",
        "network",
        "not",
        "or",
        "reset",
        "return",
    ]
)


@dataclass(frozen=True, slots=True)
class Production:
    """One production. `shape` has a letter a symbol: k(ept), d(ropped), or n (an absent part).

    A transparent production hands its only child on as it is.
    """

    name: str
    action: str | None
    shape: str
    passes_on: bool
    length: int
    is_transparent: bool


@dataclass(frozen=True, slots=True)
class Tables:
    """`actions[state][token]`: n >= 0 shifts to state n, n < 0 reduces by rule -n-1."""

    keywords: frozenset[str]
    punctuation: tuple[str, ...]
    terminals: dict[str, str]
    end: int
    rules: tuple[Production, ...]
    actions: tuple[dict[str, int], ...]
    gotos: tuple[dict[str, int], ...]


@cache
def tables() -> Tables:
    data = json.loads(get_data("qdsl.grammar", "tables.json") or b"")
    return Tables(
        keywords=frozenset(data["keywords"]),
        punctuation=tuple(data["punctuation"]),
        terminals=data["terminals"],
        end=data["end"],
        rules=tuple(_rule(*row) for row in data["rules"]),
        actions=tuple(_pairs(state[0]) for state in data["states"]),
        gotos=tuple(_pairs(state[1]) for state in data["states"]),
    )


def _rule(name: str, action: str | None, shape: str, passes_on: bool) -> Production:
    is_transparent = shape == "k" and (passes_on or action is None)
    return Production(name, action, shape, passes_on, len(shape) - shape.count("n"), is_transparent)


def _pairs(text: str) -> dict[str, int]:
    words = text.split(" ") if text else []
    return dict(zip(words[::2], map(int, words[1::2]), strict=True))
