"""A sweep over properties of the network as text, in 80 columns."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from math import ceil

from qdsl.analysis.cutting import MOST
from qdsl.diagnostics.numbers import at_most
from qdsl.report.design.data import (
    NAMED,
    QUANTITIES,
    Bottleneck,
    Design,
    DesignPoint,
    Need,
)
from qdsl.report.design.words import answer_lines, at_text, limit_lines, title_of
from qdsl.report.table import aligned
from qdsl.report.terminal import WIDTH, clip, indented

CUT_NOTE = (
    "By formulas: the factor by which cutting a link's pairs multiplies executions, one by one or "
    "all together; bounds of the error of a result between -1 and 1, from its bias, 2 (1 - "
    "fidelity), and its standard error, with pairs and if all are cut together; from how many "
    "executions on the cut has the smaller bound."
)
ORDER = ("makespan", "mean", "p95", "fidelity", "ebits", "rounds")
MET = "*"  # behind a figure of a grid where all needs hold


def render_design(found: Design) -> str:
    """Table or grids, the answer, what limits the program, what more would buy."""
    title = title_of(found)
    lines = [title, "-" * min(len(title), WIDTH), *_figures(found)]
    notes = dict.fromkeys(p.note for p in found.points if p.note)
    lines += [line for note in list(notes)[:4] for line in indented(f"-: {note}", 0)]
    if found.runs:
        lines.append(f"mean and p95 of {found.runs:,} runs with random arrivals, seed {found.seed}")
    if not found.is_complete:
        return "\n".join([*lines, "", "Stopped: these points were finished."]) + "\n"
    for paragraph in answer_lines(found):
        lines += ["", *textwrap.wrap(paragraph.replace(" %", "\u00a0%"), WIDTH)]
    if frontier := frontier_rows(found):
        lines += ["", *aligned(frontier, {2})]
    if found.bottleneck is not None:
        lines += ["", *_limits(found, found.bottleneck)]
    return "\n".join(lines).replace("\u00a0", " ") + "\n"


def _figures(found: Design) -> list[str]:
    if len(found.axes) == 1:
        return _table(found)
    return [line for name in grids_of(found) for line in _grid(found, name)][:-1]


def grids_of(found: Design) -> list[str]:
    """The quantities that are shown by two properties: those that differ, and what is asked most
    often."""
    values = {name: {p.quantity(name) for p in found.points} for name in QUANTITIES}
    always = ("makespan", "fidelity")
    return [n for n in ORDER if values[n] != {None} and (n in always or len(values[n]) > 1)]


def columns_of(found: Design) -> list[str]:
    """The quantities that a table shows."""
    names = ["makespan", *(["mean", "p95"] if found.runs else []), "fidelity", "ebits"]
    asked = {n.quantity for n in found.needs}
    return [*names, *(["rounds"] if "rounds" in asked else [])]


def cells_of(found: Design, point: DesignPoint) -> list[str]:
    """A row of a table: the axes, the quantities, and what is missed."""
    at = [a.text(v) for a, v in zip(found.axes, point.at, strict=True)]
    values = [quantity_text(point, name) for name in columns_of(found)]
    missed = ", ".join(n.quantity for n in point.missed(found.needs))
    return [*at, *values, *([missed or "-"] if found.needs else [])]


def quantity_text(point: DesignPoint, name: str) -> str:
    found = point.quantity(name)
    return "-" if found is None else Need(name, 0).value_text(found)


def header_of(found: Design) -> list[str]:
    return [*(a.name for a in found.axes), *columns_of(found), *(["missed"] if found.needs else [])]


def _table(found: Design) -> list[str]:
    rows = [header_of(found), *(cells_of(found, p) for p in found.points)]
    left = {len(rows[0]) - 1} if found.needs else set()
    lines = aligned(rows, left)
    if max(map(len, lines)) <= WIDTH:
        return lines
    numbers = (str(len(p.missed(found.needs))) for p in found.points)
    return aligned([[*row[:-1], n] for row, n in zip(rows, ("missed", *numbers), strict=True)])


def _grid(found: Design, name: str) -> list[str]:
    """The first axis downwards, the second to the right; in several parts where it is too wide."""
    down, across = found.axes
    at = {p.at: p for p in found.points}
    marked = f"; {MET}: all needs hold" if found.needs else ""
    side = [down.name, *map(down.text, down.values)]
    columns = [
        [across.text(b), *(_cell(found, at.get((a, b)), name) for a in down.values)]
        for b in across.values
    ]
    lines = [f"{name} by {down.name} and, to the right, {across.name}{marked}"]
    if len(columns) > 1 and all(column[1:] == columns[0][1:] for column in columns):
        columns = [["any", *columns[0][1:]]]
    for part in _parts(columns, max(map(len, side))):
        lines += [*aligned(list(zip(side, *part, strict=True)), {0}), ""]
    return lines


def _cell(found: Design, point: DesignPoint | None, name: str) -> str:
    if point is None:
        return ""
    mark = (MET if point.meets(found.needs) else " ") if found.needs else ""
    return quantity_text(point, name) + mark


def _parts(columns: list[list[str]], side: int) -> Iterator[list[list[str]]]:
    part: list[list[str]] = []
    used = side
    for column in columns:
        wide = max(map(len, column)) + 2
        if part and used + wide > WIDTH:
            yield part
            part, used = [], side
        part.append(column)
        used += wide
    yield part


# ---- answers -----------------------------------------------------------------------------


def frontier_rows(found: Design) -> list[list[str]]:
    """With two axes, a header, and the threshold of the first at every value of the second."""
    if len(found.axes) == 1 or not found.thresholds:
        return []
    first, second = found.axes
    rows = [[second.name, first.name, "binding"]]
    for t in found.thresholds:
        sign = ">=" if t.is_least else "<="
        binding = ", ".join(n.quantity for n in t.binding) or "end of the range"
        rows.append([second.text(t.others[0]), f"{sign} {first.text(t.value)}", binding])
    return rows


def _limits(found: Design, b: Bottleneck) -> list[str]:
    lines = [f"What limits it, at {at_text(found, b.point)}"]
    for paragraph in limit_lines(b):
        lines += indented(paragraph)
    rows = gain_rows(b)
    if len(rows) > 1:
        title = "What twice as much would buy, or half the infidelity or duration"
        lines += ["", title, *(f"  {line}" for line in aligned(rows, {0}))]
        lines += [line for text in change_notes(b) for line in indented(text)]
    if b.cuts:
        title = f"Pairs, or circuit cutting, by link, for {b.cuts[0].executions:,} executions"
        rows = cut_rows(b)
        lines += ["", title, *(f"  {line}" for line in aligned(rows, {0})), *indented(CUT_NOTE)]
    return lines


def cut_rows(b: Bottleneck) -> list[list[str]]:
    """Header and a row a link."""
    rows = [["link", "pairs", "one by one", "together", "error", "if cut", "better", "cut from"]]
    for c in b.cuts:
        factors = map(_factor, (c.cut.one_by_one, c.cut.together))
        rows.append([clip(c.name, 20), f"{c.cut.pairs:,}", *factors, f"{c.error_with_pairs:.3g}",
                     f"{c.error_with_cut:.3g}", c.better, _executions(c.cut_from)])  # fmt: skip
    return rows


def _factor(factor: float) -> str:
    return f"x {at_most(factor)}" if factor < MOST else "> 1e300"


def _executions(number: float | None) -> str:
    return "never" if number is None else at_most(ceil(number))


def gain_rows(b: Bottleneck) -> list[list[str]]:
    """Header and a row a resource."""
    rows = [["resource", "from", "to", "makespan", "fidelity", "ebits"]]
    for g in b.gains:
        rows.append([g.title, g.before, g.after, factor_text(g.factor),
                     difference_text(g.fidelity), f"{g.ebits:+,}" if g.ebits else "0"])  # fmt: skip
    return rows


def change_notes(b: Bottleneck) -> list[str]:
    """What is changed where links or nodes differ."""
    notes = []
    for g in b.gains:
        if 1 < len(g.changes) <= NAMED:
            notes.append("; ".join(f"{c.name} {c.after} instead of {c.before}" for c in g.changes))
        elif len(g.changes) > NAMED:
            notes.append(f"{g.resource}: all {len(g.changes)} values, each by itself")
    return notes


def factor_text(factor: float) -> str:
    return f"x {factor:.3g}"


def difference_text(difference: float) -> str:
    return "0" if abs(difference) < 5e-7 else f"{difference:+.3g}"
