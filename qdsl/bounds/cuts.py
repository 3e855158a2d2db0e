"""From the ebits that cross single cuts to the ebits in all.

An ebit joins two nodes. It crosses the cut around a node if that is one of its ends: summed over
all nodes every ebit is met twice. In a network that is a tree every link is a cut of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from qdsl.network.network import Network

MOST_NODES: Final = 1000  # whose cuts are gone through: the sides of a line's links have n^2/2


class BoundTooLarge(Exception):
    """A bound is not computed, as it would take too long; the text says for what size."""


def over_cuts(network: Network, crossing: Callable[[frozenset[int]], int]) -> int:
    """A lower bound on all ebits; `crossing(nodes)` is one on those that leave these nodes."""
    return Cuts(network).bound(crossing)


class Cuts:
    """The cuts around every node and, in a tree, through every link, found once for many
    functions. `BoundTooLarge` beyond `MOST_NODES`."""

    def __init__(self, network: Network) -> None:
        if len(network.nodes) > MOST_NODES:
            raise BoundTooLarge(f"more than {MOST_NODES:,} nodes")
        self._around = [frozenset({v}) for v in range(len(network.nodes))]
        self._through = _sides(network)

    def bound(self, crossing: Callable[[frozenset[int]], int]) -> int:
        """`over_cuts` of a network that was given before."""
        if len(self._around) < 2:
            return 0
        single = [crossing(side) for side in self._around]
        return max(*single, -(-sum(single) // 2), sum(map(crossing, self._through)))


def _sides(network: Network) -> list[frozenset[int]]:
    """The nodes on the first side of every link of a tree; none of a network that is no tree."""
    order, parent = [0], {0: -1}
    for here in order:
        for there in network.neighbours[here]:
            if there not in parent:
                parent[there] = here
                order.append(there)
    if len(order) < len(network.nodes) or len(network.links) != len(network.nodes) - 1:
        return []
    below = [{v} for v in range(len(order))]
    for v in reversed(order[1:]):
        below[parent[v]] |= below[v]
    every = below[0]
    return [
        frozenset(below[k.a] if parent[k.a] == k.b else every - below[k.b]) for k in network.links
    ]
