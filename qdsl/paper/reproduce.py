"""All parts of the reproduction, and their results as text."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from textwrap import fill

from qdsl.paper.decisions import majority
from qdsl.paper.encodings import encodings
from qdsl.paper.expressivity import depth
from qdsl.paper.findings import Part, Picture, Settings, Table
from qdsl.paper.graph_sets import graph_classification
from qdsl.paper.graphs import graph_networks
from qdsl.paper.inference import interactive, partial_matching, perfect_matching
from qdsl.paper.limits import no_advantage
from qdsl.paper.nodes import node_classification
from qdsl.paper.privacy import attack
from qdsl.paper.processes import on_processes
from qdsl.paper.trained_circuits import trained_circuits
from qdsl.paper.training import two_parties

PARTS: dict[str, Callable[[Settings], Part]] = {
    "matching": perfect_matching,
    "partial-matching": partial_matching,
    "interactive": interactive,
    "processes": on_processes,
    "training": two_parties,
    "graphs": graph_networks,
    "encodings": encodings,
    "nodes": node_classification,
    "decisions": majority,
    "graph-sets": graph_classification,
    "trained": trained_circuits,
    "expressivity": depth,
    "no-advantage": no_advantage,
    "privacy": attack,
}

INTRODUCTION = """\
# The paper, run

What "Exponential Quantum Communication Advantage in Distributed Inference and Learning" (Gilboa,
Michaeli, Soudry, McClean, NeurIPS 2024, arXiv 2310.07136) claims, run and measured. Only its
abstract was at hand: what it says beyond that is not judged here. Each row is one claim:
*shown* (by a number of ours), *cited*, *not shown*, or *false as often read*.

Written by `{command}`; the models stand in `qdsl/paper/models/`.
"""


def reproduce(
    settings: Settings, names: Iterable[str], begun: Callable[[str], None]
) -> Iterator[Part]:
    """The parts called `names`, one after the other; `begun` hears the name of each."""
    for name in names:
        begun(name)
        yield PARTS[name](settings)


def as_markdown(parts: list[Part], command: str) -> str:
    lines = [INTRODUCTION.format(command=command)]
    claims = Table(
        "Claims",
        ("claim", "where", "ours", "theirs", "status"),
        tuple(
            (f.claim, f.where, f.ours, f.theirs, f.status if f.holds else f"{f.status}: FAILED")
            for part in parts for f in part.findings
        ),
    )  # fmt: skip
    lines += ["## Claims", "", *_markdown_table(claims)]
    for part in parts:
        lines += ["", f"## {part.title}", "", f"`qdsl reproduce paper --only {part.name}`"]
        for table in part.tables:
            lines += ["", fill(f"{table.title}:", 100), "", *_markdown_table(table)]
        for picture in part.pictures:
            lines += ["", f"![{picture.caption}]({picture_file(picture)})"]
        if part.limits:
            lines += ["", fill(part.limits, 100)]
    return "\n".join(lines) + "\n"


def picture_file(picture: Picture) -> str:
    """Where it lies, seen from the page."""
    return f"pictures/{picture.name}.svg"


def _markdown_table(table: Table) -> list[str]:
    rows = [table.columns, tuple("---" for _ in table.columns), *table.rows]
    return ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]


def as_text(part: Part) -> str:
    """One part at 80 columns."""
    lines = [part.title, "=" * min(len(part.title), 80)]
    for f in part.findings:
        status = f.status if f.holds else f"{f.status}: FAILED"
        lines.append(fill(f"[{status}] {f.claim} ({f.where})", 80, subsequent_indent="  "))
        lines.append(fill(f.ours, 80, initial_indent="    ", subsequent_indent="    "))
    for table in part.tables:
        lines += ["", fill(table.title, 80), *_text_table(table)]
    if part.limits:
        lines += ["", fill(part.limits, 80)]
    return "\n".join(lines) + "\n"


def _text_table(table: Table) -> list[str]:
    rows = [table.columns, *table.rows]
    widths = [max(len(row[k]) for row in rows) for k in range(len(table.columns))]
    return [
        "  " + "  ".join(f"{c:>{w}}" for c, w in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
