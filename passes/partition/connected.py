"""Qubits that interact have to be joined by ebits, wherever they are.

Theorem. Take a moment of the program. Every qubit is then in one segment of its life (a run of
`any_basis.py`: a stretch that one cat copy can serve, in whatever basis it is taken). Join two
qubits if an operation meets both of those segments. If c joined qubits do not fit on fewer than m
nodes, these segments cost at least m - 1 ebits. Proof: a segment that is present at k nodes costs
at least k - 1 ebits; an operation happens at one node, where all the segments that it meets are
present; so the nodes where the joined segments are present form one component, of at least m nodes,
since at that moment each of the c qubits lives at a node where its segment is present; and a
connected hypergraph on m vertices has a sum of (size - 1) of at least m - 1. Moments whose joined
segments are not the same ones add up. The same holds of whole lives in the place of segments, for
all operations of the program: a qubit that is ever present at k nodes costs at least k - 1 ebits,
and homes are nodes.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from qdsl.ir.axes import rows_of_operands
from qdsl.ir.distinct import distinct
from qdsl.ir.operations import BY_NAME
from qdsl.ir.stages import Circuit
from qdsl.network.network import Network
from qdsl.passes.partition.any_basis import runs
from qdsl.passes.partition.resynthesis.graphs import component_sizes

Column = npt.NDArray[np.int64]
MOST_MOMENTS = 64
FEW_ROWS = 2000  # of a circuit for which a bound takes less time than the search that it may save


def connected_bound(circuit: Circuit, network: Network) -> int:
    """Ebits of any placement of the circuit, by cat copies and teledata."""
    reader = _Moments(circuit, network)
    by_moments = max(reader.total(threshold) for threshold in reader.thresholds())
    return max(by_moments, reader.whole_lives())


def at_least(circuit: Circuit, network: Network) -> int:
    """The same to end a search with; of a large circuit 0, which is true too."""
    return connected_bound(circuit, network) if len(circuit.table) <= FEW_ROWS else 0


class _Moments:
    def __init__(self, circuit: Circuit, network: Network) -> None:
        table = circuit.table
        row, window = rows_of_operands(table).astype(np.int64), runs(circuit).run
        wide = (table.arity > 1) & (table.opcode != BY_NAME["barrier"].code)
        self._room = sorted((v.qubits for v in network.nodes), reverse=True)
        self._n = circuit.n_qubits
        self._row, self._window = row, window
        self._qubit = table.operands.astype(np.int64)
        count = int(window.max(initial=0)) + 1
        self._first = np.full(count, len(table), np.int64)
        np.minimum.at(self._first, window, row)
        self._owner = np.full(count, -1, np.int64)
        self._owner[window] = self._qubit
        uses = np.flatnonzero(wide[row])
        same = row[uses[:-1]] == row[uses[1:]]
        self._pairs = np.stack([uses[:-1][same], uses[1:][same]])
        rows = distinct(row[uses])
        step = max(1, len(rows) // MOST_MOMENTS)
        self._moments = sorted({*rows[::step].tolist(), *rows[-1:].tolist()})

    def thresholds(self) -> tuple[int, ...]:
        most = max(
            (self._gain(m, np.zeros(len(self._owner), np.bool_))[0] for m in self._moments),
            default=0,
        )
        return tuple(sorted({1, most}))

    def total(self, threshold: int) -> int:
        """Moments in order of time, those that gain enough by segments not used before."""
        spent = np.zeros(len(self._owner), np.bool_)
        total = 0
        for moment in self._moments:
            gain, joined = self._gain(moment, spent)
            if gain >= threshold > 0:
                total += gain
                spent |= joined
        return total

    def whole_lives(self) -> int:
        """Of the qubits that operations join at any time."""
        return self._for_joined(*self._qubit[self._pairs])

    def _alive(self, moment: int) -> npt.NDArray[np.bool_]:
        """The segment of every qubit at a moment: the last to begin no later. A qubit that has
        not been used by then is left out."""
        begun = np.flatnonzero((self._owner >= 0) & (self._first <= moment))
        alive = np.zeros(len(self._owner), np.bool_)
        latest = np.full(self._n, -1, np.int64)
        np.maximum.at(latest, self._owner[begun], begun)  # windows of a qubit count upwards
        alive[latest[latest >= 0]] = True
        return alive

    def _gain(self, moment: int, spent: npt.NDArray[np.bool_]) -> tuple[int, npt.NDArray[np.bool_]]:
        usable = self._alive(moment) & ~spent
        a, b = self._window[self._pairs]
        met = usable[a] & usable[b]
        joined = np.zeros(len(self._owner), np.bool_)
        joined[a[met]] = joined[b[met]] = True
        return self._for_joined(self._owner[a[met]], self._owner[b[met]]), joined

    def _for_joined(self, one: Column, other: Column) -> int:
        """Ebits that join the nodes of these pairs of qubits, and what hangs together by them."""
        sizes = component_sizes((one, other), self._n)
        return sum(self._nodes_for(c) - 1 for c in sizes if c > 1)

    def _nodes_for(self, qubits: int) -> int:
        """The fewest nodes that hold so many qubits."""
        held = np.cumsum(self._room)
        return min(int(np.searchsorted(held, qubits)) + 1, len(self._room))
