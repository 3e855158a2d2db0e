"""`secure_sum`: the sum, what it costs on every kind of network, and the form written by hand."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

import qdsl
from qdsl.analysis.online import OnlineCost
from qdsl.api import Compiled
from qdsl.diagnostics.diagnostic import Severity
from qdsl.language.check import check_text
from tests.qdsl.language.test_collectives import (
    EDGES,
    MEMBERS,
    NODES,
    Members,
    is_proved,
    steiner,
)
from tests.qdsl.unitaries import on_qubits, unitary

rng = np.random.default_rng(11)


# ---- what it does ----------------------------------------------------------------------


@pytest.mark.parametrize("n", [1, 2, 3, 5])
def test_the_state_has_the_sum_as_its_phase(n: int) -> None:
    values = rng.normal(size=n)
    circuit = on_qubits(
        "secure_sum(v) q", n, uses="use std.collectives", declare=f"data v: angle[{n}]"
    )
    wanted = np.zeros(2**n, complex)
    wanted[0] += np.sqrt(0.5)
    wanted[-1] += np.sqrt(0.5) * np.exp(1j * values.sum())
    assert np.allclose(unitary(circuit, {"v": values})[:, 0], wanted)


def test_cosine_and_sine_of_the_sum() -> None:
    text = """use std.collectives
    model sum() {
      data a: angle; data b: angle; data c: angle
      qubits q[3]
      secure_sum([a, b, c]) q
      return expect(X q[0] * X q[1] * X q[2]), expect(Y q[0] * X q[1] * X q[2])
    }"""
    values = {"a": 0.9, "b": 1.1, "c": 0.7}
    found = [output.mean for output in qdsl.loads(text).compile().run(values).outputs]
    assert found == pytest.approx([np.cos(2.7), np.sin(2.7)])


@pytest.mark.parametrize("n", [1, 2, 5])
def test_the_parity_of_samples_has_the_cosine_as_its_mean(n: int) -> None:
    values = rng.normal(size=n)
    circuit = on_qubits(
        "secure_sum(v) q; h q", n, uses="use std.collectives", declare=f"data v: angle[{n}]"
    )
    chances = np.abs(unitary(circuit, {"v": values})[:, 0]) ** 2
    signs = np.array([(-1) ** k.bit_count() for k in range(2**n)])
    assert chances @ signs == pytest.approx(np.cos(values.sum()))


def test_weights_stand_in_the_list() -> None:
    text = """use std.collectives
    model sum() {
      data a: real; data b: real; data c: real
      qubits q[3]
      secure_sum([pi * a / 3, 2 * pi * b / 3, -pi * c / 3]) q
      return expect(X q[0] * X q[1] * X q[2])
    }"""
    found = qdsl.loads(text).compile().run({"a": 0.2, "b": 0.9, "c": 0.4}).outputs[0].mean
    assert found == pytest.approx(np.cos(np.pi / 3 * (0.2 + 2 * 0.9 - 0.4)))


# ---- what it costs ---------------------------------------------------------------------


def program(kind: str, members: Members, body: str) -> str:
    """Values x0, x1, ... of these nodes, and a qubit at each of them."""
    nodes = [f"node node{k} {{ qubits 2, comm 2 }}" for k in range(NODES)]
    time = "rate 200 Hz, latency 50 us"
    links = [f"link node{a} -- node{b} {{ {time} }}" for a, b in EDGES[kind]]
    data = [f"data x{k}: angle owner node{m}" for k, m in enumerate(members)]
    word = " * ".join(f"X q[{k}]" for k in range(len(members)))
    places = [f"move q[{k}] to node{m}" for k, m in enumerate(members)]
    rest = [*data, f"qubits q[{len(members)}]", *places, body, f"return expect({word})"]
    network = "\n".join(["network net {", *nodes, *links, "}"])
    return "\n".join(["use std.collectives", network, "model m() on net {", *rest, "}"])


def call(members: Members) -> str:
    return f"secure_sum([{', '.join(f'x{k}' for k in range(len(members)))}]) q"


def by_hand(members: Members) -> str:
    return "\n".join(["ghz q", *(f"p(x{k}) q[{k}]" for k in range(len(members)))])


@cache
def compiled(kind: str, members: Members, body: str) -> Compiled:
    return qdsl.loads(program(kind, members, body)).compile(verify=False)


@pytest.mark.parametrize("kind", EDGES)
@pytest.mark.parametrize("members", MEMBERS)
def test_it_takes_the_pairs_of_a_least_tree_and_none_online(kind: str, members: Members) -> None:
    found = compiled(kind, members, call(members))
    assert is_proved(found)
    assert found.cost.ebits == steiner(kind, members)
    assert found.cost.online is not None
    assert found.cost.online == OnlineCost(0, 0, 0)


@pytest.mark.parametrize("kind", EDGES)
def test_it_costs_what_it_costs_by_hand(kind: str) -> None:
    members = MEMBERS[0]
    found, other = (compiled(kind, members, body(members)) for body in (call, by_hand))
    costs = [replace(c.cost, lines=(), layers=()) for c in (found, other)]
    assert costs[0] == costs[1]
    assert [x.ebits for x in found.cost.lines] == [5]
    assert found.circuit.pin.tolist() == other.circuit.pin.tolist()


@pytest.mark.parametrize("kind", ["complete", "star", "tree"])
def test_with_a_qubit_a_node_the_values_place_them(kind: str) -> None:
    text = program(kind, MEMBERS[0], call(MEMBERS[0])).replace("qubits 2, comm", "qubits 1, comm")
    text = "\n".join(line for line in text.splitlines() if not line.startswith("move"))
    cost = qdsl.loads(text).compile(verify=False).cost
    assert cost.ebits == NODES - 1
    assert cost.online == OnlineCost(0, 0, 0)


@pytest.mark.parametrize("kind", ["line", "star"])
def test_nobody_learns_more_than_by_hand(kind: str) -> None:
    members = MEMBERS[1]
    found, other = (
        compiled(kind, members, body(members)).assess().privacy for body in (call, by_hand)
    )
    assert found is not None
    assert found.leaks and found == other


# ---- misuse ----------------------------------------------------------------------------

OWNERS = """use std.collectives
network lan {
  node alice { qubits 4 }
  node bob { qubits 4 }
  node carol { qubits 4 }
  link alice -- bob { rate 200 Hz }
  link bob -- carol { rate 200 Hz }
}
model m() on lan {
  data a: angle owner alice
  data b: angle owner bob
  data c: angle owner carol
  data v: angle[3] owner alice
  qubits q[3]
"""


@pytest.mark.parametrize(
    ("body", "code", "said", "fix"),
    [
        ("secure_sum(a, b, c) q", "QDM204", "takes 1 argument, not 3", "`secure_sum([a, b, c]) q`"),
        ("secure_sum q", "QDM204", "takes 1 argument, not 0", "`secure_sum(values) q`"),
        ("secure_sum(a) q", "QDM207", "'values' is an array", "`[a]`"),
        ("secure_sum([a, v, c]) q", "QDM207", "'v' is an array", "`v[i]`"),
        ("secure_sum([a, b]) q", "QDM208", "angle[3], but angle[2]", "3 items"),
        ("secure_sum([a, b, c, a]) q", "QDM208", "angle[3], but angle[4]", "3 items"),
        ("secure_sum([a, b, c]) q[0], q[1], q[2]", "QDM205", "1 operand, not 3", "1 operand"),
        ("secure_sum([a, b, q]) q", "QDM104", "expected an angle, found qubits", ""),
        ("at bob { secure_sum([a, b, c]) q }", "QDM301", "cannot be used at bob", "at alice"),
        ("secure_sum([a * b, b, c]) q", "QDM302", "in one operation", "reveal a to bob"),
        ("move q[0] to bob; secure_sum([a, b, c]) q", "QDM308", "which is at bob", "to alice"),
    ],
)
def test_misuse_is_told(body: str, code: str, said: str, fix: str) -> None:
    problems = check_text(f"{OWNERS}{body}\nreturn sample(q)\n}}")[1]
    problem = next(p for p in problems if p.severity is Severity.ERROR or p.code == code)
    assert problem.code == code
    assert said in problem.message
    assert fix in (problem.help or "")


def test_a_qubit_at_the_owner_of_its_value_is_right() -> None:
    moves = "move q[0] to alice; move q[1] to bob; move q[2] to carol"
    problems = check_text(f"{OWNERS}{moves}; secure_sum([a, b, c]) q\nreturn sample(q)\n}}")[1]
    assert [p.code for p in problems] == ["QDM107"]  # v
