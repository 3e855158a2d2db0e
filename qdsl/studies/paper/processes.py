"""Instances on nodes in processes of their own, by shots, with the traffic that was counted."""

from __future__ import annotations

from math import comb
from typing import TYPE_CHECKING, Any

import numpy as np

from qdsl.data.problems import HiddenMatching, hidden_matching, trace_product
from qdsl.studies.paper.findings import SHOWN, ClaimFinding, FindingTable, Part, Settings
from qdsl.studies.paper.inference import FAILURE, model
from qdsl.studies.paper.one_way import bits_wanted, success

if TYPE_CHECKING:
    from collections.abc import Mapping

    from qdsl.api import Compiled
    from qdsl.runtime.traffic import NetworkRun

INSTANCES = 4
SHARE = 0.25  # of the pairs that have a label, in the partial matching
COPIES = (1, 2, 4, 8, 16)


def on_processes(settings: Settings) -> Part:
    """Every shot is one copy: alice's and bob's processes share nothing but the network."""
    perfect, is_perfect = _perfect(settings)
    partial, is_partial = _partial(settings)
    finding, traces = _interactive(settings)
    return Part(
        "processes",
        "Every node a process of its own",
        (
            ClaimFinding(
                "one copy decides hidden matching between two parties that share nothing else",
                "abstract; Bar-Yossef et al., SICOMP 38, 366",
                f"all shots of {INSTANCES} instances right for n = {perfect[0][0]} to "
                f"{perfect[-1][0]}; n ebits and 2 n bits a shot were counted on the network",
                "log N qubits",
                SHOWN,
                is_perfect and is_partial,
            ),
            finding,
        ),
        (
            FindingTable(
                "Hidden matching by processes, one shot a copy, and the classical one-way "
                "protocol run beside it (fewest bits for 99 % of 200 instances, then 200 others)",
                ("n", "ebits a copy", "shots right", "bits sent", "right"),
                perfect,
            ),
            FindingTable(
                f"Success against copies, n = 4, a share {SHARE:g} of the pairs labelled; out of "
                "the shots of processes, over all choices of so many of them",
                ("copies", "success", "1 - (1 - share)^copies"),
                partial,
            ),
            FindingTable(
                "(tr(ABCD) / N)^2 by processes, n = 1, four hand-overs a copy",
                ("instance", "exact", "measured", "standard error", "ebits a copy"),
                traces,
            ),
        ),
        "Run by `qdsl run --nodes` as `docs/guide/nodes.md` says; the quantum hardware is one "
        "process. "
        "A classical run of 99 % wants a wrong or missing answer at most once in a hundred.",
    )


def _ran(
    compiled: Compiled,
    single: Mapping[str, Any],
    batched: Mapping[str, Any],
    items: int,
    shots: int,
    seed: int,
) -> tuple[list[Any], NetworkRun]:
    """The first output's estimate for every item, and the traffic."""
    from qdsl.runtime.run import ItemValues, run_nodes

    given = ItemValues(single, batched, items)
    found, traffic = run_nodes(compiled.scheduled, given, shots, seed)
    return [item[0] for item in found], traffic


def _perfect(settings: Settings) -> tuple[tuple[tuple[str, ...], ...], bool]:
    rows, holds, shots = [], True, 10
    for n in range(3, 6 if settings.is_quick else 9):
        settings.say(f"processes: hidden matching, n = {n}")
        compiled = model("matching").compile(settings={"n": n})
        drawn = [hidden_matching(n, settings.seed + k) for k in range(INSTANCES)]
        batched = {k: np.stack([one.values[k] for one in drawn]) for k in ("x", "m")}
        counted, traffic = _ran(compiled, {}, batched, INSTANCES, shots, settings.seed)
        right = sum(_right(one, c.counts)[0] for one, c in zip(drawn, counted, strict=True))
        total = shots * INSTANCES
        holds = holds and right == total and traffic.ebits == n * total
        holds = holds and traffic.classical_bits == 2 * n * total
        bits = bits_wanted(n, settings.seed, FAILURE)
        rows.append((str(n), str(traffic.ebits // total), f"{right}/{total}", str(bits),
                     f"{success(n, settings.seed, bits):.3f}"))  # fmt: skip
    return tuple(rows), holds


def _right(one: HiddenMatching, counts: Mapping[str, int]) -> tuple[int, int]:
    """Shots that give the answer, and shots that give the other one."""
    said = [
        (one.decided(np.array([int(b) for b in bits], np.int8)), times)
        for bits, times in counts.items()
    ]
    right = sum(times for answer, times in said if answer == one.answer)
    return right, sum(times for answer, times in said if answer == 1 - one.answer)


def _partial(settings: Settings) -> tuple[tuple[tuple[str, ...], ...], bool]:
    """A wrong answer never happens; k copies fail if none of them meets a labelled pair."""
    settings.say("processes: partial matching")
    compiled, shots = model("matching").compile(settings={"n": 4}), 400
    one = hidden_matching(4, settings.seed, SHARE)
    (counted,), _ = _ran(compiled, one.values, {}, 1, shots, settings.seed)
    right, wrong = _right(one, counted.counts)
    rows = []
    for k in COPIES:
        missed = comb(shots - right, k) / comb(shots, k)
        rows.append((str(k), f"{1 - missed:.3f}", f"{1 - (1 - SHARE) ** k:.3f}"))
    spread = (SHARE * (1 - SHARE) / shots) ** 0.5
    return tuple(rows), not wrong and abs(right / shots - SHARE) < 4 * spread


def _interactive(settings: Settings) -> tuple[ClaimFinding, tuple[tuple[str, ...], ...]]:
    settings.say("processes: trace of a product")
    compiled, shots, size = model("abcd").compile(settings={"n": 1}), 400, 2
    several = [trace_product(1, settings.seed + k) for k in range(12)]
    drawn = [f(several, key=lambda one: one.share**2) for f in (min, max)]
    pair = np.eye(size).reshape(-1) / np.sqrt(size)
    batched = {name: np.stack([one.matrices[k] for one in drawn]) for k, name in enumerate("ABCD")}
    single = {"pair": pair, "back": pair.reshape(-1, 1)}
    counted, traffic = _ran(compiled, single, batched, len(drawn), shots, settings.seed)
    rows, worst = [], 0.0
    for one, mean in zip(drawn, counted, strict=True):
        error = max(mean.standard_error, 1 / shots)
        worst = max(worst, abs(mean.value - one.share**2) / error)
        each = traffic.ebits // (shots * len(drawn))
        rows.append((f"answer {one.answer}", f"{one.share**2:.4f}", f"{mean.value:.4f}",
                     f"{mean.standard_error:.4f}", str(each)))  # fmt: skip
    finding = ClaimFinding(
        "an interactive protocol runs between parties that share nothing else",
        "arXiv 2310.02406",
        f"four hand-overs, {shots} shots: (tr/N)**2 off by {worst:.1f} standard errors at most",
        "O(log N) qubits",
        SHOWN,
        worst < 5 and traffic.ebits == 4 * shots * len(drawn),
    )
    return finding, tuple(rows)
