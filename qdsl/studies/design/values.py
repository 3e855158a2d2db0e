"""What is asked for: axes such as `link.rate=10..1e6`, demands such as `makespan=10ms`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from math import inf, isfinite, log10
from typing import Final

from qdsl.api import UsageError
from qdsl.diagnostics.request_error import by_name
from qdsl.language.networks.network_properties import is_possible
from qdsl.language.syntax.spelling import closest
from qdsl.language.syntax.units import UNITS
from qdsl.network.network import Network
from qdsl.report.design.data import QUANTITIES, DesignAxis, Need
from qdsl.studies.design.properties import NetworkProperty, property_named

MOST_POINTS: Final = 2_000
POINTS: Final = 11
Given = str | float | Sequence[float | str]
_NUMBER = re.compile(r"\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*(\S*)\s*")
_DIMENSION = {"rate": "rate", "time": "time", "probability": "fraction", "fidelity": "fraction",
              "count": ""}  # fmt: skip
_UNITS = {"rate": "Hz, kHz or MHz", "time": "ns, us, ms or s", "probability": "%", "fidelity": "%"}
_RANGES = {"rate": "10..1e6", "time": "1us..10ms", "probability": "1e-5..0.1",
           "fidelity": "0.9..0.9999", "count": "1..8"}  # fmt: skip


def axes_of(
    over: Mapping[str, Given], network: Network, points: int
) -> tuple[tuple[NetworkProperty, DesignAxis], ...]:
    """One or two axes; UsageError for anything else, and for more points than a sweep may have."""
    over = by_name(over, "over", '{"link.rate": "10..1e6"}')
    if not 1 <= len(over) <= 2:
        raise UsageError(f"a sweep is over one or two properties, not {len(over)}")
    if not 2 <= points <= MOST_POINTS:
        raise UsageError(f"an axis has 2 to {MOST_POINTS} points, not {points}")
    found = tuple(_axis(name, given, network, points) for name, given in over.items())
    many = 1
    for _, axis in found:
        many *= len(axis.values)
    if many > MOST_POINTS:
        raise UsageError(f"{many:,} points are too many: a sweep has at most {MOST_POINTS:,}")
    if len(found) == 2 and _overlap(found[0][0], found[1][0]):
        raise UsageError(f"{found[0][0].name} and {found[1][0].name} set the same figures")
    return found


def _overlap(a: NetworkProperty, b: NetworkProperty) -> bool:
    is_alike = a.key == b.key or {a.key, b.key} == {"rate", "attempt_rate"}
    return a.is_link is b.is_link and is_alike and bool({*a.members} & {*b.members})


def _axis(
    name: str, given: Given, network: Network, points: int
) -> tuple[NetworkProperty, DesignAxis]:
    known = property_named(name, network)
    if isinstance(given, str) and ".." in given:
        values = _spaced(known, given, points)
    else:
        listed: Sequence[float | str]
        if isinstance(given, str):
            listed = given.split(",")
        else:
            listed = list(given) if isinstance(given, Iterable) else [given]
        values = tuple(sorted({_value(known, v) for v in listed}))
    if not values:
        raise UsageError(f"{name} has no value: write {_example(known)}")
    return known, DesignAxis(name, known.measure, values)


def _example(known: NetworkProperty) -> str:
    return f"{known.name}={_RANGES[known.measure]}"


def _value(known: NetworkProperty, given: float | str) -> float:
    """In Hz, s or as a number."""
    value = measured(given, known.measure)
    if value is None or not isfinite(value):
        units = _UNITS.get(known.measure)
        hint = f", a number, also in {units}" if units else ", a whole number"
        raise UsageError(f"'{given}' is no value of {known.name}{hint}: write {_example(known)}")
    if not is_possible(known.sort, value):
        raise UsageError(f"{known.name} is {known.sort.wanted}, not {str(given).strip()}")
    return value


def measured(given: float | str, measure: str) -> float | None:
    """A number with or without a unit, in base units; None if it is none."""
    if not isinstance(given, str):
        return float(given)
    found = _NUMBER.fullmatch(given)
    if found is None:
        return None
    number, unit = float(found[1]), found[2]
    if not unit:
        return number
    known = UNITS.get(unit)
    if known is None or known.dimension != _DIMENSION[measure]:
        return None
    scaled = number * known.scale  # 10 ms are 0.01 s, whatever 0.001 is in binary
    return float(f"{scaled:.15g}")


# ---- ranges ------------------------------------------------------------------------------


def _spaced(known: NetworkProperty, given: str, points: int) -> tuple[float, ...]:
    """`points` values from the first to the last, both included: whole numbers if it measures a
    count, else equal factors of the figure, or of what a fidelity lacks to 1."""
    parts = given.split("..")
    if len(parts) != 2 or not all(part.strip() for part in parts):
        raise UsageError(f"'{known.name}={given}' is no range: write {_example(known)}")
    low, high = (_value(known, part) for part in parts)
    if low > high:
        raise UsageError(
            f"'{known.name}={given}' is empty: the first exceeds the last; write "
            f"{known.name}={parts[1].strip()}..{parts[0].strip()}"
        )
    if low == high:
        raise UsageError(f"'{known.name}={given}' has one value: write {known.name}={parts[0]}")
    if known.measure == "count":
        return _whole(int(low), int(high), points)
    if known.measure == "fidelity" and high == 1:
        raise UsageError(
            f"'{known.name}={given}': what is spaced is 1 - fidelity, in equal "
            "factors; let the range end below 1, as 0.9..0.9999, or list values"
        )
    if low == 0:
        raise UsageError(
            f"'{known.name}={given}': times are spaced in equal factors; let the range"
            " begin above 0, or list values, as 0,1us,10us"
        )
    if known.measure != "fidelity":
        return _factors(low, high, points)
    lacking = _factors(float(f"{1 - high:.12g}"), float(f"{1 - low:.12g}"), points)
    inner = [float(f"{1 - e:.12g}") for e in reversed(lacking)][1:-1]
    return (low, *inner, high)


def _whole(low: int, high: int, points: int) -> tuple[float, ...]:
    if high - low < points:
        return tuple(map(float, range(low, high + 1)))
    if low == 0:
        return tuple(sorted({float(round(high * k / (points - 1))) for k in range(points)}))
    return tuple(sorted({float(round(v)) for v in _factors(low, high, points)}))


def _factors(low: float, high: float, points: int) -> tuple[float, ...]:
    """From low to high by equal factors; to 12 digits, so that every machine has the same."""
    a, b = log10(low), log10(high)
    inner = (10 ** (a + (b - a) * k / (points - 1)) for k in range(1, points - 1))
    return (float(low), *(float(f"{v:.12g}") for v in inner), float(high))


# ---- demands -----------------------------------------------------------------------------


def needs_of(given: Mapping[str, float | str], runs: int) -> tuple[Need, ...]:
    """At least a fidelity, at most of anything else; UsageError for what cannot be demanded."""
    return tuple(_need(name, bound, runs) for name, bound in given.items())


def _need(name: str, given: float | str, runs: int) -> Need:
    if name not in QUANTITIES:
        meant = closest(name, QUANTITIES)
        hint = f"did you mean '{meant}'?" if meant else f"there are {', '.join(QUANTITIES)}"
        raise UsageError(f"nothing is known of '{name}': {hint}")
    if name in ("mean", "p95") and not runs:
        raise UsageError(f"'{name}' is of runs with random arrivals: add --monte-carlo (runs=)")
    kind = {"fidelity": "fidelity", "ebits": "count", "rounds": "count"}.get(name, "time")
    bound = measured(given, kind)
    top = 1 if name == "fidelity" else inf
    if bound is None or not 0 <= bound <= top or not isfinite(bound):
        wanted = {"fidelity": "0.9", "count": "12", "time": "10ms"}[kind]
        raise UsageError(f"'{given}' is no bound of {name}: write {name}={wanted}")
    return Need(name, float(f"{bound * 1e9:.15g}") if kind == "time" else bound)
