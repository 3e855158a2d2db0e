"""Which bits travel together: a message is what one step of a primitive sends to one node."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from qdsl.ir.stages import DistributedCircuit

Column = npt.NDArray[np.int64]


def message_of_sends(program: DistributedCircuit) -> tuple[Column, Column]:
    """The `send` rows, and for each the number of its message; numbers go by first row.

    Bits of one use of a primitive, in one role, from one node to another are one message. The
    role tells the opening of a packet from its end where that moves the qubit: both have the
    packet's group.
    """
    table = program.table
    rows = np.flatnonzero(table.codes("send"))
    group = program.group[rows].astype(np.int64)
    ends = (
        program.bit_node[table.operands[table.operand_start[rows]]],
        program.bit_node[table.attr[rows]],
    )
    alone = np.where(group >= 0, group, -2 - rows)
    keys = np.stack([program.role[rows], alone, *ends], axis=1).astype(np.int64)
    _, first, which = np.unique(keys, axis=0, return_index=True, return_inverse=True)
    rank = np.argsort(np.argsort(first))
    return rows, rank[which.reshape(-1)]
