"""The makespan where pairs arrive at random: the schedule's clock, run many times.

Every run goes through the program in the order of its schedule, by the very loop that makes the
schedule, with random times for the pairs: a link of attempts takes a geometric number of them, a
link of which only the rate is known an exponential time, and a link that distils as many raw pairs
and rounds as `qdsl.analysis.distilled_arrivals` draws. Runs differ in nothing else.

A schedule at mean rates ends too early: where two links work side by side the later of two pairs
counts, and the mean of a maximum is above the maximum of the means. `expected_makespan_ns` is the
mean over a few runs with stratified times: those of each pair are the means over as many equal
parts of their distribution as there are runs, in random order (Latin hypercube; McKay et al.,
Technometrics 21, 239 (1979)). Sums of pairs are then exact, and maxima within about 1 %.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from qdsl.analysis.distilled_arrivals import distilled_times_ns, means_of_distilled_parts_ns
from qdsl.diagnostics.request_error import whole
from qdsl.ir.durations import link_of_rows
from qdsl.ir.jit import suited
from qdsl.ir.stages import DistributedCircuit, ScheduledCircuit
from qdsl.network.network import Link
from qdsl.passes.schedule.clock_kernel import clock_runs
from qdsl.passes.schedule.clock_start import clock_rows, free_state, pair_state, wires_of
from qdsl.records import dataclass

Numbers = npt.NDArray[np.float64]
Column = npt.NDArray[np.int64]
AT_ONCE: Final = 1 << 21  # times that are drawn at one time
DRAWS: Final = 64  # spare times of every link and run, for pairs that are made again
STRATA: Final = 256
PARTS: Final = 24  # of a histogram
FEW: Final = 16  # strata of a program that is very long
MANY_ROWS: Final = 1 << 20  # rows of all runs together that an expectation may take


@dataclass(frozen=True, slots=True)
class Arrivals:
    """Makespans of `runs` executions in ns, and the pairs that one of them threw away at their
    cut-off, on average. `scheduled_ns`: at mean rates; `expected_ns`: see `expected_makespan_ns`.
    `distilled`: pairs that one execution distilled on average, `raw_pairs` those that went into
    them or were lost with failed rounds; None where no link distils. `histogram`: in how many runs
    the makespan was in each of as many equal parts of the range from `shortest_ns` to `longest_ns`;
    None in reports of earlier versions."""

    runs: int
    seed: int
    mean_ns: float
    deviation_ns: float
    median_ns: float
    p95_ns: float
    thrown_away: float
    expected_ns: float
    scheduled_ns: int
    distilled: float | None = None
    raw_pairs: float | None = None
    shortest_ns: float | None = None
    longest_ns: float | None = None
    histogram: tuple[int, ...] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class RandomRuns:
    """Of every run the makespan in ns, and how many pairs it threw away at their cut-off; how many
    it distilled, and from how many raw pairs, int64[runs] each."""

    spans: Column
    thrown: Column
    distilled: Column
    raw_pairs: Column


def simulate_arrivals(ir: ScheduledCircuit, runs: int, seed: int = 0) -> Arrivals:
    """The same for the same program, runs and seed. WrongArgument without runs."""
    runs, seed = whole(runs, "runs", 1), whole(seed, "seed", 0)
    found = random_runs(ir.distributed, runs, seed)
    spans = found.spans
    median, p95 = np.percentile(spans, [50, 95])
    distils = any(x.levels for x in ir.network.links)
    return Arrivals(
        runs, seed, float(spans.mean()), float(spans.std()), float(median), float(p95),
        float(found.thrown.mean()), expected_makespan_ns(ir), ir.makespan_ns,
        float(found.distilled.mean()) if distils else None,
        float(found.raw_pairs.mean()) if distils else None,
        float(spans.min()), float(spans.max()), _histogram(spans),
    )  # fmt: skip


def _histogram(spans: Column) -> tuple[int, ...]:
    """Counts in equal parts of the range; the last has its end."""
    above = (spans - spans.min()).astype(np.float64)
    part = (above / max(above.max(), 1.0) * PARTS).astype(np.int64)
    counts: list[int] = np.bincount(np.minimum(part, PARTS - 1), minlength=PARTS).tolist()
    return tuple(counts)


def expected_makespan_ns(ir: ScheduledCircuit) -> float:
    """The mean makespan with random arrivals, from stratified runs."""
    rows = max(len(ir.distributed.table), 1)
    runs = min(STRATA, max(FEW, MANY_ROWS // rows))
    return float(_Runs(ir.distributed).stratified(runs).mean())


def makespans_ns(program: DistributedCircuit, runs: int, seed: int) -> tuple[Column, Column]:
    """Of every run the makespan, and how many pairs it threw away."""
    found = random_runs(program, runs, seed)
    return found.spans, found.thrown


def random_runs(program: DistributedCircuit, runs: int, seed: int) -> RandomRuns:
    """The same for the same program, runs and seed."""
    clock, random = _Runs(program), np.random.default_rng(seed)
    most = max(1, AT_ONCE // max(1, len(clock.pairs) + clock.spares))
    sizes = [most] * (runs // most) + ([runs % most] if runs % most else [])
    parts = [clock.random(n, random) for n in sizes]
    return RandomRuns(
        np.concatenate([p.spans for p in parts]),
        np.concatenate([p.thrown for p in parts]),
        np.concatenate([p.distilled for p in parts]),
        np.concatenate([p.raw_pairs for p in parts]),
    )


class _Runs:
    """A program that can be run many times."""

    def __init__(self, program: DistributedCircuit) -> None:
        self.links = program.network.links
        link = link_of_rows(program)
        self.pairs: Column = link[link >= 0]
        has_cutoff = any(x.physics.cutoff_ns is not None for x in self.links)
        self.draws = DRAWS if has_cutoff and len(self.pairs) else 0
        self.spares = self.draws * len(self.links)
        self._program = program

    def stratified(self, runs: int) -> Column:
        random = np.random.default_rng(0)
        order = random.permuted(np.tile(np.arange(runs)[:, None], len(self.pairs)), axis=0)
        made = np.zeros(order.shape, np.int64)
        for k, link in enumerate(self.links):
            mine = self.pairs == k
            made[:, mine] = means_of_parts_ns(link, runs)[order[:, mine]]
        return self._go(made, np.zeros_like(made), random).spans

    def random(self, runs: int, random: np.random.Generator) -> RandomRuns:
        quantiles = random.random((runs, len(self.pairs)))
        made, raw = np.zeros(quantiles.shape, np.int64), np.zeros(quantiles.shape, np.int64)
        for k, link in enumerate(self.links):
            mine = self.pairs == k
            made[:, mine], raw[:, mine] = _drawn(link, quantiles[:, mine], random)
        return self._go(made, raw, random)

    def _go(self, made: Column, raw: Column, random: np.random.Generator) -> RandomRuns:
        """`made`, `raw` int64[runs, pairs]: the times that pairs take, and raw pairs of those that
        are distilled."""
        runs = len(made)
        drawn = np.zeros((runs, len(self.links), self.draws), np.int64)
        again = np.zeros_like(drawn)
        for k, link in enumerate(self.links):
            drawn[:, k], again[:, k] = _drawn(link, random.random((runs, self.draws)), random)
        spans, thrown = np.zeros(runs, np.int64), np.zeros((runs, len(self.links)), np.int64)
        program = self._program
        fresh, now = free_state(program), free_state(program)
        pairs = pair_state(program, self.draws)
        loop = suited(clock_runs, runs * len(program.table))
        loop(clock_rows(program), wires_of(program), now, pairs, program.home_wire, fresh,
             made.reshape(-1), drawn.reshape(-1), spans, thrown.reshape(-1))  # fmt: skip
        distils = np.array([x.levels > 0 for x in self.links], np.bool_)
        first = np.full(runs, distils[self.pairs].sum() if len(self.pairs) else 0)
        return RandomRuns(
            spans,
            thrown.sum(1),
            first + thrown[:, distils].sum(1),
            raw.sum(1) + _raw_of_thrown(thrown, again),
        )


def _raw_of_thrown(thrown: Column, again: Column) -> Column:
    """Raw pairs of those that were made again, of every run: as many of the spare ones of a link as
    it threw away, and all of them again where they are used up."""
    draws = again.shape[2]
    if not draws:
        return np.zeros(len(thrown), np.int64)
    so_far = np.concatenate([np.zeros_like(again[:, :, :1]), again.cumsum(2)], axis=2)
    rest = np.take_along_axis(so_far, (thrown % draws)[:, :, None], 2)[:, :, 0]
    found: Column = (thrown // draws * so_far[:, :, -1] + rest).sum(1)
    return found


def _drawn(link: Link, quantile: Numbers, random: np.random.Generator) -> tuple[Column, Column]:
    """Times of pairs, and raw pairs of those that are distilled; in the shape of `quantile`, which
    is not used for these."""
    if not link.levels:
        return making_times_ns(link, quantile), np.zeros(quantile.shape, np.int64)
    times, raw = distilled_times_ns(link, quantile.size, random)
    return times.reshape(quantile.shape), raw.reshape(quantile.shape)


def making_times_ns(link: Link, quantile: Numbers) -> Column:
    """How long a channel takes to make a raw pair and herald it, at quantiles in [0, 1)."""
    model, rate = link.physics, link.raw_rate_hz
    if rate is None:
        return np.full(quantile.shape, model.herald_ns, np.int64)
    if model.attempt_hz is None:
        time = -np.log1p(-quantile) * 1e9 / rate
    elif model.success == 1:
        time = np.full(quantile.shape, 1e9 / model.attempt_hz)
    else:
        attempts = np.ceil(np.log1p(-quantile) / np.log1p(-model.success))
        time = np.maximum(attempts, 1) * 1e9 / model.attempt_hz
    found: Column = np.rint(time).astype(np.int64) + model.herald_ns
    return found


def means_of_parts_ns(link: Link, parts: int) -> Column:
    """The mean time of a pair over each of so many equal parts of its distribution, int64[parts];
    of a raw pair that of `making_times_ns` over parts of [0, 1)."""
    if link.levels:
        return means_of_distilled_parts_ns(link, parts)
    model, rate = link.physics, link.raw_rate_hz
    edges = np.arange(parts + 1) / parts
    if rate is None or (model.attempt_hz is not None and model.success == 1):
        return making_times_ns(link, edges[:-1])
    left = 1 - edges
    if model.attempt_hz is None:  # the integral of -log(1 - q), from 0
        integral = left * np.log(np.where(left > 0, left, 1)) + edges
        unit = 1e9 / rate
    else:  # of the number of attempts: one more where q passes 1 - (1 - success)**k
        missed = 1 - model.success
        attempts = np.ceil(np.log(np.where(left > 0, left, 1)) / np.log(missed))
        inside = (1 - missed**attempts) / model.success - attempts * left
        integral = np.where(left > 0, inside, 1 / model.success)
        unit = 1e9 / model.attempt_hz
    found: Column = np.rint(np.diff(integral) * parts * unit).astype(np.int64) + model.herald_ns
    return found
