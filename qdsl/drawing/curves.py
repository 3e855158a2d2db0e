"""Curves of numbers as a picture, coloured by the page's classes `s0`, `s1`, ..."""

from __future__ import annotations

import json
from collections.abc import Sequence
from math import ceil, floor, log10

from qdsl.diagnostics.numbers import integer
from qdsl.drawing.svg import label, line, number, picture, safe, tag
from qdsl.records import dataclass

WIDTH, HEIGHT = 460.0, 280.0
LEFT, RIGHT, TOP, BOTTOM = 62.0, 14.0, 14.0, 44.0
MOST_DOTS = 60
MEANINGS = ("ebits", "bits", "classical", "loss", "held-out")
SHORT = 26  # letters of a name that has half of a line in the legend
FINE = 2.0  # decades; a logarithmic axis of fewer has ticks at 1, 2 and 5
_COLORS = {  # light, dark
    "m-ebits": ("#b5127b", "#ff7ac6"), "m-bits": ("#1d5fbf", "#79b0ff"),
    "m-classical": ("#a35200", "#f0a55a"), "m-loss": ("#6b3fb5", "#bd9bff"),
    "m-held-out": ("#14703f", "#76d39c"), "s0": ("#0057b8", "#6cb2ff"),
    "s1": ("#b84a00", "#ff9d5c"), "s2": ("#2a7f3f", "#74d48b"),
}  # fmt: skip
_LIGHT = "".join(f".{k}{{stroke:{a};fill:{a}}}" for k, (a, _) in _COLORS.items())
_DARK = "".join(f".{k}{{stroke:{b};fill:{b}}}" for k, (_, b) in _COLORS.items())
_STYLE = (
    "svg{font:12px sans-serif;color:#1a1a1a;background:#fff}.curve{fill:none;stroke-width:2}"
    ".grid{stroke:#ddd}.axis{stroke:currentColor}.end{text-anchor:end}.mid{text-anchor:middle}"
    "text{fill:currentColor}.dashed .curve{stroke-dasharray:6 4}" + _LIGHT + "g text{stroke:none;"
    "fill:currentColor}@media(prefers-color-scheme:dark){svg{color:#eee;background:#161616}"
    ".grid{stroke:#444}" + _DARK + "}"
)


@dataclass(frozen=True, slots=True)
class Curve:
    """Points from left to right; `ys` are numbers of any size, above 0 on a logarithmic axis.

    `meaning` is one of `MEANINGS`, each of which has one colour on all pictures; "" takes the next
    of the others.
    """

    name: str
    xs: Sequence[float]
    ys: Sequence[float]
    meaning: str = ""
    dashed: bool = False


@dataclass(frozen=True, slots=True)
class Axis:
    """From `low` to `high`, as logarithms to base 10 if `is_log`."""

    name: str
    low: float
    high: float
    is_log: bool
    ticks: tuple[float, ...]

    def part(self, value: float) -> float:
        """Where a value lies, 0 to 1."""
        at = log10(value) if self.is_log else value
        return (at - self.low) / (self.high - self.low)

    def at(self, tick: float) -> float:
        """Where a tick stands, 0 to 1."""
        return (tick - self.low) / (self.high - self.low)

    def text(self, tick: float) -> str:
        if not self.is_log:
            return f"{tick:.6g}"
        if tick != int(tick):
            return f"{float(f'{10**tick:.1g}'):g}"
        return f"{10**tick:g}" if -3 <= tick <= 4 else f"1e{tick:g}"


def axis(name: str, values: Sequence[float], is_log: bool = False) -> Axis:
    """The axis that holds all values, with round ticks."""
    if is_log:
        if log10(max(values)) - log10(min(values)) < FINE:
            return _fine_axis(name, log10(min(values)), log10(max(values)))
        least, most = floor(log10(min(values))), ceil(log10(max(values)))
        powers = range(least, most + 1, max(1, ceil((most - least) / 7)))
        return Axis(name, float(least), float(most), True, tuple(map(float, powers)))
    low, high = float(min(values)), float(max(values))
    if high <= low:
        low, high = low - (abs(low) or 1) / 2, high + (abs(high) or 1) / 2
    step = _round_step((high - low) / 5)
    if all(v == int(v) for v in values):
        step = max(step, 1.0)
    first, last = floor(low / step + 1e-9), ceil(high / step - 1e-9)
    ticks = tuple(k * step for k in range(first, last + 1))
    return Axis(name, ticks[0], ticks[-1], False, ticks)


def _fine_axis(name: str, least: float, most: float) -> Axis:
    """A logarithmic axis between the nearest of 1, 2 and 5 times powers of ten."""
    steps = [k + log10(m) for k in range(floor(least) - 1, ceil(most) + 2) for m in (1, 2, 5)]
    low = max(s for s in steps if s <= least + 1e-9)
    high = min(s for s in steps if s >= most - 1e-9 and s > low + 1e-9)
    ticks = tuple(s for s in steps if low <= s <= high)
    return Axis(name, low, high, True, ticks)


def spreads(curves: Sequence[Curve], times: float = 50.0) -> bool:
    """Whether values are all above 0 and differ so much that a logarithmic axis shows more."""
    ys = [y for c in curves for y in c.ys]
    return bool(ys) and min(ys) > 0 and max(ys) >= times * min(ys)


def _round_step(rough: float) -> float:
    size = float(10.0 ** floor(log10(rough)))
    return next(k * size for k in (1, 2, 5, 10) if k * size >= rough * 0.999)


def curves_picture(
    curves: Sequence[Curve],
    title: str,
    x_name: str,
    y_name: str,
    log_y: bool = False,
    log_x: bool = False,
    live: bool = False,
) -> str:
    """All curves over common axes, with a legend. Curves without points are left out. `live`: with
    its numbers, for the page's script."""
    drawn = [c for c in curves if len(c.xs)]
    x = axis(x_name, [v for c in drawn for v in c.xs], log_x)
    y = axis(y_name, [v for c in drawn for v in c.ys], log_y)
    parts = [*_grid(x, y), *(_curve(c, k, x, y) for k, c in enumerate(drawn))]
    rows = _legend_rows(drawn) if len(drawn) > 1 else []
    body = tag("g", "".join(parts), class_="field") + "".join(_axis_names(x, y))
    body += tag("g", _legend(rows), transform=f"translate(0 {number(HEIGHT)})") if rows else ""
    made = picture(WIDTH, HEIGHT + 22.0 * len(rows), title, body, class_="curves")
    if not live:
        return made
    return made.replace("<svg", f'<svg data-plot="{safe(_numbers(drawn, x, y))}"', 1)


def _numbers(curves: Sequence[Curve], x: Axis, y: Axis) -> str:
    """JSON of axes and curves; on a logarithmic axis, of the logarithms. `said`: the values as they
    are read."""

    def ends(a: Axis) -> dict[str, object]:
        return {"name": a.name, "log": a.is_log, "low": a.low, "high": a.high}

    def places(a: Axis, values: Sequence[float]) -> list[float]:
        return [float(f"{log10(v) if a.is_log else v:.12g}") for v in values]

    found = [
        {"name": c.name, "look": _look(c, k), "xs": places(x, c.xs), "ys": places(y, c.ys),
         "said": [integer(v) if isinstance(v, int) else f"{v:.6g}" for v in c.ys]}
        for k, c in enumerate(curves)
    ]  # fmt: skip
    return json.dumps({"x": ends(x), "y": ends(y), "curves": found}, separators=(",", ":"))


def self_contained(drawn: str) -> str:
    """The picture as a file of its own, light and dark."""
    opening, rest = drawn.split(">", 1)
    if "xmlns=" not in opening:
        opening = opening.replace("<svg", '<svg xmlns="http://www.w3.org/2000/svg"', 1)
    return f"{opening}><style>{_STYLE}</style>{rest}\n"


def _x(part: float) -> float:
    return LEFT + part * (WIDTH - LEFT - RIGHT)


def _y(part: float) -> float:
    return HEIGHT - BOTTOM - part * (HEIGHT - TOP - BOTTOM)


def _grid(x: Axis, y: Axis) -> list[str]:
    right, bottom = WIDTH - RIGHT, HEIGHT - BOTTOM
    found = []
    for t in y.ticks:
        at = _y(y.at(t))
        found.append(line(LEFT, at, right, at, class_="grid"))
        found.append(label(LEFT - 8, at + 4, y.text(t), class_="tick end"))
    for t in x.ticks:
        at = _x(x.at(t))
        found.append(line(at, bottom, at, bottom + 4, class_="axis"))
        found.append(label(at, bottom + 18, x.text(t), class_="tick mid"))
    found.append(line(LEFT, bottom, right, bottom, class_="axis"))
    return found


def _axis_names(x: Axis, y: Axis) -> list[str]:
    right, bottom = WIDTH - RIGHT, HEIGHT - BOTTOM
    turn = f"translate(13 {number((TOP + bottom) / 2)}) rotate(-90)"
    return [
        label((LEFT + right) / 2, HEIGHT - 6, x.name, class_="name mid"),
        label(0, 0, y.name, class_="name mid", transform=turn),
    ]


def _curve(c: Curve, k: int, x: Axis, y: Axis) -> str:
    points = [(_x(x.part(a)), _y(y.part(b))) for a, b in zip(c.xs, c.ys, strict=True)]
    path = "M" + "L".join(f"{number(a)} {number(b)}" for a, b in points)
    dots = points if len(points) <= MOST_DOTS else []
    return tag(
        "g",
        tag("path", d=path, class_="curve")
        + "".join(tag("circle", cx=a, cy=b, r=3.2, class_="dot") for a, b in dots),
        class_=_look(c, k),
    )


def _look(c: Curve, k: int) -> str:
    """The class that colours a curve; `k` of those without a meaning."""
    return (f"m-{c.meaning}" if c.meaning else f"s{k % 6}") + (" dashed" if c.dashed else "")


def _legend_rows(curves: Sequence[Curve]) -> list[list[tuple[int, Curve]]]:
    """Curves with their numbers, two in a row if all names are short."""
    across = 2 if all(len(c.name) <= SHORT for c in curves) else 1
    numbered = list(enumerate(curves))
    return [numbered[k : k + across] for k in range(0, len(curves), across)]


def _legend(rows: list[list[tuple[int, Curve]]]) -> str:
    found = []
    for row, entries in enumerate(rows):
        for column, (k, c) in enumerate(entries):
            x, y = LEFT + column * 190, 8 + row * 22
            drawn = line(x, y, x + 20, y, class_="curve")
            drawn += label(x + 26, y + 4, c.name[:60], class_="tick")
            found.append(tag("g", drawn, class_=_look(c, k)))
    return "".join(found)
