"""Corrections that wait for a message happen as late as they may, as nothing need wait for them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from qdsl.ir.axes import rows_of_operands, z_diagonal
from qdsl.ir.lifetimes import wire_uses
from qdsl.ir.primitives import Effect
from qdsl.ir.stages import ROLES, DistributedCircuit, roles_of

Column = npt.NDArray[np.int64]


def order_with_late_corrections(program: DistributedCircuit) -> Column | None:
    """The rows in an order in which every conditional `z` of a primitive comes only before the
    next row of its wire that is not diagonal there, int64[n]; None if that changes nothing.

    Copies of one qubit then need not wait for one another's ends. No wire lives longer, as
    corrections happen on wires that go on.
    """
    n = len(program.table)
    rows = _corrections(program)
    goal = _next_obstacle(program)[rows]
    later = goal > rows + 1
    if not later.any():
        return None
    key = 2 * np.arange(n) + 1
    key[rows[later]] = 2 * goal[later]
    return np.argsort(key, kind="stable")


def _corrections(program: DistributedCircuit) -> Column:
    table = program.table
    is_part = program.role != ROLES.index("local")
    return np.flatnonzero(table.codes("z") & is_part & (table.cond >= 0))


def _next_obstacle(program: DistributedCircuit) -> Column:
    """For every row on one wire the next row of that wire which it may not pass, int64[n]; the
    number of rows where there is none."""
    table, n = program.table, len(program.table)
    wire, row = wire_uses(program)
    is_wire = ~table.codes("send")[rows_of_operands(table)]
    stays = table.codes("barrier") | np.isin(program.role, roles_of(Effect.PAIR, Effect.MOVE))
    stops = (~z_diagonal(table))[is_wire] | stays[row]
    order = np.lexsort((row, wire))
    wire, row, stops = wire[order], row[order], stops[order]
    ends = np.append(wire[1:] != wire[:-1], True)
    at = np.where(stops, np.arange(len(row)), len(row))
    following = np.append(np.minimum.accumulate(at[::-1])[::-1][1:], len(row))
    last = np.flatnonzero(ends)[np.cumsum(ends) - ends]
    found = np.full(n, n, np.int64)
    inside = following <= last
    found[row[inside]] = row[following[inside]]
    return found
