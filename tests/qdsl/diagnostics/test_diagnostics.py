"""Every diagnostic has a golden case and a page that explains it.

The first `qdm` block of a page is the case of its code, so a new diagnostic is one class: then
`pytest --update-goldens` writes `tests/goldens/diagnostics/CODE.txt`, to be reviewed as code. More
cases are files beside it, `CODE_name.qdm`, and `CODE.qdm` where the page shows something shorter.
What needs files, a compile or a run stands in `test_later_diagnostics.py`.
"""

from __future__ import annotations

import inspect
import pickle
import re
from collections.abc import Iterator
from typing import Any

import pytest

from qdsl.diagnostics.diagnostic import Diagnostic, InvalidProgram, known_codes
from qdsl.diagnostics.explain import all_codes
from qdsl.diagnostics.render import render, render_all
from qdsl.diagnostics.source import Source, Span
from qdsl.diagnostics.template import LabelTemplates, Template, attributes, first_of, places, when
from qdsl.language.check import check_text
from qdsl.language.parser.parse import Limits, parse, read_source
from tests.sources import ROOT

GOLDENS = ROOT / "tests" / "goldens" / "diagnostics"
LATER = {path.stem for path in (GOLDENS.parent / "later").glob("*.txt")}
MAX_LINES = 60


def examples(code: str) -> list[str]:
    page = inspect.getdoc(all_codes()[code]) or ""
    return re.findall(r"```qdm\n(.*?)```", page, re.DOTALL)


PAGES = {code: examples(code)[0] for code in all_codes() if code not in LATER and examples(code)}
FILES = {path.stem: path for path in GOLDENS.glob("*.qdm")}
CASES = sorted(FILES.keys() | PAGES.keys())


def program(case: str) -> str:
    return read_source(FILES[case], Limits()).text if case in FILES else PAGES[case]


def rendered(case: str) -> str:
    try:
        text = program(case)
    except InvalidProgram as error:
        return render_all(error.diagnostics).replace(str(FILES[case]), f"{case}.qdm") + "\n"
    return render_all(check_text(text, f"{case}.qdm")[1]) + "\n"


@pytest.mark.parametrize("case", CASES)
def test_golden(case: str, request: pytest.FixtureRequest) -> None:
    expected = GOLDENS / f"{case}.txt"
    text = rendered(case)
    if request.config.getoption("--update-goldens"):
        expected.write_text(text, encoding="utf-8")
    assert f"[{case.partition('_')[0]}]" in text
    assert text == expected.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= MAX_LINES


def test_every_golden_has_its_case() -> None:
    assert {path.stem for path in GOLDENS.glob("*.txt")} == set(CASES)


def test_every_code_has_a_case() -> None:
    assert set(all_codes()) == {case.partition("_")[0] for case in CASES} | LATER


def test_every_code_is_explained() -> None:
    for problem in all_codes().values():
        assert len((problem.__doc__ or "").split()) >= 15, problem
        assert problem.title


@pytest.mark.parametrize("code", PAGES)
def test_the_example_of_a_page_shows_its_problem(code: str) -> None:
    found = check_text(PAGES[code])[1]
    assert [p.code for p in found] in ([code], [code, "QDM107"])
    page = found[0]
    assert page.why.endswith((".", "?")) and page.message and page.labels


SYNTAX = [code for code in known_codes() if code < "QDM100"]


@pytest.mark.parametrize("code", [code for code in SYNTAX if examples(code)])
def test_the_second_example_of_a_syntax_page_is_right(code: str) -> None:
    _, right = examples(code)
    parse(Source("example.qdm", right))


def test_syntax_pages_have_examples() -> None:
    without = {code for code in SYNTAX if not examples(code)}
    assert without == {"QDM011", "QDM012", "QDM013", "QDM025", "QDM028", "QDM029"}


# ---- templates ---------------------------------------------------------------------------

SPAN = Span(Source("{path}.qdm", "let {name} = 1"), 4, 10)
VALUES: dict[str, Any] = {
    "str": "{0} {name!r}",
    "int": 3,
    "float": 1.5,
    "bool": True,
    "Span": SPAN,
    "tuple[str, ...]": ("{a}", "b", "c", "d", "e", "f", "g"),
    "tuple[str, str]": ("{a}", "b"),
    "tuple[Span, Span]": (SPAN, SPAN),
    "Loops": (("i", 3), ("j", 0)),
}


def instances(kind: type[Diagnostic]) -> Iterator[Diagnostic]:
    """One with every field given, and one in which those that may be missing are."""
    types = {name: str(p.annotation) for name, p in inspect.signature(kind).parameters.items()}
    full = {name: VALUES[text.removesuffix(" | None")] for name, text in types.items()}
    yield kind(**full)
    missing = {name: None if types[name].endswith("None") else full[name] for name in full}
    yield kind(**{n: False if types[n] == "bool" else v for n, v in missing.items()})


@pytest.mark.parametrize("code", sorted(all_codes()))
def test_every_class_renders_whatever_its_fields_say(code: str) -> None:
    for problem in instances(all_codes()[code]):
        assert problem.message and problem.why, problem
        assert "None" not in problem.message + problem.why + (problem.help or ""), problem
        assert render(problem).startswith(f"{problem.severity}[{code}]: {problem.message[:9]}")
        assert repr(pickle.loads(pickle.dumps(problem))) == repr(problem)


@pytest.mark.parametrize("code", sorted(all_codes()))
def test_every_template_names_what_is_there(code: str) -> None:
    kind = all_codes()[code]
    there = set(inspect.signature(kind).parameters) | set(dir(kind))
    for name in ("message", "why", "help", "labels"):
        found = inspect.getattr_static(kind, name)
        templates = [found] if isinstance(found, Template) else []
        if isinstance(found, LabelTemplates):
            templates = list(found.texts.values())
            assert set(found.texts) <= there
        for needed, text in (choice for template in templates for choice in template.choices):
            assert needed | attributes(text) <= there, (kind, text)


class Made(Diagnostic):
    """A problem made up for these tests."""

    code = "QDM998"
    title = "made up"
    span: Span
    name: str
    known: tuple[str, ...] = ()
    meant: str | None = None
    is_again: bool = False
    other: Span | None = None
    message = when("is_again", "'{name}' again", "no '{name}' but {{{known}}}, {name!q:4}")
    labels = places(span="{name}", other=first_of("{meant}", "?"))
    why = "Because."
    help = first_of("did you mean '{meant}'?", "one of {known}")


Diagnostic._by_code.pop("QDM998")  # made-up codes stay out of the real ones


def test_texts_are_those_whose_fields_are_given() -> None:
    problem = Made(SPAN, "{x\n}z", ("a", "b"))
    assert problem.message == "no '{x\n}z' but {a, b}, `{x\\n…`"
    assert problem.help == "one of a, b"
    assert Made(SPAN, "x").help is None
    assert Made(SPAN, "x", meant="{y}").help == "did you mean '{y}'?"
    assert Made(SPAN, "x", is_again=True).message == "'x' again"


def test_labels_are_those_whose_places_are_given() -> None:
    assert [label.text for label in Made(SPAN, "{x}").labels] == ["{x}"]
    assert [label.text for label in Made(SPAN, "x", other=SPAN).labels] == ["x", "?"]


def test_a_diagnostic_is_a_frozen_value() -> None:
    problem = Made(SPAN, "x", meant="y")
    assert problem == Made(span=SPAN, name="x", meant="y") != Made(SPAN, "x")
    assert len({problem, Made(SPAN, "x", meant="y")}) == 1
    assert repr(problem).startswith("Made(span=Span({path}.qdm:1:5), name='x', known=()")
    with pytest.raises(AttributeError, match="immutable"):
        problem.name = "y"  # type: ignore[misc]
    for values, named in ((SPAN,), {}), ((SPAN, "x"), {"nome": "y"}), ((SPAN, "x"), {"name": "y"}):
        with pytest.raises(TypeError):
            Made(*values, **named)  # type: ignore[arg-type]


def test_a_code_is_given_once_and_says_what_and_why() -> None:
    with pytest.raises(TypeError, match="QDM101 names both UnknownName and Copy"):
        type("Copy", (Made,), {"code": "QDM101"})
    with pytest.raises(TypeError, match="does not say"):
        type("Mute", (Diagnostic,), {"code": "QDM997", "message": "what"})
    Diagnostic._by_code.pop("QDM997")


def test_an_exception_has_a_plain_line_for_each_problem() -> None:
    error = InvalidProgram((Made(SPAN, "\x1b[31m", is_again=True), Made(SPAN, "b", is_again=True)))
    assert str(error) == (
        "{path}.qdm:1:5: QDM998: '\\u{1b}[31m' again\n{path}.qdm:1:5: QDM998: 'b' again"
    )
