"""`std.collectives`: what its circuits do, and what they cost on every kind of network."""

from __future__ import annotations

import random
from collections.abc import Sequence
from functools import cache
from itertools import combinations

import numpy as np
import pytest

import qdsl
from qdsl.api import Compiled
from qdsl.diagnostics.diagnostic import Severity
from qdsl.language.check import check_text
from qdsl.verify.translation import validate
from tests.qdsl.unitaries import on_qubits, unitary

NODES = 6
EDGES = {
    "complete": tuple(combinations(range(6), 2)),
    "grid": ((0, 1), (1, 2), (3, 4), (4, 5), (0, 3), (1, 4), (2, 5)),
    "line": ((0, 1), (1, 2), (2, 3), (3, 4), (4, 5)),
    "ring": ((0, 1), (1, 2), (2, 3), (3, 4), (4, 5), (0, 5)),
    "star": ((0, 1), (0, 2), (0, 3), (0, 4), (0, 5)),
    "tree": ((0, 1), (0, 2), (1, 3), (1, 4), (2, 5)),
}
CALLS = {  # with the root at the first node, and the trees that each takes
    "ghz q": 1, "broadcast q[0], q[1..]": 1, "reduce q[1..], q[0]": 1, "all_reduce q, r": 2,
}  # fmt: skip
Members = tuple[int, ...]
MEMBERS: tuple[Members, ...] = ((0, 1, 2, 3, 4, 5), (1, 3, 5), (0, 2, 3, 5))


# ---- what they do ----------------------------------------------------------------------


def permutation(call: str, n: int) -> list[int]:
    """Where a circuit takes every basis state."""
    found = unitary(on_qubits(call, n, uses="use std.collectives"))
    assert np.allclose(np.abs(found), np.round(np.abs(found)))
    assert np.allclose(found.sum(axis=0), 1)
    return [int(k) for k in np.abs(found).argmax(axis=0)]


def bits(number: int, n: int) -> list[int]:
    return [number >> (n - 1 - k) & 1 for k in range(n)]


@pytest.mark.parametrize("n", [1, 2, 3, 5])
def test_broadcast_adds_the_bit_of_the_root(n: int) -> None:
    for given, found in enumerate(permutation("broadcast q[0], q[1..]", n)):
        root, *others = bits(given, n)
        assert bits(found, n) == [root, *(root ^ b for b in others)]


@pytest.mark.parametrize("n", [1, 2, 3, 5])
def test_broadcast_is_its_own_inverse(n: int) -> None:
    twice = "broadcast q[0], q[1..]; inv @ broadcast q[0], q[1..]"
    assert permutation(twice, n) == list(range(2**n))
    assert permutation("broadcast q[0], q[1..]; broadcast q[0], q[1..]", n) == list(range(2**n))


@pytest.mark.parametrize("n", [1, 2, 3, 5])
def test_reduce_adds_the_parity_to_the_root(n: int) -> None:
    for given, found in enumerate(permutation("reduce q[1..], q[0]", n)):
        root, *others = bits(given, n)
        assert bits(found, n) == [root ^ sum(others) % 2, *others]


@pytest.mark.parametrize("n", [1, 2, 3])
def test_all_reduce_copies_the_parity(n: int) -> None:
    found = permutation(f"all_reduce q[0..{n}], q[{n}..]", 2 * n)
    for given in range(2**n):
        word = bits(given, n)
        assert bits(found[given << n], 2 * n) == [*word, *[sum(word) % 2] * n]


@pytest.mark.parametrize("n", [1, 2, 3, 5])
def test_ghz_is_the_state(n: int) -> None:
    state = unitary(on_qubits("ghz q", n, uses="use std.collectives"))[:, 0]
    wanted = np.zeros(2**n)
    wanted[[0, -1]] += np.sqrt(0.5)
    assert np.allclose(state, wanted)


def test_a_ghz_state_adds_phases() -> None:
    model = """use std.collectives
    model sum() {
      data a: angle; data b: angle; data c: angle
      qubits q[3]
      ghz q
      p(a) q[0]; p(b) q[1]; p(c) q[2]
      return expect(X q[0] * X q[1] * X q[2])
    }"""
    result = qdsl.loads(model).compile().run({"a": 0.4, "b": -1.1, "c": 0.2})
    assert result.outputs[0].mean == pytest.approx(np.cos(0.4 - 1.1 + 0.2))


# ---- what they cost --------------------------------------------------------------------


def program(kind: str, call: str, members: Members, order: Sequence[int], time: str) -> str:
    """A collective of these nodes; node k is called and declared in the place order[k]."""
    names = [f"node{order[k]}" for k in range(NODES)]
    nodes = [f"node {name} {{ qubits 2, comm 2 }}" for name in sorted(names)]
    links = [f"link {names[a]} -- {names[b]} {{ {time} }}" for a, b in EDGES[kind]]
    registers = ("q", "r") if call == "all_reduce q, r" else ("q",)
    places = [f"move {r}[{i}] to {names[m]}" for r in registers for i, m in enumerate(members)]
    declared = [f"qubits {r}[{len(members)}]" for r in registers]
    body = [*declared, *places, call, f"return sample({', '.join(registers)})"]
    network = "\n".join(["network net {", *nodes, *links, "}"])
    return "\n".join(["use std.collectives", network, "model m() on net {", *body, "}"])


@cache
def compiled(
    kind: str, call: str, members: Members = MEMBERS[0], order: Members = (0, 1, 2, 3, 4, 5),
    time: str = "rate 200 Hz, latency 50 us",
) -> Compiled:  # fmt: skip
    return qdsl.loads(program(kind, call, members, order, time)).compile(verify=False)


def is_proved(found: Compiled) -> bool:
    """By translation validation, which is quicker than simulation here."""
    return validate(found.circuit, found.scheduled.distributed).equal


def steiner(kind: str, members: Members) -> int:
    """Links of a least tree that joins the members: no way to entangle them all has fewer pairs."""
    for size in range(len(members), NODES + 1):
        for nodes in combinations(range(NODES), size):
            if set(members) <= set(nodes) and is_joined(kind, set(nodes)):
                return size - 1
    raise AssertionError("the network is in several parts")


def is_joined(kind: str, nodes: set[int]) -> bool:
    found = {min(nodes)}
    for _ in nodes:
        for a, b in EDGES[kind]:
            if {a, b} <= nodes and {a, b} & found:
                found |= {a, b}
    return found == nodes


@pytest.mark.parametrize("kind", EDGES)
@pytest.mark.parametrize("call", CALLS)
def test_all_nodes_take_a_pair_each_but_the_root(kind: str, call: str) -> None:
    found = compiled(kind, call)
    assert is_proved(found)
    assert found.cost.ebits == CALLS[call] * (NODES - 1)
    assert found.cost.classical_bits == 2 * found.cost.ebits


@pytest.mark.parametrize("kind", ["grid", "ring", "star", "tree"])
@pytest.mark.parametrize("members", MEMBERS[1:])
def test_some_nodes_take_the_pairs_of_a_least_tree(kind: str, members: Members) -> None:
    found = compiled(kind, "ghz q", members)
    assert is_proved(found)
    assert found.cost.ebits == steiner(kind, members)


def test_a_parity_may_be_met_on_the_way() -> None:
    """Two trees of three links would be six: the last node of one is where the other begins."""
    found = compiled("star", "all_reduce q, r", MEMBERS[1])
    assert is_proved(found)
    assert found.cost.ebits == 5


@pytest.mark.parametrize("kind", ["complete", "grid", "ring"])
@pytest.mark.parametrize("call", ["broadcast q[0], q[1..]", "reduce q[1..], q[0]"])
def test_where_links_suffice_all_pairs_are_made_at_once(kind: str, call: str) -> None:
    """A root with two communication qubits makes two pairs at a time; others make the rest."""
    cost = compiled(kind, call).cost
    assert 5_000_000 < cost.makespan_ns < 5_500_000  # one pair at 200 Hz takes 5 ms
    assert cost.rounds == 3


def test_a_star_has_one_node_for_all_pairs() -> None:
    assert compiled("star", "broadcast q[0], q[1..]").cost.makespan_ns > 15_000_000


def test_without_times_it_takes_as_few_pairs() -> None:
    found = compiled("grid", "ghz q", MEMBERS[1], time="fidelity 0.9")
    assert found.cost.ebits == steiner("grid", MEMBERS[1]) == 3


@pytest.mark.parametrize("kind", ["grid", "star"])
def test_names_and_order_of_nodes_do_not_matter(kind: str) -> None:
    order = list(range(NODES))
    random.Random(7).shuffle(order)
    for call, members in (("all_reduce q, r", MEMBERS[0]), ("broadcast q[0], q[1..]", MEMBERS[1])):
        other = compiled(kind, call, members, tuple(order)).cost
        assert other.ebits == compiled(kind, call, members).cost.ebits


@pytest.mark.parametrize("kind", ["complete", "star"])
def test_qubits_that_nothing_places_cost_no_more(kind: str) -> None:
    text = program(kind, "ghz q", MEMBERS[0], range(NODES), "rate 200 Hz")
    text = text.replace("qubits 2, comm", "qubits 1, comm")
    text = "\n".join(line for line in text.splitlines() if not line.startswith("move"))
    assert qdsl.loads(text).compile(verify=False).cost.ebits == NODES - 1


# ---- misuse ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "code", "said"),
    [
        ("broadcast q", "QDM205", "'broadcast' acts on 2 operands, not 1"),
        ("broadcast q, r", "QDM208", "'root' is one qubit"),
        ("broadcast q[0], q", "QDM210", "occurs twice"),
        ("reduce q, q[0]", "QDM210", "occurs twice"),
        ("all_reduce q, r", "QDM208", "'r' is 3 qubits"),
        ("ghz(2) q", "QDM204", "takes 0 arguments"),
    ],
)
def test_misuse_is_told(call: str, code: str, said: str) -> None:
    text = f"use std.collectives\nmodel m() {{ qubits q[3], r[2]; {call}; return sample(q) }}"
    (problem,) = [p for p in check_text(text)[1] if p.severity is Severity.ERROR]
    assert problem.code == code
    assert said in problem.message
