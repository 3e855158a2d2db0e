"""The compiled loops of `blocks`."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from qdsl.ir.jit import compiled, entry, inlined
from qdsl.passes.partition.moves_kernel import accepts, draw, random_node, tree_cost

Column = npt.NDArray[np.int64]
Counts = npt.NDArray[np.int32]
Flags = npt.NDArray[np.bool_]


class BlockTask(NamedTuple):
    """Block b is in segments `segments[start[b]:start[b + 1]]` and takes a data qubit in the slots
    [begin, end) of every stay in `stay[b]:stay[b + 1]`. `order`: blocks by time, `rank` their
    places in it; `span`: as many of them may be busy at one time."""

    start: Column
    segments: Column
    stay: Column
    begin: Column
    end: Column
    order: Column
    rank: Column
    fixed: Column
    tree: Column
    hops: int
    room: Column
    span: int


class BlockState(NamedTuple):
    """`node` of every block; `pins[s, v]` blocks of segment s at node v, `mask[s]` the set of nodes
    with any; `held[v, t]` data qubits of node v taken in slot t; `random`: one number."""

    node: Column
    pins: Counts
    mask: Column
    held: Counts
    random: Column


@compiled
def put(task: BlockTask, now: BlockState, b: int, to: int) -> tuple[int, int]:
    """Put a block at another node; returns the changes of cost and of qubits without room."""
    old = now.node[b]
    delta, over = 0, 0
    for k in range(task.start[b], task.start[b + 1]):
        s = task.segments[k]
        before = now.mask[s]
        now.pins[s, old] -= 1
        now.pins[s, to] += 1
        after = before | (1 << to)
        if now.pins[s, old] == 0:
            after &= ~(1 << old)
        if after != before:
            delta += tree_cost(task.tree, task.hops, after) - tree_cost(
                task.tree, task.hops, before
            )
            now.mask[s] = after
    for k in range(task.stay[b], task.stay[b + 1]):
        for t in range(task.begin[k], task.end[k]):
            over -= int(now.held[old, t] > task.room[old])
            now.held[old, t] -= 1
            now.held[to, t] += 1
            over += int(now.held[to, t] > task.room[to])
    now.node[b] = to
    return delta, over


@compiled
def lack(task: BlockTask, now: BlockState, b: int, v: int) -> int:
    """Qubits and slots of a block that a node has no room for."""
    found = 0
    for k in range(task.stay[b], task.stay[b + 1]):
        for t in range(task.begin[k], task.end[k]):
            found += int(now.held[v, t] >= task.room[v])
    return found


@compiled
def load(task: BlockTask, now: BlockState, b: int, v: int) -> int:
    """Qubits at a node when a block begins, less its room."""
    k = task.stay[b]
    if k == task.stay[b + 1]:
        return 0
    held: int = now.held[v, task.begin[k]] - task.room[v]
    return held


@compiled
def begin_anywhere(task: BlockTask, now: BlockState) -> tuple[int, int]:
    """Put blocks, one after another, where there is most room; returns the cost and the qubits
    and slots without room."""
    over = 0
    for i in range(len(task.order)):
        b = task.order[i]
        best = max(task.fixed[b], 0)
        if task.fixed[b] < 0:
            least, lowest = lack(task, now, b, 0), load(task, now, b, 0)
            for v in range(1, len(task.room)):
                lacking, held = lack(task, now, b, v), load(task, now, b, v)
                if lacking < least or (lacking == least and held < lowest):
                    best, least, lowest = v, lacking, held
        over += lack(task, now, b, best)
        now.node[b] = best
        for k in range(task.stay[b], task.stay[b + 1]):
            for t in range(task.begin[k], task.end[k]):
                now.held[best, t] += 1
        for k in range(task.start[b], task.start[b + 1]):
            now.pins[task.segments[k], best] += 1
            now.mask[task.segments[k]] |= 1 << best
    total = 0
    for s in range(len(now.mask)):
        if now.mask[s]:
            total += tree_cost(task.tree, task.hops, now.mask[s])
    return total, over


@inlined
def joins_several(task: BlockTask, now: BlockState, b: int) -> bool:
    """Is a segment of the block at several nodes?"""
    for k in range(task.start[b], task.start[b + 1]):
        mask = now.mask[task.segments[k]]
        if mask & (mask - 1):
            return True
    return False


@inlined
def other_block(task: BlockTask, now: BlockState, b: int, node: int) -> int:
    """A free block at a node at about the time of another; -1 if a few random tries find none."""
    n = len(task.order)
    for _ in range(16):
        place = task.rank[b] + draw(now.random, 2 * task.span + 1) - task.span
        if 0 <= place < n:
            other = task.order[place]
            if now.node[other] == node and task.fixed[other] < 0:
                found: int = other
                return found
    return -1


@compiled
def try_block(task: BlockTask, now: BlockState, temperature: float) -> tuple[int, int]:
    """Try a block at another node, in exchange for one of that node where that is full; returns
    the changes of cost and of qubits without room."""
    b = draw(now.random, len(task.order))
    for _ in range(3):
        if joins_several(task, now, b):
            break
        b = draw(now.random, len(task.order))
    first, end = task.start[b], task.start[b + 1]
    if task.fixed[b] >= 0 or first == end:
        return 0, 0
    old = now.node[b]
    mask = now.mask[task.segments[first + draw(now.random, end - first)]]
    to = random_node(now.random, int(mask), old, len(task.room))
    if to == old:
        return 0, 0
    delta, over = put(task, now, b, to)
    other = -1
    if over > 0:
        other = other_block(task, now, b, to)
        if other >= 0:
            more, lacking = put(task, now, other, old)
            delta, over = delta + more, over + lacking
    if over > 0 or not (over < 0 or accepts(now.random, delta, temperature)):
        if other >= 0:
            put(task, now, other, to)
        put(task, now, b, old)
        return 0, 0
    return delta, over


@entry
def anneal_blocks(
    task: BlockTask, now: BlockState, best: Column, moves: int, hot: float, cold: float
) -> int:
    """So many random moves while the temperature falls; the best placement that has room for all
    goes to `best`. Returns its cost, -1 if there is none."""
    total, over = begin_anywhere(task, now)
    least = -1
    for turn in range(moves):
        part = 1.0 - turn / moves
        delta, lacking = try_block(task, now, max(cold, hot * part * part))
        total, over = total + delta, over + lacking
        if over == 0 and (least < 0 or total < least):
            least = total
            best[:] = now.node
    return least
