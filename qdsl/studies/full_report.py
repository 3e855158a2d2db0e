"""`qdsl.full_report`: a report with everything that takes more than the program itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from qdsl.studies.size_law import with_size_laws
from qdsl.studies.sizes import scaling

if TYPE_CHECKING:
    from qdsl.api import Compiled
    from qdsl.report.data import Report
    from qdsl.run.result import RunResult


def full_report(
    compiled: Compiled,
    result: RunResult | None = None,
    *,
    over: Mapping[str, Iterable[int]] | None = None,
    runs: int = 0,
    seed: int = 0,
    hardware: bool | None = None,
    online: bool = False,
    say: Callable[[str], None] = lambda text: None,
) -> Report:
    """`Compiled.report`, and what `qdsl report` adds: how ebits and classical bits grow, and where
    they cross, by programs compiled at further sizes.

    `over`: also the costs for these values of parameters, as `qdsl.scaling`; `runs`: the makespans
    of so many runs with random arrivals of pairs, by `seed`; `hardware`: the nodes' programs on
    their devices, None: where a node has one, `online` as in `Compiled.hardware`. `say` hears what
    is being done.
    """
    report = compiled.report(result)
    if over:
        found = scaling(compiled, over, on_point=say).scaling
        advantage = report.advantage and replace(report.advantage, crossover=found.crossover)
        report = replace(report, scaling=found, advantage=advantage)
    report = replace(report, advantage=with_size_laws(report.advantage, compiled))
    if runs:
        report = replace(report, arrivals=compiled.arrivals(runs, seed))
    if compiled.has_devices if hardware is None else hardware:
        say("compiling for the nodes' devices")
        report = replace(report, hardware=compiled.hardware(online=online).facts)
    return report
