"""Reports at a prompt and in a notebook: HTML without script and without a style of the page's own.

The colours are set on every piece, dark on white, as a notebook's own theme is not known.
"""

from __future__ import annotations

from base64 import b64encode

from qdsl.diagnostics.numbers import count
from qdsl.drawing.curves import Curve, curves_picture, self_contained
from qdsl.drawing.network_map import network_picture
from qdsl.drawing.svg import safe
from qdsl.report.data import Report
from qdsl.report.headline import headline, verdict
from qdsl.report.result_tables import result_tables
from qdsl.report.table import ReportTable
from qdsl.report.tables import cost_table, ebits_by_link, line_table, link_table
from qdsl.report.text import render_report
from qdsl.run.result import RunResult

IN_NOTEBOOKS = ("result", "outputs", "outcomes", "training")  # tables of a run
_BOX = (
    "background:#ffffff;color:#17191c;border:1px solid #dfe2e6;border-radius:8px;"
    "padding:14px 18px;font-family:system-ui,sans-serif;max-width:960px;overflow-x:auto"
)
_CELL = "padding:3px 16px 3px 0;border-bottom:1px solid #dfe2e6;background:#ffffff;color:#17191c"


def report_html(report: Report) -> str:
    """Headline, network and the first tables."""
    head = headline(report)
    told = "<br>".join(f"{name}: {safe(text)}" for name, text in head.facts)
    tables = (cost_table(report), link_table(report), line_table(report.cost))
    drawn = network_picture(report.network, ebits_by_link(report))
    return _boxed(
        f'<strong style="font-size:1.15em">{safe(head.title)}</strong><p>{told}</p>{drawn}'
        + "".join(_table(t) for t in tables if t.rows)
    )


def compiled_html(report: Report, circuit: str) -> str:
    """Headline and circuit."""
    head, c = headline(report), report.cost
    facts = f"{c.ebits} ebits, {c.classical_bits} classical bits, {c.rounds} rounds"
    told = f"<strong>{safe(head.title)}</strong>: {facts}; {safe(dict(head.facts)['verified'])}"
    return _boxed(f'<p>{told}</p><div style="overflow-x:auto">{circuit}</div>')


def result_html(result: RunResult) -> str:
    """A run's result and its outputs; how the loss fell in a training, and what it cost."""
    losses = result.training.losses if result.training is not None else ()
    drawn = ""
    if len(losses) > 1:
        curve = Curve("loss", range(len(losses)), losses)
        drawn = _image(curves_picture([curve], "Loss by step", "step", "loss of the batch"))
    shown = [t for t in result_tables(result) if t.key in IN_NOTEBOOKS]
    notes = "".join(f"<p>{safe(note)}</p>" for t in shown for note in t.notes)
    return _boxed("".join(_table(t) for t in shown if t.rows) + drawn + notes)


def _image(drawn: str) -> str:
    """As a file of its own, whose style does not reach the notebook."""
    data = b64encode(self_contained(drawn).encode()).decode()
    return f'<p><img alt="Loss by step" src="data:image/svg+xml;base64,{data}"></p>'


def _boxed(content: str) -> str:
    return f'<div style="{_BOX}">{content}</div>'


def _table(t: ReportTable) -> str:
    def row(cells: tuple[str, ...], tag: str) -> str:
        sides = ["right" if t.is_number(k) else "left" for k in range(len(cells))]
        inside = "".join(
            f'<{tag} style="{_CELL};text-align:{side}">{safe(cell)}</{tag}>'
            for cell, side in zip(cells, sides, strict=True)
        )
        return f"<tr>{inside}</tr>"

    header = row(t.header, "th") if any(t.header) else ""
    body = header + "".join(row(cells, "td") for cells in t.rows)
    return (
        f'<p style="margin:14px 0 4px"><strong>{safe(t.title)}</strong></p>'
        f'<table style="border-collapse:collapse">{body}</table>'
    )


def report_line(report: Report) -> str:
    """A report in a line, at the prompt."""
    said = f"{count(report.cost.ebits, 'ebit')}, {verdict(report.verification)}"
    return f"<Report {headline(report).title}: {said}>"


def report_text(report: Report) -> str:
    """A report as `print` shows it, in 80 columns."""
    return render_report(report).rstrip("\n")


# The class itself lies below what draws it.
Report._repr_html_ = report_html  # type: ignore[attr-defined]
Report.__repr__ = report_line  # type: ignore[method-assign,assignment]
Report.__str__ = report_text  # type: ignore[method-assign,assignment]
