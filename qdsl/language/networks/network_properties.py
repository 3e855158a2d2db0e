"""The properties of nodes and links: their units and ranges."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field, replace

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
from qdsl.network.models import MOST_LEVELS, PROTOCOLS, PairState
from qdsl.records import dataclass

MAX_COUNT = 1_000_000_000
MAX_TIME_S = 1e6
WITHOUT_UNIT = ("count", "some", "levels", "fidelity", "places")


@dataclass(frozen=True, slots=True)
class Sort:
    """What a property measures, how it is said, and an example."""

    dimension: str  # "count", "some", "levels", "fidelity", "rate", "time", "state" or "name"
    wanted: str
    example: str


_COUNT = Sort("count", "a whole number that is not negative", "2")
_SOME = Sort("some", "a whole number above 0", "2")
_FIDELITY = Sort("fidelity", "a number above 0 and up to 1", "0.97")
_TIME = Sort("time", "a time in ns, us, ms or s", "50 us")

_LIMIT = Sort("limit", "a time in ns, us, ms or s, above 0", "1 s")

NODE: Mapping[str, Sort] = {
    "qubits": _COUNT, "comm": _COUNT, "gate_fidelity": _FIDELITY, "gate_time": _TIME,
    "one_qubit_time": _TIME, "two_qubit_time": _TIME, "readout_time": _TIME, "reset_time": _TIME,
    "one_qubit_fidelity": _FIDELITY, "readout_fidelity": _FIDELITY, "reset_fidelity": _FIDELITY,
    "t1": _LIMIT, "t2": _LIMIT, "comm_t1": _LIMIT, "comm_t2": _LIMIT,
    "gates_at_once": _SOME, "two_qubit_gates_at_once": _SOME,
    "hardware": Sort("name", "the name of a preset with figures of nodes", "ionq_forte_2026"),
    "device": Sort("device", "the name of a device or of a coupling-map file", '"fake_torino"'),
    "comm_at": Sort("places", "a list of different qubits of the device, from 0 on", "[0, 5]"),
}  # fmt: skip
LINK: Mapping[str, Sort] = {
    "fidelity": _FIDELITY,
    "rate": Sort("rate", "a rate in Hz, kHz or MHz", "200 Hz"),
    "latency": _TIME,
    "latency_back": _TIME,
    "attempt_rate": Sort("rate", "a rate in Hz, kHz or MHz", "1 MHz"),
    "success_probability": Sort("fidelity", "a number above 0 and up to 1", "0.001"),
    "heralding_latency": _TIME,
    "pair_state": Sort(
        "state", "four numbers from 0 on that add up to 1", "[0.97, 0.01, 0.01, 0.01]"
    ),
    "channels": _SOME,
    "buffer": Sort("count", "a whole number that is not negative", "4"),
    "cutoff": Sort("limit", "a time in ns, us, ms or s, above 0", "10 ms"),
    "distillation": Sort("name", f"the name of a protocol, {' or '.join(PROTOCOLS)}", "dejmps"),
    "distillation_levels": Sort("levels", f"a whole number from 0 to {MOST_LEVELS}", "2"),
    "min_fidelity": _FIDELITY,
    "preset": Sort("name", "the name of a preset", "ion_2025_demonstrated"),
}


@dataclass(slots=True)
class Figures:
    """Properties in base units (Hz, seconds); `state`: the `pair_state`; `wrong`: given, but
    reported as errors."""

    values: dict[str, float] = field(default_factory=dict)
    preset: syntax.Name | None = None
    hardware: syntax.Name | None = None
    distillation: syntax.Name | None = None
    state: PairState | None = None
    device: syntax.StringLit | None = None
    comm_at: tuple[int, ...] | None = None
    wrong: set[str] = field(default_factory=set)

    @property
    def given(self) -> set[str]:
        """Names of all that is said, presets apart."""
        also = {"pair_state": self.state, "distillation": self.distillation,
                "device": self.device, "comm_at": self.comm_at}  # fmt: skip
        return set(self.values) | {name for name, found in also.items() if found}

    def above(self, base: Mapping[str, float], exclusive: Iterable[tuple[str, str]]) -> Figures:
        """These figures, and those of a preset that they do not replace."""
        return replace(self, values={**self.kept(base, exclusive), **self.values})

    def kept(
        self, base: Mapping[str, float], exclusive: Iterable[tuple[str, str]]
    ) -> dict[str, float]:
        """The figures of a preset that these do not replace; of an `exclusive` pair one that is
        given replaces the other."""
        gone = {n for pair in exclusive for n in pair if self.given & set(pair)}
        if "rate" in gone:
            gone.add("success_probability")
        if "success_probability" in base and "attempt_rate" in self.values:
            gone.discard("success_probability")
        if "gate_time" in self.values:
            gone |= {"one_qubit_time", "two_qubit_time", "readout_time"}
        return {n: v for n, v in base.items() if n not in gone and n not in self.values}

    def count(self, name: str, default: int) -> int:
        return int(self.values.get(name, default))

    def whole(self, name: str) -> int | None:
        """A count that need not be given."""
        return int(self.values[name]) if name in self.values else None

    def time_ns(self, name: str, default: int = 0) -> int:
        return round(self.values[name] * 1e9) if name in self.values else default

    def coherence(self, name: str, default: int | None = None) -> int | None:
        """A time in ns that need not be given."""
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
        setattr(figures, item.name.id, item.value)
        return
    if sort.dimension == "state":
        figures.state = _state(item, sort)
        return
    if sort.dimension == "device":
        if not isinstance(item.value, syntax.StringLit) or not item.value.value:
            raise Refusal(TypeMismatch(item.value.span, f"{sort.wanted}, in quotes", "this"))
        figures.device = item.value
        return
    if sort.dimension == "places":
        figures.comm_at = _places(item, sort)
        return
    is_plain = sort.dimension in WITHOUT_UNIT
    number = _plain(item, sort) if is_plain else _measured(item, sort)
    if not is_possible(sort, number):
        found = item.value.span.text
        form = f"such as `{item.name.id} {sort.example}`"
        if sort.dimension == "fidelity" and 10 <= number <= 100:
            form = f"write `{number / 100:g}`, or `{number:g}%`"
        raise Refusal(InvalidProperty(item.value.span, item.name.id, sort.wanted, found, form))
    figures.values[item.name.id] = number


def is_possible(sort: Sort, number: float) -> bool:
    """Whether a figure in base units makes sense."""
    if sort.dimension == "count":
        return 0 <= number <= MAX_COUNT and number == int(number)
    if sort.dimension == "some":
        return 1 <= number <= MAX_COUNT and number == int(number)
    if sort.dimension == "levels":
        return 0 <= number <= MOST_LEVELS and number == int(number)
    if sort.dimension == "fidelity":
        return 0 < number <= 1
    if sort.dimension == "rate":
        return 1e-9 <= number <= 1e15
    if sort.dimension == "limit":
        return 1e-9 <= number <= MAX_TIME_S
    return 0 <= number <= MAX_TIME_S


def pair_state(numbers: Sequence[float]) -> PairState | None:
    """Four probabilities, if that is what they are, to nine decimals."""
    if len(numbers) != 4 or not all(0 <= x <= 1 for x in numbers) or not numbers[0]:
        return None
    total = math.fsum(numbers)
    if abs(total - 1) > 1e-9:
        return None
    one, x, y, z = (number / total for number in numbers)
    return one, x, y, z


def _state(item: syntax.Property, sort: Sort) -> PairState:
    value = item.value
    if not isinstance(value, syntax.ListLit):
        raise Refusal(TypeMismatch(value.span, sort.wanted, "this"))
    found = pair_state([_number(x, sort) for x in value.items])
    if found is None:
        raise Refusal(InvalidProperty(value.span, item.name.id, sort.wanted, value.span.text))
    return found


def device_places(numbers: Sequence[float]) -> tuple[int, ...] | None:
    """Different qubits of a device, if that is what they are."""
    found = tuple(int(x) for x in numbers if x == int(x) and 0 <= x <= MAX_COUNT)
    return found if len(set(found)) == len(numbers) > 0 else None


def _places(item: syntax.Property, sort: Sort) -> tuple[int, ...]:
    value = item.value
    if not isinstance(value, syntax.ListLit):
        raise Refusal(TypeMismatch(value.span, sort.wanted, "this"))
    found = device_places([_number(x, sort) for x in value.items])
    if found is None:
        raise Refusal(InvalidProperty(value.span, item.name.id, sort.wanted, value.span.text))
    return found


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
    dimension = "time" if sort.dimension == "limit" else sort.dimension
    if isinstance(value, syntax.Unary):
        wanted = f"{sort.wanted} without a sign"
        raise Refusal(InvalidProperty(value.span, item.name.id, wanted, value.span.text))
    if isinstance(value, syntax.Quantity) and UNITS[value.unit].dimension == dimension:
        return value.value * UNITS[value.unit].scale
    unit = value.unit if isinstance(value, syntax.Quantity) else None
    if unit is None:
        _number(value, sort)
    number = value.span.text.removesuffix(unit or "").strip()
    base = {"rate": "Hz", "time": "us", "limit": "us"}[sort.dimension]
    raise Refusal(
        WrongUnit(value.span, unit, sort.wanted, f"write `{item.name.id} {number} {base}`")
    )


def _number(value: syntax.Expr, sort: Sort) -> float:
    found = evaluate(typed(value), Scope())
    if isinstance(found, bool) or not isinstance(found, (int, float)):
        raise Refusal(TypeMismatch(value.span, sort.wanted, describe(found)))
    return float(found) if abs(found) < 1e300 else 1e300
