"""Which claims of the paper a report names: those of its grounds, and no others."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import qdsl
from qdsl.analysis.claims import _OF_GROUNDS
from qdsl.studies.paper.reproduce import PARTS
from tests.qdsl.analysis.models import KNOWN

CODES = ("hidden-matching", "vector-in-subspace", "simhash", "gram")


@pytest.mark.parametrize("code", CODES)
def test_a_ground_names_its_claim(code: str) -> None:
    known = next(k for k in KNOWN if k.code == code)
    found = qdsl.loads(known.text).compile(verify=False).assess().advantage
    assert found is not None
    says, part = _OF_GROUNDS[code]
    claim = next(c for c in found.claims if c.says == says)
    assert claim.part == part and claim.theorem == found.because.source


def test_an_unknown_model_is_no_instance() -> None:
    known = next(k for k in KNOWN if k.name == "a product in which a matrix comes twice")
    found = qdsl.loads(known.text).compile(verify=False).assess().advantage
    assert found is not None
    assert {c.part for c in found.claims} <= {"privacy"}


def test_parts_exist_and_codes_are_those_of_the_verdict() -> None:
    assert {part for _, part in _OF_GROUNDS.values()} <= set(PARTS)
    folder = Path(qdsl.__file__).parent / "analysis"
    text = (folder / "advantage.py").read_text(encoding="utf-8")
    codes = set(re.findall(r'Ground\(f?"([a-z-]+)"', text)) | {"few-parameters", "few-data"}
    assert {c for c in _OF_GROUNDS if not c.startswith("few")} <= codes


LEAKY = """
network net {
  node alice { qubits 2 }
  node bob { qubits 2 }
  link alice -- bob { rate 1 kHz, latency 1 ms }
}
model m() on net {
  data x: SECRET owner alice
  data y: real[8] owner bob
  qubits p[1], q[1]
  at alice { ry(0.4*x[0]) p }
  move p to bob
  at bob { ry(y[0]) q; rz(y[1]) q; ry(y[2]) p; cx p, q }
  move q to alice
  at alice { ry(0.3*x[0]) q }
  return sample(q), sample(p)
}
"""
HOLEVO = "communicated states leak at most Holevo's bound, here less than the secret"


def leak_claims(text: str) -> list[str]:
    found = qdsl.loads(text).compile(verify=False).assess().advantage
    assert found is not None
    return [c.says for c in found.claims if c.part == "privacy"]


def test_less_than_the_secret_is_said_of_those_of_whom_it_holds() -> None:
    """One bit of alice's is reached by what bob learns, bob's eight numbers are not."""
    assert leak_claims(LEAKY.replace("SECRET", "real[1]")) == [HOLEVO]
    partly = leak_claims(LEAKY.replace("SECRET", "bits[1]"))
    assert partly == [f"{HOLEVO} (alice about bob; not bob about alice)"]


FED_FORWARD = """
network net = line(2) { qubits 2 }
model m() on net {
  data x: real[4] owner node0
  qubits p, q
  bits c
  at node0 { ry(x[0]) p; c = measure p }
  at node1 { if c { x q } }
  return sample(q) to node1
}
"""


def test_no_state_is_communicated_without_ebits() -> None:
    """One measured bit is all that node1 gets: it is disclosed, and nothing else is learned."""
    assert leak_claims(FED_FORWARD) == []
    compiled = qdsl.loads(FED_FORWARD).compile(verify=False)
    privacy = compiled.assess().privacy
    assert privacy is not None and compiled.cost.ebits == 0
    (leak,) = privacy.leaks
    assert (leak.party, leak.honest_bits, leak.malicious_bits) == ("node1", 0, 0)
    assert leak.classical_bits > 0
