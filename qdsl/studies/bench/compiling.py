"""What every comparison does: compile gates for a network, many in parallel."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from multiprocessing import get_context
from typing import Any, TypeVar

from qdsl.driver.pass_manager import DEFAULT_PASSES, configured, run_passes
from qdsl.ir.stages import ScheduledCircuit, Stage
from qdsl.network.network import Network
from qdsl.studies.bench.gates import GateList

Found = TypeVar("Found")


def compiled(
    gates: GateList,
    network: Network,
    effort: int,
    after_each: Callable[[str, Stage], None] | None = None,
) -> ScheduledCircuit:
    """The circuit through the default passes."""
    passes = [configured(p, {"effort": effort}) for p in DEFAULT_PASSES]
    stage = run_passes(gates.circuit(network), passes, after_each)[0]
    assert isinstance(stage, ScheduledCircuit)
    return stage


def ebits_of(stage: ScheduledCircuit) -> int:
    return int(stage.distributed.table.codes("ebit").sum())


def in_processes(
    function: Callable[..., Found], chosen: Iterable[Any], effort: int, processes: int
) -> Iterator[Found]:
    """`function(one, effort)` for every one, in order, so many at a time."""
    if processes == 1:
        yield from (function(one, effort) for one in chosen)
        return
    with get_context("spawn").Pool(processes) as pool:
        yield from pool.imap(partial(function, effort=effort), chosen)
