"""The report as text for a terminal of 80 columns."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from qdsl.analysis.cost import Cost
from qdsl.report.data import Report
from qdsl.report.text_findings import finding_lines, share_lines
from qdsl.report.text_training import training_lines
from qdsl.run.result import RunResult
from qdsl.runtime.traffic import NetworkRun

WIDTH = 80
MOST_ROWS = 12  # of a table; the JSON form has them all


def render_report(report: Report, color: bool = False, timing: bool = False) -> str:
    """The whole report. `timing` adds the passes' wall times, which vary from run to run."""
    style = _Style(color)
    parts = [
        _head(report, style),
        _verification(report, style),
        _cost(report, style),
        _links(report, style),
        _nodes(report.cost, style),
        _lines(report.cost, style),
        _told(report, style),
        *_findings(report, style),
        _passes(report, style, timing),
    ]
    if report.result is not None:
        parts.append(_result(report.result, style))
    return "\n".join(part for part in parts if part)


def render_cost(report: Report, color: bool = False) -> str:
    """Only what the program costs: by link, node, layer, primitive, line and use."""
    style = _Style(color)

    def table(header: Sequence[str], rows: Sequence[Sequence[str]], what: str) -> list[str]:
        return _table(header, rows, style, what)

    shares = share_lines(report, style.title, table)
    parts = [_head(report, style) + "\n", _cost(report, style), _links(report, style),
             _nodes(report.cost, style), _lines(report.cost, style), "\n".join(shares)]  # fmt: skip
    return "\n".join(part for part in parts if part)


class _Style:
    def __init__(self, color: bool) -> None:
        self.color = color

    def _code(self, number: str, text: str) -> str:
        return f"\033[{number}m{text}\033[0m" if self.color else text

    def title(self, text: str) -> str:
        return self._code("1", text)

    def good(self, text: str) -> str:
        return self._code("32", text)

    def bad(self, text: str) -> str:
        return self._code("31", text)

    def faint(self, text: str) -> str:
        return self._code("2", text)


def duration(ns: float) -> str:
    """`41.3 ms`: three significant digits in a readable unit."""
    for size, unit in ((1e9, "s"), (1e6, "ms"), (1e3, "us")):
        if ns >= size:
            return f"{ns / size:.3g} {unit}"
    return f"{ns:.3g} ns"


def count(number: int, noun: str) -> str:
    """`1 item`, `2 items`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _head(report: Report, style: _Style) -> str:
    c, network = report.program, report.network
    where = _clip(f"{c.name} on {network.name}", WIDTH)
    settings = ", ".join(f"{k} = {v}" for k, v in report.provenance.settings)
    parts = (
        count(c.qubits, "qubit"),
        count(c.operations, "operation"),
        count(len(network.nodes), "node"),
    )
    facts = ", ".join(parts)
    source = report.provenance.source + (f" ({settings})" if settings else "")
    return "\n".join(
        [style.title(where), "-" * len(where), *_field("source", source), *_field("program", facts)]
    )


def _field(name: str, text: str) -> list[str]:
    lines = textwrap.wrap(text, WIDTH - 12, break_on_hyphens=False) or [""]
    return [f"{name:<12}{lines[0]}", *(" " * 12 + line for line in lines[1:])]


def _verification(report: Report, style: _Style) -> str:
    v = report.verification
    refuted = any(c.equal is False for c in v.checks)
    if v.verified:
        verdict = style.good("equal to its source, proved")
    elif refuted:
        verdict = style.bad("NOT EQUAL to its source")
    else:
        verdict = style.bad("not proved")
    lines = [f"{'verified':<12}{verdict}"]
    for c in v.checks:
        said = {True: "equal; ", False: "NOT EQUAL; ", None: ""}[c.equal]
        lines += [
            " " * 12 + line
            for line in textwrap.wrap(
                f"{c.method}: {said}{c.detail}", WIDTH - 12, subsequent_indent="  "
            )
        ]
    return "\n".join(lines) + "\n"


def _cost(report: Report, style: _Style) -> str:
    c = report.cost
    uses = ", ".join(f"{n} for {role}" for role, n in c.by_primitive.items())
    rows = [
        ("ebits", str(c.ebits), uses),
        *lower_bound_rows(report),
        *lifetime_rows(c),
        ("classical bits", str(c.classical_bits), f"in {count(c.messages, 'message')}"),
        ("remote gates", str(c.remote_gates), f"served by {count(c.packets, 'packet')}"),
        ("moved qubits", str(c.teledata), "by teledata, or taken over by a copy"),
        ("peak communication qubits", str(c.peak_comm), "held at one node at one time"),
        ("rounds", str(c.rounds), "longest chain of ebits, each after the last"),
        ("message rounds", str(c.message_rounds), "longest chain of classical messages"),
        ("makespan", duration(c.makespan_ns), "at the links' mean rates"),
        ("fidelity", f"{c.fidelity:.4g}", "estimate: product over ebits and gates"),
    ]
    body = [line for row in rows for line in _cost_line(*row, style)]
    return "\n".join([style.title("Cost of one execution"), *body, ""])


def lifetime_rows(c: Cost) -> list[tuple[str, str, str]]:
    """The limit on the gates of an ebit, and what tighter ones would cost."""
    dearer = [x for x in c.by_lifetime if x.ebits > c.ebits]
    limits = ", ".join(str(x.gates_per_ebit) for x in dearer)
    rows = []
    if c.gates_per_ebit:
        rows.append(("gates per ebit", str(c.gates_per_ebit), "at most, as asked for"))
    if dearer:
        numbers = ", ".join(str(x.ebits) for x in dearer)
        rows.append(("under pair lifetimes", numbers, f"if an ebit serves {limits} gates at most"))
    return rows


def lower_bound_rows(report: Report) -> list[tuple[str, str, str]]:
    """The lower bounds beside the ebits: of all placements, and of this one if that is higher."""
    found = report.optimality
    if found is None:
        return []
    best = max(found.bounds, key=lambda b: b.ebits)
    note = "proved: no placement needs fewer" + (", so this is optimal" if found.is_optimal else "")
    if best.ebits > found.at_least:
        note += f"; with these residences {best.ebits}, by {best.method}"
    return [("lower bound on ebits", str(found.at_least), note)]


def _cost_line(name: str, value: str, note: str, style: _Style) -> list[str]:
    start = f"  {name:<27}{value:>8}  "
    first, *more = textwrap.wrap(note, WIDTH - len(start)) or [""]
    return [
        (start + style.faint(first)).rstrip() if first else start.rstrip(),
        *(" " * len(start) + style.faint(line) for line in more),
    ]


def _table(
    header: Sequence[str], rows: Sequence[Sequence[str]], style: _Style, what: str = ""
) -> list[str]:
    """Columns as wide as needed, at most 80 in all; the first is left-aligned, the others
    right-aligned. Of many rows, the first; `what` is the plural of what a row is."""
    cells = [list(header), *(list(r) for r in rows[:MOST_ROWS])]
    widths = [max(len(r[k]) for r in cells) for k in range(len(header))]
    while sum(widths) + 2 * len(widths) > WIDTH:
        widest = widths.index(max(widths))
        widths[widest] -= 1

    def line(row: list[str]) -> str:
        first, *others = [_clip(x, w) for x, w in zip(row, widths, strict=True)]
        right = [x.rjust(w) for x, w in zip(others, widths[1:], strict=True)]
        return "  " + "  ".join([first.ljust(widths[0]), *right]).rstrip()

    hidden = len(rows) - MOST_ROWS
    more = [f"  (+{hidden} more {what})"] if hidden > 0 else []
    return [style.faint(line(cells[0])), *(line(r) for r in cells[1:]), *more]


def _links(report: Report, style: _Style) -> str:
    used = [link for link in report.cost.links if link.ebits]
    if not used:
        return ""
    rows = [
        (
            f"{x.a} -- {x.b}",
            str(x.ebits),
            f"{x.fidelity:g}",
            "instant" if x.rate_hz is None else f"{x.rate_hz:g} Hz",
        )
        for x in used
    ]
    header = ("link", "ebits", "fidelity", "rate")
    lines = [style.title("Links"), *_table(header, rows, style, "links")]
    for preset, source in dict.fromkeys((x.preset, x.source) for x in used if x.source):
        lines += textwrap.wrap(
            f"preset {preset}: {source}", WIDTH, initial_indent="  ", subsequent_indent="    "
        )
    return "\n".join([*lines, ""])


def _nodes(cost: Cost, style: _Style) -> str:
    rows = [
        (n.name, str(n.operations), f"{n.peak_data} of {n.qubits}", f"{n.peak_comm} of {n.comm}")
        for n in cost.nodes
    ]
    header = ("node", "operations", "data qubits", "communication qubits")
    return "\n".join([style.title("Nodes"), *_table(header, rows, style, "nodes"), ""])


def _lines(cost: Cost, style: _Style) -> str:
    rows = sorted(cost.lines, key=lambda x: (-x.ebits, -x.classical_bits, x.path, x.line))
    if not rows:
        return ""
    cells = [
        (f"{x.line or '-'}: {_plain(x.text)}", str(x.ebits), str(x.classical_bits)) for x in rows
    ]
    lines = _table(("source line", "ebits", "classical bits"), cells, style, "lines")
    return "\n".join([style.title("What each source line costs"), *lines, ""])


def _plain(text: str) -> str:
    """Source text as it may stand in a table: no control characters, no runs of blanks."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _clip(text: str, width: int) -> str:
    return text if len(text) <= width else text[: max(width - 3, 0)] + "..."[:width]


def _told(report: Report, style: _Style) -> str:
    told = report.disclosures
    if not told:
        return ""
    rows = [(t.value, t.owner, t.to, str(t.bits)) for t in told]
    return "\n".join(
        [
            style.title("Revealed classically"),
            *_table(("value", "by", "to", "bits"), rows, style, "values"),
            "",
        ]
    )


def _findings(report: Report, style: _Style) -> list[str]:
    def table(header: Sequence[str], rows: Sequence[Sequence[str]], what: str) -> list[str]:
        return _table(header, rows, style, what)

    lines = finding_lines(report, style.title, table)
    return ["\n".join(lines)] if lines else []


def _passes(report: Report, style: _Style, timing: bool) -> str:
    rows = []
    for p in report.passes:
        ebits = "-" if p.after.ebits is None else str(p.after.ebits)
        row = [p.name, str(p.after.operations), str(p.after.multi_qubit), ebits]
        seconds = "-" if p.seconds is None else f"{p.seconds:.3f} s"
        rows.append([*row, seconds] if timing else row)
    header = ["pass", "operations after", "multi-qubit", "ebits"] + (["time"] if timing else [])
    return "\n".join([style.title("Passes"), *_table(header, rows, style, "passes"), ""])


def _result(r: RunResult, style: _Style) -> str:
    title = f"Result of {r.experiment}" if r.experiment else "Result"
    how = "exact" if r.shots is None else count(r.shots, "shot")
    lines = [
        style.title(_clip(title, WIDTH)),
        f"  {how}, by {r.backend}, seed {r.seed}, {count(r.items, 'item')}",
    ]
    if r.of_source:
        lines += textwrap.wrap(
            "values are of the source circuit, to which the compiled program was proved equal",
            WIDTH,
            initial_indent="  ",
            subsequent_indent="    ",
        )
    if r.noise is not None:
        lines += textwrap.wrap(
            f"with a model of noise: {r.noise}, F the fidelity above",
            WIDTH,
            initial_indent="  ",
            subsequent_indent="    ",
        )
    if r.random_inputs:
        lines += textwrap.wrap(
            f"drawn at random, as no source is given: {', '.join(r.random_inputs)}",
            WIDTH,
            initial_indent="  ",
            subsequent_indent="    ",
        )
    for output in r.outputs:
        lines += _output(output.text, output.values, output.mean, output.standard_error)
        if output.success is not None:
            lines.append(f"    encodings succeed with {output.success:.4g}, failures count as 0;")
            lines.append(f"    in units of {output.scale:.6g}, the square of what they divide by")
    if r.loss is not None:
        lines.append(f"  loss {r.loss:.6g}")
    if r.accuracy is not None:
        right = round(r.accuracy * r.items)
        lines.append(f"  accuracy {r.accuracy:.4g}: {right} of {count(r.items, 'item')}")
    if r.training is not None:
        lines += training_lines(r.training)
    if r.network is not None:
        lines += textwrap.wrap(
            network_text(r.network), WIDTH, initial_indent="  ", subsequent_indent="    "
        )
    return "\n".join([*lines, ""])


def _output(text: str, values: object, mean: float | None, error: float | None) -> list[str]:
    name = "  " + _clip(_plain(text), WIDTH - 2)
    if mean is not None:
        return [name, f"    mean {mean:.6g}" + (f" +- {error:.2g}" if error is not None else "")]
    shares = (
        sorted(values.items(), key=lambda kv: (-kv[1], kv[0])) if isinstance(values, dict) else []
    )
    shown = [f"    {_clip(outcome, WIDTH - 12)}  {share:.4f}" for outcome, share in shares[:8]]
    rest = len(shares) - 8
    more = [f"    (+{count(rest, 'more outcome')})"] if rest > 0 else []
    return [name, *shown, *more]


def network_text(run: NetworkRun) -> str:
    """What was counted where nodes ran in processes of their own."""
    told = f", {run.told_bits} bits of revealed values" if run.told_bits else ""
    return (
        f"counted between {run.processes} processes, as predicted: {count(run.ebits, 'ebit')}, "
        f"{count(run.classical_bits, 'classical bit')} in {count(run.messages, 'message')}{told}, "
        f"over {count(run.executions, 'execution')}"
    )
