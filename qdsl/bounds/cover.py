"""Copies that gates across a cut need, where every qubit's residences are given: a vertex cover.

A gate that is diagonal on a qubit on each side of a cut needs a copy of one of the two across;
one copy serves a whole segment. So the copies across are a vertex cover of the graph of segments
and gates, which is bipartite, and the least cover is as large as the largest matching (König,
1931; for distributed circuits J.-Y. Wu et al., arXiv 2212.12688). A segment whose qubit lives on
both sides crosses anyway; a gate that has to happen on one side asks for all operands there.
Copies may be in any basis, so segments are the runs of `any_basis.py`. A qubit that changes sides
between two runs crosses by one of them: that joins the two as a gate does.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from qdsl.bounds.cuts import BoundTooLarge, over_cuts
from qdsl.ir.operations import BY_NAME
from qdsl.ir.stages import PlacedCircuit
from qdsl.passes.partition.any_basis import TURN, runs
from qdsl.passes.partition.resynthesis.graphs import matching_size
from qdsl.passes.partition.timeline import timeline

Column = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
MOST_NODES = 62  # sets of nodes are bit masks


def cover_bound(placed: PlacedCircuit) -> int:
    """Ebits by cat copies and teledata, whatever copies and sites are chosen."""
    if len(placed.network.nodes) > MOST_NODES:
        raise BoundTooLarge(f"more than {MOST_NODES} nodes")
    graph = _Graph(placed)
    return over_cuts(placed.network, graph.crossing)


class _Graph:
    def __init__(self, placed: PlacedCircuit) -> None:
        times = timeline(placed.circuit)
        table = placed.circuit.table
        node, found = placed.residence.astype(np.int64), runs(placed.circuit)
        self._row, self._window, self._resident = times.row, found.run, found.is_station
        self._pin = placed.circuit.pin.astype(np.int64)
        asks = (table.opcode != BY_NAME["barrier"].code) & ((table.arity > 1) | (self._pin >= 0))
        asked = asks[times.row] & (found.kind != TURN)
        self._where = np.zeros(int(found.run.max(initial=0)) + 1, np.int64)
        np.bitwise_or.at(self._where, found.run[asked], np.int64(1) << node[asked])
        self._node = node
        self._uses = np.flatnonzero(asked)
        self._starts = np.flatnonzero(np.diff(times.row[self._uses], prepend=-1) != 0)
        qubit = table.operands.astype(np.int64)[self._uses]
        order = self._uses[np.argsort(qubit, kind="stable")]
        self._before, self._after = order[:-1], order[1:]
        same = np.sort(qubit)[:-1] == np.sort(qubit)[1:]
        same &= found.run[self._before] != found.run[self._after]
        self._before, self._after = self._before[same], self._after[same]

    def crossing(self, nodes: frozenset[int]) -> int:
        mask = np.int64(sum(1 << v for v in nodes))
        inside, outside = (self._where & mask) != 0, (self._where & ~mask) != 0
        paid = inside & outside
        left, right = self._edges(inside, paid, nodes)
        was_in, is_in = (np.isin(self._node[u], [*nodes]) for u in (self._before, self._after))
        moved = was_in != is_in
        one, other = self._window[self._before[moved]], self._window[self._after[moved]]
        left = np.concatenate([left, np.where(was_in[moved], one, other)])
        right = np.concatenate([right, np.where(was_in[moved], other, one)])
        keep = ~(paid[left] | paid[right])
        left, right = left[keep], right[keep]
        return int(paid.sum()) + matching_size(left, right)

    def _edges(self, inside: Flags, paid: Flags, nodes: frozenset[int]) -> tuple[Column, Column]:
        """Segments joined by gates across; those that a gate on a given side asks for are paid."""
        windows, rows = self._window[self._uses], self._row[self._uses]
        resident, is_in = self._resident[self._uses], np.isin(self._node[self._uses], [*nodes])
        sizes = np.diff(np.append(self._starts, len(self._uses)))
        gate = np.repeat(np.arange(len(sizes)), sizes)
        pin = self._pin[rows[self._starts]]
        fixed, is_known = np.isin(pin, [*nodes]), pin >= 0
        homes = np.flatnonzero(resident & ~is_known[gate])[::-1]  # the first one is written last
        fixed[gate[homes]], is_known[gate[homes]] = is_in[homes], True
        asked = is_known[gate] & (is_in != fixed[gate]) & ~resident
        paid[windows[asked]] = True
        return self._pairs(windows, is_in, np.flatnonzero(~is_known[gate]), gate)

    def _pairs(
        self, windows: Column, is_in: Flags, uses: Column, gate: Column
    ) -> tuple[Column, Column]:
        """The segments inside and those outside of every gate, each with each. `uses` of a gate
        stand together."""
        left, right = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
        sizes = np.bincount(gate)
        for apart in range(1, int(sizes.max(initial=1))):
            uses = uses[sizes[gate[uses]] > apart]
            a, b = uses[:-apart], uses[apart:]
            crosses = (gate[a] == gate[b]) & (is_in[a] != is_in[b])
            a, b = windows[a[crosses]], windows[b[crosses]]
            first = is_in[uses[:-apart][crosses]]
            left.append(np.where(first, a, b))
            right.append(np.where(first, b, a))
        return np.concatenate(left), np.concatenate(right)
