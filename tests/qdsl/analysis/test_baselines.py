"""The classical protocols: which apply, and their bits counted by hand."""

from __future__ import annotations

import math

import pytest

import qdsl
from qdsl.analysis import formulas
from qdsl.analysis.findings import Baselines, ClassicalProtocol
from tests.qdsl.analysis.known import LAN
from tests.qdsl.analysis.models import KNOWN

COUNT = 4  # log2(10 + 1) bits announce a mean to 0.1
TEXT = {k.name: k.text for k in KNOWN}


def found(
    text: str, epsilon: float | None = None, delta: float | None = None, **settings: int
) -> Baselines:
    compiled = qdsl.loads(text).compile(settings=settings, verify=False)
    baselines = compiled.assess(epsilon, delta).baselines
    assert baselines is not None
    return baselines


def named(b: Baselines, name: str) -> ClassicalProtocol:
    (one,) = [p for p in b.protocols if p.name.startswith(name)]
    return one


def test_two_parties() -> None:
    b = found(TEXT["two parties, layers of gates"])
    # of the last layers, those that turn the other qubit, or q[0] about Z, do not matter
    parameters = named(b, "send bob's parameters once to alice").bits
    assert parameters == 7 * formulas.angle_bits(7, 0.1) + COUNT
    data = named(b, "send alice's data and parameters to bob").bits
    numbers = 4 * formulas.amplitude_bits(4, 0.1) + 5 * formulas.angle_bits(5, 0.1)
    assert data == numbers + COUNT
    assert named(b, "activations").bits == 4 * 2 * 4 * formulas.amplitude_bits(4, 0.1) + COUNT
    assert b.best == "send bob's parameters once to alice"
    for name in ("Gram", "SimHash", "random projection", "bits at shared", "name an edge"):
        assert named(b, name).bits is None
        assert named(b, name).detail.startswith("does not apply: ")
    cut = named(b, "local operations and messages")
    k = formulas.hoeffding(1, 0.1, 0.05)
    assert cut.bits == (2**9 - 1) ** 2 * (16 * k + math.ceil(math.log2(k + 1)))


DEAD = """
model m() on lan {
  data v: real[4] owner alice
  param w: angle[3] owner bob
  qubits q[2], r
  at alice { amplitude(v) q }
  GATES
  return expect(Z r)
}"""


def test_values_that_turn_about_the_axis_that_is_read_do_not_count() -> None:
    turned = "cx q[0], r; at bob { for k in 0..3 { rz(w[k]) r } }"
    b = found(LAN + DEAD.replace("GATES", turned))
    assert b.best == "compute alone, announce"
    assert named(b, "send").bits is None  # bob owns nothing that matters
    with_rz = "at bob { ry(w[0]) r; cry(w[1]) q[0], r; rz(w[2]) r }"
    without = "at bob { ry(w[0]) r; cry(w[1]) q[0], r }"
    a, c = (found(LAN + DEAD.replace("GATES", gates)) for gates in (with_rz, without))
    assert [(p.name, p.bits, p.detail) for p in a.protocols] == [
        (p.name, p.bits, p.detail) for p in c.protocols
    ]
    assert named(a, "send bob's").bits == 2 * formulas.angle_bits(2, 0.1) + COUNT
    read_in_x = found(LAN + DEAD.replace("GATES", turned).replace("Z r", "X r"))
    assert named(read_in_x, "send bob's").bits == 3 * formulas.angle_bits(3, 0.1) + COUNT


def test_hidden_matching() -> None:
    b = found(TEXT["sample of a hidden matching"], n=10)
    assert named(b, "bits at shared").bits == formulas.birthday_bits(1024, 0.05)
    assert named(b, "name an edge").bits == 21
    assert named(b, "send alice's data").bits == 1024
    matching = formulas.matching_bits(1024)
    assert named(b, "send bob's data").bits == matching + 10  # and the answer back
    assert (b.best, b.best_bits) == ("name an edge, get its bit", 21)
    assert b.best_one_way == "bits at shared random positions"
    assert b.ebits == 10
    (bound,) = b.lower_bounds
    assert "Omega(sqrt(N))" in bound.statement


def test_linear_models() -> None:
    real, behind = TEXT["linear classifier"], TEXT["linear classifier behind local circuits"]
    for n in (2, 5):
        bits = formulas.simhash_bits(0.1, 0.025) + COUNT
        assert named(found(real, n=n), "SimHash").bits == bits
    bits = 2 * formulas.simhash_bits(0.05, 0.0125) + COUNT
    assert named(found(behind), "SimHash").bits == bits


def test_gram_matrices_do_not_grow_with_the_nodes() -> None:
    text = TEXT["graph network, the graph at alice"]
    gram = [named(found(text, nodes=nodes), "Gram").bits for nodes in (8, 16, 64)]
    assert (
        gram == [3 * formulas.state_bits(2, 0.1) + COUNT] * 3
    )  # the CZ does not change what is read
    both = text.replace("expect(Z f[0])", "expect(X f[0])")
    gram = [named(found(both, nodes=nodes), "Gram").bits for nodes in (8, 16, 64)]
    assert gram == [10 * formulas.state_bits(4, 0.1) + COUNT] * 3
    (blocks,) = {
        named(
            found(TEXT["graph network by block encodings, the graph at alice"], nodes=nodes), "Gram"
        ).bits
        for nodes in (8, 32)
    }
    assert blocks is not None
    public = found(TEXT["a public graph"])
    assert named(public, "Gram").bits is not None


def test_a_projection_is_for_one_expectation_of_one_message() -> None:
    text = TEXT["a phase for every amplitude at bob"]
    numbers = 2 * math.ceil(math.sqrt(8) / 0.1)
    bits = numbers * formulas.amplitude_bits(8, 0.1) + COUNT
    assert named(found(text), "random projection").bits == bits
    sampled = text.replace("expect(Z q[0])", "sample(q)")
    assert named(found(sampled), "random projection").bits is None
    assert named(found(TEXT["two parties, layers of gates"]), "random").bits is None


@pytest.mark.parametrize("known", KNOWN, ids=lambda k: k.name)
def test_the_best_is_the_least_that_applies(known: object) -> None:
    b = found(TEXT[known.name])  # type: ignore[attr-defined]
    fit = [p for p in b.protocols if p.bits is not None]
    assert b.best_bits == min(p.bits or 0 for p in fit)
    for p in b.protocols:
        assert (p.log2_bits is None) == (p.detail.startswith("does not apply"))
        assert p.source
        if p.bits:
            assert p.log2_bits == pytest.approx(math.log2(p.bits), abs=1e-5)
    assert all(len(p.detail) < 200 for p in b.protocols)


def test_more_accuracy_costs_more() -> None:
    text = TEXT["two parties, layers of gates"]
    coarse, fine = found(text, 0.1, 0.05), found(text, 0.01, 0.05)
    assert (coarse.best_bits or 0) < (fine.best_bits or 0)
    assert 99 < fine.ebits / coarse.ebits < 101


def test_scaled_observables_ask_for_relative_accuracy() -> None:
    text = TEXT["two parties, layers of gates"]
    scaled = text.replace("expect(Z q[0])", "expect(10 * Z q[0])")
    assert found(scaled, 1.0, 0.05).best_bits == found(text, 0.1, 0.05).best_bits
    assert found(scaled, 1.0, 0.05).ebits == found(text, 0.1, 0.05).ebits


def test_numbers_beyond_reading_are_logarithms() -> None:
    body = (
        LAN.replace("qubits 12", "qubits 40")
        + """
model wide(n = 40, layers = 14) on lan {
  data x: real[n] owner alice
  param b: angle[layers, n] owner bob
  qubits q[n]
  at alice { for i in 0..n { ry(x[i]) q[i] } }
  for l in 0..layers {
    at bob { for i in 0..n-1 { cz q[i], q[i+1] }; for i in 0..n { ry(b[l, i]) q[i] } }
    at alice { for i in 0..n-1 { cz q[i], q[i+1] }; for i in 0..n { ry(x[i]) q[i] } }
  }
  return expect(Z q[0])
}"""
    )
    cut = named(found(body), "local operations and messages")
    assert cut.bits is None
    assert cut.log2_bits is not None and cut.log2_bits > 1000


def test_a_factor_below_one_renames_a_number() -> None:
    """`g / 100` goes all the way round as g does, for numbers 100 times as large."""
    found = []
    for factor in ("", "/ 100", "/ 2"):
        data = "; ".join(f"data g{k}: real owner node{k}" for k in range(5))
        moves = "; ".join(f"move s[{k}] to node{k}" for k in range(5))
        turns = "; ".join(f"at node{k} {{ p(g{k} {factor}) s[{k}] }}" for k in range(5))
        text = f"""use std.collectives
        network ring5 = ring(5) {{ qubits 1, comm 2 }}
        model vote() on ring5 {{ {data}; qubits s[5]; {moves}; ghz s; {turns}
          return expect(X s[0] * X s[1] * X s[2] * X s[3] * X s[4]) }}"""
        report = qdsl.loads(text).compile(verify=False).report()
        assert report.baselines is not None
        found.append([(p.name, p.bits) for p in report.baselines.protocols])
    assert found[0] == found[1] == found[2]
    assert 4 * formulas.angle_bits(4, 0.1) + COUNT in [bits for _, bits in found[0]]


LOADED = """
model m() on lan {
  data v: real[4] owner alice
  data M: real[4, 4] owner bob
  data x: real[4] owner bob
  data s: bits[4] owner bob
  qubits q[2]
  at alice { amplitude(v) q }
  at bob { GATES }
  return RETURN
}"""


def sent(gates: str, output: str) -> str:
    text = LAN + LOADED.replace("GATES", gates).replace("RETURN", output)
    said = named(found(text), "send bob's data to alice").detail
    return said.partition(", and")[0]


def test_a_matrix_of_two_uses_is_sent_for_the_finer_one() -> None:
    block, mean = formulas.block_bits(4, 0.1), formulas.matrix_bits(4, 0.1)
    assert block > mean
    assert sent("lcu(M) q", "norm2(q)") == f"M: 16 x {block}"
    assert sent("lcu(M) q", "quadratic(M, q)") == f"M: 16 x {block}"
    assert sent("", "expect(M, q)") == f"M: 16 x {mean}"


def test_every_loading_has_a_part_of_the_error() -> None:
    """Once or twice half of epsilon each is there, three times a third."""
    phases = "diagonal(x) q; h q"
    for times, eps in ((1, 0.1), (2, 0.1), (3, 0.2 / 3), (5, 0.04)):
        said = sent("; ".join([phases] * times), "expect(Z q[0])")
        assert said == f"x: 4 x {formulas.phase_bits(eps)}"


def test_numbers_on_two_scales_are_sent_for_both_but_bits_once() -> None:
    said = sent("diagonal(x) q; h q; reflect(x) q; h q", "expect(Z q[0])")
    phases, numbers = formulas.phase_bits(0.1), formulas.amplitude_bits(4, 0.1)
    assert said == f"x: 4 x {phases}, x: 4 x {numbers}"
    assert sent("diagonal(s) q; h q; diagonal(s) q; h q", "expect(Z q[0])") == "s: 4 x 1"
    text = LAN + LOADED.replace("GATES", "diagonal(x) q; h q; ry(x[0]) q[0]")
    privacy = (
        qdsl.loads(text.replace("RETURN", "expect(Z q[0])")).compile(verify=False).assess().privacy
    )
    assert privacy is not None
    assert {x.secret_bits for x in privacy.leaks if x.about == "bob"} == {4 * 32}
