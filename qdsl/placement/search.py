"""Looks for the cheapest trajectories."""

from __future__ import annotations

from qdsl.ir.stages import Circuit
from qdsl.network import Network
from qdsl.placement.stations import fill_in_order, pinned_homes
from qdsl.placement.timeline import Timeline
from qdsl.placement.walk import Trajectories, walk


def best_trajectories(
    circuit: Circuit, network: Network, times: Timeline, seed: int, effort: int
) -> Trajectories:
    """The cheapest of the trajectories tried."""
    pinned = pinned_homes(circuit, network, times)
    return walk(circuit, network, times, fill_in_order(pinned, network))
