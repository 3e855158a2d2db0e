"""Over how many links the pairs are that a program uses: one, or several that are swapped."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from qdsl.ir.distinct import distinct
from qdsl.ir.primitives import SWAPPING
from qdsl.ir.stages import ROLES, DistributedCircuit

Column = npt.NDArray[np.int64]


def links_of_halves(program: DistributedCircuit) -> Column:
    """By wire, int64[w]: the links of the pair of which it is a half, those of the joined one for a
    half of pairs that are swapped; 0 for other wires."""
    table = program.table
    rows, joined = _pairs(program)
    counts = np.bincount(joined[joined >= 0], minlength=1)
    links = np.where(joined < 0, 1, counts[joined])
    start = table.operand_start[rows]
    found = np.zeros(program.n_wires, np.int64)
    for half in (0, 1):
        found[table.operands[start + half]] = links
    return found


def links_of_uses(program: DistributedCircuit, role: str) -> list[int]:
    """Of every use of a primitive that takes a pair, in the order of their numbers: a joined pair
    is used where both its ends are."""
    table = program.table
    rows, joined = _pairs(program)
    start = table.operand_start[rows]
    chain = np.full(program.n_wires, -1, np.int64)
    for half in (0, 1):
        chain[table.operands[start + half]] = joined
    mine = (program.role == ROLES.index(role)) & ~table.codes("send")
    of_operand = np.repeat(np.arange(len(table)), table.arity)
    here = mine[of_operand]
    group = program.group[of_operand[here]].astype(np.int64)
    wire = table.operands[here].astype(np.int64)
    uses = distinct(group)
    found = np.ones(len(uses), np.int64)
    counts = np.bincount(joined[joined >= 0], minlength=1)
    use, end = np.divmod(distinct((group * program.n_wires + wire)[chain[wire] >= 0]),
                         program.n_wires)  # fmt: skip
    ends = np.sort(use * len(counts) + chain[end])
    whole, number = np.divmod(ends[1:][ends[1:] == ends[:-1]], len(counts))
    found[np.searchsorted(uses, whole)] = counts[number]
    return [int(n) for n in found]


def _pairs(program: DistributedCircuit) -> tuple[Column, Column]:
    """The rows of all pairs; and to which joined pair each belongs, its group, -1: to none."""
    rows = np.flatnonzero(program.table.codes("ebit"))
    is_part = program.role[rows] == ROLES.index(SWAPPING.name)
    return rows, np.where(is_part, program.group[rows].astype(np.int64), -1)
