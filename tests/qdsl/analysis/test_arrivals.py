"""Random arrivals of pairs, against closed forms."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Sequence
from dataclasses import replace
from time import perf_counter

import numpy as np
import pytest
from scipy.stats import gamma

from qdsl import loads
from qdsl.analysis.arrivals import (
    expected_makespan_ns,
    makespans_ns,
    making_times_ns,
    means_of_parts_ns,
    random_runs,
    simulate_arrivals,
)
from qdsl.analysis.error_budget import error_budget
from qdsl.diagnostics.numbers import duration
from qdsl.ir.stages import ScheduledCircuit
from qdsl.network.models import LinkModel
from qdsl.network.network import Link, Network
from qdsl.passes.insert_communication.insert_communication import InsertCommunication
from qdsl.passes.partition.partition import Partition
from qdsl.passes.schedule.schedule import Schedule
from qdsl.report.data import Report
from qdsl.report.text import render_cost, render_report
from tests.build import Line, circuit, network

RUNS = 20_000
MEAN = 1e6  # ns of a pair at 1 kHz


def scheduled(lines: Sequence[Line], qubits: int, where: Network,
              pins: dict[int, int]) -> ScheduledCircuit:  # fmt: skip
    source = circuit(qubits, lines, network=where, pins=pins)
    return Schedule().run(InsertCommunication().run(Partition().run(source)))


def on(kind: str, nodes: int, model: LinkModel | None = None, comm: int = 2) -> Network:
    """Instant gates, pairs of 1 kHz."""
    link = Link(0, 1, rate_hz=1e3, model=model)
    return network(kind, nodes, 4, comm, link, gate_time_ns=(0, 0, 0))


@pytest.mark.parametrize(
    "model",
    [
        None,
        LinkModel(attempt_hz=1e4, success=0.1),
        LinkModel(attempt_hz=1e4, success=0.7),
        LinkModel(attempt_hz=1e3, success=1.0),
    ],
)
def test_means_of_parts_are_those_of_the_distribution(model: LinkModel | None) -> None:
    """Against the mean over a fine grid in each part; all together they give the mean."""
    link = Link(0, 1, rate_hz=1e3 if model is None else None, model=model)
    parts, fine = 16, 4000
    grid = (np.arange(parts * fine) + 0.5) / (parts * fine)
    wanted = making_times_ns(link, grid).reshape(parts, fine).mean(axis=1)
    found = means_of_parts_ns(link, parts)
    assert found == pytest.approx(wanted, rel=5e-3)
    rate = link.pair_rate_hz
    assert rate is not None
    assert found.mean() == pytest.approx(1e9 / rate, rel=1e-6)


@pytest.mark.parametrize("pairs", [1, 2, 5])
def test_pairs_in_a_row_take_the_sum_of_their_means(pairs: int) -> None:
    ir = in_a_row(pairs + 1)
    assert expected_makespan_ns(ir) == pytest.approx(ir.makespan_ns, rel=1e-6)


def in_a_row(pairs: int, model: LinkModel | None = None) -> ScheduledCircuit:
    """One qubit goes to and fro: with one communication qubit a pair begins after the last."""
    lines = [("h", (0,))] * pairs
    where = on("line", 2, model, comm=1)
    return scheduled(lines, 1, where, {k: k % 2 for k in range(pairs)})


def side_by_side(pairs: int, channels: int) -> ScheduledCircuit:
    """As many gates over one link, on qubits of their own."""
    lines: list[Line] = [*(("h", (k,)) for k in range(2 * pairs))]
    lines += [("cx", (k, k + pairs)) for k in range(pairs)]
    where = network("line", 2, pairs, pairs, Link(0, 1, rate_hz=1e3), gate_time_ns=(0, 0, 0))
    links = tuple(replace(x, model=LinkModel(channels=channels)) for x in where.links)
    pins = {k: int(k >= pairs) for k in range(2 * pairs)}
    return scheduled(lines, 2 * pairs, replace(where, links=links), pins)


def mean_of(ir: ScheduledCircuit, seed: int = 1) -> float:
    return simulate_arrivals(ir, RUNS, seed).mean_ns


def test_a_chain_of_pairs_is_an_erlang_distribution() -> None:
    ir = in_a_row(5)
    pairs = int(ir.distributed.table.codes("ebit").sum())
    found = simulate_arrivals(ir, RUNS, 3)
    law = gamma(pairs, scale=MEAN)
    assert pairs == 4
    assert found.mean_ns == pytest.approx(law.mean(), rel=0.01)
    assert found.deviation_ns == pytest.approx(law.std(), rel=0.02)
    assert found.median_ns == pytest.approx(law.median(), rel=0.015)
    assert found.p95_ns == pytest.approx(law.ppf(0.95), rel=0.015)
    assert found.expected_ns == pytest.approx(law.mean(), rel=0.01)


def test_attempts_are_geometric() -> None:
    model = LinkModel(attempt_hz=1e5, success=0.2, herald_ns=500)
    link = Link(0, 1, model=model)
    times = making_times_ns(link, np.random.default_rng(0).random(RUNS)) - 500
    attempts, counts = np.unique(times // 10_000, return_counts=True)
    law = 0.2 * 0.8 ** (attempts - 1)
    assert (times % 10_000 == 0).all() and attempts[0] == 1
    assert np.abs(counts / RUNS - law).max() < 0.01
    assert mean_of(in_a_row(2, model)) == pytest.approx(5 * 10_000 + 500, rel=0.02)


@pytest.mark.parametrize(("comm", "heralds"), [(3, 1), (1, 3)])
def test_heralds_of_a_channel_overlap_where_communication_qubits_are_free(
    comm: int, heralds: int
) -> None:
    """Three gates take three times of a pair and one herald, or three heralds with one qubit."""
    model = LinkModel(attempt_hz=1e4, success=0.1, herald_ns=5_000_000)
    where = network("line", 2, 3, comm, Link(0, 1, model=model), gate_time_ns=(0, 0, 0))
    lines = [("cx", (k, k + 3)) for k in range(3)]
    ir = scheduled(lines, 6, where, {k: int(k >= 3) for k in range(6)})
    found = simulate_arrivals(ir, RUNS, 2)
    assert ir.makespan_ns == 3 * MEAN + heralds * 5_000_000
    assert found.mean_ns == pytest.approx(ir.makespan_ns, rel=0.005)
    assert found.deviation_ns == pytest.approx(math.sqrt(3 * 0.9) * MEAN, rel=0.02)


def test_parallel_links_end_with_the_latest() -> None:
    """A star: mean H_k / rate of k links, not 1 / rate."""
    k = 3
    lines = [("h", (q,)) for q in range(2 * k)] + [("cx", (q, q + k)) for q in range(k)]
    pins = {q: 0 if q < k else q - k + 1 for q in range(2 * k)}
    ir = scheduled(lines, 2 * k, on("star", k + 1, comm=4), pins)
    harmonic = sum(1 / i for i in range(1, k + 1))
    assert ir.makespan_ns == MEAN
    assert mean_of(ir) == pytest.approx(harmonic * MEAN, rel=0.02)
    assert expected_makespan_ns(ir) == pytest.approx(harmonic * MEAN, rel=0.02)


@pytest.mark.parametrize("channels", [1, 2, 4])
def test_channels_share_the_pairs(channels: int) -> None:
    """n exponential tasks on k servers take (n - k) / k rate + H_k / rate."""
    n = 4
    ir = side_by_side(n, channels)
    assert int(ir.distributed.table.codes("ebit").sum()) == n
    law = (n - channels) / channels + sum(1 / i for i in range(1, channels + 1))
    assert mean_of(ir) == pytest.approx(law * MEAN, rel=0.02)
    assert expected_makespan_ns(ir) == pytest.approx(law * MEAN, rel=0.03)


@pytest.mark.parametrize("cutoff", [0.3, 1.0])
def test_pairs_past_their_cutoff_are_made_again(cutoff: float) -> None:
    """Two pairs are swapped: 1 / (2 rate (1 - q)) + 1 / rate, where the second comes in time with
    probability 1 - q = 1 - exp(-rate cutoff)."""
    model = LinkModel(cutoff_ns=round(cutoff * MEAN))
    lines = [("h", (0,)), ("h", (1,)), ("cx", (0, 1))]
    ir = scheduled(lines, 2, on("line", 3, model), {0: 0, 1: 2})
    late = math.exp(-cutoff)
    found = simulate_arrivals(ir, RUNS, 5)
    assert found.mean_ns == pytest.approx((0.5 / (1 - late) + 1) * MEAN, rel=0.02)
    assert found.thrown_away == pytest.approx(late / (1 - late), rel=0.05)


def test_a_buffer_gives_pairs_at_once() -> None:
    """Two links' worth of pairs are there when the program has waited for long."""
    link = Link(0, 1, rate_hz=1e3, model=LinkModel(buffer=3))
    where = network("line", 2, 1, 1, link, gate_time_ns=(10**6, 0, 0))
    lines = [*[("h", (0,)), ("t", (0,))] * 20, ("h", (1,)), ("cx", (0, 1))]
    ir = scheduled(lines, 2, where, {0: 0, 40: 1})
    assert mean_of(ir) == pytest.approx(ir.makespan_ns, rel=1e-3)


@pytest.mark.parametrize("seed", range(10))
def test_the_expected_makespan_is_the_mean(seed: int) -> None:
    chance = random.Random(seed)
    kind, nodes = chance.choice(["complete", "line", "ring", "star"]), chance.choice([2, 3, 4])
    model = chance.choice(
        [None, LinkModel(channels=2), LinkModel(attempt_hz=1e4, success=0.1, buffer=1)]
    )
    where = on(kind, nodes, model)
    lines = [("cx", tuple(chance.sample(range(2 * nodes), 2))) for _ in range(25)]
    ir = scheduled(lines, 2 * nodes, where, {0: 0, 1: nodes - 1})
    found = simulate_arrivals(ir, 4000, seed)
    assert found.expected_ns == pytest.approx(found.mean_ns, rel=0.05)


def test_the_same_seed_gives_the_same_runs() -> None:
    ir = in_a_row(4)
    first, again = (makespans_ns(ir.distributed, 300, 7)[0] for _ in range(2))
    assert first.tolist() == again.tolist()
    assert makespans_ns(ir.distributed, 300, 8)[0].tolist() != first.tolist()
    with pytest.raises(ValueError, match="`runs` is 0: give a whole number from 1 on"):
        simulate_arrivals(ir, 0)


@pytest.mark.slow
def test_many_runs_of_a_long_program_are_quick() -> None:
    """10,000 runs of 1,000 operations: under ten seconds where there is machine code."""
    chance = random.Random(1)
    lines = [("cx", tuple(chance.sample(range(8), 2))) for _ in range(300)]
    ir = scheduled(lines, 8, on("ring", 4), {})
    assert len(ir.distributed.table) >= 1000
    makespans_ns(ir.distributed, 400, 0)
    start = perf_counter()
    makespans_ns(ir.distributed, 2000, 0)
    assert perf_counter() - start < 2


def test_reports_show_the_runs() -> None:
    text = """
    network n = line(2) { qubits 2, attempt_rate 1 MHz, success_probability 0.001, cutoff 5 ms }
    model m() on n { qubits q[4]; h q; for i in 0..3 { cx q[i], q[i+1] }; return sample(q) }
    """
    compiled = loads(text).compile()
    report = compiled.report()
    assert report.cost.expected_makespan_ns == expected_makespan_ns(compiled.scheduled)
    assert "expected makespan" in render_report(report)
    assert "arrivals" not in report.to_json()
    full = replace(report, arrivals=simulate_arrivals(compiled.scheduled, 100))
    assert "100 runs, seed 0" in render_report(full)
    again = Report.from_json(json.loads(json.dumps(full.to_json())))
    assert (again.arrivals, again.cost) == (full.arrivals, full.cost)
    assert error_budget(compiled.scheduled).fidelity == 1


def test_a_histogram_counts_every_run() -> None:
    text = """network n = line(2) { qubits 1, attempt_rate 1 MHz, success_probability 0.01 }
    model m() on n { qubits a, b; cx a, b; return sample(a, b) }"""
    made = loads(text).compile(verify=False)
    found = simulate_arrivals(made.scheduled, 5000, 2)
    spans = random_runs(made.scheduled.distributed, 5000, 2).spans
    wanted, edges = np.histogram(spans, bins=24)
    assert found.histogram is not None and sum(found.histogram) == 5000
    assert np.abs(np.array(found.histogram) - wanted).sum() < 100  # edges are rounded otherwise
    assert (found.shortest_ns, found.longest_ns) == (edges[0], edges[-1])
    alike = simulate_arrivals(loads(text.replace("0.01", "1")).compile().scheduled, 10)
    assert alike.histogram is not None and alike.histogram[0] == 10
    shown = render_cost(replace(made.report(), arrivals=found))
    assert f"{duration(edges[0])} █" in shown


def test_a_report_says_how_many_pairs_are_made_used_and_thrown_away() -> None:
    """Two links swap their pairs; the sooner one is thrown away until the other is there."""
    text = """network n { node a { qubits 1, comm 1 }; node r { qubits 0, comm 2 }
      node b { qubits 1, comm 1 }
      link a -- r { attempt_rate 1 kHz, cutoff 1.5 ms }
      link r -- b { attempt_rate 10 kHz, success_probability 0.005 } }
    model m() on n { qubits p, q; at a { h p }; at b { cx p, q }; return sample(p, q) }"""
    made = loads(text).compile(verify=False)
    found = simulate_arrivals(made.scheduled, 200, 1)
    assert found.thrown_away > 5
    said = " ".join(render_cost(replace(made.report(), arrivals=found)).split())
    count = f"{2 + found.thrown_away:.5g} pairs, uses 2 and throws {found.thrown_away:.3g} away"
    assert f"a run makes {count} at their cut-off, on average" in said
