"""What stands above a report: its title and the first facts."""

from __future__ import annotations

from qdsl.diagnostics.numbers import count
from qdsl.records import dataclass
from qdsl.report.data import Report
from qdsl.verify.result import Verification


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
    facts = (("source", source), ("program", size), ("verified", verdict(report.verification)))
    return Headline(f"{c.name} on {report.network.name}", facts)


def verdict(v: Verification) -> str:
    """Whether the program is its source, in a few words."""
    if v.verified:
        return "equal to its source, proved"
    refuted = any(c.equal is False for c in v.checks)
    return "NOT EQUAL to its source" if refuted else "not proved"
