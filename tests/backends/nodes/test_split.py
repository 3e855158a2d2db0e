"""Programs of the nodes: together they are the scheduled program, and each knows only its own."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings

import qdsl
from qdsl.backends._readout import settings as readings
from qdsl.backends.nodes.codec import NotReadable, digest_of, plain, read, text_of
from qdsl.backends.nodes.program import Condition, Gate, NodeProgram, Pair, Send
from qdsl.backends.nodes.split import split
from qdsl.backends.nodes.weave import DoNotFit, peak_width, weave
from qdsl.diagnostics.diagnostic import InvalidProgram
from qdsl.driver.pass_manager import DEFAULT_PASSES, configured, run_passes
from qdsl.ir.stages import Circuit, ScheduledCircuit
from tests.qdsl.runtime.law import of_nodes, of_program
from tests.strategies import circuits

EXAMPLES = ("two_party", "ghz", "qaoa", "qft", "reupload", "matching")


def scheduled(source: Circuit) -> ScheduledCircuit:
    stage, _ = run_passes(source, [configured(name, {}) for name in DEFAULT_PASSES])
    assert isinstance(stage, ScheduledCircuit)
    return stage


def example(name: str) -> ScheduledCircuit:
    return qdsl.load(f"examples/{name}.qdm").compile(verify=False).scheduled


def check_law(stage: ScheduledCircuit) -> tuple[NodeProgram, ...]:
    programs = split(stage)
    names = [node.name for node in stage.network.nodes]
    assert of_nodes(programs, names) == of_program(stage)
    return programs


@given(circuits(max_qubits=5, max_rows=20))
@settings(max_examples=30, deadline=None)
def test_node_programs_put_back_together_are_the_program(source: Circuit) -> None:
    try:
        stage = scheduled(source)
    except InvalidProgram:
        return
    check_law(stage)


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_examples_put_back_together(name: str) -> None:
    check_law(example(name))


def test_the_law_sees_a_fault() -> None:
    stage = example("two_party")
    programs = split(stage)
    names = [node.name for node in stage.network.nodes]
    right = of_program(stage)
    bob = programs[1]
    at = next(k for k, s in enumerate(bob.steps) if isinstance(s, Gate) and s.condition)
    gate = bob.steps[at]
    assert isinstance(gate, Gate)
    assert gate.condition is not None
    for wrong in (
        replace(gate, condition=Condition(gate.condition.bit, 0)),
        replace(gate, condition=Condition(gate.condition.bit ^ 1, 1)),
        replace(gate, name="y"),
        replace(gate, condition=None),
    ):
        steps = (*bob.steps[:at], wrong, *bob.steps[at + 1 :])
        assert of_nodes((programs[0], replace(bob, steps=steps)), names) != right


def test_a_missing_step_is_waited_for_in_vain() -> None:
    alice, bob = split(example("two_party"))
    for kind in (Pair, Send):
        at = next(k for k, s in enumerate(alice.steps) if isinstance(s, kind))
        less = replace(alice, steps=(*alice.steps[:at], *alice.steps[at + 1 :]))
        with pytest.raises(DoNotFit, match="waits for ever"):
            weave((less, bob))
    last = max(k for k, s in enumerate(bob.steps) if isinstance(s, Send))
    send = bob.steps[last]
    assert isinstance(send, Send)
    more = replace(bob, steps=(*bob.steps, replace(send, number=99)))
    with pytest.raises(DoNotFit, match="never received"):
        weave((alice, more))


def test_a_program_names_nothing_of_others() -> None:
    """Not the vectors, not the angles, not how many pairs others share."""
    alice, bob = split(example("two_party"))
    assert {v.name for v in alice.vectors} == {"x", "a"}
    assert {v.name for v in bob.vectors} == {"b"}
    assert '"b"' not in text_of(alice)
    for name in ('"a"', '"vector":"x"', "amplitude", "real"):
        assert name not in text_of(bob)


def test_constants_of_one_node_stay_there() -> None:
    text = """network lan {
      node alice { qubits 1, comm 1 }
      node bob { qubits 1, comm 1 }
      node carol { qubits 1, comm 1 }
      link alice -- bob { }
      link bob -- carol { }
    }
    model m() on lan {
      qubits a, b, c
      at alice { rx(0.1234567) a }
      at bob { cx a, b }
      at carol { rx(0.7654321) c }
      return sample(b)
    }"""
    stage = qdsl.loads(text).compile().scheduled
    alice, bob, carol = split(stage, readings(stage.distributed.placed.circuit.outputs))
    assert "0.1234567" in text_of(alice)
    assert "0.1234567" not in text_of(bob) + text_of(carol)
    assert "0.7654321" in text_of(carol)
    assert "0.7654321" not in text_of(alice) + text_of(bob)
    assert (alice.peers, bob.peers, carol.peers) == (("bob",), ("alice",), ())
    assert "carol" not in text_of(alice) + text_of(bob)
    assert [len(r) for r in (alice.readings[0], bob.readings[0], carol.readings[0])] == [0, 1, 0]


def test_a_reveal_is_told_before_it_is_used() -> None:
    text = """network lan {
      node alice { qubits 2, comm 1 }
      node bob { qubits 2, comm 1 }
      link alice -- bob { }
    }
    model m() on lan {
      param t: angle[3] owner alice
      qubits q[2]
      at alice { rx(t[0]) q[0] }
      reveal t to bob
      at bob { rx(t[1]) q[1] }
      cx q[0], q[1]
      return expect(Z q[1])
    }"""
    alice, bob = split(qdsl.loads(text).compile().scheduled)
    kinds = [type(s).__name__ for s in bob.steps]
    assert kinds.index("Learn") < kinds.index("Gate")
    assert [v.source for v in alice.vectors] == ["private"]
    assert [v.source for v in bob.vectors] == ["alice"]
    assert any(type(s).__name__ == "Tell" for s in alice.steps)
    weave((alice, bob))


def test_the_same_every_time_and_read_back() -> None:
    programs = split(example("qaoa"))
    again = split(example("qaoa"))
    assert digest_of(programs) == digest_of(again)
    for program in programs:
        found = read(NodeProgram, json.loads(text_of(program)))
        assert found == program


def test_what_is_no_program_is_refused() -> None:
    good = plain(split(example("two_party"))[0])
    broken = [
        good | {"is": "Ticket"},
        good | {"data": "2"},
        good | {"data": True},
        good | {"steps": [{"is": "Explode", "qubit": 1}]},
        good | {"steps": [3]},
        good | {"vectors": 7},
        {k: v for k, v in good.items() if k != "steps"},
        [],
        None,
    ]
    for document in broken:
        with pytest.raises(NotReadable):
            read(NodeProgram, document)


def test_width_is_what_is_entangled_at_once() -> None:
    programs = split(example("two_party"))
    assert 2 <= peak_width(programs, weave(programs)) <= 6
