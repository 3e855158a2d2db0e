"""What `qdsl bench --published` says: as text, as a page, as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, log
from textwrap import wrap
from typing import Any

from qdsl import __version__
from qdsl.report.table import aligned
from qdsl.studies.bench.circuits import VERSION
from qdsl.studies.bench.published import SEEDS, SOURCES, Beside
from qdsl.studies.bench.table import between_marks

SCHEMA = "qdsl-published/1"
BEGIN, END = "<!-- published: by command -->", "<!-- end of published -->"
HEADER = ("circuit", "gates", "nodes", "room", "ebits", "published", "by", "ratio", "proved")


def mean_ratio(results: Sequence[Beside]) -> float:
    """The geometric mean of ours over the fewest published."""
    return exp(sum(log(r.ratio) for r in results) / len(results))


def row_of(r: Beside) -> tuple[str, ...]:
    by = " ".join(sorted({peer for peer, ebits, _ in r.row.claims if ebits == r.row.best}))
    proved = {True: "yes", False: "NO", None: "-"}[r.proved]
    return (r.row.circuit, str(r.gates), str(r.row.nodes), str(r.row.room), f"{r.ebits:g}",
            f"{r.row.best:g}", by, f"{r.ratio:.2f}", proved)  # fmt: skip


def text_table(results: Sequence[Beside], absent: Sequence[str]) -> str:
    rows = [HEADER, *map(row_of, results)]
    rows = [(*r[:6], r[6].split()[0], *r[7:]) for r in rows]
    lines = aligned(rows, left=(0, 6, 8), gap=" ")
    said = [part for line in summary(results, absent) for part in wrap(line, 80)]
    return "\n".join([*lines, "", *said]) + "\n"


def summary(results: Sequence[Beside], absent: Sequence[str]) -> list[str]:
    """The mean, the rows that someone else does with fewer ebits, and what was left out."""
    above = [f"{r.row.circuit} on {r.row.nodes}" for r in results if r.ratio > 1]
    lines = [
        f"Geometric mean of the ratio over {len(results)} rows: {mean_ratio(results):.3f}.",
        f"Rows with more ebits than the fewest published: {', '.join(above) or 'none'}.",
    ]
    if absent:
        lines.append(f"Left out, without a readable file: {', '.join(absent)}.")
    return lines


def page_of(text: str, results: Sequence[Beside], absent: Sequence[str]) -> str:
    """A Markdown page with the table between its two marks, or at its end if it has none."""
    rows = [f"| {' | '.join((*row_of(r), _claims(r)))} |" for r in results]
    said = [
        f"Random rows (`qaoa50`, `qv`, `cp50`) are means of {SEEDS} circuits of ours.",
        "",
        f"| {' | '.join((*HEADER, 'all published'))} |",
        f"|{' --- |' * (len(HEADER) + 1)}",
        *rows,
        "",
        *summary(results, absent),
    ]
    return between_marks(text, BEGIN, END, said)


def _claims(r: Beside) -> str:
    return ", ".join(
        f"{peer} {ebits:g}" + (" (measured)" if source == "measured" else "")
        for peer, ebits, source in r.row.claims
    )


def to_json(results: Sequence[Beside], absent: Sequence[str]) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "suite": VERSION,
        "qdsl": __version__,
        "sources": SOURCES,
        "mean_ratio": mean_ratio(results),
        "absent": list(absent),
        "rows": [
            {
                "circuit": r.row.circuit, "nodes": r.row.nodes, "room": r.row.room,
                "gates": r.gates, "circuits": r.circuits, "ebits": r.ebits, "proved": r.proved,
                "ratio": r.ratio,
                "published": [{"by": p, "ebits": e, "source": s} for p, e, s in r.row.claims],
            }
            for r in results
        ],
    }  # fmt: skip
