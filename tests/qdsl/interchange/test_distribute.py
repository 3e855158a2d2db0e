"""Circuits and networks of other libraries: in without QDM, to the distribution of the source."""

from __future__ import annotations

import json
import os
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pytest

import qdsl
from qdsl.diagnostics.diagnostic import InvalidProgram
from qdsl.interchange.circuits import UnknownCircuit
from qdsl.interchange.programs import network_of
from tests.qdsl.cli.test_cli import Cli, cli  # noqa: F401 (a fixture)
from tests.sources import EXAMPLES

TINY = "OPENQASM 2.0;\nqreg q[1];\n"
LINE = "line(2) { qubits 2, comm 1, fidelity 0.97, rate 200 Hz }"
LAB = {
    "nodes": [{"id": "a", "qubits": 4}, {"id": 1, "qubits": 4, "comm": 1}],
    "links": [{"source": "a", "target": 1, "rate": "200 Hz", "fidelity": 0.97}],
}


def shares(compiled: Any) -> dict[str, float]:
    assert compiled.verification.verified
    found: dict[str, float] = compiled.run().outputs[0].values
    return {k: v for k, v in found.items() if v > 1e-9}


def test_a_dynamic_circuit_of_qiskit_returns_its_bits() -> None:
    """Measured, decided on and reset: bit 0 of the file is the leftmost."""
    qiskit = pytest.importorskip("qiskit")
    c = qiskit.QuantumCircuit(4, 2)
    c.h(0)
    c.cx(0, 1)
    c.cx(1, 3)
    c.measure(0, 0)
    c.reset(0)
    with c.if_test((c.clbits[0], 1)):
        c.x(1)
    c.measure(1, 1)
    compiled = qdsl.distribute(c, "line(2) { qubits 3, comm 1 }")
    assert shares(compiled) == pytest.approx({"00": 0.5, "10": 0.5})


@pytest.mark.parametrize(
    ("names", "returned"),
    [
        (("m", "n"), "sample(m, n)"),
        (("e", "bits", "q"), "sample(e_, bits_, q)"),
        (("imported", "_x", "qubits", "x"), "sample(imported_, x, qubits_, x_)"),
    ],
)
def test_results_are_called_as_the_file_calls_them(names: tuple[str, ...], returned: str) -> None:
    """Registers in the order of the file, bit 0 of each leftmost."""
    last = names[-1]
    text = "OPENQASM 3.0;\nqubit[1] pi_;\nqubit b;\n" + "".join(f"bit[2] {n};\n" for n in names)
    text += f"U(pi, 0, 0) b;\n{names[0]}[0] = measure b;\n{last}[1] = measure b;\n"
    compiled = qdsl.distribute(text, "line(2) { qubits 4 }")
    (output,) = compiled.run().outputs
    assert output.text == returned
    assert output.values == {"10" + "00" * (len(names) - 2) + "01": 1.0}
    assert [r.name for r in compiled.circuit.registers[:2]] == ["pi_", "b"]


def test_a_circuit_of_pytket_is_sampled() -> None:
    pytket = pytest.importorskip("pytket")
    ghz = pytket.Circuit(4).H(0).CX(0, 1).CX(1, 2).CX(2, 3)
    compiled = qdsl.distribute(ghz, LINE)
    assert shares(compiled) == pytest.approx({"0000": 0.5, "1111": 0.5})
    assert compiled.cost.ebits == 1


def test_a_networkx_graph_is_a_network_with_its_figures() -> None:
    graph = nx.star_graph(2)
    nx.set_node_attributes(graph, 2, "qubits")
    nx.set_edge_attributes(graph, {(0, 1): 0.9, (0, 2): 0.8}, "fidelity")
    found = network_of(graph)
    assert [(n.name, n.qubits) for n in found.nodes] == [("node0", 2), ("node1", 2), ("node2", 2)]
    assert [link.fidelity for link in found.links] == [0.9, 0.8]
    text = 'OPENQASM 2.0;\ninclude "qelib1.inc";\nqreg q[6];\nh q[0];\ncx q[0],q[5];\n'
    assert qdsl.distribute(text, graph).cost.ebits in (0, 1, 2)
    assert qdsl.distribute(text, found).scheduled.network == found


@pytest.mark.parametrize("number", [int, float, np.int64, np.uint8, np.float32, Fraction, Decimal])
def test_figures_of_a_graph_are_numbers_of_any_library(number: Any) -> None:
    graph = nx.path_graph(2)
    nx.set_node_attributes(graph, number(4), "qubits")
    nx.set_node_attributes(graph, number(1), "comm")
    nx.set_edge_attributes(graph, number(1), "fidelity")
    nx.set_edge_attributes(graph, number(200), "rate")
    nx.set_edge_attributes(graph, number(2), "latency")
    found = network_of(graph)
    assert [(n.qubits, n.comm, type(n.qubits)) for n in found.nodes] == [(4, 1, int)] * 2
    (link,) = found.links
    assert (link.fidelity, link.rate_hz, link.latency_ns) == (1, 200, 2_000_000_000)


def test_the_state_of_pairs_is_an_array() -> None:
    graph = nx.path_graph(2)
    nx.set_node_attributes(graph, 4, "qubits")
    graph.edges[0, 1]["pair_state"] = np.array([0.97, 0.01, 0.01, 0.01])
    assert network_of(graph).links[0].pair_state == pytest.approx((0.97, 0.01, 0.01, 0.01))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("qubits", True),
        ("qubits", np.bool_(True)),
        ("qubits", np.nan),
        ("qubits", np.float32(2.5)),
        ("qubits", 1j),
        ("comm", np.int64(-1)),
        ("comm", float("inf")),
    ],
)
def test_what_is_no_figure_is_refused(key: str, value: Any) -> None:
    graph = nx.path_graph(2)
    nx.set_node_attributes(graph, 4, "qubits")
    nx.set_node_attributes(graph, value, key)
    with pytest.raises(InvalidProgram, match=f"`{key}` of node 'node0' is"):
        network_of(graph)


@pytest.mark.parametrize(
    "state", [[True, False, False, False], ["1_0", "0", "0", "0"], [np.nan, 0, 0, 1]]
)
def test_what_is_no_state_of_pairs_is_refused(state: list[Any]) -> None:
    graph = nx.path_graph(2)
    nx.set_node_attributes(graph, 4, "qubits")
    graph.edges[0, 1]["pair_state"] = state
    with pytest.raises(InvalidProgram, match="`pair_state` of the link 0 -- 1 is not possible"):
        network_of(graph)


def test_a_file_gives_the_same_bytes_wherever_it_is(tmp_path: Path) -> None:
    copy = tmp_path / "adder.qasm"
    copy.write_bytes((EXAMPLES / "adder.qasm").read_bytes())
    (tmp_path / "lab.json").write_text(json.dumps(LAB))
    here = qdsl.distribute(copy, tmp_path / "lab.json").report().to_json()
    there = qdsl.distribute(EXAMPLES / "adder.qasm", tmp_path / "lab.json").report().to_json()
    assert json.dumps(here) == json.dumps(there)
    assert str(tmp_path) not in json.dumps(here)


@pytest.mark.parametrize(
    ("circuit", "network", "said"),
    [
        (3, LINE, "a int is no circuit of Qiskit, pytket, Cirq, PennyLane or stim"),
        ("OPENQASM 2.0;\nqreg q[1];\n", 3, "a int is no network"),
    ],
)
def test_what_is_neither_is_refused(circuit: Any, network: Any, said: str) -> None:
    with pytest.raises(UnknownCircuit, match=said):
        qdsl.distribute(circuit, network)


@pytest.mark.parametrize(
    ("circuit", "network", "code"),
    [
        ("OPENQASM 2.0;\nqreg q[1];\nfoo q[0];\n", LINE, "QDM750"),
        ("OPENQASM 2.0;\nqreg q[9];\n", "line(2) { qubits 2 }", "QDM601"),
        ("OPENQASM 2.0;\nqreg q[1];\n", "line(2) { qubitz 2 }", "QDM"),
        ("OPENQASM 2.0;\nqreg q[1];\n", "missing.json", "QDM702"),
        (Path("missing.qasm"), LINE, "QDM702"),
    ],
)
def test_bad_input_has_a_diagnostic(circuit: Any, network: Any, code: str) -> None:
    with pytest.raises(InvalidProgram) as raised:
        qdsl.distribute(circuit, network)
    assert any(d.code.startswith(code) for d in raised.value.diagnostics)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes with names")
def test_a_pipe_is_refused_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.qasm")
    with pytest.raises(InvalidProgram, match="ordinary file"):
        qdsl.distribute(tmp_path / "pipe.qasm", LINE)


def test_the_command_takes_a_circuit_and_a_network_file(cli: Cli, tmp_path: Path) -> None:  # noqa: F811
    lab = tmp_path / "lab.json"
    lab.write_text(json.dumps(LAB))
    done = cli("compile", EXAMPLES / "adder.qasm", "--network", lab, "--json")
    document = json.loads(done.out)
    assert done.code == 0 and document["verification"]["verified"]
    assert [n["name"] for n in document["network"]["nodes"]] == ["a", "node1"]
    other = cli("compile", EXAMPLES / "ghz.qdm", "--network", "ring(5) { qubits 2 }", "--json")
    assert other.code == 0 and len(json.loads(other.out)["network"]["nodes"]) == 5


def test_the_command_names_the_networks_that_there_are(cli: Cli) -> None:  # noqa: F811
    done = cli("compile", EXAMPLES / "two_party.qdm", "--network", "nolab")
    assert done.code == 2 and "there is no network 'nolab'; there are: lan" in done.err


def test_a_circuit_that_cannot_be_read_again_is_a_diagnostic(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The disk failed between the copy of the file and its reading."""
    from qdsl.diagnostics.reported import Refusal
    from qdsl.language.syntax.errors import UnreadableFile

    def unreadable(name: Any, *_: object) -> None:
        raise Refusal(UnreadableFile(name.span, name.value, "input/output error"))

    monkeypatch.setattr("qdsl.interchange.programs.read_circuit", unreadable)
    with pytest.raises(InvalidProgram, match="input/output error"):
        qdsl.distribute(EXAMPLES / "adder.qasm", LINE)


def test_wire_swaps_that_pytket_keeps_aside_are_made() -> None:
    from pytket import Circuit

    circuit = Circuit(2).X(0).SWAP(0, 1)
    circuit.replace_SWAPs()
    found = qdsl.distribute(circuit, "line(2) { qubits 1 }").run().outputs[0].values
    assert found["01"] == pytest.approx(1)


@pytest.mark.parametrize(
    ("network", "says"),
    [
        ("complete(4) { qubits 5 comm 4 }", "QDM009]: `comm` is not a unit"),
        ("line(2) { qubits 1", "QDM002"),
        ("torus(4) { qubits 1 }", "QDM407"),
        ("line(2) { qubits 0.5 }", "QDM403"),
    ],
)
@pytest.mark.parametrize("file", ["bell.qasm", "bell.qdm"])
def test_a_fault_in_the_expression_is_shown_there(
    cli: Cli,  # noqa: F811
    tmp_path: Path,
    file: str,
    network: str,
    says: str,
) -> None:
    (tmp_path / "bell.qasm").write_text(TINY)
    (tmp_path / "bell.qdm").write_text("model m() { qubits q; h q; return sample(q) }")
    done = cli("compile", tmp_path / file, "--network", network)
    assert done.code == 1 and says in done.err
    assert "--> --network:1:" in done.err and "bell" not in done.err
    with pytest.raises(InvalidProgram) as raised:
        qdsl.distribute(TINY, network)
    assert str(raised.value).startswith("<network>:1:")


def test_cirq_writes_a_gate_that_openqasm_3_lacks() -> None:
    """A condition on two bits is OpenQASM 3; X**-0.5 twice is X there, too."""
    cirq = pytest.importorskip("cirq")
    a, b, c = cirq.LineQubit.range(3)
    circuit = cirq.Circuit(
        (cirq.X**-0.5)(a),
        cirq.X(b),
        cirq.measure(b, c, key="m"),
        cirq.X(c).with_classical_controls("m"),
        (cirq.X**-0.5)(a),
        cirq.measure(a, c, key="n"),
    )
    assert shares(qdsl.distribute(circuit, "line(2) { qubits 4 }")) == pytest.approx({"1011": 1.0})


def test_symbols_of_cirq_are_parameters() -> None:
    cirq = pytest.importorskip("cirq")
    sympy = pytest.importorskip("sympy")
    circuit = cirq.Circuit(cirq.rx(sympy.Symbol("t"))(cirq.LineQubit(0)))
    compiled = qdsl.distribute(circuit, LINE)  # which is also the name of a gate
    assert [(v.name, v.role) for v in compiled.circuit.values.vectors] == [("t", "param")]


def test_a_program_with_several_networks_is_no_network(tmp_path: Path) -> None:
    two = "network a = line(2) { qubits 2 }\nnetwork b = line(3) { qubits 2 }\n"
    (tmp_path / "two.qdm").write_text(two)
    with pytest.raises(UnknownCircuit, match="2 networks"):
        qdsl.distribute(TINY, tmp_path / "two.qdm")
