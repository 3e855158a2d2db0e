"""Operations over source qubits, one by one, with everything resolved."""

from __future__ import annotations

from collections.abc import Iterator

from qdsl.diagnostics.source import Span
from qdsl.ir.operations import Kind, Operation
from qdsl.ir.stages import Circuit
from qdsl.ir.table import OpTable, Row
from qdsl.ir.values import Values
from qdsl.records import dataclass
from qdsl.verify.translation.event import AffineAngle


@dataclass(frozen=True, slots=True)
class LogicalOp:
    """One operation over source qubits, with everything resolved: no table indices."""

    op: Operation
    qubits: tuple[int, ...]
    angles: tuple[AffineAngle, ...] = ()
    word: str = ""
    bit: int = -1
    data: tuple[object, ...] = ()
    condition: tuple[int, int] | None = None
    span: Span | None = None


class NotUndone(Exception):
    """The communication does not follow the rules: says at which row of the program and why."""

    def __init__(self, row: Row | None, span: Span | None, why: str) -> None:
        super().__init__(why)
        self.row = row
        self.span = span
        self.why = why


def logical_ops(circuit: Circuit) -> Iterator[LogicalOp]:
    """A source circuit's own operations."""
    for row in circuit.table:
        yield resolved(circuit.table, circuit.values, row, row.operands, row.attr, row.condition)


def resolved(
    table: OpTable,
    values: Values,
    row: Row,
    qubits: tuple[int, ...],
    bit: int,
    condition: tuple[int, int] | None,
) -> LogicalOp:
    angles = tuple(_angle(values, e) for e in row.angles) if row.angle >= 0 else ()
    letters = table.words[row.attr] if row.op.name == "rot" else ""
    data: tuple[object, ...] = ()
    if row.op.kind is Kind.ENCODE:
        reference = values.references[row.attr]
        data = (reference.vector, reference.kind, reference.start, reference.shape)
    span = table.spans[row.span] if row.span >= 0 else None
    bit = bit if row.op.kind is Kind.MEASURE else -1  # `attr` means other things elsewhere
    return LogicalOp(row.op, qubits, angles, letters, bit, data, condition, span)


def _angle(values: Values, e: int) -> AffineAngle:
    terms = tuple(((values.factors(s), c),) for c, s in values.angles.terms(e))
    total = AffineAngle(float(values.angles.constant[e]))
    for term in terms:
        total = total.plus(AffineAngle(0.0, term))
    return total
