"""All bounds that fit a compiled program's size."""

from __future__ import annotations

from collections.abc import Callable

from qdsl.bounds.cover import cover_bound
from qdsl.bounds.cuts import BoundTooLarge
from qdsl.bounds.phases import phase_bound
from qdsl.bounds.pinned import pinned_bound
from qdsl.bounds.result import (
    ANY_PLACEMENT,
    AS_WRITTEN,
    THIS_PLACEMENT,
    Bound,
    Optimality,
    optimality,
)
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
    scope_of_cat = AS_WRITTEN if _begins_again(circuit) else ANY_PLACEMENT
    sought: tuple[tuple[Callable[[], int | None], str, str, str], ...] = (
        (lambda: placed.at_least, AS_WRITTEN, CAT, "integer program"),
        (lambda: connected_bound(circuit, network), scope_of_cat, CAT, "connected qubits"),
        (lambda: _pinned(circuit, len(network.nodes)), scope_of_cat, CAT, "pinned operations"),
        (lambda: free_schmidt_bound(circuit, network), ANY_PLACEMENT, ANY, "operator-Schmidt rank"),
        (lambda: cover_bound(placed), THIS_PLACEMENT, CAT, "vertex cover of cuts"),
        (lambda: schmidt_bound(placed), THIS_PLACEMENT, ANY, "operator-Schmidt rank of cuts"),
        (lambda: phase_bound(placed), THIS_PLACEMENT, ANY, "rank of phases of cuts"),
    )
    bounds, left_out = [], []
    for bound, scope, within, method in sought:
        try:
            found = bound()
        except BoundTooLarge as e:
            left_out.append(f"{method} ({e})")
            continue
        if found is not None:
            bounds.append(Bound(found, scope, within, method))
    return optimality(ebits, tuple(bounds), tuple(left_out))


def _begins_again(circuit: Circuit) -> bool:
    """Is a qubit reset that was used before? It could begin again at any node, without a pair: as
    it is written it is one qubit, which would have to move there."""
    table = circuit.table
    used: set[int] = set()
    resets = table.codes("reset")
    if not resets.any():
        return False
    for row in table:
        if resets[row.index] and not used.isdisjoint(row.operands):
            return True
        used.update(row.operands)
    return False


def _pinned(circuit: Circuit, nodes: int) -> int | None:
    if not (circuit.pin >= 0).any():
        return None
    if nodes > MOST_NODES:
        raise BoundTooLarge(f"more than {MOST_NODES} nodes")
    return pinned_bound(circuit)
