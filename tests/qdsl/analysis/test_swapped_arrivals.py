"""Random arrivals of pairs that are swapped, against a small simulation of events."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from itertools import pairwise
from statistics import fmean, stdev

import pytest

from qdsl import loads
from qdsl.analysis.arrivals import Arrivals, simulate_arrivals

RUNS = 20_000
Limit = float | None


def swapped_ms(
    means: Sequence[float], cutoffs: Sequence[Limit], random_: random.Random
) -> tuple[float, int]:
    """When all pairs of a path are there and none is too old, and how many were thrown away. Every
    link makes its pair in an exponential time, in ms; a pair that reaches its cut-off before the
    swap is thrown away then, and its link begins again."""
    known = [random_.expovariate(1 / m) for m in means]
    thrown = 0
    while True:
        now = max(known)
        old = [k for k, c in enumerate(cutoffs) if c is not None and now - known[k] > c]
        if not old:
            return now, thrown
        k = min(old, key=lambda k: known[k] + (cutoffs[k] or 0))  # the first that is thrown away
        known[k] += (cutoffs[k] or 0) + random_.expovariate(1 / means[k])
        thrown += 1


def arrivals(
    means: Sequence[float], cutoffs: Sequence[Limit], gate: str = "10 ms", runs: int = RUNS
) -> Arrivals:
    """Of a gate between the ends of a line, which takes so long at the first node and no time at
    the other."""
    inner = [f"node r{k} {{ qubits 0, comm 2 }}" for k in range(1, len(means))]
    names = ["a", *[f"r{k}" for k in range(1, len(means))], "b"]
    links = [
        f"link {x} -- {y} {{ rate {1000 / m:.9f} Hz{f', cutoff {c} ms' if c else ''} }}"
        for x, y, m, c in zip(names[:-1], names[1:], means, cutoffs, strict=True)
    ]
    text = "\n".join(
        ["network lab {", f"node a {{ qubits 1, comm 1, two_qubit_time {gate} }}", *inner,
         "node b { qubits 1, comm 1 }", *links, "}",
         "model m() on lab { qubits p, q; at a { h p }; at b { cx p, q }; return sample(p, q) }"]
    )  # fmt: skip
    return simulate_arrivals(loads(text).compile(verify=False).scheduled, runs, 3)


CASES = [
    *[([0.5, 5.0], [c, None]) for c in (1.0, 4.0, 4.6, 6.0, 30.0)],
    ([5.0, 0.5], [None, 1.0]),
    ([1.0, 2.0], [0.7, 1.5]),
    ([1.0, 1.0], [0.5, 0.5]),
    ([1.0, 2.0, 0.5], [1.5, 4.0, 0.8]),
    ([1.0, 4.0, 0.5], [None, None, 1.0]),
]


@pytest.mark.parametrize(("means", "cutoffs"), CASES)
def test_runs_are_those_of_a_simulation(means: list[float], cutoffs: list[Limit]) -> None:
    """The CX at the first node comes after the swap."""
    found = arrivals(means, cutoffs)
    chance = random.Random(7)
    runs = [swapped_ms(means, cutoffs, chance) for _ in range(RUNS)]
    times, thrown = [t for t, _ in runs], [n for _, n in runs]
    error = math.hypot(stdev(times), found.deviation_ns / 1e6) / math.sqrt(RUNS)
    assert abs(found.mean_ns / 1e6 - 10 - fmean(times)) < 4 * error
    assert found.deviation_ns / 1e6 == pytest.approx(stdev(times), rel=0.06)
    assert abs(found.thrown_away - fmean(thrown)) < 6 * (stdev(thrown) + 0.01) / math.sqrt(RUNS)
    assert found.expected_ns == pytest.approx(found.mean_ns, rel=0.05)


def test_a_longer_cutoff_is_never_slower() -> None:
    """Nor does it matter whether the gate that waits takes no time or a little."""
    runs = [arrivals([0.5, 5.0], [c, None]) for c in (1, 4, 4.6, 6, 10, 30, 100)]
    slack = 2e4  # ns; runs of one seed differ in the pairs that are made again only
    for shorter, longer in pairwise(runs):
        assert longer.mean_ns <= shorter.mean_ns + slack
        assert longer.scheduled_ns == shorter.scheduled_ns
        assert longer.thrown_away < shorter.thrown_away
    quick, instant = (arrivals([0.5, 5.0], [4.6, None], gate) for gate in ("1 us", "0 us"))
    assert quick.mean_ns - instant.mean_ns == pytest.approx(1000, abs=1)
    assert quick.thrown_away == instant.thrown_away
