"""`--monte-carlo`: the makespan of many runs with random arrivals of pairs."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from qdsl.api import Compiled
    from qdsl.report.data import Report


def with_arrivals(report: Report, compiled: Compiled, given: dict[str, Any]) -> Report:
    """The report with as many runs as were asked for, if any were."""
    if not given["monte_carlo"]:
        return report
    from qdsl.analysis.arrivals import simulate_arrivals

    seed = given.get("seed") or 0
    return replace(
        report, arrivals=simulate_arrivals(compiled.scheduled, given["monte_carlo"], seed)
    )
