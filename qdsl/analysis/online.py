"""What of a program's communication has to wait for its values."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from qdsl.analysis.rounds_kernel import (
    EARLY,
    IGNORED,
    LATE,
    NOTHING,
    UNUSED,
    OnlineState,
    RoundRows,
    count_online,
    set_of,
)
from qdsl.ir.axes import LETTERS, WIDEST, axis_by_code, positions, z_diagonal
from qdsl.ir.operations import OPERATIONS, Attr
from qdsl.ir.stages import DistributedCircuit
from qdsl.records import dataclass


@dataclass(frozen=True, slots=True)
class OnlineCost:
    """Communication that has to wait for the values of `data` and `param`.

    `ebits`: those that are first used on a state that depends on a value; `classical_bits`: those
    that say something that was measured on such a state; `message_rounds`: the longest chain of
    these. All others may be done before. What depends on what is read off the program: an operation
    on those before it on its qubits that do not turn them about the same axis, and on its bits.
    """

    ebits: int
    classical_bits: int
    message_rounds: int


def online_cost(program: DistributedCircuit, rows: RoundRows) -> OnlineCost | None:
    """None for a program without values."""
    if not program.values.vectors:
        return None
    wires, n = program.n_wires, len(program.table)
    none = np.full(wires, NOTHING)
    state = OnlineState(
        np.full(len(program.bit_node), NOTHING), none, none.copy(), none.copy(), none.copy(),
        np.arange(n), np.full(n, UNUSED),
    )  # fmt: skip
    bits = count_online(rows, _sorts(program), _axes(program), state)
    pairs = np.flatnonzero(program.table.codes("ebit")).tolist()
    ebits = sum(int(state.use[set_of(state.parent, row)]) == LATE for row in pairs)
    return OnlineCost(ebits, int(bits), max(0, int(state.at_bit.max(initial=0))))


def _sorts(program: DistributedCircuit) -> npt.NDArray[np.int64]:
    """Which rows take a value: an angle of it, or a vector that is encoded."""
    table, angles = program.table, program.values.angles
    is_encoding = np.array([op.attr is Attr.DATA for op in OPERATIONS])[table.opcode]
    takes = np.array([not angles.is_constant(e) for e in range(len(angles))] + [False])
    found = np.where(is_encoding | takes[table.angle], LATE, EARLY).astype(np.int64)
    found[table.codes("barrier", "move")] = IGNORED
    return found


def _axes(program: DistributedCircuit) -> npt.NDArray[np.int64]:
    """Beside the operands: the Pauli axis about which the row turns them, NO_AXIS without one."""
    table = program.table
    code = np.repeat(table.opcode, table.arity)
    found = axis_by_code()[code, np.minimum(positions(table), WIDEST)]
    return np.where(z_diagonal(table), LETTERS.index("Z"), found)
