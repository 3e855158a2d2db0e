"""Chooses, for given homes, at which operand every symmetric gate happens."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from qdsl.ir.distinct import distinct, is_among
from qdsl.ir.stages import Circuit
from qdsl.passes.partition.hypergraph import Gates
from qdsl.passes.partition.resynthesis.cover import minimum_cover
from qdsl.passes.partition.timeline import Timeline

Column = npt.NDArray[np.int64]


def best_centres(circuit: Circuit, times: Timeline, found: Gates, home: Column) -> Column:
    """Centres of all rows, with as few windows copied to other nodes as possible.

    Exact for every pair of nodes by itself. A window that is copied to a node anyway, for a
    row that leaves no choice, serves symmetric rows there for nothing.
    """
    centre = found.centre.copy()
    qubit = circuit.table.operands.astype(np.int64)
    start = circuit.table.operand_start.astype(np.int64)
    rows = np.flatnonzero(found.symmetric & (circuit.table.arity == 2))
    a, b = start[rows], start[rows] + 1
    cut = home[qubit[a]] != home[qubit[b]]
    rows, a, b = rows[cut], a[cut], b[cut]
    n_nodes = int(home.max(initial=0)) + 1
    covered = _covered(circuit, times, found, home, n_nodes)
    # copy(a) serves the row at b's node, and the other way round
    by_a = times.window[a] * n_nodes + home[qubit[b]]
    by_b = times.window[b] * n_nodes + home[qubit[a]]
    free_a, free_b = is_among(by_a, covered), is_among(by_b, covered)
    centre[rows[free_b]] = a[free_b]
    centre[rows[free_a]] = b[free_a]
    open_rows = ~(free_a | free_b)
    copied = _least_copies(
        by_a[open_rows], by_b[open_rows], home[qubit[a]][open_rows], home[qubit[b]][open_rows]
    )
    chosen = is_among(by_a[open_rows], copied)
    centre[rows[open_rows]] = np.where(chosen, b[open_rows], a[open_rows])
    return centre


def _covered(circuit: Circuit, times: Timeline, found: Gates, home: Column, n_nodes: int) -> Column:
    """window * n_nodes + node of every copy that rows without a choice need."""
    qubit = circuit.table.operands.astype(np.int64)
    forced = ~(found.symmetric & (circuit.table.arity == 2))[found.row]
    use, row = found.use[forced], found.row[forced]
    centre = found.centre[row]
    site = np.where(centre >= 0, home[qubit[centre]], circuit.pin.astype(np.int64)[row])
    away = site != home[qubit[use]]
    return distinct(times.window[use][away] * n_nodes + site[away])


def _least_copies(by_a: Column, by_b: Column, home_a: Column, home_b: Column) -> Column:
    """The copies (window * n_nodes + node) that serve all of these rows."""
    swap = home_a > home_b
    low, high = np.where(swap, by_b, by_a), np.where(swap, by_a, by_b)
    if not len(low):
        return low
    return np.sort(np.concatenate(minimum_cover(low, high)))
