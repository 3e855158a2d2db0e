"""Puts the nodes of a network in an order by what they are, whatever they are called.

Nodes are told apart like qubits (`canonical_labels`): a node's mark is made of its resources, its
links, the nodes at their other ends, and the operations that are pinned to it with their qubits.
Neighbours come one after another, as homes in contiguous blocks are good where they do. Where
equals are left, the one that is declared first comes first: it is as good as the others.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

import numpy as np
import numpy.typing as npt

from qdsl.ir.axes import WIDEST
from qdsl.ir.stages import Circuit, Sample
from qdsl.network.network import Link, Network, Node
from qdsl.passes.canonicalize.canonical_labels import (
    MOST_QUBITS,
    MOST_ROWS,
    MarkedUses,
    Marks,
    marked_uses,
    mixed,
    refined,
)
from qdsl.passes.canonicalize.ordering import levels_of
from qdsl.passes.canonicalize.rows import Column, RowColumns

MOST_NODES: Final = 62  # beyond, the search sees names as numbers
_NEVER: Final = np.iinfo(np.int64).max
_PINNED: Final = WIDEST + 1  # the place of a row's node beside its operands
_THERE, _BACK = WIDEST + 2, WIDEST + 3  # of the ends of a link whose directions differ
_LINKED: Final = np.uint64(1) << np.uint64(32)  # no row has such a mark


def node_order(
    ir: Circuit, rows: RowColumns, words: Sequence[str], fence: npt.NDArray[np.bool_]
) -> tuple[int, ...] | None:
    """The nodes of a circuit's network in order, the circuit's `rows` being these; None of one
    that is too large, and where there is nothing to put in order. `fence`: as for `levels_of`."""
    network = ir.network
    if network is None or not 1 < len(network.nodes) <= MOST_NODES:
        return None
    is_pinned = rows.pin >= 0
    first = np.full(len(network.nodes), _NEVER)
    uses, n_qubits = _no_uses(), 0
    if is_pinned.any():
        level = levels_of(rows, (ir.n_qubits, ir.n_bits), words, fence)
        np.minimum.at(first, rows.pin[is_pinned], level[is_pinned])
        if len(rows) <= MOST_ROWS and ir.n_qubits <= MOST_QUBITS:
            n_qubits = ir.n_qubits
            uses = _with_pins(rows, n_qubits, level, words)
    uses = _with_links(uses, network, n_qubits)
    busy = _busy(rows, len(network.nodes), ir.n_qubits)
    return _walked(network, uses, _resources(ir, network, n_qubits, rows), (first, -busy))


def _busy(rows: RowColumns, nodes: int, n_qubits: int) -> Column:
    """By node how many operations its pinned qubits have, int64[nodes]."""
    at = rows.pin[rows.owner]
    mine = at >= 0
    uses = np.bincount(rows.operands, minlength=n_qubits)
    found = np.bincount(at[mine], uses[rows.operands[mine]], minlength=nodes)
    return found.astype(np.int64)


def kinds(network: Network) -> tuple[int, ...]:
    """All that `node_order` knows of a network beside which nodes are linked: numbers of nodes and
    links, equal for equal ones."""
    nodes = _ranks(repr((replace(node, name=""), n)) for node, n in _with_free(network))
    return *nodes.tolist(), *_ranks(map(_of_link, network.links)).tolist()


def _with_free(network: Network) -> Iterable[tuple[Node, int]]:
    return zip(network.nodes, network.free_comm, strict=True)


def _no_uses() -> MarkedUses:
    none = np.zeros(0, np.int64)
    return MarkedUses(none, none, none, none, np.zeros(0, np.uint64), 0)


def _with_pins(rows: RowColumns, n_qubits: int, level: Column, words: Sequence[str]) -> MarkedUses:
    """The uses of qubits and, numbered after them, of the nodes that rows are pinned to."""
    pinned = np.flatnonzero(rows.pin >= 0)
    same = np.where(rows.pin >= 0, 0, -1)
    uses = marked_uses(replace(rows, pin=same), n_qubits, level, words)
    return replace(
        uses,
        qubit=np.concatenate([uses.qubit, n_qubits + rows.pin[pinned]]),
        row=np.concatenate([uses.row, pinned]),
        place=np.concatenate([uses.place, np.full(len(pinned), _PINNED)]),
    )


def _with_links(uses: MarkedUses, network: Network, n_qubits: int) -> MarkedUses:
    """Every link is one more row, on its two nodes."""
    links = network.links
    ends = np.array([(link.a, link.b) for link in links], np.int64).reshape(-1, 2)
    one_way = np.array([link.latency_from(link.a) != link.latency_from(link.b) for link in links])
    place = np.where(one_way[:, None], (_THERE, _BACK), 0) if links else np.zeros((0, 2), np.int64)
    rows = len(uses.kind) + np.arange(len(links))
    kind = mixed(_LINKED + _ranks(map(_of_link, links)))
    return MarkedUses(
        np.concatenate([uses.qubit, n_qubits + ends.ravel()]),
        np.concatenate([uses.row, np.repeat(rows, 2)]),
        np.concatenate([uses.place, place.ravel()]),
        uses.level,
        np.concatenate([uses.kind, kind]),
        n_qubits + len(network.nodes),
    )


def _of_link(link: Link) -> str:
    """All but its ends, and where its figures come from. One that is declared from its other end
    is the same, unless its directions differ."""
    back = link.physics.latency_back_ns
    is_same = back is None or back == link.latency_ns
    model = replace(link.physics, latency_back_ns=None) if is_same else link.physics
    return repr((link.fidelity, link.rate_hz, link.latency_ns, model))


def _resources(ir: Circuit, network: Network, n_qubits: int, rows: RowColumns) -> Marks:
    """Marks of qubits, which are all equal, and of nodes: by what they have, how much is pinned to
    them, and what they are told."""
    told: list[list[tuple[int, ...]]] = [[] for _ in network.nodes]
    for k, output in enumerate(ir.outputs):
        if isinstance(output, Sample) and output.to is not None:
            told[output.to].append((k,))
    for d in ir.disclosures:
        told[d.to].append((d.bits, 0))
    many = np.bincount(rows.pin[rows.pin >= 0], minlength=len(network.nodes)).tolist()
    known = zip(_with_free(network), many, map(sorted, told), strict=True)
    marks = _ranks(repr((replace(node, name=""), free, *rest)) for (node, free), *rest in known)
    return mixed(np.concatenate([np.zeros(n_qubits, np.uint64), marks + np.uint64(1)]))


def _ranks(texts: Iterable[str]) -> Marks:
    """Equal numbers for equal texts, in the order of these."""
    given = list(texts)
    rank = {text: k for k, text in enumerate(sorted(set(given)))}
    return np.array([rank[text] for text in given], np.uint64)


def _walked(
    network: Network, uses: MarkedUses, marks: Marks, pinned: tuple[Column, Column]
) -> tuple[int, ...]:
    """Nodes one after another: next comes who has most links to those before, among equals who is
    nearest to the last one; first a node that is linked to all others, else one of fewest links.
    `pinned`: the level of the first row that is pinned to a node, and minus how many operations its
    qubits have: the root of a collective has most. Equals are told apart as one is chosen."""
    n = len(network.nodes)
    marks, _ = refined(uses, marks)
    linked = np.zeros((n, n), np.int64)
    for link in network.links:
        linked[link.a, link.b] = linked[link.b, link.a] = 1
    degree = linked.sum(0)
    size = np.array([(node.qubits, node.comm) for node in network.nodes], np.int64).T
    pull, touched = np.where(degree == n - 1, 1, 0), -degree
    order: list[int] = []
    left = np.ones(n, np.bool_)
    for k in range(n):
        mark = marks[-n:]
        best = np.flatnonzero(left)
        for value in (-pull, -touched, *pinned, -size[0], -size[1], mark):
            best = best[value[best] == value[best].min()]
        node = int(best[0])
        order.append(node)
        left[node] = False
        if len(best) > 1:
            marks[len(marks) - n + node] = mixed(np.array([k + 1], np.uint64))[0]
            marks, _ = refined(uses, marks)
        pull = pull * (k > 0) + linked[node]
        touched = np.where(linked[node] > 0, k + 1, touched * (k > 0))
    return tuple(order)
