"""Advice of a sweep, followed to the letter in the program, gives what was claimed."""

from __future__ import annotations

import re

import pytest

import qdsl
from qdsl.analysis.error_budget import error_budget
from qdsl.network.network import Network
from qdsl.report.design.data import FigureChange
from qdsl.studies.design.levers import levers
from qdsl.studies.design.properties import property_named
from qdsl.studies.design.values import measured

UNLIKE = """
network h2 {
  node a { qubits 1, comm 1, one_qubit_time 1 us, two_qubit_time 500 us, readout_time 2 ms }
  node b { qubits 1, comm 1, one_qubit_time 1 us, two_qubit_time 10 us, readout_time 1 us }
  link a -- b { fidelity 0.9, latency 1 ms, latency_back 3 ms }
}
model g() on h2 { qubits p, t; at a { h p } at b { cx p, t } return sample(p, t) }
"""
SIZES = """
network k {
  node a { qubits 4 }
  node b { qubits 2, gate_fidelity 0.9 }
  link a -- b { fidelity 0.9 }
}
model m() on k { qubits q[6]; h q[0]; for i in 0..5 { cx q[i], q[i+1] } return sample(q) }
"""
LAB = """
network het {
  node big { qubits 5, comm 3, hardware ionq_forte_2026 }
  node mid { qubits 3, comm 2, gate_time 100 us, gate_fidelity 0.98, t1 3 ms, t2 2 ms }
  node tiny { qubits 2, comm 1, gate_time 11111 ns, comm_t2 1 ms }
  link big -- mid {
    attempt_rate 100 kHz, success_probability 0.02, fidelity 0.95, channels 2, latency 15 us
  }
  link mid -- tiny { rate 400 Hz, pair_state [0.93, 0.02, 0.02, 0.03], cutoff 20 ms }
}
model job(n = 8) on het {
  qubits q[n]
  h q[0]
  for i in 0..n-1 { cx q[i], q[i+1] }
  return expect(Z q[0]*Z q[n-1])
}
"""
_ADVICE = re.compile(r"(\S+) (\S+(?: [mun]?s| [kM]?Hz)?) instead of")


def followed(network: Network, changes: list[tuple[str, str]]) -> Network:
    for name, text in changes:
        one = property_named(name, network)
        value = measured(text, one.measure)
        assert value is not None
        network = one.on(network, value)
    return network


@pytest.mark.parametrize(
    ("text", "over", "need", "bound"),
    [
        (UNLIKE, {"link.fidelity": [0.9]}, "makespan", "6ms"),
        (UNLIKE, {"link.fidelity": [0.9]}, "makespan", "5.9ms"),
        (SIZES, {"link.fidelity": [0.9]}, "fidelity", 0.9),
    ],
)
def test_what_would_be_enough_is_enough(text: str, over, need: str, bound) -> None:  # type: ignore[no-untyped-def]
    program = qdsl.loads(text)
    problem = qdsl.sweep(program, over, {need: bound}, verify=False).unreached
    assert problem is not None and problem.help is not None
    for one in problem.help.removesuffix(" would be enough there").split(", or "):
        changes = _ADVICE.findall(one)
        assert changes and one.count(" instead of ") == len(changes)
        made = followed(program.compile(verify=False).scheduled.network, changes)
        again = program.compile(network=made, verify=False).scheduled
        if need == "makespan":
            assert again.makespan_ns <= measured(str(bound), "time") * 1e9 + 1e-3  # type: ignore[operator]
        else:
            assert error_budget(again).fidelity >= bound


def test_latency_and_latency_back_are_written_into_the_program() -> None:
    found = qdsl.sweep(qdsl.loads(UNLIKE), {"link.fidelity": [0.9]}, {"makespan": "6ms"})
    assert found.unreached is not None
    wanted = "link.latency 868 us instead of 1 ms and link.latency_back 2.6 ms instead of 3 ms"
    assert str(found.unreached.help).startswith(wanted)
    text = UNLIKE.replace("latency 1 ms", "latency 868 us").replace("back 3 ms", "back 2.6 ms")
    assert qdsl.loads(text).compile(verify=False).scheduled.makespan_ns <= 6_000_000


@pytest.mark.parametrize("text", [UNLIKE, SIZES, LAB], ids=["unlike", "sizes", "lab"])
def test_what_twice_as_much_buys_is_what_its_changes_buy(text: str) -> None:
    program = qdsl.loads(text)
    network = program.compile(verify=False).scheduled.network
    found = qdsl.sweep(program, {"link.buffer": [0]}, verify=False)
    assert found.bottleneck is not None
    here = found.points[0]
    assert here.makespan is not None and here.fidelity is not None
    for gain in found.bottleneck.gains:
        plain = [c for c in gain.changes if not c.name.endswith("pair_state")]
        if len(plain) < len(gain.changes):
            continue  # no number: below
        made = followed(network, [(c.name, c.after) for c in plain])
        again = program.compile(network=made, verify=False).scheduled
        assert gain.factor * here.makespan == pytest.approx(again.makespan_ns, abs=1e-3)
        assert here.fidelity + gain.fidelity == pytest.approx(error_budget(again).fidelity)


def test_a_pair_state_is_said_in_full() -> None:
    network = qdsl.loads(LAB).checked.networks["het"]
    (lever,) = (x for x in levers(network) if x.name == "link.fidelity")
    assert lever.changes(network, 2.0) == [
        FigureChange("link.big-mid.fidelity", "0.95", "0.975"),
        FigureChange(
            "link.mid-tiny.pair_state", "[0.93, 0.02, 0.02, 0.03]", "[0.965, 0.01, 0.01, 0.015]"
        ),
    ]
    changed = LAB.replace("0.95,", "0.975,").replace(
        "[0.93, 0.02, 0.02, 0.03]", "[0.965, 0.01, 0.01, 0.015]"
    )
    assert lever.on(network, 2.0) == qdsl.loads(changed).checked.networks["het"]


def test_of_many_values_the_factor_is_said() -> None:
    program = qdsl.loads(LAB)
    found = qdsl.sweep(program, {"link.latency": [1e-6]}, {"makespan": "1ms"}, verify=False)
    assert found.unreached is not None
    said = re.match(r"every node.gate_time divided by ([\d.]+)[ ,]", str(found.unreached.help))
    assert said is not None
    base = program.compile(verify=False).scheduled.network
    base = property_named("link.latency", base).on(base, 1e-6)
    (lever,) = (x for x in levers(base) if x.name == "node.gate_time")
    for factor, is_enough in ((float(said[1]), True), (float(said[1]) * 0.98, False)):
        made = program.compile(network=lever.on(base, factor), verify=False).scheduled
        assert (made.makespan_ns <= 1_000_000) is is_enough
