"""The circuits of a gradient in the form of a target, and the table of what they are for."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from qdsl.diagnostics.diagnostic import InvalidProgram
from qdsl.gradient.compiling import compiled_template
from qdsl.gradient.running import GradientPlan
from qdsl.ir.batch import BatchJob, CircuitBatch
from qdsl.ir.printing import print_ir
from qdsl.ir.stages import Circuit
from qdsl.passes.derive_gradient.problem import NoGradient

WANTED = "QDM756"  # a target without symbols, and a vector without values


def emitted(
    plan: GradientPlan, target: str, values: Mapping[str, npt.ArrayLike] | None = None
) -> Iterator[tuple[str, str]]:
    """(file name, text) of every circuit, then `points.json`: the numbers to put in, and what
    every output contributes to which derivative.

    "ir" gives the derived templates; other names are targets of the compiled ones, with symbols
    where the target has them, else one circuit for every point.
    """
    if plan.derived is None:
        raise NoGradient(f"'{plan.method}' runs as a simulation, and has no circuits to be emitted")
    batch = plan.derived.batch
    for k, job in enumerate(batch.jobs):
        template = batch.template(k)
        if target == "ir":
            yield f"{k:03}.txt", f"// {job.what}\n{print_ir(template)}"
        else:
            yield from _compiled(batch, k, job, template, target, dict(values or {}))
    yield "points.json", json.dumps(points_json(batch), indent=1) + "\n"


def _compiled(
    batch: CircuitBatch,
    k: int,
    job: BatchJob,
    template: Circuit,
    target: str,
    values: dict[str, Any],
) -> Iterator[tuple[str, str]]:
    from qdsl.driver.targets import load_target

    backend = load_target(target)
    suffix = backend.TARGET.suffix
    stage = compiled_template(template)
    if not values:
        try:
            yield f"{k:03}{suffix}", backend.emit_text(stage, None)
            return
        except InvalidProgram as error:
            if any(d.code != WANTED for d in error.diagnostics):
                raise
            mine = _free(batch, template)
            if any(getattr(d, "vector", None) != mine for d in error.diagnostics):
                raise
    for p in range(job.points.count):
        yield f"{k:03}_{p:03}{suffix}", backend.emit_text(stage, values_at(batch, k, p, values))


def _free(batch: CircuitBatch, template: Circuit) -> str | None:
    """The name of the template's own numbers."""
    known = {v.name for v in batch.source.values.vectors}
    return next((v.name for v in template.values.vectors if v.name not in known), None)


def values_at(batch: CircuitBatch, k: int, p: int, values: Mapping[str, Any]) -> dict[str, Any]:
    """All values of a point: those given, with what the point adds, and the template's own."""
    template, points = batch.template(k), batch.jobs[k].points
    found: dict[str, Any] = {}
    for v in template.values.vectors:
        own = v.name not in {w.name for w in batch.source.values.vectors}
        if own or v.name in values:
            start = np.zeros(v.size) if own else np.asarray(values[v.name], np.float64).reshape(-1)
            found[v.name] = start[: v.size].copy()
            mine = (points.point == p) & np.isin(points.slot, v.slots)
            np.add.at(found[v.name], points.slot[mine] - v.start, points.value[mine])
            found[v.name] = found[v.name].reshape(v.shape)
    return found


def points_json(batch: CircuitBatch) -> dict[str, Any]:
    """The parameter arrays and contributions, in plain numbers."""
    vectors = batch.source.values.vectors
    names = {s: f"{v.name}[{s - v.start}]" for v in vectors for s in v.slots}
    return {
        "schema": "qdsl-gradient-points/1", "method": batch.method, "bias": batch.bias,
        "by_site": batch.by_site,
        "sites": [{"row": s.row, "angle": s.place,
                   "parameters": [{"parameter": names[r.slot], "coefficient": r.coefficient,
                                   "factors": [names[f] for f in r.factors]} for r in s.reaches]}
                  for s in batch.sites],
        "templates": [_job_json(job) for job in batch.jobs],
    }  # fmt: skip


def _job_json(job: BatchJob) -> dict[str, Any]:
    p, c = job.points, job.contributions
    return {
        "what": job.what, "points": p.count,
        "adds": [list(x) for x in zip(p.point.tolist(), p.slot.tolist(), p.value.tolist(),
                                      strict=True)],
        "contributes": [list(x) for x in zip(c.point.tolist(), c.output.tolist(),
                                             c.target.tolist(), c.column.tolist(),
                                             c.factor.tolist(), strict=True)],
    }  # fmt: skip
