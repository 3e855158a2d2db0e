"""Which pairs are swapped into one, and what has to wait for it.

Where a link of such a path has a cut-off, nobody knows that its pairs will be swapped in time
before they have been. So the swaps of the path happen together, when all of its pairs are there and
none is past its cut-off, and its ends are used only when they have heard of every swap.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from qdsl.ir.durations import link_of_rows
from qdsl.ir.lifetimes import wire_uses
from qdsl.ir.primitives import SWAPPING
from qdsl.ir.stages import ROLES, DistributedCircuit
from qdsl.records import dataclass

Column = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class LimitedPaths:
    """Of paths of swapped pairs of which a link has a cut-off.

    `swap` and `pair`, beside each other: the row that begins a swap, and the row of each pair of
    its path, whether it meets it or not. `use`, `bit` and `latency_ns`, beside one another: the row
    that uses an end of a path first, a bit that a swap of the path measures, and how long a message
    takes from there to the end, in ns. `begun` and `together`, beside each other: a row that begins
    a swap, and each such row of its path, itself included.
    """

    swap: Column
    pair: Column
    use: Column
    bit: Column
    latency_ns: Column
    begun: Column
    together: Column


def limited_paths(program: DistributedCircuit) -> LimitedPaths:
    """Linear in the program's length; nothing where no link has a cut-off."""
    links = program.network.links
    is_limited = np.array([x.physics.cutoff_ns is not None for x in links], np.bool_)
    is_swap = program.role == ROLES.index(SWAPPING.name)
    if not is_limited.any() or not is_swap.any():
        return LimitedPaths(*[np.zeros(0, np.int64)] * 7)
    table, link = program.table, link_of_rows(program)
    pairs = np.flatnonzero(is_swap & (link >= 0))
    path = np.where(is_swap, program.group.astype(np.int64), -1)
    limited = np.unique(path[pairs[is_limited[link[pairs]]]])
    mine = np.isin(path, limited) & is_swap
    pairs = np.flatnonzero(mine & (link >= 0))
    swaps = np.flatnonzero(mine & table.codes("cx"))
    reads = np.flatnonzero(mine & table.codes("measure"))
    swap, pair = _joined(path[swaps], path[pairs])
    begun, together = _joined(path[swaps], path[swaps])
    wire, use, read = _uses_of_ends(program, path, pairs, swaps, reads)
    bit = table.attr[read].astype(np.int64)
    latency = np.array(program.network.routing.latency_ns, np.int64)
    heard = latency[program.bit_node[bit], program.wire_node[wire]]
    return LimitedPaths(swaps[swap], pairs[pair], use, bit, heard, swaps[begun], swaps[together])


def _uses_of_ends(
    program: DistributedCircuit, path: Column, pairs: Column, swaps: Column, reads: Column
) -> tuple[Column, Column, Column]:
    """Of every end of a path its wire, and the first row on it; beside it each read-out of the
    path's swaps."""
    wires = _both_operands(program, pairs)
    first = _first_use(program)[wires]
    is_end = (first >= 0) & ~np.isin(wires, _both_operands(program, swaps))
    number, read = _joined(np.repeat(path[pairs], 2)[is_end], path[reads])
    return wires[is_end][number], first[is_end][number], reads[read]


def _both_operands(program: DistributedCircuit, rows: Column) -> Column:
    table = program.table
    at = table.operand_start[rows].astype(np.int64)
    return table.operands[np.stack([at, at + 1], axis=1).reshape(-1)].astype(np.int64)


def _first_use(program: DistributedCircuit) -> Column:
    """Of every wire the first row that does not make a pair, -1: none."""
    wire, row = wire_uses(program)
    is_use = ~program.table.codes("ebit")[row]
    found = np.full(program.n_wires, -1, np.int64)
    found[wire[is_use][::-1]] = row[is_use][::-1]  # rows ascend, and the last assignment counts
    return found


def _joined(left: Column, right: Column) -> tuple[Column, Column]:
    """The places of every two equal entries, one on the left and one on the right."""
    order = np.argsort(right, kind="stable")
    begin = np.searchsorted(right[order], left)
    count = np.searchsorted(right[order], left, side="right") - begin
    first = np.repeat(begin - (np.cumsum(count) - count), count)
    return np.repeat(np.arange(len(left)), count), order[first + np.arange(int(count.sum()))]
