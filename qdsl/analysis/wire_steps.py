"""What happens to every wire, step by step, and which errors there are without effect."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from qdsl.ir.lifetimes import wire_uses
from qdsl.ir.stages import DistributedCircuit
from qdsl.records import dataclass

Column = npt.NDArray[np.int64]
LIVE, Z_IDLE, X_IDLE, OVER = range(4)  # which errors have no effect: none, Z, X, all


@dataclass(frozen=True, slots=True, eq=False)
class WireSteps:
    """Rows that act on a wire, by wire and then by row, barriers left out.

    `following`: the place of the wire's next step, -1: none. `after`: which errors between a step
    and the next have no effect: Z before a measurement, X before `h` and a measurement, all before
    a reset or where the wire is over and is no qubit of the program at its end.
    """

    wire: Column
    row: Column
    following: Column
    after: Column


def wire_steps(program: DistributedCircuit) -> WireSteps:
    table = program.table
    wire, row = wire_uses(program)
    kept = ~table.codes("barrier")[row]
    wire, row = wire[kept], row[kept]
    order = np.lexsort((row, wire))
    wire, row = wire[order], row[order]
    n = len(wire)
    following = np.arange(1, n + 1)
    following[np.append(wire[1:] != wire[:-1], True)[:n]] = -1
    return WireSteps(wire, row, following, _after(program, wire, row, following))


def _after(program: DistributedCircuit, wire: Column, row: Column, following: Column) -> Column:
    table = program.table
    always = table.cond < 0
    measures = np.append((table.codes("measure") & always)[row], False)
    resets = np.append((table.codes("reset") & always)[row], False)
    turns = np.append((table.codes("h") & always)[row], False)
    is_end = np.ones(program.n_wires, np.bool_)
    is_end[program.final_wire] = False
    next_one = np.where(following < 0, len(wire), following)
    next_two = np.append(next_one, len(wire))[next_one]
    found = np.full(len(wire), LIVE, np.int64)
    found[turns[next_one] & measures[next_two]] = X_IDLE
    found[measures[next_one]] = Z_IDLE
    found[resets[next_one] | ((following < 0) & is_end[wire])] = OVER
    return found
