"""The compiled loops of nodes that do no more than so many operations at one time: integers only,
the same with and without the compiler."""

from __future__ import annotations

from qdsl.ir.jit import compiled
from qdsl.passes.schedule.clock_records import ClockRows, ClockState


@compiled
def unit_of(rows: ClockRows, now: ClockState, group: int, time: int) -> int:
    """The unit of a group that is free first or, of those that are free at a time, last."""
    found = rows.first_unit[group]
    for k in range(found + 1, rows.first_unit[group] + rows.units[group]):
        if now.unit_free[found] > time:
            if now.unit_free[k] < now.unit_free[found]:
                found = k
        elif now.unit_free[k] <= time and now.unit_free[k] > now.unit_free[found]:
            found = k
    unit: int = found
    return unit


@compiled
def units_free(rows: ClockRows, now: ClockState, row: int, time: int) -> int:
    """When the node of a row can do one more operation like it, at a time or later."""
    for k in range(2 * row, 2 * row + 2):
        if rows.group[k] >= 0:
            time = max(time, now.unit_free[unit_of(rows, now, rows.group[k], time)])
    return time


@compiled
def take_units(rows: ClockRows, now: ClockState, row: int, start: int) -> None:
    for k in range(2 * row, 2 * row + 2):
        if rows.group[k] >= 0:
            unit = unit_of(rows, now, rows.group[k], start)
            now.unit_free[unit] = start + rows.duration[row]


@compiled
def after_others(rows: ClockRows, now: ClockState, row: int, time: int) -> int:
    """The same; of a swap that starts with others when all of their nodes can, and of one whose
    time is fixed by then, that time."""
    if rows.first_swap[row] == rows.first_swap[row + 1]:
        own: int = units_free(rows, now, row, time)
        return own
    if now.reserved[row] >= 0:
        time = max(time, now.reserved[row])
        return time
    for k in range(rows.first_swap[row], rows.first_swap[row + 1]):
        time = units_free(rows, now, rows.swaps[k], time)
    return time


@compiled
def occupy(rows: ClockRows, now: ClockState, row: int, start: int) -> None:
    """A row takes a unit of each of its groups from its start to its end; the first swap of some
    that start together takes those of all."""
    if rows.first_swap[row] == rows.first_swap[row + 1]:
        take_units(rows, now, row, start)
    elif now.reserved[row] < 0:
        for k in range(rows.first_swap[row], rows.first_swap[row + 1]):
            take_units(rows, now, rows.swaps[k], start)
            now.reserved[rows.swaps[k]] = start
