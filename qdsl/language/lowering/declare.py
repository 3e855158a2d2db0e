"""The declarations of a model with its integer parameters bound: slots, qubits, bits, graphs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from qdsl.diagnostics.diagnostic import Diagnostics
from qdsl.diagnostics.reported import Refusal
from qdsl.language import syntax
from qdsl.language.check.errors.ownership import UnknownNode
from qdsl.language.check.model import Checked, ModelInfo
from qdsl.language.lowering.errors.flow import TooLarge
from qdsl.language.lowering.errors.operations import InvalidSize, MissingInteger
from qdsl.language.parser.spelling import closest
from qdsl.language.values.domain import Bits, Graph, Qubits, Value, Vector, View, describe
from qdsl.language.values.errors import WrongKind
from qdsl.language.values.evaluate import evaluate, integer
from qdsl.language.values.graph_files import read_graph
from qdsl.language.values.scope import Scope
from qdsl.network.network import Network

MAX_QUBITS = 100_000
MAX_NUMBERS = 50_000_000


@dataclass(frozen=True, slots=True)
class RegisterPlace:
    """A declared register: its first qubit or bit and their number."""

    name: str
    first: int
    size: int


@dataclass(slots=True)
class Declared:
    """What a model declares, at its sizes."""

    scope: Scope
    vectors: list[Vector] = field(default_factory=list)
    registers: list[RegisterPlace] = field(default_factory=list)
    bits: list[RegisterPlace] = field(default_factory=list)

    @property
    def n_slots(self) -> int:
        return sum(v.size for v in self.vectors)

    @property
    def n_qubits(self) -> int:
        return sum(r.size for r in self.registers)

    @property
    def n_bits(self) -> int:
        return sum(r.size for r in self.bits)


def declare(
    checked: Checked,
    model: ModelInfo,
    settings: Mapping[str, int],
    problems: Diagnostics,
    network: Network | None = None,
) -> Declared:
    """Evaluate every declaration in order; what is wrong is added to `problems`.

    Owners have to be nodes of the network, if there is one.
    """
    declared = Declared(Scope(folders=checked.folders))
    for parameter in model.declaration.parameters:
        name = parameter.name.id
        value = settings.get(name, model.parameters[name])
        if value is None:
            problems.add(MissingInteger(parameter.span, name, model.name))
            value = 2
        declared.scope.values[name] = value
    for statement in model.declaration.body:
        try:
            _check_owner(statement, network)
            _statement(statement, declared)
        except Refusal as refusal:
            problems.add(refusal.problem)
    return declared


def _check_owner(statement: syntax.Statement, network: Network | None) -> None:
    if network is None or not isinstance(statement, (syntax.DataDecl, syntax.ParamDecl)):
        return
    owner = statement.owner
    if owner is not None and owner.id not in network.index:
        meant = closest(owner.id, network.index)
        raise Refusal(UnknownNode(owner.span, owner.id, network.name, meant))


def _statement(statement: syntax.Statement, declared: Declared) -> None:
    match statement:
        case syntax.DataDecl():
            _data(statement, declared)
        case syntax.ParamDecl():
            _vector(statement, "param", declared)
        case syntax.QubitsDecl():
            for register in statement.registers:
                _register(register, declared)
        case syntax.BitsDecl():
            for register in statement.registers:
                _bits(register, declared)
        case syntax.Let():
            declared.scope.values[statement.name.id] = evaluate(statement.value, declared.scope)


def _data(statement: syntax.DataDecl, declared: Declared) -> None:
    if statement.type.kind.id == "graph":
        declared.scope.values[statement.name.id] = _graph(statement, declared.scope)
    elif statement.value is not None:
        declared.scope.values[statement.name.id] = _constant(statement, declared.scope)
    else:
        _vector(statement, "data", declared)


def _graph(statement: syntax.DataDecl, scope: Scope) -> Graph:
    if isinstance(statement.value, syntax.StringLit):
        return read_graph(statement.value, scope.folders)
    value = evaluate(statement.value, scope) if statement.value is not None else None
    if isinstance(value, Graph):
        return value
    span = statement.span if statement.value is None else statement.value.span
    raise Refusal(WrongKind(span, "a graph", describe(value), "write `= cycle(n)`"))


def _constant(statement: syntax.DataDecl, scope: Scope) -> Value:
    """Data whose numbers stand in the program, of the declared shape."""
    assert statement.value is not None
    value = evaluate(statement.value, scope)
    shape = _shape(statement, scope)
    if not _has_shape(value, shape):
        wanted = f"numbers of shape {list(shape)}" if shape else "a number"
        raise Refusal(WrongKind(statement.value.span, wanted, describe(value)))
    return value


def _has_shape(value: object, shape: tuple[int, ...]) -> bool:
    if not shape:
        return isinstance(value, (int, float))
    if not isinstance(value, tuple) or len(value) != shape[0]:
        return False
    return all(_has_shape(part, shape[1:]) for part in value)


def _shape(statement: syntax.DataDecl | syntax.ParamDecl, scope: Scope) -> tuple[int, ...]:
    shape = []
    for dimension in statement.type.shape:
        size = integer(dimension, scope, "an integer size")
        if size < 0:
            raise Refusal(
                InvalidSize(dimension.span, statement.name.id, size, "at least 0 is wanted")
            )
        shape.append(size)
    return tuple(shape)


def _vector(statement: syntax.DataDecl | syntax.ParamDecl, role: str, declared: Declared) -> None:
    kind, name, span = statement.type.kind.id, statement.name.id, statement.name.span
    shape = _shape(statement, declared.scope)
    if kind == "matching":
        if len(shape) != 1 or shape[0] % 2 or not shape[0]:
            size = shape[0] if shape else 0
            wanted = "a matching pairs an even number of elements"
            raise Refusal(InvalidSize(statement.type.span, name, size, wanted))
        shape = (shape[0] // 2, 2)
    owner = statement.owner.id if statement.owner else None
    vector = Vector(name, role, kind, shape, owner, declared.n_slots, span)
    if vector.start + vector.size > MAX_NUMBERS:
        found = readable(vector.start + vector.size)
        raise Refusal(
            TooLarge(statement.type.span, "numbers of data and parameters", found, MAX_NUMBERS)
        )
    declared.vectors.append(vector)
    declared.scope.values[name] = View.whole(vector)


def readable(count: int) -> str:
    return f"{count:,}" if count < 10**15 else f"about 10**{len(str(count)) - 1}"


def _register(register: syntax.RegisterDecl, declared: Declared) -> None:
    size = _size(register, declared.scope)
    first = declared.n_qubits
    if first + size > MAX_QUBITS:
        found = readable(first + size)
        raise Refusal(TooLarge(register.span, "qubits", found, MAX_QUBITS))
    declared.registers.append(RegisterPlace(register.name.id, first, size))
    ids = range(first, first + size)
    declared.scope.values[register.name.id] = Qubits(register.name.id, ids, register.size is None)


def _bits(register: syntax.RegisterDecl, declared: Declared) -> None:
    size = _size(register, declared.scope)
    first = declared.n_bits
    if first + size > MAX_QUBITS:
        found = readable(first + size)
        raise Refusal(TooLarge(register.span, "classical bits", found, MAX_QUBITS))
    declared.bits.append(RegisterPlace(register.name.id, first, size))
    ids = range(first, first + size)
    declared.scope.values[register.name.id] = Bits(register.name.id, ids, register.size is None)


def _size(register: syntax.RegisterDecl, scope: Scope) -> int:
    if register.size is None:
        return 1
    size = integer(register.size, scope, "an integer size")
    if size < 1:
        wanted = "a register has at least one element"
        raise Refusal(InvalidSize(register.size.span, register.name.id, size, wanted))
    return size
