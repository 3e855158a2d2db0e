"""Distributed programs of another compiler: what they do, which rules they keep, what they cost."""

from __future__ import annotations

from pathlib import Path

import pytest

import qdsl
from qdsl.diagnostics.diagnostic import InvalidProgram
from qdsl.interchange.peers.followed import CannotBeFollowed
from qdsl.interchange.peers.program import NotDistributed
from qdsl.interchange.programs import network_of
from qdsl.verify.translation import validate

SOURCE = """OPENQASM 3.0;
include "stdgates.inc";
qubit[3] q;
bit[3] c;
h q[0];
cx q[0], q[1];
rz(0.3) q[0];
cx q[0], q[2];
ry(0.7) q[2];
cp(pi/4) q[1], q[2];
swap q[0], q[1];
c[0] = measure q[0];
c[1] = measure q[1];
c[2] = measure q[2];
"""
HEAD = """OPENQASM 3.0;
include "distgates.inc";
include "stdgates.inc";
qubit[2] q0;
qubit[2] q1;
qubit[2] c0;
qubit[2] c1;
bit[3] c;
"""
BODY = """h q0[0];
catent q0[0], q1[0], c0[0], c1[0];
rcx q0[0], q1[0], c0[0], c1[0];
rz(0.3) q0[0];
rcx q0[0], q1[1], c0[0], c1[0];
catdisent q0[0], q1[0], c0[0], c1[0];
ry(0.7) q1[1];
cp(pi/4) q1[0], q1[1];
c[0] = measure q1[0];
c[1] = measure q0[0];
c[2] = measure q1[1];
"""
MOVED = """h q0[0];
cx q0[0], q0[1];
rz(0.3) q0[0];
rswap q0[0], q1[0], c0[2], c1[2], c0[3], c1[3];
cx q1[0], q1[1];
ry(0.7) q1[1];
catent q0[1], q1[1], c0[2], c1[2];
rcp(pi/4) q0[1], q1[1], c0[2], c1[2];
catdisent q0[1], q1[1], c0[2], c1[2];
c[0] = measure q0[1];
c[1] = measure q1[0];
c[2] = measure q1[1];
"""
PAIR = "line(2) { qubits 2, comm 2 }"


def test_one_copy_for_two_gates() -> None:
    found = qdsl.verify_distributed(HEAD + BODY, SOURCE, PAIR)
    assert found.is_valid
    assert not found.is_invalid
    assert (found.n_nodes, found.cost.ebits, found.cost.bits) == (2, 1, 2)
    assert (found.cost.copies, found.cost.remote_gates, found.cost.exchanges) == (1, 2, 0)
    assert found.cost.links == {(0, 1): 1}
    assert found.cost.comm == {0: 1, 1: 1}
    assert not found.remarks


def test_an_exchange_takes_two_pairs() -> None:
    found = qdsl.verify_distributed(HEAD + MOVED, SOURCE, PAIR)
    assert found.is_valid
    assert (found.cost.ebits, found.cost.bits, found.cost.exchanges) == (3, 6, 1)
    assert found.cost.comm == {0: 2, 1: 2}
    assert found.remarks  # c0[2] of qubit[2] c0


@pytest.mark.parametrize(
    ("was", "is_now"),
    [
        ("ry(0.7)", "ry(0.8)"),
        ("rcx q0[0], q1[1]", "rcz q0[0], q1[1]"),
        ("h q0[0]", "x q0[0]"),
        ("c[0] = measure q1[0]", "x q1[0];\nc[0] = measure q1[0]"),
    ],
)  # fmt: skip
def test_another_program_is_refuted(was: str, is_now: str) -> None:
    found = qdsl.verify_distributed(HEAD + BODY.replace(was, is_now), SOURCE, PAIR)
    assert found.verification.refuted
    assert found.is_invalid


@pytest.mark.parametrize(
    ("was", "is_now", "problem"),
    [
        ("rz(0.3) q0[0]", "rx(0.3) q0[0]", "changed while a copy"),
        ("catent q0[0], q1[0], c0[0], c1[0];\n", "", "`catent` on the same pair is missing"),
        ("catdisent q0[0], q1[0], c0[0], c1[0];\n", "", "never ends"),
        ("cp(pi/4) q1[0]", "cp(pi/4) q0[0]", "at different nodes"),
        ("rcx q0[0], q1[1]", "rcx q1[1], q0[0]", "not controlled by the qubit that is copied"),
        ("ry(0.7)", "catent q1[0], q0[1], c1[1], c1[0];\nry(0.7)", "with itself"),
        ("rz(0.3)", "catent q0[1], q1[1], c0[0], c1[1];\nrz(0.3)", "c0[0] is in use already"),
        ("c[1] = measure", "catdisent q0[0], q1[0], c0[0], c1[0];\nc[1] = measure", "not begun"),
    ],
)  # fmt: skip
def test_a_broken_rule_is_named(was: str, is_now: str, problem: str) -> None:
    assert BODY.count(was) >= 1
    found = qdsl.verify_distributed(HEAD + BODY.replace(was, is_now, 1), SOURCE, PAIR)
    assert any(problem in said for said in found.cost.violations)
    assert found.is_invalid


def test_a_network_without_the_link_or_the_room() -> None:
    found = qdsl.verify_distributed(HEAD + BODY, SOURCE, _apart())
    assert "no link between nodes 0 and 1" in "; ".join(found.cost.violations)
    small = qdsl.verify_distributed(HEAD + BODY, SOURCE, "line(2) { qubits 1, comm 1 }")
    assert len(small.cost.violations) == 4


def _apart() -> object:
    import networkx as nx

    graph = nx.Graph()
    for node in range(3):
        graph.add_node(node, qubits=2, comm=2)
    graph.add_edges_from([(0, 2), (2, 1)])
    return graph


@pytest.mark.parametrize(
    ("was", "is_now", "problem"),
    [
        ("h q0[0]", "h q0[7]", "no data qubit"),
        ("h q0[0]", "h q4[0]", "no register of data qubits"),
        ("h q0[0]", "reset q0[0]", "QuantumReset"),
        ("h q0[0]", "rcx q0[0], q1[0]", "4 qubits"),
        ("c[0] =", "c[9] =", "no bit"),
        ("c1[0];\nrz", "c1[9];\nrz", "no communication qubit"),
    ],
)
def test_what_is_not_of_the_form_is_refused(was: str, is_now: str, problem: str) -> None:
    with pytest.raises(NotDistributed, match=problem):
        qdsl.verify_distributed(HEAD + BODY.replace(was, is_now, 1), SOURCE)


def test_texts_that_say_too_little() -> None:
    with pytest.raises(NotDistributed, match="no distributed program"):
        qdsl.verify_distributed(SOURCE, SOURCE)
    with pytest.raises(InvalidProgram):
        qdsl.verify_distributed(HEAD + "h q0[0", SOURCE)
    with pytest.raises(CannotBeFollowed, match="bit 2"):
        qdsl.verify_distributed(HEAD + BODY.replace("c[2] = measure q1[1];\n", ""), SOURCE)


def test_our_own_text_is_read() -> None:
    """What `--emit memq` writes of a circuit is equal to it, at the ebits of its report."""
    gates, _, _ = SOURCE.partition("c[0] =")
    made = qdsl.distribute(gates.replace("bit[3] c;\n", ""), PAIR)
    called_alike = SOURCE.replace("bit[3] c", "bit[3] outcome").replace("c[", "outcome[")
    for source in (called_alike, SOURCE):
        found = qdsl.verify_distributed(made.emit("memq"), source, PAIR)
        assert found.is_valid
        assert found.cost.ebits == made.cost.ebits
        assert found.cost.bits == made.cost.classical_bits


def test_our_own_text_goes_by_qubits_whatever_the_bits_are_called() -> None:
    source = SOURCE.replace("c[0] = measure q[0]", "c[2] = measure q[0]")
    source = source.replace("c[2] = measure q[2]", "c[0] = measure q[2]")
    made = qdsl.distribute(source, PAIR)
    assert qdsl.verify_distributed(made.emit("memq"), source, PAIR).is_valid
    other = source.replace("rz(0.3)", "rz(0.4)").replace("ry(0.7)", "ry(0.9)")
    assert not qdsl.verify_distributed(made.emit("memq"), other, PAIR).is_valid


@pytest.mark.parametrize("ends", ["catdisent q0[0], q1[0], c0[0], c1[0];\n", ""])
def test_what_breaks_the_rules_is_not_called_equal(ends: str) -> None:
    """h h leaves |0>; with a copy of the qubit between them the outcome is a coin."""
    source = (
        'OPENQASM 3.0;\ninclude "stdgates.inc";\nqubit[2] q;\nbit[2] c;\nh q[0];\nh q[0];\n'
        "c[0] = measure q[0];\nc[1] = measure q[1];\n"
    )
    head = HEAD.replace("bit[3]", "bit[2]")
    copy = f"h q0[0];\ncatent q0[0], q1[0], c0[0], c1[0];\nh q0[0];\n{ends}"
    measured = "c[0] = measure q0[0];\nc[1] = measure q1[0];\n"
    found = qdsl.verify_distributed(head + copy + measured, source)
    assert found.is_invalid and not found.verification.verified
    assert "not decided" in found.verification.checks[0].detail
    kept = qdsl.verify_distributed(head + "h q0[0];\nh q0[0];\n" + measured, source)
    assert kept.is_valid


MEMQ = """{"processors": {
 "0": {"id": 0, "qubits": {"computation": ["q_0_0", "q_0_1"], "communication": ["c_0_0", "c_0_1"]}},
 "1": {"id": 1, "qubits": {"computation": ["q_1_0"], "communication": ["c_1_0", "c_1_1"]}}},
 "qubits": {
 "q_0_0": {"coherenceTime": 100, "coherenceTimeUnit": "us"}, "q_0_1": {"coherenceTime": 50},
 "q_1_0": {}, "c_0_0": {}, "c_0_1": {"coherenceTime": 2, "coherenceTimeUnit": "ms"}, "c_1_0": {},
 "c_1_1": {}},
 "connections": [{"qubit1": "q_0_0", "qubit2": "q_0_1", "type": "local"},
 {"qubit1": "c_0_0", "qubit2": "c_1_0", "type": "remote", "fidelity": 0.98},
 {"qubit1": "c_1_1", "qubit2": "c_0_1", "type": "remote", "fidelity": 0.97}]}"""


def test_networks_of_memq(tmp_path: Path) -> None:
    file = tmp_path / "lab.json"
    file.write_text(MEMQ)
    network = network_of(file)
    first, second = network.nodes
    assert (first.qubits, first.comm, second.qubits, second.comm) == (2, 2, 1, 2)
    assert first.physics.t2_ns == 50_000
    assert first.physics.comm_t2_ns == 2_000_000
    assert second.physics.t2_ns is None
    (link,) = network.links
    assert link.fidelity == 0.97
    assert link.physics.channels == 2
    made = qdsl.distribute(SOURCE, network)
    assert validate(made.circuit, made.scheduled.distributed).equal


@pytest.mark.parametrize(
    ("was", "is_now", "problem"),
    [
        ('"coherenceTime": 50', '"coherenceTime": -5', "no time above 0"),
        ('"us"', '"km"', "no time above 0"),
        ('"c_1_0", "c_1_1"', '"c_1_0", "c_0_1"', "two processors"),
        ('"qubit2": "c_1_0"', '"qubit2": "c_9_0"', "no processor has"),
        ("0.98", '"good"', "no number"),
        ('{"processors"', '{"more": 1, "processors"', "unknown"),
        ('"connections"', '"links"', "`connections` is missing"),
    ],
)
def test_networks_of_memq_with_mistakes(
    tmp_path: Path, was: str, is_now: str, problem: str
) -> None:
    file = tmp_path / "lab.json"
    file.write_text(MEMQ.replace(was, is_now, 1))
    with pytest.raises(InvalidProgram, match=problem):
        network_of(file)


def test_two_ways_of_counting_in_one_text_are_refused() -> None:
    """c0[0] and c0[2] of `qubit[2] c0` would be one qubit."""
    mixed = BODY.replace(
        "ry(0.7)",
        "catent q0[1], q1[1], c0[2], c1[2];\ncatdisent q0[1], q1[1], c0[2], c1[2];\nry(0.7)",
    )
    with pytest.raises(NotDistributed, match="counted from 0 here"):
        qdsl.verify_distributed(HEAD + mixed, SOURCE, PAIR)


def test_what_moves_often_is_followed_to_its_end() -> None:
    """Swaps in the source, exchanges and other swaps in the program: every qubit ends elsewhere."""
    head, tail = 'OPENQASM 3.0; include "stdgates.inc"; qubit[3] q; bit[3] c;', "c = measure q;"
    source = f"{head} h q[0]; cx q[0], q[2]; swap q[0], q[1]; swap q[1], q[2]; ry(0.7) q[1]; {tail}"
    text = (
        HEAD
        + """h q1[1];
cx q1[1], q1[0];
rswap q1[0], q0[1], c1[0], c0[0], c1[1], c0[1];
swap q0[0], q0[1];
ry(0.7) q0[0];
c[2] = measure q1[1];
c[1] = measure q0[0];
c[0] = measure q0[1];
"""
    )
    found = qdsl.verify_distributed(text, source, PAIR)
    assert found.is_valid and found.cost.exchanges == 1
    assert not qdsl.verify_distributed(
        text.replace("ry(0.7) q0[0]", "ry(0.7) q0[1]"), source
    ).is_valid
