"""The documentation site is built without a warning, and is whole without a network."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote

import pytest

from qdsl.diagnostics.explain import all_codes
from qdsl.editor.problems import anchor
from tests.docs.site import build
from tests.qdsl.report.pages import chromium
from tests.sources import EXAMPLES, ROOT

PAGES = ("index", "gallery/remote_cnot", "gallery/ghz", "generated/api", "docs/guide/tour",
         "docs/guide/gallery", "docs/guide/concepts", "docs/guide/lesson-fourier")  # fmt: skip
LINK = re.compile(r'(?:href|src)="([^":#?]*)(?:\?[^"#]*)?(?:#([^"]*))?"')
LOADED = re.compile(r'(?:<(?:script|img)[^>]* src|<link[^>]*stylesheet[^>]* href)="(http[^"]*)"')


pytestmark = pytest.mark.slow  # the site takes a minute to build


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


def test_no_link_is_dead(site: Path) -> None:
    """Neither to a page, a picture or a file, nor to a place in a page."""
    texts = {path.resolve(): path.read_text() for path in site.rglob("*.html")
             if "reports" not in path.parts}  # fmt: skip
    dead = []
    for path, text in texts.items():
        for target, place in set(LINK.findall(text)):
            found = (path.parent / unquote(target)).resolve() if target else path
            known = place in ("", "top") or f'id="{place}"' in texts.get(found, f'id="{place}"')
            if not found.exists() or not known:
                dead.append(f"{path.name}: {target}#{place}")
    assert dead == []
    assert len(texts) > 90 and '"#teledata"' in texts[site / "docs" / "guide" / "concepts.html"]


def test_editors_link_to_the_diagnostics(site: Path) -> None:
    page = (site / "generated" / "errors.html").read_text()
    missing = [code for code, kind in all_codes().items() if f'id="{anchor(kind)}"' not in page]
    assert missing == []


def test_the_gallery_shows_pictures_reports_and_colours(site: Path) -> None:
    page = (site / "gallery" / "remote_cnot.html").read_text()
    assert re.search(r"remote_cnot\d*\.svg", page)
    assert "1 ebit an execution" in page
    assert re.search(r'<span class="k">model</span>', page)
    assert (site / "reports" / "remote_cnot.html").stat().st_size > 10_000


@pytest.mark.skipif(chromium() is None, reason="there is no Chromium here")
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_are_accessible_and_fit(site: Path, scheme: str) -> None:
    """By the rules of axe, at three widths; the body never scrolls to the side."""
    playwright = pytest.importorskip("playwright.sync_api")
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    with playwright.sync_playwright() as p:
        browser = p.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        for width in (1400, 768, 390):
            view = {"width": width, "height": 900}
            shown = browser.new_context(viewport=view, color_scheme=scheme).new_page()
            for name in PAGES:
                shown.goto((site / f"{name}.html").as_uri())
                found = axe.run(shown).response["violations"]
                assert [(name, v["id"], v["nodes"][0]["html"]) for v in found] == []
                assert shown.evaluate("document.documentElement.scrollWidth") <= width
        browser.close()


def test_commands_diagnostics_and_functions_are_listed(site: Path) -> None:
    generated = site / "generated"
    assert "Distribute a model over its network" in (generated / "cli.html").read_text()
    assert "QDM101" in (generated / "errors.html").read_text()
    assert "Compiled.predict" in (generated / "api.html").read_text()
