"""What a model returns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qdsl.language import syntax
from qdsl.language.check.operations import check_array
from qdsl.language.lowering.errors.flow import InvalidObservable, InvalidOutput
from qdsl.language.lowering.outputs import OUTPUTS, TAKES
from qdsl.language.parser.spelling import closest
from qdsl.language.values.errors import NotKnownAtCompileTime, WrongKind

if TYPE_CHECKING:
    from qdsl.language.check.body import Body


LEAST = {"overlap": 2, "quadratic": 2}


def check_return(body: Body, statement: syntax.Return) -> None:
    for output in statement.outputs:
        _output(body, output)


def _output(body: Body, output: syntax.OutputExpr) -> None:
    kind = output.function.id
    problems = body.typist.problems
    if output.to is not None:
        body.node(output.to, "to")
    if kind not in OUTPUTS:
        for arg in output.args:
            body.typist.of(arg)
        meant = closest(kind, OUTPUTS)
        suggestion = f"did you mean '{meant}'?" if meant else None
        reason = f"no output is called '{kind}'"
        problems.add(InvalidOutput(output.function.span, reason, suggestion))
        return
    if output.to is not None and kind != "sample":
        reason = f"'{kind}' is a number of the whole model; only samples go to a node"
        problems.add(InvalidOutput(output.to.span, reason, "leave `to` out"))
    count = len(output.args)
    has_matrix = kind == "quadratic" or (kind == "expect" and _is_matrix(body, output))
    most = {"overlap": 2, "expect": count if has_matrix else 1}.get(kind, count)
    if not LEAST.get(kind, 1) <= count <= most:
        reason = f"'{kind}' takes {TAKES.get(kind, 'registers')}, not {count}"
        problems.add(InvalidOutput(output.span, reason))
    for k, arg in enumerate(output.args):
        if has_matrix and k == 0:
            check_array(body, arg, kind)
        elif kind == "expect" and not has_matrix:
            _observable(body, arg)
        else:
            _qubits(body, arg)


def _is_matrix(body: Body, output: syntax.OutputExpr) -> bool:
    """Whether `expect` has a matrix, and not an observable, before registers."""
    if len(output.args) < 2 or not isinstance(output.args[0], syntax.Name | syntax.Index):
        return False
    return body.typist.of(output.args[0]).sort in ("value", "unknown")


def _observable(body: Body, arg: syntax.Expr) -> None:
    found = body.typist.of(arg)
    if found.sort == "value":
        body.typist.problems.add(NotKnownAtCompileTime(arg.span, "an observable"))
    elif found.sort == "qubits":
        suggestion = f"write a letter before it: `Z {arg.span.text}`"
        reason = "these are qubits, without a Pauli letter"
        body.typist.problems.add(InvalidObservable(arg.span, reason, suggestion))
    elif found.sort not in ("observable", "int", "real", "unknown"):
        body.typist.problems.add(InvalidObservable(arg.span, f"this is {found}"))


def _qubits(body: Body, arg: syntax.Expr) -> None:
    found = body.typist.of(arg)
    if found.sort not in ("qubits", "unknown"):
        body.typist.problems.add(WrongKind(arg.span, "qubits", str(found)))
