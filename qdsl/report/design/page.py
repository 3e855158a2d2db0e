"""A sweep over properties of the network as one HTML page that needs no network."""

from __future__ import annotations

from collections.abc import Iterator

from qdsl import __version__
from qdsl.drawing.curves import Curve, curves_picture
from qdsl.drawing.heat_map import STYLE, HeatMap, heat_map_picture
from qdsl.drawing.svg import safe
from qdsl.report.design.data import Design, DesignAxis, DesignPoint
from qdsl.report.design.text import (
    CUT_NOTE,
    cells_of,
    cut_rows,
    frontier_rows,
    gain_rows,
    grids_of,
    header_of,
    quantity_text,
)
from qdsl.report.design.words import answer_lines, at_text, limit_lines, title_of, unreached_lines
from qdsl.report.html.elements import facts, figure, glossary, section, table
from qdsl.report.html.shell import PageFrame, asset, framed
from qdsl.report.table import ReportTable

SCRIPT = '"use strict";\ndocument.documentElement.classList.add("js");\n'
TIMES = (("makespan", "at the links' mean rates"), ("mean", "mean"), ("p95", "95 % end within"))
MOST_COLUMNS = 14  # of a heat map; with more there are curves only


def design_page(found: Design) -> str:
    """The same bytes for the same findings."""
    parts = (
        ("answer", "Answer", (_answer(found), table(_frontier(found), titled=False))),
        ("figures", "Figures", tuple(_pictures(found))),
        ("limits", "What limits it", (_limits(found),)),
        ("gains", "What more would buy", (table(_gains(found), titled=False),)),
        ("cuts", "Pairs, or circuit cutting", (table(_cuts(found), titled=False),)),
        ("points", "Points", (table(_points(found), titled=False),)),
        ("words", "Words", (glossary(),)),
        ("provenance", "Provenance", (facts(_provenance(found), "facts"),)),
    )
    made = ((key, title, section(key, title, *inside)) for key, title, inside in parts)
    style = f"{asset('style.css')}{STYLE}\n"
    script = SCRIPT + asset("plots.js")
    frame = PageFrame(f"{title_of(found)} – qdsl sweep", __version__, style, script)
    return framed(frame, _head(found), [s for s in made if s[2]])


def _head(found: Design) -> str:
    values = "".join(
        f"<p>{safe(a.name)}: {len(a.values)} values, {safe(a.text(a.values[0]))} to "
        f"{safe(a.text(a.values[-1]))}</p>"
        for a in found.axes
    )
    return (
        f'<header class="top"><p class="eyebrow">qdsl sweep</p><h1>{safe(title_of(found))}</h1>'
        f'<div class="sub">{values}</div></header>\n'
    )


def _answer(found: Design) -> str:
    lines = [*answer_lines(found), *unreached_lines(found)]
    return "".join(f"<p>{safe(text)}</p>" for text in lines)


def _frontier(found: Design) -> ReportTable:
    head, *rows = frontier_rows(found) or [[]]
    return ReportTable("frontier", "Thresholds", tuple(head), tuple(map(tuple, rows)), words=0)


def _limits(found: Design) -> str:
    b = found.bottleneck
    if b is None:
        return ""
    lines = [f"At {at_text(found, b.point)}:", *limit_lines(b)]
    return "".join(f"<p>{safe(text)}</p>" for text in lines)


def _gains(found: Design) -> ReportTable:
    rows = gain_rows(found.bottleneck) if found.bottleneck is not None else [[]]
    note = "Twice as much, or half the infidelity or duration; each computed anew."
    head, body = tuple(rows[0]), tuple(map(tuple, rows[1:]))
    return ReportTable("gains", "What more would buy", head, body, notes=(note,))


def _cuts(found: Design) -> ReportTable:
    b = found.bottleneck
    rows = cut_rows(b) if b is not None and b.cuts else [[]]
    head, body = tuple(rows[0]), tuple(map(tuple, rows[1:]))
    notes = (f"For {b.cuts[0].executions:,} executions. {CUT_NOTE}",) if b and b.cuts else ()
    return ReportTable("cuts", "Pairs, or circuit cutting", head, body, notes=notes)


def _points(found: Design) -> ReportTable:
    rows = tuple(tuple(cells_of(found, p)) for p in found.points)
    return ReportTable("points", "Points", tuple(header_of(found)), rows, words=0)


def _provenance(found: Design) -> list[tuple[str, str]]:
    runs = [("random arrivals", f"{found.runs:,} runs, seed {found.seed}")] if found.runs else []
    named = [("qdsl", __version__), ("source", found.source), ("model", found.model)]
    return [*named, ("different programs compiled", str(found.compiled)), *runs]


# ---- pictures ----------------------------------------------------------------------------


def _pictures(found: Design) -> Iterator[str]:
    if len(found.axes) == 2 and len(found.axes[1].values) <= MOST_COLUMNS:
        for name in grids_of(found):
            yield _heat_map(found, name)
    else:
        yield from _curves(found)


def _heat_map(found: Design, name: str) -> str:
    down, across = found.axes
    at = {p.at: p for p in found.points}
    rows = [[at.get((a, b), DesignPoint((a, b))) for b in across.values] for a in down.values]
    drawn = heat_map_picture(
        HeatMap(
            f"{name} over {down.name} and {across.name}", down.name, across.name,
            list(map(down.text, down.values)), list(map(across.text, across.values)),
            [[p.quantity(name) for p in row] for row in rows],
            [[quantity_text(p, name) for p in row] for row in rows],
            [[bool(found.needs) and p.meets(found.needs) for p in row] for row in rows],
        )
    )  # fmt: skip
    outlined = " Outlined: all needs hold." if found.needs else ""
    return figure(drawn, f"{name}; darker: more.{outlined}")


def _curves(found: Design) -> Iterator[str]:
    """Times and the error over the first axis; of two axes a curve for the ends of the second."""
    axis = found.axes[0]
    lines = _lines(found)
    timed = [
        _curve(axis, line, name, f"{said}{of}")
        for of, line in lines
        for name, said in TIMES
        if any(p.quantity(name) for p in line)
    ]
    yield from _figure(timed, axis, "Time", "makespan (ms)", "Makespan; logarithmic.")
    errors = [_curve(axis, line, "error", f"1 - fidelity{of}") for of, line in lines]
    yield from _figure(errors, axis, "Error", "1 - fidelity", "Process infidelity; logarithmic.")


def _figure(
    curves: list[Curve], axis: DesignAxis, what: str, y_name: str, caption: str
) -> Iterator[str]:
    drawn = [c for c in curves if len(c.xs) > 1]
    if drawn:
        x_name, is_log = _x_name(axis)
        title = f"{what} over {axis.name}"
        yield figure(curves_picture(drawn, title, x_name, y_name, True, is_log, live=True), caption)


def _lines(found: Design) -> list[tuple[str, list[DesignPoint]]]:
    if len(found.axes) == 1:
        return [("", list(found.points))]
    second = found.axes[1]
    ends = dict.fromkeys((second.values[0], second.values[-1]))
    return [
        (f", {second.name} {second.text(v)}", [p for p in found.points if p.at[1] == v])
        for v in ends
    ]


def _x_name(axis: DesignAxis) -> tuple[str, bool]:
    units = {"rate": " (Hz)", "time": " (s)"}
    name = f"1 - {axis.name}" if axis.measure == "fidelity" else axis.name
    values = [_x(axis, v) for v in axis.values]
    return name + units.get(axis.measure, ""), axis.measure != "count" and min(values) > 0


def _x(axis: DesignAxis, value: float) -> float:
    return float(f"{1 - value:.12g}") if axis.measure == "fidelity" else value


def _curve(axis: DesignAxis, line: list[DesignPoint], name: str, said: str) -> Curve:
    """Only what a logarithmic axis can show."""
    points = []
    for p in line:
        value = p.quantity("fidelity" if name == "error" else name)
        if value is not None:
            y = 1 - value if name == "error" else value / 1e6
            if y > 0:
                points.append((_x(axis, p.at[0]), y))
    points.sort()
    return Curve(said, [x for x, _ in points], [y for _, y in points])
