"""Along which links copies are passed on: a tree that needs few ebits, and whose pairs are made
soon.

Where a qubit is wanted at several nodes that are all its neighbours, every copy may be made from
the qubit itself, one after another, as far as its node has communication qubits; or some of them
from other copies, whose pairs are made meanwhile. And where the nodes in between are not wanted
for anything, it depends on the routes through them how many links there are in all. Both are
decided by inserting communication for a part of the network: a tree of its links.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations, pairwise
from math import log
from typing import Final

import numpy as np
import numpy.typing as npt

from qdsl.ir.axes import rows_of_operands
from qdsl.ir.distinct import distinct
from qdsl.ir.primitives import SWAPPING
from qdsl.ir.stages import ROLES, DistributedCircuit, PlacedCircuit
from qdsl.network.network import Link, Network
from qdsl.passes.insert_communication.uses import epochs, served_uses

MOST_ROWS: Final = 20_000
MOST_NODES: Final = 62
WIDEST: Final = 12  # nodes of which every choice is looked at
MOST_ROOTS: Final = 2
LEAST_COPIES: Final = 2  # of one value, for which a tree differs from its only link

Pair = tuple[int, int]


def narrower(placed: PlacedCircuit) -> Iterator[PlacedCircuit]:
    """The placed circuit on trees of its network: for the nodes whose qubits are wanted at most
    other nodes, a tree from there. None where the network is a tree, a node has no room to pass
    copies on, or no qubit is wanted at several nodes."""
    network = placed.network
    is_small = len(placed.circuit.table) <= MOST_ROWS and len(network.nodes) <= MOST_NODES
    has_choice = len(network.links) >= len(network.nodes)
    has_room = all(comm >= 2 for comm in network.free_comm)  # to pass copies on
    if not (is_small and has_choice and has_room):
        return
    for root, wanted in _roots(placed)[:MOST_ROOTS]:
        links = _tree(network, root, wanted)
        kept = tuple(link for link in network.links if _ends(link) in links)
        if len(kept) < len(network.nodes) - 1:  # the network is in several parts
            return
        yield replace(placed, network=network.with_fewer_links(kept))


def ebits(program: DistributedCircuit) -> int:
    """All pairs of a program, each over one link."""
    return int(program.table.codes("ebit").sum())


def is_direct(program: DistributedCircuit) -> bool:
    """Whether no pair that is swapped from others takes a longer way than the network has."""
    table, hops = program.table, program.network.routing.hops
    swapped = table.codes("ebit") & (program.role == ROLES.index(SWAPPING.name))
    nodes = _ends_of_pairs(program, swapped)
    ends: dict[int, set[int]] = {}
    links: dict[int, int] = {}
    for group, (a, b) in zip(program.group[swapped].tolist(), nodes.tolist(), strict=True):
        ends[group] = ends.get(group, set()) ^ {a} ^ {b}
        links[group] = links.get(group, 0) + 1
    return all(hops[min(e)][max(e)] == links[group] for group, e in ends.items())


def loss(program: DistributedCircuit) -> float:
    """What its pairs lose in fidelity, as a sum of logarithms."""
    links = program.network.link_between
    nodes = _ends_of_pairs(program, program.table.codes("ebit"))
    counts = sorted(Counter(map(tuple, nodes.tolist())).items())
    return sum(-float(n) * log(max(links[pair].pair_fidelity, 1e-12)) for pair, n in counts)


def _ends_of_pairs(
    program: DistributedCircuit, which: npt.NDArray[np.bool_]
) -> npt.NDArray[np.int16]:
    """The two nodes of the ebits in these rows."""
    first = program.table.operand_start[:-1][which]
    ends: npt.NDArray[np.int16] = program.wire_node[
        program.table.operands[np.stack([first, first + 1], axis=1)]
    ]
    return ends


def _roots(placed: PlacedCircuit) -> list[tuple[int, list[int]]]:
    """Nodes that have a qubit with copies at several others, those with most copies first; and at
    which nodes they are."""
    served = served_uses(placed)
    site = placed.site[rows_of_operands(placed.circuit.table)[served]]
    epoch, home, copy = (
        np.asarray(x, np.int64) for x in (epochs(placed)[served], placed.residence[served], site)
    )
    by_root = distinct(epoch << 32 | home << 16 | copy) >> 16  # once for each node with a copy
    values = distinct(by_root)
    many = np.diff(np.append(np.searchsorted(by_root, values), len(by_root)))
    copies: dict[int, int] = {}
    for root, count in zip((values & 0xFFFF).tolist(), many.tolist(), strict=True):
        if count >= LEAST_COPIES:
            copies[root] = copies.get(root, 0) + count
    roots = sorted(copies, key=lambda root: (-copies[root], root))
    return [(root, distinct(copy[home == root]).tolist()) for root in roots]


def _ends(link: Link) -> Pair:
    return min(link.a, link.b), max(link.a, link.b)


def _tree(network: Network, root: int, wanted: list[int]) -> set[Pair]:
    """Links of a tree over all nodes.

    First come the nodes of `wanted`, and those of a least tree that joins them: next is the one
    with the fewest links to the tree so far, from a node that has communication qubits left and
    holds its copy soonest; a node passes its copy on to one after another. The other nodes follow
    as they can be reached.
    """
    turn, pairs = {root: 0}, {root: 0}
    found: set[Pair] = set()
    first = _joined(network, {root, *wanted})
    hops = network.routing.hops

    def price(way: Pair) -> tuple[int, bool, int, int, int]:
        near, far = way
        return hops[near][far], pairs[near] >= network.free_comm[near], turn[near], near, far

    for others in (first, range(len(network.nodes))):
        while ways := [(a, b) for a in turn for b in others if b not in turn and hops[a][b] > 0]:
            near, far = min(ways, key=price)
            for a, b in pairwise(network.route(near, far) or ()):
                found.add((min(a, b), max(a, b)))
                turn[a] += 1
                turn[b], pairs[a], pairs[b] = turn[a], pairs[a] + 1, 1
    return found


def _joined(network: Network, wanted: set[int]) -> list[int]:
    """The fewest nodes that these can be joined by, they among them; of many nodes only they."""
    others = [node for node in range(len(network.nodes)) if node not in wanted]
    if len(network.nodes) <= WIDEST:
        for size in range(len(others) + 1):
            for more in combinations(others, size):
                if _is_joined(network, wanted.union(more)):
                    return sorted(wanted.union(more))
    return sorted(wanted)


def _is_joined(network: Network, nodes: set[int]) -> bool:
    reached, fresh = set[int](), {min(nodes)}
    while fresh:
        reached |= fresh
        fresh = {b for a in fresh for b in network.neighbours[a]} & nodes - reached
    return reached == nodes
