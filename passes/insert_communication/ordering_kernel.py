"""The compiled loops of `ordering`: integers only, the same with and without the compiler."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from qdsl.ir.jit import compiled, entry

Column = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
N_ORDER, N_FREE, N_COMPLETE, N_FIRST = range(4)  # places of `State.counts`


class CommutingRows(NamedTuple):
    """Rows (`start` of their operands) in groups of uses that commute: `group` beside the
    operands, `rows[group_start[g]:group_start[g + 1]]` those of group g; `has_next[g]`: it has to
    be written before group g + 1. `copy` beside the operands: the copy needed, -1: none. Copies of
    one qubit stand together: `epoch`, `node`, and `hops` of them. `room` of every node;
    `is_sparse`: some copies have a way of several links."""

    start: npt.NDArray[np.int32]
    group: Column
    group_start: Column
    rows: Column
    has_next: Flags
    fences: Column
    copy: Column
    epoch: Column
    node: Column
    hops: Column
    room: Column
    is_sparse: bool


class OrderingState(NamedTuple):
    """How many rows are `left` of every group, groups that a row is `blocked` by, uses that are
    left of every copy. Rows that wait for a copy are a list from `head` to `tail` along `after`;
    `waiting` counts them. Copies in `open` are `held` at their nodes, `n_held`, the oldest first.
    `free` is a heap of rows; `complete` and `first` are heaps of row * copies + copy."""

    left: Column
    blocked: Column
    uses: Column
    head: Column
    tail: Column
    after: Column
    waiting: Column
    open: Flags
    held: Column
    n_held: Column
    free: Column
    complete: Column
    first: Column
    order: Column
    counts: Column


@compiled
def push(heap: Column, n: int, value: int) -> None:
    """Onto a heap of n values, the least in front."""
    at = n
    while at and heap[(at - 1) // 2] > value:
        heap[at] = heap[(at - 1) // 2]
        at = (at - 1) // 2
    heap[at] = value


@compiled
def pop(heap: Column, n: int) -> int:
    """The least of n values."""
    least: int = heap[0]
    value, at, size = heap[n - 1], 0, n - 1
    while True:
        child = 2 * at + 1
        if child + 1 < size and heap[child + 1] < heap[child]:
            child += 1
        if child >= size or heap[child] >= value:
            break
        heap[at] = heap[child]
        at = child
    heap[at] = value
    return least


@compiled
def ready(g: CommutingRows, now: OrderingState, row: int) -> None:
    """A row that nothing blocks waits for the first copy that it lacks, or is free."""
    for k in range(g.start[row], g.start[row + 1]):
        copy = g.copy[k]
        if copy >= 0 and not now.open[copy]:
            wait(g, now, row, copy)
            return
    push(now.free, now.counts[N_FREE], row)
    now.counts[N_FREE] += 1


@compiled
def wait(g: CommutingRows, now: OrderingState, row: int, copy: int) -> None:
    if now.waiting[copy] == 0:
        now.head[copy] = row
        push(now.first, now.counts[N_FIRST], row * len(g.node) + copy)
        now.counts[N_FIRST] += 1
    else:
        now.after[now.tail[copy]] = row
    now.tail[copy], now.after[row] = row, -1
    now.waiting[copy] += 1
    if now.waiting[copy] == now.uses[copy]:
        push(now.complete, now.counts[N_COMPLETE], now.head[copy] * len(g.node) + copy)
        now.counts[N_COMPLETE] += 1


@compiled
def hold(g: CommutingRows, now: OrderingState, copy: int) -> None:
    """Open a copy; as many stay open at a node as leave a communication qubit free."""
    node = g.node[copy]
    now.open[copy] = True
    now.held[node, now.n_held[node]] = copy
    now.n_held[node] += 1
    while now.n_held[node] > g.room[node]:
        let_go(now, node, 0)


@compiled
def let_go(now: OrderingState, node: int, place: int) -> None:
    now.open[now.held[node, place]] = False
    now.n_held[node] -= 1
    for k in range(place, now.n_held[node]):
        now.held[node, k] = now.held[node, k + 1]


@compiled
def write(g: CommutingRows, now: OrderingState, row: int) -> None:
    now.order[now.counts[N_ORDER]] = row
    now.counts[N_ORDER] += 1
    for k in range(g.start[row], g.start[row + 1]):
        copy = g.copy[k]
        if copy >= 0:
            now.uses[copy] -= 1
            if now.uses[copy] == 0 and now.open[copy]:
                place = 0
                while now.held[g.node[copy], place] != copy:
                    place += 1
                let_go(now, g.node[copy], place)
        group = g.group[k]
        now.left[group] -= 1
        if now.left[group] == 0 and g.has_next[group]:
            for place in range(g.group_start[group + 1], g.group_start[group + 2]):
                other = g.rows[place]
                now.blocked[other] -= 1
                if now.blocked[other] == 0:
                    ready(g, now, other)


@compiled
def wanted_copy(g: CommutingRows, now: OrderingState, heap: Column, which: int) -> int:
    """The copy in front of a heap that rows wait for, -1: none."""
    while now.counts[which]:
        copy: int = heap[0] % len(g.node)
        if now.waiting[copy]:
            return copy
        pop(heap, now.counts[which])
        now.counts[which] -= 1
    return -1


@compiled
def next_copy(g: CommutingRows, now: OrderingState) -> int:
    """The copy to open next. Of those of one qubit that are wanted now, it is the one with the
    longest way: the others may be made on the way."""
    copy = wanted_copy(g, now, now.complete, N_COMPLETE)
    if copy < 0:
        copy = wanted_copy(g, now, now.first, N_FIRST)
    if copy < 0 or not g.is_sparse:
        return copy
    best, other = -1, copy
    while other > 0 and g.epoch[other - 1] == g.epoch[copy]:
        other -= 1
    while other < len(g.node) and g.epoch[other] == g.epoch[copy]:
        if now.waiting[other] and (best < 0 or g.hops[other] > g.hops[best]):
            best = other
        other += 1
    return best


@compiled
def drain(g: CommutingRows, now: OrderingState) -> bool:
    """Write all rows that may be written; False if a heap may become too full."""
    while max(now.counts[N_FIRST], now.counts[N_COMPLETE]) <= len(now.first) - 3 * len(now.order):
        while now.counts[N_FREE]:
            row = pop(now.free, now.counts[N_FREE])
            now.counts[N_FREE] -= 1
            write(g, now, row)
        copy = next_copy(g, now)
        if copy < 0:
            return True
        hold(g, now, copy)
        row, now.waiting[copy] = now.head[copy], 0
        while row >= 0:
            after = now.after[row]
            ready(g, now, row)
            row = after
    return False


@entry
def put_in_order(g: CommutingRows, now: OrderingState) -> bool:
    """All rows into `now.order`; False if the heaps are too small."""
    first = 0
    for k in range(len(g.fences) + 1):
        end = g.fences[k] if k < len(g.fences) else len(now.blocked)
        for row in range(first, end):
            if now.blocked[row] == 0:
                ready(g, now, row)
        if not drain(g, now):
            return False
        if end < len(now.blocked):
            write(g, now, end)
        first = end + 1
    return True
