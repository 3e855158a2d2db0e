"""Which qubits should live together: one hyperedge for every window in which copies may serve.

The pins of a hyperedge are the qubit itself (its root) and the qubits at whose nodes its
copies are used; what it costs is a tree of links over all nodes that it touches.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from qdsl.ir.stages import Circuit
from qdsl.placement.timeline import Timeline

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
    pairs = np.unique(np.concatenate([edge * n + root, edge * n + partner]))
    once, one = np.ones(len(fixed), np.int64), np.ones(n, np.int64)
    return _merged(pairs // n, pairs % n, fixed, once, one)


def _merged(edge: Column, pin: Column, fixed: Column, weight: Column, size: Column) -> Hypergraph:
    """Sorted (edge, pin) pairs as a hypergraph; equal edges become one, lone pins go."""
    count = np.bincount(edge, minlength=len(weight))
    start = np.concatenate([[0], np.cumsum(count)])
    raw = pin.astype(np.int32).tobytes()
    known: dict[tuple[bytes, int], int] = {}
    weights: list[int] = []
    chosen: list[int] = []
    for e, (a, b, f, w) in enumerate(
        zip(start[:-1].tolist(), start[1:].tolist(), fixed.tolist(), weight.tolist(), strict=True)
    ):
        if b - a < 2 and not f:
            continue
        index = known.setdefault((raw[4 * a : 4 * b], f), len(weights))
        if index == len(weights):
            weights.append(0)
            chosen.append(e)
        weights[index] += w
    keep = np.array(chosen, np.int64)
    sizes = count[keep]
    offset = np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    return Hypergraph(
        np.concatenate([[0], np.cumsum(sizes)]), pin[np.repeat(start[keep], sizes) + offset],
        np.array(weights, np.int64), fixed[keep], size,
    )  # fmt: skip


def contracted(graph: Hypergraph, cluster: Column) -> Hypergraph:
    """The hypergraph whose vertices are the clusters."""
    n = int(cluster.max()) + 1
    pairs = np.unique(graph.owner * n + cluster[graph.pins])
    size = np.bincount(cluster, weights=graph.size, minlength=n).astype(np.int64)
    return _merged(pairs // n, pairs % n, graph.fixed, graph.weight, size)
