"""Programs for NetQMPI: what all ranks do together is what the program does."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import pytest

import qdsl
from qdsl.api import Compiled
from qdsl.backends.netqmpi import netqmpi as backend
from qdsl.diagnostics.diagnostic import InvalidProgram
from qdsl.diagnostics.request_error import Refused
from qdsl.ir.stages import Sample, Stage
from tests.backends.mid_circuit import compiled
from tests.backends.netqmpi.machine import NetqmpiMachine
from tests.backends.programs import teleport, two_remote_gates
from tests.sources import EXAMPLES

PAIR = "network pair = line(2) { qubits 3, comm 4 }"
STILL = (
    "qubits q[4]; at node0 { ry(0.4) q[0]; ry(0.7) q[1] } at node1 { ry(1.1) q[2]; ry(0.3) q[3] } "
)
END = " at node0 { ry(0.2) q[0]; h q[1] } at node1 { h q[2]; sx q[3] } return sample(q)"


def program(gates: str, **options: object) -> Compiled:
    text = f"{PAIR}\nmodel m() on pair {{ {STILL}{gates};{END} }}"
    return qdsl.loads(text).compile(options=options)


def shares(text: str, ranks: int) -> np.ndarray:
    """How likely the outcomes are, by the comments that say where their bits are."""
    places = re.findall(r"# outcome \d+: rank (\d+), bit (\d+)", text)
    own = sorted((int(rank), int(bit)) for rank, bit in places)
    order = [own.index((int(rank), int(bit))) for rank, bit in places]
    found = NetqmpiMachine(text, ranks).shares().reshape((2,) * len(order))
    return found.transpose(order).reshape(-1)


def ideal(made: Compiled) -> np.ndarray:
    values = made.run(seed=1).outputs[0].values
    found = np.zeros(2 ** len(next(iter(values))))
    for bits, share in values.items():
        found[int(bits, 2)] = share
    return found


@pytest.mark.parametrize(
    "gates",
    [
        "cx q[0], q[2]",
        "cz q[0], q[2]; cp(0.3) q[3], q[0]",
        "crz(1.3) q[0], q[2]",
        "rzz(0.6) q[1], q[2]",
        "ccx q[0], q[1], q[2]",
        "cx q[0], q[2]; h q[0]; cx q[0], q[3]; cz q[1], q[2]",
        "cp(0.4) q[0], q[2]; cp(0.2) q[1], q[2]; at node1 { h q[2] } cp(0.1) q[0], q[2]",
        "move q[0] to node1; at node1 { cx q[0], q[3] } move q[0] to node0",
        "at node1 { swap q[1], q[2] } at node0 { cx q[0], q[1] }",
    ],
)
def test_ranks_do_together_what_the_program_does(gates: str) -> None:
    made = program(gates)
    np.testing.assert_allclose(shares(made.emit("netqmpi"), 2), ideal(made), atol=1e-6)


def test_teledata_is_sent_and_received() -> None:
    made = program("move q[0] to node1; at node1 { cx q[0], q[3] } move q[0] to node0")
    text = made.emit("netqmpi")
    assert text.count("comm.qsend(circuit, [") == text.count("comm.qrecv(circuit, [") == 2
    assert made.cost.teledata == 2
    wrong = text.replace("comm.qsend(circuit, [0], 1)", "comm.qsend(circuit, [1], 1)", 1)
    assert wrong != text
    with pytest.raises(AssertionError):  # the other qubit lands on one that is still there
        shares(wrong, 2)


def test_a_window_that_is_left_out_is_seen() -> None:
    made = program("cz q[0], q[2]")
    text = "\n".join(x for x in made.emit("netqmpi").splitlines() if "circuit.cz(" not in x)
    assert np.abs(shares(text, 2) - ideal(made)).max() > 0.01


def test_the_text() -> None:
    text = program("cz q[0], q[2]").emit_text("netqmpi")
    compile(text, "program.py", "exec")
    assert text.startswith("# ranks: 0 node0, 1 node1\n# netqmpi -n 2 --cunqa FILE\n# outcome 0: ")
    said = re.search(r"copy_0 = (comm\.expose\(circuit, 0, \[([01])\], root=([01])\))\n", text)
    assert said is not None and {said[2], said[3]} == {"0", "1"}
    assert text.count(said[1]) == 2
    assert "circuit.cz(copy_0, " in text
    assert text.count(f"comm.unexpose(circuit, [{said[2]}], root={said[3]})\n") == 2


def test_an_example_with_values() -> None:
    made = qdsl.load(EXAMPLES / "two_party.qdm").compile(settings={"layers": 1})
    with pytest.raises(InvalidProgram, match="has no value"):
        made.emit("netqmpi")


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (lambda: compiled("feed-forward").stage, "before the end, or depends on a bit"),
        (lambda: two_remote_gates(0.3, 0.4, [Sample((0,))]), "is not part of a telegate"),
        (lambda: teleport(0.3, [Sample((0,))]), "is not part of a telegate or teledata"),
    ],
)
def test_what_netqmpi_has_not_is_refused(made: Callable[[], Stage], said: str) -> None:
    with pytest.raises(InvalidProgram) as refused:
        backend.emit(made())
    problems = refused.value.diagnostics
    assert {p.code for p in problems} == {"QDM758"}
    assert any(said in p.message for p in problems)


def test_over_two_links_is_refused() -> None:
    text = (
        "network chain = line(3) { qubits 1, comm 2 }\nmodel m() on chain { qubits a, b; at node0 "
    )
    made = qdsl.loads(f"{text} {{ h a }} at node2 {{ h b }} cx a, b; return sample(a, b) }}")
    with pytest.raises(InvalidProgram, match="uses swapping"):
        made.compile().emit("netqmpi")


def test_a_program_that_is_not_distributed_is_refused() -> None:
    with pytest.raises(Refused, match="distributed"):
        backend.emit(qdsl.loads("model m() { qubits q; h q; return sample(q) }").lower())
