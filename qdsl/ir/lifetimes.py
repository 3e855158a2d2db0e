"""From which row to which a wire is in use."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from qdsl.ir.axes import rows_of_operands
from qdsl.ir.stages import DistributedCircuit

Rows = npt.NDArray[np.int64]


def wire_uses(program: DistributedCircuit) -> tuple[Rows, Rows]:
    """(wire, row) of every operand that is a wire (a message's operand is a bit)."""
    table = program.table
    row = rows_of_operands(table)
    is_wire = ~table.codes("send")[row]
    return table.operands[is_wire].astype(np.int64), row[is_wire].astype(np.int64)


def lifetimes(program: DistributedCircuit) -> tuple[Rows, Rows]:
    """First and last row of every wire. Home wires live from row -1 on, final wires to the
    row after the last; a wire without rows that is neither has (n, -1)."""
    wire, row = wire_uses(program)
    n = len(program.table)
    first = np.full(program.n_wires, n, np.int64)
    last = np.full(program.n_wires, -1, np.int64)
    first[wire[::-1]] = row[::-1]  # rows ascend, and the last assignment counts
    last[wire] = row
    first[program.home_wire] = -1
    last[program.final_wire] = n
    return first, last
