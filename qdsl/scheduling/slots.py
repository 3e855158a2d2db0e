"""Physical qubits, handed to wires in program order."""

from __future__ import annotations

from heapq import heapify, heappop, heappush

import numpy as np
import numpy.typing as npt

from qdsl.ir.stages import DistributedCircuit


class Slots:
    """Free physical qubits of every node, those free for longest first."""

    def __init__(self, program: DistributedCircuit) -> None:
        nodes = program.network.nodes
        self._heaps: list[list[tuple[int, int]]] = []
        for node in nodes:
            for size in (node.qubits, node.comm):
                heap = [(0, slot) for slot in range(size)]
                heapify(heap)
                self._heaps.append(heap)
        sort = program.wire_is_comm.astype(np.int64)
        self._heap_of: list[int] = (2 * program.wire_node.astype(np.int64) + sort).tolist()
        self._slot = [-1] * program.n_wires
        for wire in program.home_wire.tolist():
            self.take(wire)

    def has(self, wire: int) -> bool:
        return self._slot[wire] >= 0

    def take(self, wire: int) -> int:
        """Gives the wire a physical qubit; returns since when that is free."""
        since, slot = heappop(self._heaps[self._heap_of[wire]])
        self._slot[wire] = slot
        return since

    def give_back(self, wire: int, at: int) -> None:
        heappush(self._heaps[self._heap_of[wire]], (at, self._slot[wire]))

    def column(self) -> npt.NDArray[np.int32]:
        """The slot of every wire, int32[w]."""
        column = np.array(self._slot, np.int32)
        column.flags.writeable = False
        return column
