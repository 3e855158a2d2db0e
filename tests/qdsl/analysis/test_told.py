"""Outputs that have to be told: by the program and by every classical protocol, by one rule."""

from __future__ import annotations

import pytest

import qdsl
from qdsl.analysis.assess import Assessment
from qdsl.analysis.findings import Baselines, Privacy
from tests.qdsl.analysis.test_baselines import named

TWO = """
network two { node a { qubits 5 }, node b { qubits 5 }, link a -- b { rate 1 kHz } }
model m() on two {
  data x: real[4] owner a
  data y: real owner b
  qubits q[4], r
  bits k
  at a { for i in 0..4 { ry(x[i]) q[i] } }
  at b { ry(y) r }
  BODY
}
"""


def assessed(body: str) -> Assessment:
    return qdsl.loads(TWO.replace("BODY", body)).compile(verify=False).assess()


def parts(body: str) -> tuple[int, Baselines, Privacy]:
    found = assessed(body)
    assert found.baselines is not None and found.privacy is not None
    return found.shot_budget.tasks[0].classical_bits, found.baselines, found.privacy


@pytest.mark.parametrize(
    ("body", "bits", "disclosed"),
    [
        # two for the pair; then the outcomes that are measured elsewhere
        ("cz q[0], r; return sample(q) to b", 2 + 4, 4),
        ("cz q[0], r; return sample(q) to a", 2, 0),
        ("cz q[0], r; return sample(q)", 2 + 4, 4),
        ("cz q[0], r; return sample(q, r) to b", 2 + 4, 4),
        ("cz q[0], r; return sample(q, r) to a", 2 + 1, 1),
        ("cz q[0], r; return sample(q, r)", 2 + 5, 5),
        ("return sample(q) to b, sample(r) to b", 4, 4),
        ("return sample(q) to a, sample(r) to b", 0, 0),
        ("return sample(q) to b, sample(r) to a", 5, 5),
        # twice two executions
        ("return sample(q) to b, sample(q[0]) to b", 5, 5),
        # an outcome that a condition has brought there already is not sent again
        ("at b { k = measure r }; at a { if k { x q[0] } }; return sample(k, q) to a", 1, 1),
        ("at b { k = measure r }; at a { if k { x q[0] } }; return sample(r, q) to a", 1, 1),
        ("at b { k = measure r }; at a { if k { x q[0] } }; return sample(k) to b", 1, 1),
        ("at b { k = measure r }; at a { if k { x q[0] } }; return sample(k)", 1 + 1, 1 + 1),
        # but what became of the qubit since is another one
        ("at b { k = measure r; h r }; at a { if k { x q[0] } }; return sample(r) to a", 2, 2),
    ],
)  # fmt: skip
def test_outcomes_are_sent_to_whom_they_are_for(body: str, bits: int, disclosed: int) -> None:
    counted, _, privacy = parts(body)
    assert counted == bits
    assert sum(a.bits for a in privacy.announcements) == disclosed


@pytest.mark.parametrize(
    ("output", "at_a", "at_b"),
    [
        ("sample(q)", 4, 4),
        ("sample(q) to a", 0, 4),
        ("sample(q) to b", 4, 0),
        ("sample(q, r) to b", 5, 0),
        ("expect(Z q[0] * Z q[1] * Z q[2] * Z q[3])", 4, 4),
        ("sample(q) to b, sample(r) to a", 4, 1),
        ("sample(q), sample(r) to a", 4, 5),
    ],
)
def test_classical_protocols_tell_them_too(output: str, at_a: int, at_b: int) -> None:
    """Whoever computes the outputs tells those that are not for it alone."""
    alike = "cx r, q[0]; "
    _, found, _ = parts(f"{alike}return {output}")
    _, own_a, _ = parts(f"{alike}return {ONLY_A}")
    _, own_b, _ = parts(f"{alike}return {ONLY_A.replace('to a', 'to b')}")
    sent = [named(b, f"send {w}").bits for b, w in ((own_a, "b's data"), (own_b, "a's data"))]
    assert None not in sent
    assert named(found, "send b's data").bits == (sent[0] or 0) + at_a
    assert named(found, "send a's data").bits == (sent[1] or 0) + at_b


ONLY_A = "sample(q, r) to a"


def test_an_expectation_is_told_as_one_number() -> None:
    _, found, _ = parts("cx r, q[0]; return expect(Z q[0] * Z q[1] + Z q[2] * Z q[3])")
    told = named(found, "send b's data").detail
    assert told.endswith(", and 5 to tell the outputs")  # of norm 2, to 0.1: log2(20 + 1)


def test_cutting_starts_from_the_bits_of_the_program() -> None:
    counted, found, _ = parts("return sample(q) to b, sample(r) to b")
    assert named(found, "local operations").bits == counted == 4
    counted, found, _ = parts("return sample(q) to b")
    assert named(found, "compute alone").bits == counted == 4
    counted, found, _ = parts("return sample(q) to a")
    assert named(found, "compute alone").bits == counted == 0


def test_bits_that_an_if_waits_for_are_outcomes() -> None:
    """What corrects a pair belongs to the pair; what is measured and told does not."""
    body = """
network wire = line(2) { qubits 12, comm 2 }
model tell(n = 8) on wire {
  data x: bits[n] owner node0
  data y: bits[n] owner node1
  qubits a[n], b[n], g
  bits c[n]
  at node0 { for i in 0..n { rx(pi * x[i]) a[i] } }
  at node0 { c = measure a; h g }
  at node1 { for i in 0..n { rx(pi * y[i]) b[i]; if c[i] { x b[i] } } }
  at node1 { cx g, b[0] }
  return sample(b) to node1
}"""
    compiled = qdsl.loads(body).compile(verify=False)
    found = compiled.assess().baselines
    assert found is not None
    assert (found.ebits, found.outcome_bits, found.best_bits) == (1, 8, 8)
    assert "at this size no: 1 ebit and 8 bits of outcomes against 8" in str(compiled.report())
