"""From the ebits that cross single cuts to the ebits in all.

An ebit joins two nodes. It crosses the cut around a node if that is one of its ends: summed over
all nodes every ebit is met twice. In a network that is a tree every link is a cut of its own.
"""

from __future__ import annotations

from collections.abc import Callable

from qdsl.network.network import Network


def over_cuts(network: Network, crossing: Callable[[frozenset[int]], int]) -> int:
    """A lower bound on all ebits; `crossing(nodes)` is one on those that leave these nodes."""
    nodes = range(len(network.nodes))
    if len(network.nodes) < 2:
        return 0
    single = [crossing(frozenset({v})) for v in nodes]
    best = max(*single, -(-sum(single) // 2))
    if len(network.links) == len(network.nodes) - 1:
        sides = [_side(network, k) for k in range(len(network.links))]
        if all(0 < len(side) < len(network.nodes) for side in sides):
            best = max(best, sum(crossing(side) for side in sides))
    return best


def _side(network: Network, without: int) -> frozenset[int]:
    """The nodes on one side of a link of a tree."""
    links = [link for k, link in enumerate(network.links) if k != without]
    reached, grows = {network.links[without].a}, True
    while grows:
        more = {v for link in links if {link.a, link.b} & reached for v in (link.a, link.b)}
        grows = not more <= reached
        reached |= more
    return frozenset(reached)
