"""The compiled loops of `merging`: the same with and without the compiler."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from qdsl.ir.jit import compiled, entry

Column = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]

ALONE, ADDS, PAIRS, CANCELS, APART, NOTHING = range(6)  # what may become of a row: `Given.kind`
N_ANGLES, N_EVENTS, WAITING = range(3)  # places of `Written.counts`
FACTOR, MASK = 1000003, (1 << 32) - 1


class MergingRows(NamedTuple):
    """The rows, by column. `kind`: ALONE is written as it is; ADDS its angle to an equal row that
    it meets; PAIRS that meet are none; CANCELS with an equal neighbour; APART nothing merges
    across it; NOTHING is no row. `diagonal`: on all operands; `fence`: nothing merges across the
    place before it; `period` of an angle that is nothing, 0: there is none. Angles from
    `first_constant` to `first_sum` are made when they are first used. `tolerance` in radians."""

    code: Column
    start: Column
    operands: Column
    cond: Column
    attr: Column
    pin: Column
    kind: Column
    diagonal: Flags
    fence: Flags
    period: Floats
    first_constant: int
    first_sum: int
    tolerance: float


class Written(NamedTuple):
    """What is written so far.

    - `epoch`, `last`: of every qubit, how often a row ended what merges, and its last row;
    - `before`, `began`: beside the operands, the row before on that qubit, and its epoch then;
    - `kept`: rows that were written and not taken back; `angle`: of every row;
    - `open`: a hash table of rows that others may meet, -1: empty;
    - `constant`, `varies`: of every angle, and whether it has terms beside its constant; `used`:
      angles that are made when they are first used, and have been;
    - `left`, `right`: angles that were added, one after another; right -1: left is first used;
    - `counts`: angles and events so far, and the row whose new angle has terms (WAITING).
    """

    epoch: Column
    last: Column
    before: Column
    began: Column
    kept: Flags
    angle: Column
    open: Column
    constant: Floats
    varies: Flags
    used: Flags
    left: Column
    right: Column
    counts: Column


@compiled
def is_nothing(now: Written, angle: int, period: float, tolerance: float) -> bool:
    """Is this the constant 0, up to whole periods?"""
    if now.varies[angle]:
        return False
    rest = abs(now.constant[angle]) % period
    small: bool = min(rest, period - rest) < tolerance
    return small


@compiled
def note(now: Written, left: int, right: int) -> None:
    now.left[now.counts[N_EVENTS]] = left
    now.right[now.counts[N_EVENTS]] = right
    now.counts[N_EVENTS] += 1


@compiled
def meets(rows: MergingRows, now: Written, earlier: int, row: int) -> bool:
    """Is an earlier row of the same kind on the same qubits in the same epochs?"""
    a, b = rows.start[earlier], rows.start[row]
    n = rows.start[row + 1] - b
    if (
        rows.code[earlier] != rows.code[row]
        or rows.pin[earlier] != rows.pin[row]
        or rows.attr[earlier] != rows.attr[row]
        or rows.start[earlier + 1] - a != n
    ):
        return False
    for k in range(n):
        q = rows.operands[b + k]
        if rows.operands[a + k] != q or now.began[a + k] != now.epoch[q]:
            return False
    return True


@compiled
def place_of(rows: MergingRows, now: Written, row: int) -> int:
    """Where in `open` the row that this one meets stands, or where it may stand itself."""
    key = (rows.code[row] * FACTOR + rows.pin[row]) & MASK
    key = (key * FACTOR + rows.attr[row]) & MASK
    for k in range(rows.start[row], rows.start[row + 1]):
        q = rows.operands[k]
        key = (key * FACTOR + q) & MASK
        key = (key * FACTOR + now.epoch[q]) & MASK
    last = len(now.open) - 1
    at: int = (key ^ key >> 15) & last
    while now.open[at] >= 0 and not meets(rows, now, now.open[at], row):
        at = (at + 1) & last
    return at


@compiled
def append(rows: MergingRows, now: Written, row: int, is_diagonal: bool) -> None:
    now.kept[row] = True
    for k in range(rows.start[row], rows.start[row + 1]):
        q = rows.operands[k]
        now.before[k], now.began[k] = now.last[q], now.epoch[q]
        now.last[q] = row
        if not is_diagonal:
            now.epoch[q] += 1


@compiled
def merged(rows: MergingRows, now: Written, row: int) -> bool:
    """Merge a row with an earlier one, if there is one. Where the sum has terms, WAITING is set."""
    at = place_of(rows, now, row)
    earlier = now.open[at]
    if earlier < 0 or not now.kept[earlier]:
        now.open[at] = row
        return False
    if rows.kind[row] == PAIRS:
        now.kept[earlier] = False
        return True
    a, b = now.angle[earlier], now.angle[row]
    total = now.counts[N_ANGLES]
    now.counts[N_ANGLES] += 1
    note(now, a, b)
    now.constant[total] = now.constant[a] + now.constant[b]
    now.varies[total] = now.varies[a] or now.varies[b]
    now.angle[earlier] = total
    if now.varies[total]:
        now.counts[WAITING] = earlier
    elif is_nothing(now, total, rows.period[row], rows.tolerance):
        now.kept[earlier] = False
    return True


@compiled
def cancelled(rows: MergingRows, now: Written, row: int) -> bool:
    """Rows of one operand only. The epoch that the earlier row ended goes on."""
    q = rows.operands[rows.start[row]]
    last = now.last[q]
    while last >= 0 and not now.kept[last]:
        at = rows.start[last]
        while rows.operands[at] != q:
            at += 1
        last = now.before[at]
    now.last[q] = last
    if (
        last < 0
        or rows.code[last] != rows.code[row]
        or rows.cond[last] >= 0
        or rows.pin[last] != rows.pin[row]
    ):
        return False
    now.kept[last] = False
    now.epoch[q] -= 1
    return True


@compiled
def write(rows: MergingRows, now: Written, row: int) -> None:
    """Append a row, or merge it with an earlier one."""
    kind, angle = rows.kind[row], now.angle[row]
    which = angle - rows.first_constant
    if 0 <= which < len(now.used) and not now.used[which]:
        now.used[which] = True
        note(now, angle, -1)
    if kind == NOTHING:
        return
    if rows.period[row] > 0 and is_nothing(now, angle, rows.period[row], rows.tolerance):
        return
    if kind == APART:
        for k in range(rows.start[row], rows.start[row + 1]):
            now.epoch[rows.operands[k]] += 1
            now.last[rows.operands[k]] = -1
        append(rows, now, row, False)
    elif rows.cond[row] >= 0 or kind == ALONE:
        append(rows, now, row, rows.diagonal[row])
    elif kind == CANCELS:
        if not cancelled(rows, now, row):
            append(rows, now, row, rows.diagonal[row])
    elif not merged(rows, now, row):
        append(rows, now, row, rows.diagonal[row])


@entry
def write_rows(rows: MergingRows, now: Written, first: int) -> int:
    """Write rows from `first` on, until one waits for its angle: the row after it."""
    for row in range(first, len(rows.code)):
        if rows.fence[row]:
            now.epoch[:] += 1
            now.last[:] = -1
        write(rows, now, row)
        if now.counts[WAITING] >= 0:
            return row + 1
    return len(rows.code)
