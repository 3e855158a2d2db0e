"""What a node is told by a `reveal` costs no protocol anything that ends there."""

from __future__ import annotations

import qdsl
from qdsl.analysis import formulas
from qdsl.analysis.assess import Assessment
from qdsl.run.training.communication import alternatives
from tests.qdsl.analysis.test_baselines import COUNT, named

LINE = "network net = line(4) { qubits 6, comm 2, rate 1 kHz }\n"
THREE = (
    LINE
    + """model m() on net {
  data x: real[8] owner node0
  data s: bits[8] owner node2
  param w: angle owner node1
  qubits q[3]
  at node0 { amplitude(x) q }
  at node1 { ry(w) q[0] }
  at node2 { diagonal(s) q }
  REVEAL
  return RETURN
}"""
)
MATCHING = (
    LINE
    + """model m(n = 3) on net {
  data x: bits[2**n] owner node0
  data m: matching[2**n] owner node1
  data z: angle owner node2
  qubits q[n], r
  at node0 { phase(x) q }
  at node1 { relabel(m) q; h q[n-1] }
  at node2 { ry(z) r }
  REVEAL
  return RETURN
}"""
)


def assessed(text: str, reveal: str, output: str) -> Assessment:
    text = text.replace("REVEAL", reveal).replace("RETURN", output)
    return qdsl.loads(text).compile(verify=False).assess()


def three(reveal: str = "", output: str = "expect(X q[0]*X q[1]*X q[2])") -> Assessment:
    return assessed(THREE, reveal, output)


def test_what_the_receiver_knows_is_not_sent() -> None:
    plain, told = three().baselines, three("reveal x to node1").baselines
    assert plain is not None and told is not None
    vector = 8 * formulas.amplitude_bits(8, 0.1)
    assert named(plain, "send node0 and node2's data to node1").bits == vector + 8 + COUNT
    assert (told.best, told.best_bits) == ("send node2's data to node1", 8 + COUNT)
    angle = formulas.angle_bits(1, 0.1)
    for b in (plain, told):  # node0 is told nothing
        to_0 = named(b, "send node1 and node2's data and parameters to node0")
        assert to_0.bits == angle + 8 + COUNT


def test_who_knows_a_vector_computes_its_operations() -> None:
    """Node1 prepares the state itself and hands it over once."""
    state = 2 * 8 * formulas.amplitude_bits(8, 0.1)
    for reveal, times in (("", 2), ("reveal x to node1", 1), ("reveal s to node1", 1)):
        b = three(reveal).baselines
        assert b is not None
        assert named(b, "activations").bits == times * state + COUNT


def test_a_node_that_is_told_all_computes_alone() -> None:
    both = "reveal x to node1; reveal s to node1"
    found = three(both)
    assert found.baselines is not None and found.advantage is not None
    assert (found.baselines.best, found.baselines.best_bits) == ("compute alone, announce", COUNT)
    assert found.advantage.because.code == "revealed"
    assert "node1 knows all" in found.advantage.because.says
    mine = three(both, "sample(q) to node1").baselines
    assert mine is not None and mine.best_bits == 0
    owns_nothing = "reveal x to node3; reveal w to node3; reveal s to node3"
    to_3 = three(owns_nothing, "sample(q) to node3").baselines
    assert to_3 is not None and to_3.best_bits == 0
    assert three(output="sample(q) to node3").baselines != to_3


def test_a_node_that_owns_nothing_can_be_sent_the_rest() -> None:
    b = three("h q; reveal x to node3; reveal w to node3", "sample(q) to node3").baselines
    assert b is not None and (b.best, b.best_bits) == ("send node2's data to node3", 8)


def test_a_revealed_string_is_no_hidden_matching() -> None:
    """The third owner, who is told nothing, keeps no vector that the other two know private."""
    secret = assessed(MATCHING, "", "sample(q) to node1")
    assert secret.advantage is not None and secret.advantage.because.code == "hidden-matching"
    out = "sample(q, r) to node1"
    assert secret.baselines is not None and secret.baselines.lower_bounds
    for reveal in ("reveal x to node1", "reveal m to node0"):
        found = assessed(MATCHING, reveal, out)
        assert found.advantage is not None and found.baselines is not None
        codes = [g.code for g in (found.advantage.because, *found.advantage.also)]
        assert "hidden-matching" not in codes
        assert not found.baselines.lower_bounds
        assert named(found.baselines, "bits at shared").bits is None
    third = assessed(MATCHING, "reveal x to node3", out).advantage
    assert third is not None
    assert "hidden-matching" in [g.code for g in (third.because, *third.also)]


def test_an_overlap_of_vectors_of_which_one_node_knows_both() -> None:
    text = (
        LINE
        + """model m() on net {
  data x: real[4] owner node0
  data y: real[4] owner node1
  data z: angle owner node2
  qubits a[2], b[2]
  at node0 { amplitude(x) a }
  at node1 { amplitude(y) b }
  at node2 { ry(z) b[0] }
  REVEAL
  return overlap(a, b)
}"""
    )
    apart = assessed(text, "reveal z to node1", "").baselines
    assert apart is not None and named(apart, "SimHash").bits is not None
    for reveal in ("", "reveal z to node1; reveal x to node1"):
        other = assessed(text, reveal, "").baselines
        assert other is not None and named(other, "SimHash").bits is None


def test_a_gram_matrix_goes_where_the_rest_is_known() -> None:
    """With two others, one of them needs what the other has, or knows it already."""
    text = (
        LINE
        + """model m() on net {
  data x: real[16] owner node0
  param v: angle owner node1
  param w: angle owner node2
  qubits q[4]
  at node0 { amplitude(x) q }
  at node1 { ry(v) q[0] }
  at node2 { rx(w) q[0] }
  REVEAL
  return expect(Z q[0])
}"""
    )
    gram = 3 * formulas.state_bits(2, 0.1) + COUNT
    plain, told = (assessed(text, reveal, "").baselines for reveal in ("", "reveal v to node2"))
    assert plain is not None and told is not None
    assert named(plain, "Gram").bits == gram + formulas.angle_bits(1, 0.05)
    assert named(told, "Gram").bits == gram
    assert named(plain, "random projection").bits is None


def test_training_alone_needs_nothing_that_is_revealed() -> None:
    text = (
        LINE
        + """model m() on net {
  data x: real[4] owner node0
  param v: angle[3] owner node1
  qubits q[2]
  at node0 { amplitude(x) q }
  at node1 { ry(v[0]) q[0]; ry(v[1]) q[1]; rx(v[2]) q[0] }
  REVEAL
  return expect(Z q[0])
}"""
    )
    for reveal, bits in (
        ("", {"node0": 64 * 3, "node1": 64 * 4 * 5}),
        ("reveal x to node1", {"node0": 64 * 3, "node1": 0}),
        ("reveal x to node3", {"node0": 64 * 3, "node1": 64 * 4 * 5, "node3": 64 * 3}),
    ):
        circuit = qdsl.loads(text.replace("REVEAL", reveal)).lower()
        found = alternatives(circuit, 5, frozenset({"x"}))
        assert {a.name.split()[2].rstrip(","): a.bits for a in found} == bits


RESULT_ELSEWHERE = (
    LINE
    + """model m() on net {
  data x: real[2] owner node0
  REVEAL
  qubits q
  at node1 { ry(x[0]) q; rz(x[1]) q; h q }
  move q to node2
  return RETURN
}"""
)


def test_a_node_that_owns_nothing_and_gets_the_result_is_told_it() -> None:
    """What is revealed to another node is no public value for it."""
    found = assessed(RESULT_ELSEWHERE, "reveal x to node1", "sample(q) to node2")
    assert found.baselines is not None and found.baselines.best_bits == 1
    told = assessed(RESULT_ELSEWHERE, "reveal x to node1; reveal x to node2", "sample(q) to node2")
    assert told.baselines is not None and told.baselines.best_bits == 0


def test_a_vector_that_is_revealed_to_one_node_is_still_its_owners() -> None:
    found = assessed(MATCHING, "reveal m to node0", "sample(q) to node3").advantage
    assert found is not None and "only node0 owns" not in found.because.says
