"""The page: one file, the same bytes for the same report."""

from __future__ import annotations

import base64
import hashlib
from importlib.resources import files

from qdsl.drawing.colors import device_shades
from qdsl.drawing.svg import safe
from qdsl.report.data import Report
from qdsl.report.headline import headline
from qdsl.report.html.program import PageProgram, drawing_json
from qdsl.report.html.sections import Section, hero, sections


def render_html(
    report: Report, program: PageProgram | None = None, command: str | None = None
) -> str:
    """The whole page. `program` None: without drawing and source, as for a saved report.
    `command` is what made it, for the provenance."""
    style = _asset("style.css") + _device_style(len(report.network.nodes))
    script = _script()
    found = sections(report, program, command)
    data = drawing_json(program.drawing) if program is not None else "null"
    title = safe(headline(report).title)
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_policy(script, style)}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f'<meta name="generator" content="qdsl {safe(report.provenance.qdsl)}">\n'
        f"<title>{title} – qdsl report</title>\n<style>{style}</style>\n</head>\n<body>\n"
        f'<a class="skip" href="#content">Skip to the content</a>\n{hero(report)}{_menu(found)}'
        f'<main id="content">\n{"".join(s.markup for s in found)}</main>\n'
        f"<footer><p>Made by qdsl {safe(report.provenance.qdsl)}. "
        "This file needs no network.</p></footer>\n"
        f'<script type="application/json" id="drawing-data">{data}</script>\n'
        f"<script>{script}</script>\n</body>\n</html>\n"
    )


def _asset(name: str) -> str:
    text = files("qdsl.report.html").joinpath(name).read_text(encoding="utf-8")
    return text.replace("\r\n", "\n")


def _script() -> str:
    """Both files in one function of their own, which runs where there is something to draw."""
    return (
        '"use strict";\ndocument.documentElement.classList.add("js");\n'
        'const data = JSON.parse(document.getElementById("drawing-data").textContent);\n'
        'if (data && document.getElementById("scroller")) (() => {\n'
        f"{_asset('draw.js')}{_asset('page.js')}}})();\n"
    )


def _policy(script: str, style: str) -> str:
    """Nothing is loaded, and only our own script and style are obeyed."""
    return (
        f"default-src 'none'; script-src '{_hash(script)}'; style-src '{_hash(style)}'; "
        "base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _device_style(n: int) -> str:
    """Colours of the devices, for light, dark and print."""
    light = _colors(n, dark=False)
    classes = "".join(f".d{i}{{--i:var(--i{i});--f:var(--f{i});--b:var(--b{i})}}" for i in range(n))
    return (
        f":root{{{light}}}@media (prefers-color-scheme:dark){{:root{{{_colors(n, dark=True)}}}}}"
        f"@media print{{:root{{{light}}}}}{classes}\n"
    )


def _colors(n: int, dark: bool) -> str:
    shades = [device_shades(i, dark) for i in range(n)]
    return "".join(f"--i{i}:{s.ink};--f{i}:{s.fill};--b{i}:{s.band};" for i, s in enumerate(shades))


def _menu(found: tuple[Section, ...]) -> str:
    links = "".join(f'<li><a href="#{s.key}">{safe(s.title)}</a></li>' for s in found)
    return f'<nav aria-label="Sections"><ul>{links}</ul></nav>\n'
