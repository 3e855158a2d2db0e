"""What stands above a report: its title and the first facts."""

from __future__ import annotations

from typing import Final

from qdsl.diagnostics.numbers import count, duration
from qdsl.objectives.outcome import ObjectiveOutcome
from qdsl.records import dataclass
from qdsl.report.data import Report
from qdsl.verify.result import Verification

NAMES: Final = {
    "fidelity": "process fidelity",
    "rounds": "message rounds",
    "comm": "communication qubits at one node at once",
}


ENDED = "the search was ended early; without that it may need fewer ebits"


@dataclass(frozen=True, slots=True)
class Headline:
    """`facts` are (name, text) pairs."""

    title: str
    facts: tuple[tuple[str, str], ...]


def headline(report: Report) -> Headline:
    c, provenance = report.program, report.provenance
    settings = ", ".join(f"{k} = {v}" for k, v in provenance.settings)
    source = provenance.source + (f" ({settings})" if settings else "")
    size = ", ".join((count(c.qubits, "qubit"), count(c.operations, "operation"),
                      count(len(report.network.nodes), "node")))  # fmt: skip
    goal = () if report.objective is None else (("optimised", optimised(report.objective)),)
    verified = ("verified", verdict(report.verification))
    others = tuple(f"{p.kind} {p.name} ({p.package} {p.version})" for p in provenance.plugins or ())
    added = (("plug-ins", ", ".join(others)),) if others else ()
    ended = (("placement", ENDED),) if provenance.is_search_ended else ()
    facts = (("source", source), ("program", size), *goal, *added, *ended, verified)
    return Headline(f"{c.name} on {report.network.name}", facts)


def optimised(o: ObjectiveOutcome) -> str:
    """For what, with which result; that of the program without it, and of the one with the fewest
    ebits that was found on the way, where that has fewer than both."""
    said = f"for {NAMES.get(o.optimise, o.optimise)}: {_value(o.optimise, o.value)}"
    if (o.value, o.ebits) == (o.plain_value, o.plain_ebits):
        return f"{said}, as without it"

    def with_ebits(value: float, ebits: int) -> str:
        return f"{_value(o.optimise, value)} with {count(ebits, 'ebit')}"

    found = [f"{said} with {count(o.ebits, 'ebit')}"]
    found.append(f"without it: {with_ebits(o.plain_value, o.plain_ebits)}")
    fewest = o.fewest_ebits
    if o.fewest_value is not None and fewest is not None and fewest < min(o.ebits, o.plain_ebits):
        found.append(f"fewest ebits found: {with_ebits(o.fewest_value, fewest)}")
    return "; ".join(found)


def _value(optimise: str, value: float) -> str:
    if optimise == "makespan":
        return duration(round(value))
    return f"{value:.4g}" if optimise == "fidelity" else f"{value:.0f}"


def verdict(v: Verification) -> str:
    """Whether the program is its source, in a few words."""
    if v.verified:
        return "equal to its source, proved"
    refuted = any(c.equal is False for c in v.checks)
    return "NOT EQUAL to its source" if refuted else "not proved"
