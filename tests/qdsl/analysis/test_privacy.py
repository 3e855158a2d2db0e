"""The privacy ledger: bounds against the specification's own account, and what is told."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

import qdsl
from qdsl.analysis.assess import accuracy_of
from qdsl.analysis.executions import TrainingPlan, expected_of
from qdsl.analysis.findings import Leak, Privacy
from qdsl.analysis.formulas import hoeffding
from qdsl.analysis.privacy import privacy_of
from qdsl.analysis.structure import structure_of
from qdsl.analysis.transfers import execution_of
from qdsl.api import Compiled
from qdsl.report.findings import by_steps
from tests.qdsl.analysis.known import LAN
from tests.qdsl.analysis.test_formulas import layered


def ledger(text: str, **settings: int) -> Privacy:
    found = qdsl.loads(text).compile(settings=settings, verify=False).assess().privacy
    assert found is not None
    return found


def trained(compiled: Compiled, plan: TrainingPlan) -> Privacy:
    s = structure_of(compiled.circuit)
    assert s is not None
    program = compiled.scheduled.distributed
    plan = replace(plan, method="commuting_block")
    uses = expected_of(program, compiled.cost, accuracy_of(None), plan)
    found = privacy_of(s, program, compiled.cost, uses, plan)
    assert found is not None
    return found


def leak(found: Privacy, party: str, about: str, task: str = "inference") -> Leak:
    (one,) = [x for x in found.leaks if (x.party, x.about, x.task) == (party, about, task)]
    return one


def symmetric(n: int, k: int) -> float:
    return min(float(n * k), math.log2(math.comb(k + 2**n - 1, k)))


def messages(h: int, n: int, data: str) -> int:
    """Bits of one copy that Bob may get in h hand-overs: the first message n, later ones 2n; 2n
    each where he spoke first."""
    count = (h + 1) // 2 if data == "alice" else h // 2
    if not count:
        return 0
    return n + 2 * n * (count - 1) if data == "alice" else 2 * n * count


@pytest.mark.parametrize(
    ("n", "layers", "data"), [(1, 1, "alice"), (3, 2, "alice"), (3, 2, "bob"), (2, 3, "bob")]
)
def test_training_leaks_what_the_specification_says(n: int, layers: int, data: str) -> None:
    """`privacy_report` of the protocols: two signs for each of Bob's layers, T steps."""
    compiled = layered(data, n, layers)
    steps = 3
    found = trained(compiled, TrainingPlan(steps, 1, True))
    h = 2 * layers if data == "alice" else 2 * layers - 1
    k = hoeffding(2 * layers * n, 0.1, 0.05)
    bob = leak(found, "bob", "alice", "training")
    signs = symmetric(n, k // 2) + symmetric(n, k - k // 2)
    assert bob.honest_bits == pytest.approx(steps * layers * signs, abs=1e-3)
    passes = sum(messages(h + 2 * layers - m, n, data) for m in range(1, 2 * layers + 1))
    assert bob.malicious_bits == steps * k * passes
    inference = leak(found, "bob", "alice")
    assert inference.malicious_bits == hoeffding(1, 0.1, 0.05) * messages(h, n, data)
    assert inference.honest_bits == 0.0  # every copy ends at alice


SPLIT = """
    model m() on lan {{
      data x: real[4] owner alice
      data y: real[1] owner alice
      qubits q[3]
      at alice {{ amplitude(x) q[0..2]; ry(y[0]) q[2] }}
      at bob {{ {kept} }}
      return expect(Z q[0])
    }}
"""


@pytest.mark.parametrize(
    ("kept", "bits"),
    [
        ("h q[0]", math.log2(739 * 370)),  # half of an entangled pair of qubits
        ("h q[0]; h q[1]", symmetric(2, 738)),  # all of it
        ("h q[0]; h q[2]", math.log2(739 * 370) + math.log2(739)),  # and another one
    ],
)
def test_a_part_of_an_entangled_state_is_mixed(kept: str, bits: float) -> None:
    found = ledger(LAN + SPLIT.format(kept=kept))
    assert leak(found, "bob", "alice").honest_bits == pytest.approx(bits, abs=1e-3)


@pytest.mark.parametrize("first", ["at bob { cx q[0], q[1] }", "cx q[0], q[1]"])
def test_half_of_a_pair_that_came_before_the_secret_was_used_tells_a_bit(first: str) -> None:
    """Superdense coding by a pair that a copy of alice's qubit made: both bits, in every run."""
    text = f"""
    model m() on lan {{
      data x: angle[2] owner alice
      qubits q[2]
      at alice {{ h q[0] }}
      at bob {{ id q[1] }}
      {first}
      at alice {{ rz(x[0]) q[0]; rx(x[1]) q[0] }}
      at bob {{ h q[0]; rx(0.3) q[1] }}
      return sample(q) to bob
    }}
    """
    found = leak(ledger(LAN + text), "bob", "alice")
    assert (found.honest_bits, found.malicious_bits) == (2.0, 2.0)


def test_qubits_of_its_own_tell_a_party_nothing() -> None:
    """Two qubits come; two more begin at bob, and he entangles all four."""
    text = """
    model m() on lan {
      data x: real[4] owner alice
      qubits q[4]
      at alice { amplitude(x) q[0..2] }
      at bob { cx q[0], q[2]; cx q[1], q[3]; h q }
      return expect(Z q[0])
    }
    """
    assert leak(ledger(LAN + text), "bob", "alice").honest_bits == pytest.approx(
        symmetric(2, 738), abs=1e-3
    )


def test_half_of_a_pair_that_came_back_counts_with_the_other_half() -> None:
    """Superdense coding: two bits in one qubit, whether bob measures or keeps the pair."""
    text = """
    model m() on lan {
      data x: angle[2] owner alice
      qubits q[2]
      at bob { h q[0]; cx q[0], q[1] }
      at alice { rz(x[0]) q[0]; rx(x[1]) q[0] }
      at bob { h q[0] }
      return sample(q[0]) to bob
    }
    """
    found = leak(ledger(LAN + text), "bob", "alice")
    assert found.honest_bits == 2.0


def test_an_honest_party_that_keeps_the_copies() -> None:
    found = ledger(
        LAN
        + """
model m(n = 3) on lan {
  data x: real[2**n] owner alice
  param b: angle[n] owner bob
  qubits q[n]
  at alice { amplitude(x) q }
  at bob { for i in 0..n { ry(b[i]) q[i] }; cz q[0], q[1] }
  return expect(Z q[0] * Z q[1] * Z q[2])
}"""
    )
    k = hoeffding(1, 0.1, 0.05)
    bob, alice = leak(found, "bob", "alice"), leak(found, "alice", "bob")
    assert bob.copies == k
    assert (alice.honest_bits, alice.malicious_bits, alice.classical_bits) == (0, 0, 10)
    assert bob.honest_bits == pytest.approx(symmetric(3, k), abs=1e-5)
    assert bob.malicious_bits == 3 * k
    assert bob.secret_bits == 8 * 32
    assert (bob.honest_vacuous, bob.malicious_vacuous) == (False, True)
    (disclosed,) = (
        found.announcements
    )  # bob says how many outcomes were +1: that is not alice's secret
    assert (disclosed.by, disclosed.to, disclosed.bits) == (
        "bob",
        "everyone",
        math.ceil(math.log2(k + 1)),
    )
    assert disclosed.about == ("alice", "bob")
    assert found.uniform_bits == 6


def test_one_sample_tells_little() -> None:
    text = (
        LAN
        + """
model m(n = 4) on lan {
  data x: bits[2**n] owner alice
  data m: matching[2**n] owner bob
  qubits q[n]
  at alice { phase(x) q }
  at bob { relabel(m) q; h q[n-1] }
  return sample(q) to bob
}"""
    )
    (bob,) = ledger(text).leaks
    assert (bob.honest_bits, bob.malicious_bits, bob.classical_bits) == (4.0, 4.0, 0)
    assert bob.secret_bits == 16
    assert not bob.malicious_vacuous
    public = ledger(text.replace(" to bob", ""))
    (disclosed,) = public.announcements
    assert (disclosed.what, disclosed.to, disclosed.bits, disclosed.about) == (
        "sample",
        "everyone",
        4,
        ("alice", "bob"),
    )
    assert leak(public, "alice", "bob").classical_bits == 4


def test_what_is_revealed_is_listed_and_no_secret() -> None:
    found = ledger(
        LAN
        + """
model m(n = 2) on lan {
  data x: real[2**n] owner alice
  data y: real[2**n] owner alice
  param w: angle[2**n] owner bob
  qubits q[n]
  reveal y to bob
  at bob { amplitude(y) q; diagonal(w) q }
  at alice { diagonal(x) q; h q }
  return expect(Z q[0] * Z q[1])
}"""
    )
    reveal = found.announcements[0]
    assert (reveal.what, reveal.by, reveal.to, reveal.bits) == ("reveal y", "alice", "bob", 256)
    bob = leak(found, "bob", "alice")
    assert bob.secret_bits == 4 * 32  # x alone, of which the 256 bits of y say nothing
    assert bob.classical_bits < 64 and not bob.honest_vacuous
    alice = leak(found, "alice", "bob")
    assert alice.secret_bits == 4 * 32


def test_what_no_output_depends_on_is_a_secret_too() -> None:
    """Turned about the axis that is read, r still tells of w, if it is read otherwise."""
    found = ledger(
        LAN
        + """
model m() on lan {
  data v: real[4] owner alice
  param w: angle[3] owner bob
  qubits q[2], r
  at alice { amplitude(v) q }
  cx q[0], r
  at bob { for k in 0..3 { rz(w[k]) r } }
  return expect(Z r)
}"""
    )
    alice = leak(found, "alice", "bob")
    assert alice.secret_bits == 3 * 32 and alice.honest_bits > 0


def test_values_in_conditions_are_told() -> None:
    found = ledger(
        LAN
        + """
model m() on lan {
  data x: real[2] owner alice
  param w: angle owner bob
  qubits a, b
  bits c
  at alice { amplitude(x) a; c = measure a }
  at bob { ry(w) b; if c == 1 { x b } }
  return expect(Z b)
}"""
    )
    (disclosed,) = [a for a in found.announcements if a.what == "outcomes for `if`"]
    k = hoeffding(1, 0.1, 0.05)
    assert (disclosed.by, disclosed.to, disclosed.times, disclosed.bits) == ("alice", "bob", k, k)
    assert disclosed.about == ("alice",)
    bob = leak(found, "bob", "alice")
    assert bob.classical_bits == k
    assert bob.honest_vacuous and bob.malicious_vacuous


def test_what_does_not_reach_a_party_does_not_leak() -> None:
    found = ledger(
        LAN
        + """
model m(n = 2) on lan {
  data x: real[2**n] owner alice
  data y: real[2**n] owner bob
  qubits a[n], b[n]
  at alice { amplitude(x) a }
  at bob { amplitude(y) b }
  return expect(Z a[0]), expect(Z b[0])
}"""
    )
    assert all(x.honest_bits == x.malicious_bits == 0 for x in found.leaks)
    assert {(x.party, x.about, x.classical_bits) for x in found.leaks} == {
        ("alice", "bob", 10),
        ("bob", "alice", 10),
    }


def test_cat_copies_are_qubits_too() -> None:
    """A telegate from alice's qubit shows bob one qubit a copy; he keeps nothing of it."""
    text = (
        LAN
        + """
model m() on lan {
  data x: angle owner alice
  param w: angle owner bob
  qubits a, b
  at alice { ry(x) a }
  at bob { ry(w) b }
  cz a, b
  at alice { rx(x) a }
  at bob { rx(w) b }
  return expect(Z a * Z b)
}"""
    )
    compiled = qdsl.loads(text).compile(verify=False)
    run = execution_of(compiled.scheduled.distributed)
    copy, end = run.transfers
    assert (copy.qubits, copy.bits) == (1, 0) and (end.qubits, end.bits) == (0, 1)
    assert {copy.by, copy.to} == {"alice", "bob"} and (end.by, end.to) == (copy.to, copy.by)
    found = compiled.assess().privacy
    assert found is not None
    assert {x.party for x in found.leaks} == {"alice", "bob"}


def test_the_bit_that_ends_a_copy_tells_who_kept_the_qubit() -> None:
    """Bob turns his qubit under the control of alice's: its phase comes back in one bit."""
    program = qdsl.loads(
        f"{LAN}model m() on lan {{ param b: angle[2] owner bob\nqubits q, r\n"
        "at alice { h q }\nat bob { crx(b[0]) q, r; h r; crz(b[1]) q, r }\n"
        "at alice { h q }\nreturn expect(Z q) }"
    )
    compiled = program.compile()
    assert compiled.cost.packets
    found = compiled.report().privacy
    assert found is not None
    (leak,) = (
        x for x in found.leaks if (x.party, x.about) == ("alice", "bob") and x.task == "inference"
    )
    assert leak.malicious_bits > leak.honest_bits > 0


def test_a_training_is_told_step_by_step() -> None:
    found = trained(layered("alice", 2, 1), TrainingPlan(10, 1, True))
    said = [text for x in found.leaks if (text := by_steps(x)) is not None]
    assert len(said) == len([x for x in found.leaks if x.task == "training"])
    bob = leak(found, "bob", "alice", "training")
    assert bob.steps == 10
    last = math.ceil(bob.secret_bits / (bob.honest_bits / 10))
    assert f"in each of 10 steps, the secret is reached in step {last}" in said[-1] + said[0]
    assert "below the secret to the end" in str(by_steps(replace(bob, secret_bits=1e9)))
    assert by_steps(leak(found, "bob", "alice")) is None
