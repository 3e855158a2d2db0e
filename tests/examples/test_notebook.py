"""The notebook runs from top to bottom, and what it ends its cells with can be shown."""

from __future__ import annotations

import ast
import json
from typing import Any

import pytest

from tests.sources import EXAMPLES

NOTEBOOK = json.loads((EXAMPLES / "tour.ipynb").read_text(encoding="utf-8"))
CODE = ["".join(c["source"]) for c in NOTEBOOK["cells"] if c["cell_type"] == "code"]


def shown(code: str, names: dict[str, Any]) -> Any:
    """What a notebook shows below a cell: the value of its last expression."""
    *before, last = ast.parse(code).body
    exec(compile(ast.Module(before, []), "cell", "exec"), names)
    if isinstance(last, ast.Expr):
        return eval(compile(ast.Expression(last.value), "cell", "eval"), names)
    exec(compile(ast.Module([last], []), "cell", "exec"), names)
    return None


def test_it_is_a_notebook_without_outputs() -> None:
    assert (NOTEBOOK["nbformat"], NOTEBOOK["nbformat_minor"]) == (4, 5)
    assert len({c["id"] for c in NOTEBOOK["cells"]}) == len(NOTEBOOK["cells"])
    assert all(
        c["outputs"] == [] and c["execution_count"] is None
        for c in NOTEBOOK["cells"]
        if c["cell_type"] == "code"
    )


@pytest.mark.slow
def test_every_cell_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(EXAMPLES)
    names: dict[str, Any] = {}
    values = [shown(code, names) for code in CODE]
    assert values[0] == (("two_party",), ("fit",))
    assert values[1]._repr_svg_().startswith("<svg") and "8 ebits" in values[1]._repr_html_()
    assert "two_party on lan" in values[2]._repr_html_()
    assert values[3] == (8, 4, True)
    assert values[4]._repr_svg_().count("<circle") == 2
    assert values[5] == ("expect(Z q[0])", 150)
    assert values[6] == {1: 4, 2: 8, 4: 16}
    assert values[7] == ("<!doctype html>", True)
