"""Gates, encodings, Pauli rotations and circuits: their names, arguments and operands."""

from __future__ import annotations

from qdsl.language import syntax
from qdsl.language.check.context import Context
from qdsl.language.check.standard import module_with
from qdsl.language.lowering.calls import ACCEPTS
from qdsl.language.lowering.encodings import ENCODED_KINDS, GIVEN
from qdsl.language.lowering.modified import CONTROLS
from qdsl.language.qasm.rows import Inputs
from qdsl.language.syntax.foreign import OTHER_GATES, REGISTERS
from qdsl.language.syntax.spelling import closest
from qdsl.language.typed import tree
from qdsl.language.typed.errors.operations import (
    InvalidModifier,
    InvalidPauliWord,
    NoResults,
    UnknownOperation,
    WrongOperandCount,
)
from qdsl.language.typed.types import UNKNOWN, Symbol, Type
from qdsl.language.values.errors import (
    NotKnownAtCompileTime,
    TypeMismatch,
    WrongArgumentCount,
    WrongDimensions,
)
from qdsl.language.values.steps import APPLICABLE, ENCODINGS


def check_apply(body: Context, statement: syntax.Apply) -> tree.TypedApply | None:
    """Everything about one operation that does not depend on sizes."""
    name = statement.name.id
    if name in REGISTERS and name not in body.circuits:
        _register(body, statement)
        return None
    operands = tuple(map(body.typist.operand, statement.operands))
    modifiers = tuple(_modifier(body, modifier) for modifier in statement.modifiers)
    operation = body.circuits.get(name) or _builtin(name)
    n_controls = _controls(modifiers)
    args: tuple[tree.Expr, ...]
    match operation:
        case tree.TypedCircuit():
            args = _circuit(body, statement, operation.syntax, n_controls)
        case tree.Import(circuit=None):  # what it takes is not known
            args = body.typist.every(statement.args)
        case tree.Import(circuit=circuit):
            args = _imported(body, statement, circuit.inputs if circuit is not None else ())
        case tree.Builtin() if name in ENCODINGS:
            args = _encoding(body, statement)
        case tree.Builtin():
            args = _gate(body, statement, operation, n_controls)
        case None:
            args = body.typist.every(statement.args)
            _unknown(body, statement)
    targets = _targets(body, statement, operation)
    return tree.TypedApply(statement, operation, modifiers, args, operands, targets)


def _targets(
    body: Context, statement: syntax.Apply, operation: tree.CalledOperation
) -> tuple[tree.TypedOperand, ...]:
    """The registers of bits that take the results; only imported circuits have any."""
    targets = tuple(body.typist.operand(target, "bits") for target in statement.targets)
    if isinstance(operation, tree.Import):
        operation.drops_results |= not targets
    elif targets and operation is not None:
        problem = NoResults(statement.targets[0].span, statement.name.id, statement.name.span)
        body.typist.problems.add(problem)
    return targets


def _builtin(name: str) -> tree.Builtin | None:
    return tree.Builtin(name, APPLICABLE[name]) if name in APPLICABLE else None


def _unknown(body: Context, statement: syntax.Apply) -> None:
    name = statement.name.id
    meant = OTHER_GATES.get(name.lower()) or closest(name, [*APPLICABLE, *body.circuits])
    other = body.typist.names.other(name)
    what = other.what if other else None
    problem = UnknownOperation(statement.name.span, name, meant, module_with(name), what=what)
    body.typist.problems.add(problem)


def _register(body: Context, statement: syntax.Apply) -> None:
    """`qubit q`: the names count as declared, so that their uses are no further errors."""
    word = statement.name
    registers = ", ".join(operand.span.text for operand in statement.operands)
    meant = REGISTERS[word.id]
    problem = UnknownOperation(word.span, word.id, meant, None, f"{meant} {registers}")
    body.typist.problems.add(problem)
    for operand in statement.operands:
        name = operand.name
        if body.typist.names.find(name.id) is None:
            symbol = Symbol(name.id, UNKNOWN, name.span, "qubits", uses=1)
            body.typist.names.symbols[name.id] = symbol


# ---- modifiers -------------------------------------------------------------------------


def _modifier(body: Context, modifier: syntax.Modifier) -> tree.TypedModifier:
    argument = modifier.argument
    if modifier.kind in CONTROLS:
        if argument is None:
            return tree.TypedModifier(modifier, None)
        return tree.TypedModifier(modifier, body.typist.integer(argument, "a number of controls"))
    if modifier.kind == "pow":
        return tree.TypedModifier(modifier, _power(body, modifier))
    if argument is not None:
        problem = InvalidModifier(modifier.span, "inv", "it takes nothing in parentheses")
        body.typist.problems.add(problem)
    return tree.TypedModifier(modifier, None)


def _power(body: Context, modifier: syntax.Modifier) -> tree.Expr | None:
    if modifier.argument is None:
        reason = "the power is missing: `pow(2) @`"
        body.typist.problems.add(InvalidModifier(modifier.span, "pow", reason))
        return None
    found = body.typist.number(modifier.argument)
    if found.type.sort == "value":
        body.typist.problems.add(NotKnownAtCompileTime(found.span, "a power"))
    return found


def _controls(modifiers: tuple[tree.TypedModifier, ...]) -> int | None:
    """The number of controls if it can be read off, None if it depends on sizes."""
    total = 0
    for modifier in modifiers:
        if modifier.kind not in CONTROLS:
            continue
        node = modifier.argument.syntax if modifier.argument is not None else None
        if node is not None and not isinstance(node, syntax.IntLit):
            return None
        total += 1 if node is None else node.value
    return total


# ---- built-in operations ---------------------------------------------------------------


_ANGLES = {
    "angles": ("theta", "phi", "lambda"), "arrays of data": ("x",), "arguments": ("a", "b", "c")
}  # fmt: skip


def _form(statement: syntax.Apply, names: tuple[str, ...]) -> str:
    """The statement with these arguments, as far as they are not given."""
    given = [arg.span.text for arg in statement.args][: len(names)]
    inside = ", ".join((*given, *names[len(given) :]))
    word = f" {statement.word.id}" if statement.word else ""
    operands = ", ".join(operand.span.text for operand in statement.operands)
    form = f"{statement.name.id}{f'({inside})' if inside else ''}{word} {operands}"
    return form if len(form) <= 60 else f"{statement.name.id}({', '.join(names)}) q"


def _in_list(statement: syntax.Apply) -> str:
    """The statement with its arguments in one list."""
    items = ", ".join(arg.span.text for arg in statement.args)
    operands = ", ".join(operand.span.text for operand in statement.operands)
    return f"{statement.name.id}([{items}]) {operands}"


def _count_arguments(body: Context, statement: syntax.Apply, wanted: int, noun: str) -> bool:
    if len(statement.args) == wanted:
        return True
    text = f"{wanted} {noun if wanted != 1 else noun.replace('s', '', 1)}"
    name = statement.name
    form = _form(statement, _ANGLES[noun][:wanted]) if wanted < 4 else None
    problem = WrongArgumentCount(statement.span, name.id, text, len(statement.args), None, form)
    body.typist.problems.add(problem)
    return False


def _gate(
    body: Context, statement: syntax.Apply, operation: tree.Builtin, n_controls: int | None
) -> tuple[tree.Expr, ...]:
    _count_arguments(body, statement, operation.entry.angles, "angles")
    if operation.is_gate:
        _count_operands(body, statement, operation.entry.arity or 0, n_controls)
    else:
        _check_word(body, statement)
    return tuple(map(body.typist.angle, statement.args))


def _imported(body: Context, statement: syntax.Apply, inputs: Inputs) -> tuple[tree.Expr, ...]:
    """The angles that a file declares as `input`, in its order; an array has one dimension."""
    if not _count_arguments(body, statement, len(inputs), "arguments"):
        return body.typist.every(statement.args)
    found = []
    for arg, (_, size) in zip(statement.args, inputs, strict=True):
        expr = body.typist.angle(arg) if size is None else body.typist.of(arg)
        is_array = expr.type.sort in ("list", "unknown") or expr.type.rank == 1
        if size is not None and not is_array:
            wanted = f"an array of {size} angles"
            expr = body.typist.wrong(expr, TypeMismatch(arg.span, wanted, str(expr.type)))
        found.append(expr)
    return tuple(found)


def _count_operands(
    body: Context, statement: syntax.Apply, wanted: int, n_controls: int | None
) -> None:
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


def _check_word(body: Context, statement: syntax.Apply) -> None:
    word = statement.word
    if word is None:
        reason = "its Pauli word is missing: `rot(t) ZZ q[0], q[1]`"
        body.typist.problems.add(InvalidPauliWord(statement.span, "rot", reason))
    elif set(word.id) - set("IXYZ"):
        reason = "the letters are I, X, Y and Z"
        body.typist.problems.add(InvalidPauliWord(word.span, word.id, reason))


def _encoding(body: Context, statement: syntax.Apply) -> tuple[tree.Expr, ...]:
    name = statement.name.id
    body.unconditional(name, statement.span)
    if statement.modifiers:
        modifier = statement.modifiers[-1]
        reason = f"`{name}` cannot be undone, repeated or controlled"
        body.typist.problems.add(InvalidModifier(modifier.span, modifier.kind, reason))
    if not _count_arguments(body, statement, 1, "arrays of data"):
        return ()
    args = body.typist.every(statement.args)
    as_array(body, args[0], name)
    return args


def as_array(body: Context, arg: tree.Expr, name: str) -> None:
    """Report what is not the data that the encoding or output `name` takes."""
    found = arg.type
    wanted = f"an array of {' or '.join(ENCODED_KINDS[name])}"
    if found.is_unknown:
        return
    if found.sort != "value":
        body.typist.problems.add(TypeMismatch(arg.span, wanted, str(found), GIVEN))
    elif found.plain_kind not in ENCODED_KINDS[name]:
        body.typist.problems.add(TypeMismatch(arg.span, wanted, f"an array of {found.kind}"))
    elif not found.rank:
        what = f"'{arg.span.text}' is a single number; an array is wanted"
        body.typist.problems.add(WrongDimensions(arg.span, what))


# ---- circuits --------------------------------------------------------------------------


def _circuit(
    body: Context, statement: syntax.Apply, circuit: syntax.CircuitDecl, n_controls: int | None
) -> tuple[tree.Expr, ...]:
    name = circuit.name
    wanted, found = len(circuit.parameters), len(statement.args)
    if found != wanted:
        text = f"{wanted} argument{'s' * (wanted != 1)}"
        form = _form(statement, tuple(p.name.id for p in circuit.parameters))
        in_list = found > wanted == 1 and len(circuit.parameters[0].type.shape) == 1
        if in_list:
            form = _in_list(statement)
        problem = WrongArgumentCount(statement.span, name.id, text, found, name.span, form)
        body.typist.problems.add(problem)
        if in_list:
            return body.typist.every(statement.args)
    wanted, found = len(circuit.qubits), len(statement.operands)
    allowed = {wanted + 1, wanted + (n_controls or 0)} if n_controls != 0 else {wanted}
    if n_controls is not None and found not in allowed:
        text = f"{wanted} operand{'s' * (wanted != 1)}"
        text += f" and {n_controls} control{'s' * (n_controls != 1)}" if n_controls else ""
        count = WrongOperandCount(statement.span, name.id, text, found, name.span)
        body.typist.problems.add(count)
    both = zip(circuit.parameters, statement.args, strict=False)
    return tuple(_argument(body, parameter, arg) for parameter, arg in both)


def _argument(body: Context, parameter: syntax.CircuitParameter, arg: syntax.Expr) -> tree.Expr:
    kind, rank = parameter.type.kind.id, len(parameter.type.shape)
    typist = body.typist
    if kind in ("angle", "real") and not rank:
        return typist.angle(arg)
    if kind in ("int", "bits") and not rank:
        return typist.integer(arg, "an integer argument")
    found = typist.of(arg)
    if kind == "graph" and found.type.sort not in ("graph", "unknown"):
        typist.problems.add(TypeMismatch(arg.span, "a graph", str(found.type)))
    elif kind in ACCEPTS:
        _array(body, parameter, found, Type("value", kind, rank))
    return found


def _array(body: Context, parameter: syntax.CircuitParameter, arg: tree.Expr, wanted: Type) -> None:
    typist, found = body.typist, arg.type
    if found.is_unknown:
        return
    if found.sort == "list":
        _items(body, arg, wanted)
        return
    text = f"an array {parameter.type.span.text}"
    if found.sort != "value":
        typist.problems.add(TypeMismatch(arg.span, text, str(found)))
    elif found.plain_kind not in ACCEPTS[wanted.kind]:
        given = f"an array of {found.kind}" if found.rank else str(found)
        typist.problems.add(TypeMismatch(arg.span, text, given))
    elif found.rank != wanted.rank:
        what = f"'{parameter.name.id}' is {wanted}, but {found} is given"
        suggestion = f"pass a row: `{arg.span.text}[l]`" if found.rank > wanted.rank else None
        if (found.rank, wanted.rank) == (0, 1):
            suggestion = f"make a list of it: `[{arg.span.text}]`"
        problem = WrongDimensions(arg.span, what, parameter.span, suggestion)
        typist.problems.add(problem)


def _items(body: Context, arg: tree.Expr, wanted: Type) -> None:
    """Report what cannot stand in a list of angles or numbers, where the list is written."""
    is_written = isinstance(arg.syntax, syntax.ListLit)
    if is_written and wanted.kind in ("angle", "real") and wanted.rank == 1:
        for item in arg.parts:
            body.typist.as_angle(item)
