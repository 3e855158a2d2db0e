"""Gates, encodings, Pauli rotations and circuits: their names, arguments and operands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qdsl.language import syntax
from qdsl.language.check.types import UNKNOWN, Symbol, Type
from qdsl.language.lowering.actions import ENCODED_KINDS
from qdsl.language.lowering.calls import ACCEPTS
from qdsl.language.lowering.errors.operations import (
    InvalidModifier,
    InvalidPauliWord,
    UnknownOperation,
    WrongOperandCount,
)
from qdsl.language.lowering.modified import CONTROLS
from qdsl.language.lowering.steps import APPLICABLE, ENCODINGS, GATES
from qdsl.language.parser.spelling import closest
from qdsl.language.values.errors import (
    NotKnownAtCompileTime,
    WrongArgumentCount,
    WrongDimensions,
    WrongKind,
)

if TYPE_CHECKING:
    from qdsl.language.check.body import Body


# Names that other languages give to gates.
OTHER_NAMES = {
    "cnot": "cx", "ccnot": "ccx", "toffoli": "ccx", "fredkin": "cswap", "hadamard": "h",
    "not": "x", "phase_shift": "p", "cphase": "cp", "cu1": "cp", "u1": "p", "u3": "u",
    "paulix": "x", "pauliy": "y", "pauliz": "z", "v": "sx", "i": "id", "zz": "rzz",
}  # fmt: skip
# What declares registers elsewhere.
REGISTERS = {"qubit": "qubits", "qbit": "qubits", "qreg": "qubits", "bit": "bits", "creg": "bits"}


def check_apply(body: Body, statement: syntax.Apply) -> None:
    """Everything about one operation that does not depend on sizes."""
    if statement.name.id in REGISTERS and statement.name.id not in body.circuits:
        _register(body, statement)
        return
    registers = [body.typist.operand(o) for o in statement.operands]
    n_controls = _modifiers(body, statement)
    name = statement.name.id
    circuit = body.circuits.get(name)
    if isinstance(circuit, syntax.CircuitDecl):
        _circuit(body, statement, circuit, n_controls)
    elif circuit is not None:
        _count_arguments(body, statement, 0, "arguments")
    elif name in GATES:
        _gate(body, statement, registers, n_controls)
    elif name == "rot":
        _rotation(body, statement)
    elif name in ENCODINGS:
        _encoding(body, statement)
    else:
        _unknown(body, statement)


def _unknown(body: Body, statement: syntax.Apply) -> None:
    from qdsl.language.check.standard import module_with

    name = statement.name.id
    for arg in statement.args:
        body.typist.of(arg)
    meant = OTHER_NAMES.get(name.lower()) or closest(name, [*APPLICABLE, *body.circuits])
    problem = UnknownOperation(statement.name.span, name, meant, module_with(name))
    body.typist.problems.add(problem)


def _register(body: Body, statement: syntax.Apply) -> None:
    """`qubit q`: the names count as declared, so that their uses are no further errors."""
    word = statement.name
    problem = UnknownOperation(word.span, word.id, REGISTERS[word.id])
    body.typist.problems.add(problem)
    for operand in statement.operands:
        name = operand.name
        if body.typist.names.find(name.id) is None:
            symbol = Symbol(name.id, UNKNOWN, name.span, "qubits", uses=1)
            body.typist.names.symbols[name.id] = symbol


# ---- modifiers -------------------------------------------------------------------------


def _modifiers(body: Body, statement: syntax.Apply) -> int | None:
    """The number of controls if it can be read off, None if it depends on sizes."""
    total: int | None = 0
    for modifier in statement.modifiers:
        argument = modifier.argument
        if modifier.kind in CONTROLS:
            if argument is not None:
                body.typist.integer(argument, "a number of controls")
            count = argument.value if isinstance(argument, syntax.IntLit) else None
            count = 1 if argument is None else count
            total = None if total is None or count is None else total + count
        elif modifier.kind == "pow":
            _power(body, modifier)
        elif argument is not None:
            problem = InvalidModifier(modifier.span, "inv", "it takes nothing in parentheses")
            body.typist.problems.add(problem)
    return total


def _power(body: Body, modifier: syntax.Modifier) -> None:
    if modifier.argument is None:
        reason = "the power is missing: `pow(2) @`"
        body.typist.problems.add(InvalidModifier(modifier.span, "pow", reason))
        return
    found = body.typist.number(modifier.argument)
    if found.sort == "value":
        body.typist.problems.add(NotKnownAtCompileTime(modifier.argument.span, "a power"))


# ---- built-in operations ---------------------------------------------------------------


def _count_arguments(body: Body, statement: syntax.Apply, wanted: int, noun: str) -> bool:
    if len(statement.args) == wanted:
        return True
    text = f"{wanted} {noun if wanted != 1 else noun[:-1]}"
    name = statement.name
    problem = WrongArgumentCount(statement.span, name.id, text, len(statement.args))
    body.typist.problems.add(problem)
    return False


def _gate(
    body: Body, statement: syntax.Apply, registers: list[Symbol | None], n_controls: int | None
) -> None:
    entry = GATES[statement.name.id]
    _count_arguments(body, statement, entry.angles, "angles")
    for arg in statement.args:
        body.typist.angle(arg)
    wanted = entry.arity or 0
    found = len(statement.operands)
    if n_controls is None or found == wanted + n_controls:
        return
    if n_controls > 1 and found == wanted + 1:  # one register may hold all controls
        return
    text = f"{wanted} operand{'s' * (wanted != 1)}"
    if n_controls:
        text = f"{n_controls} control{'s' * (n_controls != 1)} and {text}"
    problem = WrongOperandCount(statement.span, statement.name.id, text, found)
    body.typist.problems.add(problem)


def _rotation(body: Body, statement: syntax.Apply) -> None:
    _count_arguments(body, statement, 1, "angles")
    for arg in statement.args:
        body.typist.angle(arg)
    word = statement.word
    if word is None:
        reason = "its Pauli word is missing: `rot(t) ZZ q[0], q[1]`"
        body.typist.problems.add(InvalidPauliWord(statement.span, "rot", reason))
    elif set(word.id) - set("IXYZ"):
        reason = "the letters are I, X, Y and Z"
        body.typist.problems.add(InvalidPauliWord(word.span, word.id, reason))


def _encoding(body: Body, statement: syntax.Apply) -> None:
    name = statement.name.id
    body.unconditional(name, statement.span)
    if statement.modifiers:
        modifier = statement.modifiers[-1]
        reason = f"`{name}` cannot be undone, repeated or controlled"
        body.typist.problems.add(InvalidModifier(modifier.span, modifier.kind, reason))
    if not _count_arguments(body, statement, 1, "arrays of data"):
        return
    check_array(body, statement.args[0], name)


def check_array(body: Body, arg: syntax.Expr, name: str) -> None:
    """The data that the encoding or output `name` takes."""
    found = body.typist.of(arg)
    wanted = f"an array of {' or '.join(ENCODED_KINDS[name])}"
    if found.is_unknown:
        return
    if found.sort != "value":
        body.typist.problems.add(WrongKind(arg.span, wanted, str(found)))
    elif found.kind.removeprefix("static ") not in ENCODED_KINDS[name]:
        body.typist.problems.add(WrongKind(arg.span, wanted, f"an array of {found.kind}"))
    elif not found.rank:
        what = f"'{arg.span.text}' is a single number; an array is wanted"
        body.typist.problems.add(WrongDimensions(arg.span, what))


# ---- circuits --------------------------------------------------------------------------


def _circuit(
    body: Body, statement: syntax.Apply, circuit: syntax.CircuitDecl, n_controls: int | None
) -> None:
    if len(statement.args) != len(circuit.parameters):
        wanted = len(circuit.parameters)
        text = f"{wanted} argument{'s' * (wanted != 1)}"
        name, found = circuit.name, len(statement.args)
        problem = WrongArgumentCount(statement.span, name.id, text, found, name.span)
        body.typist.problems.add(problem)
    for parameter, arg in zip(circuit.parameters, statement.args, strict=False):
        _argument(body, parameter, arg)
    wanted = len(circuit.qubits)
    found = len(statement.operands)
    allowed = {wanted + 1, wanted + (n_controls or 0)} if n_controls != 0 else {wanted}
    if n_controls is not None and found not in allowed:
        text = f"{wanted} operand{'s' * (wanted != 1)}"
        text += f" and {n_controls} control{'s' * (n_controls != 1)}" if n_controls else ""
        name = circuit.name
        count = WrongOperandCount(statement.span, name.id, text, found, name.span)
        body.typist.problems.add(count)


def _argument(body: Body, parameter: syntax.CircuitParameter, arg: syntax.Expr) -> None:
    kind, rank = parameter.type.kind.id, len(parameter.type.shape)
    typist = body.typist
    if kind in ("angle", "real") and not rank:
        typist.angle(arg)
    elif kind in ("int", "bits") and not rank:
        typist.integer(arg, "an integer argument")
    elif kind == "graph":
        found = typist.of(arg)
        if found.sort not in ("graph", "unknown"):
            typist.problems.add(WrongKind(arg.span, "a graph", str(found)))
    elif kind in ACCEPTS:
        _array(body, parameter, arg, Type("value", kind, rank))


def _array(body: Body, parameter: syntax.CircuitParameter, arg: syntax.Expr, wanted: Type) -> None:
    typist = body.typist
    found = typist.of(arg)
    if found.is_unknown or found.sort == "list":
        return
    text = f"an array {parameter.type.span.text}"
    if found.sort != "value":
        typist.problems.add(WrongKind(arg.span, text, str(found)))
    elif found.kind.removeprefix("static ") not in ACCEPTS[wanted.kind]:
        given = f"an array of {found.kind}" if found.rank else str(found)
        typist.problems.add(WrongKind(arg.span, text, given))
    elif found.rank != wanted.rank:
        what = f"'{parameter.name.id}' is {wanted}, but {found} is given"
        suggestion = f"pass a row: `{arg.span.text}[l]`" if found.rank > wanted.rank else None
        problem = WrongDimensions(arg.span, what, parameter.span, suggestion)
        typist.problems.add(problem)
