"""The same placement over other nodes: those whose communication qubits serve it better, and of
equally many ebits those with the better links."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import permutations
from math import log

import numpy as np
import numpy.typing as npt

from qdsl.ir.stages import PlacedCircuit
from qdsl.network.network import Link, Network, Node

Column = npt.NDArray[np.int64]
MOST_NODES = 6  # whose orders are all gone through
FEW_NODES = 4  # whose orders are all tried


def over_better_links(
    ir: PlacedCircuit, pairs_of: Callable[[PlacedCircuit], Column]
) -> PlacedCircuit:
    """The placement with its nodes exchanged for others alike, so that its pairs are made by links
    of higher fidelity and, where that is equal, in less time, then with less latency. Nodes that
    the program names stay.
    `pairs_of`: the two nodes of every ebit of a placement."""
    network, circuit = ir.network, ir.circuit
    is_free = not circuit.disclosures and not (circuit.pin >= 0).any() and network.scale == 1
    if not is_free or not has_better_links(network):
        return ir
    pairs = pairs_of(ir)
    found = min(orders_alike(network), key=lambda order: _price(network, order[pairs]))
    other = _exchanged(ir, found)
    is_no_worse = len(pairs_of(other)) <= len(pairs)
    return other if is_no_worse else ir


def over_better_nodes(ir: PlacedCircuit, cost: Callable[[PlacedCircuit], int]) -> PlacedCircuit:
    """The placement with its nodes exchanged for others that differ in communication qubits only,
    if it then costs less: of few nodes, all ways in which the communication qubits differ. One
    with moves, or with gates that take more than one copy, stays as it is: others may not have the
    room."""
    network, circuit = ir.network, ir.circuit
    free = network.free_comm
    is_free = not circuit.disclosures and not (circuit.pin >= 0).any()
    if not is_free or len(network.nodes) > FEW_NODES or len(set(free)) < 2:
        return ir
    has_moves = (ir.residence != ir.home[circuit.table.operands]).any()
    away = ir.residence != np.repeat(ir.site, circuit.table.arity)
    row = np.repeat(np.arange(len(circuit.table)), circuit.table.arity)
    if has_moves or (np.bincount(row[away]) > 1).any():
        return ir
    ways: dict[tuple[int, ...], Column] = {}
    for order in orders_alike(network, _without_comm):
        ways.setdefault(tuple(free[v] for v in order.tolist()), order)
    return min((_exchanged(ir, order) for order in ways.values()), key=cost)


def has_better_links(network: Network) -> bool:
    """Whether links differ, and there are few enough nodes to go through their orders."""
    kinds = {(link.pair_fidelity, _seconds(link), _latency_ns(link)) for link in network.links}
    return len(kinds) > 1 and len(network.nodes) <= MOST_NODES


def _whole(node: Node, free_comm: int) -> tuple[Node, int]:
    return replace(node, name=""), free_comm


def _without_comm(node: Node, free_comm: int) -> tuple[Node, int]:
    return replace(node, name="", comm=1), 0


def orders_alike(
    network: Network, seen: Callable[[Node, int], tuple[Node, int]] = _whole
) -> Iterator[Column]:
    """Orders of the nodes after which nothing differs but links' quality, and what is not `seen` of
    a node; the given one first."""
    nodes = range(len(network.nodes))
    plain = [seen(v, n) for v, n in zip(network.nodes, network.free_comm, strict=True)]
    hops = [[network.hops(a, b) for b in nodes] for a in nodes]
    for order in permutations(nodes):
        same_nodes = all(plain[v] == plain[order[v]] for v in nodes)
        if same_nodes and all(hops[a][b] == hops[order[a]][order[b]] for a in nodes for b in nodes):
            yield np.array(order, np.int64)


def _price(network: Network, pairs: Column) -> tuple[float, float, int]:
    """What the pairs lose in fidelity, as a sum of logarithms, the seconds that they take, and the
    latency of their links."""
    links = [network.link_between[a, b] for a, b in pairs.tolist()]
    loss = round(sum(map(_loss, links)), 12)
    return loss, sum(map(_seconds, links)), sum(map(_latency_ns, links))


def _loss(link: Link) -> float:
    return -log(max(link.pair_fidelity, 1e-12))


def _seconds(link: Link) -> float:
    if link.distilled is not None:
        return 1e-9 * link.pair_time_ns
    rate = link.pair_rate_hz
    return (1 / rate if rate else 0.0) + 1e-9 * link.physics.herald_ns


def _latency_ns(link: Link) -> int:
    return link.latency_from(link.a) + link.latency_from(link.b)


def _exchanged(ir: PlacedCircuit, order: Column) -> PlacedCircuit:
    new = np.append(order, -1).astype(np.int16)  # no node, -1, stays none
    columns = {name: new[getattr(ir, name)] for name in ("home", "site", "residence")}
    for column in columns.values():
        column.flags.writeable = False
    return replace(ir, **columns)
