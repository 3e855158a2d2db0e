"""The data that encodings and outputs read: arrays of a kind, in a shape that fits the qubits."""

from __future__ import annotations

from qdsl.diagnostics.reported import Refusal
from qdsl.diagnostics.source import Span
from qdsl.language.typed import tree
from qdsl.language.typed.errors.operations import EncodingSizeMismatch
from qdsl.language.typed.evaluate import evaluate
from qdsl.language.values.domain import View, describe
from qdsl.language.values.errors import TypeMismatch, WrongDimensions
from qdsl.language.values.scope import Scope

ENCODED_KINDS = {
    "amplitude": ("real", "angle", "int", "bits"),
    "reflect": ("real", "angle", "int", "bits"),
    "phase": ("bits", "angle", "real"),
    "diagonal": ("bits", "angle", "real"),
    "relabel": ("matching",),
    "block": ("real",),
    "lcu": ("real",),
    "eigenbasis": ("real",),
    "expect": ("real",),
    "quadratic": ("real",),
}
GIVEN = (
    "what is encoded is given when the program runs: declare `data x: real[4]` without a value, "
    'and name its file in an experiment, as in `data x from "x.csv"`'
)
FLAGS = {"block": "spectral", "lcu": "lcu"}  # encodings that can fail, and what they divide by
SQUARE = ("eigenbasis", "expect", "quadratic")
MATRICES = (*FLAGS, "eigenbasis")


def encoded_data(expr: tree.Expr, name: str, scope: Scope) -> View:
    """The array an encoding reads: consecutive numbers of a kind that it takes."""
    value = evaluate(expr, scope)
    wanted = ENCODED_KINDS[name]
    text = f"an array of {' or '.join(wanted)}"
    if not isinstance(value, View):
        raise Refusal(TypeMismatch(expr.span, text, describe(value), GIVEN))
    if value.kind not in wanted:
        raise Refusal(TypeMismatch(expr.span, text, f"an array of {value.kind}"))
    if not value.is_contiguous:
        suggestion = "declare it the other way round, so that a row is loaded"
        raise Refusal(
            TypeMismatch(expr.span, "consecutive numbers", "a column of an array", suggestion)
        )
    return value


def check_data(statement: tree.TypedApply, data: View, n_qubits: int) -> None:
    name = statement.name
    if name in MATRICES:
        check_matrix(statement.args[0], name, data, n_qubits, statement.span)
        return
    size = data.size
    fits = n_qubits >= 1 and size == 2 ** min(n_qubits, 64)
    if name in ("amplitude", "reflect") and len(data.shape) == 1 and n_qubits >= 1:
        fits = size >= 1 and max((size - 1).bit_length(), 1) == n_qubits
    if not fits:
        vector = data.vector
        raise Refusal(
            EncodingSizeMismatch(statement.span, vector.name, size, n_qubits, vector.span)
        )


def check_matrix(arg: tree.Expr, name: str, data: View, n_qubits: int, span: Span) -> None:
    """`Refusal` if it is no matrix for so many qubits."""
    vector = data.vector
    if len(data.shape) != 2:
        what = f"`{name}` takes a matrix; '{vector.name}' has {len(data.shape)} dimensions here"
        raise Refusal(WrongDimensions(arg.span, what, vector.span))
    side = max(data.shape)
    if side < 1 or max((side - 1).bit_length(), 1) != n_qubits:
        noun = "row" if side == data.shape[0] else "column"
        raise Refusal(EncodingSizeMismatch(span, vector.name, side, n_qubits, vector.span, noun))
    if name in SQUARE and data.shape[0] != data.shape[1]:
        shape = " x ".join(map(str, data.shape))
        what = f"`{name}` takes a square matrix; '{vector.name}' is {shape}"
        raise Refusal(WrongDimensions(arg.span, what, vector.span))
