"""Other orders of few rows: pairs of a link in any order, and some pairs earlier than they seem to
be needed, drawn at random."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any, TypeVar

import numpy as np

from qdsl.ir.stages import DistributedCircuit
from qdsl.passes.schedule.clock_kernel import place_homes
from qdsl.passes.schedule.clock_records import ClockRows, ClockState, Column, PairState, Wires
from qdsl.passes.schedule.clock_start import clock_rows, free_state, pair_state, wires_of
from qdsl.passes.schedule.listing import dependences, in_order, listing, room_of
from qdsl.passes.schedule.listing_kernel import Dependences, Room, list_loop
from qdsl.records import dataclass

S = TypeVar("S", ClockState, PairState)

TRIES = 16
MOST_ROWS = 2000
WORK = 8000  # rows of all tries
CLOSE = 1.01  # an order that ends by so many times the least possible is left as it is


@dataclass(frozen=True, slots=True, eq=False)
class _Try:
    """An order of a program's rows: when it ends, and what it was made with. `ahead`: of every
    pair, how much more urgent than it seems it was taken to be, in ns."""

    ends_ns: int
    program: int
    is_bold: bool
    ahead: tuple[int, ...]
    order: Column


@dataclass(frozen=True, slots=True, eq=False)
class _Beginning:
    """What the loop of a program starts from: qubits are at home, and nothing has begun."""

    rows: ClockRows
    wires: Wires
    now: ClockState
    pairs: PairState
    room: Room
    after: Dependences


def _beginning(program: DistributedCircuit) -> _Beginning:
    wires, now = wires_of(program), free_state(program)
    room = room_of(program, wires, now.size.copy())
    place_homes(program.home_wire, wires, now)
    return _Beginning(
        clock_rows(program), wires, now, pair_state(program), room, dependences(program, True)
    )


def _copied(state: S) -> S:
    """The same, in arrays of its own."""
    parts: list[Any] = [x.copy() if isinstance(x, np.ndarray) else x for x in state]
    return type(state)(*parts)


class OrderSampling:
    """Orders of programs that are the same but for theirs."""

    def __init__(self, programs: Sequence[DistributedCircuit]) -> None:
        self._programs = programs
        self._starts = [_beginning(p) for p in programs]
        self._pairs = [np.flatnonzero(p.table.codes("ebit")) for p in programs]
        self._random = Random(1)

    def sooner(self, ends_ns: int) -> DistributedCircuit | None:
        """The order found that ends first, if before this time."""
        best: _Try | None = None
        latest: _Try | None = None
        pairs, rows = len(self._pairs[0]), len(self._programs[0].table)
        tries = min(TRIES, WORK // rows, 4 * (pairs - 1))
        enough = CLOSE * min(map(self._least_ns, range(len(self._programs))))
        for k in range(tries):
            if (best.ends_ns if best else ends_ns) <= enough:
                break
            made = self._made(*self._next(k, latest, ends_ns))
            if made is None:
                continue
            if latest is None or made.ends_ns <= latest.ends_ns:
                latest = made
            if made.ends_ns < (best.ends_ns if best else ends_ns):
                best = made
        return None if best is None else in_order(self._programs[best.program], best.order)

    def _next(self, k: int, latest: _Try | None, ends_ns: int) -> tuple[int, bool, list[int]]:
        """First every program as it is; then in turn any priorities, and the best so far with one
        changed."""
        count = len(self._pairs[0])
        if k < 2 * len(self._programs):
            return k // 2, k % 2 == 0, [0] * count
        if latest is None or k % 2:
            ahead = [self._drawn(ends_ns) for _ in range(count)]
            which = self._random.randrange(len(self._programs))
            return which, self._random.random() < 0.5, ahead
        ahead = list(latest.ahead)
        ahead[self._random.randrange(count)] = self._drawn(ends_ns)
        return latest.program, latest.is_bold != (self._random.random() < 0.3), ahead

    def _drawn(self, below: int) -> int:
        return int(self._random.random() * below)

    def _made(self, which: int, is_bold: bool, ahead: Sequence[int]) -> _Try | None:
        start = self._starts[which]
        after = start.after._replace(left=start.after.left.copy(), tail=start.after.tail.copy())
        after.tail[self._pairs[which]] = ahead
        room = start.room._replace(most=start.room.most.copy(), more=start.room.more.copy())
        to = listing(start.rows, len(start.now.size), True, is_bold)
        ends_ns = list_loop(
            start.rows, start.wires, _copied(start.now), _copied(start.pairs), room, after, to
        )
        return None if ends_ns < 0 else _Try(ends_ns, which, is_bold, tuple(ahead), to.order)

    def _least_ns(self, which: int) -> int:
        """No order of a program ends sooner: its longest way, and what every link has to
        make, with what comes after the last of it."""
        after, rows = self._starts[which].after, self._starts[which].rows
        tail = rows.duration.tolist()
        first, then = after.first.tolist(), after.after.tolist()
        for row in range(len(tail) - 1, -1, -1):
            tail[row] += max((tail[k] for k in then[first[row] : first[row + 1]]), default=0)
        pairs = self._pairs[which]
        link = rows.link[pairs]
        making = rows.duration[pairs] - self._starts[which].pairs.lead[link]
        busy = np.bincount(link, making)
        channels = [x.physics.channels for x in self._programs[which].network.links][: len(busy)]
        rest = np.full(len(busy), 1 << 62, np.int64)
        np.minimum.at(rest, link, np.array(tail, np.int64)[pairs] - making)
        links_ns = np.where(busy > 0, busy // channels + rest, 0)
        return max(int(links_ns.max()), *map(int, tail))
