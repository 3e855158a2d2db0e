"""From which value of a property on all demands hold: between two points of the sweep by bisection,
each step computed anew."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from math import ceil, floor, log10, sqrt
from typing import Final

from qdsl.report.design.data import DesignAxis, DesignPoint, Need, Threshold

WITHIN: Final = 0.01  # of the value; for fidelities of what they lack to 1
MOST_STEPS: Final = 60

PointAt = Callable[[float], DesignPoint]


def thresholds_along(
    axis: DesignAxis,
    line: Sequence[DesignPoint],
    needs: tuple[Need, ...],
    others: tuple[float, ...],
    point_at: PointAt,
) -> tuple[Threshold, ...]:
    """Along one axis, the others at these values; `line`: its points. One where the demands hold on
    one side only, none where they hold nowhere, several where they hold in several ranges; the end
    of the range where they hold up to it and it is the better one."""
    holds = [p.meets(needs) for p in line]
    found = []
    for k, (before, after) in enumerate(pairwise(holds)):
        if before != after:
            good, bad = (k + 1, k) if after else (k, k + 1)
            found.append(_bisected(axis, line, needs, others, good, bad, point_at))
    if found or not holds[0]:
        return tuple(found)
    edge = _edge(line, needs)
    end = line[edge]
    value = axis.values[edge]
    return (Threshold(others, value, edge == 0, (), True, end),)


def _edge(line: Sequence[DesignPoint], needs: tuple[Need, ...]) -> int:
    """Where all points meet the demands: the end that meets them less well, first or last."""
    first, last = (tuple(p.quantity(n.quantity) or 0.0 for n in needs) for p in (line[0], line[-1]))
    for need, a, b in zip(needs, first, last, strict=True):
        if a != b:
            return 0 if (a < b) == need.is_least else -1
    return 0


def _bisected(
    axis: DesignAxis,
    line: Sequence[DesignPoint],
    needs: tuple[Need, ...],
    others: tuple[float, ...],
    good: int,
    bad: int,
    point_at: PointAt,
) -> Threshold:
    within, beyond = axis.values[good], axis.values[bad]
    here, there = line[good], line[bad]
    for _ in range(MOST_STEPS):
        middle = between(axis.measure, within, beyond)
        if middle is None:
            break
        point = point_at(middle)
        if point.meets(needs):
            within, here = middle, point
        else:
            beyond, there = middle, point
    short = rounded(axis.measure, within, within > beyond)
    if short != within and min(within, axis.values[good]) <= short <= max(
        within, axis.values[good]
    ):
        point = point_at(short)
        if point.meets(needs):
            within, here = short, point
    return Threshold(others, within, within > beyond, there.missed(needs), False, here)


def rounded(measure: str, value: float, is_up: bool) -> float:
    """The next value in three digits, upwards or downwards; of a fidelity three of what it lacks
    to 1. So what is shown is what was computed."""
    if measure == "count" or value <= 0 or (measure == "fidelity" and value >= 1):
        return value
    number = 1 - value if measure == "fidelity" else value
    unit = 10.0 ** (floor(log10(number)) - 2)
    steps = number / unit
    round_up = is_up != (measure == "fidelity")
    whole = ceil(steps - 1e-6) if round_up else floor(steps + 1e-6)
    short = float(f"{whole * unit:.6g}")
    return float(f"{1 - short:.12g}") if measure == "fidelity" else short


def between(measure: str, a: float, b: float) -> float | None:
    """A value between two of them; None if they are near enough."""
    if measure == "count":
        middle = float((int(a) + int(b)) // 2)
        return middle if min(a, b) < middle < max(a, b) else None
    if measure == "fidelity":
        lacking = 1 - a, 1 - b
        if max(lacking) <= (1 + WITHIN) * min(lacking) or max(lacking) < 1e-12:
            return None
        return 1 - _middle(*lacking)
    if max(a, b) <= (1 + WITHIN) * min(a, b) or max(a, b) < 1e-9:
        return None
    return _middle(a, b)


def _middle(a: float, b: float) -> float:
    """By factors, where both are above 0."""
    return sqrt(a * b) if a > 0 and b > 0 else max(a, b) / 2 if max(a, b) > 1e-9 else 0.0
