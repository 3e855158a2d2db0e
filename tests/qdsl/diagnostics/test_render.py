"""Diagnostics as text."""

from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from qdsl.diagnostics.diagnostic import Diagnostic, Severity
from qdsl.diagnostics.printable import clean
from qdsl.diagnostics.render import render, render_all
from qdsl.diagnostics.source import Source, Span
from qdsl.diagnostics.template import Label


class Example(Diagnostic):
    """A problem made up for these tests."""

    code = "QDM999"
    title = "example"
    places: tuple[Label, ...]
    severity: Severity = Severity.ERROR  # type: ignore[misc]
    text: str = "something is wrong"
    message = "{text}"
    why = "It cannot be."
    help = "do it differently: `h q`"

    @property
    def labels(self) -> tuple[Label, ...]:
        return self.places


# made-up codes stay out of the real ones
Diagnostic._by_code.pop("QDM999")


def label(source: Source, part: str, text: str = "") -> Label:
    start = source.text.index(part)
    return Label(Span(source, start, start + len(part)), text)


def excerpt(*labels: Label, width: int = 80) -> list[str]:
    """The rendered lines between the head and the notes."""
    lines = render(Example(labels), width=width).split("\n")
    return [line for line in lines[1:] if not line.lstrip().startswith("= ")]


def test_one_label() -> None:
    source = Source("a.qdm", "model m() {\n  h qq\n}\n")
    assert (
        render(Example((label(source, "qq", "here"),)))
        == """\
error[QDM999]: something is wrong
  --> a.qdm:2:5
   |
 2 |   h qq
   |     ^^ here
   = why: It cannot be.
   = help: do it differently: `h q`"""
    )


def test_several_lines_and_files() -> None:
    one = Source("one.qdm", "a\nbb\nccc\n\nd e\n")
    two = Source("two.qdm", "zz")
    labels = (label(one, "ccc", "main"), label(one, "d", "x"), label(one, "e", "y"),
              label(one, "bb"), label(two, "zz", "other file"))  # fmt: skip
    assert excerpt(*labels) == [
        "  --> one.qdm:3:1",
        "   |",
        " 2 | bb",
        "   | --",
        " 3 | ccc",
        "   | ^^^ main",
        " ...",
        " 5 | d e",
        "   | - x",
        "   |   - y",
        "  ::: two.qdm:1:1",
        "   |",
        " 1 | zz",
        "   | -- other file",
    ]


def test_tabs_and_wide_and_combining_characters() -> None:
    source = Source("a.qdm", "\tx\t漢e\u0301 z\r\n")
    lines = excerpt(label(source, "z", "here"))
    assert lines[2:] == [" 1 |     x   漢e\u0301 z", "   |             ^ here"]


def test_a_span_of_several_lines() -> None:
    source = Source("a.qdm", "at a {\n  h q\n}\n")
    assert excerpt(label(source, "{\n  h q\n}", "block"))[-1] == "   |      ^ block (up to line 3)"


def test_a_span_at_the_very_end() -> None:
    source = Source("a.qdm", "ab\n")
    assert excerpt(Label(Span(source, 3, 3), "end"))[-1] == "   | ^ end"
    assert excerpt(Label(Span(source, 2, 3), "end"))[-1] == "   |   ^ end"


def test_long_lines_are_clipped_around_the_label() -> None:
    source = Source("a.qdm", "a" * 500 + " bad " + "c" * 500)
    lines = excerpt(label(source, "bad", "here"))
    assert all(len(line) <= 80 for line in lines)
    assert "bad" in lines[2]
    assert lines[2].index("bad") == lines[3].index("^^^")
    assert lines[2].count("…") == 2


def test_notes_are_wrapped_but_code_is_not_broken() -> None:
    problem = Example((), text="wrong")
    lines = render(problem, width=34).split("\n")
    assert lines[-2:] == ["   = help: do it differently:", "           `h q`"]


def test_control_characters_are_escaped() -> None:
    nasty = "\x1b[31m\u202e\u200b\x07\x9b"
    source = Source(f"{nasty}.qdm", f"x {nasty} y")
    problem = Example((label(source, "y", nasty),), text=nasty)
    text = render(problem)
    assert all(char.isprintable() or char == "\n" for char in text)
    assert "\\u{1b}[31m\\u{202e}" in text


def test_piled_up_marks_are_cut() -> None:
    source = Source("a.qdm", "x" + "\u0301" * 50 + " z")
    text = render(Example((label(source, "x"),)))
    assert sum(unicodedata.combining(char) != 0 for char in text) == 2


def test_color_is_nothing_but_escape_codes() -> None:
    source = Source("a.qdm", "h q")
    problem = Example((label(source, "q", "here"),))
    painted = render(problem, color=True)
    assert painted.startswith("\x1b[1;31merror[QDM999]\x1b[0m")
    import re

    assert re.sub(r"\x1b\[[0-9;]*m", "", painted) == render(problem)


def test_totals() -> None:
    source = Source("a.qdm", "h q")
    error = Example((label(source, "q"),))
    warning = Example((label(source, "q"),), severity=Severity.WARNING)
    assert render_all([]) == ""
    assert render_all([error]).endswith("\n\n1 error")
    assert render_all([error, error, warning]).endswith("\n\n2 errors, 1 warning")
    assert render_all([warning]).startswith("warning[QDM999]")


@given(st.text(), st.integers(0, 40), st.integers(0, 40), st.text(max_size=20))
def test_any_text_and_span_can_be_shown(text: str, start: int, length: int, note: str) -> None:
    source = Source("a.qdm", text)
    start = min(start, len(text))
    span = Span(source, start, min(start + length, len(text)))
    shown = render(Example((Label(span, note),)))
    assert all(char.isprintable() or char == "\n" for char in shown)


@given(st.text())
def test_clean_text_is_printable(text: str) -> None:
    assert clean(text).isprintable()
