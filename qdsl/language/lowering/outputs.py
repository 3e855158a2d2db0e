"""What a model returns, with its qubits known."""

from __future__ import annotations

from itertools import combinations

from qdsl.diagnostics.reported import Refusal
from qdsl.language.lowering.context import Unrolling
from qdsl.language.lowering.encodings import check_matrix, encoded_data
from qdsl.language.lowering.observables import observable
from qdsl.language.lowering.returned import Returned
from qdsl.language.lowering.shown_bits import shown_on
from qdsl.language.typed import tree
from qdsl.language.typed.errors.flow import InvalidOutput
from qdsl.language.typed.evaluate import evaluate
from qdsl.language.values.domain import Bits, Qubits, describe
from qdsl.language.values.errors import TypeMismatch
from qdsl.language.values.scope import Scope

OUTPUTS = ("expect", "sample", "probability", "overlap", "norm2", "quadratic")
OF_BITS = ("sample", "probability")  # may name classical bits too
FLAGGED = ("norm2", "quadratic")  # a block encoding that failed counts as 0
SPOILING = ("overlap", "eigenvalue")  # what is measured is changed before
MAX_PROBABILITY_QUBITS = 30
MAX_FLAGS = 12  # behind a `norm2`: a mean of 2**flags Pauli words


def returned(output: tree.Output, scope: Scope, run: Unrolling) -> Returned:
    """The output, evaluated; `Refusal` if it is none."""
    if output.has_matrix:
        return _eigenvalue(output, scope, run)
    match output.kind:
        case "expect":
            words = tuple(sorted(observable(output.args[0], scope).items()))
            return Returned("expect", (), (), words, None, output.span)
        case "overlap":
            return _overlap(output, *(_register(arg, scope) for arg in output.args))
        case "norm2":
            return _norm(output, scope, run)
    return _of_qubits(output, scope, run)


NO_VECTOR = "nothing is encoded by `amplitude` or `block`: there is no norm to give back"


def failures_counted(output: tree.Output) -> InvalidOutput:
    """What is wrong with an output other than those of `FLAGGED` after a block encoding."""
    name = output.kind
    reason = f"a block encoding can fail, and '{name}' would count failures as successes"
    suggestion = "return `norm2(...)` or `quadratic(...)`, where a failure counts as 0"
    return InvalidOutput(output.span, reason, suggestion)


def _eigenvalue(output: tree.Output, scope: Scope, run: Unrolling) -> Returned:
    """The mean of a matrix in the state of a register, measured in its eigenbasis. `quadratic`
    is in the scale of the encoded vector, `expect` in that of the state."""
    name = output.kind
    matrix = encoded_data(output.args[0], name, scope)
    lane = tuple(q for arg in output.args[1:] for q in _register(arg, scope))
    if len(set(lane)) != len(lane):
        raise Refusal(InvalidOutput(output.span, f"a qubit occurs twice in '{name}'"))
    check_matrix(output.args[0], name, matrix, len(lane), output.span)
    if name == "expect":
        return Returned("eigenvalue", lane, (), (), None, output.span, (), matrix)
    if not run.scales and not run.problems.has_errors:
        raise Refusal(InvalidOutput(output.span, NO_VECTOR, "write `expect(M, q)`"))
    scales, flags = tuple(run.scales), tuple(run.flags)
    return Returned("eigenvalue", lane, flags, (), None, output.span, scales, matrix)


def _norm(output: tree.Output, scope: Scope, run: Unrolling) -> Returned:
    """The squared norm of the encoded vector: the mean of prod (1 + Z)/2 over the flags of all
    block encodings, which is the probability that none failed, times the squared scales."""
    qubits = {q for arg in output.args for q in _register(arg, scope)}
    if not run.scales and not run.problems.has_errors:
        raise Refusal(InvalidOutput(output.span, NO_VECTOR))
    if not run.encoded <= qubits:
        reason = "'norm2' is of the whole encoded vector, and some of its qubits are left out"
        raise Refusal(InvalidOutput(output.span, reason, "name every register that is encoded"))
    if run.n_flags > MAX_FLAGS:
        reason = f"'norm2' after block encodings of {run.n_flags} flags; {MAX_FLAGS} at most"
        raise Refusal(InvalidOutput(output.span, reason))
    subsets = (s for k in range(run.n_flags + 1) for s in combinations(run.flags, k))
    words = tuple((tuple((q, "Z") for q in s), 2.0**-run.n_flags) for s in subsets)
    return Returned("norm2", (), (), words, None, output.span, tuple(run.scales))


def _register(expr: tree.Expr, scope: Scope) -> tuple[int, ...]:
    value = evaluate(expr, scope)
    if not isinstance(value, Qubits):
        raise Refusal(TypeMismatch(expr.span, "qubits", describe(value)))
    return tuple(value.ids)


def _overlap(output: tree.Output, left: tuple[int, ...], right: tuple[int, ...]) -> Returned:
    if len(left) != len(right):
        reason = f"'overlap' compares {len(left)} with {len(right)} qubits"
        raise Refusal(InvalidOutput(output.span, reason, "give registers of one size"))
    if len({*left, *right}) != len(left) + len(right):
        raise Refusal(InvalidOutput(output.span, "'overlap' takes two disjoint registers"))
    return Returned("overlap", left, right, (), None, output.span)


class OutputsByQubit:
    """The outputs so far, by the qubits that they measure."""

    def __init__(self) -> None:
        self._measured: dict[int, Returned] = {}  # the first by qubit
        self._changed: dict[int, Returned] = {}  # only of those that change its state

    def add(self, output: Returned) -> None:
        """`Refusal` if an overlap or an eigenvalue and another output measure the same qubits:
        what ends the model leaves them in another state. Flags may be read twice."""
        changes, qubits = output.kind in SPOILING, sorted(_changed(output))
        before = self._measured if changes else self._changed
        other = next((before[q] for q in qubits if q in before), None)
        if other is not None:
            overlap = "overlap" in (output.kind, other.kind)
            what = "'overlap'" if overlap else "an eigenvalue's measurement"
            reason = f"{what} changes the qubits that another output measures"
            suggestion = "return it from a model of its own"
            raise Refusal(InvalidOutput(output.span, reason, suggestion, other.span))
        for qubit in qubits:
            self._measured.setdefault(qubit, output)
            if changes:
                self._changed[qubit] = output


def _changed(output: Returned) -> frozenset[int]:
    return frozenset(output.qubits) if output.kind == "eigenvalue" else output.seen


def _of_qubits(output: tree.Output, scope: Scope, run: Unrolling) -> Returned:
    kind = output.kind
    parts = [(arg, evaluate(arg, scope)) for arg in output.args]
    own = [q for _, part in parts if isinstance(part, Qubits) for q in part.ids]
    named = [b for _, part in parts if isinstance(part, Bits) for b in part.ids]
    if len(set(named)) != len(named):
        raise Refusal(InvalidOutput(output.span, f"a bit occurs twice in '{kind}'"))
    places: tuple[int | None, ...] = ()
    recorded: list[tuple[int, int]] = []
    for arg, part in parts:
        if isinstance(part, Bits):
            shown = shown_on(run, part, arg.span, {*own, *_on_qubits(places)})
            recorded += [(q, b) for q, b in zip(shown, part.ids, strict=True) if q is not None]
            places += shown
        else:
            places += _register(arg, scope)
    qubits = _on_qubits(places)
    if not places:
        raise Refusal(InvalidOutput(output.span, f"'{kind}' needs qubits", f"write `{kind}(q)`"))
    if len(set(qubits)) != len(qubits):
        raise Refusal(InvalidOutput(output.span, f"a qubit occurs twice in '{kind}'"))
    if kind == "probability" and len(places) > MAX_PROBABILITY_QUBITS:
        reason = f"'probability' of {len(places)} qubits is a table of 2**{len(places)} numbers"
        raise Refusal(InvalidOutput(output.span, reason, "use `sample`, or fewer qubits"))
    zeros = tuple(k for k, place in enumerate(places) if place is None)
    return Returned(kind, qubits, (), (), None, output.span, zeros=zeros, recorded=tuple(recorded))


def _on_qubits(places: tuple[int | None, ...]) -> tuple[int, ...]:
    return tuple(place for place in places if place is not None)
