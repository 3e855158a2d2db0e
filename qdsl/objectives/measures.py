"""What each objective measures of a finished program: the less, the better."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from qdsl.analysis.cost import estimated_fidelity, message_rounds, most_comm
from qdsl.analysis.error_budget import error_budget_of
from qdsl.ir.stages import ScheduledCircuit
from qdsl.network.network import Network
from qdsl.network.prices import Objective

Score = tuple[float, float, float]


def ebits(ir: ScheduledCircuit) -> int:
    return int(ir.distributed.table.codes("ebit").sum())


def infidelity(ir: ScheduledCircuit) -> float:
    """1 minus the estimated process fidelity, with pairs, memory, gates and read-out."""
    budget = error_budget_of(ir)
    return 0.0 if budget is None else 1.0 - budget.fidelity


MEASURES: Final[dict[Objective, Callable[[ScheduledCircuit], float]]] = {
    "ebits": ebits,
    "makespan": lambda ir: ir.makespan_ns,
    "fidelity": infidelity,
    "rounds": lambda ir: message_rounds(ir.distributed),
    "comm": most_comm,
}


def measure(objective: Objective, ir: ScheduledCircuit) -> float:
    """How far a program is from what is wanted: ebits, ns, 1 - fidelity, message rounds, or most
    communication qubits held at one node at one time."""
    return MEASURES[objective](ir)


def value_of(objective: Objective, measured: float) -> float:
    """A measure as it is reported: the fidelity itself."""
    return 1.0 - measured if objective == "fidelity" else float(measured)


def score(objective: Objective, ir: ScheduledCircuit) -> Score:
    """By which programs are compared: the measure, then ebits, then the makespan. Measures that
    differ by rounding errors only are equal."""
    return round(measure(objective, ir), 12), float(ebits(ir)), float(ir.makespan_ns)


def ages(network: Network) -> bool:
    """Whether states of some node decay in its memory as they wait."""
    models = (node.physics for node in network.nodes)
    return any(t for m in models for t in (m.t1_ns, m.t2_ns, m.comm_t1_ns, m.comm_t2_ns))


def quick_score(objective: Objective, ir: ScheduledCircuit) -> Score:
    """The same to steer a search by: of equal measures the one whose parts are less. Where states
    do not age, a fidelity is the product over pairs and gates, which is counted at once."""
    if objective == "fidelity":
        loss = 1.0 - estimated_fidelity(ir.distributed)
        known = infidelity(ir) if ages(ir.network) else loss
        return round(known, 12), loss, float(ebits(ir))
    if objective == "makespan":
        busy = float((ir.end_ns - ir.start_ns)[ir.distributed.table.codes("ebit")].sum())
        return float(ir.makespan_ns), busy, float(ebits(ir))
    return score(objective, ir)
