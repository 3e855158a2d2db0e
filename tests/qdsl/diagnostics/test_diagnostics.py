"""Every diagnostic has a golden case and a page that explains it.

A case is `tests/goldens/diagnostics/CODE.qdm` or `CODE_name.qdm`, beside it the expected text in
`.txt`. `pytest --update-goldens` writes the expected texts anew: review them as code.
"""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import re
from pathlib import Path

import pytest

from qdsl.diagnostics.diagnostic import Diagnostic, InvalidProgram, known_codes
from qdsl.diagnostics.explain import all_codes
from qdsl.diagnostics.render import render_all
from qdsl.diagnostics.source import Source
from qdsl.language.parser.parse import Limits, parse, read_source
from tests.sources import ROOT

GOLDENS = ROOT / "tests" / "goldens" / "diagnostics"
CASES = sorted(GOLDENS.glob("*.qdm"))
MAX_LINES = 60


def problems_of(text: str, path: str) -> tuple[Diagnostic, ...]:
    """Everything found wrong with a program, warnings included."""
    if importlib.util.find_spec("qdsl.language.check") is not None:
        _, problems = importlib.import_module("qdsl.language.check").check_text(text, path)
        return tuple(problems)
    try:
        parse(Source(path, text))
    except InvalidProgram as error:
        return error.diagnostics
    return ()


def rendered(case: Path) -> str:
    try:
        text = read_source(case, Limits()).text
    except InvalidProgram as error:
        return render_all(error.diagnostics).replace(str(case), case.name) + "\n"
    return render_all(problems_of(text, case.name)) + "\n"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_golden(case: Path, request: pytest.FixtureRequest) -> None:
    expected = case.with_suffix(".txt")
    text = rendered(case)
    if request.config.getoption("--update-goldens"):
        expected.write_text(text, encoding="utf-8")
    assert f"[{case.stem.partition('_')[0]}]" in text
    assert text == expected.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= MAX_LINES


def test_every_golden_has_its_case() -> None:
    texts = {path.stem for path in GOLDENS.glob("*.txt")}
    assert texts == {case.stem for case in CASES}


def test_every_code_has_a_case() -> None:
    """Those that need files, a compile or a run stand in `test_later_diagnostics.py`."""
    cases = {case.stem.partition("_")[0] for case in CASES}
    later = {path.stem for path in (GOLDENS.parent / "later").glob("*.txt")}
    assert set(all_codes()) == cases | later


def test_every_code_is_explained() -> None:
    for problem in all_codes().values():
        page = problem.__doc__ or ""
        assert len(page.split()) >= 15, problem
        assert not page.startswith(f"{problem.__name__}("), problem
        assert problem.title


SYNTAX = [code for code in known_codes() if code < "QDM100"]


def examples(code: str) -> list[str]:
    page = inspect.getdoc(known_codes()[code]) or ""
    return re.findall(r"```qdm\n(.*?)```", page, re.DOTALL)


def parse_codes(text: str) -> list[str]:
    try:
        parse(Source("example.qdm", text))
    except InvalidProgram as error:
        return [problem.code for problem in error.diagnostics]
    return []


@pytest.mark.parametrize("code", [code for code in SYNTAX if examples(code)])
def test_the_example_of_a_syntax_page_shows_its_problem(code: str) -> None:
    wrong, right = examples(code)
    assert parse_codes(wrong) == [code]
    assert parse_codes(right) == []


def test_syntax_pages_have_examples() -> None:
    without = {code for code in SYNTAX if not examples(code)}
    assert without == {"QDM011", "QDM012", "QDM013", "QDM025"}
