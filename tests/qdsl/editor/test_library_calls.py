"""A circuit of the standard library that takes a list of values, in the editor."""

from __future__ import annotations

import json
from typing import Any

from qdsl.editor.calls import signature_help
from qdsl.editor.costs import LineCosts, compiled_lines
from qdsl.editor.edits import formatting, inlay_hints
from qdsl.editor.hover import hover
from qdsl.editor.problems import diagnostics
from tests.qdsl.editor.programs import offset, opened, written
from tests.sources import ROOT

TEXT = (ROOT / "examples" / "secret_sum.qdm").read_text(encoding="utf-8")
CALL = "secure_sum([a, b, c, d]) q"


def shown(text: str) -> list[dict[str, Any]]:
    return diagnostics(opened(text).analyse(), "file:///a.qdm")


def test_the_call_is_explained() -> None:
    found = hover(opened(TEXT), offset(TEXT, CALL))
    assert found is not None
    said = found["contents"]["value"]
    assert "circuit secure_sum(values: angle[n]) on q[n]" in said
    assert "Adds a value of every node to the phase of a GHZ state" in said


def test_an_item_of_the_list_has_its_owner() -> None:
    found = hover(opened(TEXT), offset(TEXT, "b, c, d]"))
    assert found is not None and "owned by `bob`" in found["contents"]["value"]


def test_the_signature_stays_in_the_list() -> None:
    before = TEXT[: TEXT.index(f"  {CALL}")]
    for typed in ("secure_sum(", "secure_sum([a, ", "secure_sum([a, b, "):
        found = signature_help(*written(f"  {typed}", before))
        assert found is not None
        assert found["signatures"][0]["label"] == "secure_sum(values: angle[n]) q[n]"
        assert found["activeParameter"] == 0


def test_its_ebits_stand_at_the_call() -> None:
    document = opened(TEXT)
    given = {"path": document.path, "text": TEXT, "folders": []}
    (found,) = map(json.loads, compiled_lines(given))
    line = TEXT[: TEXT.index(CALL)].count("\n")
    assert found["lines"] == {str(line + 1): 3}
    document.costs = LineCosts(TEXT, {"secret_sum": {line + 1: 3}})
    (hint,) = inlay_hints(document, 0, 99)
    assert (hint["position"]["line"], hint["label"]) == (line, "3 ebits")


def test_it_is_in_standard_style_and_without_problems() -> None:
    assert formatting(opened(TEXT)) == []
    assert shown(TEXT) == []


def test_values_without_brackets_are_marked() -> None:
    (found,) = shown(TEXT.replace(CALL, "secure_sum(a, b, c, d) q"))
    assert found["code"] == "QDM204"
    assert f"`{CALL}`" in found["message"]
