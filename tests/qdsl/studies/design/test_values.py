"""What may be asked of a sweep: properties, ranges, lists, demands."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import qdsl
from qdsl.api import UsageError
from qdsl.language.networks.network_properties import LINK, NODE
from qdsl.network.network import Network
from qdsl.studies.design.properties import MEASURES, applied, property_named
from qdsl.studies.design.values import axes_of, measured, needs_of

LAB = """
network lab {
  node alice { qubits 2, comm 2, t1 1 s, t2 1 s, comm_t2 0.1 s }
  node bob { qubits 2, comm 2, t1 1 s }
  link bob -- alice {
    attempt_rate 1 MHz, success_probability 0.001, latency 1 ms, latency_back 2 ms
  }
}
model m() on lab { qubits a, b; at alice { h a }; cx a, b; at bob { h b }; return sample(a, b) }
"""


@pytest.fixture(scope="module")
def lab() -> Network:
    return qdsl.loads(LAB).checked.networks["lab"]


def values(network: Network, over: dict[str, Any], points: int = 5) -> tuple[float, ...]:
    ((_, axis),) = axes_of(over, network, points)
    return axis.values


def test_ranges_are_spaced_as_the_property_is(lab: Network) -> None:
    assert values(lab, {"link.rate": "10..1e5"}) == (10, 100, 1000, 1e4, 1e5)
    assert values(lab, {"link.rate": "10 Hz..0.1MHz"}) == (10, 100, 1000, 1e4, 1e5)
    assert values(lab, {"link.fidelity": "0.9..0.99999"}) == (0.9, 0.99, 0.999, 0.9999, 0.99999)
    assert values(lab, {"link.fidelity": "90%..99.999%"}) == (0.9, 0.99, 0.999, 0.9999, 0.99999)
    assert values(lab, {"link.latency": "1us..10ms"}) == (1e-6, 1e-5, 1e-4, 1e-3, 1e-2)
    assert values(lab, {"link.success_probability": "1e-5..0.1"}) == (1e-5, 1e-4, 1e-3, 0.01, 0.1)
    assert values(lab, {"node.comm": "1..4"}) == (1, 2, 3, 4)
    assert values(lab, {"node.comm": "1..16"}) == (1, 2, 4, 8, 16)
    assert values(lab, {"link.buffer": "0..8"}) == (0, 2, 4, 6, 8)


def test_lists_and_single_values(lab: Network) -> None:
    assert values(lab, {"link.latency": "10us,0,1 ms"}) == (0, 1e-5, 1e-3)
    assert values(lab, {"link.rate": [3, 1, 2.5]}) == (1, 2.5, 3)
    assert values(lab, {"link.rate": 7.0}) == (7,)
    assert values(lab, {"node.comm": np.int64(7)}) == (7,)
    assert values(lab, {"link.rate": np.array([3.0, 1.0])}) == (1, 3)
    assert values(lab, {"node.alice.comm": "3"}) == (3,)


@pytest.mark.parametrize(
    ("over", "said"),
    [
        ({"link.rat": "1..2"}, "did you mean 'link.rate'"),
        ({"node.com": "1..2"}, "did you mean 'node.comm'"),
        ({"links.rate": "1..2"}, "is no property: write link.rate"),
        ({"link": "1..2"}, "is no property"),
        ({"link.preset": "1..2"}, "no numeric property 'preset': there are fidelity"),
        ({"link.pair_state": "1..2"}, "no numeric property"),
        ({"node.alic.comm": "1..2"}, "did you mean 'alice'"),
        ({"link.alice-bop.rate": "1..2"}, "did you mean 'alice-bob'"),
        ({"link.rate": "5..1"}, "the first exceeds the last; write link.rate=1..5"),
        ({"link.rate": "1..1"}, "has one value: write link.rate=1"),
        ({"link.rate": ".."}, "is no range: write link.rate=10..1e6"),
        ({"link.rate": "1..2..3"}, "is no range"),
        ({"link.rate": "-1..5"}, "not -1"),
        ({"link.rate": "nan..5"}, "'nan' is no value"),
        ({"link.rate": [float("nan")]}, "'nan' is no value"),
        ({"link.rate": "1..inf"}, "'inf' is no value"),
        ({"link.rate": [float("inf")]}, "'inf' is no value"),
        ({"link.rate": "1e400"}, "'1e400' is no value"),
        ({"link.rate": "10ms..1"}, "also in Hz, kHz or MHz"),
        ({"link.rate": "ten"}, "'ten' is no value of link.rate"),
        ({"link.rate": ""}, "'' is no value"),
        ({"link.rate": []}, "has no value"),
        ({"link.rate": "0..5"}, "not 0"),
        ({"link.fidelity": "0.9..1"}, "end below 1, as 0.9..0.9999"),
        ({"link.fidelity": "0.9..1.5"}, "not 1.5"),
        ({"link.latency": "0..1ms"}, "begin above 0, or list values"),
        ({"node.comm": "1..2.5"}, "not 2.5"),
        ({"link.channels": "0..2"}, "not 0"),
        ({"node.t2": "1..100"}, "T2 is at most twice T1, here 2 s"),
        ({"link.rate": "1..2", "node.comm": "1..2", "node.t1": "1..2"}, "one or two properties"),
        ({}, "one or two properties"),
        ({"link.rate": "1..2", "link.alice-bob.rate": "1..2"}, "set the same figures"),
        ({"link.rate": "1..2", "link.attempt_rate": "1..2"}, "set the same figures"),
    ],
)
def test_what_cannot_be_asked_is_refused_with_what_can(over: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError) as caught:
        qdsl.sweep(qdsl.loads(LAB), over)
    assert said in str(caught.value)


@pytest.mark.parametrize("points", [10**9, 1, 0, -3, 2001])
def test_too_many_points_are_refused_before_any_is_made(lab: Network, points: int) -> None:
    with pytest.raises(UsageError, match="an axis has 2 to 2000 points"):
        axes_of({"link.rate": "1..9"}, lab, points)


def test_a_grid_may_not_be_too_large(lab: Network) -> None:
    with pytest.raises(UsageError, match="10,000 points are too many"):
        axes_of({"link.rate": "1..9", "node.t1": "1..9"}, lab, 100)


def test_a_model_without_network_is_refused() -> None:
    program = qdsl.loads("model m() { qubits q; h q; return sample(q) }")
    with pytest.raises(UsageError, match="no network with links"):
        qdsl.sweep(program, {"link.rate": "1..9"})


@pytest.mark.parametrize(
    ("needs", "said"),
    [
        ({"fidelty": 0.9}, "did you mean 'fidelity'"),
        ({"speed": 1}, "there are fidelity, makespan"),
        ({"fidelity": 1.5}, "write fidelity=0.9"),
        ({"fidelity": "-0.5"}, "write fidelity=0.9"),
        ({"makespan": "10 Hz"}, "write makespan=10ms"),
        ({"makespan": float("nan")}, "write makespan=10ms"),
        ({"makespan": "1e999"}, "write makespan=10ms"),
        ({"p95": "1s"}, "random arrivals"),
        ({"ebits": "x"}, "write ebits=12"),
    ],
)
def test_demands_that_make_no_sense(needs: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError) as caught:
        needs_of(needs, 0)
    assert said in str(caught.value)


def test_demands() -> None:
    fidelity, time = needs_of({"fidelity": "90%", "makespan": "10 ms"}, 0)
    assert (fidelity.bound, fidelity.text) == (0.9, "fidelity >= 0.9")
    assert (time.bound, time.text) == (1e7, "makespan <= 10 ms")
    assert fidelity.holds(0.9) and not fidelity.holds(0.89)
    assert time.holds(1e7) and not time.holds(1e7 + 1)


def test_numbers_with_units() -> None:
    assert measured("10ms", "time") == 0.01
    assert measured(" 2.5 kHz ", "rate") == 2500
    assert measured(".5", "fidelity") == 0.5
    assert measured("1_000", "rate") is None
    assert measured("0x10", "rate") is None


# ---- networks with other figures ---------------------------------------------------------


def every() -> list[str]:
    known = {"link": LINK, "node": NODE}
    return [
        f"{k}.{name}" for k, sorts in known.items() for name, s in sorts.items()
        if s.dimension in MEASURES
    ]  # fmt: skip


@pytest.mark.parametrize("name", every())
def test_every_numeric_property_can_be_set(lab: Network, name: str) -> None:
    """As in a program with that property at every link or node."""
    one = property_named(name, lab)
    value = {"count": 3.0, "rate": 1e3, "time": 0.7, "fidelity": 0.5, "probability": 0.5}
    made = applied(lab, [(one, value[one.measure])])
    assert made != lab
    unchanged = made.nodes == lab.nodes if one.is_link else made.links == lab.links
    assert unchanged
    assert applied(made, [(one, value[one.measure])]) == made


def test_one_link_or_node_by_its_name(lab: Network) -> None:
    made = applied(lab, [(property_named("node.bob.comm", lab), 7.0)])
    assert [v.comm for v in made.nodes] == [2, 7]


def test_the_direction_of_a_link_is_that_of_its_name(lab: Network) -> None:
    """It was written from bob to alice, with 1 ms that way."""
    assert (lab.links[0].latency_from(1), lab.links[0].latency_from(0)) == (1_000_000, 2_000_000)
    there = applied(lab, [(property_named("link.alice-bob.latency", lab), 0.5)])
    back = applied(lab, [(property_named("link.bob-alice.latency", lab), 0.5)])
    assert there.links[0].latency_from(0) == 500_000_000 == back.links[0].latency_from(1)
    assert there.links[0].latency_from(1) == 1_000_000
    assert back.links[0].latency_from(0) == 2_000_000


def test_a_value_replaces_what_excludes_it(lab: Network) -> None:
    rate = applied(lab, [(property_named("link.rate", lab), 50.0)]).links[0]
    assert rate.pair_rate_hz == 50 and rate.physics.attempt_hz is None
    attempts = applied(lab, [(property_named("link.attempt_rate", lab), 50.0)]).links[0]
    assert attempts.pair_rate_hz == pytest.approx(0.05)
    with pytest.raises(UsageError, match="only a link with an attempt_rate"):
        plain = applied(lab, [(property_named("link.rate", lab), 50.0)])
        applied(plain, [(property_named("link.success_probability", plain), 0.5)])


def test_the_memory_of_communication_qubits_follows_that_of_data_where_it_is_not_said_apart(
    lab: Network,
) -> None:
    made = applied(lab, [(property_named("node.t2", lab), 0.5)])
    alice, bob = (v.physics for v in made.nodes)
    assert (alice.t2_ns, alice.comm_t2_ns) == (500_000_000, 100_000_000)
    assert (bob.t2_ns, bob.comm_t2_ns) == (500_000_000, 500_000_000)


def test_a_general_property_goes_before_a_particular_one(lab: Network) -> None:
    every, one = property_named("node.gate_time", lab), property_named("node.readout_time", lab)
    for order in ([(every, 1e-6), (one, 1e-3)], [(one, 1e-3), (every, 1e-6)]):
        assert applied(lab, order).nodes[0].gate_time_ns == (1000, 1000, 1_000_000)


def test_a_cutoff_is_longer_than_the_heralding(lab: Network) -> None:
    herald = applied(lab, [(property_named("link.heralding_latency", lab), 0.01)])
    with pytest.raises(UsageError, match="a cut-off is longer than the heralding latency"):
        applied(herald, [(property_named("link.cutoff", lab), 0.005)])
