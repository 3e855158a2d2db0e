"""The notebook runs from top to bottom, and its outputs are what its cells show."""

from __future__ import annotations

import re

import pytest

from tests.docs.notebook import code, notebook, shown, values
from tests.sources import EXAMPLES

NOTEBOOK = notebook()
CODE = code(NOTEBOOK["cells"])
NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e-?\d+)?")


def test_it_is_a_notebook_with_all_of_its_outputs() -> None:
    assert (NOTEBOOK["nbformat"], NOTEBOOK["nbformat_minor"]) == (4, 5)
    assert len({c["id"] for c in NOTEBOOK["cells"]}) == len(NOTEBOOK["cells"])
    assert [c["execution_count"] for c in CODE] == list(range(1, len(CODE) + 1))
    assert all(len(c["outputs"]) == 1 for c in CODE)
    for cell in CODE:
        assert len("".join(cell["outputs"][0]["data"]["text/plain"])) < 200


@pytest.mark.slow
def test_every_cell_shows_what_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Text to the character, but for the last digits of numbers."""
    monkeypatch.chdir(EXAMPLES)
    for cell, value in zip(CODE, values(NOTEBOOK["cells"]), strict=True):
        kept, found = cell["outputs"][0]["data"], shown(value)
        assert kept.keys() == found.keys()
        for form in kept:
            if form == "text/html" and "base64" in "".join(kept[form]):
                continue  # the curve of the loss
            old, new = "".join(kept[form]), "".join(found[form])
            assert NUMBER.sub("0", old) == NUMBER.sub("0", new)
            pairs = zip(NUMBER.findall(old), NUMBER.findall(new), strict=True)
            assert all(float(a) == pytest.approx(float(b), rel=1e-3, abs=2e-3) for a, b in pairs)
