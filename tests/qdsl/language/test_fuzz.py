"""However broken a program is, it is refused with diagnostics that can be shown: never otherwise.

Quick: 500 mutants. `pytest -m slow` tries 10,000.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from qdsl.diagnostics.diagnostic import InvalidProgram
from qdsl.diagnostics.render import render_all
from qdsl.diagnostics.source import Source
from qdsl.language.check import check_text
from qdsl.language.parser.lexer import lex
from qdsl.language.parser.parse import parse
from qdsl.language.parser.tables import tables
from tests.qdsl.programs import PROGRAMS

QUICK = 500
SLOW = 10_000


def parse_text(text: str) -> object:
    return parse(Source("fuzz.qdm", text))


def check_program(text: str) -> object:
    """The whole check; refuses as the parser does."""
    checked, problems = check_text(text, "fuzz.qdm")
    if checked is None or problems:
        raise InvalidProgram(problems)
    return checked


# Everything that takes a program's text.
CHECKERS: list[Callable[[str], object]] = [parse_text, check_program]

Mutation = Callable[[random.Random, list[str]], list[str]]


def delete(rng: random.Random, tokens: list[str]) -> list[str]:
    i = rng.randrange(len(tokens))
    return tokens[:i] + tokens[i + rng.randint(1, 3) :]


def duplicate(rng: random.Random, tokens: list[str]) -> list[str]:
    i = rng.randrange(len(tokens))
    return tokens[: i + rng.randint(1, 8)] + tokens[i:]


def swap(rng: random.Random, tokens: list[str]) -> list[str]:
    i, j = rng.randrange(len(tokens)), rng.randrange(len(tokens))
    tokens[i], tokens[j] = tokens[j], tokens[i]
    return tokens


def insert(rng: random.Random, tokens: list[str]) -> list[str]:
    words = [*tables().keywords, *tables().punctuation, "q", "0", "1.5e3", "\n", ";", '"', "/*"]
    i = rng.randrange(len(tokens))
    return [*tokens[:i], rng.choice(words), *tokens[i:]]


def truncate(rng: random.Random, tokens: list[str]) -> list[str]:
    return tokens[: rng.randrange(len(tokens))] or [" "]


def cross(rng: random.Random, tokens: list[str]) -> list[str]:
    other = pieces(rng.choice(PROGRAMS))
    return tokens[: rng.randrange(len(tokens))] + other[rng.randrange(len(other)) :]


def nest(rng: random.Random, tokens: list[str]) -> list[str]:
    opening = rng.choice(["(", "[", "{", "at a {", "if a {", "-", "not ", "f(", "a["])
    i = rng.randrange(len(tokens))
    return [*tokens[:i], opening * rng.choice([2, 20, 2000]), *tokens[i:]]


def flip(rng: random.Random, tokens: list[str]) -> list[str]:
    """Change bytes of the text, as a bad disk would."""
    data = bytearray("".join(tokens).encode())
    for _ in range(rng.randint(1, 4)):
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    return pieces(data.decode(errors="replace")) or [" "]


MUTATIONS: Sequence[Mutation] = (
    delete, duplicate, swap, insert, truncate, cross, nest, flip,
)  # fmt: skip


def pieces(text: str) -> list[str]:
    """The text cut before each token; joined again they are the text."""
    tokens, _ = lex(Source("", text))
    cuts = [0, *(token.start for token in tokens), len(text)]
    return [text[a:b] for a, b in pairwise(cuts) if a < b]


def mutant(seed: int) -> str:
    rng = random.Random(seed)
    tokens = pieces(rng.choice(PROGRAMS))
    for _ in range(rng.choice([1, 1, 1, 2, 3, 6])):
        tokens = rng.choice(MUTATIONS)(rng, tokens) or [" "]
    return "".join(tokens)


def assert_survives(text: str) -> bool:
    """Whether all checkers accept the text; fails if one does anything but refuse it."""
    sound = True
    for check in CHECKERS:
        try:
            check(text)
        except InvalidProgram as error:
            sound = False
            shown = render_all(error.diagnostics)
            assert error.diagnostics
            assert all(char.isprintable() or char == "\n" for char in shown)
            assert all(len(line) < 500 for line in shown.split("\n"))
    return sound


def assert_mutants_survive(seeds: range) -> None:
    sound = [assert_survives(mutant(seed)) for seed in seeds]
    assert 0.002 < sum(sound) / len(sound) < 0.6, "the mutations are too mild or too wild"


def test_mutants() -> None:
    assert_mutants_survive(range(QUICK))


@pytest.mark.slow
def test_many_mutants() -> None:
    assert_mutants_survive(range(QUICK, QUICK + SLOW))


@settings(deadline=None)
@given(st.text(max_size=200))
@example("\r")
@example("'" * 3)
@example("model m() {" + "\u202e" * 3)
@example("for")
@example("}")
def test_any_text(text: str) -> None:
    assert_survives(text)


WORDS = st.sampled_from(
    [
        *sorted(tables().keywords),
        *tables().punctuation,
        "q",
        "Z",
        "1",
        "2.5",
        "Hz",
        '"f"',
        "\n",
        ";",
    ]
)


@settings(deadline=None)
@given(st.lists(WORDS, max_size=60))
def test_any_tokens(words: list[str]) -> None:
    assert_survives(" ".join(words))
    assert_survives("model m() {" + " ".join(words) + "}")
