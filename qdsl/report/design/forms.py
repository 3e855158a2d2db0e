"""A sweep over properties of the network as JSON and CSV: rates in Hz, times of axes in s, others
in ns."""

from __future__ import annotations

import csv
import io
from dataclasses import asdict
from typing import Any

from qdsl.report.design.data import (
    Bottleneck,
    Design,
    DesignPoint,
    Gain,
    Need,
    PairOrCut,
    Threshold,
    time_parts,
)

SCHEMA = "qdsl-sweep/1"
UNITS = {"rate": "Hz", "time": "s", "fidelity": "1", "count": "1"}
_COLUMNS = ("makespan", "mean", "p95", "fidelity", "uncertainty", "ebits", "rounds")
_IN_NS = ("makespan", "mean", "p95")


def design_json(found: Design) -> dict[str, Any]:
    """JSON-ready; `docs/reference/sweep.schema.json` is its schema."""
    return {
        "schema": SCHEMA,
        "source": found.source,
        "model": found.model,
        "axes": [
            {"name": a.name, "unit": UNITS[a.measure], "values": list(a.values)} for a in found.axes
        ],
        "needs": [_need(n) for n in found.needs],
        "runs": found.runs,
        "seed": found.seed,
        "compiled": found.compiled,
        "is_complete": found.is_complete,
        "points": [_point(found, p) for p in found.points],
        "is_monotone": found.is_monotone,
        "thresholds": [_threshold(found, t) for t in found.thresholds],
        "bottleneck": None if found.bottleneck is None else _bottleneck(found, found.bottleneck),
        "unreached": None if found.unreached is None else found.unreached.to_json(),
    }


def _unit_name(quantity: str) -> str:
    return f"{quantity}_ns" if quantity in _IN_NS else quantity


def _need(need: Need) -> dict[str, Any]:
    bound = "at_least" if need.is_least else "at_most"
    return {"quantity": _unit_name(need.quantity), bound: need.bound}


def _point(found: Design, point: DesignPoint) -> dict[str, Any]:
    at = dict(zip((a.name for a in found.axes), point.at, strict=True))
    values = {_unit_name(c): point.quantity(c) for c in _COLUMNS}
    budget = None if point.budget is None else asdict(point.budget)
    meets = point.meets(found.needs) if found.needs else None
    return {"at": at, **values, "error_budget": budget, "meets_needs": meets, "note": point.note}


def _threshold(found: Design, t: Threshold) -> dict[str, Any]:
    others = dict(zip((a.name for a in found.axes[1:]), t.others, strict=True))
    return {
        "others": others,
        "property": found.axes[0].name,
        "value": t.value,
        "holds": "from here on upwards" if t.is_least else "up to here",
        "binding": [n.quantity for n in t.binding],
        "is_end_of_range": t.is_edge,
        "point": _point(found, t.point),
    }


def _bottleneck(found: Design, b: Bottleneck) -> dict[str, Any]:
    return {
        "at": dict(zip((a.name for a in found.axes), b.point.at, strict=True)),
        "fidelity": b.cause,
        "makespan": b.time,
        "critical_path_ns": {k.replace(" ", "_"): ns for k, ns in time_parts(b.path).items()},
        "gains": [_gain(g) for g in b.gains],
        "cuts_by_formula": [_cut(c) for c in b.cuts],
    }


def _cut(c: PairOrCut) -> dict[str, Any]:
    return {
        "link": c.name,
        "pairs": c.cut.pairs,
        "pairs_for_one_gate_of_less_than_cx": c.cut.gates,
        "executions_factor_one_by_one": c.cut.one_by_one,
        "executions_factor_together": c.cut.together,
        "executions": c.executions,
        "fidelity_without_the_link": c.fidelity,
        "error_bound_with_pairs": c.error_with_pairs,
        "error_bound_with_cut": c.error_with_cut,
        "cut_is_better_from_executions": c.cut_from,
    }


def _gain(g: Gain) -> dict[str, Any]:
    return {
        "resource": g.resource,
        "from": g.before,
        "to": g.after,
        "changes": [{"property": c.name, "from": c.before, "to": c.after} for c in g.changes],
        "makespan_factor": g.factor,
        "fidelity_difference": g.fidelity,
        "ebits_difference": g.ebits,
    }


def design_csv(found: Design) -> str:
    """A line a point; empty where not known."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    causes = ("links", "memory", "one-qubit gates", "wider gates", "read-out")
    names = [a.name for a in found.axes]
    written = [_unit_name(c) for c in _COLUMNS]
    writer.writerow([*names, *written, *(f"error: {c}" for c in causes), "meets_needs", "note"])
    for p in found.points:
        parts = p.error_parts
        cells = [*p.at, *(p.quantity(c) for c in _COLUMNS), *(parts.get(c) for c in causes)]
        meets = str(p.meets(found.needs)).lower() if found.needs else ""
        writer.writerow([*("" if c is None else c for c in cells), meets, p.note])
    return out.getvalue()
