"""Reports that were saved by earlier versions, in the form of today."""

from __future__ import annotations

from typing import Any

FORMER = "qdsl-report/1"


def renewed(document: Any, schema: str) -> Any:
    """A report of the first version with the keys and names of `schema`; all else unchanged."""
    if not isinstance(document, dict) or document.get("schema") != FORMER:
        return document
    found = _renamed(document, {"executions": "shot_budget"}) | {"schema": schema}
    if isinstance(found.get("shot_budget"), dict):
        tasks = found["shot_budget"].get("tasks")
        found["shot_budget"] = found["shot_budget"] | {"tasks": _listed(tasks, _task)}
    result = found.get("result")
    if isinstance(result, dict) and isinstance(result.get("network"), dict):
        network = _disclosed(result["network"])
        network["lines"] = _listed(network.get("lines"), _disclosed)
        found["result"] = result | {"network": network}
    return found


def _task(task: Any) -> Any:
    is_by_blocks = isinstance(task, dict) and task.get("method") == "kick, commuting blocks"
    return task | {"method": "commuting blocks"} if is_by_blocks else task


def _disclosed(traffic: Any) -> Any:
    return _renamed(traffic, {"told_bits": "disclosed_bits"})


def _renamed(found: Any, names: dict[str, str]) -> Any:
    return {names.get(k, k): v for k, v in found.items()} if isinstance(found, dict) else found


def _listed(found: Any, change: Any) -> Any:
    return [change(x) for x in found] if isinstance(found, list) else found
