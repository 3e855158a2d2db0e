"""Which qubits should live together: one hyperedge for every window in which copies may serve.

The pins of a hyperedge are the qubit itself (its root) and the qubits at whose nodes its
copies are used; what it costs is a tree of links over all nodes that it touches.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from qdsl.ir.distinct import distinct
from qdsl.ir.stages import Circuit
from qdsl.passes.partition.timeline import Timeline
from qdsl.records import dataclass

Column = npt.NDArray[np.int64]
NONE = -1


@dataclass(frozen=True, slots=True, eq=False)
class Hypergraph:
    """Edge e has `pins[start[e]:start[e + 1]]`, counts `weight[e]` times, and touches the nodes
    of the bit mask `fixed[e]` whatever happens. `size` is the number of qubits of a vertex."""

    start: Column
    pins: Column
    weight: Column
    fixed: Column
    size: Column

    @property
    def n_vertices(self) -> int:
        return len(self.size)

    @property
    def owner(self) -> Column:
        """The edge of every pin."""
        return np.repeat(np.arange(len(self.weight)), np.diff(self.start))


@dataclass(frozen=True, slots=True, eq=False)
class Gates:
    """Rows on several qubits that happen where a qubit lives or where they are pinned.

    `use` are the operands that may be served by copies (positions in the table's operands),
    `row` their rows; `centre[row]` is the position of the operand at whose node the row
    happens, NONE where it is pinned. `symmetric` rows may have any operand as their centre.
    """

    use: Column
    row: Column
    centre: Column
    symmetric: npt.NDArray[np.bool_]


def gates(circuit: Circuit, times: Timeline) -> Gates:
    """All such rows, symmetric ones centred at the operand whose window has the fewest of them."""
    table = circuit.table
    n = len(table)
    residents = np.bincount(times.row[times.resident], minlength=n)
    has_site = (circuit.pin < 0) & ~table.codes("barrier", "move") & (table.arity > 1)
    symmetric = has_site & (residents == 0)
    centre = np.full(n, NONE, np.int64)
    resident_uses = np.flatnonzero(times.resident)
    one = has_site & (residents == 1)
    single = resident_uses[one[times.row[resident_uses]]]
    centre[times.row[single]] = single
    busy = np.bincount(times.window[symmetric[times.row]], minlength=int(times.window.max()) + 1)
    uses = np.flatnonzero(symmetric[times.row])
    order = uses[np.lexsort((-uses, busy[times.window[uses]], times.row[uses]))]
    rows, first = np.unique(times.row[order], return_index=True)
    centre[rows] = order[first]
    asks = ~times.resident & ~table.codes("barrier")[times.row]
    served = asks & ((centre[times.row] != NONE) | (circuit.pin[times.row] >= 0))
    served &= centre[times.row] != np.arange(len(times.row))
    use = np.flatnonzero(served)
    return Gates(use, times.row[use], centre, symmetric)


def hypergraph(circuit: Circuit, times: Timeline, found: Gates, centre: Column) -> Hypergraph:
    """The hypergraph for given centres."""
    n = circuit.n_qubits
    qubit = circuit.table.operands.astype(np.int64)
    use, row = found.use, found.row
    # a symmetric row is served at its centre, so its old centre and its new one change roles
    uses = np.concatenate([use, found.centre[row]]) if len(use) else use
    rows = np.concatenate([row, row]) if len(use) else row
    keep = (uses != NONE) & (centre[rows] != uses)
    uses, rows = uses[keep], rows[keep]
    uses, kept = np.unique(uses, return_index=True)
    rows = rows[kept]
    window, root = times.window[uses], qubit[uses]
    at_pin = centre[rows] == NONE
    partner = np.where(at_pin, root, qubit[centre[rows]])
    window_ids, edge = np.unique(window, return_inverse=True)
    fixed = np.zeros(len(window_ids), np.int64)
    pins = circuit.pin.astype(np.int64)[rows[at_pin]]
    np.bitwise_or.at(fixed, edge[at_pin], np.int64(1) << pins)
    pairs = distinct(np.concatenate([edge * n + root, edge * n + partner]))
    once, one = np.ones(len(fixed), np.int64), np.ones(n, np.int64)
    return _merged(pairs // n, pairs % n, fixed, once, one)


def _merged(edge: Column, pin: Column, fixed: Column, weight: Column, size: Column) -> Hypergraph:
    """Sorted (edge, pin) pairs as a hypergraph; equal edges become one, lone pins go."""
    count = np.bincount(edge, minlength=len(weight))
    start = np.concatenate([[0], np.cumsum(count)])
    matters = np.flatnonzero((count > 1) | (fixed != 0))
    keys = _fingerprints(edge, pin, fixed)[matters]
    _, first, which = np.unique(keys, return_index=True, return_inverse=True)
    order = np.argsort(first)
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    weights = np.zeros(len(order), np.int64)
    np.add.at(weights, rank[which], weight[matters])
    keep = matters[first[order]]
    sizes = count[keep]
    offset = np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    return Hypergraph(
        np.concatenate([[0], np.cumsum(sizes)]),
        pin[np.repeat(start[keep], sizes) + offset],
        weights,
        fixed[keep],
        size,
    )


def _fingerprints(edge: Column, pin: Column, fixed: Column) -> npt.NDArray[np.uint64]:
    """A number for every edge, equal for equal edges: a sum over its pins of 64 random bits. That
    two others share one has the probability edges**2 / 2**65; the search would then be misled
    about an edge, and no result wrong."""
    total = _scrambled(fixed + (1 << 40))
    np.add.at(total, edge, _scrambled(pin))
    return total


def _scrambled(values: Column) -> npt.NDArray[np.uint64]:
    """SplitMix64 (Steele, Lea and Flood, OOPSLA 2014)."""
    x = (values.astype(np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


def contracted(graph: Hypergraph, cluster: Column) -> Hypergraph:
    """The hypergraph whose vertices are the clusters."""
    n = int(cluster.max()) + 1
    pairs = distinct(graph.owner * n + cluster[graph.pins])
    size = np.bincount(cluster, weights=graph.size, minlength=n).astype(np.int64)
    return _merged(pairs // n, pairs % n, graph.fixed, graph.weight, size)
