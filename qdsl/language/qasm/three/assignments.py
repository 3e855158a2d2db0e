"""Variables of OpenQASM 3: declared, assigned, measured into."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from openqasm3 import ast

from qdsl.language.qasm.three.expressions import combined, register_cells
from qdsl.language.qasm.three.operands import operand
from qdsl.language.qasm.three.reading import MAX_BITS, TextReading, TooLarge
from qdsl.language.qasm.three.values import (
    BitSlice,
    NotExpressible,
    TextScope,
    ValueType,
    Variable,
    Wrong,
    cells_of,
    converted,
    empty,
)
from qdsl.language.values.cells import Cells
from qdsl.language.values.truth import Truth

Places = tuple[tuple[Variable, int], ...]


def new_variable(
    run: TextReading, name: str, type_: ValueType, value: Any, scope: TextScope
) -> Variable:
    """Declare a variable; a global one may be a result."""
    if type_.kind == "bit" and type_.n_bits > MAX_BITS:
        raise TooLarge(f"{type_.n_bits} bits", MAX_BITS)
    is_global = scope.around is None
    known = name if is_global else f"{name} of a block"
    variable = Variable(known, type_, empty(type_) if value is None else value)
    run.declare(name, variable, scope)
    if is_global and type_.is_register:
        run.variables.append(variable)
    return variable


def target_of(run: TextReading, node: Any, scope: TextScope) -> Any:
    """What is written to: a variable, a slice of bits, or (array variable, indices)."""
    if isinstance(node, ast.Identifier):
        found = run.expressions.named(node, scope)
    else:
        found = run.expressions.named(node.name, scope)
        if isinstance(found, Variable) and found.type.sizes:
            _writable(found)
            return found, [part for index in node.indices for part in _parts(index)]
        for index in node.indices:
            found = run.expressions.item(found, index, scope, node)
    if isinstance(found, Variable):
        _writable(found)
    if not isinstance(found, Variable | BitSlice):
        raise Wrong("this cannot be written to", node)
    return found


def _parts(index: Any) -> list[Any]:
    return index if isinstance(index, list) else [index]


def _writable(variable: Variable) -> None:
    if variable.is_const:
        raise Wrong(f"'{variable.name}' is a constant")


def _places(target: Any) -> Places:
    if isinstance(target, BitSlice):
        return target.places
    if isinstance(target, Variable) and target.type.is_register:
        return tuple((target, k) for k in range(target.type.n_bits))
    raise Wrong("bits are wanted to measure into")


def measure_into(
    run: TextReading, node: ast.QuantumMeasurement, target: Any, scope: TextScope
) -> None:
    """Measure qubits into bits, one each; without a target the results are forgotten."""
    qubits = operand(run, node.qubit, scope).ids
    places: Sequence[tuple[Variable, int] | None] = [None] * len(qubits)
    if target is not None:
        places = _places(target)
        if len(places) != len(qubits):
            raise Wrong(f"{len(qubits)} qubits are measured into {len(places)} bits")
    for qubit, place in zip(qubits, places, strict=True):
        found = run.measure(qubit, place)
        if place is not None:
            variable, k = place
            variable.is_measured = True
            before = register_cells(variable).cells[k]
            _put(variable, k, run.stored(found, before))


def _put(variable: Variable, k: int, cell: Truth) -> None:
    cells = list(register_cells(variable).cells)
    cells[k] = cell
    variable.value = converted(Cells(tuple(cells)), variable.type)


def assign(run: TextReading, node: ast.ClassicalAssignment, scope: TextScope) -> None:
    """`a = b`, `a[2] ^= b` and their like."""
    target = target_of(run, node.lvalue, scope)
    if isinstance(node.rvalue, ast.QuantumMeasurement):
        measure_into(run, node.rvalue, target, scope)
        return
    value = run.expressions.of(node.rvalue, scope)
    sign = node.op.name.removesuffix("=")
    if sign:
        value = combined(sign, _read(run, target, scope), value)
    if isinstance(target, tuple) and not isinstance(target, BitSlice):
        _into_array(run, target[0], target[1], value, scope)
    elif isinstance(target, BitSlice):
        _into_bits(run, target, value)
    else:
        target.value = _merged(run, target, converted(value, target.type))


def _read(run: TextReading, target: Any, scope: TextScope) -> Any:
    if isinstance(target, BitSlice):
        return target.cells
    if isinstance(target, Variable):
        return target.value
    return run.expressions.item(target[0].value, target[1], scope, None)


def _into_bits(run: TextReading, target: BitSlice, value: Any) -> None:
    type_ = ValueType("bit", None if target.is_single else len(target.places))
    cells = converted(value, type_).cells
    for (variable, k), cell in zip(target.places, cells, strict=True):
        _writable(variable)
        before = register_cells(variable).cells[k]
        _put(variable, k, run.condition.chosen(cell, before))


def _merged(run: TextReading, variable: Variable, value: Any) -> Any:
    """The value where the condition around holds, else the one before."""
    if run.condition.constant or value == variable.value:
        return value
    if not variable.type.is_register:
        what = f"'{variable.name}' gets a value that depends on what is measured"
        raise NotExpressible(what)
    sides = (cells_of(v, variable.type) for v in (value, variable.value))
    pairs = zip(*(side.cells for side in sides), strict=True)
    found = Cells(tuple(run.condition.chosen(new, old) for new, old in pairs))
    return converted(found, variable.type)


def _into_array(
    run: TextReading, variable: Variable, index: list[Any], value: Any, scope: TextScope
) -> None:
    if not run.condition.constant:
        raise NotExpressible(f"'{variable.name}' gets a value that depends on what is measured")
    inner, type_ = variable.value, variable.type
    for part in index[:-1]:
        inner = inner[_within(run, inner, part, scope)]
        type_ = type_._replace(sizes=type_.sizes[1:])
    item = type_._replace(sizes=type_.sizes[1:])
    last = index[-1]
    if not isinstance(inner, list):
        raise Wrong("more indices than the array has dimensions")
    if isinstance(last, ast.RangeDefinition):
        numbers = run.expressions.numbers(last, scope, len(inner))
        if not isinstance(value, list) or len(value) != len(numbers):
            raise Wrong(f"an array of {len(numbers)} values is wanted")
        for k, each in zip(numbers, value, strict=True):
            inner[k] = converted(each, item)
    else:
        inner[_within(run, inner, last, scope)] = converted(value, item)


def _within(run: TextReading, inner: Any, part: Any, scope: TextScope) -> int:
    k = run.expressions.integer(part, scope)
    if not isinstance(inner, list) or not -len(inner) <= k < len(inner):
        raise Wrong(f"index {k} is out of range")
    return k
