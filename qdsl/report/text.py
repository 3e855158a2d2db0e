"""The report as text for a terminal of 80 columns."""

from __future__ import annotations

import textwrap
from dataclasses import replace
from itertools import chain

from qdsl.diagnostics.numbers import count, duration, integer, likeliest
from qdsl.report.answers import answers
from qdsl.report.data import Report
from qdsl.report.distillation import distillation_table
from qdsl.report.hardware_tables import device_error_table, device_table
from qdsl.report.headline import headline, verdict
from qdsl.report.network_models import run_text, simulation_text
from qdsl.report.table import ReportTable
from qdsl.report.tables import (
    arrival_table,
    by_ebits,
    cost_table,
    disclosed_table,
    error_table,
    link_table,
    node_table,
    place,
    placement_table,
)
from qdsl.report.terminal import MOST_ROWS, WIDTH, Style, clip, field, indented
from qdsl.report.text_findings import finding_lines, share_lines
from qdsl.report.text_training import LEVELS, training_lines
from qdsl.report.time_tables import line_error_table, time_table
from qdsl.report.words import means_over, network_text, of_first_item, said_of_classes
from qdsl.run.result import RunResult

NAMES = 18  # columns of the names of qubits


def render_report(report: Report, color: bool = False, timing: bool = False) -> str:
    """The whole report. `timing` adds the passes' wall times, which vary from run to run."""
    style = Style(color)
    parts = [
        _head(report, style),
        _answers(report, style),
        _verification(report, style),
        _cost(report, style),
        _arrivals(report, style),
        style.section(time_table(report), "causes"),
        style.section(error_table(report), "causes"),
        _line_errors(report, style),
        style.section(link_table(report), "links"),
        style.section(distillation_table(report), "links"),
        style.section(node_table(report), "nodes"),
        style.section(device_table(report), "nodes"),
        style.section(device_error_table(report), "causes"),
        _placement(report, style),
        _lines(report, style),
        style.section(disclosed_table(report), "values"),
        "\n".join(finding_lines(report, style)),
        _passes(report, style, timing),
    ]
    if report.result is not None:
        parts.append(_result(report.result, style))
    return "\n".join(part for part in parts if part)


def render_cost(report: Report, color: bool = False) -> str:
    """Only what the program costs: by link, node, layer, primitive, line and use."""
    style = Style(color)
    parts = [
        _head(report, style),
        _cost(report, style),
        _arrivals(report, style),
        style.section(time_table(report), "causes"),
        style.section(error_table(report), "causes"),
        _line_errors(report, style),
        style.section(link_table(report), "links"),
        style.section(distillation_table(report), "links"),
        style.section(node_table(report), "nodes"),
        style.section(device_table(report), "nodes"),
        style.section(device_error_table(report), "causes"),
        _lines(report, style),
        "\n".join(share_lines(report, style)),
    ]
    return "\n".join(part for part in parts if part)


def _head(report: Report, style: Style) -> str:
    head = headline(report)
    where = clip(head.title, WIDTH)
    facts = (field(name, text) for name, text in head.facts[:-1])
    return "\n".join([style.title(where), "-" * len(where), *chain.from_iterable(facts), ""])


def _answers(report: Report, style: Style) -> str:
    """The first questions, each with its answer and at most two lines of what belongs to it."""
    lines = [style.title("In short")]
    for a in answers(report):
        first, *more = textwrap.wrap(a.short, WIDTH - 12, break_on_hyphens=False) or [""]
        lines += [f"  {a.key:<10}{first}", *(" " * 12 + line for line in more)]
        for said in a.more:
            wrapped = textwrap.wrap(said, WIDTH - 14, break_on_hyphens=False)
            lines += [style.faint(" " * 12 + line) for line in wrapped]
    return "\n".join([*lines, ""])


def _placement(report: Report, style: Style) -> str:
    """Every node's qubits, or every qubit's nodes; as many lines as it takes."""
    t = placement_table(report)
    said = [(row[0], row[1]) if len(row) == 2 else (row[0], _lived(*row[1:])) for row in t.rows]
    lines = [line for name, text in said[:MOST_ROWS] for line in field(f"  {name}", text, NAMES)]
    rest = len(said) - MOST_ROWS
    more = [f"  (+{count(rest, 'more row')})"] if rest > 0 else []
    return "\n".join([style.title(t.title), *lines, *more, ""]) if said else ""


def _lived(start: str, moves: str, then: str) -> str:
    return f"{start}, {then}" if then else start


def _verification(report: Report, style: Style) -> str:
    v = report.verification
    colored = style.good if v.verified else style.bad
    lines = [f"{'verified':<12}{colored(verdict(v))}"]
    for c in (*v.checks, *v.imports):
        said = {True: "equal; ", False: "NOT EQUAL; ", None: ""}[c.equal]
        lines += [
            " " * 12 + line
            for line in textwrap.wrap(
                f"{c.method}: {said}{c.detail}", WIDTH - 12, subsequent_indent="  "
            )
        ]
    return "\n".join(lines) + "\n"


def _cost(report: Report, style: Style) -> str:
    t = cost_table(report)
    wide = max(8, *(len(value) for _, value, _ in t.rows))
    body = [
        line for name, value, note in t.rows for line in _cost_line(name, value, note, wide, style)
    ]
    return "\n".join([style.title(t.title), *body, ""])


def _cost_line(name: str, value: str, note: str, wide: int, style: Style) -> list[str]:
    start = f"  {name:<27}{value:>{wide}}  "
    first, *more = textwrap.wrap(note, WIDTH - len(start), break_on_hyphens=False) or [""]
    return [
        (start + style.faint(first)).rstrip() if first else start.rstrip(),
        *(" " * len(start) + style.faint(line) for line in more),
    ]


def _lines(report: Report, style: Style) -> str:
    rows = tuple(
        (f"{place(report, x)}: {_plain(x.text)}", integer(x.ebits), integer(x.classical_bits))
        for x in by_ebits(report.cost.lines)
    )
    header = ("source line", "ebits", "classical bits")
    return style.section(ReportTable("lines", "What each source line costs", header, rows), "lines")


def _arrivals(report: Report, style: Style) -> str:
    """The table, and a histogram in a line."""
    found, a = arrival_table(report), report.arrivals
    if a is None or not a.histogram or a.shortest_ns is None or a.longest_ns is None:
        return style.section(found, "figures")
    most = max(a.histogram)
    bars = "".join(LEVELS[-(-n * (len(LEVELS) - 1) // most)] if n else " " for n in a.histogram)
    line = f"{duration(a.shortest_ns)} {bars} {duration(a.longest_ns)}"
    return style.section(replace(found, notes=(line, *found.notes)), "figures")


def _line_errors(report: Report, style: Style) -> str:
    found = line_error_table(report)
    own = f"{report.provenance.source.rpartition('/')[2]}:"
    rows = tuple(
        (f"{line.removeprefix(own)}: {_plain(text)}", error) for line, text, error in found.rows
    )
    header = ("source line", "error")
    return style.section(ReportTable(found.key, found.title, header, rows, 1, found.notes), "lines")


def _plain(text: str) -> str:
    """Source text as it may stand in a table: no control characters, no runs of blanks."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _passes(report: Report, style: Style, timing: bool) -> str:
    rows = []
    for p in report.passes:
        ebits = "-" if p.after.ebits is None else integer(p.after.ebits)
        row = [p.name, integer(p.after.operations), integer(p.after.multi_qubit), ebits]
        seconds = "-" if p.seconds is None else f"{p.seconds:.3f} s"
        rows.append([*row, seconds] if timing else row)
    header = ["pass", "operations after", "multi-qubit", "ebits"] + (["time"] if timing else [])
    return "\n".join([style.title("Passes"), *style.table(header, rows, "passes"), ""])


def _result(r: RunResult, style: Style) -> str:
    title = f"Result of {r.experiment}" if r.experiment else "Result"
    lines = [
        style.title(clip(title, WIDTH)),
        f"  {run_text(r)}",
    ]
    if r.of_source:
        lines += indented(
            "values are of the source circuit, to which the compiled program was proved equal"
        )
    if r.noise is not None:
        lines += indented(f"with a model of noise: {r.noise}, F the fidelity above")
    if r.simulation is not None:
        lines += indented(simulation_text(r.simulation))
    if r.random_inputs:
        lines += indented(f"drawn at random, as no source is given: {', '.join(r.random_inputs)}")
    for output in r.outputs:
        lines += _output(output.text, output.values, output.shown_mean, output.standard_error)
        if r.items > 1 and isinstance(output.values, dict):
            lines.append(f"    {of_first_item(r.items)}")
        if output.success is not None:
            lines.append(f"    encodings succeed with {output.success:.4g}, failures count as 0;")
            lines.append(f"    in units of {output.scale:.6g}, the square of what they divide by")
            lines += [f"    {said}" for said in [means_over(r.items)] if said]
    if r.classes is not None:
        lines += indented(said_of_classes(r.classes))
    if r.loss is not None:
        lines.append(f"  loss {r.loss:.6g}")
    if r.accuracy is not None:
        right = round(r.accuracy * r.items)
        lines.append(f"  accuracy {r.accuracy:.4g}: {right} of {count(r.items, 'item')}")
    if r.training is not None:
        lines += training_lines(r.training, r.shots)
    if r.network is not None:
        lines += indented(network_text(r.network))
    return "\n".join([*lines, ""])


def _output(text: str, values: object, mean: float | None, error: float | None) -> list[str]:
    name = "  " + clip(_plain(text), WIDTH - 2)
    if mean is not None:
        return [name, f"    mean {mean:.6g}" + (f" +- {error:.2g}" if error is not None else "")]
    shares = likeliest(values) if isinstance(values, dict) else []
    shown = [f"    {clip(outcome, WIDTH - 12)}  {share:.4f}" for outcome, share in shares[:8]]
    rest = len(shares) - 8
    more = [f"    (+{count(rest, 'more outcome')})"] if rest > 0 else []
    return [name, *shown, *more]
