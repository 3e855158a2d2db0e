"""The verdict of translation validation."""

from __future__ import annotations

from dataclasses import dataclass

from qdsl.ir.stages import Circuit, DistributedCircuit
from qdsl.source import Span
from qdsl.validate.normal_form import Event, first_difference, normal_form
from qdsl.validate.undo import NotUndone, logical_ops, undo_communication


@dataclass(frozen=True, slots=True)
class Verdict:
    """`equal` True is a proof (angles to 1e-9 rad); False says what could not be matched."""

    equal: bool
    method: str
    detail: str
    span: Span | None = None


METHOD = "translation validation"


def validate(source: Circuit, program: DistributedCircuit) -> Verdict:
    """Is the distributed program's channel the source's, up to global phase?

    Sound: `equal` is never claimed wrongly. Not complete: two equal programs whose
    conditioned Clifford operations are spelt differently may not be recognised.
    """
    try:
        undone = undo_communication(program)
    except NotUndone as wrong:
        return Verdict(False, METHOD, f"row {wrong.row.index} ({wrong.row.op.name}): {wrong.why}",
                       wrong.span)  # fmt: skip
    difference = first_difference(normal_form(logical_ops(source)), normal_form(undone))
    if difference is None:
        operations = "1 operation" if len(undone) == 1 else f"{len(undone)} operations"
        return Verdict(True, METHOD, f"{operations} matched with the source")
    event, why = difference
    return Verdict(False, METHOD, _described(event, why), event.span if event else None)


def _described(event: Event | None, why: str) -> str:
    if event is None:
        return why
    where = f" at {event.span}" if event.span else ""
    return f"a {event.kind}{where} {why}"
