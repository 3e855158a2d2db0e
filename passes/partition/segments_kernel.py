"""The compiled loop of `segments`."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from qdsl.ir.jit import compiled, entry

Column = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
FREE = -1
N_SEGMENTS, N_JOINED, N_GATES, N_OTHERS, TIME = range(5)  # places of `Found.counts`


class SegmentRows(NamedTuple):
    """Rows with their `time`, which never falls, and `resident` beside their operands."""

    start: npt.NDArray[np.int32]
    operands: npt.NDArray[np.int32]
    resident: Flags
    pin: npt.NDArray[np.int16]
    barrier: Flags
    time: Column


class PartialSegments(NamedTuple):
    """What is known so far.

    - `of_use`: beside the operands, their segments; `station`: of every row, -1: none;
    - `qubit`, `begin`, `follower`, `fixed`: of every segment and the station that begins it;
    - `joined`: (station, segment) for diagonal operands of a station's operation;
    - `gate`, `gate_end`, `others`: rows diagonal on all operands, where the segments that they
      join end in `others`;
    - `now`: the segment that each qubit is in; `plain`: no operation on several qubits in it yet.
    """

    of_use: Column
    station: Column
    qubit: Column
    begin: Column
    follower: Column
    fixed: Column
    joined: Column
    gate: Column
    gate_end: Column
    others: Column
    now: Column
    plain: Flags
    counts: Column


@compiled
def come_to_station(found: PartialSegments, q: int, pin: int) -> None:
    """The qubit must be alone at one node: begin a segment, unless it has just begun."""
    s = found.now[q]
    if found.plain[q]:
        if pin == FREE or pin == found.fixed[s]:
            return
        if found.fixed[s] == FREE:
            found.fixed[s] = pin
            return
    n = found.counts[N_SEGMENTS]
    found.counts[N_SEGMENTS] += 1
    found.follower[s] = found.now[q] = n
    found.qubit[n], found.begin[n] = q, found.counts[TIME]
    found.fixed[n] = pin
    found.plain[q] = True


@compiled
def join(rows: SegmentRows, found: PartialSegments, row: int, several: bool) -> None:
    """Where a row happens, and the segments that are joined there."""
    pin, station, n_others = rows.pin[row], -1, 0
    for k in range(rows.start[row], rows.start[row + 1]):
        if rows.resident[k]:
            if station < 0:
                station = found.now[rows.operands[k]]
        else:
            n_others += 1
    if n_others == 0 or (station < 0 and not several and pin == FREE):
        return
    for k in range(rows.start[row], rows.start[row + 1]):
        if rows.resident[k]:
            continue
        s = found.now[rows.operands[k]]
        if station >= 0:
            found.joined[found.counts[N_JOINED], 0] = station
            found.joined[found.counts[N_JOINED], 1] = s
            found.counts[N_JOINED] += 1
        else:
            found.others[found.counts[N_OTHERS]] = s
            found.counts[N_OTHERS] += 1
    if station >= 0:
        found.station[row] = station
    else:
        n = found.counts[N_GATES]
        found.gate[n], found.gate_end[n] = row, found.counts[N_OTHERS]
        found.counts[N_GATES] += 1


@entry
def go_through(rows: SegmentRows, found: PartialSegments) -> bool:
    """False where an operation does not fit: qubits that have to be together anywhere."""
    for row in range(len(rows.pin)):
        first, end = rows.start[row], rows.start[row + 1]
        pin, several = rows.pin[row], end - first > 1
        found.counts[TIME] = rows.time[row]
        n_resident = 0
        for k in range(first, end):
            n_resident += rows.resident[k] and not rows.barrier[row]
        if n_resident > 1 and pin == FREE:
            return False
        for k in range(first, end):
            if rows.resident[k] and not rows.barrier[row]:
                come_to_station(found, rows.operands[k], pin)
        for k in range(first, end):
            found.of_use[k] = found.now[rows.operands[k]]
        if rows.barrier[row]:
            continue
        join(rows, found, row, several)
        for k in range(first, end):
            if several or (pin != FREE and not rows.resident[k]):
                found.plain[rows.operands[k]] = False
    return True
