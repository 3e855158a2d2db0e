"""Pages that are made from the code say what the code says today."""

from __future__ import annotations

from tests.docs.listing import pages
from tests.sources import ROOT


def test_no_made_page_is_stale() -> None:
    stale = [page.name for page, text in pages().items() if page.read_text() != text]
    assert stale == [], "run: python -m tests.docs.listing"


def test_the_architecture_fits_a_screen() -> None:
    lines = (ROOT / "docs" / "internals" / "architecture.md").read_text().splitlines()
    assert len(lines) <= 45 and max(map(len, lines)) <= 80
