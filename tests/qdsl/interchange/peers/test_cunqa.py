"""Circuits of CUNQA: what they do, what they cost, and which are refused.

The samples are written by hand, instruction by instruction as CUNQA's `CunqaCircuit` and its
protocols (`cunqa/qc_protocols/teledata.py`, `telegate.py`) append them; those of qdsl's own backend
are read back.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

import qdsl
from qdsl.interchange.peers.followed import CannotBeFollowed
from qdsl.interchange.peers.program import NotDistributed
from tests.sources import ROOT

Json = dict[str, Any]
PAIR = "line(2) { qubits 2, comm 1 }"
HEAD = 'OPENQASM 3.0;\ninclude "stdgates.inc";\n'
GATE = (
    HEAD
    + """qubit[2] q;
bit[2] c;
ry(0.4) q[0];
ry(0.9) q[1];
cx q[0], q[1];
rx(0.5) q[0];
rx(0.3) q[1];
c = measure q;
"""
)
MOVE = (
    HEAD
    + """qubit[1] q;
bit[1] c;
ry(0.4) q[0];
rz(0.2) q[0];
rx(0.3) q[0];
c = measure q;
"""
)


def gate(name: str, *qubits: int, angles: list[float] | None = None) -> Json:
    made: Json = {"name": name, "qubits": qubits[0] if len(qubits) == 1 else [*qubits]}
    return made | ({} if angles is None else {"params": angles})


def measure(qubit: int, bit: int, save: bool = False) -> Json:
    return {"name": "measure", "qubits": qubit, "clbits": bit, "save": save}


def under(bit: int, *lines: Json) -> list[Json]:
    condition = {"name": "cif", "clbits": [bit], "condition": 1, "operation": "and"}
    return [condition, *lines, {"name": "endcif", "clbits": [bit]}]


def told(name: str, bits: list[int], peer: str) -> Json:
    return {"name": name, "clbits": bits, "circuits": [peer]}


def pair(qubit: int, mine: str, peer: str, tag: str = "t") -> Json:
    return {"name": "gen_ent", "comm_qubit": qubit, "circuits": [peer, mine], "tag": tag}


def circuit(name: str, instructions: list[Json], sizes: Any = (1, 1)) -> Json:
    return {"id": name, "instructions": instructions, "num_qubits": sizes, "num_clbits": 4}


def telegate() -> list[Json]:
    """`cat_entangler`, a gate at the copy, `cat_disentangler`."""
    a = [
        gate("ry", 0, angles=[0.4]),
        pair(1, "A", "B"),
        gate("cx", 0, 1),
        measure(1, 0),
        *under(0, gate("x", 1)),
        told("send", [0], "B"),
        told("recv", [1], "B"),
        {"name": "cif", "clbits": [1], "condition": 1, "operation": "xor"},
        gate("z", 0),
        {"name": "endcif", "clbits": [1]},
        gate("rx", 0, angles=[0.5]),
        measure(0, 2, True),
    ]
    b = [
        gate("ry", 0, angles=[0.9]),
        pair(1, "B", "A"),
        told("recv", [0], "A"),
        *under(0, gate("x", 1)),
        gate("cx", 1, 0),
        gate("h", 1),
        measure(1, 1),
        *under(1, gate("x", 1)),
        told("send", [1], "A"),
        gate("rx", 0, angles=[0.3]),
        measure(0, 2, True),
    ]
    return [circuit("A", a), circuit("B", b)]


def teledata() -> list[Json]:
    """`qsend` and `qrecv` of the protocols."""
    a = [
        gate("ry", 0, angles=[0.4]),
        gate("rz", 0, angles=[0.2]),
        pair(1, "A", "B"),
        gate("cx", 0, 1),
        gate("h", 0),
        measure(0, 0),
        measure(1, 1),
        *under(0, gate("x", 0)),
        *under(1, gate("x", 1)),
        told("send", [0, 1], "B"),
    ]
    b = [
        pair(1, "B", "A"),
        told("recv", [0, 1], "A"),
        *under(1, gate("x", 1)),
        *under(0, gate("z", 1)),
        gate("swap", 1, 0),
        gate("rx", 0, angles=[0.3]),
        measure(0, 2, True),
    ]
    return [circuit("A", a), circuit("B", b)]


def former_gate() -> list[Json]:
    a = [
        gate("ry", 0, angles=[0.4]),
        {"name": "expose", "qubits": [0], "circuits": ["B"]},
        gate("rx", 0, angles=[0.5]),
        {"name": "measure", "qubits": [0], "clbits": [0]},
    ]
    inside = [{"name": "cx", "qubits": [-1, 0]}]
    b = [
        gate("ry", 0, angles=[0.9]),
        {"name": "rcontrol", "instructions": inside, "circuits": ["A"]},
        gate("rx", 0, angles=[0.3]),
        {"name": "measure", "qubits": [0], "clbits": [0]},
    ]
    return [circuit("A", a, 1), circuit("B", b, 1)]


def former_move() -> list[Json]:
    a = [
        gate("ry", 0, angles=[0.4]),
        gate("rz", 0, angles=[0.2]),
        {"name": "qsend", "qubits": [0], "circuits": ["B"]},
    ]
    b = [
        {"name": "qrecv", "qubits": [0], "circuits": ["A"]},
        gate("rx", 0, angles=[0.3]),
        {"name": "measure", "qubits": [0], "clbits": [0]},
    ]
    return [circuit("A", a, 1), circuit("B", b, 1)]


SAMPLES: dict[str, tuple[Callable[[], list[Json]], str]] = {
    "telegate": (telegate, GATE),
    "teledata": (teledata, MOVE),
    "expose": (former_gate, GATE),
    "qsend": (former_move, MOVE),
}


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_is_proved_and_counted(name: str) -> None:
    made, source = SAMPLES[name]
    found = qdsl.verify_distributed(json.dumps(made()), source, PAIR)
    assert found.is_valid, (found.verification, found.cost)
    assert (found.cost.ebits, found.cost.bits, found.cost.links) == (1, 2, {(0, 1): 1})
    assert found.cost.is_written_out and set(found.cost.comm.values()) == {1}


def where(instructions: list[Json], name: str, k: int = 0) -> int:
    return [i for i, one in enumerate(instructions) if one["name"] == name][k]


def changed(made: list[Json], node: int, found_by: str, k: int = 0, **to: Any) -> list[Json]:
    found = deepcopy(made)
    instructions = found[node]["instructions"]
    instructions[where(instructions, found_by, k)].update(to)
    return found


def left_out(made: list[Json], node: int, first: int, number: int = 1) -> list[Json]:
    found = deepcopy(made)
    del found[node]["instructions"][first : first + number]
    return found


@pytest.mark.parametrize(
    ("made", "source"),
    [
        (changed(telegate(), 1, "rx", params=[0.31]), GATE),
        (changed(telegate(), 1, "cx", qubits=[0, 1]), GATE),
        (changed(telegate(), 0, "z", name="x"), GATE),
        (changed(teledata(), 1, "rx", params=[0.2]), MOVE),
        (changed(teledata(), 0, "h", name="id"), MOVE),
        (changed(teledata(), 1, "z", name="y"), MOVE),
        (changed(teledata(), 1, "recv", clbits=[1, 0]), MOVE),
        (changed(former_gate(), 1, "rcontrol", instructions=[gate("cz", -1, 0)]), GATE),
        (changed(former_move(), 1, "rx", name="ry"), MOVE),
        (left_out(telegate(), 0, 9, 3), GATE),  # Z at the end of the copy
        (left_out(telegate(), 1, 3, 3), GATE),  # X at its beginning
        (left_out(teledata(), 1, 5, 3), MOVE),
    ],
)
def test_a_corrupted_one_is_never_called_equal(made: list[Json], source: str) -> None:
    """It is refused, or judged."""
    try:
        found = qdsl.verify_distributed(json.dumps(made), source, PAIR)
    except (NotDistributed, CannotBeFollowed):
        return
    assert found.verification.refuted and found.is_invalid


@pytest.mark.parametrize(
    ("made", "problem"),
    [
        (changed(telegate(), 0, "gen_ent", tag="u"), "tag 't' meets 'u'"),
        (changed(telegate(), 0, "gen_ent", comm_qubit=0), "communication qubits"),
        (changed(telegate(), 0, "gen_ent", comm_qubit=2), "there is no qubit 2"),
        (changed(telegate(), 0, "send", circuits=["C"]), "no other circuit"),
        (changed(telegate(), 0, "ry", name="randomunitary"), "`randomunitary` is not known"),
        (changed(telegate(), 0, "ry", params=["theta"]), "1 numbers as its angles"),
        (changed(telegate(), 0, "cx", qubits=[0, 0]), "twice on one qubit"),
        (changed(telegate(), 0, "cif", operation="nand"), "condition of this kind"),
        (left_out(telegate(), 1, 12), "waits for what never comes"),
        (left_out(telegate(), 0, 7), "waits for what never comes"),
        (left_out(telegate(), 0, 3), "before it is written"),
        (left_out(telegate(), 1, 7), "the communication cannot be followed"),
        ([*telegate(), telegate()[0]], "two circuits have one id"),
        ([circuit("A", [], [1])], "`num_qubits` is no number"),
        ([{"id": "A", "instructions": [3], "num_qubits": 1}], "has no name"),
        ([{"id": "A", "instructions": 7}], "no list of instructions"),
    ],
)
def test_what_is_not_of_the_form_is_refused(made: Any, problem: str) -> None:
    with pytest.raises(NotDistributed, match=problem):
        qdsl.verify_distributed(json.dumps(made), GATE, PAIR)


def test_text_that_is_no_json_is_refused() -> None:
    with pytest.raises(NotDistributed, match="is no JSON"):
        qdsl.verify_distributed('[{"id": "A", "instructions": [}]', GATE, PAIR)


def test_networks_without_the_link_or_the_room() -> None:
    text = json.dumps(telegate())
    found = qdsl.verify_distributed(text, GATE, "line(2) { qubits 2, comm 0 }")
    assert "node 0 has 0 communication qubits, 1 are declared" in found.cost.violations
    found = qdsl.verify_distributed(text, GATE, "line(1) { qubits 2, comm 1 }")
    assert "it is for 2 nodes, the network has 1" in found.cost.violations
    assert not found.is_valid and found.verification.verified


def test_pairs_are_made_on_qubits_that_are_reset() -> None:
    """CUNQA's `gen_ent` resets nothing."""
    made = telegate()
    for k in (0, 1):
        one = made[k]["instructions"]
        one.insert(where(one, "gen_ent") + 1, deepcopy(one[where(one, "gen_ent")]))
    with pytest.raises(NotDistributed, match="is in use already"):
        qdsl.verify_distributed(json.dumps(made), GATE, PAIR)
    made = left_out(telegate(), 0, 4, 3)  # the reset of A's half
    again = [pair(1, "A", "B", "u"), measure(1, 3)]
    made[0]["instructions"][-1:-1] = again
    made[1]["instructions"][-1:-1] = [pair(1, "B", "A", "u"), measure(1, 3)]
    with pytest.raises(NotDistributed, match="before it is reset"):
        qdsl.verify_distributed(json.dumps(made), GATE, PAIR)


@pytest.mark.parametrize(
    "network", [PAIR, "line(3) { qubits 2, comm 2 }", "ring(4) { qubits 1, comm 2 }"]
)
@pytest.mark.parametrize("name", ["ladder", "moved", "crossed"])
def test_our_own_circuits_are_read_back(name: str, network: str) -> None:
    texts = {
        "ladder": (ROOT / "examples" / "ladder.qasm").read_text(),
        "moved": HEAD
        + "qubit[3] q;\nbit[3] c;\nh q;\n"
        + "".join(
            f"cx q[{a}], q[{b}];\nrx(0.{a}{b}1) q[{a}];\nrz(0.2) q[{b}];\n"
            for a, b in ((0, 1), (1, 2), (2, 0), (0, 1))
        )
        + "c = measure q;\n",
        "crossed": HEAD + "qubit[3] q;\nbit[3] c;\nry(0.3) q[0];\ncx q[0], q[2];\nrx(0.4) q[2];\n"
        "cz q[1], q[2];\nc[0] = measure q[2];\nc[1] = measure q[0];\nc[2] = measure q[1];\n",
    }
    compiled = qdsl.distribute(texts[name], network)
    cost = compiled.cost
    found = qdsl.verify_distributed(json.dumps(compiled.emit("cunqa")), texts[name], network)
    assert found.is_valid, found
    assert (found.cost.ebits, found.cost.bits) == (cost.ebits, cost.classical_bits)


def test_saved_bits_are_the_source_s_in_order() -> None:
    """Circuit by circuit; exchanged, they are another program."""
    made = telegate()
    swapped = GATE.replace("c = measure q;", "c[1] = measure q[0];\nc[0] = measure q[1];")
    found = qdsl.verify_distributed(json.dumps(made), swapped, PAIR)
    assert found.verification.refuted
    made.reverse()
    found = qdsl.verify_distributed(json.dumps(made), swapped, PAIR)
    assert found.is_valid


def test_an_outcome_that_is_not_measured_is_named() -> None:
    outcome = [{"circuit": c, "clbit": b} for c, b in (("A", 2), ("B", 3), ("B", 2))]
    made = {"circuits": telegate(), "outcome": outcome}
    with pytest.raises(NotDistributed, match="outcome 1 is never measured"):
        qdsl.verify_distributed(json.dumps(made), GATE, PAIR)
