"""Blocks of operations, and rows in their order.

Several operations on the same qubits, one after another, are a *block*: the steps of a Trotter
formula on a bond, the gates that make up a random two-qubit unitary. To serve a block remotely
takes about as many ebits as it has operations, so its qubits had better meet. Where there are
many blocks, rows go block by block, and time passes from one level of blocks to the next: qubits
that are between two blocks change places at one time, so that full nodes can exchange them.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from qdsl.ir.stages import Circuit
from qdsl.passes.canonicalize.rows import rows_of
from qdsl.passes.canonicalize.writing import reordered
from qdsl.passes.partition.block_order_kernel import BlockRows, FoundBlocks, find_blocks
from qdsl.records import dataclass

Column = npt.NDArray[np.int64]
JOINED = 3  # one operation of so many, at least, follows another of its block


@dataclass(frozen=True, slots=True, eq=False)
class OperationBlocks:
    """The block of every row, -1: none; and the level of every block."""

    of_row: Column
    level: Column


def blocks(circuit: Circuit) -> OperationBlocks | None:
    """The blocks of a circuit; None if few operations are in any, or rows must not change their
    order: where they depend on bits, or something divides them."""
    table = circuit.table
    if circuit.disclosures or (table.cond >= 0).any() or table.codes("barrier").any():
        return None
    n = len(table)
    found = FoundBlocks(
        np.full(n, -1, np.int64), np.zeros(n, np.int64), np.zeros(n, np.int64),
        np.zeros(n, np.int64), np.full(circuit.n_qubits, -1, np.int64),
    )  # fmt: skip
    count = find_blocks(
        BlockRows(table.operand_start, table.operands, table.codes("barrier")), found
    )
    size = found.size[:count]
    is_worth = JOINED * int(np.maximum(size - 1, 0).sum()) >= int(size.sum()) > 0
    return OperationBlocks(found.of_row, found.level[:count]) if is_worth else None


def in_block_order(circuit: Circuit) -> tuple[Circuit, Column] | None:
    """The circuit with its rows block by block, level by level, and when they happen, and when all
    have, int64[rows + 1]: at the levels of their blocks. None if there are few blocks."""
    found = blocks(circuit)
    if found is None:
        return None
    level = np.append(found.level, -1)[found.of_row] + 1  # first, what is in no block
    order = np.lexsort((np.arange(len(level)), found.of_row, level))
    moments = np.append(level[order], level.max() + 1)
    return reordered(circuit, rows_of(circuit).taken(order)), moments
