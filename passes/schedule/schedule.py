"""The pass `schedule`: when everything happens, and in which physical qubit."""

from __future__ import annotations

from dataclasses import field
from typing import ClassVar, Literal

from qdsl.ir.node_order import in_node_order
from qdsl.ir.stages import DistributedCircuit, ScheduledCircuit
from qdsl.passes.schedule.clock import scheduled
from qdsl.passes.schedule.late import postpone_pairs
from qdsl.records import dataclass


@dataclass(frozen=True, slots=True)
class Schedule:
    """Start every operation as soon as its wires, bits and physical qubits allow.

    Independent links make pairs side by side: of the operations that could start first, the one
    with the longest way to the end takes what is free. If program order ends no later, it stays.
    Of up to 2000 rows some other orders of the pairs are tried, and the one that ends first wins.
    Gates take their node's gate times; an operation on k > 2 qubits takes k - 1 two-qubit
    times, a reset the read-out time unless it has its own. Every channel of a link makes one
    pair after another, each in the expected time 1/rate, or that of its distillation, for which
    links of a node take turns; a link with a buffer makes them ahead, and a pair past its cut-off
    is made again. Where a cut-off limits pairs that are swapped into one, their ends wait until
    they have heard of the swaps. A node with `gates_at_once` does no more than so many operations
    at one time. Messages take the latency of their route. `policy` asap makes
    pairs as early as communication qubits and link allow, alap as late as nothing else is delayed.
    """

    name: ClassVar[str] = "schedule"

    policy: Literal["asap", "alap"] = field(
        default="asap", metadata={"help": "Create pairs as soon, or as late, as possible"}
    )

    def run(self, ir: DistributedCircuit) -> ScheduledCircuit:
        return in_node_order(self._run, ir)

    def _run(self, ir: DistributedCircuit) -> ScheduledCircuit:
        made = scheduled(ir)
        return postpone_pairs(made) if self.policy == "alap" else made
