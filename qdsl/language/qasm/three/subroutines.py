"""Subroutines of OpenQASM 3, written where they are called."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from openqasm3 import ast

from qdsl.language.qasm.three.operands import operand
from qdsl.language.qasm.three.reading import TextReading
from qdsl.language.qasm.three.values import (
    NotExpressible,
    QubitSlice,
    TextScope,
    Variable,
    Wrong,
    converted,
)
from qdsl.language.values.truth import Truth

MOST_DEPTH = 60


class RoutineEnded(Exception):
    """`return` of a value, reached under a condition."""

    def __init__(self, value: Any, condition: Truth) -> None:
        super().__init__()
        self.value, self.condition = value, condition


def define(run: TextReading, node: Any, scope: TextScope) -> None:
    """A subroutine, or one that is defined elsewhere."""
    run.declare(node.name.name, node, scope)


def call(run: TextReading, node: ast.FunctionCall, scope: TextScope) -> Any:
    """The value of a call."""
    return call_parts(run, node, node.arguments, scope)


def call_parts(run: TextReading, node: Any, arguments: Sequence[Any], scope: TextScope) -> Any:
    """Carry out a subroutine on arguments; its value, None if it has none."""
    name = node.name.name
    routine = scope.find(name)
    if isinstance(routine, ast.ExternDeclaration):
        raise NotExpressible(f"`extern` '{name}' is defined elsewhere", node)
    if not isinstance(routine, ast.SubroutineDefinition):
        raise Wrong(f"'{name}' is not defined in this scope", node)
    if len(arguments) != len(routine.arguments):
        wanted = len(routine.arguments)
        raise Wrong(f"'{name}' takes {wanted} arguments, and {len(arguments)} are given", node)
    if run.depth >= MOST_DEPTH:
        raise NotExpressible(f"'{name}' calls itself too often", node)
    inner = TextScope(_outermost(scope))
    for parameter, argument in zip(routine.arguments, arguments, strict=True):
        inner.names[parameter.name.name] = _bound(run, parameter, argument, scope, inner)
    return _value(run, routine, inner, node)


def _outermost(scope: TextScope) -> TextScope:
    while scope.around is not None:
        scope = scope.around
    return scope


def _bound(
    run: TextReading, parameter: Any, argument: Any, scope: TextScope, inner: TextScope
) -> Any:
    """What a parameter stands for: qubits and arrays themselves, other values by value."""
    name = parameter.name.name
    if isinstance(parameter, ast.QuantumArgument):
        qubits = operand(run, argument, scope)
        size = None if parameter.size is None else run.expressions.integer(parameter.size, inner)
        if len(qubits.ids) != (size or 1):
            raise Wrong(f"'{name}' is of {size or 1} qubits, and {len(qubits.ids)} are given")
        return QubitSlice(qubits.ids, size is None)
    if isinstance(parameter.type, ast.ArrayReferenceType):
        found = run.expressions.named(argument, scope)
        if not isinstance(found, Variable) or not found.type.sizes:
            raise Wrong(f"'{name}' is an array", argument)
        is_const = parameter.access is ast.AccessControl.readonly
        return Variable(found.name, found.type, found.value, is_const or found.is_const)
    type_ = run.expressions.type_of(parameter.type, inner)
    value = converted(run.expressions.of(argument, scope), type_)
    return Variable(f"{name} of a block", type_, value)


def _value(run: TextReading, routine: ast.SubroutineDefinition, inner: TextScope, node: Any) -> Any:
    outer, condition = run.statement, run.condition
    run.depth += 1
    try:
        run.block(run, routine.body, inner)
        found = None
    except RoutineEnded as returned:
        if returned.condition != condition:
            raise NotExpressible("`return` is decided by what is measured", node) from None
        found = returned.value
    finally:
        run.depth -= 1
        run.statement, run.condition = outer, condition
    if found is None or routine.return_type is None:
        return found
    return converted(found, run.expressions.type_of(routine.return_type, inner))
