"""The report as one HTML page that needs no network: drawings, tables, script and style in it."""

from __future__ import annotations

from qdsl.report.html.page import render_html
from qdsl.report.html.program import PageProgram

__all__ = ["PageProgram", "render_html"]
