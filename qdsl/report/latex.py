"""A report as LaTeX tables, for a paper; they need the package `booktabs` and nothing else."""

from __future__ import annotations

from qdsl.diagnostics.latex import latex_escaped, one_line
from qdsl.report.data import Report
from qdsl.report.headline import headline
from qdsl.report.table import ReportTable
from qdsl.report.tables import tables


def render_latex(report: Report) -> str:
    """Every table as a `tabular` with a caption, after a comment that says what it is of."""
    head = headline(report)
    comments = [head.title, *(f"{name}: {text}" for name, text in head.facts)]
    lines = [f"% {one_line(text)}" for text in comments]
    lines.append("% \\usepackage{booktabs}, and T1 as the font encoding")
    return "\n".join([*lines, *(latex_table(report, table) for table in tables(report))]) + "\n"


def latex_table(report: Report, table: ReportTable) -> str:
    """One `table` environment."""
    short = all(len(cell) < 60 for row in table.rows for cell in row)
    words = "l" if short else _PARAGRAPH
    columns = "".join("r" if table.is_number(k) else words for k in range(len(table.header)))
    rows = [" & ".join(latex_escaped(cell) for cell in row) + r" \\" for row in table.rows]
    header = [" & ".join(latex_escaped(cell) for cell in table.header) + r" \\", r"\midrule"]
    title = f"{table.title}, {report.program.name} on {report.network.name}"
    notes = "; ".join(table.notes)
    caption = latex_escaped(f"{title}. {notes}" if notes else title)
    return "\n".join([
        "", r"\begin{table}", r"\centering", rf"\begin{{tabular}}{{{columns}}}", r"\toprule",
        *(header if any(table.header) else ()), *rows, r"\bottomrule", r"\end{tabular}",
        rf"\caption{{{caption}}}", r"\end{table}",
    ])  # fmt: skip


_PARAGRAPH = r"p{0.25\linewidth}"
