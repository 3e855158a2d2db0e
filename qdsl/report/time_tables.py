"""Where the time goes, and where the errors are, by source line."""

from __future__ import annotations

from qdsl.diagnostics.numbers import count, duration
from qdsl.report.data import Report
from qdsl.report.table import ReportTable

MOST_LINES = 10  # whose errors are shown; the JSON form has all


def time_table(report: Report) -> ReportTable:
    """The makespan along its critical path; no rows where nothing takes time."""
    header, title = ("cause", "what takes time", "time", "share"), "Makespan by cause"
    found = report.time_use
    if found is None:
        return ReportTable("time", title, header, (), words=2)
    causes = (
        ("links", "until pairs are made and known", found.path.links),
        ("messages", "until classical bits arrive", found.path.messages),
        ("operations", "gates, measurements and resets", found.path.gates),
        ("other gates", "that others of the node wait for", found.path.other_gates),
        ("waiting", "pairs that are made late, or again", found.path.waiting),
    )
    whole = max(found.path.total, 1)
    rows = tuple((name, what, duration(ns), f"{ns / whole:.1%}") for name, what, ns in causes if ns)
    notes = ["along the critical path, at the links' mean rates"]
    for use in found.links:
        if use.busy is not None:
            channels = f" on each of {use.channels} channels" if use.channels > 1 else ""
            notes.append(f"{use.a} -- {use.b} makes pairs {use.busy:.1%} of the time{channels}")
    return ReportTable("time", title, header, rows, words=2, notes=tuple(notes))


def line_error_table(report: Report) -> ReportTable:
    """The source lines with the largest errors; no rows where nothing goes wrong."""
    header, title = ("line", "source", "error"), "Errors by source line"
    lines = sorted(report.errors_by_line or (), key=lambda x: (-x.error, x.path, x.line))
    rows = tuple(
        (
            f"{x.path.rpartition('/')[2]}:{x.line}" if x.line else "-",
            x.text,
            f"{x.error:.3g}",
        )
        for x in lines[:MOST_LINES]
    )
    left = len(lines) - len(rows)
    notes = (f"and {count(left, 'more line')} with smaller errors",) if left else ()
    return ReportTable("line-errors", title, header, rows, words=2, notes=notes)
