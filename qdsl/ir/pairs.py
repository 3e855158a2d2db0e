"""When the pairs of a schedule are born, and when they are used."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from qdsl.ir.durations import link_of_rows
from qdsl.ir.lifetimes import wire_uses
from qdsl.ir.stages import ScheduledCircuit
from qdsl.records import dataclass

Column = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class PairTimes:
    """Of every pair, in the order of their rows: its `row`, its `link`, when it was `born`, when
    both ends had `known` of it, and the row of its first `use` in time, -1: none. Times in ns."""

    row: Column
    link: Column
    born: Column
    known: Column
    use: Column


def pair_times(ir: ScheduledCircuit) -> PairTimes:
    link = link_of_rows(ir.distributed)
    row = np.flatnonzero(link >= 0)
    link = link[row]
    herald = np.array([x.known_after_ns for x in ir.network.links] + [0], np.int64)[link]
    known = ir.end_ns[row].copy()
    if ir.born_ns is not None:
        is_kept = np.array([x.physics.buffer > 0 for x in ir.network.links], np.bool_)[link]
        known[is_kept] = (ir.born_ns[row] + herald)[is_kept]
    return PairTimes(row, link, known - herald, known, first_uses(ir)[row])


@dataclass(frozen=True, slots=True, eq=False)
class HeldQubits:
    """Of every communication qubit that distillation takes beside a pair's own: its `node`, from
    when to when it is held, in ns, and the `row` of the pair that is made."""

    node: Column
    begin: Column
    end: Column
    row: Column


def distilling_qubits(ir: ScheduledCircuit) -> HeldQubits:
    """As many as there are levels, at both ends, while a pair is made."""
    pairs, links = pair_times(ir), ir.network.links
    levels = np.array([x.levels for x in links] + [0], np.int64)[pairs.link]
    ends = np.array([(x.a, x.b) for x in links] + [(0, 0)], np.int64)[pairs.link]
    each = np.repeat(np.arange(len(levels)), levels)
    row = np.tile(pairs.row[each], 2)
    return HeldQubits(
        ends[each].T.reshape(-1), ir.start_ns[row], np.tile(pairs.known[each], 2), row
    )


def first_uses(ir: ScheduledCircuit) -> Column:
    """For every row that is a pair, the row that uses one of its wires first in time, else -1."""
    program = ir.distributed
    is_pair = program.table.codes("ebit")
    wire, row = wire_uses(program)
    made = np.full(program.n_wires, -1, np.int64)
    made[wire[is_pair[row]]] = row[is_pair[row]]
    use, pair = row[~is_pair[row]], made[wire[~is_pair[row]]]
    use, pair = use[pair >= 0], pair[pair >= 0]
    order = np.lexsort((use, ir.start_ns[use]))[::-1]  # the last assignment counts
    found = np.full(len(is_pair), -1, np.int64)
    found[pair[order]] = use[order]
    return found


def most_at_once(key: Column, begin: Column, end: Column) -> Column:
    """For every interval the most intervals of its key that hold at one time of it or before, the
    end not included. Intervals without length count for nothing."""
    n = len(key)
    long = end > begin
    keys, times = np.tile(key, 2), np.concatenate([begin, end])
    change = np.concatenate([long, -1 * long]).astype(np.int64)
    order = np.lexsort((change, times, keys))
    held = np.cumsum(change[order])
    found = np.zeros(2 * n, np.int64)
    found[order] = held
    return found[:n]
