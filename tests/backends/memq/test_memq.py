"""Remote gates in memQ's form: read as its verifier reads them, and the rules of the form."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable

import numpy as np
import openqasm3
import pytest
from openqasm3 import ast

import qdsl
from qdsl.api import Compiled
from qdsl.backends.memq import memq as backend
from qdsl.diagnostics.diagnostic import InvalidProgram
from qdsl.diagnostics.request_error import Refused
from qdsl.ir.stages import Sample, Stage
from tests.backends.mid_circuit import PAIR, compiled
from tests.backends.programs import two_remote_gates
from tests.protocols import teledata
from tests.sources import EXAMPLES

LOCAL = {"rcx": "cx", "rcp": "cp", "rcry": "cry", "rcz": "cz"}


def alone(text: str) -> str:
    """The program on one machine: remote gates are those of their first two qubits, and all that is
    said of copies and communication qubits is left out."""
    tree, kept = openqasm3.parse(text), []
    for statement in tree.statements:
        match statement:
            case ast.Include(filename="distgates.inc"):
                continue
            case ast.QubitDeclaration(qubit=ast.Identifier(name=name)) if name[0] == "c":
                continue
            case ast.QuantumGate(name=ast.Identifier(name="catent" | "catdisent")):
                continue
            case ast.QuantumGate(name=ast.Identifier(name=name)) if name in LOCAL:
                statement.name.name = LOCAL[name]
                statement.qubits = statement.qubits[:2]
        kept.append(statement)
    tree.statements = kept
    return openqasm3.dumps(tree)


def shares(text: str) -> np.ndarray:
    """How likely every outcome is, bit 0 leftmost."""
    from qiskit import QuantumCircuit, qasm3
    from qiskit.quantum_info import Statevector

    circuit: QuantumCircuit = qasm3.loads(alone(text))
    read = {
        circuit.find_bit(i.clbits[0]).index: circuit.find_bit(i.qubits[0]).index
        for i in circuit.data
        if i.operation.name == "measure"
    }
    state = Statevector(circuit.remove_final_measurements(inplace=False))
    return np.asarray(state.probabilities([read[k] for k in sorted(read, reverse=True)]))


def check_form(text: str) -> int:
    """The rules that memQ counts pairs by; how many pairs there are."""
    open_pair, pairs, served = None, 0, 0
    for line in text.splitlines():
        name, _, operands = line.rstrip(";").partition(" ")
        name = name.partition("(")[0]
        qubits = operands.rpartition(") ")[2].split(", ")
        if name == "catent":
            assert open_pair is None, "nested"
            open_pair, pairs, served = qubits, pairs + 1, 0
        elif name == "catdisent":
            assert qubits == open_pair
            assert served
            open_pair = None
        elif name in LOCAL:
            assert open_pair is not None
            assert (qubits[0], qubits[2:]) == (open_pair[0], open_pair[2:])
            assert qubits[0][1] != qubits[1][1], "of two nodes"
            served += 1
        elif name and name[0] not in "/oO":
            assert not re.search(r"\bc\d\[", operands) or name.startswith("qubit")
    assert open_pair is None
    return pairs


def program(body: str, options: dict[str, object] | None = None) -> Compiled:
    text = f"{PAIR}model m() on pair {{ {body} }}"
    return qdsl.loads(text).compile(options=options or {})


def ideal(made: Compiled) -> np.ndarray:
    values = made.run(seed=1).outputs[0].values
    found = np.zeros(2 ** len(next(iter(values))))
    for bits, share in values.items():
        found[int(bits, 2)] = share
    return found


STILL = (
    "qubits q[4]; at node0 { ry(0.4) q[0]; ry(0.7) q[1] } at node1 { ry(1.1) q[2]; ry(0.3) q[3] } "
)
END = " at node0 { ry(0.2) q[0]; h q[1] } at node1 { h q[2]; h q[3] } return sample(q)"


@pytest.mark.parametrize(
    "gates",
    [
        "cx q[0], q[2]",
        "cz q[0], q[2]; cp(0.3) q[0], q[3]",
        "cp(0.9) q[3], q[1]",
        "cry(0.8) q[1], q[3]",
        "crz(1.3) q[0], q[2]",
        "rzz(0.6) q[1], q[2]",
        "rot(0.5) ZX q[0], q[3]",
        "cx q[0], q[2]; h q[0]; cx q[0], q[3]; cz q[1], q[2]",
    ],
)
def test_remote_gates_do_what_the_program_does(gates: str) -> None:
    made = program(f"{STILL}{gates};{END}", {"keep_copies": False})
    text = made.emit("memq")
    assert check_form(text) == made.cost.ebits > 0
    np.testing.assert_allclose(shares(text), ideal(made), atol=1e-6)


def test_one_copy_serves_several_gates() -> None:
    made = program(f"{STILL} cp(0.4) q[0], q[2]; cp(0.8) q[0], q[3];{END}")
    text = made.emit("memq")
    assert check_form(text) == made.cost.ebits == 1
    counts = Counter(line.partition("(")[0].partition(" ")[0] for line in text.splitlines())
    assert (counts["catent"], counts["rcp"], counts["catdisent"]) == (1, 2, 1)
    np.testing.assert_allclose(shares(text), ideal(made), atol=1e-6)


def test_a_gate_that_is_left_out_is_seen() -> None:
    made = program(f"{STILL}cz q[0], q[2];{END}")
    text = "\n".join(x for x in made.emit("memq").splitlines() if not x.startswith("rcz"))
    assert np.abs(shares(text) - ideal(made)).max() > 0.01


def test_an_example_with_values() -> None:
    made = qdsl.load(EXAMPLES / "qft_two.qdm").compile()
    assert check_form(made.emit("memq")) == made.cost.ebits == 2
    two = qdsl.load(EXAMPLES / "two_party.qdm").compile(settings={"layers": 1})
    with pytest.raises(InvalidProgram, match="has no value"):
        two.emit("memq")


def test_the_text() -> None:
    made = program(f"{STILL}cx q[0], q[2];{END}")
    lines = made.emit("memq").splitlines()
    assert lines[:3] == ["OPENQASM 3.0;", 'include "distgates.inc";', 'include "stdgates.inc";']
    assert lines[3:6] == ["// node 0: node0", "qubit[2] q0;", "qubit[1] c0;"]
    assert "rcx q0[0], q1[0], c0[0], c1[0];" in lines
    assert lines[-1] == "outcome[3] = measure q1[1];"


def test_what_is_measured_at_the_end_is_read_once() -> None:
    text = (EXAMPLES / "ladder.qasm").read_text()
    made = qdsl.distribute(text, "line(2) { qubits 2, comm 1 }")
    written = made.emit("memq")
    assert check_form(written) == made.cost.ebits == 1
    assert written.count("measure") == 3
    np.testing.assert_allclose(shares(written), ideal(made), atol=1e-6)


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (lambda: compiled("feed-forward").stage, "before the end, or depends on a bit"),
        (lambda: teledata(outputs=(Sample((0,)),)), "uses teledata"),
        (lambda: two_remote_gates(0.3, 0.4, [Sample((0,))]), "is not part of a telegate"),
    ],
)
def test_what_the_form_has_not_is_refused(made: Callable[[], Stage], said: str) -> None:
    with pytest.raises(InvalidProgram) as refused:
        backend.emit(made())
    problems = refused.value.diagnostics
    assert {p.code for p in problems} == {"QDM758"}
    assert any(said in p.message for p in problems)


def test_copies_side_by_side_are_refused_with_a_way_out() -> None:
    twice = "cp(0.4) q[0], q[2]; cp(0.2) q[1], q[2]; "
    gates = f"{twice} at node1 {{ h q[2] }} {twice} cp(0.7) q[0], q[3]; cp(0.9) q[1], q[3];"
    made = program(f"{STILL}{gates}{END}")
    with pytest.raises(InvalidProgram) as refused:
        made.emit("memq")
    assert "--no-keep-copies" in refused.value.diagnostics[0].why
    again = program(f"{STILL}{gates}{END}", {"keep_copies": False})
    text = again.emit("memq")
    check_form(text)
    np.testing.assert_allclose(shares(text), ideal(again), atol=1e-6)


def test_over_two_links_is_refused() -> None:
    text = (
        "network chain = line(3) { qubits 1, comm 2 }\nmodel m() on chain { qubits a, b; at node0 "
    )
    made = qdsl.loads(f"{text} {{ h a }} at node2 {{ h b }} cx a, b; return sample(a, b) }}")
    with pytest.raises(InvalidProgram, match="QDM758"):
        made.compile().emit("memq")


def test_a_program_that_is_not_distributed_is_refused() -> None:
    with pytest.raises(Refused, match="distributed"):
        backend.emit(qdsl.loads("model m() { qubits q; h q; return sample(q) }").lower())
