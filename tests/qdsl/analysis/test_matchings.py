"""What hidden matchings cost in classical messages: of signs, phases and amplitudes, and that
what a verdict names is among the baselines."""

from __future__ import annotations

import pytest

import qdsl
from qdsl.analysis import formulas
from qdsl.analysis.findings import Advantage, Baselines
from tests.qdsl.analysis.test_baselines import named

LAN = """
network lan {
  node alice { qubits 12, comm 2 }
  node bob { qubits 12, comm 2 }
  node carol { qubits 12, comm 2 }
  link alice -- bob { fidelity 0.97, rate 200 Hz, latency 50 us }
  link bob -- carol { fidelity 0.97, rate 200 Hz, latency 50 us }
}
"""
N = 4
EDGE = "name an edge"
POSITIONS = "bits at shared"
PHASE = formulas.phase_bits(0.1)
COUNT = 4  # log2(10 + 1) bits announce a mean to 0.1
TIMES = formulas.hoeffding(1, 0.1, 0.05)


def assessed(
    kind: str = "real",
    load: str = "phase(x) q",
    own: str = "",
    back: str = "sample(q) to bob",
    told: str = "",
) -> tuple[Baselines, Advantage]:
    text = f"""
model m(n = {N}) on lan {{
  data x: {kind}[2**n] owner alice
  data w: {"bits" if "bits" in own else "real"}[2**n] owner bob
  data mm: matching[2**n] owner bob
  {told}
  qubits q[n]
  at alice {{ {load} }}
  at bob {{ relabel(mm) q; {"diagonal(w) q" if own else "barrier q"}; h q[n-1] }}
  return {back}
}}"""
    found = qdsl.loads(LAN + text).compile(verify=False).assess()
    assert found.baselines is not None and found.advantage is not None
    return found.baselines, found.advantage


@pytest.mark.parametrize(
    ("given", "bits", "messages"),
    [
        ({"kind": "bits"}, 2 * N + 1, "two"),
        ({}, 2 * N + 1, "two"),
        ({"load": "amplitude(x) q"}, 2 * N + 1, "three"),
        ({"own": "bits"}, 2 * N + 1, "two"),
        ({"own": "real"}, 2 * N + PHASE + 1, "two"),
        ({"back": "sample(q) to carol"}, 2 * N + 1 + N, "three"),
    ],
    ids=str,
)
def test_the_protocol_of_a_verdict_is_priced(
    given: dict[str, str], bits: int, messages: str
) -> None:
    b, advantage = assessed(**given)
    edge = named(b, EDGE)
    assert edge.bits == bits and edge.rounds == "two way"
    assert b.best_bits is not None and b.best_bits <= bits
    assert advantage.because.says.endswith(f"; {messages} messages of {edge.detail} do it too")


@pytest.mark.parametrize(
    ("given", "bits", "rounds"),
    [
        ({"kind": "bits"}, 2 * N, "one way"),
        ({}, 2 * N, "one way"),
        ({"own": "bits"}, 2 * N + 1, "one way"),
        ({"own": "real"}, 2 * N + PHASE, "one way"),
        ({"load": "amplitude(x) q"}, 2 * N, "two way"),
    ],
    ids=str,
)
def test_towards_the_owner_of_the_string(given: dict[str, str], bits: int, rounds: str) -> None:
    """It draws the outcome itself; of amplitudes it draws a node first, as edges have weights."""
    b, advantage = assessed(**given, back="sample(q) to alice")
    edge = named(b, EDGE)
    assert (edge.bits, edge.rounds) == (bits, rounds)
    assert advantage.because.code == "matching-edge" and edge.detail in advantage.because.says


@pytest.mark.parametrize(
    ("given", "bits"),
    [
        ({"back": "expect(Z q[n-1])"}, TIMES * 2 * N + COUNT),
        ({"back": "expect(Z q[n-1])", "own": "bits"}, TIMES * (2 * N + 1) + COUNT),
        ({"back": "sample(q)"}, 2 * N + N),
    ],
    ids=str,
)
def test_a_public_outcome_is_drawn_and_told_by_the_owner_of_the_string(
    given: dict[str, str], bits: int
) -> None:
    """One message does it, but not the way that the theorem is about."""
    b, advantage = assessed(**given)
    edge = named(b, EDGE)
    assert (edge.bits, edge.rounds) == (bits, "one way, to alice")
    assert b.best_one_way not in (EDGE, "send bob's data to alice")
    assert (advantage.verdict, advantage.way) == ("exponential", "from alice to bob")
    assert advantage.because.says.endswith(f"; one message to alice, of {edge.detail}, does it too")


@pytest.mark.parametrize(
    ("given", "bits", "rounds"),
    [
        ({"kind": "bits"}, 2 * N, "one way"),
        ({"kind": "bits", "own": "bits"}, 2 * N + 1, "one way"),
        ({"load": "amplitude(x) q"}, 2 * N, "two way"),
    ],
    ids=str,
)
def test_who_was_told_the_string_can_do_what_its_owner_can(
    given: dict[str, str], bits: int, rounds: str
) -> None:
    b, advantage = assessed(**given, back="sample(q) to carol", told="reveal x to carol")
    edge = named(b, EDGE)
    assert (edge.bits, edge.rounds) == (bits, rounds)
    assert (advantage.verdict, advantage.because.code) == ("none", "matching-edge")
    assert advantage.because.says.startswith("carol ")


def test_who_was_told_the_matching_can_do_what_its_owner_can() -> None:
    b, advantage = assessed("bits", back="sample(q) to carol", told="reveal mm to carol")
    assert named(b, EDGE).bits == 2 * N + 1
    assert named(b, POSITIONS).bits == formulas.birthday_bits(2**N, 0.05)
    assert (advantage.verdict, advantage.way) == ("exponential", "from alice to carol")
    assert "; two messages of" in advantage.because.says


def test_positions_are_for_edges_that_are_equally_likely() -> None:
    many = formulas.birthday_bits(2**N, 0.05)
    assert named(assessed(kind="bits")[0], POSITIONS).bits == many
    phases, _ = assessed()
    assert named(phases, POSITIONS).bits == many * PHASE
    assert phases.best_one_way == "bits at shared random positions"
    assert named(assessed(load="amplitude(x) q")[0], POSITIONS).bits is None


def test_a_mean_needs_more_than_one_edge() -> None:
    """All positions of so short a string are sent; one edge alone has an outcome of 1 or -1."""
    mean, _ = assessed(kind="bits", back="expect(Z q[n-1])")
    assert named(mean, POSITIONS).bits == 2**N + COUNT


def test_more_than_an_edge_is_not_answered_by_one() -> None:
    text = """
model m(n = 3) on lan {
  data x: real[2**n, 2] owner alice
  data mm: matching[2**n] owner bob
  param w: angle owner bob
  qubits q[n], f
  at alice { amplitude(x) q, f }
  at bob { relabel(mm) q; h q[n-1]; ry(w) f }
  return sample(q, f) to bob
}"""
    found = qdsl.loads(LAN + text).compile(verify=False).assess()
    assert found.baselines is not None and found.advantage is not None
    edge = named(found.baselines, EDGE)
    assert edge.bits is None and "more than an edge" in edge.detail
    assert "do it too" not in found.advantage.because.says


def test_a_share_takes_as_many_edges_as_the_program_executions() -> None:
    """ln(2 * 2 / 0.05) / (2 * 0.1^2) = 219.1; a mean of Z to 0.1 takes 738."""
    b, _ = assessed("bits", back="probability(q[n-1])")
    edge = named(b, EDGE)
    assert edge.bits == 220 * 2 * N + 2 * COUNT and "220 x (2 * 4)" in edge.detail


def test_one_pair_of_positions_takes_no_message_to_name() -> None:
    """Where there is one matching, alice's bit is the only message, and one way."""
    text = (
        LAN
        + """
model m(n = 1) on lan {
  data x: bits[2**n] owner alice
  data mm: matching[2**n] owner bob
  qubits q[n]
  at alice { phase(x) q }
  at bob { relabel(mm) q; h q[n-1] }
  return sample(q) to bob
}"""
    )
    found = qdsl.loads(text).compile(verify=False).assess().baselines
    assert found is not None
    assert (found.best_one_way, found.best_one_way_bits) == ("send bob's data to alice", 1)
