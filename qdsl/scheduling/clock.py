"""List scheduling in program order."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from qdsl.ir.durations import durations_ns
from qdsl.ir.lifetimes import lifetimes
from qdsl.ir.operations import BY_NAME
from qdsl.ir.stages import DistributedCircuit, ScheduledCircuit
from qdsl.scheduling.slots import Slots

_EBIT = BY_NAME["ebit"].code
_SEND = BY_NAME["send"].code
_MEASURE = BY_NAME["measure"].code


class Clock:
    """Every row starts when its wires, its bits and, for pairs, the link are free.

    A wire takes the physical qubit of its node that has been free for longest, and gives it
    back after its last row; as program order obeys capacity, there always is one.
    """

    def __init__(self, program: DistributedCircuit) -> None:
        self._program = program
        self._wire_free = [0] * program.n_wires
        self._bit_known = [0] * len(program.bit_node)
        self._link_free: dict[tuple[int, int], int] = {}
        self._slots = Slots(program)
        self._node = program.wire_node.tolist()
        self._ends = lifetimes(program)[1].tolist()

    def run(self) -> ScheduledCircuit:
        table = self._program.table
        operands, starts = table.operands.tolist(), table.operand_start.tolist()
        durations = durations_ns(self._program).tolist()
        columns = zip(table.opcode.tolist(), table.cond.tolist(), table.attr.tolist(), strict=True)
        start_ns = [0] * len(table)
        end_ns = [0] * len(table)
        for row, (code, cond, attr) in enumerate(columns):
            on = operands[starts[row] : starts[row + 1]]
            start = self._bit_known[cond >> 1] if cond >= 0 else 0
            if code == _SEND:
                start = max(start, self._bit_known[on[0]])
                end = self._bit_known[attr] = start + durations[row]
            else:
                start = self._start_on(on, start, code)
                end = self._finish(row, on, start + durations[row], code, attr)
            start_ns[row], end_ns[row] = start, end
        return ScheduledCircuit(
            self._program, _frozen(start_ns), _frozen(end_ns), self._slots.column()
        )

    def _start_on(self, wires: list[int], start: int, code: int) -> int:
        free = self._wire_free
        for wire in wires:
            if not self._slots.has(wire):
                free[wire] = self._slots.take(wire)
            start = max(start, free[wire])
        if code == _EBIT:
            start = max(start, self._link_free.get(self._link(wires), 0))
        return start

    def _finish(self, row: int, wires: list[int], end: int, code: int, attr: int) -> int:
        for wire in wires:
            self._wire_free[wire] = end
            if self._ends[wire] == row:
                self._slots.give_back(wire, end)
        if code == _EBIT:
            self._link_free[self._link(wires)] = end
        elif code == _MEASURE:
            self._bit_known[attr] = end
        return end

    def _link(self, wires: list[int]) -> tuple[int, int]:
        a, b = self._node[wires[0]], self._node[wires[1]]
        return (a, b) if a < b else (b, a)


def _frozen(values: list[int]) -> npt.NDArray[np.int64]:
    column = np.array(values, np.int64)
    column.flags.writeable = False
    return column
