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

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from qdsl.ir.operations import BY_NAME
from qdsl.ir.stages import Circuit
from qdsl.placement.timeline import Timeline

Column = npt.NDArray[np.int64]
FREE = -1


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


def segments(circuit: Circuit, times: Timeline) -> Segments | None:
    """The hypergraph of a circuit; None if an operation does not fit this picture: qubits that
    have to be together at a node of the compiler's choice (an unpinned encoding)."""
    return _Builder(circuit, times).build()


class _Builder:
    def __init__(self, circuit: Circuit, times: Timeline) -> None:
        self._circuit = circuit
        self._resident: list[bool] = times.resident.tolist()
        self._pins: list[int] = circuit.pin.tolist()
        n = circuit.n_qubits
        self._segment_of_use: list[int] = []
        self._qubit = list(range(n))
        self._begin = [0] * n
        self._follower = [-1] * n
        self._station_fixed = [FREE] * n
        self._joined: list[list[int]] = [[] for _ in range(n)]  # segments that meet a station
        self._now = list(range(n))  # the segment that each qubit is in
        self._is_plain = [True] * n  # no operation on several qubits in that segment yet?
        self._gates: list[tuple[int, list[int], int]] = []  # row, segments, pin
        self._rows: list[tuple[int, int]] = []  # row, station
        self._time = 0

    def build(self) -> Segments | None:
        table = self._circuit.table
        start, operands = table.operand_start.tolist(), table.operands.tolist()
        barrier = BY_NAME["barrier"].code
        for row, code in enumerate(table.opcode.tolist()):
            uses = range(start[row], start[row + 1])
            qubits = operands[start[row] : start[row + 1]]
            if code == barrier:
                self._segment_of_use.extend(self._now[q] for q in qubits)
            elif not self._operation(row, qubits, uses):
                return None
        return self._finished()

    def _operation(self, row: int, qubits: list[int], uses: range) -> bool:
        pin, several = self._pins[row], len(qubits) > 1
        resident = [q for q, k in zip(qubits, uses, strict=True) if self._resident[k]]
        if len(resident) > 1 and pin == FREE:
            return False
        for q in resident:
            self._come_to_station(q, pin, several)
        self._segment_of_use.extend(self._now[q] for q in qubits)
        others = [self._now[q] for q in qubits if q not in resident]
        if resident and others:
            station = self._now[resident[0]]
            self._joined[station].extend(others)
            self._rows.append((row, station))
        elif others and (several or pin != FREE):
            self._gates.append((row, others, pin))
        if several:
            self._time += 1
            for q in qubits:
                self._is_plain[q] = False
        elif others and pin != FREE:
            self._is_plain[qubits[0]] = False
        return True

    def _come_to_station(self, q: int, pin: int, several: bool) -> None:
        """The qubit must be alone at one node: begin a segment, unless it has just begun."""
        s = self._now[q]
        if self._is_plain[q] and pin in (FREE, self._station_fixed[s]):
            return
        if self._is_plain[q] and self._station_fixed[s] == FREE:
            self._station_fixed[s] = pin
            return
        self._follower[s] = self._now[q] = len(self._qubit)
        self._qubit.append(q)
        self._begin.append(self._time)
        self._follower.append(-1)
        self._station_fixed.append(pin)
        self._joined.append([])
        self._is_plain[q] = True

    def _finished(self) -> Segments:
        n = len(self._qubit)
        before = [-1] * n
        for s, after in enumerate(self._follower):
            if after >= 0:
                before[after] = s
        members: list[list[int]] = []
        for s in range(n):
            own = [s] if before[s] < 0 else [s, before[s]]
            members.append(list(dict.fromkeys(own + self._joined[s])))
        vertex_of_row = np.full(len(self._circuit.table), -1, np.int64)
        for row, station in self._rows:
            vertex_of_row[row] = station
        fixed = list(self._station_fixed)
        for row, joined, pin in self._gates:
            vertex_of_row[row] = len(members)
            members.append(joined)
            fixed.append(pin)
        sizes = np.array([0, *(len(m) for m in members)], np.int64)
        flat = [s for m in members for s in m]
        return Segments(
            np.array(self._segment_of_use, np.int64),
            np.array(self._qubit, np.int64),
            np.array(self._begin, np.int64),
            np.array(self._follower, np.int64),
            np.cumsum(sizes),
            np.array(flat, np.int64),
            np.array(fixed, np.int64),
            vertex_of_row,
            self._time + 1,
        )
