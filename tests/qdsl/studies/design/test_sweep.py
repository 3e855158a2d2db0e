"""Sweeps over properties of the network: closed forms, thresholds, compiled anew or not."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import qdsl
from qdsl.analysis.error_budget import error_budget
from qdsl.diagnostics.diagnostic import InvalidProgram
from qdsl.network.network import Network
from qdsl.report.design.result import DesignResult
from qdsl.studies.design.evaluate import choices, job_of
from qdsl.studies.design.levers import least_factor, levers
from qdsl.studies.design.sweep import Study
from tests.sources import EXAMPLES

PAIR = """
network pair {
  node alice { qubits 1, comm 1, gate_fidelity %s, gate_time %s }
  node bob { qubits 1, comm 1, gate_fidelity %s, gate_time %s }
  link alice -- bob { fidelity 0.97, rate 200 Hz, latency %s }
}
model m() on pair { qubits a, b; at alice { h a }; cx a, b; at bob { t b }; at bob { h b }
  return expect(Z a * Z b) }
"""


def pair(gates: float = 1.0, time: str = "0 us", latency: str = "0 us") -> qdsl.Program:
    return qdsl.loads(PAIR % (gates, time, gates, time, latency))


# ---- closed forms ------------------------------------------------------------------------


def test_one_pair_takes_one_over_its_rate() -> None:
    found = qdsl.sweep(pair(), {"link.rate": "10..1e6"})
    columns = found.columns
    assert columns["makespan"] == pytest.approx(1e9 / columns["link.rate"], abs=1)
    assert set(columns["ebits"]) == {1}
    assert found.compiled == 3  # no choice depends on the rate, but on twice the qubits, twice comm


def test_messages_and_gates_add_up() -> None:
    """Pair, message there; CX, measurement, message back: one latency each way at most."""
    still = qdsl.sweep(pair(latency="1 ms"), {"link.rate": [1e12]}).points[0]
    found = qdsl.sweep(pair(latency="1 ms"), {"link.rate": [100.0]}).points[0]
    assert still.makespan is not None and found.makespan is not None
    assert found.makespan == still.makespan + 10_000_000


def test_fidelity_of_one_pair_without_other_errors_is_that_of_the_link() -> None:
    """What one pair is used for has the process fidelity of the pair."""
    found = qdsl.sweep(pair(), {"link.fidelity": "0.9..0.9999"})
    fidelity, low = found.columns["link.fidelity"], found.columns["fidelity"]
    top = low + [p.uncertainty for p in found.points]
    assert np.all(low <= fidelity + 1e-12) and np.all(fidelity <= top + 1e-12)


def test_errors_of_link_and_gates_multiply() -> None:
    perfect = qdsl.sweep(pair(), {"link.fidelity": [0.95]}).points[0]
    noisy = qdsl.sweep(pair(0.99), {"link.fidelity": [0.95, 1.0]}).points
    assert perfect.fidelity is not None and noisy[1].fidelity is not None
    assert noisy[0].fidelity == pytest.approx(perfect.fidelity * noisy[1].fidelity, rel=1e-12)
    assert noisy[1].error_parts["links"] == 0


def test_mean_of_random_arrivals_of_one_pair() -> None:
    """An exponential time: mean 1/rate, 95 % within ln 20 times that."""
    found = qdsl.sweep(pair(), {"link.rate": [100.0, 1000.0]}, runs=4000, seed=3)
    for p in found.points:
        expected = 1e9 / p.at[0]
        assert p.mean == pytest.approx(expected, rel=0.05)
        assert p.p95 == pytest.approx(expected * np.log(20), rel=0.08)


# ---- thresholds --------------------------------------------------------------------------


def test_the_least_rate_is_the_closed_form() -> None:
    found = qdsl.sweep(pair(), {"link.rate": "10..1e6"}, {"makespan": "10 ms"})
    assert found.least is not None and 100 <= found.least <= 101
    (t,) = found.thresholds
    assert t.is_least and not t.is_edge and [n.quantity for n in t.binding] == ["makespan"]
    assert t.point.makespan is not None and t.point.makespan <= 10_000_000
    assert found.is_monotone and found.unreached is None


@pytest.mark.parametrize(
    ("over", "needs"),
    [
        ({"link.fidelity": "0.8..0.9999"}, {"fidelity": 0.75}),
        ({"node.t2": "1ms..100s"}, {"fidelity": 0.78}),
        ({"link.rate": "10..1e6"}, {"fidelity": 0.78, "makespan": "20ms"}),
        ({"node.gate_fidelity": "0.9..0.9999"}, {"fidelity": 0.7}),
        ({"link.success_probability": "1e-5..0.1"}, {"makespan": 0.005}),
    ],
)
def test_thresholds_hold_and_just_beyond_they_do_not(
    over: Mapping[str, Any], needs: Mapping[str, Any]
) -> None:
    """Against evaluations of their own: within the threshold met, 2 % beyond it not."""
    program = qdsl.load(EXAMPLES / "ions.qdm")
    found = qdsl.sweep(program, over, needs, points=4, verify=False)
    ((name, _),) = over.items()
    value = found.least
    assert value is not None
    is_fidelity = name.endswith("fidelity")
    beyond = 1 - 1.02 * (1 - value) if is_fidelity else value / 1.02
    tried = Study(job_of(program, {"verify": False}), {name: [beyond, value]}, needs)
    assert [p.meets(tried.needs) for p in tried.evaluated()] == [False, True]


def test_a_property_that_must_not_be_large_has_a_largest_value() -> None:
    found = qdsl.sweep(pair(), {"link.latency": "1us..1s"}, {"makespan": "25 ms"})
    (t,) = found.thresholds
    assert not t.is_least
    assert t.point.makespan is not None and t.point.makespan <= 25_000_000
    assert f"at most {found.axes[0].text(t.value)}" in str(found)


def test_counts_are_found_exactly() -> None:
    found = qdsl.sweep(pair(), {"link.channels": "1..8"}, {"makespan": "1 s"})
    assert found.least == 1 and found.thresholds[0].is_edge
    assert "holds at every value" in str(found)
    few = qdsl.sweep(pair(), {"node.comm": [0, 6]}, {"makespan": "1 s"})
    assert few.least == 1 and not few.thresholds[0].is_edge


def test_ranges_that_are_not_monotonic_are_said() -> None:
    """A cut-off that is short throws pairs away, one that is long keeps old ones."""
    from qdsl.report.design.data import DesignAxis, DesignPoint, Need
    from qdsl.studies.design.thresholds import thresholds_along

    axis, needs = DesignAxis("node.comm", "count", (1.0, 2.0, 3.0, 4.0)), (Need("makespan", 5),)
    spans = {1.0: 9, 2.0: 4, 3.0: 9, 4.0: 3}
    line = [DesignPoint((v,), makespan=spans[v]) for v in axis.values]
    found = thresholds_along(axis, line, needs, (), lambda v: line[int(v) - 1])
    assert [(t.value, t.is_least) for t in found] == [(2, True), (2, False), (4, True)]


def test_two_properties_have_a_threshold_for_every_value_of_the_second() -> None:
    over = {"link.fidelity": "0.9..0.9999", "node.comm": "1..3"}
    found = qdsl.sweep(EXAMPLES / "ions.qdm", over, {"fidelity": 0.8}, points=4, verify=False)
    assert [t.others for t in found.thresholds] == [(1.0,), (2.0,), (3.0,)]
    assert found.least is None
    assert [a.values for a in found.axes][1] == (1.0, 2.0, 3.0)
    assert [p.at[1] for p in found.points[:3]] == [1, 2, 3]
    grid = found.columns["fidelity"].reshape(4, 3)
    assert np.all(np.diff(grid, axis=0) > 0)


# ---- what limits it ----------------------------------------------------------------------


def test_the_critical_path_adds_up_and_names_the_bottleneck() -> None:
    slow = qdsl.sweep(pair(latency="1 us"), {"link.rate": [10.0]}).bottleneck
    far = qdsl.sweep(pair(latency="1 s"), {"link.rate": [1e6]}).bottleneck
    lazy = qdsl.sweep(pair(time="1 s"), {"link.rate": [1e6]}).bottleneck
    assert slow and far and lazy
    for b in (slow, far, lazy):
        assert b.path.total == b.point.makespan
    assert (slow.time, far.time, lazy.time) == ("pairs", "messages", "gates")
    assert slow.cause == "links"


@pytest.mark.parametrize("name", ["ions", "qft", "qaoa", "swapping", "two_party"])
def test_the_critical_path_adds_up_for_examples(name: str) -> None:
    from qdsl.analysis.critical_path import critical_path

    ir = qdsl.load(EXAMPLES / f"{name}.qdm").compile(verify=False).scheduled
    path = critical_path(ir)
    assert path.total == ir.makespan_ns
    assert path.waiting == 0  # every row starts as soon as something ended


def test_gains_are_what_a_compilation_for_the_better_network_finds() -> None:
    program = qdsl.load(EXAMPLES / "ions.qdm")
    found = qdsl.sweep(program, {"link.rate": [150.0]})
    assert found.bottleneck is not None
    here = found.points[0]
    network = with_rate(program.compile().scheduled.network, 150.0)
    for lever, gain in zip(levers(network), found.bottleneck.gains, strict=True):
        made = program.compile(network=lever.on(network, 2.0)).scheduled
        assert here.makespan is not None and here.fidelity is not None
        assert gain.resource == lever.name
        assert gain.factor == pytest.approx(made.makespan_ns / here.makespan)
        assert gain.fidelity == pytest.approx(error_budget(made).fidelity - here.fidelity)


def with_rate(network: Network, hz: float) -> Network:
    made = [replace(x.physics, attempt_hz=None, success=1.0) for x in network.links]
    links = zip(network.links, made, strict=True)
    return replace(network, links=tuple(replace(x, rate_hz=hz, model=m) for x, m in links))


def test_pairs_are_compared_with_cuts_by_link() -> None:
    found = qdsl.sweep(pair(0.999), {"link.fidelity": [0.9]}, shots=100).bottleneck
    assert found is not None
    (c,) = found.cuts
    assert (c.name, c.cut.pairs, c.cut.together, c.executions) == ("alice -- bob", 1, 9, 100)
    perfect = qdsl.sweep(pair(0.999), {"link.fidelity": [1.0]}).points[0]
    assert c.fidelity == pytest.approx(perfect.fidelity)
    assert c.better == "pairs" and c.cut_from is not None and c.cut_from > 100
    more = qdsl.sweep(pair(0.999), {"link.fidelity": [0.9]}, shots=2 * int(c.cut_from)).bottleneck
    assert more is not None and more.cuts[0].better == "cut"


def test_the_least_factor_is_tried_and_least() -> None:
    (lever,) = (x for x in levers(pair().checked.networks["pair"]) if x.name == "link.rate")
    assert least_factor(lever, lambda f: f >= 7.3) == pytest.approx(7.3, rel=0.01)
    assert least_factor(lever, lambda f: False) is None


def test_demands_that_are_not_reached_name_what_would_help() -> None:
    program = qdsl.load(EXAMPLES / "ions.qdm")
    found = qdsl.sweep(program, {"link.fidelity": [0.99, 0.9999]}, {"fidelity": 0.92}, verify=False)
    problem = found.unreached
    assert problem is not None and not found.thresholds
    assert "wider gates alone leave" in problem.why
    assert problem.help is not None and problem.help.startswith("node.gate_fidelity 0.99")
    assert ", or node.qubits 3 instead of 2 would be enough there" in problem.help
    value = float(problem.help.split()[1])
    other = {"link.fidelity": [0.9999], "node.gate_fidelity": [value]}
    assert qdsl.sweep(program, other, {"fidelity": 0.92}).unreached is None
    needs = {"fidelity": 0.9999, "makespan": 1e-6}
    both = qdsl.sweep(program, {"link.fidelity": [0.99]}, needs, verify=False)
    assert both.unreached is not None and "demand less" in str(both.unreached.help)


def test_demands_that_are_reached_but_not_together() -> None:
    over = {"link.latency": [0.0, 1.0], "link.fidelity": [0.9]}
    found = qdsl.sweep(pair(), over, {"fidelity": 0.95})
    assert found.unreached is not None and "is not reached" in found.unreached.message
    text = PAIR % (1, "0 us", 1, "0 us", "0 us")
    trade = qdsl.loads(text.replace("rate 200 Hz,", ""))
    assert qdsl.sweep(trade, {"link.rate": [1e3]}, {"makespan": "1 ms"}).unreached is None


# ---- compiled once, or anew --------------------------------------------------------------

RING = "ring(4) { qubits 3, comm 2, fidelity 0.97, rate 1 kHz, gate_time 1 us, latency 3 us }"
LINE = "line(3) { qubits 4, comm 2, fidelity 0.9, rate 300 Hz, gate_fidelity 0.999, t2 1 s }"
UNEVEN = """
network lab {
  node a { qubits 3, comm 2, gate_time 1 us }
  node b { qubits 3, comm 2, gate_time 1 us }
  node c { qubits 3, comm 2, gate_time 1 us }
  link a -- b { fidelity 0.9, rate 100 Hz, latency 10 us }
  link b -- c { fidelity 0.95, rate 100 Hz, latency 10 us }
  link a -- c { fidelity 0.95, rate 200 Hz, latency 10 us }
}
"""
MODEL = """
model m() %s {
  qubits q[7]
  for i in 0..7 { h q[i] }
  for i in 0..7 { for j in i+1..7 { cp(pi / (1 + j)) q[i], q[j] } }
  return sample(q)
}
"""
OVER: tuple[Mapping[str, Any], ...] = (
    {"link.rate": [50.0, 5e3]},
    {"link.fidelity": [0.92, 0.99]},
    {"link.latency": [0.0, 1e-3]},
    {"node.comm": [1, 2, 3]},
    {"node.t2": [1e-2, 1.0]},
    {"node.gate_time": [0.0, 1e-4]},
    {"link.heralding_latency": [0.0, 1e-3]},
    {"link.channels": [1, 2]},
    {"link.buffer": [0, 2]},
)


@pytest.mark.parametrize("over", OVER, ids=lambda over: next(iter(over)))
@pytest.mark.parametrize(
    "text",
    [
        pytest.param(f"network lab = {RING}", id="ring", marks=pytest.mark.slow),
        pytest.param(f"network lab = {LINE}", id="line", marks=pytest.mark.slow),
        pytest.param(UNEVEN, id="uneven"),
    ],
)
def test_every_point_is_what_a_compilation_of_its_own_finds(
    text: str, over: Mapping[str, Any]
) -> None:
    """Also where links differ, so that the compiler chooses among them."""
    program = qdsl.loads(text + MODEL % "on lab")
    job = job_of(program, {"verify": False})
    study = Study(job, over, {})
    for point in study.evaluated():
        network = study.network_at(point.at)
        if point.note:
            with pytest.raises(InvalidProgram, match=re.escape(point.note)):
                program.compile(network=network)
            continue
        made = program.compile(network=network, verify=False)
        budget = error_budget(made.scheduled)
        assert point.makespan == made.scheduled.makespan_ns
        assert point.fidelity == pytest.approx(budget.fidelity, abs=1e-12)
        assert (point.ebits, point.rounds) == (made.cost.ebits, made.cost.rounds)


def test_networks_that_the_compiler_cannot_tell_apart_are_compiled_once() -> None:
    lab = qdsl.loads(UNEVEN + MODEL % "on lab").checked.networks["lab"]
    alike = replace(lab, links=tuple(replace(x, fidelity=0.9, rate_hz=1.0) for x in lab.links))
    faster = replace(alike, links=tuple(replace(x, rate_hz=2.0) for x in alike.links))
    assert choices(alike, {}) == choices(faster, {}) != choices(lab, {})
    time = {"optimise": "makespan"}
    assert choices(alike, time) != choices(faster, time)
    line = replace(lab, links=lab.links[:1] + lab.links[2:])
    other = replace(line, links=tuple(replace(x, rate_hz=3.0) for x in line.links))
    assert choices(line, {}) != choices(other, {})  # its ends may be exchanged
    nodes = tuple(replace(v, qubits=3 + k) for k, v in enumerate(line.nodes))
    assert choices(replace(line, nodes=nodes), {}) == choices(replace(other, nodes=nodes), {})
    better = replace(lab, links=(replace(lab.links[0], fidelity=0.96), *lab.links[1:]))
    assert choices(better, {}) != choices(lab, {})
    later = replace(lab, links=tuple(replace(x, latency_ns=99) for x in lab.links))
    assert choices(later, {}) == choices(lab, {})
    named = replace(lab.nodes[0], gate_fidelity=0.5)
    assert choices(replace(lab, nodes=(named, *lab.nodes[1:])), {}) != choices(lab, {})


def test_a_network_on_which_there_is_no_such_program_is_a_point_with_a_note() -> None:
    found = qdsl.sweep(pair(), {"node.comm": [0, 1]})
    assert found.points[0].makespan is None and found.points[0].note.startswith("QDM604")
    assert found.points[1].makespan == 5_000_000
    assert "QDM604" in str(found)


def test_the_same_question_has_the_same_answer() -> None:
    def ask() -> DesignResult:
        over = {"link.rate": "10..1e4", "node.comm": "1..2"}
        needs = {"fidelity": 0.75}
        return qdsl.sweep(EXAMPLES / "ions.qdm", over, needs, points=2, runs=9, verify=False)

    a, b = ask(), ask()
    assert a == b
    assert (str(a), a.csv(), a.html(), a.to_json()) == (str(b), b.csv(), b.html(), b.to_json())


def test_a_compiled_program_is_swept_as_it_was_compiled() -> None:
    program = qdsl.load(EXAMPLES / "ghz.qdm")
    order = ("canonicalize", "partition-exact", "insert-communication", "schedule")
    made = program.compile(settings={"n": 4}, passes=order, options={"policy": "alap"})
    (point,) = qdsl.sweep(made, {"link.latency": [0.0]}).points
    here = made.scheduled.network
    near = replace(here, links=tuple(replace(x, latency_ns=0) for x in here.links))
    how: dict[str, Any] = {"settings": {"n": 4}, "passes": order, "options": {"policy": "alap"}}
    again = program.compile(network=near, **how)
    assert (point.makespan, point.ebits) == (again.scheduled.makespan_ns, again.cost.ebits)
    assert point.fidelity == error_budget(again.scheduled).fidelity


def test_one_device_is_enough_for_a_small_program() -> None:
    text = PAIR.partition("model")[0] % (0.99, "1 us", 0.99, "1 us", "0 us")
    text = text.replace("qubits 1", "qubits 2")
    text += "model m() on pair { qubits a, b; h a; cx a, b; return sample(a, b) }"
    found = qdsl.sweep(qdsl.loads(text), {"link.rate": "1..10"}, {"makespan": "1 s"}, points=2)
    assert {p.ebits for p in found.points} == {0}
    assert found.bottleneck is not None and found.bottleneck.time == "gates"
    assert "holds at every value" in " ".join(str(found).split())


WAITING = """
network chain = line(4) {
  qubits 1, comm 2, fidelity %s, rate 100 Hz, latency 100 us, comm_t2 50 ms
}
model g() on chain {
  qubits p, q
  at node0 { h p }
  at node3 { cx p, q }
  return expect(Z p * Z q), expect(X p * X q)
}
"""


def test_a_link_that_is_cut_prepares_its_halves_just_before_they_are_used() -> None:
    """As `qdsl cut` does it: they do not wait for other links' pairs in a memory that decays."""
    program = qdsl.loads(WAITING % 0.9275)
    compiled = program.compile()
    limits = qdsl.sweep(program, {"link.fidelity": [0.9275]}).bottleneck
    assert limits is not None and len(limits.cuts) == 3
    for k, cut in enumerate(limits.cuts):
        apart = compiled.cut((f"node{k}", f"node{k + 1}")).process_fidelity().value
        wrong = float(np.hypot(2 * (1 - apart), 3 / np.sqrt(cut.executions)))
        assert cut.error_with_cut == pytest.approx(wrong, abs=2e-4)
        assert cut.better == "cut" and cut.cut_from == pytest.approx(98, abs=2)
