"""Copies along trees of links: never dearer or later than without, and over no worse links."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

import qdsl
from qdsl.diagnostics.diagnostic import InvalidProgram
from qdsl.driver.pass_manager import configured, run_passes
from qdsl.ir.stages import PlacedCircuit
from qdsl.passes.insert_communication.insert_communication import InsertCommunication
from qdsl.passes.insert_communication.insertion import inserted
from qdsl.passes.insert_communication.trees import ebits, is_direct, loss, narrower
from qdsl.passes.schedule.clock import scheduled
from qdsl.verify.translation import validate
from tests.passes.test_channel import QUICK

SHAPES = ("complete(4)", "ring(5)", "grid(2, 2)", "grid(2, 3)")
PASSES = ("canonicalize", "partition")


def placed(text: str) -> PlacedCircuit:
    circuit = qdsl.loads(text).lower()
    stage, _ = run_passes(circuit, [configured(name, {}) for name in PASSES])
    assert isinstance(stage, PlacedCircuit)
    return stage


def star_of(root_links: str, shape: str = "complete(4)", n: int = 4) -> str:
    gates = "; ".join(f"move q[{k}] to node{k}" for k in range(n))
    network = f"network net = {shape} {{ qubits 1, comm 2{root_links} }}"
    fan_out = f"for i in 1..{n} {{ cx q[0], q[i] }}"
    return f"{network}\nmodel m() on net {{ qubits q[{n}]; {gates}; {fan_out}; return sample(q) }}"


@st.composite
def programs(draw: st.DrawFn) -> str:
    shape = draw(st.sampled_from(SHAPES))
    pairs = st.tuples(st.integers(0, 3), st.integers(0, 3)).filter(lambda p: p[0] != p[1])
    gates = [f"cx q[{a}], q[{b}]" for a, b in draw(st.lists(pairs, min_size=2, max_size=8))]
    turned = draw(st.integers(0, len(gates)))
    body = "; ".join([*gates[:turned], "h q[0]", *gates[turned:]])
    network = f"network net = {shape} {{ qubits 1, comm 2, rate 1 kHz, latency 20 us }}"
    return f"{network}\nmodel m() on net {{ qubits q[4]; {body}; return sample(q) }}"


@given(programs())
@QUICK
def test_a_tree_is_taken_only_where_it_is_better(text: str) -> None:
    try:
        given = placed(text)
    except InvalidProgram:
        return
    plain, found = inserted(given), InsertCommunication().run(given)
    assert validate(given.circuit, found).equal
    assert ebits(found) <= ebits(plain)
    assert is_direct(found)
    if ebits(found) == ebits(plain):
        assert scheduled(found).makespan_ns <= scheduled(plain).makespan_ns


def test_a_tree_of_links_reaches_every_node() -> None:
    given = placed(star_of(", rate 1 kHz"))
    for other in narrower(given):
        assert len(other.network.links) == 3
        assert all(min(line) >= 0 for line in other.network.routing.hops)


@pytest.mark.parametrize(
    "text",
    [
        star_of(", rate 1 kHz", "star(4)"),  # is a tree
        star_of(", rate 1 kHz").replace("comm 2", "comm 1"),  # nobody can pass copies on
        star_of(", rate 1 kHz", "complete(2)", 2),
    ],
)
def test_where_there_is_no_choice_there_is_no_tree(text: str) -> None:
    assert list(narrower(placed(text))) == []


def test_worse_links_are_not_taken() -> None:
    """Node 0 reaches all by good links; a tree over the others would end sooner."""
    text = star_of("")
    ends = [(a, b) for a in range(4) for b in range(a)]
    nodes = [f"node node{k} {{ qubits 1, comm 2 }}" for k in range(4)]

    def program(other: float) -> str:
        links = [
            f"link node{a} -- node{b} {{ rate 1 kHz, fidelity {0.99 if b == 0 else other} }}"
            for a, b in ends
        ]
        return "\n".join(["network net {", *nodes, *links, "}", text.splitlines()[1]])

    good, bad = (placed(program(fidelity)) for fidelity in (0.99, 0.9))
    assert scheduled(InsertCommunication().run(good)).makespan_ns < 2_000_000
    found = InsertCommunication().run(bad)
    assert loss(found) == pytest.approx(loss(inserted(bad)))
    assert scheduled(found).makespan_ns >= 2_000_000
