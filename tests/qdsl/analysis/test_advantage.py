"""Verdicts on models whose answer is known, and what may not change them."""

from __future__ import annotations

import pytest

import qdsl
from qdsl.analysis.findings import Advantage
from tests.qdsl.analysis.known import Known
from tests.qdsl.analysis.models import KNOWN


def verdict(text: str, **settings: int) -> Advantage:
    found = qdsl.loads(text).compile(settings=settings, verify=False).assess().advantage
    assert found is not None
    return found


@pytest.mark.parametrize("known", KNOWN, ids=lambda k: k.name)
def test_verdicts_are_right(known: Known) -> None:
    found = verdict(known.text)
    assert (found.verdict, found.rounds, found.because.code) == (
        known.verdict,
        known.rounds,
        known.code,
    ), found
    assert set(known.also) <= {ground.code for ground in found.also}
    plateau = "barren-plateau" in (found.because.code, *(ground.code for ground in found.also))
    assert plateau == ("scrambling" in known.name)
    assert found.because.says
    if found.verdict == "exponential":
        assert found.because.source


def test_there_are_enough_models() -> None:
    assert len(KNOWN) >= 20
    assert {k.verdict for k in KNOWN} == {"exponential", "none", "unknown"}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("hidden_matching", "linear_model"),
        ("alice", "zoe"),
        ("qubits 12, comm 2", "qubits 7, comm 3"),
        ("at alice { phase(x) q }", "at alice { h q; diagonal(x) q }\n  barrier"),
        ("return sample(q) to bob", "return sample(q[n-1]) to bob"),
    ],
)
def test_names_networks_and_spellings_change_nothing(old: str, new: str) -> None:
    text = KNOWN[0].text.replace("model m(", "model hidden_matching(")
    assert old in text
    found = verdict(text.replace(old, new))
    assert (found.verdict, found.because.code) == ("exponential", "hidden-matching")


@pytest.mark.parametrize("n", [2, 3, 6, 9])
def test_the_verdict_is_the_same_at_every_size(n: int) -> None:
    for known in KNOWN[:4]:
        assert verdict(known.text, **{"k" if "(k" in known.text else "n": n}).verdict == (
            known.verdict
        )


def test_what_is_revealed_is_owned_by_another_all_the_same() -> None:
    """The parameters are bob's, and told to alice: she computes alone, but owns not everything."""
    found = verdict("""
network lan = line(2) { qubits 4, comm 2 }
model told(n = 3) on lan {
  data x: real[2**n] owner node0
  param t: angle[n] owner node1
  qubits q[n]
  reveal t to node0
  at node0 { amplitude(x) q }
  at node1 { for i in 0..n { rx(t[i]) q[i] } }
  return expect(Z q[0] * Z q[1])
}
""")
    assert found.verdict == "none"
    assert found.because.says == "beside what is revealed, the outputs depend on node0's data alone"
