"""The page: one file, the same bytes for the same report."""

from __future__ import annotations

from qdsl.drawing.colors import device_shades
from qdsl.report.data import Report
from qdsl.report.headline import headline
from qdsl.report.html.program import PageProgram, drawing_json
from qdsl.report.html.sections import hero, sections
from qdsl.report.html.shell import PageFrame, asset, framed


def render_html(
    report: Report, program: PageProgram | None = None, command: str | None = None
) -> str:
    """The whole page. `program` None: without drawing and source, as for a saved report.
    `command` is what made it, for the provenance."""
    style = asset("style.css") + _device_style(len(report.network.nodes))
    found = sections(report, program, command)
    data = drawing_json(program.drawing) if program is not None else "null"
    frame = PageFrame(f"{headline(report).title} – qdsl report", report.provenance.qdsl, style,
                      _script(), data)  # fmt: skip
    return framed(frame, hero(report), [(s.key, s.title, s.markup) for s in found])


def _script() -> str:
    """All files in one function of their own, which runs where there is something to draw."""
    files = ("data.js", "draw.js", "tracks.js", "filter.js", "minimap.js", "page.js")
    viewer = "".join(asset(name) for name in files)
    return (
        '"use strict";\ndocument.documentElement.classList.add("js");\n'
        'const data = JSON.parse(document.getElementById("drawing-data").textContent);\n'
        'if (data && document.getElementById("scroller")) (() => {\n'
        f"{viewer}}})();\n{asset('plots.js')}"
    )


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
