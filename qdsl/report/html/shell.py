"""What every page is framed by: one file that loads nothing and obeys only its own script."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from importlib.resources import files

from qdsl.drawing.svg import safe
from qdsl.records import dataclass


@dataclass(frozen=True, slots=True)
class PageFrame:
    """`version`: of qdsl; `data`: JSON that the script reads."""

    title: str
    version: str
    style: str
    script: str
    data: str = "null"


def framed(frame: PageFrame, head: str, sections: Sequence[tuple[str, str, str]]) -> str:
    """The page: `head` above, then the sections by key, title and markup, with a menu."""
    body = "".join(markup for _, _, markup in sections)
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_policy(frame)}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f'<meta name="generator" content="qdsl {safe(frame.version)}">\n'
        f"<title>{safe(frame.title)}</title>\n<style>{frame.style}</style>\n</head>\n<body>\n"
        f'<a class="skip" href="#content">Skip to the content</a>\n{head}{_menu(sections)}'
        f'<main id="content">\n{body}</main>\n'
        f"<footer><p>Made by qdsl {safe(frame.version)}. "
        "This file needs no network.</p></footer>\n"
        f'<script type="application/json" id="drawing-data">{frame.data}</script>\n'
        f"<script>{frame.script}</script>\n</body>\n</html>\n"
    )


def asset(name: str) -> str:
    """The text of a file beside this one."""
    text = files("qdsl.report.html").joinpath(name).read_text(encoding="utf-8")
    return text.replace("\r\n", "\n")


def _policy(frame: PageFrame) -> str:
    """Nothing is loaded, and only our own script and style are obeyed."""
    return (
        f"default-src 'none'; script-src '{_hash(frame.script)}'; "
        f"style-src '{_hash(frame.style)}'; base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _menu(sections: Sequence[tuple[str, str, str]]) -> str:
    links = "".join(f'<li><a href="#{key}">{safe(title)}</a></li>' for key, title, _ in sections)
    return f'<nav aria-label="Sections"><ul>{links}</ul></nav>\n'
