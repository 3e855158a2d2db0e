"""What a model returns, with its qubits known."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from qdsl.language import syntax
from qdsl.language.domain import Qubits, describe
from qdsl.language.evaluate import evaluate
from qdsl.language.lowering.flow_problems import InvalidOutput
from qdsl.language.lowering.observables import Word, observable
from qdsl.language.parser.spelling import closest
from qdsl.language.scope import Scope
from qdsl.language.value_problems import WrongKind
from qdsl.refusal import Refusal
from qdsl.source import Span

OUTPUTS = ("expect", "sample", "probability", "overlap")
MAX_PROBABILITY_QUBITS = 30


class Returned(NamedTuple):
    """One output; `others` is the second register of an overlap, `to` the node that learns it."""

    kind: str
    qubits: tuple[int, ...]
    others: tuple[int, ...]
    words: tuple[tuple[Word, float], ...]
    to: int | None
    span: Span

    @property
    def seen(self) -> frozenset[int]:
        """The qubits it measures."""
        in_words = (q for word, _ in self.words for q, _ in word)
        return frozenset((*self.qubits, *self.others, *in_words))


def returned(output: syntax.OutputExpr, scope: Scope) -> Returned:
    """The output, evaluated; `Refusal` if it is none."""
    kind = output.function.id
    if kind not in OUTPUTS:
        meant = closest(kind, OUTPUTS)
        suggestion = f"did you mean '{meant}'?" if meant else None
        raise Refusal(
            InvalidOutput(output.function.span, f"no output is called '{kind}'", suggestion)
        )
    if output.to is not None and kind != "sample":
        reason = f"'{kind}' is a number of the whole model; only samples go to a node"
        raise Refusal(InvalidOutput(output.to.span, reason, "leave `to` out"))
    if kind == "expect":
        _arity(output, 1)
        words = tuple(sorted(observable(output.args[0], scope).items()))
        return Returned(kind, (), (), words, None, output.span)
    if kind == "overlap":
        _arity(output, 2)
        left, right = (_register(arg, scope) for arg in output.args)
        return _overlap(output, left, right)
    return _of_qubits(output, scope)


def _arity(output: syntax.OutputExpr, wanted: int) -> None:
    if len(output.args) != wanted:
        name = output.function.id
        text = {1: "one observable", 2: "two registers"}[wanted]
        raise Refusal(InvalidOutput(output.span, f"'{name}' takes {text}, not {len(output.args)}"))


def _register(expr: syntax.Expr, scope: Scope) -> tuple[int, ...]:
    value = evaluate(expr, scope)
    if not isinstance(value, Qubits):
        raise Refusal(WrongKind(expr.span, "qubits", describe(value)))
    return tuple(value.ids)


def _overlap(output: syntax.OutputExpr, left: tuple[int, ...], right: tuple[int, ...]) -> Returned:
    if len(left) != len(right):
        reason = f"'overlap' compares {len(left)} with {len(right)} qubits"
        raise Refusal(InvalidOutput(output.span, reason, "give registers of one size"))
    if len({*left, *right}) != len(left) + len(right):
        raise Refusal(InvalidOutput(output.span, "'overlap' takes two disjoint registers"))
    return Returned("overlap", left, right, (), None, output.span)


def unspoilt(output: Returned, before: Sequence[Returned]) -> None:
    """`Refusal` if an overlap and another output measure the same qubits: the swap test that
    ends the model leaves them in another state."""
    for other in before:
        if "overlap" in (output.kind, other.kind) and output.seen & other.seen:
            reason = "'overlap' changes the qubits that another output measures"
            suggestion = "return the overlap from a model of its own"
            raise Refusal(InvalidOutput(output.span, reason, suggestion, other.span))


def _of_qubits(output: syntax.OutputExpr, scope: Scope) -> Returned:
    kind = output.function.id
    qubits = tuple(q for arg in output.args for q in _register(arg, scope))
    if not qubits:
        raise Refusal(InvalidOutput(output.span, f"'{kind}' needs qubits", f"write `{kind}(q)`"))
    if len(set(qubits)) != len(qubits):
        raise Refusal(InvalidOutput(output.span, f"a qubit occurs twice in '{kind}'"))
    if kind == "probability" and len(qubits) > MAX_PROBABILITY_QUBITS:
        reason = f"'probability' of {len(qubits)} qubits is a table of 2**{len(qubits)} numbers"
        raise Refusal(InvalidOutput(output.span, reason, "use `sample`, or fewer qubits"))
    return Returned(kind, qubits, (), (), None, output.span)
