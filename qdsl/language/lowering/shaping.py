"""Which names the size of a piece of program depends on."""

from __future__ import annotations

from collections.abc import Iterable

from qdsl.language import syntax
from qdsl.language.lowering.calls import kind_of
from qdsl.language.typed import tree
from qdsl.language.values.domain import View
from qdsl.language.values.scope import Scope

Names = frozenset[str]

NONE: Names = frozenset()


def shaping_names(body: tree.Body, scope: Scope) -> Names:
    """The names whose values can change how many operations a body has."""
    wanted = NONE
    for statement in reversed(body):
        if isinstance(statement, tree.TypedLet):
            if statement.symbol.name in wanted:
                wanted = (wanted - {statement.symbol.name}) | statement.value.names
        else:
            wanted |= _shaping(statement, scope)
    return wanted


def _shaping(statement: tree.Statement, scope: Scope) -> Names:
    match statement:
        case tree.TypedFor():
            inner = shaping_names(statement.body, scope)
            return (inner - {s.name for s in statement.symbols}) | statement.iterable.names
        case tree.TypedIf():
            found = NONE if statement.is_dynamic else statement.condition.names
            inner = shaping_names(statement.then, scope)
            return found | inner | shaping_names(statement.otherwise, scope)
        case tree.TypedAt():
            return shaping_names(statement.body, scope)
        case tree.TypedApply():
            return _of_apply(statement, scope)
        case tree.TypedMeasure():
            return _of_operands((statement.operand,))
        case tree.OnQubits():
            return _of_operands(statement.operands)
    return NONE


def _of_operands(operands: Iterable[tree.TypedOperand]) -> Names:
    """Ranges change how many qubits an operand has; single indices do not."""
    return _in_ranges(index for operand in operands for index in operand.indices)


def _in_ranges(items: Iterable[tree.Expr]) -> Names:
    return NONE.union(*(i.names for i in items if isinstance(i.syntax, syntax.Range)))


def _of_apply(statement: tree.TypedApply, scope: Scope) -> Names:
    found = _of_operands(statement.operands)
    found = found.union(*(m.argument.names for m in statement.modifiers if m.argument is not None))
    if isinstance(statement.operation, tree.TypedCircuit):
        for parameter, arg in zip(statement.operation.parameters, statement.args, strict=True):
            found |= _of_argument(parameter, arg, scope)
    return found


def _of_argument(declared: tree.Parameter, arg: tree.Expr, scope: Scope) -> Names:
    if kind_of(declared) in ("angle", "real") and not declared.sizes:
        return NONE
    if isinstance(arg.syntax, syntax.Index) and isinstance(arg.syntax.base, syntax.Name):
        is_view = isinstance(scope.values.get(arg.syntax.base.id), View)
        return _in_ranges(arg.parts[1:]) if is_view else arg.names
    return arg.names
