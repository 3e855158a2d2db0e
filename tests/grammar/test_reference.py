"""The language reference and the editor grammar say what the grammar says."""

from __future__ import annotations

import json
import re
from importlib.resources import files

import pytest

from qdsl.diagnostics.source import Source
from qdsl.grammar.compile import build_tables, to_json
from qdsl.language.check import check_text
from qdsl.language.parser.forms import FORMS
from qdsl.language.parser.machine import Machine
from qdsl.language.parser.parse import parse
from qdsl.language.parser.tables import RESERVED, Production, tables
from qdsl.language.syntax.units import UNITS

GRAMMAR = files("qdsl.grammar")
REFERENCE = GRAMMAR.joinpath("reference.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^### (.*)\n((?:(?!^##).*\n?)*)", REFERENCE, re.MULTILINE))
WRAPS = {
    "qdm": "{}",
    "qdm statement": "model m(n = 4) on lan {{\n{}}}",
    "qdm value": "model m() {{ let v = {}}}",
}

# Rules that only hand on what another rule made: the machine has no step for them.
HANDED_ON = {rule.name for rule in tables().rules} - {
    rule.name for rule in tables().rules if not rule.is_transparent
}


def examples(section: str) -> list[str]:
    """The examples of a section, each made a whole file."""
    found = re.findall(r"```(qdm[a-z ]*)\n(.*?)```", section, re.DOTALL)
    return [WRAPS[kind].format(text) for kind, text in found]


def rules_in(heading: str) -> set[str]:
    return set(re.findall(r"`(\w+)`", heading))


def rules_used(texts: list[str], monkeypatch: pytest.MonkeyPatch) -> set[str]:
    used: set[str] = set()
    reduce = Machine._reduce

    def record(machine: Machine, rule: Production) -> None:
        used.update((rule.name, rule.action or rule.name))
        reduce(machine, rule)

    monkeypatch.setattr(Machine, "_reduce", record)
    for text in texts:
        parse(Source("example.qdm", text))
    return used


@pytest.mark.parametrize("heading", SECTIONS)
def test_a_section_shows_its_rules(heading: str, monkeypatch: pytest.MonkeyPatch) -> None:
    used = rules_used(examples(SECTIONS[heading]), monkeypatch)
    assert rules_in(heading) - HANDED_ON <= used


# What an excerpt lacks: files, the networks and models it names, a `return`.
ELSEWHERE = {"QDM112", "QDM401", "QDM501", "QDM701"}
# Behind `let v =` and inside `model m` stand parts of programs, without what they name.
PARTS = ELSEWHERE | {"QDM101", "QDM103", "QDM104", "QDM211"}


@pytest.mark.parametrize("heading", SECTIONS)
def test_examples_are_right(heading: str) -> None:
    for kind, text in re.findall(r"```(qdm[a-z ]*)\n(.*?)```", SECTIONS[heading], re.DOTALL):
        _, problems = check_text(WRAPS[kind].format(text))
        excused = ELSEWHERE if kind == "qdm" else PARTS
        assert [p for p in problems if p.code not in excused] == []


def test_every_rule_has_a_section() -> None:
    described = set().union(*(rules_in(heading) for heading in SECTIONS))
    rules = {rule.action for rule in tables().rules if rule.action is not None}
    assert described >= rules
    assert described <= rules | {rule.name for rule in tables().rules}


def test_every_section_has_prose_or_an_example() -> None:
    assert [h for h, text in SECTIONS.items() if not examples(text)] == []
    assert len(SECTIONS) > 30


def test_tables_are_those_of_the_grammar() -> None:
    """If this fails, run `python -m qdsl.grammar.compile`."""
    grammar = GRAMMAR.joinpath("qdm.lark").read_text(encoding="utf-8")
    fresh = to_json(build_tables(grammar))
    assert GRAMMAR.joinpath("tables.json").read_text(encoding="utf-8") == fresh


def test_keywords_are_listed() -> None:
    after = REFERENCE.split("The keywords are\n", 1)[1]
    listed, reserved = re.findall(
        r"^    (?:.*\n    )*.*|(?<=Of these `)[^`]*", after, re.MULTILINE
    )[:2]
    assert set(listed.split()) == tables().keywords
    assert set(reserved.split()) == RESERVED


def test_units_are_listed() -> None:
    section = SECTIONS["`integer`, `real`, `quantity`, `string`"]
    words = set(re.split(r"[\s,().]+", section))
    assert [unit for unit in UNITS if unit not in words and unit != "μs"] == []


def test_editor_grammar_knows_the_keywords() -> None:
    text = GRAMMAR.joinpath("editors", "qdm.tmLanguage.json").read_text(encoding="utf-8")
    patterns = json.loads(text)["repository"]
    words: set[str] = set()
    for name in ("declarations", "control", "modifiers", "operators"):
        for pattern in patterns[name]["patterns"]:
            words |= set(re.findall(r"[a-z]{2,}", pattern["match"]))
    assert words == tables().keywords


def test_editor_grammar_knows_the_units() -> None:
    text = GRAMMAR.joinpath("editors", "qdm.tmLanguage.json").read_text(encoding="utf-8")
    (quantity,) = json.loads(text)["repository"]["quantities"]["patterns"]
    listed = re.findall(r"\(\(\?:([^()]*)\)\(\?!", quantity["match"])
    assert set(listed[0].split("|")) == set(UNITS)


@pytest.mark.parametrize("keyword", FORMS)
def test_forms_shown_as_help_parse(keyword: str) -> None:
    form = FORMS[keyword]
    wraps = ("{}", "model m() {{ {} }}", "network n {{ {} }}", "experiment e of m {{ {} }}")
    texts = [wrap.format(form) for wrap in (*wraps, "model m() {{ let v = {} }}")]
    assert any(parses(text) for text in texts)


def parses(text: str) -> bool:
    from qdsl.diagnostics.diagnostic import InvalidProgram

    try:
        parse(Source("form.qdm", text))
    except InvalidProgram:
        return False
    return True
