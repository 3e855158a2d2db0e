"""The browser of the system, and pages opened in it; whatever goes wrong in them fails the test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.qdsl.report.opened import Opened
from tests.qdsl.report.pages import chromium


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    if chromium() is None:
        pytest.skip("there is no Chromium here")
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with playwright.sync_playwright() as p:
        made = p.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        yield made
        made.close()


@pytest.fixture
def opened(browser: Any, tmp_path: Path) -> Iterator[Any]:
    made: list[Opened] = []

    def open_page(text: str, **context: Any) -> Opened:
        made.append(Opened(browser, tmp_path / f"{len(made)}.html", text, **context))
        return made[-1]

    yield open_page
    for one in made:
        one.close()
