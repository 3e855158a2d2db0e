"""Calls of circuits: arguments and operands bound to the names that the circuit declares."""

from __future__ import annotations

from collections.abc import Sequence

from qdsl.diagnostics.reported import Refusal
from qdsl.diagnostics.source import Span
from qdsl.language import syntax
from qdsl.language.lowering.errors.operations import ShapeMismatch, WrongOperandCount
from qdsl.language.values.domain import Graph, Qubits, Value, View, describe
from qdsl.language.values.errors import NotKnownAtCompileTime, WrongArgumentCount, WrongKind
from qdsl.language.values.evaluate import as_polynomial, evaluate, integer
from qdsl.language.values.polynomial import Polynomial
from qdsl.language.values.scope import Scope

# What an array parameter takes, by its kind.
ACCEPTS = {
    "angle": {"angle", "real"},
    "real": {"angle", "real", "int", "bits"},
    "bits": {"bits"},
    "int": {"int", "bits"},
    "matching": {"matching"},
}


def bound(
    circuit: syntax.CircuitDecl,
    call: syntax.Apply,
    values: Sequence[Value],
    operands: Sequence[Qubits],
    scope: Scope,
) -> Scope:
    """The scope of the circuit's body. Sizes named in its head are bound by operands first,
    then by the arguments' shapes; everything else is checked against them."""
    counted(circuit, call, len(values), len(operands))
    inner = scope.fresh()
    _bind_sizes(circuit, values, operands, inner)
    for parameter, operand, place in zip(circuit.qubits, operands, call.operands, strict=False):
        _check_register(parameter, operand, place.span, inner)
        inner.values[parameter.name.id] = Qubits(parameter.name.id, operand.ids, operand.scalar)
    for declared, value, arg in zip(circuit.parameters, values, call.args, strict=True):
        inner.values[declared.name.id] = _argument(declared, value, arg.span, inner)
    return inner


def counted(circuit: syntax.CircuitDecl, call: syntax.Apply, args: int, operands: int) -> None:
    """`Refusal` for a wrong number of arguments or operands."""
    name = circuit.name.id
    wanted = len(circuit.parameters)
    if args != wanted:
        text = f"{wanted} argument{'s' * (wanted != 1)}"
        raise Refusal(WrongArgumentCount(call.span, name, text, args, circuit.name.span))
    wanted = len(circuit.qubits)
    if operands != wanted:
        text = f"{wanted} operand{'s' * (wanted != 1)}"
        raise Refusal(WrongOperandCount(call.span, name, text, operands, circuit.name.span))


def _bind_sizes(
    circuit: syntax.CircuitDecl, values: Sequence[Value], operands: Sequence[Qubits], inner: Scope
) -> None:
    known = {p.name.id for p in circuit.parameters}
    for declared, value in zip(circuit.parameters, values, strict=True):
        if declared.type.kind.id == "int" and not declared.type.shape:
            inner.values[declared.name.id] = value
    for qubit, operand in zip(circuit.qubits, operands, strict=True):
        if isinstance(qubit.size, syntax.Name) and qubit.size.id not in known:
            inner.values.setdefault(qubit.size.id, len(operand.ids))
    for declared, value in zip(circuit.parameters, values, strict=True):
        for dimension, size in zip(declared.type.shape, shape_of(value), strict=False):
            if isinstance(dimension, syntax.Name) and dimension.id not in known:
                inner.values.setdefault(dimension.id, size)


def shape_of(value: object) -> tuple[int, ...]:
    """The shape of an array or a list of lists; () for everything else."""
    if isinstance(value, View):
        matching = value.kind == "matching" and len(value.shape) == 2
        return (value.shape[0] * 2,) if matching else value.shape
    if isinstance(value, tuple):
        return (len(value), *(shape_of(value[0]) if value else ()))
    return ()


def _check_register(
    parameter: syntax.QubitParameter, operand: Qubits, span: Span, inner: Scope
) -> None:
    if parameter.size is None:
        if len(operand.ids) != 1:
            found = f"{len(operand.ids)} qubits"
            name = f"'{parameter.name.id}'"
            raise Refusal(ShapeMismatch(span, name, "one qubit", found, parameter.span))
        return
    size = integer(parameter.size, inner, "an integer size")
    if size != len(operand.ids):
        wanted = f"{size} qubit{'s' * (size != 1)}"
        found = f"{len(operand.ids)} qubit{'s' * (len(operand.ids) != 1)}"
        name = f"'{parameter.name.id}'"
        raise Refusal(ShapeMismatch(span, name, wanted, found, parameter.span))


def _argument(declared: syntax.CircuitParameter, value: Value, span: Span, inner: Scope) -> Value:
    kind = declared.type.kind.id
    if kind == "graph":
        if not isinstance(value, Graph):
            raise Refusal(WrongKind(span, "a graph", describe(value)))
        return value
    if not declared.type.shape:
        return _scalar(kind, value, span)
    _check_array(declared, value, span)
    wanted = tuple(integer(d, inner, "an integer size") for d in declared.type.shape)
    if shape_of(value) != wanted:
        found = f"{kind}{list(shape_of(value))}"
        name = f"'{declared.name.id}'"
        raise Refusal(ShapeMismatch(span, name, f"{kind}{list(wanted)}", found, declared.span))
    return value


def _scalar(kind: str, value: Value, span: Span) -> Value:
    if kind in ("angle", "real"):
        return as_polynomial(value, span)
    if isinstance(value, int):
        return value
    if isinstance(value, Polynomial) and value.terms:
        raise Refusal(NotKnownAtCompileTime(span, "an integer argument"))
    raise Refusal(WrongKind(span, "an integer", describe(value)))


def _check_array(declared: syntax.CircuitParameter, value: Value, span: Span) -> None:
    kind = declared.type.kind.id
    if isinstance(value, View):
        if value.kind not in ACCEPTS[kind]:
            raise Refusal(WrongKind(span, f"an array of {kind}", f"an array of {value.kind}"))
    elif not isinstance(value, tuple):
        wanted = f"an array {declared.type.span.text}"
        raise Refusal(WrongKind(span, wanted, describe(value)))


def arguments(call: syntax.Apply, scope: Scope) -> list[Value]:
    return [evaluate(arg, scope) for arg in call.args]
