"""Which operands are served by copies, and when a copy is wanted again."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from qdsl.ir.axes import rows_of_operands, z_diagonal
from qdsl.ir.stages import PlacedCircuit

Column = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Uses:
    """Columns beside `placed.circuit.table.operands`.

    - `epoch`: uses of one qubit share a number while copies of it may stay open;
    - `again`: for an operand served by a copy, the row that next uses a copy of the same qubit
      at the same node in the same epoch, -1: none, and then the copy is closed;
    - `last`: (qubit, node, epoch) -> the last row that is served by such a copy.
    """

    epoch: Column
    again: Column
    last: dict[tuple[int, int, int], int]


def uses(placed: PlacedCircuit) -> Uses:
    table = placed.circuit.table
    row = rows_of_operands(table).astype(np.int64)
    qubit = table.operands.astype(np.int64)
    residence = placed.residence.astype(np.int64)
    order = np.argsort(qubit, kind="stable")
    epoch = np.empty(len(order), np.int64)
    epoch[order] = np.cumsum(_begins(qubit[order], residence[order], ~z_diagonal(table)[order]))
    site = placed.site.astype(np.int64)[row]
    served = np.flatnonzero((site >= 0) & (site != residence))
    by_copy = served[np.lexsort((served, site[served], epoch[served]))]
    again = np.full(len(order), -1, np.int64)
    same = (epoch[by_copy[1:]] == epoch[by_copy[:-1]]) & (site[by_copy[1:]] == site[by_copy[:-1]])
    again[by_copy[:-1][same]] = row[by_copy[1:][same]]
    keys = zip(
        qubit[by_copy].tolist(), site[by_copy].tolist(), epoch[by_copy].tolist(), strict=True
    )
    return Uses(epoch, again, dict(zip(keys, row[by_copy].tolist(), strict=True)))


def _begins(
    qubit: Column, residence: Column, breaks: npt.NDArray[np.bool_]
) -> npt.NDArray[np.bool_]:
    """Of uses by qubit and time: which begin an epoch."""
    begins = breaks.copy()
    begins[:1] = True
    begins[1:] |= (qubit[1:] != qubit[:-1]) | (residence[1:] != residence[:-1])
    return begins
