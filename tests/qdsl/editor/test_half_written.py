"""Whatever is half written: every answer comes, nothing is raised, and what was known stays."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from qdsl.editor import edits, navigation, problems
from qdsl.editor.calls import signature_help
from qdsl.editor.completion import completion
from qdsl.editor.document import Document
from qdsl.editor.hover import hover
from tests.qdsl.editor.programs import PROGRAM, offset, opened


def answer_all(document: Document, at: int) -> None:
    hover(document, at)
    completion(document, at)
    signature_help(document, at)
    navigation.definition(document, at)
    navigation.references(document, at)
    navigation.document_symbols(document)
    edits.formatting(document)
    edits.inlay_hints(document, 0, 99)
    problems.code_actions(document, "file:///fit.qdm", 0, len(document.text))


def prefixes() -> Iterator[str]:
    yield from (PROGRAM[:k] for k in range(0, len(PROGRAM), 9))


def damaged() -> Iterator[str]:
    rng = random.Random(3)
    for _ in range(60):
        a, b = sorted(rng.randrange(len(PROGRAM)) for _ in range(2))
        put = rng.choice(["", "{", "}", "(", '"', "/*", "🙂", "\n\n", "for", "= =", "\0"])
        yield PROGRAM[:a] + put + PROGRAM[min(b, a + 30) :]


@pytest.mark.parametrize("texts", [prefixes, damaged])
def test_nothing_is_raised(texts: object) -> None:
    assert callable(texts)
    typed = opened()
    for k, text in enumerate(texts()):
        typed.change(text, k + 2)
        answer_all(typed, len(text))  # with what was known before
        fresh = Document("fit.qdm", text, 1)
        found = problems.diagnostics(fresh.analyse(), "file:///fit.qdm")
        assert all(d["range"]["end"]["line"] <= text.count("\n") for d in found)
        for at in (len(text), len(text) // 2):
            answer_all(fresh, at)


def test_what_was_known_is_moved_to_where_it_is_now() -> None:
    document = opened()
    text = PROGRAM.replace("  cx q[0]", "  cx q[\n\n  cx q[0]")
    document.change(text, 2)
    found = navigation.definition(document, offset(text, "w) q"))
    assert found is not None and found["range"]["start"]["line"] == 14
    assert document.analyse().parses is False
    assert len(navigation.references(document, offset(text, "alice {"))) == 4


def test_a_text_that_never_parsed_has_names_all_the_same() -> None:
    text = PROGRAM.replace("  cx q[0], q[n - 1]", "  cx q[0], q[n - ")
    document = Document("fit.qdm", text, 1)
    assert not document.analyse().parses
    assert len(navigation.references(document, offset(text, "alice {"))) == 4
    assert "fit" in [s["name"] for s in navigation.document_symbols(document)]


def test_words_are_read_anew_where_the_text_changed() -> None:
    """The words that are kept from one request to the next are those of the text."""
    rng = random.Random(8)
    document = opened()
    text = PROGRAM
    for version in range(200):
        if version % 20 == 0:
            text = PROGRAM
        a = rng.randrange(len(text))
        text = text[:a] + rng.choice(["", "x ", "{", "/*", "*/", "\n", '"']) + text[a + 2 :]
        document.change(text, version + 2)
        at = rng.randrange(len(text))
        fresh = Document("fit.qdm", text, 1)
        here, there = document.place(at), fresh.place(at)
        assert (here.start, here.is_text, here.accepted) == (there.start, there.is_text,
                                                             there.accepted)  # fmt: skip
        assert [t.start for t in here.statement] == [t.start for t in there.statement]
        if rng.random() < 0.5:
            assert document.tokens() == fresh.tokens()
