"""Settings of the documentation site, which `make docs` builds with Sphinx."""

import importlib.metadata
from typing import Any

project = "qdsl"
release = importlib.metadata.version("qdsl-compiler")
html_title = f"qdsl {release}"
extensions = ["myst_parser"]
root_doc = "index"
include_patterns = [
    "index.md", "gallery/*.md", "generated/*.md", "docs/**/*.md", "grammar/reference.md",
    "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md",
]  # fmt: skip
exclude_patterns = ["docs/README.md"]  # the index has its lists
myst_heading_anchors = 4
html_theme = "furo"
html_copy_source = html_show_sourcelink = html_show_copyright = False
html_static_path = ["docs/style"]
html_extra_path = ["extra"]
html_css_files, html_js_files = ["site.css"], ["site.js"]
pygments_style = "a11y-high-contrast-light"
pygments_dark_style = "a11y-high-contrast-dark"
suppress_warnings = ["misc.highlighting_failure"]  # blocks that show what is wrong


def setup(app: Any) -> None:
    from qdsl.language.formatting.pygments_lexer import QdmLexer

    app.add_lexer("qdm", QdmLexer)
