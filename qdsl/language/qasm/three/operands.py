"""Operands of OpenQASM 3: which qubits a statement means."""

from __future__ import annotations

from typing import Any

from openqasm3 import ast

from qdsl.language.qasm.three.reading import TextReading
from qdsl.language.qasm.three.values import QubitSlice, TextScope, Wrong


def operand(run: TextReading, node: Any, scope: TextScope) -> QubitSlice:
    """The qubits of an operand; `Wrong` if it is none."""
    if isinstance(node, ast.Identifier) and node.name.startswith("$"):
        return run.hardware_qubit(node.name)
    if isinstance(node, ast.Identifier):
        found = run.expressions.named(node, scope)
    elif isinstance(node, ast.IndexedIdentifier):
        found = run.expressions.named(node.name, scope)
        for index in node.indices:
            found = run.expressions.item(found, index, scope, node)
    else:
        found = run.expressions.of(node, scope)
    if not isinstance(found, QubitSlice):
        raise Wrong("qubits are wanted", node)
    return found
