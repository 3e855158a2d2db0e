"""Parts of a page that a command writes, each between two comments."""

from __future__ import annotations

from pathlib import Path

from tests.sources import ROOT

RELIABILITY = ROOT / "docs" / "results" / "reliability.md"


def write_part(name: str, text: str, page: Path = RELIABILITY) -> None:
    """Replace the part of this name; ValueError if the page has none."""
    begin, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->\n"
    before, rest = page.read_text(encoding="utf-8").split(begin)
    page.write_text(before + begin + text + end + rest.split(end)[1], encoding="utf-8")
