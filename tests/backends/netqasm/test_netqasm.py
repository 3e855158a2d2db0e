"""Programs of the nodes as NetQASM: read by its own package, and doing what they should."""

from __future__ import annotations

from math import pi
from typing import Any

import numpy as np
import pytest

pytest.importorskip("netqasm", reason="the extra `netqasm` is not installed")

import qdsl
from qdsl.backends.netqasm import netqasm as backend
from qdsl.backends.netqasm import text as text_of
from qdsl.backends.nodes.program import Angle, Gate, NodeProgram
from qdsl.diagnostics.diagnostic import InvalidProgram
from qdsl.diagnostics.request_error import Refused
from qdsl.ir.operations import OPERATIONS, Attr
from qdsl.runtime.hardware import Hardware, State, gate_matrix
from tests.backends.nodes.test_split import example
from tests.qdsl.runtime.test_run import REVEAL

GATES = {"cnot": "cx", "cphase": "cz"}


def values_of(stage: Any) -> dict[str, Any]:
    random = np.random.default_rng(2)
    return {v.name: random.uniform(-3, 3, v.shape) for v in stage.distributed.values.vectors}


@pytest.mark.parametrize("name", ["two_party", "ghz", "reupload"])
def test_examples_are_read_by_the_package(name: str) -> None:
    stage = example(name)
    for text in backend.emit(stage, values_of(stage)).values():
        found = text_of.subroutines(text)
        assert len(found) == text.count("# NETQASM 1.0")
        assert all(bytes(s) for s in found)  # and fits its binary form


def test_pairs_messages_and_bits_are_all_there() -> None:
    stage = example("two_party")
    texts = backend.emit(stage, values_of(stage))
    asked = sum(t.count("create_epr") for t in texts.values())
    taken = sum(t.count("recv_epr") for t in texts.values())
    assert asked == taken == 8
    sent = [line for t in texts.values() for line in t.splitlines() if "HOST send" in line]
    got = [line for t in texts.values() for line in t.splitlines() if "HOST receive" in line]
    assert len(sent) == len(got) == 8
    assert "{bit_" in texts["bob"]


def acted(lines: list[str], n: int) -> State:
    """The state that a straight run of instructions makes of n qubits and their references."""
    text = text_of.HEAD + "\n".join(["array 9 @0", *lines])
    (subroutine,) = text_of.subroutines(text)
    hardware, registers = halves(n), dict[str, int]()
    for instruction in subroutine.instructions:
        operands = [str(o) for o in instruction.operands]
        match instruction.mnemonic:
            case "set":
                registers[operands[0]] = int(operands[1])
            case "array":
                continue
            case name if name.startswith("rot_"):
                angle = int(operands[1]) * pi / 2 ** int(operands[2])
                matrix = gate_matrix(f"r{name[-1]}", (angle,))
                hardware.gate(matrix, [(0, registers[operands[0]])], None)
            case name:
                qubits = [(0, registers[o]) for o in operands]
                hardware.gate(gate_matrix(GATES.get(name, name), ()), qubits, None)
    return vector(hardware, n)


def halves(n: int) -> Hardware:
    hardware = Hardware(1, np.random.default_rng(0))
    for k in range(n):
        hardware.pair((0, k), (1, k))
    return hardware


def vector(hardware: Hardware, n: int) -> State:
    both = [(w, k) for w in (0, 1) for k in range(n)]
    group = hardware._joined(both)
    axes = [0, *(group.qubits.index(q) + 1 for q in both)]
    state: State = group.state.transpose(axes).reshape(-1)
    return state


@pytest.mark.parametrize("op", [o for o in OPERATIONS if o.is_unitary], ids=lambda o: o.name)
def test_every_operation_by_its_instructions(op: Any) -> None:
    n = op.arity or 3
    angles = (0.7, -1.3, 2.1)[: op.angles]
    word = "XZY" if op.attr is Attr.WORD else ""
    gate = Gate(op.name, tuple(range(n)), tuple(Angle(a) for a in angles), word)
    writer = text_of._SubroutineWriter(NodeProgram("a", n, 0, 0, (), ()), {"a": 0}, {})
    writer.step(gate)
    hardware = halves(n)
    if word:
        hardware.rotate(word, angles[0], [(0, k) for k in range(n)], None)
    else:
        hardware.gate(gate_matrix(op.name, angles), [(0, k) for k in range(n)], None)
    overlap = np.vdot(acted(writer._body, n), vector(hardware, n))
    assert abs(overlap) == pytest.approx(1.0, abs=1e-9)


@pytest.mark.parametrize("angle", [0.0, 1e-9, 2 * pi - 1e-9, pi, -0.3, 1e-5, 100.0, 6.28318])
def test_angles_are_within_the_tolerance(angle: float) -> None:
    made = sum(n * pi / 2**d for n, d in text_of.turns_of(angle))
    assert abs((made - angle + pi) % (2 * pi) - pi) <= text_of.TOLERANCE_RAD


def test_what_cannot_be_said_is_refused() -> None:
    with pytest.raises(InvalidProgram):
        backend.emit(example("two_party"))
    with pytest.raises(Refused):
        backend.emit(example("ghz").distributed)


def test_every_basis_has_a_reading_and_reveals_come_first() -> None:
    text = "model m() { qubits q[2]; h q; return expect(X q[0] + Z q[0]) }"
    (whole,) = backend.emit(qdsl.loads(text).compile().scheduled).values()
    assert [whole.count(f"// HOST reading {k}") for k in range(3)] == [1, 1, 0]
    stage = qdsl.loads(REVEAL).compile().scheduled
    texts = backend.emit(stage, values_of(stage))
    first = {name: text.splitlines()[1:3] for name, text in texts.items()}
    assert first["alice"] == ["// HOST tell 1 t", "// HOST tell 2 w"]
    assert (first["bob"][0], first["carol"][0]) == ("// HOST learn 0 t", "// HOST learn 0 w")


def test_without_the_package_its_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "netqasm", None)
    with pytest.raises(Refused, match=r"qdsl-compiler\[netqasm\]"):
        backend.emit(example("ghz"))
