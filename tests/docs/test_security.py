"""Every promise names its tests, and they are there."""

from __future__ import annotations

import re

from tests.sources import ROOT

PAGES = (ROOT / "SECURITY.md", ROOT / "docs" / "reference" / "security.md")
ROW = re.compile(r"^\| (.+) \| (.+) \|$", re.MULTILINE)
HEADS = {"promise", "---", "who | what is promised", "--- | ---"}


def test_every_promise_has_a_test() -> None:
    for page in PAGES:
        found = ROW.findall(page.read_text(encoding="utf-8"))
        rows = [(promise, shown) for promise, shown in found if promise not in HEADS]
        assert len(rows) >= 5
        for promise, shown in rows:
            named = re.findall(r"`(tests/[\w/]+\.py)`", shown)
            assert named or "`make " in shown, promise
            assert [name for name in named if not (ROOT / name).is_file()] == [], promise


def test_the_command_that_shows_it_exists() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for page in PAGES:
        for target in re.findall(r"`make (\w+)`", page.read_text(encoding="utf-8")):
            assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
