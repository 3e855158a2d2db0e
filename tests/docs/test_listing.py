"""Pages that are made from the code say what the code says today."""

from __future__ import annotations

import json
import re

import pytest

from qdsl.language.parser.tables import tables
from tests.docs.listing import pages
from tests.docs.textmate import GRAMMAR
from tests.sources import EXAMPLES, ROOT


def test_no_made_page_is_stale() -> None:
    stale = [page.name for page, text in pages().items() if page.read_text("utf-8") != text]
    assert stale == [], "run: python -m tests.docs.listing"


def test_the_architecture_fits_a_screen() -> None:
    lines = (ROOT / "docs" / "internals" / "architecture.md").read_text().splitlines()
    assert len(lines) <= 45 and max(map(len, lines)) <= 80


def scopes(line: str) -> list[tuple[str, str]]:
    """The words of a line with their colours, as an editor finds them: the rule that matches
    first, and of those the one that stands first."""
    rules = json.loads(GRAMMAR.read_text("utf-8"))["patterns"]
    found, at = [], 0
    while at < len(line):
        hits = [(m.start(), k, m) for k, r in enumerate(rules)
                if "match" in r and (m := re.compile(r["match"]).search(line, at))]  # fmt: skip
        if not hits:
            break
        _, k, match = min(hits, key=lambda hit: hit[:2])
        names = rules[k].get("captures") or {"0": rules[k]}
        found += [(match[int(g)], n["name"]) for g, n in names.items() if match[int(g)]]
        at = max(match.end(), at + 1)
    return found


@pytest.mark.parametrize("word", sorted(tables().keywords))
def test_every_keyword_has_a_colour(word: str) -> None:
    line = f"{word} @ h q" if word in ("ctrl", "inv", "negctrl", "pow") else f"{word} x"
    text, name = scopes(line)[0]
    assert text == word and name.startswith("keyword")


def test_the_words_of_a_program_have_their_colours() -> None:
    found = dict(scopes('  crz(2*pi/θ1) q[0] // h') + scopes("link a -- b { rate 200 Hz }")
                 + scopes("data x: real[n]") + scopes("circuit forest(a: angle) on q"))  # fmt: skip
    assert found["crz"] == "support.function.gate.qdm"
    assert found["θ1"] == "variable.other.qdm"
    assert found["pi"] == "constant.language.qdm"
    assert found["200"] == "constant.numeric.qdm"
    assert found["Hz"] == "keyword.other.unit.qdm"
    assert found["real"] == "storage.type.qdm"
    assert found["// h"] == "comment.line.double-slash.qdm"
    assert found["forest"] == "entity.name.function.qdm"
    for path in EXAMPLES.glob("*.qdm"):
        for line in path.read_text("utf-8").splitlines():
            assert scopes(line) or not line.strip(" {}/*")
