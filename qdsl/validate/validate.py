"""The verdict of translation validation."""

from __future__ import annotations

from dataclasses import dataclass

from qdsl.ir.stages import Circuit, DistributedCircuit
from qdsl.source import Span
from qdsl.validate.branches import difference
from qdsl.validate.normal_form import Event
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

    Sound: `equal` is never claimed wrongly. Not complete: two equal programs in which many
    conditioned Clifford operations are spelt differently may not be recognised.
    """
    if not _same_interface(source, program):
        return Verdict(False, METHOD, "the two have different qubits, bits or values")
    try:
        undone = undo_communication(program)
    except NotUndone as wrong:
        at = "" if wrong.row is None else f"row {wrong.row.index} ({wrong.row.op.name}): "
        return Verdict(False, METHOD, f"{at}{wrong.why}", wrong.span)
    found = difference(list(logical_ops(source)), undone)
    if found is None:
        operations = "1 operation" if len(undone) == 1 else f"{len(undone)} operations"
        return Verdict(True, METHOD, f"{operations} matched with the source")
    event, why = found
    return Verdict(False, METHOD, _described(event, why), event.span if event else None)


def _same_interface(source: Circuit, program: DistributedCircuit) -> bool:
    qubits = (len(program.home_wire), len(program.final_wire)) == (source.n_qubits,) * 2
    bits = len(program.source_bit) == source.n_bits
    return qubits and bits and program.values.vectors == source.values.vectors


def _described(event: Event | None, why: str) -> str:
    if event is None:
        return why
    where = f" at {event.span}" if event.span else ""
    return f"a {event.kind}{where} {why}"
