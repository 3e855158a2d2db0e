"""All parts of the reproduction, and their results as text."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial
from textwrap import fill

from qdsl.driver.workers import ALONE, Workers
from qdsl.report.table import aligned
from qdsl.studies.paper.authors_graphs import authors_networks
from qdsl.studies.paper.best_networks import best_networks
from qdsl.studies.paper.crossings import crossings
from qdsl.studies.paper.decisions import majority
from qdsl.studies.paper.encodings import encodings
from qdsl.studies.paper.expressivity import depth
from qdsl.studies.paper.findings import Part, Settings
from qdsl.studies.paper.graph_sets import graph_classification
from qdsl.studies.paper.graphs import graph_networks
from qdsl.studies.paper.inference import interactive, partial_matching, perfect_matching
from qdsl.studies.paper.limits import no_advantage
from qdsl.studies.paper.nodes import node_classification
from qdsl.studies.paper.noise_tolerance import noise_tolerance
from qdsl.studies.paper.privacy import attack
from qdsl.studies.paper.processes import on_processes
from qdsl.studies.paper.table_1 import table_1
from qdsl.studies.paper.table_2 import table_2
from qdsl.studies.paper.trained_circuits import trained_circuits
from qdsl.studies.paper.trained_molecules import trained_molecules
from qdsl.studies.paper.training import several_parties

PARTS: dict[str, Callable[[Settings], Part]] = {
    "matching": perfect_matching,
    "partial-matching": partial_matching,
    "interactive": interactive,
    "crossings": crossings,
    "noise-tolerance": noise_tolerance,
    "processes": on_processes,
    "training": several_parties,
    "trained-molecules": trained_molecules,
    "graphs": graph_networks,
    "encodings": encodings,
    "table-1": table_1,
    "nodes": node_classification,
    "decisions": majority,
    "table-2": table_2,
    "authors-networks": authors_networks,
    "graph-sets": graph_classification,
    "trained": trained_circuits,
    "best-networks": best_networks,
    "expressivity": depth,
    "no-advantage": no_advantage,
    "privacy": attack,
}


def reproduce(
    settings: Settings,
    names: Iterable[str],
    begun: Callable[[str], None],
    workers: Workers = ALONE,
) -> Iterator[Part]:
    """The parts called `names`, one after the other; `begun` hears the name of each. `workers`
    share them, and then nobody hears what is being done."""
    asked = list(names)
    told = settings if workers.is_alone else replace(settings, say=_unheard)
    found = workers.each(partial(_part, told), asked)
    for name in asked:
        begun(name)
        yield next(found)


def _part(settings: Settings, name: str) -> Part:
    return PARTS[name](settings)


def _unheard(text: str) -> None:
    pass


def as_text(part: Part) -> str:
    """One part at 80 columns."""
    lines = [part.title, "=" * min(len(part.title), 80)]
    for f in part.findings:
        status = f.status if f.holds else f"{f.status}: FAILED"
        lines.append(fill(f"[{status}] {f.claim} ({f.where})", 80, subsequent_indent="  "))
        lines.append(fill(f.ours, 80, initial_indent="    ", subsequent_indent="    "))
    for table in part.tables:
        lines += [
            "",
            fill(table.title, 80),
            *(f"  {line}" for line in aligned([table.columns, *table.rows])),
        ]
    if part.limits:
        lines += ["", fill(part.limits, 80)]
    return "\n".join(lines) + "\n"
