"""Homes that pins ask for."""

from __future__ import annotations

from qdsl.ir.stages import Circuit
from qdsl.network.network import Network
from qdsl.passes.partition.timeline import Timeline

FREE = -1


def pinned_homes(circuit: Circuit, network: Network, times: Timeline) -> list[int]:
    """For every qubit the node where it first has to live, FREE if none asks or it is full.

    The first to be needed gets the room; who finds none lives elsewhere until then.
    """
    room = [node.qubits for node in network.nodes]
    homes = [FREE] * circuit.n_qubits
    first = times.first
    stations = [(int(times.station[k]), q) for q, k in enumerate(first.tolist()) if k >= 0]
    for use, q in sorted(s for s in stations if s[0] >= 0):
        node = int(circuit.pin[times.row[use]])
        if room[node]:
            room[node] -= 1
            homes[q] = node
    return homes
