"""A sweep as text, CSV, JSON and picture."""

from __future__ import annotations

import csv
import io
import math
import textwrap
from collections.abc import Iterator
from dataclasses import asdict, fields
from typing import Any

from qdsl.analysis.findings import Scaling, SweepAxis, SweepPoint
from qdsl.diagnostics.numbers import integer
from qdsl.drawing.curves import Curve, curves_picture, self_contained
from qdsl.report.text_findings import crossover_text

SCHEMA = "qdsl-scaling/1"
WIDTH, HEIGHT = 80, 16
LEFT = 9  # columns of a text plot before its axis
COLUMNS = tuple(f.name for f in fields(SweepPoint) if f.name != "settings")


def scaling_json(found: Scaling, model: str, source: str) -> dict[str, Any]:
    """JSON-ready; `docs/reference/scaling.schema.json` is its schema."""
    return {"schema": SCHEMA, "source": source, "model": model, **asdict(found)}


def scaling_csv(found: Scaling) -> str:
    """A line a point: the swept parameters, then every count; empty where not known."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    names = [axis.name for axis in found.axes]
    writer.writerow([*names, *COLUMNS])
    for p in found.points:
        at = dict(p.settings)
        cells = [getattr(p, c) for c in COLUMNS]
        writer.writerow([*(at[n] for n in names), *("" if c is None else c for c in cells)])
    return out.getvalue()


# ---- text --------------------------------------------------------------------------------


def render_scaling(found: Scaling, title: str) -> str:
    """Table, plot over the first axis, crossover; 80 columns."""
    lines = [title, "-" * min(len(title), WIDTH), *_table(found), ""]
    lines += _text_plot(found)
    if found.crossover is not None:
        fixed = ", ".join(f"{a.name} = {a.values[0]}" for a in found.axes[1:])
        at = f" (at {fixed})" if fixed else ""
        lines += ["", *_wrapped(f"crossover{at}: {crossover_text(found.crossover)}")]
    notes = dict.fromkeys(p.note for p in found.points if p.note)
    lines += [""] * bool(notes)
    for note in list(notes)[:6]:
        at_note = (p.settings for p in found.points if p.note == note)
        sizes = [", ".join(f"{k} = {v}" for k, v in settings) for settings in at_note]
        shown = "; ".join(sizes[:3]) + (f" and {len(sizes) - 3} more" if len(sizes) > 3 else "")
        lines += _wrapped(f"{shown}: {note}")
    return "\n".join(lines) + "\n"


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, WIDTH, subsequent_indent="  ")


def _table(found: Scaling) -> list[str]:
    names = [axis.name for axis in found.axes]
    header = [*names, "qubits", "ebits", "rounds", "runs", "all ebits", "classical", "verdict"]
    rows = [header]
    for p in found.points:
        at = dict(p.settings)
        verdict = p.verdict or {"formula": "by formula", "none": "not compiled"}.get(p.counted, "")
        rows.append([*(str(at[n]) for n in names), *(
            "-" if x is None else integer(x)
            for x in (p.qubits, p.ebits, p.rounds, p.executions, p.total_ebits, p.baseline_bits)
        ), verdict])  # fmt: skip
    widths = [max(len(r[k]) for r in rows) for k in range(len(header))]
    out = []
    for r in rows:
        cells = [c.rjust(w) for c, w in zip(r[:-1], widths, strict=False)]
        line = "  ".join([*cells, r[-1]]).rstrip()
        out.append(line if len(line) <= WIDTH else "  ".join([*cells, r[-1].partition(",")[0]]))
    return out


def _line(found: Scaling) -> list[SweepPoint]:
    """The points along the first axis, the others at their first values."""
    fixed = {axis.name: axis.values[0] for axis in found.axes[1:]}
    return [p for p in found.points if fixed.items() <= dict(p.settings).items()]


MEANINGS = {"q": "ebits", "c": "classical"}  # by mark


def _series(found: Scaling, first: SweepAxis) -> Iterator[tuple[str, str, list[tuple[int, int]]]]:
    for mark, name, key in (
        ("q", "ebits, all executions", "total_ebits"),
        ("c", "best classical, bits", "baseline_bits"),
    ):
        points = [
            (dict(p.settings)[first.name], value)
            for p in _line(found)
            if (value := getattr(p, key)) is not None and value > 0
        ]
        yield mark, name, points


def _text_plot(found: Scaling) -> list[str]:
    """A logarithmic plot in characters: q quantum, c classical, * both."""
    if not found.axes:
        return []
    first = found.axes[0]
    series = list(_series(found, first))
    values = [v for _, _, points in series for _, v in points]
    if len({x for _, _, points in series for x, _ in points}) < 2:
        return []
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    high = max(high, low + 1)
    xs = sorted({x for _, _, points in series for x, _ in points})
    grid = [[" "] * (WIDTH - LEFT - 1) for _ in range(HEIGHT)]
    for mark, _, points in series:
        for x, v in points:
            column = round((x - xs[0]) / (xs[-1] - xs[0]) * (WIDTH - LEFT - 2))
            row = HEIGHT - 1 - round((math.log10(v) - low) / (high - low) * (HEIGHT - 1))
            grid[row][column] = "*" if grid[row][column] not in (" ", mark) else mark
    lines = ["bits or ebits for one inference; q: quantum, c: best classical, *: both"]
    labelled: set[int] = set()
    for k, cells in enumerate(grid):
        exponent = low + (HEIGHT - 1 - k) * (high - low) / (HEIGHT - 1)
        nearest = round(exponent)
        step = (high - low) / (HEIGHT - 1)
        is_near = abs(exponent - nearest) <= step / 2 and nearest not in labelled
        labelled |= {nearest} if is_near else set()
        label = f"1e{nearest}" if is_near else ""
        lines.append(f"{label:>{LEFT - 1}} |{''.join(cells)}".rstrip())
    lines.append(" " * LEFT + "+" + "-" * (WIDTH - LEFT - 1))
    ends = f"{first.name} = {xs[0]}", f"{xs[-1]}"
    lines.append(" " * LEFT + ends[0] + ends[1].rjust(WIDTH - LEFT - len(ends[0])))
    return lines


# ---- picture -----------------------------------------------------------------------------


def scaling_svg(found: Scaling, title: str) -> str | None:
    """One self-contained SVG, light and dark; None with fewer than two sizes to draw."""
    if not found.axes:
        return None
    first = found.axes[0]
    curves = [
        Curve(name, [float(x) for x, _ in points], [y for _, y in points], MEANINGS[mark])
        for mark, name, points in _series(found, first)
        if len(points) > 1
    ]
    if not curves:
        return None
    drawn = curves_picture(curves, title, first.name, "ebits or bits", log_y=True)
    return self_contained(drawn)
