"""A report as Markdown: headings and tables, for an issue, a wiki, a pull request."""

from __future__ import annotations

from qdsl.diagnostics.printable import markdown_text
from qdsl.report.data import Report
from qdsl.report.headline import headline
from qdsl.report.table import ReportTable
from qdsl.report.tables import tables


def render_markdown(report: Report) -> str:
    """The whole report as GitHub-flavoured Markdown, line break at the end."""
    head = headline(report)
    parts = [
        f"# {markdown_text(head.title)}",
        "\n".join(f"- {name}: {markdown_text(text)}" for name, text in head.facts),
    ]
    parts += [markdown_table(table) for table in tables(report)]
    return "\n\n".join(parts) + "\n"


def markdown_table(table: ReportTable) -> str:
    """A heading and a table; numbers to the right."""
    marks = ["---:" if table.is_number(k) else "---" for k in range(len(table.header))]
    rows = [[markdown_text(cell) for cell in table.header], marks]
    rows += [[markdown_text(cell) for cell in row] for row in table.rows]
    body = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    notes = "".join(f"\n\n{markdown_text(note)}" for note in table.notes)
    return f"## {markdown_text(table.title)}\n\n{body}{notes}"
