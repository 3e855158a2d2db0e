"""The compiled loops of `anneal`: one move at a time, with every count kept up to date."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from qdsl.ir.jit import compiled, entry, inlined
from qdsl.passes.partition.moves_kernel import accepts, draw, random_node, tree_cost

Column = npt.NDArray[np.int64]
Counts = npt.NDArray[np.int32]


class AnnealTask(NamedTuple):
    """What does not change: see `anneal.Problem` and `segments.Segments`."""

    vertex_start: Column
    vertex_segments: Column
    fixed: Column
    tree: Column
    hops: int
    room: Column
    slot_begin: Column
    slot_end: Column
    first: Column
    chain: Column
    owner: Column
    place: Column
    gates_start: Column
    gates: Column
    free_gates: Column
    follower: Column
    lifetime: int
    served: int


class AnnealState(NamedTuple):
    """What does.

    `node` of every vertex; `pins[s, v]` vertices of segment s at node v and `mask[s]` the set of
    nodes with any; `held[v, t]` data qubits of node v taken in slot t; `log` and `origin`: the
    vertices moved by the move that is being tried, and from where; `random`: one number;
    `work`: one number, the vertices and capacity slots gone through so far.
    """

    node: Column
    pins: Counts
    mask: Column
    held: Counts
    log: Column
    origin: Column
    random: Column
    work: Column


class Stretch(NamedTuple):
    """Places [begin, end) of `AnnealTask.chain`: consecutive stations of one qubit."""

    begin: int
    end: int


NOWHERE = Stretch(-1, -1)
LONG = 16  # stations; all of more than that are tried at another node the more seldom
STEP = 8  # the work of a vertex, beside that of a capacity slot


@inlined
def service(task: AnnealTask, now: AnnealState, vertex: int, s: int, to: int) -> int:
    """The change of cost for what segment s is away from home, if a vertex goes to a node."""
    if task.served == 0:
        return 0
    old, home = now.node[vertex], now.node[s]
    if vertex == s:  # the qubit itself: what is at its old node will be served, and this not
        more = int(now.pins[s, old] - now.pins[s, to] - 1)
    else:
        more = int(old == home) - int(to == home)
    return task.served * more


@inlined
def shift(task: AnnealTask, now: AnnealState, vertex: int, to: int) -> int:
    """Put a vertex at another node; returns the change of cost."""
    now.work[0] += STEP
    old = now.node[vertex]
    delta = 0
    if task.lifetime > 0:
        delta -= renewals_at(task, now, vertex)
    for k in range(task.vertex_start[vertex], task.vertex_start[vertex + 1]):
        s = task.vertex_segments[k]
        before = now.mask[s]
        delta += service(task, now, vertex, s, to)
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
    now.node[vertex] = to
    if task.lifetime > 0:
        delta += renewals_at(task, now, vertex)
    return delta


@compiled
def renewals(task: AnnealTask, now: AnnealState, s: int) -> int:
    """Ebits for copies of a segment made anew because pairs live for `lifetime` gates only."""
    home, after = now.node[s], task.follower[s]
    total = 0
    for v in range(len(task.room)):
        served = now.pins[s, v]
        if after >= 0 and now.node[after] == v:
            served -= 1  # the station itself is no gate
        if v != home and served > task.lifetime:
            total += (
                (served - 1) // task.lifetime * tree_cost(task.tree, task.hops, 1 << home | 1 << v)
            )
    return total


@compiled
def renewals_at(task: AnnealTask, now: AnnealState, vertex: int) -> int:
    """Those of all segments of a vertex."""
    total = 0
    for k in range(task.vertex_start[vertex], task.vertex_start[vertex + 1]):
        total += renewals(task, now, task.vertex_segments[k])
    return total


@inlined
def change(task: AnnealTask, now: AnnealState, vertex: int, to: int) -> int:
    """The change of cost that `shift` would make."""
    now.work[0] += STEP
    old = now.node[vertex]
    if task.lifetime > 0:
        found = shift(task, now, vertex, to)
        shift(task, now, vertex, old)
        return found
    delta = 0
    for k in range(task.vertex_start[vertex], task.vertex_start[vertex + 1]):
        s = task.vertex_segments[k]
        before = now.mask[s]
        delta += service(task, now, vertex, s, to)
        after = before | (1 << to)
        if now.pins[s, old] == 1:
            after &= ~(1 << old)
        if after != before:
            delta += tree_cost(task.tree, task.hops, after) - tree_cost(
                task.tree, task.hops, before
            )
    return delta


@compiled
def set_up(task: AnnealTask, now: AnnealState) -> int:
    """Fill the counts from `now.node`; returns the cost."""
    for v in range(len(now.node)):
        for k in range(task.vertex_start[v], task.vertex_start[v + 1]):
            now.pins[task.vertex_segments[k], now.node[v]] += 1
            now.mask[task.vertex_segments[k]] |= 1 << now.node[v]
    total = 0
    for s in range(len(now.mask)):
        total += tree_cost(task.tree, task.hops, now.mask[s])
        if task.lifetime > 0:
            total += renewals(task, now, s)
        for v in range(len(task.room)):
            if v != now.node[s]:
                total += task.served * now.pins[s, v]
        for t in range(task.slot_begin[s], task.slot_end[s]):
            now.held[now.node[s], t] += 1
    return total


@entry
def anneal_loop(
    task: AnnealTask, now: AnnealState, best: Column, sweeps: int, hot: float, cold: float,
    moving: bool, budget: int,
) -> int:  # fmt: skip
    """Sweeps of random moves while the temperature falls; the best placement goes to `best`.
    No move is tried after so much work, and it is cold by then."""
    total = set_up(task, now)
    least = total
    for sweep in range(sweeps):
        part = 1.0 - min(1.0, max(sweep / max(1, sweeps - 1), now.work[0] / budget))
        temperature = max(cold, hot * part * part)
        for _ in range(len(now.node)):
            if now.work[0] > budget:
                break
            kind = draw(now.random, 8) if len(task.free_gates) else 0
            if kind > 4:
                total += try_gate(task, now, temperature)
            elif kind == 4:
                total += try_drain(task, now, temperature)
            else:
                total += try_stretch(task, now, temperature, moving)
        if total < least:
            least = total
            best[:] = now.node
        if now.work[0] > budget:
            break
    return least


@inlined
def is_inside(task: AnnealTask, now: AnnealState, v: int) -> bool:
    """Is everything that this vertex joins at one node?"""
    for k in range(task.vertex_start[v], task.vertex_start[v + 1]):
        mask = now.mask[task.vertex_segments[k]]
        if mask & (mask - 1):
            return False
    return True


@inlined
def random_segment(now: AnnealState) -> int:
    """A segment, mostly one that is at several nodes."""
    s = draw(now.random, len(now.mask))
    for _ in range(3):
        if now.mask[s] & (now.mask[s] - 1):
            break
        s = draw(now.random, len(now.mask))
    return s


@inlined
def try_gate(task: AnnealTask, now: AnnealState, temperature: float) -> int:
    """Try an operation at another node, mostly one where one of its qubits lives."""
    v = task.free_gates[draw(now.random, len(task.free_gates))]
    for _ in range(3):
        if not is_inside(task, now, v):
            break
        v = task.free_gates[draw(now.random, len(task.free_gates))]
    first = task.vertex_start[v]
    to = now.node[task.vertex_segments[first + draw(now.random, task.vertex_start[v + 1] - first)]]
    if draw(now.random, 5) == 0:
        to = draw(now.random, len(task.room))
    if to == now.node[v] or not accepts(now.random, change(task, now, v, to), temperature):
        return 0
    return shift(task, now, v, to)


@inlined
def try_drain(task: AnnealTask, now: AnnealState, temperature: float) -> int:
    """Try to do without a segment's copy at one node: take all its operations from there to
    another node, mostly one where it is anyway."""
    s = random_segment(now)
    begin, end = task.gates_start[s], task.gates_start[s + 1]
    if begin == end:
        return 0
    old = now.node[task.gates[begin + draw(now.random, end - begin)]]
    to = now.node[task.gates[begin + draw(now.random, end - begin)]]
    if to == old or draw(now.random, 3) == 0:
        to = draw(now.random, len(task.room))
    if to == old:
        return 0
    delta, n = 0, 0
    for k in range(begin, end):
        v = task.gates[k]
        if now.node[v] == old:
            now.log[n] = v
            n += 1
            delta += shift(task, now, v, to)
    if accepts(now.random, delta, temperature):
        return delta
    for i in range(n - 1, -1, -1):
        shift(task, now, now.log[i], old)
    return 0


@inlined
def try_stretch(task: AnnealTask, now: AnnealState, temperature: float, moving: bool) -> int:
    """Try a stretch of a qubit's life at another node, in exchange for another qubit's where
    that node is full. Operations go with their qubits where that is cheaper."""
    s = random_segment(now)
    q = task.owner[s]
    mine = random_stretch(task, now, q, s, moving)
    here = now.node[s]
    there = random_node(now.random, now.mask[s], here, len(task.room))
    if there == here:
        return 0
    theirs = NOWHERE
    if is_full(task, now, mine, there):
        theirs = partner(task, now, q, mine, there, here)
        if theirs.begin < 0:
            return 0
    delta, n = take_over(task, now, mine, there, 0)
    given, n = take_over(task, now, theirs, here, n)
    delta += given
    stations = n
    if n and all_fit(task, now, stations):
        followed, n = let_gates_follow(task, now, stations)
        delta += followed
        if accepts(now.random, delta, temperature):
            return delta
    for i in range(n - 1, -1, -1):
        if i < stations:
            hold(task, now, now.log[i], now.origin[i])
        shift(task, now, now.log[i], now.origin[i])
    return 0


@inlined
def random_stretch(task: AnnealTask, now: AnnealState, q: int, s: int, moving: bool) -> Stretch:
    """All of a qubit's stations, or where `moving` often a few consecutive ones from s on."""
    first, last = task.first[q], task.first[q + 1]
    is_long = last - first <= LONG or draw(now.random, last - first) < LONG
    if not moving or (is_long and draw(now.random, 10) < 3):
        return Stretch(first, last)
    begin = task.place[s]
    length = 1
    while length < last - first and draw(now.random, 4) != 0:
        length += 1
    end = min(last, begin + length)
    kind = draw(now.random, 8) if is_long else 7
    return Stretch(first if kind == 0 else begin, last if kind == 1 else end)


@inlined
def is_full(task: AnnealTask, now: AnnealState, stretch: Stretch, node: int) -> bool:
    """Would the node hold too many data qubits if the stretch came to it?"""
    for place in range(stretch.begin, stretch.end):
        s = task.chain[place]
        if now.node[s] != node:
            for t in range(task.slot_begin[s], task.slot_end[s]):
                if now.held[node, t] >= task.room[node]:
                    return True
    return False


@inlined
def wants(task: AnnealTask, now: AnnealState, stretch: Stretch, node: int) -> bool:
    """Is a segment that begins in the stretch also at this node?"""
    for place in range(stretch.begin, stretch.end):
        if now.mask[task.chain[place]] >> node & 1:
            return True
    return False


@inlined
def station_at(task: AnnealTask, low: int, high: int, slot: int) -> int:
    """The first place in [low, high] of a chain whose station ends after the slot begins, or
    the last."""
    while low < high:
        middle = (low + high) // 2
        if task.slot_end[task.chain[middle]] <= slot:
            low = middle + 1
        else:
            high = middle
    return low


@inlined
def partner(
    task: AnnealTask, now: AnnealState, q: int, mine: Stretch, node: int, here: int
) -> Stretch:
    """A stretch of another qubit that is at `node` when `mine` comes; NOWHERE if a few random
    tries find none."""
    begins = task.slot_begin[task.chain[mine.begin]]
    ends = task.slot_end[task.chain[mine.end - 1]]
    for turn in range(12):
        other = draw(now.random, len(task.first) - 1)
        if other == q:
            continue
        a, last = task.first[other], task.first[other + 1]
        if mine.begin != task.first[q]:
            a = station_at(task, a, last - 1, begins)
        b = a
        while (
            b < last
            and now.node[task.chain[b]] == node
            and (task.slot_begin[task.chain[b]] < ends or mine.end == task.first[q + 1])
        ):
            b += 1
        if b > a and (turn > 7 or wants(task, now, Stretch(a, b), here)):
            return Stretch(a, b)
    return NOWHERE


@inlined
def hold(task: AnnealTask, now: AnnealState, station: int, to: int) -> None:
    """Account for the data qubit of a station that goes to another node."""
    now.work[0] += task.slot_end[station] - task.slot_begin[station]
    old = now.node[station]
    for t in range(task.slot_begin[station], task.slot_end[station]):
        now.held[old, t] -= 1
        now.held[to, t] += 1


@compiled
def take_over(
    task: AnnealTask, now: AnnealState, stretch: Stretch, to: int, n: int
) -> tuple[int, int]:
    """Put the free stations of a stretch at a node, logging them from entry n on; returns the
    change of cost and the next free entry."""
    delta = 0
    for place in range(stretch.begin, stretch.end):
        s = task.chain[place]
        if now.node[s] != to and task.fixed[s] < 0:
            now.log[n], now.origin[n] = s, now.node[s]
            n += 1
            hold(task, now, s, to)
            delta += shift(task, now, s, to)
    return delta, n


@inlined
def all_fit(task: AnnealTask, now: AnnealState, stations: int) -> bool:
    """Is there room for the logged stations where they are now?"""
    for i in range(stations):
        s = now.log[i]
        node = now.node[s]
        for t in range(task.slot_begin[s], task.slot_end[s]):
            if now.held[node, t] > task.room[node]:
                return False
    return True


@inlined
def let_gates_follow(task: AnnealTask, now: AnnealState, stations: int) -> tuple[int, int]:
    """Put operations on the logged stations' segments where they are cheapest."""
    delta, n = 0, stations
    for i in range(stations):
        s = now.log[i]
        for k in range(task.gates_start[s], task.gates_start[s + 1]):
            v = task.gates[k]
            gain, to = 0, now.node[v]
            for e in range(task.vertex_start[v], task.vertex_start[v + 1]):
                node = now.node[task.vertex_segments[e]]
                if node != now.node[v]:
                    found = change(task, now, v, node)
                    if found < gain or (found == gain and draw(now.random, 2) == 0):
                        gain, to = found, node
            if to != now.node[v] and n < len(now.log):
                now.log[n], now.origin[n] = v, now.node[v]
                n += 1
                delta += shift(task, now, v, to)
    return delta, n
