"""Diagnostics are those of `qdsl check`, and every fix mends what it is offered for."""

from __future__ import annotations

from pathlib import Path

import pytest

from qdsl.editor.analysis import analyse, with_files
from qdsl.editor.fixes import fixes
from qdsl.editor.positions import Lines
from qdsl.editor.problems import anchor, code_actions, diagnostics
from qdsl.language.check import check_text
from tests.qdsl.diagnostics.test_beginners import CASES, errors, marked
from tests.qdsl.editor.programs import PROGRAM, offset, opened
from tests.sources import ROOT

GOLDENS = sorted((ROOT / "tests" / "goldens" / "diagnostics").glob("*.qdm"))


def test_a_fix_takes_its_problem_away() -> None:
    """Of every program with a problem that the tests have."""
    fixed = set()
    for path in GOLDENS:
        text = path.read_text("utf-8", errors="replace")
        before = analyse(str(path), text).problems
        for problem in before:
            for fix in fixes(problem):
                after = analyse(str(path), text[: fix.start] + fix.text + text[fix.end :]).problems
                same = [p for p in after if (p.code, p.message) == (problem.code, problem.message)]
                count = sum((p.code, p.message) == (problem.code, problem.message) for p in before)
                assert len(same) < count, (path.name, fix)
                fixed.add(problem.code)
    usual = {"QDM002", "QDM008", "QDM015", "QDM016", "QDM017", "QDM101", "QDM103", "QDM502"}
    assert usual <= fixed


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[0]}: {case[2]}")
def test_a_fix_of_a_beginners_mistake(case: tuple[str, ...]) -> None:
    """It takes its problem away; where it writes the whole statement, none is left."""
    text, _ = marked(case[1], case[2])
    first, *_ = errors(text)
    for fix in fixes(first):
        found = errors(text[: fix.start] + fix.text + text[fix.end :])
        assert (first.code, first.message) not in [(p.code, p.message) for p in found], fix
        assert first.code not in ("QDM030", "QDM031") or not found, fix


def test_a_circuit_of_the_library_is_used() -> None:
    text = "model m(n = 2) { qubits q[n]; qft q; return sample(q) }\n"
    document = opened(text)
    at = offset(text, "qft")
    (action,) = code_actions(document, "file:///m.qdm", at, at)
    assert action["title"] == "Insert `use std.algorithms` at the top"
    (edit,) = action["edit"]["changes"]["file:///m.qdm"]
    assert check_text(edit["newText"] + text)[0] is not None


def test_diagnostics_are_those_of_the_check() -> None:
    text = PROGRAM.replace("layer(w)", "laier(w)").replace("at bob", "at bobb")
    document = opened(text)
    found = diagnostics(document.analyse(), "file:///fit.qdm")
    assert [d["code"] for d in found] == [p.code for p in check_text(text, "fit.qdm")[1]]
    node, operation, unused = sorted(found, key=lambda d: d["code"] != "QDM303")[:3]
    lines = Lines(text)
    assert node["range"] == lines.range(offset(text, "bobb"), offset(text, "bobb") + 4)
    assert node["severity"] == 1 and node["source"] == "qdsl"
    assert "did you mean 'bob'?" in node["message"]
    related = node["relatedInformation"][0]["location"]
    assert related["uri"] == "file:///fit.qdm" and related["range"]["start"]["line"] == 12
    assert {operation["severity"], unused["severity"]} == {1, 2}


def test_codes_are_linked_where_the_address_of_the_pages_is_known() -> None:
    document = opened(PROGRAM.replace("layer(w)", "laier(w)"))
    problem = document.analyse().problems[0]
    found = diagnostics(document.analyse(), "file:///a", docs="https://docs.example/qdsl/")[0]
    assert found["codeDescription"]["href"] == (
        f"https://docs.example/qdsl/generated/errors.html#{anchor(problem)}"
    )
    assert anchor(problem).startswith(problem.code.lower())


def test_data_files_are_looked_at_beside(tmp_path: Path) -> None:
    path = tmp_path / "fit.qdm"
    path.write_text(PROGRAM.replace("  set n", '  data x from "none.csv:a"\n  set n'))
    found = analyse(str(path), path.read_text())
    assert found.problems == ()
    assert [p.code for p in with_files(found).problems] == ["QDM760"]


def test_a_text_with_a_nul_has_its_problem_at_its_beginning() -> None:
    (found,) = diagnostics(analyse("fit.qdm", "model\0"), "file:///fit.qdm")
    assert found["range"] == {"start": {"line": 0, "character": 0},
                              "end": {"line": 0, "character": 0}}  # fmt: skip
