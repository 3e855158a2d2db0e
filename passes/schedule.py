"""The pass `schedule`: when everything happens, and in which physical qubit."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from qdsl.ir.stages import DistributedCircuit, ScheduledCircuit
from qdsl.scheduling.clock import Clock
from qdsl.scheduling.late import postpone_pairs


@dataclass(frozen=True, slots=True)
class Schedule:
    """Start every operation as soon as its wires, bits and physical qubits allow, in order.

    Gates take their node's gate times; an operation on k > 2 qubits takes k - 1 two-qubit
    times, a reset the read-out time. A link makes one pair after another, each in the
    expected time 1/rate. Messages take the latency of their route. `policy` asap makes pairs
    as early as communication qubits and link allow, alap as late as nothing else is delayed.
    """

    name: ClassVar[str] = "schedule"

    policy: str = field(default="asap", metadata={"help": "when pairs are made: asap or alap"})

    def run(self, ir: DistributedCircuit) -> ScheduledCircuit:
        if self.policy not in ("asap", "alap"):
            raise ValueError(f"policy is asap or alap, not '{self.policy}'")
        scheduled = Clock(ir).run()
        return postpone_pairs(scheduled) if self.policy == "alap" else scheduled
