"""What every comparison does: compile gates for a network."""

from __future__ import annotations

from collections.abc import Callable

from qdsl.driver.pass_manager import DEFAULT_PASSES, configured, run_passes
from qdsl.ir.stages import ScheduledCircuit, Stage
from qdsl.network.network import Network
from qdsl.studies.bench.gates import GateList


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
