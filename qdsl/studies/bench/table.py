"""What a run of the suite says: as text of 80 columns, as Markdown, as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, log
from typing import Any

from qdsl import __version__
from qdsl.report.table import aligned
from qdsl.studies.bench.circuits import VERSION
from qdsl.studies.bench.suite import Measured

SCHEMA = "qdsl-bench/1"
Live = dict[str, "tuple[float, str] | str"]  # case -> ebits and configuration, or why none

RULES = """Nodes hold their share of the qubits and one more; two communication qubits a link and
node. `ebits`: with as many communication qubits as wanted, as pytket-dqc and
DISQCO assume; `limited` and `rounds`: with the network's. `peer`: the fewest ebits
of a stored, valid result for the same gates; `ratio`: ebits over that."""


def mean_ratio(results: Sequence[Measured]) -> float | None:
    """The geometric mean over the cases with a peer."""
    ratios = [r.ratio for r in results if r.ratio is not None]
    return exp(sum(map(log, ratios)) / len(ratios)) if ratios else None


def row_of(r: Measured) -> tuple[str, ...]:
    proved = {True: "yes", False: "NO", None: "-"}[r.proved]
    peer = (
        ("-", "-", "-") if r.peer is None else (f"{r.peer.ebits:g}", r.peer.peer, f"{r.ratio:.2f}")
    )
    counts = (r.ebits, r.limited, r.rounds)
    return (r.case.gates.name, str(r.case.gates.two_qubit_gates), r.case.network.name.split("_")[0],
            *map(str, counts), f"{r.seconds:.1f}", proved, *peer)  # fmt: skip


HEADER = ("circuit", "gates", "net", "ebits", "limited", "rounds", "s", "proved", "best", "peer",
          "ratio")  # fmt: skip


def text_table(results: Sequence[Measured], live: Live) -> str:
    lines = aligned([HEADER, *map(row_of, results)], left=(0, 2, 9), gap=" ")
    return "\n".join([*lines, "", *summary(results, live)]) + "\n"


def markdown_table(results: Sequence[Measured], live: Live) -> str:
    lines = [
        "# The benchmark suite",
        "",
        f"Suite version {VERSION}, qdsl {__version__}.",
        "",
        RULES,
        "Seconds are wall time of this run.",
        "",
        f"| {' | '.join(HEADER)} |",
        f"|{' --- |' * len(HEADER)}",
    ]
    lines += [f"| {' | '.join(row_of(r))} |" for r in results]
    return "\n".join([*lines, "", *summary(results, live)]) + "\n"


def summary(results: Sequence[Measured], live: Live) -> list[str]:
    """Means, the cases that a peer does better, and the peer that was run live."""
    mean = mean_ratio(results)
    count = sum(r.peer is not None for r in results)
    lines = []
    if mean is not None:
        lines.append(f"Geometric mean of the ratio over {count} cases: {mean:.3f}.")
        worse = [r.case.name for r in results if r.ratio is not None and r.ratio > 1]
        lines.append(f"Cases with more ebits than the best peer: {', '.join(worse) or 'none'}.")
    for r in results:
        if r.case.name in live:
            lines.append(_live(r, live[r.case.name]))
    return lines


def _live(r: Measured, found: tuple[float, str] | str) -> str:
    if isinstance(found, str):
        return f"memq-dqc, live, {r.case.name}: no result: {found}"
    ratio = max(r.limited, 0.5) / max(found[0], 0.5)
    return f"memq-dqc, live, {r.case.name}: {found[0]:g} ({found[1]}), ratio {ratio:.2f}"


def to_json(results: Sequence[Measured], live: Live) -> dict[str, Any]:
    """Without times, which vary."""
    return {
        "schema": SCHEMA,
        "suite": VERSION,
        "qdsl": __version__,
        "mean_ratio": mean_ratio(results),
        "cases": [
            {
                "circuit": r.case.gates.name,
                "sha256": r.case.gates.sha256,
                "qubits": r.case.gates.n_qubits,
                "gates": r.case.gates.two_qubit_gates,
                "network": r.case.network.name,
                "ebits": r.ebits,
                "limited": r.limited,
                "rounds": r.rounds,
                "proved": r.proved,
                "ratio": r.ratio,
                "peer": None
                if r.peer is None
                else {"name": r.peer.peer, "config": r.peer.config, "ebits": r.peer.ebits},
                "live": live.get(r.case.name),
            }
            for r in results
        ],
    }


def between_marks(text: str, begin: str, end: str, lines: Sequence[str]) -> str:
    """The page with these lines between its two marks, or at its end if it has none."""
    before, mark, rest = text.partition(begin)
    after = rest.partition(end)[2] if mark else "\n"
    return "\n".join([f"{before}{begin}", *lines, f"{end}{after}"])
