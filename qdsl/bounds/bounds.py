"""All bounds that fit a compiled program's size."""

from __future__ import annotations

from qdsl.bounds.cover import cover_bound
from qdsl.bounds.phases import phase_bound
from qdsl.bounds.pinned import pinned_bound
from qdsl.bounds.result import ANY_PLACEMENT, THIS_PLACEMENT, Bound, Optimality, optimality
from qdsl.bounds.schmidt import free_schmidt_bound, schmidt_bound
from qdsl.ir.stages import Circuit, DistributedCircuit
from qdsl.passes.partition.connected import connected_bound

MOST_OPERATIONS = 200_000
MOST_NODES = 62  # sets of nodes are bit masks
CAT, ANY = "cat copies and teledata", "any protocol"


def bounds_of(program: DistributedCircuit) -> Optimality | None:
    """Lower bounds beside the program's ebits; None on one node or beyond `MOST_OPERATIONS`."""
    placed = program.placed
    circuit, network = placed.circuit, placed.network
    if len(network.nodes) < 2 or len(circuit.table) > MOST_OPERATIONS or not circuit.n_qubits:
        return None
    ebits = int(program.table.codes("ebit").sum())
    found = (
        (placed.at_least, ANY_PLACEMENT, CAT, "integer program"),
        (connected_bound(circuit, network), ANY_PLACEMENT, CAT, "connected qubits"),
        (_pinned(circuit, len(network.nodes)), ANY_PLACEMENT, CAT, "pinned operations"),
        (free_schmidt_bound(circuit, network), ANY_PLACEMENT, ANY, "operator-Schmidt rank"),
        (cover_bound(placed), THIS_PLACEMENT, CAT, "vertex cover of cuts"),
        (schmidt_bound(placed), THIS_PLACEMENT, ANY, "operator-Schmidt rank of cuts"),
        (phase_bound(placed), THIS_PLACEMENT, ANY, "rank of phases of cuts"),
    )
    bounds = tuple(Bound(n, *words) for n, *words in found if n is not None)
    return optimality(ebits, bounds)


def _pinned(circuit: Circuit, nodes: int) -> int | None:
    return pinned_bound(circuit) if nodes <= MOST_NODES and (circuit.pin >= 0).any() else None
