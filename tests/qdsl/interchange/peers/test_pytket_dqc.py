"""Circuits of pytket-dqc. The samples are written by hand, by pytket, in the form that its
`Distribution.to_pytket_circuit` gives: registers, names and operands of custom gates."""

from __future__ import annotations

import json
from contextlib import suppress
from random import Random
from typing import Any

import pytest

import qdsl
from qdsl.diagnostics.diagnostic import InvalidProgram
from qdsl.diagnostics.request_error import Refused
from qdsl.interchange.peers.followed import CannotBeFollowed
from qdsl.interchange.peers.program import NotDistributed
from tests.qdsl.interchange.peers.test_cunqa_faults import spoilt

pytket = pytest.importorskip("pytket.circuit")
PAIR = "line(2) { qubits 2, comm 2 }"
HEAD = 'OPENQASM 3.0;\ninclude "stdgates.inc";\n'
SOURCE = (
    HEAD
    + """qubit[3] q;
bit[3] c;
h q[0];
ry(0.3) q[1];
ry(0.8) q[2];
cp(pi / 2) q[0], q[1];
rz(0.3 * pi) q[0];
cp(pi / 4) q[0], q[2];
rx(0.2 * pi) q[0];
h q[1];
h q[2];
c = measure q;
"""
)
HALF_TURNS = 1 / 3.141592653589793


def processes(old_names: bool = False) -> dict[str, Any]:
    """Their definition is a barrier; the names are all that counts."""
    body = pytket.Circuit(2)
    body.add_barrier([0, 1])
    names = ("starting_process", "ending_process", "teleportation")
    if old_names:
        names = ("StartingProcess", "EndingProcess", "Teleportation")
    kinds = ("start", "end", "move")
    return {
        kind: pytket.CustomGateDef.define(name, body, [])
        for kind, name in zip(kinds, names, strict=True)
    }


def one_copy(old_names: bool = False) -> Any:
    """One copy of server_0[0] at server 1 serves two gates."""
    circuit, process = pytket.Circuit(), processes(old_names)
    a, b = circuit.add_q_register("server_0", 1), circuit.add_q_register("server_1", 2)
    link = circuit.add_q_register("server_1_link_register", 1)
    bits = circuit.add_c_register("c", 3)
    circuit.H(a[0]).Ry(0.3 * HALF_TURNS, b[0]).Ry(0.8 * HALF_TURNS, b[1])
    circuit.add_custom_gate(process["start"], [], [a[0], link[0]])
    circuit.add_gate(pytket.OpType.CU1, 0.5, [link[0], b[0]])
    circuit.Rz(0.3, a[0])
    circuit.add_gate(pytket.OpType.CU1, 0.25, [b[1], link[0]])
    circuit.add_custom_gate(process["end"], [], [link[0], a[0]])
    circuit.Rx(0.2, a[0]).H(b[0]).H(b[1])
    return circuit.Measure(a[0], bits[0]).Measure(b[0], bits[1]).Measure(b[1], bits[2])


def detached() -> Any:
    """A gate at server 1 between qubits of servers 0 and 2, over two copies."""
    circuit, process = pytket.Circuit(), processes()
    a, b = circuit.add_q_register("server_0", 1), circuit.add_q_register("server_2", 1)
    link = circuit.add_q_register("server_1_link_register", 2)
    bits = circuit.add_c_register("c", 2)
    circuit.H(a[0]).Ry(0.3 * HALF_TURNS, b[0])
    circuit.add_custom_gate(process["start"], [], [a[0], link[0]])
    circuit.add_custom_gate(process["start"], [], [b[0], link[1]])
    circuit.add_gate(pytket.OpType.CU1, 0.5, [link[0], link[1]])
    circuit.add_custom_gate(process["end"], [], [link[0], a[0]])
    circuit.add_custom_gate(process["end"], [], [link[1], b[0]])
    return circuit.H(a[0]).H(b[0]).Measure(a[0], bits[0]).Measure(b[0], bits[1])


def chained() -> Any:
    """A copy of a copy, over server 1, and the gate at server 2."""
    circuit, process = pytket.Circuit(), processes()
    a, b = circuit.add_q_register("server_0", 1), circuit.add_q_register("server_2", 1)
    near = circuit.add_q_register("server_1_link_register", 1)
    far = circuit.add_q_register("server_2_link_register", 1)
    bits = circuit.add_c_register("c", 2)
    circuit.H(a[0]).Ry(0.3 * HALF_TURNS, b[0])
    circuit.add_custom_gate(process["start"], [], [a[0], near[0]])
    circuit.add_custom_gate(process["start"], [], [near[0], far[0]])
    circuit.add_custom_gate(process["end"], [], [near[0], a[0]])
    circuit.add_gate(pytket.OpType.CU1, 0.5, [far[0], b[0]])
    circuit.add_custom_gate(process["end"], [], [far[0], a[0]])
    return circuit.H(a[0]).H(b[0]).Measure(a[0], bits[0]).Measure(b[0], bits[1])


TWO = (
    HEAD
    + """qubit[2] q;
bit[2] c;
h q[0];
ry(0.3) q[1];
cp(pi / 2) q[0], q[1];
h q;
c = measure q;
"""
)


@pytest.mark.parametrize("old_names", [False, True])
def test_one_copy_for_two_gates(old_names: bool) -> None:
    found = qdsl.verify_distributed(json.dumps(one_copy(old_names).to_dict()), SOURCE, PAIR)
    assert found.is_valid, found
    assert (found.cost.ebits, found.cost.bits) == (1, 2)
    assert found.cost.comm == {0: 1, 1: 1}


def test_a_detached_gate_and_a_chain_of_copies() -> None:
    network = "line(3) { qubits 1, comm 2 }"
    for circuit in (detached(), chained()):
        found = qdsl.verify_distributed(json.dumps(circuit.to_dict()), TWO, network)
        assert found.is_valid, found
        assert found.cost.ebits == 2 and found.cost.links == {(0, 1): 1, (1, 2): 1}


def test_links_and_room() -> None:
    text = json.dumps(one_copy().to_dict())
    found = qdsl.verify_distributed(text, SOURCE, "line(2) { qubits 1, comm 2 }")
    assert "node 1 has 1 data qubits, 2 are declared" in found.cost.violations
    found = qdsl.verify_distributed(json.dumps(detached().to_dict()), TWO)
    assert found.is_valid and not found.has_network


def changed(circuit: Any, at: int, **to: Any) -> dict[str, Any]:
    found: dict[str, Any] = circuit.to_dict()
    found["commands"][at] |= to
    return found


def at(circuit: Any, kind: str, k: int = 0) -> int:
    return [i for i, c in enumerate(circuit.to_dict()["commands"]) if c["op"]["type"] == kind][k]


def without(circuit: Any, number: int) -> dict[str, Any]:
    found: dict[str, Any] = circuit.to_dict()
    del found["commands"][number]
    return found


@pytest.mark.parametrize(
    "made",
    [
        without(one_copy(), at(one_copy(), "CustomGate", 0)),
        without(one_copy(), at(one_copy(), "CustomGate", 1)),
        without(one_copy(), at(one_copy(), "CU1", 1)),
        changed(one_copy(), at(one_copy(), "CU1"), op={"type": "CU1", "params": ["0.51"]}),
        changed(one_copy(), at(one_copy(), "Rz"), op={"type": "Rx", "params": ["0.3"]}),
        changed(one_copy(), at(one_copy(), "Rx"), op={"type": "X"}),
    ],
)
def test_a_corrupted_one_is_never_called_equal(made: Any) -> None:
    try:
        found = qdsl.verify_distributed(json.dumps(made), SOURCE, PAIR)
    except (NotDistributed, CannotBeFollowed):
        return
    assert found.verification.refuted


@pytest.mark.parametrize(
    ("made", "problem"),
    [
        (changed(one_copy(), 0, op={"type": "ZZPhase", "params": ["0.3"]}), "`ZZPhase` is not"),
        (changed(one_copy(), at(one_copy(), "Rz"), op={"type": "Rz", "params": ["a"]}), "symbols"),
        (changed(one_copy(), 0, args=[["server_7", [0]]]), "qubits that are there"),
        (changed(one_copy(), at(one_copy(), "CU1"),
                 args=[["server_0", [0]], ["server_1", [0]]]), "several nodes"),
        (one_copy().to_dict() | {"qubits": [["q", [0]]]}, "neither of a server nor"),
        ({"commands": 3, "qubits": ["server"]}, "no JSON of a pytket circuit"),
    ],
)  # fmt: skip
def test_what_is_not_of_the_form_is_refused(made: Any, problem: str) -> None:
    with pytest.raises(NotDistributed, match=problem):
        qdsl.verify_distributed(json.dumps(made), SOURCE, PAIR)


def test_qubits_have_to_be_measured() -> None:
    """pytket-dqc adds no measurements; without them nothing says which qubit is which."""
    found = one_copy().to_dict()
    found["commands"] = [c for c in found["commands"] if c["op"]["type"] != "Measure"]
    with pytest.raises(Refused, match="0 outcomes"):
        qdsl.verify_distributed(json.dumps(found), SOURCE, PAIR)


def test_anything_else_is_refused_in_words() -> None:
    for seed in range(200):
        found = spoilt(one_copy().to_dict(), Random(seed))
        with suppress(Refused, InvalidProgram):
            qdsl.verify_distributed(json.dumps(found), SOURCE, PAIR)
