"""The communication taken away from a program of which nobody says where its qubits end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from qdsl.ir.table import OpTable
from qdsl.records import dataclass
from qdsl.verify.translation import undo_kernel as kernel
from qdsl.verify.translation.columns import SORT, SPARE_LINKS, WHY, Ints, free_of, fresh_state
from qdsl.verify.translation.logical import NotUndone

_ENDS = (kernel.END_WIRE, kernel.END_OPEN)


@dataclass(frozen=True, slots=True)
class TakenStep:
    """Row `row` of the program on source qubits. `bit`: the source bit that it writes, -1 without;
    `condition`: a source bit and the value that it must have."""

    row: int
    qubits: tuple[int, ...]
    bit: int
    condition: tuple[int, int] | None


def without_communication(
    table: OpTable, n_wires: int, n_bits: int, home: Sequence[int], source_bit: Sequence[int]
) -> list[TakenStep]:
    """What a distributed program does to the qubits that begin on wires `home`, by the rules of
    `undo_kernel`. `source_bit[k]`: the bit that holds source bit k. Every index of the table has
    to be inside. `NotUndone` with the row where the program breaks a rule."""
    bits = np.array(source_bit, np.int64)
    starts = np.array(home, np.int64)
    spare = SPARE_LINKS
    while True:
        state = fresh_state(table, n_wires, n_bits, len(starts), len(bits), spare)
        found, problem = _run(table, starts, starts, bits, state)
        if problem[0] in _ENDS:  # they may have moved: once more, with the wires that hold them
            ends = _ends(state.group, len(starts), starts)
            state = fresh_state(table, n_wires, n_bits, len(starts), len(bits), spare)
            found, problem = _run(table, starts, ends, bits, state)
        if problem[0] != kernel.TOO_MANY:
            break
        spare *= 8
    fault, at, what = problem
    if fault != kernel.FINE:
        raise NotUndone(table.row(at) if at >= 0 else None, None, WHY[fault].format(what))
    return list(_steps(table, found))


def _ends(group: Ints, n_qubits: int, starts: Ints) -> Ints:
    """A wire that holds each qubit."""
    ends = starts.copy()
    for wire in np.flatnonzero((group >= 0) & (group < n_qubits)).tolist():
        ends[group[wire]] = wire
    return ends


def _run(
    table: OpTable, home: Ints, final: Ints, bits: Ints, state: kernel.UndoState
) -> tuple[kernel.Undone, tuple[int, int, int]]:
    n, uses = len(table), len(table.operands)
    none = np.full(n, -1, np.int64)
    columns = kernel.DistributedColumns(
        SORT[table.opcode],
        table.operand_start.astype(np.int64),
        table.operands.astype(np.int64),
        free_of(table),
        table.attr.astype(np.int64),
        table.cond.astype(np.int64),
        none,
        np.zeros(0, np.int64),
        home,
        final,
        bits,
    )
    found = kernel.Undone(*(np.empty(size, np.int64) for size in (n, uses, n, n)))
    count, filled, *problem = kernel.undo_columns(columns, state, found)
    row, qubits, bit, cond = found
    kept = kernel.Undone(row[:count], qubits[:filled], bit[:count], cond[:count])
    return kept, (problem[0], problem[1], problem[2])


def _steps(table: OpTable, found: kernel.Undone) -> Iterator[TakenStep]:
    at = 0
    for k, row in enumerate(found.row.tolist()):
        arity = int(table.operand_start[row + 1] - table.operand_start[row])
        cond = int(found.cond[k])
        condition = None if cond < 0 else (cond >> 1, cond & 1)
        qubits = tuple(found.qubits[at : at + arity].tolist())
        yield TakenStep(row, qubits, int(found.bit[k]), condition)
        at += arity
