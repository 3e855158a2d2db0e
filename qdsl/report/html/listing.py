"""The source with what every line of it costs."""

from __future__ import annotations

from collections import Counter

from qdsl.analysis.cost import LineCost
from qdsl.diagnostics.numbers import count
from qdsl.diagnostics.source import Source
from qdsl.drawing.svg import line, picture, safe
from qdsl.report.data import Report
from qdsl.report.html.elements import notes
from qdsl.report.html.program import PageProgram

WHOLE_UP_TO = 600  # lines; of a longer text, only what is near lines with operations
MOST_ROWS = 1500  # of a listing; lines that cost most come first
NEAR = 3
BAR = 44.0

Places = dict[tuple[str, int], int]


def listing(report: Report, program: PageProgram) -> str:
    """Every source, its lines with ebits, bits and operations beside them."""
    drawing = program.drawing
    places = {place: k for k, place in enumerate(drawing.lines)}
    busy = Counter(m.line for m in drawing.marks)
    costs = {(c.path, c.line): c for c in report.cost.lines}
    most = max((c.ebits for c in report.cost.lines), default=0)
    texts = [_text(s, k == 0, places, busy, costs, most) for k, s in enumerate(program.sources)]
    rest = costs.get(("", 0))
    unplaced = f"{rest.ebits} ebits come from no line of a source" if rest and rest.ebits else ""
    hint = '<p class="note script">Choose a line number to see its operations in the drawing.</p>'
    return hint + "".join(texts) + (notes([unplaced]) if unplaced else "")


def _text(source: Source, main: bool, places: Places, busy: Counter[int],
          costs: dict[tuple[str, int], LineCost], most: int) -> str:  # fmt: skip
    used = {n for n in range(1, source.n_lines + 1) if (source.path, n) in places}
    ebits = {n: c.ebits for (path, n), c in costs.items() if path == source.path}
    shown = _shown(source, main, used, ebits)
    if not shown:
        return ""
    left_out = len(used.difference(shown))
    said = f"{count(left_out, 'more line')} with operations: those with most ebits are listed"
    rows, before = [], 0
    for n in shown:
        if n != before + 1:
            rows.append('<tr class="gap"><td colspan="5">⋯</td></tr>')
        before = n
        place = places.get((source.path, n), -1)
        rows.append(_row(source, n, place, busy[place], costs.get((source.path, n)), most))
    if shown[-1] < _last(source):
        rows.append('<tr class="gap"><td colspan="5">⋯</td></tr>')
    head = (
        '<thead><tr><th scope="col" class="n">line</th><th scope="col" class="n">ebits</th>'
        '<th scope="col" class="n">bits</th><th scope="col" class="n">operations</th>'
        '<th scope="col">source</th></tr></thead>'
    )
    name = safe(source.path)
    return (
        f"<h3><code>{name}</code></h3>"
        f'<div class="scroll" tabindex="0" role="region" aria-label="{name}">'
        f'<table class="listing">{head}<tbody>{"".join(rows)}</tbody></table></div>'
        f"{notes([said]) if left_out else ''}"
    )


def _last(source: Source) -> int:
    """The last line that is not the empty rest behind a final line break."""
    last = source.n_lines
    return last - 1 if last > 1 and not source.line_text(last) else last


def _shown(source: Source, main: bool, used: set[int], ebits: dict[int, int]) -> list[int]:
    if main and source.n_lines <= WHOLE_UP_TO:
        return list(range(1, _last(source) + 1))
    if len(used) > MOST_ROWS:
        return sorted(sorted(used, key=lambda n: (-ebits.get(n, 0), n))[:MOST_ROWS])
    near = {k for n in used for k in range(n - NEAR, n + NEAR + 1)}
    return [n for n in sorted(near) if 1 <= n <= _last(source)]


def _row(source: Source, n: int, place: int, busy: int, cost: LineCost | None, most: int) -> str:
    ebits, bits = (cost.ebits, cost.classical_bits) if cost else (0, 0)
    button = str(n)
    if place >= 0:
        button = (
            f'<button type="button" data-line="{place}" aria-pressed="false" '
            f'aria-label="Line {n}: show its operations">{n}</button>'
        )
    width = BAR * ebits / most if most else 0.0
    bar = picture(BAR, 8, "", line(BAR - width, 4, BAR, 4, class_="bar")) if ebits else ""
    bar = bar.replace('role="img" aria-label=""', 'aria-hidden="true"')
    code = safe(source.line_text(n).expandtabs(4)[:400])
    numbers = "".join(f'<td class="n">{x or ""}</td>' for x in (bits, busy if place >= 0 else 0))
    return (
        f'<tr><td class="n">{button}</td><td class="n">{bar}{ebits or ""}</td>{numbers}'
        f"<td><code>{code}</code></td></tr>"
    )
