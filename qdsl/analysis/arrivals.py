"""The makespan where pairs arrive at random: the schedule's clock, run many times.

Every run goes through the program in the order of its schedule, by the very loop that makes the
schedule, with random times for the pairs: a link of attempts takes a geometric number of them, a
link of which only the rate is known an exponential time. Runs differ in nothing else.

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
FEW: Final = 16  # strata of a program that is very long
MANY_ROWS: Final = 1 << 20  # rows of all runs together that an expectation may take


@dataclass(frozen=True, slots=True)
class Arrivals:
    """Makespans of `runs` executions in ns, and the pairs that one of them threw away on average.
    `scheduled_ns`: at mean rates; `expected_ns`: see `expected_makespan_ns`."""

    runs: int
    seed: int
    mean_ns: float
    deviation_ns: float
    median_ns: float
    p95_ns: float
    thrown_away: float
    expected_ns: float
    scheduled_ns: int


def simulate_arrivals(ir: ScheduledCircuit, runs: int, seed: int = 0) -> Arrivals:
    """The same for the same program, runs and seed. ValueError without runs."""
    if runs < 1:
        raise ValueError("at least one run is needed")
    spans, thrown = makespans_ns(ir.distributed, runs, seed)
    median, p95 = np.percentile(spans, [50, 95])
    return Arrivals(
        runs, seed, float(spans.mean()), float(spans.std()), float(median), float(p95),
        float(thrown.mean()), expected_makespan_ns(ir), ir.makespan_ns,
    )  # fmt: skip


def expected_makespan_ns(ir: ScheduledCircuit) -> float:
    """The mean makespan with random arrivals, from stratified runs."""
    rows = max(len(ir.distributed.table), 1)
    runs = min(STRATA, max(FEW, MANY_ROWS // rows))
    return float(_Runs(ir.distributed).stratified(runs).mean())


def makespans_ns(program: DistributedCircuit, runs: int, seed: int) -> tuple[Column, Column]:
    """Of every run the makespan, and how many pairs it threw away."""
    clock, random = _Runs(program), np.random.default_rng(seed)
    most = max(1, AT_ONCE // max(1, len(clock.pairs) + clock.spares))
    sizes = [most] * (runs // most) + ([runs % most] if runs % most else [])
    parts = [clock.random(n, random) for n in sizes]
    return np.concatenate([p[0] for p in parts]), np.concatenate([p[1] for p in parts])


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
        return self._go(made, random)[0]

    def random(self, runs: int, random: np.random.Generator) -> tuple[Column, Column]:
        """Of every run the makespan, and how many pairs it threw away."""
        quantiles = random.random((runs, len(self.pairs)))
        made = np.zeros(quantiles.shape, np.int64)
        for k, link in enumerate(self.links):
            mine = self.pairs == k
            made[:, mine] = making_times_ns(link, quantiles[:, mine])
        return self._go(made, random)

    def _go(self, made: Column, random: np.random.Generator) -> tuple[Column, Column]:
        """`made` int64[runs, pairs]: the times that pairs take."""
        runs = len(made)
        drawn = np.zeros((runs, len(self.links), self.draws), np.int64)
        for k, link in enumerate(self.links):
            drawn[:, k] = making_times_ns(link, random.random((runs, self.draws)))
        spans, thrown = np.zeros(runs, np.int64), np.zeros(runs, np.int64)
        program = self._program
        fresh, now = free_state(program), free_state(program)
        pairs = pair_state(program, self.draws)
        loop = suited(clock_runs, runs * len(program.table))
        loop(clock_rows(program), wires_of(program), now, pairs, program.home_wire, fresh,
             made.reshape(-1), drawn.reshape(-1), spans, thrown)  # fmt: skip
        return spans, thrown


def making_times_ns(link: Link, quantile: Numbers) -> Column:
    """How long a channel takes to make a pair and herald it, at quantiles in [0, 1)."""
    model, rate = link.physics, link.pair_rate_hz
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
    """The mean of `making_times_ns` over each of so many equal parts of [0, 1), int64[parts]."""
    model, rate = link.physics, link.pair_rate_hz
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
