"""A report as Markdown: headings and tables, for an issue, a wiki, a pull request."""

from __future__ import annotations

import re

from qdsl.diagnostics.printable import clean
from qdsl.report.data import Report
from qdsl.report.headline import headline
from qdsl.report.table import ReportTable
from qdsl.report.tables import tables

# what Markdown, or the HTML in it, would take as its own
_SPECIAL = re.compile(r"([\\`*_\[\]<>|~$&])")


def render_markdown(report: Report) -> str:
    """The whole report as GitHub-flavoured Markdown, line break at the end."""
    head = headline(report)
    parts = [
        f"# {escape(head.title)}",
        "\n".join(f"- {name}: {escape(text)}" for name, text in head.facts),
    ]
    parts += [markdown_table(table) for table in tables(report)]
    return "\n\n".join(parts) + "\n"


def markdown_table(table: ReportTable) -> str:
    """A heading and a table; numbers to the right."""
    marks = ["---:" if table.is_number(k) else "---" for k in range(len(table.header))]
    rows = [[escape(cell) for cell in table.header], marks]
    rows += [[escape(cell) for cell in row] for row in table.rows]
    body = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    notes = "".join(f"\n\n{escape(note)}" for note in table.notes)
    return f"## {escape(table.title)}\n\n{body}{notes}"


def escape(text: str) -> str:
    """Text as it stands, in one line."""
    words = clean(" ".join(text.split()))
    return _SPECIAL.sub(r"\\\1", words)
