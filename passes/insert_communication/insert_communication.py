"""The pass `insert-communication`: pairs, local operations and messages for a placed circuit."""

from __future__ import annotations

from dataclasses import field
from typing import ClassVar

from qdsl.ir.stages import DistributedCircuit, PlacedCircuit
from qdsl.passes.insert_communication.insertion import inserted
from qdsl.records import dataclass


@dataclass(frozen=True, slots=True)
class InsertCommunication:
    """Bring qubits to where they live next, and serve remote operands by cat copies.

    A qubit that moves to a node where it has a copy goes on in that copy; else it is teleported.
    A copy stays open while the same node needs it again and every operation on its qubit is
    diagonal, unless its communication qubit is wanted for something sooner; rows that commute
    change places so that a copy serves what it can before it closes. With a limit on the gates
    of an ebit, a copy that has served so many closes, and another one is opened. Pairs over
    several links are swapped at inner nodes. In program order no node ever uses more data or
    communication qubits than it has.
    """

    name: ClassVar[str] = "insert-communication"

    keep_copies: bool = field(
        default=True, metadata={"help": "Let one copy serve many operations, not one each"}
    )
    reorder: bool = field(default=True, metadata={"help": "Reorder commuting gates to save copies"})

    gates_per_ebit: int = field(
        default=0,
        metadata={"help": "Most gates that one ebit may serve (lifetime of a pair); 0: no limit"},
    )

    def run(self, ir: PlacedCircuit) -> DistributedCircuit:
        return inserted(ir, self.keep_copies, self.reorder, self.gates_per_ebit)
