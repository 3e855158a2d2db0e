"""Calls of circuits: arguments and operands bound to the names that the circuit declares."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NoReturn

from qdsl.diagnostics.reported import Refusal
from qdsl.diagnostics.source import Span
from qdsl.language import syntax
from qdsl.language.typed import tree
from qdsl.language.typed.errors.operations import ShapeMismatch, WrongOperandCount
from qdsl.language.typed.evaluate import evaluate, integer
from qdsl.language.values.domain import Qubits, Value, View, describe
from qdsl.language.values.errors import NotKnownAtCompileTime, TypeMismatch
from qdsl.language.values.graphs import as_graph
from qdsl.language.values.numbers import as_polynomial
from qdsl.language.values.polynomial import Polynomial
from qdsl.language.values.scope import Scope

MAX_DEPTH = 50  # of calls inside one another

# What an array parameter takes, by its kind.
ACCEPTS = {
    "angle": {"angle", "real"},
    "real": {"angle", "real", "int", "bits"},
    "bits": {"bits"},
    "int": {"int", "bits"},
    "matching": {"matching"},
}


def bound(
    circuit: tree.TypedCircuit,
    call: tree.TypedApply,
    values: Sequence[Value],
    operands: Sequence[Qubits],
    scope: Scope,
) -> Scope:
    """The scope of the circuit's body. Sizes named in its head are bound by operands first,
    then by the arguments' shapes; everything else is checked against them."""
    _counted(circuit, call, len(operands))
    inner = scope.fresh()
    for declared, value, arg in zip(circuit.parameters, values, call.args, strict=True):
        inner.values[declared.name] = _of_kind(declared, value, arg.span)
    _bind_sizes(circuit, values, operands, inner)
    for parameter, operand, place in zip(circuit.qubits, operands, call.operands, strict=False):
        _check_register(parameter, operand, place.span, inner)
        scalar = operand.scalar and not parameter.sizes
        inner.values[parameter.name] = Qubits(parameter.name, operand.ids, scalar)
    for declared, value, arg in zip(circuit.parameters, values, call.args, strict=True):
        if declared.sizes:
            wanted = [integer(size, inner, "an integer size") for size in declared.sizes]
            _check_shape(declared, value, wanted, arg.span)
    return inner


def _counted(circuit: tree.TypedCircuit, call: tree.TypedApply, operands: int) -> None:
    """`Refusal` for a wrong number of operands, as modifiers may leave it."""
    wanted = len(circuit.qubits)
    if operands != wanted:
        text = f"{wanted} operand{'s' * (wanted != 1)}"
        span = circuit.syntax.name.span
        raise Refusal(WrongOperandCount(call.span, circuit.name, text, operands, span))


def _bind_sizes(
    circuit: tree.TypedCircuit, values: Sequence[Value], operands: Sequence[Qubits], inner: Scope
) -> None:
    sizes: list[tuple[tuple[tree.Expr, ...], tuple[int, ...]]]
    sizes = [(q.sizes, (len(o.ids),)) for q, o in zip(circuit.qubits, operands, strict=True)]
    sizes += [(p.sizes, shape_of(v)) for p, v in zip(circuit.parameters, values, strict=True)]
    for named, shape in sizes:
        for dimension, size in zip(named, shape, strict=False):
            if isinstance(dimension.syntax, syntax.Name):
                inner.values.setdefault(dimension.syntax.id, size)


def kind_of(parameter: tree.Parameter) -> str:
    """The kind that a value is declared to be."""
    assert isinstance(parameter.syntax, syntax.CircuitParameter)
    return parameter.syntax.type.kind.id


def shape_of(value: object) -> tuple[int, ...]:
    """The shape of an array or a list of lists; () for everything else."""
    if isinstance(value, View):
        matching = value.kind == "matching" and len(value.shape) == 2
        return (value.shape[0] * 2,) if matching else value.shape
    if isinstance(value, tuple):
        return (len(value), *(shape_of(value[0]) if value else ()))
    return ()


def _check_register(parameter: tree.Parameter, operand: Qubits, span: Span, inner: Scope) -> None:
    found = len(operand.ids)
    size = integer(parameter.sizes[0], inner, "an integer size") if parameter.sizes else 1
    if size != found:
        wanted = f"{size} qubit{'s' * (size != 1)}" if parameter.sizes else "one qubit"
        text = f"{found} qubit{'s' * (found != 1)}" if parameter.sizes else f"{found} qubits"
        name = f"'{parameter.name}'"
        raise Refusal(ShapeMismatch(span, name, wanted, text, parameter.syntax.span))


def _of_kind(declared: tree.Parameter, value: Value, span: Span) -> Value:
    """The value as the parameter's kind has it, whatever its sizes."""
    kind = kind_of(declared)
    if kind == "graph":
        return as_graph(value, span)
    if declared.sizes:
        _check_array(declared, kind, value, span)
        return value
    return as_polynomial(value, span) if kind in ("angle", "real") else _whole(value, span)


def _whole(value: Value, span: Span) -> int:
    if isinstance(value, int):
        return value
    if isinstance(value, Polynomial) and value.terms:
        raise Refusal(NotKnownAtCompileTime(span, "an integer argument"))
    raise Refusal(TypeMismatch(span, "an integer", describe(value)))


def _check_array(declared: tree.Parameter, kind: str, value: Value, span: Span) -> None:
    if isinstance(value, View):
        if value.kind not in ACCEPTS[kind]:
            raise Refusal(TypeMismatch(span, f"an array of {kind}", f"an array of {value.kind}"))
    elif not isinstance(value, tuple):
        raise Refusal(TypeMismatch(span, f"an array {_written(declared)}", describe(value)))
    if len(shape_of(value)) != len(declared.sizes):
        _refuse_shape(declared, value, _written(declared), span)


def _written(declared: tree.Parameter) -> str:
    assert isinstance(declared.syntax, syntax.CircuitParameter)
    return declared.syntax.type.span.text


def _check_shape(declared: tree.Parameter, value: Value, wanted: list[int], span: Span) -> None:
    if shape_of(value) != tuple(wanted):
        is_list = isinstance(value, tuple) and len(wanted) == 1
        text = f"the list needs {wanted[0]} item{'s' * (wanted[0] != 1)}" if is_list else None
        _refuse_shape(declared, value, f"{kind_of(declared)}{wanted}", span, text)


def _refuse_shape(
    declared: tree.Parameter, value: Value, wanted: str, span: Span, suggestion: str | None = None
) -> NoReturn:
    found = f"{kind_of(declared)}{list(shape_of(value))}"
    name = f"'{declared.name}'"
    raise Refusal(ShapeMismatch(span, name, wanted, found, declared.syntax.span, suggestion))


def arguments(call: tree.TypedApply, scope: Scope) -> list[Value]:
    return [evaluate(arg, scope) for arg in call.args]
