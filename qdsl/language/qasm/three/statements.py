"""What every statement of OpenQASM 3 does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from openqasm3 import ast

from qdsl.language.qasm.three.assignments import assign, measure_into, new_variable, target_of
from qdsl.language.qasm.three.expressions import truth_of
from qdsl.language.qasm.three.gate_calls import gate_call, phase_call
from qdsl.language.qasm.three.operands import operand
from qdsl.language.qasm.three.reading import TextEnded, TextReading
from qdsl.language.qasm.three.subroutines import RoutineEnded, define
from qdsl.language.qasm.three.values import (
    BitSlice,
    NotExpressible,
    QubitSlice,
    SignedCells,
    TextScope,
    Variable,
    Wrong,
    converted,
)
from qdsl.language.values.cells import Cells
from qdsl.language.values.truth import Truth

STANDARD = ("stdgates.inc", "qelib1.inc")


class Left(Exception):
    """`break` (True) or `continue`, and under which condition it stands."""

    def __init__(self, is_break: bool, condition: Truth) -> None:
        super().__init__()
        self.is_break = is_break
        self.condition = condition


def block(run: TextReading, statements: Sequence[Any], scope: TextScope) -> None:
    """Statements one after the other, in a scope."""
    for statement in statements:
        run.spend()
        run.located(statement)
        action = _ACTIONS.get(type(statement))
        if action is None:
            name = _CALLED.get(type(statement), type(statement).__name__)
            raise NotExpressible(f"`{name}` has no counterpart here", statement)
        try:
            action(run, statement, scope)
        except OverflowError:
            what = "a number beyond the largest floating-point number"
            raise NotExpressible(what, statement) from None


def _nothing(run: TextReading, node: Any, scope: TextScope) -> None:
    """Says nothing about the circuit."""


def _include(run: TextReading, node: ast.Include, scope: TextScope) -> None:
    if node.filename not in STANDARD:
        raise NotExpressible(f"'{node.filename}' cannot be included", node)
    run.gates.include()


def _qubits(run: TextReading, node: ast.QubitDeclaration, scope: TextScope) -> None:
    if scope.around is not None:
        raise Wrong("qubits are declared outside of blocks", node)
    size = 1 if node.size is None else run.expressions.integer(node.size, scope)
    if size < 1:
        raise Wrong(f"{size} is no number of qubits", node)
    ids = run.new_qubits(node.qubit.name, size)
    run.declare(node.qubit.name, QubitSlice(ids, node.size is None), scope)


def _classical(run: TextReading, node: ast.ClassicalDeclaration, scope: TextScope) -> None:
    if isinstance(node.type, ast.StretchType | ast.DurationType):
        run.left_out = run.left_out or node
    type_ = run.expressions.type_of(node.type, scope)
    start = node.init_expression
    if isinstance(start, ast.QuantumMeasurement):
        variable = new_variable(run, node.identifier.name, type_, None, scope)
        measure_into(run, start, target_of(run, node.identifier, scope), scope)
        return
    value = None if start is None else run.expressions.of(start, scope)
    variable = new_variable(run, node.identifier.name, type_, None, scope)
    if value is not None:
        variable.value = converted(value, type_)


def _constant(run: TextReading, node: ast.ConstantDeclaration, scope: TextScope) -> None:
    type_ = run.expressions.type_of(node.type, scope)
    value = converted(run.expressions.of(node.init_expression, scope), type_)
    constant = Variable(node.identifier.name, type_, value, True)
    run.declare(node.identifier.name, constant, scope)


def _io(run: TextReading, node: ast.IODeclaration, scope: TextScope) -> None:
    type_ = run.expressions.type_of(node.type, scope)
    name = node.identifier.name
    if node.io_identifier is ast.IOKeyword.output:
        new_variable(run, name, type_, None, scope).is_output = True
        return
    if type_.kind not in ("angle", "float"):
        what = f"an input of type '{type_.kind}' shapes the circuit; make it a `const`"
        raise NotExpressible(what, node)
    value = run.new_input(name, type_.sizes)
    run.declare(name, Variable(name, type_, value, True), scope)


def _alias(run: TextReading, node: ast.AliasStatement, scope: TextScope) -> None:
    value = node.value
    found: Any = None
    if isinstance(value, ast.Identifier):
        found = run.expressions.named(value, scope)
    elif isinstance(value, ast.IndexExpression) and isinstance(value.collection, ast.Identifier):
        whole = run.expressions.named(value.collection, scope)
        found = run.expressions.item(whole, value.index, scope, value)
    else:
        found = run.expressions.of(value, scope)
    scope.names[node.target.name] = found


def _gate_definition(run: TextReading, node: ast.QuantumGateDefinition, scope: TextScope) -> None:
    run.gates.define(node)


def _reset(run: TextReading, node: ast.QuantumReset, scope: TextScope) -> None:
    for qubit in operand(run, node.qubits, scope).ids:
        run.reset(qubit)


def _barrier(run: TextReading, node: ast.QuantumBarrier, scope: TextScope) -> None:
    found = [q for each in node.qubits for q in operand(run, each, scope).ids]
    if not node.qubits:
        found = list(range(sum(size for _, size in run.registers)))
    run.barrier(tuple(dict.fromkeys(found)))


def _delay(run: TextReading, node: ast.DelayInstruction, scope: TextScope) -> None:
    """A barrier: time is left out."""
    run.left_out = run.left_out or node
    for each in node.qubits:
        run.barrier(operand(run, each, scope).ids)


def _box(run: TextReading, node: ast.Box, scope: TextScope) -> None:
    """Its statements, with a barrier before and one behind on the qubits that they use."""
    run.left_out = run.left_out or (node if node.duration is not None else None)
    start = len(run.happenings)
    block(run, node.body, TextScope(scope))
    used = sorted({q for h in run.happenings[start:] for q in h.qubits})
    inside = run.happenings[start:]
    del run.happenings[start:]
    run.located(node)
    run.barrier(tuple(used))
    run.happenings += inside
    run.barrier(tuple(used))


def _measurement(run: TextReading, node: ast.QuantumMeasurementStatement, scope: TextScope) -> None:
    target = None if node.target is None else target_of(run, node.target, scope)
    measure_into(run, node.measure, target, scope)


def _assignment(run: TextReading, node: ast.ClassicalAssignment, scope: TextScope) -> None:
    assign(run, node, scope)


def _expression(run: TextReading, node: ast.ExpressionStatement, scope: TextScope) -> None:
    run.expressions.of(node.expression, scope)


# ---- control -------------------------------------------------------------------------------


def _if(run: TextReading, node: ast.BranchingStatement, scope: TextScope) -> None:
    test = _test(run, node.condition, scope)
    for body, holds in ((node.if_block, test), (node.else_block, ~test)):
        _branch(run, body, holds, scope)


def _test(run: TextReading, node: Any, scope: TextScope) -> Truth:
    found: Truth = truth_of(run.expressions.of(node, scope))
    return found


def _branch(run: TextReading, body: Sequence[Any], test: Truth, scope: TextScope) -> None:
    if test.constant is False or not body:
        return
    with run.under(test):
        if run.condition.constant is not False:
            block(run, body, TextScope(scope))


def _for(run: TextReading, node: ast.ForInLoop, scope: TextScope) -> None:
    type_ = run.expressions.type_of(node.type, scope)
    over = node.set_declaration
    for number in run.expressions.numbers(over, scope):
        inner = TextScope(scope)
        value = converted(number, type_)
        inner.names[node.identifier.name] = Variable(node.identifier.name, type_, value)
        if not _turn(run, node.block, inner):
            return


def _while(run: TextReading, node: ast.WhileLoop, scope: TextScope) -> None:
    while True:
        run.located(node)
        test = _test(run, node.while_condition, scope)
        if test.constant is None:
            what = "`while` ends by what is measured: no number of turns is known beforehand"
            raise NotExpressible(what, node)
        if not test.constant or not _turn(run, node.block, TextScope(scope)):
            return


def _turn(run: TextReading, body: Sequence[Any], scope: TextScope) -> bool:
    """One turn of a loop; False if it is left."""
    run.spend()
    condition = run.condition
    try:
        block(run, body, scope)
    except Left as left:
        if left.condition != condition:
            word = "break" if left.is_break else "continue"
            raise NotExpressible(f"`{word}` is decided by what is measured") from None
        return not left.is_break
    return True


def _leave(run: TextReading, node: Any, scope: TextScope) -> None:
    raise Left(isinstance(node, ast.BreakStatement), run.condition)


def _switch(run: TextReading, node: ast.SwitchStatement, scope: TextScope) -> None:
    target = run.expressions.of(node.target, scope)
    target = target.cells if isinstance(target, BitSlice) else target
    if not isinstance(target, Cells | SignedCells | int):
        raise Wrong("`switch` is of an integer", node)
    left = Truth.of(True)
    for labels, body in node.cases:
        test = Truth.of(False)
        for label in labels:
            number = run.expressions.integer(label, scope)
            same = target == number if isinstance(target, int) else target.equals(number)
            test = test | (Truth.of(same) if isinstance(same, bool) else same)
        _branch(run, body.statements, left & test, scope)
        left = left & ~test
    if node.default is not None:
        _branch(run, node.default.statements, left, scope)


def _compound(run: TextReading, node: ast.CompoundStatement, scope: TextScope) -> None:
    block(run, node.statements, TextScope(scope))


def _end(run: TextReading, node: ast.EndStatement, scope: TextScope) -> None:
    if not run.condition.constant:
        raise NotExpressible("`end` is decided by what is measured", node)
    raise TextEnded


def _return(run: TextReading, node: ast.ReturnStatement, scope: TextScope) -> None:
    if not run.depth:
        raise Wrong("`return` outside of a subroutine", node)
    value = node.expression
    if isinstance(value, ast.QuantumMeasurement):
        qubits = operand(run, value.qubit, scope)
        raise RoutineEnded(Cells(tuple(run.measure(q, None) for q in qubits.ids)), run.condition)
    found = None if value is None else run.expressions.of(value, scope)
    raise RoutineEnded(found, run.condition)


_ACTIONS: dict[type, Callable[[TextReading, Any, TextScope], None]] = {
    ast.Include: _include,
    ast.Pragma: _nothing,
    ast.QubitDeclaration: _qubits,
    ast.ClassicalDeclaration: _classical,
    ast.ConstantDeclaration: _constant,
    ast.IODeclaration: _io,
    ast.AliasStatement: _alias,
    ast.QuantumGateDefinition: _gate_definition,
    ast.SubroutineDefinition: define,
    ast.ExternDeclaration: define,
    ast.QuantumGate: gate_call,
    ast.QuantumPhase: phase_call,
    ast.QuantumReset: _reset,
    ast.QuantumBarrier: _barrier,
    ast.DelayInstruction: _delay,
    ast.Box: _box,
    ast.QuantumMeasurementStatement: _measurement,
    ast.ClassicalAssignment: _assignment,
    ast.ExpressionStatement: _expression,
    ast.BranchingStatement: _if,
    ast.ForInLoop: _for,
    ast.WhileLoop: _while,
    ast.BreakStatement: _leave,
    ast.ContinueStatement: _leave,
    ast.SwitchStatement: _switch,
    ast.CompoundStatement: _compound,
    ast.EndStatement: _end,
    ast.ReturnStatement: _return,
}
_CALLED = {
    ast.CalibrationDefinition: "defcal", ast.CalibrationGrammarDeclaration: "defcalgrammar",
    ast.CalibrationStatement: "cal",
}  # fmt: skip
