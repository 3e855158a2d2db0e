"""The pass `insert-communication`: pairs, local operations and messages for a placed circuit."""

from __future__ import annotations

from dataclasses import field, replace
from functools import partial
from typing import ClassVar, Final

from qdsl.diagnostics.diagnostic import InternalError
from qdsl.ir.node_order import in_node_order
from qdsl.ir.stages import DistributedCircuit, PlacedCircuit
from qdsl.network.prices import Objective, priced
from qdsl.passes.insert_communication.insertion import inserted
from qdsl.passes.insert_communication.local_gates import with_local_gates
from qdsl.passes.insert_communication.trees import ebits, is_direct, loss, narrower
from qdsl.passes.schedule.clock import in_listed_order, in_program_order, scheduled
from qdsl.records import dataclass

SAME: Final = 1e-9  # of logarithms of fidelities


@dataclass(frozen=True, slots=True)
class InsertCommunication:
    """Bring qubits to where they live next, and serve remote operands by cat copies.

    A qubit that moves to a node where it has a copy goes on in that copy; else it is teleported.
    A copy stays open while the same node needs it again and every operation on its qubit is
    diagonal, unless its communication qubit is wanted for something sooner; rows that commute
    change places so that a copy serves what it can before it closes. With a limit on the gates
    of an ebit, a copy that has served so many closes, and another one is opened. Copies are passed
    on along a tree of the network where that takes fewer ebits, or as many and less time. Pairs
    over several links are swapped at inner nodes; for the makespan or the fidelity they also go
    along routes of more links that take less time or lose less. In program order no node ever uses
    more data or communication qubits than it has.
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

    optimise: Objective = field(
        default="ebits", metadata={"help": "What to optimise in the whole compilation"}
    )

    def run(self, ir: PlacedCircuit) -> DistributedCircuit:
        ir = with_local_gates(ir)
        return replace(in_node_order(self._run, ir), placed=ir)

    def _run(self, ir: PlacedCircuit) -> DistributedCircuit:
        on_prices = priced(ir.network, self.optimise)
        if on_prices is not ir.network:
            return self._by_objective(ir, replace(ir, network=on_prices))
        best = self._inserted(ir)
        for other in narrower(ir):
            found = self._along(other, ir)
            if found is not None and is_better(found, best):
                best = found
        return best

    def _by_objective(self, ir: PlacedCircuit, on_prices: PlacedCircuit) -> DistributedCircuit:
        """The best of all ways: along the routes of fewest links and of least price, and along
        trees of these."""
        ways = [ir, on_prices, *narrower(on_prices)]
        found = [*filter(None, (self._along(other, ir) for other in ways))]
        if not found:  # the placement was made for other routes
            raise InternalError("insert-communication", "routes for all moves and copies", "none")
        return min(found, key=partial(_worth, self.optimise))

    def _along(self, other: PlacedCircuit, whole: PlacedCircuit) -> DistributedCircuit | None:
        """Inserted for a part of the network; None where that has no room for it."""
        try:
            return replace(self._inserted(other), placed=whole)
        except InternalError:
            return None

    def _inserted(self, ir: PlacedCircuit) -> DistributedCircuit:
        return inserted(ir, self.keep_copies, self.reorder, self.gates_per_ebit)


def _worth(objective: Objective, found: DistributedCircuit) -> tuple[float, int, int]:
    """The less, the better."""
    makespan_ns = in_program_order(in_listed_order(found)).makespan_ns
    if objective == "fidelity":
        return round(loss(found), 9), ebits(found), makespan_ns
    return makespan_ns, ebits(found), 0


def is_better(found: DistributedCircuit, best: DistributedCircuit) -> bool:
    """Whether it needs fewer ebits, or as many and ends sooner, over no worse links."""
    if loss(found) > loss(best) + SAME or not is_direct(found):
        return False
    if ebits(found) != ebits(best):
        return ebits(found) < ebits(best)
    return scheduled(found).makespan_ns < scheduled(best).makespan_ns
