"""Curves of numbers as a picture, coloured by the page's classes `s0`, `s1`, ..."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, floor, log10

from qdsl.drawing.svg import label, line, number, picture, tag
from qdsl.records import dataclass

WIDTH, HEIGHT = 460.0, 280.0
LEFT, RIGHT, TOP, BOTTOM = 62.0, 14.0, 14.0, 44.0
MOST_DOTS = 60
_STYLE = (
    "svg{font:12px sans-serif;color:#1a1a1a;background:#fff}.curve{fill:none;stroke-width:2}"
    ".grid{stroke:#ddd}.axis{stroke:currentColor}.end{text-anchor:end}.mid{text-anchor:middle}"
    "text{fill:currentColor}.s0{stroke:#0057b8;fill:#0057b8}.s1{stroke:#b84a00;fill:#b84a00}"
    ".s2{stroke:#2a7f3f;fill:#2a7f3f}.s0 text,.s1 text,.s2 text{stroke:none;fill:currentColor}"
    "@media(prefers-color-scheme:dark){svg{color:#eee;background:#161616}.grid{stroke:#444}"
    ".s0{stroke:#6cb2ff;fill:#6cb2ff}.s1{stroke:#ff9d5c;fill:#ff9d5c}"
    ".s2{stroke:#74d48b;fill:#74d48b}}"
)


@dataclass(frozen=True, slots=True)
class Curve:
    """Points from left to right; `ys` are numbers of any size, above 0 on a logarithmic axis."""

    name: str
    xs: Sequence[float]
    ys: Sequence[float]


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
        return f"{10**tick:g}" if 0 <= tick <= 4 else f"1e{tick:g}"


def axis(name: str, values: Sequence[float], is_log: bool = False) -> Axis:
    """The axis that holds all values, with round ticks."""
    if is_log:
        least, most = floor(log10(min(values))), ceil(log10(max(values)))
        most = max(most, least + 1)
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
) -> str:
    """All curves over common axes, with a legend. Curves without points are left out."""
    drawn = [c for c in curves if len(c.xs)]
    x = axis(x_name, [v for c in drawn for v in c.xs], log_x)
    y = axis(y_name, [v for c in drawn for v in c.ys], log_y)
    parts = [*_grid(x, y), *(_curve(c, k, x, y) for k, c in enumerate(drawn))]
    legend = _legend(drawn) if len(drawn) > 1 else ""
    extra = 22.0 * ((len(drawn) + 1) // 2) if legend else 0.0
    body = "".join(parts) + tag("g", legend, transform=f"translate(0 {number(HEIGHT)})")
    return picture(WIDTH, HEIGHT + extra, title, body, class_="curves")


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
    found.append(label((LEFT + right) / 2, HEIGHT - 6, x.name, class_="name mid"))
    turn = f"translate(13 {number((TOP + bottom) / 2)}) rotate(-90)"
    found.append(label(0, 0, y.name, class_="name mid", transform=turn))
    return found


def _curve(c: Curve, k: int, x: Axis, y: Axis) -> str:
    points = [(_x(x.part(a)), _y(y.part(b))) for a, b in zip(c.xs, c.ys, strict=True)]
    path = "M" + "L".join(f"{number(a)} {number(b)}" for a, b in points)
    dots = points if len(points) <= MOST_DOTS else []
    return tag(
        "g",
        tag("path", d=path, class_="curve")
        + "".join(tag("circle", cx=a, cy=b, r=3.2, class_="dot") for a, b in dots),
        class_=f"s{k % 6}",
    )


def _legend(curves: Sequence[Curve]) -> str:
    found = []
    for k, c in enumerate(curves):
        x, y = LEFT + (k % 2) * 190, 8 + (k // 2) * 22
        found.append(
            tag(
                "g",
                line(x, y, x + 20, y, class_="curve")
                + label(x + 26, y + 4, c.name[:26], class_="tick"),
                class_=f"s{k % 6}",
            )
        )
    return "".join(found)
