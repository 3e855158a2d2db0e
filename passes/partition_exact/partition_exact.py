"""The pass `partition-exact`: the placement with the fewest ebits, for small programs."""

from __future__ import annotations

from dataclasses import field, replace
from typing import ClassVar

from qdsl.ir.node_order import in_node_order
from qdsl.ir.stages import Circuit, PlacedCircuit
from qdsl.network.network import Network, Node
from qdsl.passes.canonicalize.writing import narrow
from qdsl.passes.insert_communication.insertion import inserted
from qdsl.passes.partition.errors import too_many_qubits
from qdsl.passes.partition.improve import improved
from qdsl.passes.partition.partition import Partition
from qdsl.passes.partition.result import placed
from qdsl.passes.partition.search import best_trajectories
from qdsl.passes.partition.timeline import timeline
from qdsl.passes.partition_exact.instance import MOST_NODES, instance, relaxed
from qdsl.passes.partition_exact.milp import InstanceTooLarge, check_size, solve
from qdsl.passes.partition_exact.realise import realised
from qdsl.records import dataclass


@dataclass(frozen=True, slots=True)
class PartitionExact:
    """Prove how few ebits any placement can do with, and place accordingly.

    The model is that of `instance.py`; what is proved of it with copies in any basis goes on with
    the result (`PlacedCircuit.at_least`). Raises InvalidProgram (QDM601 to QDM605) if the
    network cannot run the program, TooLarge if the program is larger than is solved,
    NoPlacement if nothing was found in time.
    """

    name: ClassVar[str] = "partition-exact"

    exact_seconds: float = field(
        default=60.0,
        metadata={
            "help": "Time limit of the exact search, in seconds; what is proved by then is reported"
        },
    )

    def run(self, ir: Circuit) -> PlacedCircuit:
        """With few communication qubits the optimum of the model may need more ebits than it says:
        then what is found without it is as good as any."""
        proved = in_node_order(self._run, ir)
        best = min((proved, Partition().run(ir)), key=_ebits)
        return replace(best, at_least=min(proved.at_least or 0, _ebits(best)))

    def _run(self, ir: Circuit) -> PlacedCircuit:
        network = ir.network or Network("local", (Node("node0", max(ir.n_qubits, 1), 0),))
        if ir.n_qubits > network.qubits:
            raise too_many_qubits(ir, network)
        if len(network.nodes) > MOST_NODES:
            raise InstanceTooLarge(f"the exact optimum is for at most {MOST_NODES} nodes")
        ir = narrow(ir)
        task = instance(ir, network)
        check_size(task)
        times = timeline(ir)
        found = best_trajectories(ir, network, times, 0, 1)  # refuses what cannot be placed
        searched = placed(ir, network, improved(ir, network, times, found, 0, 1))
        answer = solve(task, self.exact_seconds)
        solved = realised(ir, network, task, answer)
        candidates = [searched]
        if solved is not None:
            circuit, trajectories = solved
            candidates.insert(0, placed(circuit, network, trajectories))
        best = min(candidates, key=_ebits)
        wider = relaxed(ir, network)
        is_same = (wider.events, wider.segments) == (task.events, task.segments)
        proved = answer if is_same else solve(wider, self.exact_seconds)
        return replace(best, at_least=proved.bound)


def _ebits(ir: PlacedCircuit) -> int:
    return int(inserted(ir).table.codes("ebit").sum())
