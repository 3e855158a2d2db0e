"""Distillation at random: exact draws against closed forms and against playing every round."""

from __future__ import annotations

import json
import math
import random

import numpy as np
import pytest

from qdsl import loads
from qdsl.analysis.arrivals import (
    expected_makespan_ns,
    means_of_parts_ns,
    random_runs,
    simulate_arrivals,
)
from qdsl.analysis.distilled_arrivals import distilled_times_ns, raw_pairs
from qdsl.network.models import Distillation, DistilledPair, LinkModel
from qdsl.network.network import Link, Network, Node
from qdsl.report.data import NotAReport, Report
from qdsl.report.text import render_report

COUNT = 40_000


def link_of(levels: int, **of_model: float | int) -> Link:
    model = LinkModel(distillation=Distillation("dejmps", levels), **of_model)  # type: ignore[arg-type]
    rate = None if "attempt_hz" in of_model else 1e6
    nodes = tuple(Node(v, 1, 4, 0.99, (10, 20, 30)) for v in "ab")
    return Network("lan", nodes, (Link(0, 1, 0.85, rate, 200, model=model),)).links[0]


def made(link: Link) -> DistilledPair:
    assert link.distilled is not None
    return link.distilled


@pytest.mark.parametrize("levels", [1, 2, 3])
def test_mean_raw_pairs_are_those_of_the_closed_form(levels: int) -> None:
    """prod 2 / p, within four standard errors."""
    wanted = made(link_of(levels))
    found, _ = raw_pairs(wanted, COUNT, np.random.default_rng(levels))
    error = found.std() / math.sqrt(COUNT)
    assert abs(found.mean() - wanted.raw_pairs) < 4 * error
    assert wanted.raw_pairs == pytest.approx(math.prod(2 / p for p in wanted.success))
    assert (found % 2 == 0).all() and found.min() == 2**levels


@pytest.mark.parametrize(
    "of_model",
    [{}, {"herald_ns": 70}, {"attempt_hz": 1e7, "success": 0.2}, {"attempt_hz": 1e6}],
)
def test_mean_times_are_those_of_the_schedule(of_model: dict[str, float]) -> None:
    link = link_of(2, **of_model)
    times, _ = distilled_times_ns(link, COUNT, np.random.default_rng(0))
    assert abs(times.mean() - link.pair_time_ns) < 4 * times.std() / math.sqrt(COUNT) + 1
    means = means_of_parts_ns(link, 64)
    assert means.mean() == pytest.approx(link.pair_time_ns, abs=1)
    assert (np.diff(means) >= 0).all()


def played(pair: DistilledPair, chance: random.Random, level: int) -> tuple[int, int]:
    """Raw pairs and rounds of one pair of a level, round by round."""
    if not level:
        return 1, 0
    raw = rounds = 0
    while True:
        for _ in range(2):
            more = played(pair, chance, level - 1)
            raw, rounds = raw + more[0], rounds + more[1]
        rounds += 1
        if chance.random() < pair.success[level - 1]:
            return raw, rounds


def test_draws_are_what_playing_every_round_gives() -> None:
    """Mean, spread and correlation of raw pairs and rounds."""
    pair, chance = made(link_of(2)), random.Random(5)
    one = np.array([played(pair, chance, 2) for _ in range(20_000)], np.float64)
    two = np.stack(raw_pairs(pair, 20_000, np.random.default_rng(5)), axis=1).astype(np.float64)
    assert two.mean(0) == pytest.approx(one.mean(0), rel=0.02)
    assert two.std(0) == pytest.approx(one.std(0), rel=0.04)
    both = [np.asarray(np.corrcoef(x.T))[0, 1] for x in (one, two)]
    assert both[0] == pytest.approx(both[1], abs=0.02)


PROGRAM = """
network lan {{
  node a {{ qubits 2, comm 3, gate_time 10 us }}
  node b {{ qubits 2, comm 3, gate_time 10 us }}
  link a -- b {{ fidelity 0.9, rate 1 kHz, latency 20 us{more} }}
}}
model m() on lan {{
  qubits q[4]
  cx q[0], q[2]
  at a {{ h q[0]; h q[1] }}
  cx q[0], q[3]
  return sample(q)
}}
"""
SWAPPING = """
network row = line(3) {
  qubits 1, comm 4, fidelity 0.9, rate 1 kHz, distillation dejmps, distillation_levels 1
  channels 2, cutoff 2 ms
}
model m() on row {
  qubits q[3]
  at node0 { h q[0] }
  at node1 { h q[1] }
  at node2 { h q[2] }
  cx q[0], q[2]
  return sample(q)
}
"""
DEJMPS = ", distillation dejmps, distillation_levels 2"


def test_a_run_counts_its_raw_pairs() -> None:
    compiled = loads(PROGRAM.format(more=DEJMPS)).compile()
    ir = compiled.scheduled
    ebits = int(ir.distributed.table.codes("ebit").sum())
    found = random_runs(ir.distributed, 4000, 1)
    expected = ebits * made(ir.network.links[0]).raw_pairs
    assert (found.distilled == ebits).all() and not found.thrown.any()
    error = found.raw_pairs.std() / math.sqrt(4000)
    assert abs(found.raw_pairs.mean() - expected) < 4 * error
    assert expected_makespan_ns(ir) == pytest.approx(found.spans.mean(), rel=0.03)


def test_pairs_made_again_take_raw_pairs_too() -> None:
    """Two links in a row: the pair that is there first waits for the other."""
    compiled = loads(SWAPPING).compile()
    found = random_runs(compiled.scheduled.distributed, 2000, 1)
    assert found.thrown.any() and (found.distilled - found.thrown == 2).all()
    pair = made(compiled.scheduled.network.links[0])
    assert found.raw_pairs.mean() == pytest.approx(
        found.distilled.mean() * pair.raw_pairs, rel=0.05
    )


def test_a_report_shows_what_was_distilled() -> None:
    compiled = loads(PROGRAM.format(more=DEJMPS)).compile()
    report = compiled.report()
    arrivals = simulate_arrivals(compiled.scheduled, 50, 1)
    assert arrivals.distilled is not None and arrivals.raw_pairs is not None
    text = " ".join(render_report(report).split())
    pair = made(report.network.links[0])
    assert "Distillation link protocol levels raw pairs" in text
    assert f"dejmps 2 {pair.raw_pairs:.4g}" in text
    assert f"0.9 {pair.state[0]:.6g}" in text
    again = Report.from_json(json.loads(json.dumps(report.to_json())))
    assert again.network == report.network and again == report.from_json(again.to_json())


@pytest.mark.parametrize(
    ("key", "value"), [("a", 7), ("rate_hz", 0.0), ("model.distillation.protocol", "purify")]
)
def test_a_saved_report_of_impossible_links_is_none(key: str, value: object) -> None:
    document = loads(PROGRAM.format(more=DEJMPS)).compile().report().to_json()
    *path, last = key.split(".")
    member = document["network"]["links"][0]
    for name in path:
        member = member[name]
    member[last] = value
    with pytest.raises(NotAReport):
        Report.from_json(document)


def test_a_plain_report_says_nothing_of_distillation() -> None:
    compiled = loads(PROGRAM.format(more=", cutoff 1 s")).compile()
    document = compiled.report().to_json()
    assert "istil" not in json.dumps(document["network"])
    arrivals = simulate_arrivals(compiled.scheduled, 5, 1)
    assert (arrivals.distilled, arrivals.raw_pairs) == (None, None)
