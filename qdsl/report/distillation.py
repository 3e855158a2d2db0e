"""What links make of their raw pairs, as a table."""

from __future__ import annotations

from collections.abc import Iterator

from qdsl.diagnostics.numbers import count, duration
from qdsl.network.models import DistilledPair
from qdsl.report.data import Report
from qdsl.report.table import ReportTable

HEADER = (
    "link", "protocol", "levels", "raw pairs", "raw fidelity", "fidelity"
)  # fmt: skip


def distillation_table(report: Report) -> ReportTable:
    """Every link that is used and distils, with the raw pairs that one pair takes on average."""
    rows, notes = [], []
    for name, ebits, raw_fidelity, made in _distilled(report):
        rows.append((name, made.protocol, f"{made.levels}", f"{made.raw_pairs:.4g}",
                     f"{raw_fidelity:.6g}", f"{made.state[0]:.6g}"))  # fmt: skip
        notes.append(f"{name}: {_taken(made, ebits)}")
    title = "Distillation"
    return ReportTable("distillation", title, HEADER, tuple(rows), 2, tuple(notes))


def _distilled(report: Report) -> Iterator[tuple[str, int, float, DistilledPair]]:
    """Name, pairs, fidelity of a raw pair, and what is made of them."""
    names = [node.name for node in report.network.nodes]
    used = {(x.a, x.b): x.ebits for x in report.cost.links}
    for link in report.network.links:
        ends = names[link.a], names[link.b]
        if link.distilled is not None and used.get(ends):
            yield " -- ".join(ends), used[ends], link.fidelity, link.distilled


def _taken(made: DistilledPair, ebits: int) -> str:
    """Raw pairs of an execution, and what becomes of them."""
    raw = ebits * made.raw_pairs
    lost = ebits * (made.raw_pairs - 2**made.levels)
    return (
        f"{count(ebits, 'pair')} of {raw:.4g} raw pairs on average, {lost:.4g} of them lost with "
        f"rounds that fail; {duration(made.time_ns)} a pair, {duration(made.round_ns)} a round; "
        f"rounds succeed with probability {', '.join(f'{p:.4g}' for p in made.success)} by level"
    )
