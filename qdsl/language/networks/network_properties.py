"""The properties of nodes and links: their units and ranges."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from qdsl.diagnostics.diagnostic import Diagnostics
from qdsl.diagnostics.reported import Refusal
from qdsl.language import syntax
from qdsl.language.networks.errors import InvalidProperty, UnknownProperty
from qdsl.language.syntax.spelling import closest
from qdsl.language.syntax.units import UNITS
from qdsl.language.typed.evaluate import evaluate
from qdsl.language.typed.expressions import typed
from qdsl.language.values.domain import describe
from qdsl.language.values.errors import TypeMismatch, WrongUnit
from qdsl.language.values.scope import Scope
from qdsl.records import dataclass

MAX_COUNT = 1_000_000_000
MAX_TIME_S = 1e6


@dataclass(frozen=True, slots=True)
class Sort:
    """What a property measures, how it is said, and an example."""

    dimension: str  # "count", "fidelity", "rate", "time" or "name"
    wanted: str
    example: str


_COUNT = Sort("count", "a whole number that is not negative", "2")
_FIDELITY = Sort("fidelity", "a number above 0 and up to 1", "0.97")
_TIME = Sort("time", "a time in ns, us, ms or s", "50 us")

NODE: Mapping[str, Sort] = {
    "qubits": _COUNT, "comm": _COUNT, "gate_fidelity": _FIDELITY, "gate_time": _TIME,
    "one_qubit_time": _TIME, "two_qubit_time": _TIME, "readout_time": _TIME,
}  # fmt: skip
LINK: Mapping[str, Sort] = {
    "fidelity": _FIDELITY,
    "rate": Sort("rate", "a rate in Hz, kHz or MHz", "200 Hz"),
    "latency": _TIME,
    "preset": Sort("name", "the name of a preset", "ion_2025_demonstrated"),
}


@dataclass(slots=True)
class Figures:
    """Properties in base units (Hz, seconds); `wrong`: given, but reported as errors."""

    values: dict[str, float] = field(default_factory=dict)
    preset: syntax.Name | None = None
    wrong: set[str] = field(default_factory=set)

    def count(self, name: str, default: int) -> int:
        return int(self.values.get(name, default))

    def time_ns(self, name: str, default: int = 0) -> int:
        return round(self.values[name] * 1e9) if name in self.values else default


def read_properties(
    properties: tuple[syntax.Property, ...], sorts: Mapping[str, Sort], problems: Diagnostics
) -> Figures:
    """The properties, each checked; what is wrong is reported and left out."""
    figures = Figures()
    seen: set[str] = set()
    for item in properties:
        name = item.name.id
        if name not in sorts or name in seen:
            meant = None if name in seen else closest(name, sorts)
            problem = UnknownProperty(item.name.span, name, tuple(sorts), meant, name in seen)
            problems.add(problem)
            if meant:
                figures.wrong.add(meant)
            continue
        seen.add(name)
        try:
            _take(item, sorts[name], figures)
        except Refusal as refusal:
            problems.add(refusal.problem)
            figures.wrong.add(name)
    return figures


def _take(item: syntax.Property, sort: Sort, figures: Figures) -> None:
    if sort.dimension == "name":
        if not isinstance(item.value, syntax.Name):
            raise Refusal(TypeMismatch(item.value.span, sort.wanted, "this"))
        figures.preset = item.value
        return
    number = (
        _plain(item, sort) if sort.dimension in ("count", "fidelity") else _measured(item, sort)
    )
    if not is_possible(sort, number):
        found = item.value.span.text
        raise Refusal(InvalidProperty(item.value.span, item.name.id, sort.wanted, found))
    figures.values[item.name.id] = number


def is_possible(sort: Sort, number: float) -> bool:
    """Whether a figure in base units makes sense."""
    if sort.dimension == "count":
        return 0 <= number <= MAX_COUNT and number == int(number)
    if sort.dimension == "fidelity":
        return 0 < number <= 1
    if sort.dimension == "rate":
        return 1e-9 <= number <= 1e15
    return 0 <= number <= MAX_TIME_S


def _plain(item: syntax.Property, sort: Sort) -> float:
    """A number without unit; a fidelity may be in per cent."""
    value = item.value
    if isinstance(value, syntax.Quantity):
        if sort.dimension == "fidelity" and UNITS[value.unit].dimension == "fraction":
            return value.value * UNITS[value.unit].scale
        suggestion = f"write `{item.name.id} {sort.example}`"
        raise Refusal(WrongUnit(value.span, value.unit, f"{sort.wanted}, without unit", suggestion))
    return _number(value, sort)


def _measured(item: syntax.Property, sort: Sort) -> float:
    value = item.value
    if isinstance(value, syntax.Quantity) and UNITS[value.unit].dimension == sort.dimension:
        return value.value * UNITS[value.unit].scale
    unit = value.unit if isinstance(value, syntax.Quantity) else None
    if unit is None:
        _number(value, sort)
    number = value.span.text.removesuffix(unit or "").strip()
    base = {"rate": "Hz", "time": "us"}[sort.dimension]
    raise Refusal(
        WrongUnit(value.span, unit, sort.wanted, f"write `{item.name.id} {number} {base}`")
    )


def _number(value: syntax.Expr, sort: Sort) -> float:
    found = evaluate(typed(value), Scope())
    if isinstance(found, bool) or not isinstance(found, (int, float)):
        raise Refusal(TypeMismatch(value.span, sort.wanted, describe(found)))
    return float(found) if abs(found) < 1e300 else 1e300
