"""Who learns what from running a gradient's circuits."""

from __future__ import annotations

from collections.abc import Sequence

from qdsl.ir.batch import BatchJob, CircuitBatch
from qdsl.ir.values import ValueVector
from qdsl.passes.derive_gradient.sites import parameter_slots
from qdsl.records import dataclass


@dataclass(frozen=True, slots=True)
class Learned:
    """`node` sees the outcomes that the derivatives of `vectors` are made of; `foreign` are those
    vectors that another node owns."""

    node: str
    vectors: tuple[str, ...]
    foreign: tuple[str, ...]


def learned(batch: CircuitBatch) -> tuple[Learned, ...]:
    """By node that measures; "who measures" where the observable's qubits end at several, or
    anywhere."""
    seen: dict[str, dict[str, ValueVector]] = {}
    for job in batch.jobs:
        mine = seen.setdefault(_name(batch, job.reader), {})
        mine |= {v.name: v for v in _vectors(batch, job)}
    return tuple(
        Learned(
            node,
            tuple(sorted(vectors)),
            tuple(n for n, v in sorted(vectors.items()) if v.owner not in (None, node)),
        )
        for node, vectors in seen.items()
    )


def foreign_to(batch: CircuitBatch, job: BatchJob) -> tuple[str, ...]:
    """Vectors that a job gives derivatives of, and that are not of the node that measures."""
    node = _name(batch, job.reader)
    return tuple(v.name for v in _vectors(batch, job) if v.owner not in (None, node))


def _vectors(batch: CircuitBatch, job: BatchJob) -> list[ValueVector]:
    return _of_columns(batch, sorted(set(job.contributions.column.tolist())))


def _of_columns(batch: CircuitBatch, columns: Sequence[int]) -> list[ValueVector]:
    source = batch.source.values
    parameters = parameter_slots(source)
    slots: set[int] = set()
    for column in columns:
        if batch.by_site:
            slots |= {r.slot for r in batch.sites[column].reaches}
        else:
            slots.add(parameters[column])
    return [v for v in source.vectors if not slots.isdisjoint(v.slots)]


def _name(batch: CircuitBatch, reader: int) -> str:
    network = batch.source.network
    if reader < 0 or network is None:
        return "who measures"
    return network.nodes[reader].name
