"""Says what differs between a program and its source, once no proof was found.

The placed circuit in a distributed program is its source as the passes have rewritten it, operation
by operation. It proves nothing, but what is missing beside it is where to look.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from qdsl.diagnostics.source import Span
from qdsl.ir.operations import Kind
from qdsl.ir.stages import Circuit
from qdsl.records import dataclass
from qdsl.verify.translation.event import AffineAngle
from qdsl.verify.translation.logical import LogicalOp

MOST = 300_000  # operations; beyond, only the first of either program are looked at


@dataclass(frozen=True, slots=True)
class ExplainedDifference:
    """What differs, in words, and the place of the source it comes from."""

    text: str
    span: Span | None


def finding(
    expected: Circuit, wanted: Sequence[LogicalOp], found: Sequence[LogicalOp]
) -> ExplainedDifference | None:
    """The first operation that only one of them has. None if they have the same ones."""
    wanted, found = _acting(wanted[:MOST]), _acting(found[:MOST])
    missing = _first_without(wanted, found)
    extra = _first_without(found, wanted)
    if missing is None and extra is None:
        return _out_of_order(expected, wanted, found)
    if missing is None:
        assert extra is not None
        return ExplainedDifference(f"the source has no {_named(expected, extra)}", extra.span)
    if extra is None:
        return ExplainedDifference(f"{_named(expected, missing)} is missing", missing.span)
    return ExplainedDifference(
        f"the source asks for {_named(expected, missing)}, the distributed program does "
        f"{_named(expected, extra)}",
        missing.span,
    )


def _acting(ops: Sequence[LogicalOp]) -> list[LogicalOp]:
    return [op for op in ops if op.op.kind not in (Kind.MOVE, Kind.BARRIER)]


def _key(op: LogicalOp) -> tuple[object, ...]:
    angles = tuple((round(a.constant, 9), a.terms) for a in op.angles)
    return op.op.code, op.qubits, angles, op.word, op.bit, op.data, op.condition


def _first_without(ops: list[LogicalOp], others: list[LogicalOp]) -> LogicalOp | None:
    left = Counter(map(_key, others))
    for op in ops:
        left[_key(op)] -= 1
        if left[_key(op)] < 0:
            return op
    return None


def _out_of_order(
    expected: Circuit, wanted: list[LogicalOp], found: list[LogicalOp]
) -> ExplainedDifference | None:
    """The first operation that comes too early on one of its qubits, where not all are free to."""
    for op, other in _differing(wanted, found):
        shared = set(op.qubits) & set(other.qubits)
        if any(_axis(op, q) is None or _axis(op, q) != _axis(other, q) for q in shared):
            text = f"{_named(expected, other)} comes before {_named(expected, op)}"
            return ExplainedDifference(f"{text}, and should not", op.span)
    return None


def _differing(
    wanted: list[LogicalOp], found: list[LogicalOp]
) -> Iterator[tuple[LogicalOp, LogicalOp]]:
    by_qubit: dict[int, list[LogicalOp]] = {}
    for op in found:
        for q in op.qubits:
            by_qubit.setdefault(q, []).append(op)
    seen: Counter[int] = Counter()
    for op in wanted:
        for q in op.qubits:
            other = by_qubit[q][seen[q]]
            seen[q] += 1
            if _key(other) != _key(op):
                yield op, other


def _axis(op: LogicalOp, qubit: int) -> str | None:
    place = op.qubits.index(qubit)
    if op.word:
        return op.word[place]
    if op.op.name == "diagonal":
        return "Z"
    return op.op.axis(place) if op.op.is_unitary else None


def _named(circuit: Circuit, op: LogicalOp) -> str:
    """`ry(0.3) on q[1] if bit 0 is 1`."""
    angles = f"({', '.join(map(_angle, op.angles))})" if op.angles else ""
    qubits = ", ".join(circuit.qubit_name(q) for q in op.qubits)
    bit = f" into bit {op.bit}" if op.bit >= 0 else ""
    when = f" if bit {op.condition[0]} is {op.condition[1]}" if op.condition else ""
    return f"{op.op.name}{angles}{' ' + op.word if op.word else ''} on {qubits}{bit}{when}"


def _angle(angle: AffineAngle) -> str:
    return f"{angle.constant:.6g}" if not angle.terms else "an angle"
