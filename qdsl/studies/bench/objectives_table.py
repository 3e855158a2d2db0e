"""The gains of objectives as text and as a page."""

from __future__ import annotations

from collections.abc import Sequence

from qdsl.diagnostics.numbers import duration
from qdsl.studies.bench.objectives import NETWORKS, OBJECTIVES, ObjectiveGain, geometric_mean

HEAD = """# Compiling for another objective than ebits

Written by `qdsl bench --objectives --write docs/results/objectives.md`. The suite's circuits on 8
and 16 qubits with at most 400 two-qubit gates, over four nodes with one data qubit to spare and
four communication qubits each, gates of fidelity 0.999, at effort 1. A ratio is the measure with
`--optimise` over that for fewest ebits: of the makespan, of what the process fidelity lacks to 1,
of message rounds, and of the most communication qubits held at one node at one time. No ratio is
above 1, as the program for fewest ebits is always among those that are compared. It does not look
at rates, only, among placements that are alike, at better links; so ratios say how much there is to
gain where links differ, and nothing of other compilers.
"""


def text_table(gains: Sequence[ObjectiveGain]) -> str:
    """Geometric means by network and objective."""
    rows: list[tuple[str, ...]] = [("network", "objective", "cases", "ratio", "better", "CPU time")]
    rows += [_means(network, o, gains) for network in NETWORKS for o in OBJECTIVES]
    widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))]
    lines = ["  ".join(f"{x:<{w}}" for x, w in zip(row, widths, strict=True)) for row in rows]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def page_of(gains: Sequence[ObjectiveGain]) -> str:
    """The whole page."""
    lines = [HEAD, "Networks:", ""]
    lines += [f"- `{name}`: {said}." for name, (said, _) in NETWORKS.items()]
    lines += ["", "## Means", ""]
    lines += ["CPU time is the sum over all circuits, as times what fewest ebits take, and in"]
    lines += ["parentheses the geometric mean: very small programs are compiled in some 0.05 s,"]
    lines += ["beside which comparing takes long.", ""]
    lines += ["| network | objective | cases | ratio, geometric mean | better in | CPU time |"]
    lines += ["| --- | --- | --- | --- | --- | --- |"]
    lines += [f"| {' | '.join(_means(name, o, gains))} |" for name in NETWORKS for o in OBJECTIVES]
    for name in NETWORKS:
        lines += ["", f"## Makespan and fidelity on `{name}`", "", *_rows(name, gains)]
    return "\n".join(lines) + "\n"


def _means(network: str, objective: str, gains: Sequence[ObjectiveGain]) -> tuple[str, ...]:
    mine = [g for g in gains if g.network == network and g.outcome.optimise == objective]
    better = sum(g.ratio < 1 - 1e-9 for g in mine)
    taken = sum(g.seconds for g in mine) / max(1e-9, sum(g.plain_seconds for g in mine))
    mean = geometric_mean([g.seconds / max(1e-9, g.plain_seconds) for g in mine])
    ratio = geometric_mean([g.ratio for g in mine])
    return (
        network,
        objective,
        str(len(mine)),
        f"{ratio:.3f}",
        str(better),
        f"{taken:.1f} ({mean:.1f})",
    )


def _rows(network: str, gains: Sequence[ObjectiveGain]) -> list[str]:
    """A line for every circuit."""
    by = {(g.circuit, g.outcome.optimise): g for g in gains if g.network == network}
    lines = [
        "| circuit | gates | ebits | makespan | for it | ebits | ratio | fidelity | for it | ebits "
        "| ratio |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for circuit in dict.fromkeys(name for name, _ in by):
        t, f = by[circuit, "makespan"], by[circuit, "fidelity"]
        cells = [circuit, str(t.gates), str(t.outcome.plain_ebits)]
        cells += [duration(round(t.outcome.plain_value)), duration(round(t.outcome.value))]
        cells += [str(t.outcome.ebits), f"{t.ratio:.2f}", f"{f.outcome.plain_value:.4f}"]
        cells += [f"{f.outcome.value:.4f}", str(f.outcome.ebits), f"{f.ratio:.2f}"]
        lines.append(f"| {' | '.join(cells)} |")
    return lines
