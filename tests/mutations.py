"""Programs drawn at random from the examples, by seed: what a person mistypes, and comments.

`python -m tests.mutations 10000` formats so many of them that parse, from seed 1 on.
"""

from __future__ import annotations

import random
import re
import sys
from collections.abc import Iterator
from functools import cache
from itertools import count

from qdsl.diagnostics.diagnostic import InvalidProgram
from qdsl.diagnostics.source import Source
from qdsl.language.formatting.format import format_source
from qdsl.language.parser.lexer import COMMENTS, lex
from qdsl.language.parser.parse import parse
from tests.qdsl.programs import without_spans
from tests.sources import EXAMPLES

LARGEST = 5000  # characters of an example that is taken
_TOKEN = re.compile(r'\s+|[A-Za-z_]\w*|\d+(?:\.\d+)?|"[^"\n]*"|//[^\n]*|\.\.|--|\*\*|[=!<>]=|.')
_FILLS = ("// c\n", " // d\n", "\n// e\n", "\n\n//\n\n", "\t", "  ", "\n", "\n\n\n", ";", "/* f */",
          "//// g  \n", "/*\n*/")  # fmt: skip
_MARKS = ("{", "}", "(", ")", "[", "]", ",", "\n", "-", "+", ";", "1e9", "99999999999", "0")


@cache
def _sources() -> tuple[tuple[str, ...], ...]:
    texts = (path.read_text() for path in sorted(EXAMPLES.glob("*.qdm")))
    return tuple(tuple(_TOKEN.findall(text)) for text in texts if len(text) < LARGEST)


@cache
def _pool() -> tuple[str, ...]:
    tokens = {token for source in _sources() for token in source}
    return (*sorted(t for t in tokens if not t.startswith("//")), *_MARKS)


def mutated(seed: int, changes: int = 3, fills: int = 5) -> str:
    """An example with up to so many tokens changed and comments or blanks put in."""
    rng = random.Random(seed)
    tokens = list(rng.choice(_sources()))
    for _ in range(rng.randrange(changes + 1)):
        _change(tokens, rng)
    for _ in range(rng.randrange(fills + 1)):
        tokens.insert(rng.randrange(len(tokens) + 1), rng.choice(_FILLS))
    return "".join(tokens)


def _change(tokens: list[str], rng: random.Random) -> None:
    """Replace, remove or insert a token, repeat some, or exchange two."""
    at = rng.randrange(len(tokens))
    match rng.randrange(5):
        case 0:
            tokens[at] = rng.choice(_pool())
        case 1 if len(tokens) > 1:
            del tokens[at]
        case 2:
            tokens.insert(at, rng.choice(_pool()))
        case 3:
            tokens[at:at] = tokens[at : at + rng.randrange(1, 30)]
        case _:
            other = rng.randrange(len(tokens))
            tokens[at], tokens[other] = tokens[other], tokens[at]


def parsing(first: int) -> Iterator[tuple[int, str]]:
    """Mutations that parse, and their seeds, in order of the seeds."""
    for seed in count(first):
        text = mutated(seed)
        try:
            parse(Source("a.qdm", text))
        except InvalidProgram:
            continue
        yield seed, text


def formatted(text: str) -> str:
    return format_source(Source("a.qdm", text))


def comments(text: str) -> list[str]:
    tokens, _ = lex(Source("a.qdm", text))
    return [re.sub(r"\s+", " ", t.text.strip()) for t in tokens if t.kind in COMMENTS]


def assert_formats_well(text: str) -> None:
    """Formatting twice is formatting once, and changes neither the program nor its comments."""
    once = formatted(text)
    assert formatted(once) == once
    assert without_spans(parse(Source("a.qdm", once))) == without_spans(
        parse(Source("a.qdm", text))
    )
    assert comments(once) == comments(text)
    assert not re.search(r"[ \t]\n|\n\n\n", once)
    assert "\t" not in re.sub(r"//[^\n]*|/\*(?s:.*?)\*/", "", once)


def main() -> None:
    programs, wrong, last = parsing(1), 0, 0
    for _ in range(int(sys.argv[1])):
        last, text = next(programs)
        try:
            assert_formats_well(text)
        except Exception as error:
            wrong += 1
            print(f"seed {last}: {type(error).__name__} {error}"[:200], flush=True)
    print(f"{sys.argv[1]} programs, seeds 1 to {last}: {wrong} wrong")


if __name__ == "__main__":
    main()
