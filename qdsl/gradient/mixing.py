"""Commuting-block gradients for some blocks and parameter shifts for others: whichever is cheaper.

A block of few words that is far from the observable takes more hand-overs on the way back than
its shifted circuits take in all: `words * h_fwd < h(m)`. Sites that share a block go together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from qdsl.gradient.compiling import TemplateCost
from qdsl.gradient.estimation import Floats, Prepared, Weights
from qdsl.gradient.knowledge import foreign_to
from qdsl.ir.batch import BatchJob, CircuitBatch
from qdsl.passes.derive_gradient.derive import shift_job, without
from qdsl.passes.derive_gradient.problem import problem_of
from qdsl.passes.derive_gradient.recipes import CommutingBlockGradient
from qdsl.records import dataclass

Costs = Sequence[TemplateCost]


@dataclass(slots=True)
class _SharedBlocks:
    """Sites that share blocks, and the ebits of these for a shot of unit range."""

    columns: set[int]
    ebits: float


def mixed(
    blocks_batch: CircuitBatch,
    block_costs: Costs,
    shifts: CircuitBatch,
    shift_costs: Costs,
    flat: Floats,
) -> tuple[CircuitBatch, tuple[TemplateCost, ...]] | None:
    """The batch and its costs; None where no block, or every block, is cheaper shifted.

    `flat` are values, [1, slots]. Sites are shifted only if that tells no node more derivatives
    of another's parameters.
    """
    if not shifts.jobs:
        return None
    groups = _groups(blocks_batch, block_costs, flat)
    price = _shifted(shifts, shift_costs, flat)
    moved: set[int] = set()
    for g in groups:
        if sum(price[c] for c in g.columns) < g.ebits and not _tells(shifts, g.columns):
            moved |= g.columns
    if not moved or all(g.columns <= moved for g in groups):
        return None
    pairs = list(zip(blocks_batch.jobs, block_costs, strict=True))
    kept = [(job, c) for job, c in pairs if not moved.issuperset(_columns(job))]
    jobs = without([job for job, _ in kept], moved)
    jobs.append(shift_job(problem_of(blocks_batch.source), sorted(moved)))
    batch = replace(blocks_batch, method="mixed", jobs=tuple(jobs))
    return batch, (*(c for _, c in kept), shift_costs[0])


def _columns(job: BatchJob) -> set[int]:
    return set(job.contributions.column.tolist())


def _groups(blocks_batch: CircuitBatch, costs: Costs, flat: Floats) -> list[_SharedBlocks]:
    weights = Weights(Prepared.of(blocks_batch), flat)
    found: list[_SharedBlocks] = []
    for k, (job, cost) in enumerate(zip(blocks_batch.jobs, costs, strict=True)):
        if not isinstance(job.recipe, CommutingBlockGradient):
            continue
        share = sum(weights.share(k, p) for p in range(job.points.count))
        one = _SharedBlocks(_columns(job), share * cost.ebits)
        for g in [g for g in found if not g.columns.isdisjoint(one.columns)]:
            found.remove(g)
            one = _SharedBlocks(one.columns | g.columns, one.ebits + g.ebits)
        found.append(one)
    return found


def _shifted(shifts: CircuitBatch, costs: Costs, flat: Floats) -> dict[int, float]:
    """Ebits by site."""
    weights = Weights(Prepared.of(shifts), flat)
    c = shifts.jobs[0].contributions
    points = sorted(set(zip(c.column.tolist(), c.point.tolist(), strict=True)))
    found: dict[int, float] = {}
    for column, point in points:
        found[column] = found.get(column, 0.0) + weights.share(0, point) * costs[0].ebits
    return found


def _tells(shifts: CircuitBatch, columns: set[int]) -> bool:
    """Whether who measures the shifted circuits would learn another's derivatives."""
    (job,) = without(list(shifts.jobs), {c for c in _columns(shifts.jobs[0]) if c not in columns})
    return bool(foreign_to(shifts, job))
