"""After which operations an error may be lost on its way, as a measurement or reset forgets it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from qdsl.ir.operations import Kind
from qdsl.ir.stages import ROLES, DistributedCircuit

Flags = npt.NDArray[np.bool_]


def may_be_lost(program: DistributedCircuit) -> Flags:
    """Rows behind which an error may have no effect in the end: it may reach a measurement or a
    reset of the source, before which a Pauli operator can be without effect. bool[n]

    An error is followed through every operation to all its qubits, and through the measured bits of
    communication to the corrections that they decide. Where the source neither measures nor resets
    there are none: what then follows an error is unitary.
    """
    table = program.table
    lost = np.zeros(len(table), np.bool_)
    own = program.role == ROLES.index("local")
    forgets = own & (table.codes("measure") | table.codes("reset"))
    if not forgets.any():
        return lost
    reaches: set[int] = set()  # wires on which an error, at this time, reaches such a row
    decides: set[int] = set()  # bits of which the same is true
    for row in reversed(list(table)):
        kind = row.op.kind
        if kind is Kind.BARRIER:
            continue
        later = forgets[row.index] or not reaches.isdisjoint(row.operands)
        if kind in (Kind.MEASURE, Kind.SEND):
            later |= row.attr in decides
        lost[row.index] = later
        if kind is Kind.SEND:
            decides.update(row.operands if later else ())
        elif kind is Kind.EBIT:
            reaches.difference_update(row.operands)
        elif later:
            reaches.update(row.operands)
            if row.cond >= 0:
                decides.add(row.cond >> 1)
    return lost
