"""What every use of a qubit asks of the place where the qubit is, by column."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from qdsl.ir.axes import rows_of_operands, z_diagonal
from qdsl.ir.operations import BY_NAME, OPERATIONS, Kind
from qdsl.ir.stages import Circuit
from qdsl.records import dataclass

Column = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Timeline:
    """All columns stand beside `circuit.table.operands`; one entry is one *use* of a qubit.

    - `row`: the row of the use;
    - `diagonal`: the row is diagonal on the qubit;
    - `resident`: the qubit has to live where the row happens (barriers ask nothing);
    - `window`: uses of one qubit with no use between them that ends a cat copy share a number;
      a use that ends one counts as the first of the next window;
    - `following`: the same qubit's next use, -1: none;
    - `station`: the first use from here on (this one included) that has to be at its pinned
      node with the qubit resident, -1: none;
    - `first`: for every qubit its first use, -1: none.
    """

    row: Column
    diagonal: Flags
    resident: Flags
    window: Column
    following: Column
    station: Column
    first: Column


def timeline(circuit: Circuit) -> Timeline:
    table = circuit.table
    row = rows_of_operands(table).astype(np.int64)
    diagonal = z_diagonal(table)
    code = table.opcode[row]
    is_gate = np.array([op.kind is Kind.UNITARY for op in OPERATIONS])[code]
    is_barrier = code == BY_NAME["barrier"].code
    resident = np.where(is_gate, ~diagonal, ~is_barrier)
    qubit = table.operands.astype(np.int64)
    order = np.argsort(qubit, kind="stable")
    starts_qubit = np.ones(len(order), np.bool_)
    starts_qubit[1:] = qubit[order][1:] != qubit[order][:-1]
    window = np.empty(len(order), np.int64)
    window[order] = np.cumsum(starts_qubit | ~diagonal[order])
    following = np.full(len(order), -1, np.int64)
    following[order[:-1]] = np.where(starts_qubit[1:], -1, order[1:])
    first = np.full(circuit.n_qubits, -1, np.int64)
    first[qubit[order[starts_qubit]]] = order[starts_qubit]
    is_station = resident & (circuit.pin[row] >= 0)
    station = _next_flagged(order, starts_qubit, is_station)
    return Timeline(row, diagonal, resident, window, following, station, first)


def _next_flagged(order: Column, starts: Flags, flagged: Flags) -> Column:
    """For every use the first flagged use of the same qubit from there on, -1: none."""
    n = len(order)
    result = np.full(n, -1, np.int64)
    if n == 0:
        return result
    place = np.where(flagged[order], np.arange(n), n)
    ahead = np.minimum.accumulate(place[::-1])[::-1]
    end = np.append(np.flatnonzero(starts)[1:], n)
    same = ahead < end[np.cumsum(starts) - 1]
    result[order] = np.where(same, order[np.minimum(ahead, n - 1)], -1)
    return result
