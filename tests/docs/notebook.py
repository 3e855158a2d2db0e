"""Runs `examples/tour.ipynb` from top to bottom, and writes what its cells show into it.

python -m tests.docs.notebook
"""

from __future__ import annotations

import ast
import json
import os
from collections.abc import Iterator
from typing import Any

from tests.sources import EXAMPLES

PATH = EXAMPLES / "tour.ipynb"
FORMS = {"_repr_html_": "text/html", "_repr_svg_": "image/svg+xml"}


def notebook() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(PATH.read_text(encoding="utf-8"))
    return found


def code(cells: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [cell for cell in cells if cell["cell_type"] == "code"]


def values(cells: list[dict[str, Any]]) -> Iterator[Any]:
    """The values of the last expressions of all code cells, run one after another."""
    names: dict[str, Any] = {}
    for cell in code(cells):
        *before, last = ast.parse("".join(cell["source"])).body
        exec(compile(ast.Module(before, []), "cell", "exec"), names)
        if isinstance(last, ast.Expr):
            yield eval(compile(ast.Expression(last.value), "cell", "eval"), names)
        else:
            exec(compile(ast.Module([last], []), "cell", "exec"), names)
            yield None


def shown(value: Any) -> dict[str, list[str]]:
    """The forms in which a notebook keeps a value."""
    found = {"text/plain": repr(value)}
    for method, form in FORMS.items():
        if (draw := getattr(value, method, None)) is not None:
            found[form] = draw()
    return {form: text.splitlines(keepends=True) for form, text in sorted(found.items())}


def executed(found: dict[str, Any]) -> dict[str, Any]:
    """The notebook with its outputs."""
    for count, (cell, value) in enumerate(
        zip(code(found["cells"]), values(found["cells"]), strict=True), 1
    ):
        output = {"data": shown(value), "execution_count": count, "metadata": {}}
        cell["execution_count"] = count
        cell["outputs"] = [] if value is None else [output | {"output_type": "execute_result"}]
    return found


def main() -> None:
    os.chdir(EXAMPLES)
    text = json.dumps(executed(notebook()), indent=1, ensure_ascii=False, sort_keys=True)
    PATH.write_text(text + "\n", encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
