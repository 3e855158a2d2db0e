"""The declarations of a model with its integer parameters bound: slots, qubits, bits, graphs."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import field

from qdsl.diagnostics.diagnostic import Diagnostics
from qdsl.diagnostics.reported import Refusal
from qdsl.diagnostics.source import Span
from qdsl.language import syntax
from qdsl.language.syntax.spelling import closest
from qdsl.language.typed import tree
from qdsl.language.typed.errors.flow import ModelTooLarge
from qdsl.language.typed.errors.operations import InvalidSize, MissingInteger
from qdsl.language.typed.errors.ownership import UnknownNode
from qdsl.language.typed.evaluate import evaluate, integer
from qdsl.language.typed.program import Checked, ModelInfo
from qdsl.language.values.domain import Bits, Qubits, Value, VectorSlots, View, describe
from qdsl.language.values.errors import TypeMismatch
from qdsl.language.values.graph_files import read_graph
from qdsl.language.values.graphs import as_graph
from qdsl.language.values.scope import Scope
from qdsl.network.network import Network
from qdsl.records import dataclass

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
    vectors: list[VectorSlots] = field(default_factory=list)
    registers: list[RegisterPlace] = field(default_factory=list)
    bits: list[RegisterPlace] = field(default_factory=list)

    @property
    def n_slots(self) -> int:
        return sum(v.size for v in self.vectors)

    @property
    def n_qubits(self) -> int:
        return self.registers[-1].first + self.registers[-1].size if self.registers else 0

    @property
    def n_bits(self) -> int:
        return self.bits[-1].first + self.bits[-1].size if self.bits else 0

    def name_of_qubit(self, qubit: int) -> str | None:
        """As a program writes it; None of one that is not declared."""
        for register in self.registers:
            if 0 <= qubit - register.first < register.size:
                value = self.scope.values.get(register.name)
                is_single = isinstance(value, Qubits) and value.scalar
                return register.name if is_single else f"{register.name}[{qubit - register.first}]"
        return None

    def name_of_bits(self, bits: Set[int]) -> str | None:
        """The first of these bits, or its register if all of that are among them. None of bits
        that are not declared."""
        for register in self.bits:
            among = [k for k in range(register.size) if register.first + k in bits]
            if among:
                whole = len(among) == register.size
                return register.name if whole else f"{register.name}[{among[0]}]"
        return None


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
    for parameter in model.declaration.syntax.parameters:
        name = parameter.name.id
        value = settings.get(name, model.parameters[name])
        if value is None:
            problems.add(MissingInteger(parameter.span, name, model.name))
            value = 2
        declared.scope.values[name] = value
    for statement in model.declaration.body:
        try:
            _statement(statement, declared, network)
        except Refusal as refusal:
            declared.scope.refuse(tree.declared(statement), refusal.problem)
            problems.add(refusal.problem)
    return declared


def _statement(statement: tree.Statement, declared: Declared, network: Network | None) -> None:
    match statement:
        case tree.TypedVector(syntax=node, symbol=symbol):
            _check_owner(node.owner, network)
            value = _given(statement, declared.scope)
            if value is None:
                _vector(statement, declared)
            else:
                declared.scope.values[symbol.name] = value
        case tree.Registers(syntax=node):
            place = _qubits if isinstance(node, syntax.QubitsDecl) else _bits
            for register, size in zip(node.registers, statement.sizes, strict=True):
                place(register, _size(register, size, declared.scope), declared)
        case tree.TypedLet(symbol=symbol, value=value):
            declared.scope.values[symbol.name] = evaluate(value, declared.scope)


def _check_owner(owner: syntax.Name | None, network: Network | None) -> None:
    if network is not None and owner is not None and owner.id not in network.index:
        meant = closest(owner.id, network.index)
        raise Refusal(UnknownNode(owner.span, owner.id, network.name, tuple(network.index), meant))


def _given(statement: tree.TypedVector, scope: Scope) -> Value | None:
    """A graph, or data whose numbers stand in the program, of the declared shape."""
    expr = statement.value
    if expr is None:
        return None
    if isinstance(expr.syntax, syntax.StringLit):
        return read_graph(expr.syntax, scope.folders)
    value = evaluate(expr, scope)
    if statement.syntax.type.kind.id == "graph":
        return as_graph(value, expr.span)
    shape = _shape(statement, scope)
    if not _has_shape(value, shape):
        wanted = f"numbers of shape {list(shape)}" if shape else "a number"
        raise Refusal(TypeMismatch(expr.span, wanted, describe(value)))
    return value


def _has_shape(value: object, shape: tuple[int, ...]) -> bool:
    if not shape:
        return isinstance(value, (int, float))
    if not isinstance(value, tuple) or len(value) != shape[0]:
        return False
    return all(_has_shape(part, shape[1:]) for part in value)


def _shape(statement: tree.TypedVector, scope: Scope) -> tuple[int, ...]:
    shape = []
    for dimension in statement.shape:
        size = integer(dimension, scope, "an integer size")
        if size < 0:
            name = statement.symbol.name
            raise Refusal(InvalidSize(dimension.span, name, size, "at least 0 is wanted"))
        shape.append(size)
    return tuple(shape)


def _vector(statement: tree.TypedVector, declared: Declared) -> None:
    symbol, type_ = statement.symbol, statement.syntax.type
    shape = _shape(statement, declared.scope)
    if type_.kind.id == "matching":
        (size,) = shape
        if size % 2 or not size:
            wanted = "a matching pairs an even number of elements"
            raise Refusal(InvalidSize(type_.span, symbol.name, size, wanted))
        shape = (size // 2, 2)
    vector = VectorSlots(
        symbol.name, symbol.role, type_.kind.id, shape, symbol.owner, declared.n_slots, symbol.span
    )
    _limited(vector.start + vector.size, MAX_NUMBERS, "numbers of data and parameters", type_.span)
    declared.vectors.append(vector)
    declared.scope.values[symbol.name] = View.whole(vector)


def _limited(found: int, limit: int, what: str, span: Span) -> None:
    """`Refusal` of more than the limit."""
    if found > limit:
        raise Refusal(ModelTooLarge(span, what, readable(found), limit))


def readable(count: int) -> str:
    return f"{count:,}" if count < 10**15 else f"about 10**{len(str(count)) - 1}"


def _qubits(register: syntax.RegisterDecl, size: int, declared: Declared) -> None:
    name, first = register.name.id, declared.n_qubits
    _limited(first + size, MAX_QUBITS, "qubits", register.span)
    declared.registers.append(RegisterPlace(name, first, size))
    ids = range(first, first + size)
    declared.scope.values[name] = Qubits(name, ids, register.size is None)


def _bits(register: syntax.RegisterDecl, size: int, declared: Declared) -> None:
    name, first = register.name.id, declared.n_bits
    _limited(first + size, MAX_QUBITS, "classical bits", register.span)
    declared.bits.append(RegisterPlace(name, first, size))
    ids = range(first, first + size)
    declared.scope.values[name] = Bits(name, ids, register.size is None)


def _size(register: syntax.RegisterDecl, expr: tree.Expr | None, scope: Scope) -> int:
    if expr is None:
        return 1
    size = integer(expr, scope, "an integer size")
    if size < 1:
        wanted = "a register has at least one element"
        raise Refusal(InvalidSize(expr.span, register.name.id, size, wanted))
    return size
