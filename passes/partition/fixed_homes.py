"""Placements in which no qubit ever moves, by column."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from qdsl.ir.stages import Circuit
from qdsl.network.network import Network
from qdsl.passes.partition.greedy import Trajectories
from qdsl.passes.partition.timeline import Timeline

Column = npt.NDArray[np.int64]


def needs_no_moves(circuit: Circuit, network: Network, times: Timeline) -> bool:
    """No row asks two qubits to be together or one to be elsewhere, and any node can serve any
    row by copies, whatever the homes are."""
    table = circuit.table
    together = np.bincount(times.row[times.resident], minlength=len(table))
    if (circuit.pin >= 0).any() or (together > 1).any():
        return False
    wide = np.where(table.codes("barrier"), 1, table.arity).max(initial=1)
    joined = min(map(min, network.routing.hops)) >= 0
    return joined and all(comm >= max(1, wide - 1) for comm in network.free_comm)


def staying(
    circuit: Circuit, times: Timeline, home: Column, centre: Column, cost: int
) -> Trajectories:
    """Every row at its centre's home; rows on one qubit where that is."""
    table = circuit.table
    qubit = table.operands.astype(np.int64)
    first = table.operand_start[:-1].astype(np.int64)
    deciding = np.where(centre >= 0, centre, np.minimum(first, max(len(qubit) - 1, 0)))
    site = home[qubit[deciding]] if len(qubit) else np.zeros(len(table), np.int64)
    site = np.where(table.codes("barrier"), -1, site)
    return Trajectories(home.tolist(), site.tolist(), home[qubit].tolist(), [], cost)
