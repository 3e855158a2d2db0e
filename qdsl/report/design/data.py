"""What a sweep over properties of the network found. Times in ns, values of axes in Hz and s."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import TYPE_CHECKING

from qdsl.analysis.critical_path import CriticalPath
from qdsl.analysis.cutting import CutLink
from qdsl.analysis.error_budget import ErrorBudget
from qdsl.diagnostics.diagnostic import Diagnostic
from qdsl.diagnostics.numbers import duration, frequency, integer
from qdsl.records import dataclass

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

QUANTITIES = ("fidelity", "makespan", "mean", "p95", "ebits", "rounds")
WIDE, LISTED = 24, 10  # characters of a property, and of several values, in a table
NAMED = 4  # changes that are written out; of more the factor is said


def value_text(measure: str, value: float) -> str:
    """A figure as it is read, in three digits: `812 Hz`, `41.3 ms`, `0.9995`, `4`."""
    if measure == "rate":
        return frequency(float(f"{value:.3g}"))
    if measure == "time":
        return duration(value * 1e9)
    if measure == "probability":
        return f"{value:.3g}"
    if measure == "count":
        return integer(value)
    return fidelity_text(value).rstrip("0").removesuffix(".")


def fidelity_text(value: float) -> str:
    """With four decimals, or as many as show three digits of what it lacks to 1."""
    decimals = 4
    while decimals < 12 and 0 < 1 - value < 10.0 ** (2 - decimals) * 0.9995:
        decimals += 1
    return f"{value:.{decimals}f}"


@dataclass(frozen=True, slots=True)
class DesignAxis:
    """A property, such as `link.rate` or `node.alice.comm`, and its values from small to large.
    `measure`: "rate" in Hz, "time" in s, "probability", "fidelity" or "count"."""

    name: str
    measure: str
    values: tuple[float, ...]

    def text(self, value: float) -> str:
        return value_text(self.measure, value)


@dataclass(frozen=True, slots=True)
class Need:
    """A demand: at least `bound` of fidelity, at most of anything else. Times in ns."""

    quantity: str
    bound: float

    @property
    def is_least(self) -> bool:
        return self.quantity == "fidelity"

    def holds(self, found: float) -> bool:
        return found >= self.bound if self.is_least else found <= self.bound

    @property
    def text(self) -> str:
        return f"{self.quantity} {'>=' if self.is_least else '<='} {self._bound_text}"

    @property
    def _bound_text(self) -> str:
        """Of a fidelity as it was given."""
        return f"{self.bound:.12g}" if self.is_least else self.value_text(self.bound)

    def value_text(self, value: float) -> str:
        if self.quantity in ("makespan", "mean", "p95"):
            return duration(value)
        return fidelity_text(value) if self.quantity == "fidelity" else integer(value)


@dataclass(frozen=True, slots=True)
class DesignPoint:
    """The program on the network with these values of the axes. `makespan`: of the schedule at the
    links' mean rates; `mean`, `p95`: with random arrivals, None if there were no runs;
    `uncertainty`: the fidelity may be so much higher; `budget`: errors by cause. All None, and a
    `note`, where the program cannot be compiled."""

    at: tuple[float, ...]
    fidelity: float | None = None
    uncertainty: float | None = None
    makespan: int | None = None
    ebits: int | None = None
    rounds: int | None = None
    mean: float | None = None
    p95: float | None = None
    budget: ErrorBudget | None = None
    note: str = ""

    def quantity(self, name: str) -> float | None:
        found: float | None = getattr(self, name)
        return found

    @property
    def error_parts(self) -> dict[str, float]:
        """The probability of an error with effect, by cause."""
        b = self.budget
        if b is None:
            return {}
        return {"links": b.link, "memory": b.memory, "one-qubit gates": b.one_qubit,
                "wider gates": b.two_qubit, "read-out": b.readout}  # fmt: skip

    def meets(self, needs: tuple[Need, ...]) -> bool:
        return not self.missed(needs)

    def missed(self, needs: tuple[Need, ...]) -> tuple[Need, ...]:
        """The demands that do not hold here."""
        values = ((need, self.quantity(need.quantity)) for need in needs)
        return tuple(need for need, found in values if found is None or not need.holds(found))


@dataclass(frozen=True, slots=True)
class Threshold:
    """From `value` on, upwards or downwards, all demands hold, up to 1 % of it; just beyond it
    `binding` do not. `others`: the values of the other axes. `is_edge`: the demands hold up to the
    end of the range, and how far beyond is not known; `value` is that end."""

    others: tuple[float, ...]
    value: float
    is_least: bool
    binding: tuple[Need, ...]
    is_edge: bool
    point: DesignPoint


@dataclass(frozen=True, slots=True)
class FigureChange:
    """Another value of a property, `link.latency` or `link.a-b.latency`, both in all digits, as a
    program may say them."""

    name: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Gain:
    """What twice as much of a resource would buy, or half the infidelity or duration, everything
    else the same: a point computed anew for all `changes` together; `factor`: the makespan by that
    before; `fidelity`, `ebits`: differences."""

    resource: str
    changes: tuple[FigureChange, ...]
    point: DesignPoint
    factor: float
    fidelity: float
    ebits: int

    @property
    def title(self) -> str:
        """The property, if there is one only, with a name that is not too long."""
        (first, *more) = self.changes
        return self.resource if more or len(first.name) > WIDE else first.name

    @property
    def is_noted(self) -> bool:
        """Whether it takes more words than its title to say what is changed."""
        is_long = any(max(len(c.before), len(c.after)) > LISTED for c in self.changes)
        return is_long or [c.name for c in self.changes] != [self.title]

    @property
    def before(self) -> str:
        return _listed([c.before for c in self.changes])

    @property
    def after(self) -> str:
        return _listed([c.after for c in self.changes])


def _listed(texts: list[str]) -> str:
    joined = ", ".join(texts)
    if len(joined) <= LISTED:
        return joined
    number, _, unit = joined.partition(" ")
    if len(texts) > 1:
        return f"{len(texts)} values"
    if joined.startswith("["):
        return f"{joined[: LISTED - 4]} ...]"
    return f"~{float(number):.3g} {unit}".rstrip()


@dataclass(frozen=True, slots=True)
class PairOrCut:
    """All pairs of one link, `name`, made, or cut together, for so many `executions`: bounds of the
    error of a result between -1 and 1, by formulas (`qdsl.analysis.cutting`). `fidelity`: without
    the link's errors and times, computed anew; `cut_from`: executions from which on the cut has
    the smaller bound, None: never."""

    name: str
    cut: CutLink
    executions: int
    fidelity: float
    error_with_pairs: float
    error_with_cut: float
    cut_from: float | None

    @property
    def better(self) -> str:
        return "cut" if self.error_with_cut < self.error_with_pairs else "pairs"


@dataclass(frozen=True, slots=True)
class Bottleneck:
    """What limits the program at one point: errors by cause, the critical path, what more of every
    resource would buy, and whether pairs are worth it, by link."""

    point: DesignPoint
    path: CriticalPath
    gains: tuple[Gain, ...]
    cuts: tuple[PairOrCut, ...] = ()

    @property
    def cause(self) -> str | None:
        """The cause of the largest part of the error; None if nothing goes wrong."""
        parts = self.point.error_parts
        worst = max(parts, key=lambda name: parts[name], default=None)
        return worst if worst is not None and parts[worst] > 0 else None

    @property
    def time(self) -> str | None:
        """The largest part of the critical path; None if nothing takes time."""
        parts = time_parts(self.path)
        worst = max(parts, key=lambda name: parts[name])
        return worst if parts[worst] else None


def time_parts(path: CriticalPath) -> dict[str, int]:
    return {"pairs": path.links, "messages": path.messages, "gates": path.gates,
            "other gates": path.other_gates, "waiting": path.waiting}  # fmt: skip


@dataclass(frozen=True)
class Design:
    """What `qdsl.sweep` found.

    `axes`: one or two, `points`: every combination of their values, the last axis fastest;
    `compiled`: how many different programs that took. `thresholds`: for every value of the second
    axis, or once, from where on all `needs` hold; several at one value, `is_monotone` False, if
    they hold in several ranges. `bottleneck`: what limits the program, and what more of each
    resource would buy, at the point named there. `unreached`: a diagnostic if no point of the sweep
    meets all needs. `runs`, `seed`: random arrivals behind `mean` and `p95`.
    """

    model: str
    source: str
    axes: tuple[DesignAxis, ...]
    needs: tuple[Need, ...]
    points: tuple[DesignPoint, ...]
    compiled: int
    runs: int = 0
    seed: int = 0
    thresholds: tuple[Threshold, ...] = ()
    is_monotone: bool = True
    bottleneck: Bottleneck | None = None
    unreached: Diagnostic | None = None
    is_complete: bool = field(default=True)

    @property
    def columns(self) -> Mapping[str, npt.NDArray[np.float64]]:
        """Float64[points] each: the axes by name in Hz and s, then `fidelity`, `makespan`, `mean`
        and `p95` in ns, `ebits`, `rounds`; NaN where not known. Reshaped to the axes' lengths they
        are grids."""
        import numpy as np

        def column(values: list[float | None]) -> npt.NDArray[np.float64]:
            return np.array([np.nan if v is None else v for v in values], np.float64)

        named = {a.name: column([p.at[k] for p in self.points]) for k, a in enumerate(self.axes)}
        return named | {q: column([p.quantity(q) for p in self.points]) for q in QUANTITIES}

    @property
    def least(self) -> float | None:
        """The value of the first axis from where on all needs hold, where there is one answer;
        in Hz or s."""
        return self.thresholds[0].value if len(self.thresholds) == 1 else None

    def __repr__(self) -> str:
        over = ", ".join(f"{a.name}: {len(a.values)}" for a in self.axes)
        found = [f"Design of {self.model} over {over}"]
        for name in ("fidelity", "makespan", "ebits"):
            values = [v for p in self.points if (v := p.quantity(name)) is not None]
            if values:
                ends = dict.fromkeys(
                    Need(name, 0).value_text(v) for v in (min(values), max(values))
                )
                found.append(f"{name} {' to '.join(ends)}")
        return f"<{'; '.join(found)}>"
