"""The placement problem as a hypergraph in time: segments of qubits, joined by vertices.

A *segment* of a qubit is a stretch of its life in which only diagonal operations act on it, so
that the qubit may be present at several nodes at once, as cat copies. A *vertex* is something
that happens at one node: an operation diagonal on all its operands (it joins one segment of
each), or a *station*, where a qubit has to be alone (it ends one segment and begins the next,
and joins the segments of the diagonal operands of its operation). A segment costs the ebits of
a tree that joins the nodes of its vertices: copies are made along the tree, and the qubit goes
on from the copy that is at its next station. So moving a qubit and serving gates remotely are
one and the same thing.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from qdsl.ir.stages import Circuit
from qdsl.passes.partition.segments_kernel import FREE as FREE
from qdsl.passes.partition.segments_kernel import PartialSegments, SegmentRows, go_through
from qdsl.passes.partition.timeline import Timeline
from qdsl.records import dataclass

Column = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Segments:
    """Vertex s is the station that begins segment s; the others are operations.

    - `segment_of_use`: beside `circuit.table.operands`;
    - `qubit`, `begin`: of every segment; times count operations on several qubits;
    - `follower`: the same qubit's next segment, -1: none;
    - `vertex_start`, `vertex_segments`: vertex v is in segments
      `vertex_segments[vertex_start[v]:vertex_start[v + 1]]`;
    - `fixed`: the node of a pinned vertex, FREE: any;
    - `vertex_of_row`: the vertex of an operation on several qubits or of a pinned diagonal one,
      -1: none (it happens where its qubit is).
    """

    segment_of_use: Column
    qubit: Column
    begin: Column
    follower: Column
    vertex_start: Column
    vertex_segments: Column
    fixed: Column
    vertex_of_row: Column
    n_times: int

    @property
    def n_segments(self) -> int:
        return len(self.qubit)


def segments(circuit: Circuit, times: Timeline, moments: Column | None = None) -> Segments | None:
    """The hypergraph of a circuit; None if an operation does not fit this picture: qubits that
    have to be together at a node of the compiler's choice (an unpinned encoding). `moments`:
    when rows happen, and when all have, int64[rows + 1], never falling; without it as many
    operations on several qubits come before."""
    table = circuit.table
    barrier = table.codes("barrier")
    several = (table.arity > 1) & ~barrier
    time = np.append(0, np.cumsum(several)) if moments is None else moments
    rows = SegmentRows(
        table.operand_start, table.operands, times.resident, circuit.pin, barrier, time
    )
    found = _nothing_found(rows, circuit.n_qubits)
    if not go_through(rows, found):
        return None
    return _finished(found, circuit.pin, 1 + int(time[-1]))


def _nothing_found(rows: SegmentRows, n_qubits: int) -> PartialSegments:
    n_rows, n_uses = len(rows.pin), len(rows.operands)
    most = n_qubits + int(rows.resident.sum())
    qubit, begin, follower, fixed = (np.full(most, FREE, np.int64) for _ in range(4))
    qubit[:n_qubits], begin[:n_qubits] = np.arange(n_qubits), 0
    others, of_use = np.empty(n_uses, np.int64), np.empty(n_uses, np.int64)
    gate, gate_end = np.empty(n_rows, np.int64), np.empty(n_rows, np.int64)
    counts = np.array([n_qubits, 0, 0, 0, 0], np.int64)
    return PartialSegments(
        of_use, np.full(n_rows, -1, np.int64), qubit, begin, follower, fixed,
        np.empty((n_uses, 2), np.int64), gate, gate_end, others, np.arange(n_qubits),
        np.ones(n_qubits, np.bool_), counts,
    )  # fmt: skip


def _finished(found: PartialSegments, pin: npt.NDArray[np.int16], n_times: int) -> Segments:
    """A station joins its segment, the one before, and those of its operation; then come the
    operations that are diagonal on all operands."""
    n, n_joined, n_gates, n_others, _ = found.counts.tolist()
    follower = found.follower[:n].copy()
    before = np.flatnonzero(follower >= 0)
    joined = found.joined[:n_joined]
    station = np.concatenate([np.arange(n), follower[before], joined[:, 0]])
    members = np.concatenate([np.arange(n), before, joined[:, 1]])
    order = np.argsort(station, kind="stable")
    gate, ends = found.gate[:n_gates], found.gate_end[:n_gates]
    sizes = np.concatenate([[0], np.bincount(station, minlength=n), np.diff(ends, prepend=0)])
    vertex_of_row = found.station.copy()
    vertex_of_row[gate] = n + np.arange(n_gates)
    pins = pin.astype(np.int64)[gate]
    return Segments(
        found.of_use, found.qubit[:n].copy(), found.begin[:n].copy(), follower, np.cumsum(sizes),
        np.concatenate([members[order], found.others[:n_others]]),
        np.concatenate([found.fixed[:n], pins]), vertex_of_row, n_times,
    )  # fmt: skip
