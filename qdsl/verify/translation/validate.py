"""The verdict of translation validation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from qdsl.diagnostics.numbers import count
from qdsl.diagnostics.source import Span
from qdsl.ir.jit import IS_COMPILED
from qdsl.ir.stages import Circuit, DistributedCircuit
from qdsl.records import dataclass
from qdsl.verify.translation.branches import are_equal_by_outcomes, difference
from qdsl.verify.translation.event import Event
from qdsl.verify.translation.explain import finding
from qdsl.verify.translation.logical import LogicalOp, NotUndone, logical_ops

if TYPE_CHECKING:
    from qdsl.verify.translation.columns import LogicalColumns

COMPILED_FROM = 20_000  # rows; below, plain Python is done in about a second
PLAIN_UP_TO = 400_000  # rows for which a second opinion takes minutes at most
MOST_BY_OUTCOMES = 500_000  # operations of both programs, about a minute

QUICK_OPERATIONS = 2_000_000  # validated in about a tenth of the time they take to compile
QUICK_PLAINLY = 200_000
MOST_QUBITS = 20_000  # of the compiled loops, whose frames take n^2/2 bytes
QUICK_BITS = 10**9  # qubits times operands, in plain Python: about 15 s and 300 MB
MOST_BITS = 10**10  # two minutes and 3 GB: on request


@dataclass(frozen=True, slots=True)
class Verdict:
    """`equal` True is a proof (angles to 1e-9 rad); False says what could not be matched."""

    equal: bool
    method: str
    detail: str
    span: Span | None = None


METHOD = "translation validation"


def is_quick(source: Circuit) -> bool:
    """Whether validation costs little beside compiling."""
    is_fast = IS_COMPILED and source.n_qubits <= MOST_QUBITS
    if is_fast:
        return len(source.table) <= QUICK_OPERATIONS
    return len(source.table) <= QUICK_PLAINLY and _bits(source) <= QUICK_BITS


def _bits(source: Circuit) -> int:
    """A bound on the size of what plain Python keeps: a row of bits for every operand."""
    return source.n_qubits * len(source.table.operands)


def validate(source: Circuit, program: DistributedCircuit) -> Verdict:
    """Is the distributed program's channel the source's, up to global phase?

    Sound: `equal` is never claimed wrongly. Not complete: two equal programs may not be
    recognised where many outcomes decide at one time about operations spelt differently.
    """
    if not _same_interface(source, program):
        return Verdict(False, METHOD, "the two have different qubits, bits or values")
    is_large = IS_COMPILED and len(program.table) > COMPILED_FROM and source.n_qubits <= MOST_QUBITS
    verdict = validate_by_columns(source, program) if is_large else None
    if verdict is None and _bits(source) > MOST_BITS:
        return Verdict(False, METHOD, "not tried, the program has too many qubits for it")
    if verdict is None or not (verdict.equal or len(program.table) > PLAIN_UP_TO):
        return validate_plainly(source, program)
    return verdict


def validate_circuits(left: Circuit, right: Circuit) -> Verdict:
    """Are two source circuits over the same qubits, bits and values one program?"""
    ops = list(logical_ops(right))
    found = difference(list(logical_ops(left)), ops)
    if found is None:
        return _proved(len(ops))
    event, why = found
    return Verdict(False, METHOD, _described(event, why), event.span if event else None)


def validate_plainly(source: Circuit, program: DistributedCircuit) -> Verdict:
    """One operation after the other, in Python."""
    from qdsl.verify.translation.columns import undone_columns

    try:
        columns = undone_columns(program)
    except NotUndone as wrong:
        return _not_undone(wrong)
    undone = columns.logical_ops(len(columns))
    ops = list(logical_ops(source))
    found = difference(ops, undone)
    if found is None:
        return _proved(len(undone))
    event, why = found
    known = _explained(program, lambda: list(logical_ops(program.placed.circuit)), lambda: undone)
    return known or Verdict(False, METHOD, _described(event, why), event.span if event else None)


def validate_by_columns(source: Circuit, program: DistributedCircuit) -> Verdict | None:
    """Millions of operations in compiled loops; None where these do not fit the program.

    The placed circuit is believed in nothing, but helps: it is proved equal to the source on one
    side, from which it differs by rewriting, and to the program on the other, from which it
    differs in order. Both are brought into a like order first, which is proved, too.
    """
    from qdsl.verify.translation.columns import source_columns, undone_columns
    from qdsl.verify.translation.order import in_levels, same_up_to_order
    from qdsl.verify.translation.stream import first_difference, fits

    n = source.n_qubits
    try:
        undone = undone_columns(program)
    except NotUndone as wrong:
        return _not_undone(wrong)
    original, placed = source_columns(source), source_columns(program.placed.circuit)
    if n > MOST_QUBITS or not all(
        fits(side, n, source.n_bits) for side in (original, placed, undone)
    ):
        return None
    ordered, placed = in_levels(original, n), in_levels(placed, n)
    is_placed = same_up_to_order(placed, undone, n)
    is_alike = is_placed and same_up_to_order(original, ordered, n)
    if is_alike and first_difference(ordered, placed, n) is None:
        return _proved(len(undone))
    found = first_difference(original, undone, n)
    if found is None or _agree_by_outcomes(original, placed if is_placed else undone):
        return _proved(len(undone))
    known = _explained(program, placed.logical_ops, undone.logical_ops)
    if known is not None:
        return known
    side, at = (original, found.left) if found.left >= 0 else (undone, found.right)
    if at < 0:
        return Verdict(False, METHOD, "the Clifford parts of the two programs differ")
    span = side.span(at)
    where = f" at {span}" if span else ""
    name = side.operation(at).name
    return Verdict(False, METHOD, f"a part of {name}{where} has no counterpart", span)


def _agree_by_outcomes(left: LogicalColumns, right: LogicalColumns) -> bool:
    """In plain Python: for programs with conditions only."""
    most = len(left) + len(right)
    if most > MOST_BY_OUTCOMES or not (left.cond >= 0).any():
        return False
    return are_equal_by_outcomes(left.logical_ops(most), right.logical_ops(most))


def _explained(
    program: DistributedCircuit,
    wanted: Callable[[], Sequence[LogicalOp]],
    found: Callable[[], Sequence[LogicalOp]],
) -> Verdict | None:
    known = finding(program.placed.circuit, wanted(), found())
    if known is None:
        return None
    where = f"{known.span}: " if known.span else ""
    return Verdict(False, METHOD, f"{where}{known.text}", known.span)


def _proved(operations: int) -> Verdict:
    return Verdict(True, METHOD, f"{count(operations, 'operation')} matched to 1e-9 rad")


def _not_undone(wrong: NotUndone) -> Verdict:
    at = "" if wrong.row is None else f"row {wrong.row.index} ({wrong.row.op.name}): "
    where = f", for {wrong.span}" if wrong.span else ""
    return Verdict(False, METHOD, f"{at}{wrong.why}{where}", wrong.span)


def _same_interface(source: Circuit, program: DistributedCircuit) -> bool:
    qubits = (len(program.home_wire), len(program.final_wire)) == (source.n_qubits,) * 2
    bits = len(program.source_bit) == source.n_bits
    return qubits and bits and program.values.vectors == source.values.vectors


def _described(event: Event | None, why: str) -> str:
    if event is None:
        return why
    where = f" at {event.span}" if event.span else ""
    return f"a {event.kind}{where} {why}"
