"""Calls of gates in OpenQASM 3: modifiers, angles, and registers element by element."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from openqasm3 import ast

from qdsl.language.qasm.three.gates import ADDITIVE, GateModifier
from qdsl.language.qasm.three.operands import operand
from qdsl.language.qasm.three.reading import TextReading
from qdsl.language.qasm.three.subroutines import call_parts
from qdsl.language.qasm.three.values import (
    BitAngle,
    NotExpressible,
    QubitSlice,
    TextScope,
    Wrong,
)
from qdsl.language.qasm.unbound import ALWAYS
from qdsl.language.values.cells import Cells
from qdsl.language.values.polynomial import Polynomial
from qdsl.language.values.truth import Truth

Angle = float | Polynomial


def gate_call(run: TextReading, node: ast.QuantumGate, scope: TextScope) -> None:
    """A gate, or a subroutine that is called as one was in early versions of the language."""
    name = node.name.name
    if name not in run.gates.defined and scope.find(name) is not None:
        call_parts(run, node, [*node.arguments, *node.qubits], scope)
        return
    applied = _modifiers(run, node.modifiers, scope)
    angles = [_angle(run.expressions.of(a, scope), a) for a in node.arguments]
    operands = [operand(run, q, scope) for q in node.qubits]
    for qubits in lanes(operands, node):
        for numbers, test in _additive(name, angles, node):
            run.gate(run.gates.rows(name, numbers, len(qubits), applied), qubits, test)


def phase_call(run: TextReading, node: ast.QuantumPhase, scope: TextScope) -> None:
    """`gphase`, perhaps under controls."""
    applied = _modifiers(run, node.modifiers, scope)
    angle = _angle(run.expressions.of(node.argument, scope), node.argument)
    operands = [operand(run, q, scope) for q in node.qubits]
    for qubits in lanes(operands, node):
        for numbers, test in _additive("gphase", [angle], node):
            rows = run.gates.rows("gphase", numbers, len(qubits), applied)
            if qubits:
                run.gate(rows, qubits, test)
            else:
                run.phase(rows, test)


def lanes(operands: Sequence[QubitSlice], node: Any) -> Iterator[tuple[int, ...]]:
    """Registers element by element; single qubits go with every element."""
    sizes = {len(o.ids) for o in operands if not o.is_single}
    if len(sizes) > 1:
        raise Wrong("registers of different sizes", node)
    for k in range(sizes.pop() if sizes else 1):
        yield tuple(o.ids[0] if o.is_single else o.ids[k] for o in operands)


def _modifiers(
    run: TextReading, nodes: Sequence[ast.QuantumGateModifier], scope: TextScope
) -> list[GateModifier]:
    found = []
    for node in nodes:
        kind, argument = node.modifier.name, node.argument
        number: Any = 1 if argument is None else run.expressions.of(argument, scope)
        if isinstance(number, Cells):
            number = number.number
        if isinstance(number, bool) or not isinstance(number, int | float):
            raise NotExpressible(f"`{kind}` with a number that is not known", node)
        if kind.endswith("ctrl") and (number != int(number) or number < 1):
            raise Wrong(f"`{kind}` of {number} qubits", node)
        found.append(GateModifier(kind, number))
    return found


def _angle(value: Any, node: Any) -> Angle | BitAngle:
    if isinstance(value, Cells):
        if value.number is None:
            raise NotExpressible("an angle of measured bits that are no `angle`", node)
        return float(value.number)
    if isinstance(value, Polynomial | BitAngle):
        return value
    if isinstance(value, int | float):
        return float(value)
    raise Wrong("an angle is wanted", node)


def _additive(
    name: str, angles: Sequence[Angle | BitAngle], node: Any
) -> Iterator[tuple[list[Angle], Truth]]:
    """The angles; of one that depends on measured bits its parts, each where its bit says so:
    together they are the gate, as its angles add up."""
    plain = [a for a in angles if not isinstance(a, BitAngle)]
    if len(plain) == len(angles):
        yield plain, ALWAYS
        return
    if name not in ADDITIVE or len(angles) != 1:
        raise NotExpressible(f"an angle of '{name}' depends on measured bits", node)
    (angle,) = angles
    assert isinstance(angle, BitAngle)
    if angle.constant:
        yield [angle.constant], ALWAYS
    for weight, test in angle.terms:
        yield [weight], test
