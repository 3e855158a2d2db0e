"""The documentation site is built without a warning, and is whole without a network."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.docs.site import build
from tests.sources import EXAMPLES, ROOT

LOADED = re.compile(r'(?:<(?:script|img)[^>]* src|<link[^>]*stylesheet[^>]* href)="(http[^"]*)"')


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    assert build(folder, quick=True) == 0
    return folder / "html"


def test_every_document_and_example_has_its_page(site: Path) -> None:
    for path in (ROOT / "docs").rglob("*.md"):
        if path.name != "README.md":
            assert (site / path.relative_to(ROOT).with_suffix(".html")).exists(), path
    for path in EXAMPLES.glob("*.qdm"):
        assert (site / "gallery" / f"{path.stem}.html").exists()


def test_pages_load_nothing_from_elsewhere_and_name_no_folder_of_ours(site: Path) -> None:
    for path in site.rglob("*.html"):
        text = path.read_text()
        assert not LOADED.findall(text), path
        assert str(ROOT) not in text, path
    assert "remote" in (site / "searchindex.js").read_text()


def test_the_gallery_shows_pictures_reports_and_colours(site: Path) -> None:
    page = (site / "gallery" / "remote_cnot.html").read_text()
    assert "remote_cnot.svg" in page
    assert "1 ebit an execution" in page
    assert re.search(r'<span class="k">model</span>', page)
    assert (site / "reports" / "remote_cnot.html").stat().st_size > 10_000


def test_commands_diagnostics_and_functions_are_listed(site: Path) -> None:
    generated = site / "generated"
    assert "Distribute a model over its network" in (generated / "cli.html").read_text()
    assert "QDM101" in (generated / "errors.html").read_text()
    assert "Compiled.predict" in (generated / "api.html").read_text()
