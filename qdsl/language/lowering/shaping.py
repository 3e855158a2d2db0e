"""Which names the size of a piece of program depends on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from qdsl.language import syntax
from qdsl.language.check.model import CircuitEntry
from qdsl.language.lowering.conditions import mentions_bits
from qdsl.language.values.domain import View
from qdsl.language.values.scope import Scope

Circuits = Mapping[str, CircuitEntry]
Names = frozenset[str]

NONE: Names = frozenset()


def names_in(node: Any) -> Names:
    """Every name that occurs in an expression."""
    if isinstance(node, syntax.Name):
        return frozenset({node.id})
    if isinstance(node, tuple):
        return NONE.union(*(names_in(part) for part in node))
    match node:
        case syntax.Unary():
            return names_in(node.operand)
        case syntax.Binary():
            return names_in(node.left) | names_in(node.right)
        case syntax.Range():
            return names_in((node.lo, node.hi, node.step))
        case syntax.Index():
            return names_in(node.base) | names_in(node.items)
        case syntax.Call():
            return names_in(node.args) | names_in(tuple(k.value for k in node.keywords))
        case syntax.ListLit():
            return names_in(node.items)
        case syntax.SumOver():
            return names_in(node.iterable) | names_in(node.body)
        case syntax.PauliOn():
            return names_in(node.operand.indices) | {node.operand.name.id}
    return NONE


def shaping_names(body: tuple[syntax.Statement, ...], scope: Scope, circuits: Circuits) -> Names:
    """The names whose values can change how many operations a body has."""
    wanted = NONE
    for statement in reversed(body):
        if isinstance(statement, syntax.Let):
            if statement.name.id in wanted:
                wanted = (wanted - {statement.name.id}) | names_in(statement.value)
        else:
            wanted |= _shaping(statement, scope, circuits)
    return wanted


def _shaping(statement: syntax.Statement, scope: Scope, circuits: Circuits) -> Names:
    match statement:
        case syntax.For():
            inner = shaping_names(statement.body, scope, circuits)
            return (inner - {n.id for n in statement.names}) | names_in(statement.iterable)
        case syntax.If():
            dynamic = mentions_bits(statement.condition, scope)
            found = NONE if dynamic else names_in(statement.condition)
            inner = shaping_names(statement.then, scope, circuits)
            return found | inner | shaping_names(statement.otherwise, scope, circuits)
        case syntax.At():
            return shaping_names(statement.body, scope, circuits)
        case syntax.Apply():
            return _of_apply(statement, scope, circuits)
        case syntax.Measure():
            return _of_operands((statement.operand,))
        case syntax.Reset() | syntax.Barrier() | syntax.Move():
            return _of_operands(statement.operands)
    return NONE


def _of_operands(operands: Iterable[syntax.Operand]) -> Names:
    """Ranges change how many qubits an operand has; single indices do not."""
    ranges = (i for o in operands for i in o.indices if isinstance(i, syntax.Range))
    return NONE.union(*(names_in(r) for r in ranges))


def _of_apply(statement: syntax.Apply, scope: Scope, circuits: Circuits) -> Names:
    found = _of_operands(statement.operands) | names_in(
        tuple(m.argument for m in statement.modifiers if m.argument is not None)
    )
    circuit = circuits.get(statement.name.id)
    if isinstance(circuit, syntax.CircuitDecl):
        for parameter, arg in zip(circuit.parameters, statement.args, strict=False):
            found |= _of_argument(parameter.type, arg, scope)
    return found


def _of_argument(declared: syntax.TypeExpr, arg: syntax.Expr, scope: Scope) -> Names:
    if declared.kind.id in ("angle", "real") and not declared.shape:
        return NONE
    if isinstance(arg, syntax.Index) and isinstance(arg.base, syntax.Name):
        is_view = isinstance(scope.values.get(arg.base.id), View)
        items = tuple(i for i in arg.items if isinstance(i, syntax.Range))
        return names_in(items) if is_view else names_in(arg)
    return names_in(arg)
