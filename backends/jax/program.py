"""One view of every stage, and what a recorder has to know of its future."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import numpy.typing as npt

from qdsl.ir.operations import Kind
from qdsl.ir.stages import ROLES, Circuit, PlacedCircuit, ScheduledCircuit, Stage
from qdsl.ir.table import OpTable, Row
from qdsl.ir.values import Values
from qdsl.records import dataclass


@dataclass(frozen=True, slots=True)
class JaxProgram:
    """What the backend needs of any stage; `qubit_wire[q]` is the wire that ends as qubit q."""

    circuit: Circuit
    table: OpTable
    values: Values
    is_local: npt.NDArray[np.bool_]
    qubit_wire: tuple[int, ...]
    bit_of: tuple[int, ...]

    @staticmethod
    def of(stage: Stage) -> JaxProgram:
        if isinstance(stage, ScheduledCircuit):
            stage = stage.distributed
        if isinstance(stage, PlacedCircuit):
            stage = stage.circuit
        if isinstance(stage, Circuit):
            local = np.ones(len(stage.table), np.bool_)
            qubits, bits = tuple(range(stage.n_qubits)), tuple(range(stage.n_bits))
            return JaxProgram(stage, stage.table, stage.values, local, qubits, bits)
        local = stage.role == ROLES.index("local")
        qubits, bits = tuple(stage.final_wire.tolist()), tuple(stage.source_bit.tolist())
        return JaxProgram(stage.placed.circuit, stage.table, stage.values, local, qubits, bits)


def last_reads(program: JaxProgram) -> dict[int, list[int]]:
    """Rows by the row after which they may be merged: unconditional measurements of
    communication primitives, under the last row that reads what they measured."""
    holder: dict[int, int] = {}
    last: dict[int, int] = {}
    for row in program.table:
        if row.condition is not None and row.condition[0] in holder:
            last[holder[row.condition[0]]] = row.index
        if row.op.kind is Kind.MEASURE:
            holder[row.attr] = row.index
            last[row.index] = row.index
        elif row.op.kind is Kind.SEND and row.operands[0] in holder:
            holder[row.attr] = holder[row.operands[0]]
            last[holder[row.attr]] = row.index
    kept = {holder.get(bit) for bit in program.bit_of}
    found: dict[int, list[int]] = defaultdict(list)
    for measured, read in last.items():
        if not program.is_local[measured] and measured not in kept:
            found[read].append(measured)
    return found


def rows_of_wires(table: OpTable) -> dict[int, list[Row]]:
    """The rows that act on each wire, the last first."""
    rows: dict[int, list[Row]] = defaultdict(list)
    for row in reversed(list(table)):
        if row.op.kind not in (Kind.BARRIER, Kind.MOVE, Kind.SEND):
            for wire in row.operands:
                rows[wire].append(row)
    return rows
