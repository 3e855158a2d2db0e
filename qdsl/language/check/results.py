"""What a model returns."""

from __future__ import annotations

from qdsl.language import syntax
from qdsl.language.check.context import Context
from qdsl.language.check.operations import as_array
from qdsl.language.lowering.outputs import OF_BITS, OUTPUTS
from qdsl.language.syntax.foreign import OUTPUTS as FOREIGN_OUTPUTS
from qdsl.language.syntax.spelling import closest
from qdsl.language.typed import tree
from qdsl.language.typed.errors.flow import InvalidObservable, InvalidOutput
from qdsl.language.values.errors import NotKnownAtCompileTime, TypeMismatch

SHOTS_FORM = "the number of shots stands in an experiment: `experiment e of m { shots 1000 }`"
LEAST = {"overlap": 2, "quadratic": 2}
TAKES = {
    "overlap": "two registers",
    "expect": "one observable, or a matrix and registers",
    "quadratic": "a matrix and registers",
}


def check_return(body: Context, statement: syntax.Return) -> tree.TypedReturn:
    return tree.TypedReturn(statement, tuple(_output(body, output) for output in statement.outputs))


def _output(body: Context, output: syntax.OutputExpr) -> tree.Output:
    if output.to is not None:
        body.node(output.to, "to")
    args = body.typist.every(output.args)
    kind = output.function.id
    if kind not in OUTPUTS:
        meant = FOREIGN_OUTPUTS.get(kind.lower()) or closest(kind, OUTPUTS)
        known = f"the outputs are {', '.join(OUTPUTS)}"
        suggestion = f"did you mean '{meant}'?" if meant else known
        reason = f"no output is called '{kind}'"
        body.typist.problems.add(InvalidOutput(output.function.span, reason, suggestion))
        return tree.Output(output, args)
    if output.to is not None and kind != "sample":
        reason = f"'{kind}' is a number of the whole model; only samples go to a node"
        body.typist.problems.add(InvalidOutput(output.to.span, reason, "leave `to` out"))
    has_matrix = kind == "quadratic" or (kind == "expect" and _is_matrix(args))
    _check_count(body, output, has_matrix)
    for k, arg in enumerate(args):
        if has_matrix and k == 0:
            as_array(body, arg, kind)
        elif kind == "expect" and not has_matrix:
            _observable(body, arg)
        elif arg.type.sort == "bits" and kind in OF_BITS:
            continue
        elif arg.type.sort not in ("qubits", "unknown"):
            shots = SHOTS_FORM if arg.type.sort == "int" and k else None
            body.typist.problems.add(TypeMismatch(arg.span, "qubits", str(arg.type), shots))
    return tree.Output(output, args, has_matrix)


def _check_count(body: Context, output: syntax.OutputExpr, has_matrix: bool) -> None:
    kind, count = output.function.id, len(output.args)
    most = {"overlap": 2, "expect": count if has_matrix else 1}.get(kind, count)
    if not LEAST.get(kind, 1) <= count <= most:
        reason = f"'{kind}' takes {TAKES.get(kind, 'registers')}, not {count}"
        body.typist.problems.add(InvalidOutput(output.span, reason))


def _is_matrix(args: tuple[tree.Expr, ...]) -> bool:
    """Whether `expect` has a matrix, and not an observable, before registers."""
    if len(args) < 2 or not isinstance(args[0].syntax, syntax.Name | syntax.Index):
        return False
    return args[0].type.sort in ("value", "unknown")


def _observable(body: Context, arg: tree.Expr) -> None:
    found = arg.type
    if found.sort == "value":
        body.typist.problems.add(NotKnownAtCompileTime(arg.span, "an observable"))
    elif found.sort == "qubits":
        suggestion = f"write a letter before it: `Z {arg.span.text}`"
        reason = "these are qubits, without a Pauli letter"
        body.typist.problems.add(InvalidObservable(arg.span, reason, suggestion))
    elif found.sort not in ("observable", "int", "real", "unknown"):
        text = arg.span.text.strip('"')
        letters = text if text and set(text) <= set("XYZI") else "Z"
        product = " * ".join(f"{p} q[{k}]" for k, p in enumerate(letters[:4]))
        problem = InvalidObservable(arg.span, f"this is {found}", f"write `{product}`")
        body.typist.problems.add(problem)
