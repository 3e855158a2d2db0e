"""Programs of the nodes as OpenQASM 3: valid, and read back the same."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import openqasm3
import pytest
from openqasm3 import ast

import qdsl
from qdsl.backends._readout import settings
from qdsl.backends.nodes.elementary import elementary
from qdsl.backends.nodes.nodes import emit, emit_files, emit_text
from qdsl.backends.nodes.program import (
    Angle,
    Begin,
    Encode,
    Gate,
    Measure,
    Pair,
    Receive,
    Reset,
    Send,
)
from qdsl.backends.nodes.split import split
from qdsl.backends.nodes.values import angle_of
from qdsl.diagnostics.diagnostic import InvalidProgram
from qdsl.diagnostics.request_error import Refused
from qdsl.ir.operations import OPERATIONS, Attr
from qdsl.runtime.hardware import Hardware, gate_matrix
from tests.backends.nodes.test_split import example
from tests.qdsl.runtime.test_run import REVEAL

Read = list[tuple[Any, ...]]


def number(expression: Any, inputs: dict[str, float]) -> float:
    match expression:
        case ast.FloatLiteral(value=v) | ast.IntegerLiteral(value=v):
            return float(v)
        case ast.Identifier(name=name):
            return inputs[name]
        case ast.UnaryExpression(expression=e):
            return -number(e, inputs)
        case ast.BinaryExpression(op=op, lhs=a, rhs=b):
            left, right = number(a, inputs), number(b, inputs)
            return left * right if op.name == "*" else left + right
    raise AssertionError(expression)


def place(operand: Any, data: int) -> int:
    index = operand.indices[0][0].value
    return int(index) + (data if operand.name.name == "comm" else 0)


def read(text: str, data: int, inputs: dict[str, float]) -> Read:
    """What a program does, from its syntax tree: every name has to be declared."""
    tree = openqasm3.parse(text)
    externs = {s.name.name for s in tree.statements if isinstance(s, ast.ExternDeclaration)}
    return [done for s in tree.statements for done in statement(s, data, inputs, externs, None)]


def statement(
    s: Any, data: int, inputs: dict[str, float], externs: set[str], when: Any
) -> Iterator[tuple[Any, ...]]:
    match s:
        case ast.QuantumGate():
            name = {"U": "u"}.get(s.name.name, s.name.name)
            if s.modifiers:
                name += "dg"
            angles = tuple(round(number(a, inputs), 9) for a in s.arguments)
            yield (name, tuple(place(q, data) for q in s.qubits), angles, when)
        case ast.QuantumReset():
            yield ("reset", place(s.qubits, data), when)
        case ast.QuantumMeasurementStatement():
            target = s.target
            assert isinstance(target, ast.IndexedIdentifier)
            to = place(target, 0)
            yield ("measure", place(s.measure.qubit, data), target.name.name, to, when)
        case ast.ExpressionStatement(expression=ast.FunctionCall() as call):
            assert call.name.name in externs
            yield (call.name.name, tuple(argument(a) for a in call.arguments), when)
        case ast.ClassicalAssignment(rvalue=ast.FunctionCall() as call):
            assert call.name.name in externs
            target = s.lvalue
            at = place(target, 0) if isinstance(target, ast.IndexedIdentifier) else -1
            yield (call.name.name, tuple(argument(a) for a in call.arguments), at, when)
        case ast.BranchingStatement():
            condition = s.condition
            bit = condition.lhs.index[0].value  # type: ignore[attr-defined]
            for inner in s.if_block:
                yield from statement(inner, data, inputs, externs, (bit, condition.rhs.value))  # type: ignore[attr-defined]


def argument(a: Any) -> int:
    return int(a.value if isinstance(a, ast.IntegerLiteral) else a.index[0].value)


def said(program: Any, numbers: dict[str, Any]) -> Read:
    """The same of the program itself."""
    found: Read = []
    for s in program.steps:
        when = getattr(s, "condition", None)
        cond = None if when is None else (when.bit, when.value)
        match s:
            case Begin(qubit) | Reset(qubit):
                found.append(("reset", qubit, cond))
            case Gate(name, qubits, angles):
                own = tuple(round(angle_of(a, numbers), 9) for a in angles)
                found.append((name, qubits, own, cond))
            case Encode(name, qubits, vector):
                found.append((f"{name}_{vector}", qubits, cond))
            case Measure(qubit, bit):
                found.append(("measure", qubit, "c", bit, cond))
            case Pair(qubit, peer, k):
                found.append((f"pair_{peer}", (k, qubit), None))
            case Send(peer, k, bits):
                found += [(f"send_{peer}", (k, b), None) for b in bits]
            case Receive(peer, k, bits):
                found += [(f"receive_{peer}", (k,), b, None) for b in bits]
    for k, readout in enumerate(program.readings[0] if len(program.readings) == 1 else ()):
        found.append(("measure", readout.qubit, "outcome", k, None))
    return found


@pytest.mark.parametrize("name", ["two_party", "ghz", "qft", "qaoa"])
def test_programs_are_read_back(name: str) -> None:
    stage = example(name)
    random = np.random.default_rng(2)
    numbers = {v.name: random.uniform(-3, 3, v.size) for v in stage.distributed.values.vectors}
    inputs = {f"{v}_{k}": float(x) for v, array in numbers.items() for k, x in enumerate(array)}
    bases = settings(stage.distributed.placed.circuit.outputs)
    texts = emit(stage)
    for program in split(stage, bases):
        if program.name not in texts:
            assert not program.steps
            continue
        if any(r.basis != "Z" for reading in program.readings for r in reading):
            openqasm3.parse(texts[program.name])
            continue
        found = read(texts[program.name], program.data, inputs)
        wanted = said(program, numbers)
        if name == "qaoa":  # rzz is written as cx rz cx
            assert len(found) >= len(wanted)
        else:
            assert [f for f in found if f[0] != "outcome"] == wanted


def test_no_text_names_what_is_another_s() -> None:
    stage = example("two_party")
    values = {
        "x": np.array([0.1, 0.2, 0.3, 0.4]),
        "a": np.full((2, 4), 0.7654321),
        "b": np.full((2, 4), 0.1234567),
    }
    for given in (None, values):
        texts = emit(stage, given)
        assert "b_0" not in texts["alice"]
        assert "a_0" not in texts["bob"]
        assert "x_0" not in texts["bob"]
        assert "amplitude" not in texts["bob"]
    assert "0.7654321" in texts["alice"]
    assert "0.1234567" in texts["bob"]
    assert "0.1234567" not in texts["alice"]
    assert "0.7654321" not in texts["bob"]


def test_reveals_and_several_bases() -> None:
    text = REVEAL.replace("sample(q)", "expect(X q[0] * Z q[1] + Y q[0])")
    stage = qdsl.loads(text).compile().scheduled
    values = {"t": np.arange(3.0), "w": np.array([0.0, 1.0]), "u": np.array([0.4, 1.9])}
    for given in (None, values):
        texts = emit(stage, given)
        for program in texts.values():
            openqasm3.parse(program)
        assert "extern tell_bob(float[64]);" in texts["alice"]
        assert "t_2 = learn_alice();" in texts["bob"]
        assert "input float[64] t_2" not in texts["bob"]
        assert "if (reading == 1)" in texts["alice"]


@pytest.mark.parametrize("op", [o for o in OPERATIONS if o.is_unitary], ids=lambda o: o.name)
def test_every_operation_in_elementary_gates(op: Any) -> None:
    n = op.arity or 3
    angles = (0.7, -1.3, 2.1)[: op.angles]
    word = "XZY" if op.attr is Attr.WORD else ""
    gate = Gate(op.name, tuple(range(n)), tuple(Angle(a) for a in angles), word)
    columns = []
    for known in (frozenset({op.name}), frozenset[str]()):
        hardware = Hardware(1, np.random.default_rng(0))
        for k in range(n):
            hardware.begin((0, k))
            hardware.begin((1, k))
            hardware.gate(gate_matrix("h", ()), [(0, k)], None)
            hardware.gate(gate_matrix("cx", ()), [(0, k), (1, k)], None)
        for simple in elementary(gate, known):
            own = tuple(a.constant for a in simple.angles)
            qubits = [(0, q) for q in simple.qubits]
            if simple.name == "rot":
                hardware.rotate(word, own[0], qubits, None)
            else:
                hardware.gate(gate_matrix(simple.name, own), qubits, None)
        both = [(w, k) for w in (0, 1) for k in range(n)]
        group = hardware._joined(both)
        axes = [0, *(group.qubits.index(q) + 1 for q in both)]
        columns.append(group.state.transpose(axes).reshape(-1))
    assert abs(np.vdot(columns[0], columns[1])) == pytest.approx(1.0, abs=1e-9)


def test_files_and_what_cannot_be_emitted() -> None:
    stage = example("two_party")
    assert set(emit_files(stage)) == {"alice.qasm", "bob.qasm"}
    assert emit_text(stage).count("OPENQASM 3.0;") == 2
    assert emit_text(stage) == emit_text(example("two_party"))
    with pytest.raises(Refused):
        emit(stage.distributed)
    with pytest.raises(InvalidProgram):
        emit(stage, {"x": np.ones(4)})
