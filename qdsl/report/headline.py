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
    facts = (("source", source), ("program", size), *goal, *added, verified)
    return Headline(f"{c.name} on {report.network.name}", facts)


def optimised(o: ObjectiveOutcome) -> str:
    """For what, with which result, and that of the program with fewest ebits among those that
    were compiled for it."""
    value, ebits = o.plain_value, o.plain_ebits
    if o.fewest_value is not None and o.fewest_ebits is not None:
        value, ebits = o.fewest_value, o.fewest_ebits
    said = f"for {NAMES.get(o.optimise, o.optimise)}: {_value(o.optimise, o.value)}"
    if (o.value, o.ebits) == (value, ebits):
        return f"{said}, as for fewest ebits"
    fewest = f"{_value(o.optimise, value)} with {count(ebits, 'ebit')}"
    return f"{said} with {count(o.ebits, 'ebit')}; for fewest ebits: {fewest}"


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
