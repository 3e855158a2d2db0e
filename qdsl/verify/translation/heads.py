"""Two programs read side by side, and what of either has no counterpart yet.

What was read of a program is a Clifford operation, and after it the events that wait, in the
coordinates of the program's head: the qubits as the next operation finds them. A quarter turn goes
before the events that wait, and turns them. Two events that are equal, seen through the Clifford
operations of both programs, and can both come first, are the end of a prefix that the programs
share: they are taken out. What is left does not depend on the prefix, nor on how it was reached.
"""

from __future__ import annotations

from dataclasses import field, replace

from qdsl.ir.paulis import Pauli
from qdsl.records import dataclass
from qdsl.verify.translation.event import Event
from qdsl.verify.translation.events import (
    COPY,
    NOTHING,
    UnmatchedEvent,
    after,
    are_close,
    can_be_first,
    events_of,
    is_nothing,
    may_keep,
    place_to_merge,
    split,
)
from qdsl.verify.translation.logical import LogicalOp
from qdsl.verify.translation.normal_form import with_axes
from qdsl.verify.translation.paulis import GeneratorFrame

LEFT, RIGHT = 0, 1


@dataclass(slots=True)
class Heads:
    """`between` takes a Pauli operator at the head of the left program to that of the right one.
    `known`: the outcomes that all of this is for, by measurement."""

    waiting: tuple[list[UnmatchedEvent], list[UnmatchedEvent]] = field(
        default_factory=lambda: ([], [])
    )
    between: GeneratorFrame = field(default_factory=GeneratorFrame)
    known: dict[int, int] = field(default_factory=dict)
    is_dirty: bool = False

    @property
    def are_equal(self) -> bool:
        """Were the two programs equal up to here?"""
        rest = any(not w.event.is_negligible for side in self.waiting for w in side)
        return not rest and not self.between.generators()

    @property
    def n_waiting(self) -> int:
        return sum(map(len, self.waiting))

    def read(self, side: int, op: LogicalOp, since: int) -> None:
        """The program's next operation."""
        for event in events_of(op):
            known = self._given_known(event)
            if known is not None:
                place = self._enter(side, known, since)
                if place is not None:
                    self._match(side, place)

    def given(self, write: int, outcome: int) -> Heads:
        """The same if this measurement has this outcome."""
        result = Heads(between=self.between.copy(), known={**self.known, write: outcome})
        for side in (LEFT, RIGHT):
            for event, since in self.waiting[side]:
                known = result._given_known(event)
                if known is not None:
                    result._enter(side, known, since)
        result.sweep()
        return result

    def sweep(self) -> None:
        """Take out what has become free since it came."""
        self.is_dirty = True
        while self.is_dirty:
            self.is_dirty = False
            place = 0
            while place < len(self.waiting[LEFT]):
                place += not self._match(LEFT, place)

    def deciding(self, since: int) -> int | None:
        """A measurement that decides about the event that waits for longest, if one has waited
        since then."""
        both = sorted((w for side in self.waiting for w in side), key=lambda w: w.since)
        writers = {w.event.bit: w.event for w in both if may_keep(w.event)}
        for event, _ in (w for w in both if w.since <= since):
            unseen = dict(writers)
            while event.condition is not None and event.condition[0] in unseen:
                event = unseen.pop(event.condition[0])
            if event.condition is not None:
                return event.condition[0]
        return None

    def is_same_as(self, other: Heads) -> bool:
        """Whether the same is left to show, the known outcomes aside."""
        mine, theirs = ([w.event for side in h.waiting for w in side] for h in (self, other))
        return (
            len(self.waiting[LEFT]) == len(other.waiting[LEFT])
            and len(mine) == len(theirs)
            and all(map(are_close, mine, theirs))
            and self.between.generators() == other.between.generators()
        )

    def _given_known(self, e: Event) -> Event | None:
        if e.condition is not None and e.condition[0] in self.known:
            if self.known[e.condition[0]] != e.condition[1]:
                return (
                    replace(e, kind=COPY, axes=(), sign=1, condition=None) if e.bit >= 0 else None
                )
            e = replace(e, condition=None)
            if e.bit >= 0:
                e = replace(e, data=(e.data[0], None))
        if e.bit in self.known:
            e = replace(e, data=(self.known[e.bit], e.data[1]))
        return e

    def _enter(self, side: int, e: Event, since: int) -> int | None:
        """The event at the end of its side, or merged with one that waits: its place there."""
        queue = self.waiting[side]
        if e.kind != "turn":
            queue.append(UnmatchedEvent(e, since))
            return len(queue) - 1
        place = place_to_merge(queue, e)
        if place is None:
            place = len(queue)
            queue.append(UnmatchedEvent(e, since))
        else:
            known = queue[place]
            angle = known.event.angle.plus(e.angle)
            queue[place] = known._replace(event=replace(known.event, angle=angle))
        return self._without_whole_turns(side, place)

    def _without_whole_turns(self, side: int, place: int) -> int | None:
        """Quarter turns go to the front; None if nothing is left."""
        queue = self.waiting[side]
        k, e = split(queue[place].event)
        queue[place] = queue[place]._replace(event=e)
        self._pull(side, place, k, e.axes[0])
        if is_nothing(e):
            del queue[place]
            return None
        return place

    def _pull(self, side: int, place: int, k: int, axis: Pauli) -> None:
        """k quarter turns go before all that wait up to that place."""
        if not k % 4:
            return
        queue = self.waiting[side]
        turns = [(k, axis)]
        for at in range(place - 1, -1, -1):
            seen = after(turns, queue[at].event)
            if seen is queue[at].event:
                continue
            more, seen = split(seen)  # the sign of its axis may have changed
            if more:
                turns.append((more, seen.axes[0]))
            queue[at] = queue[at]._replace(event=seen)
        for turn in turns:
            self._put_first(side, *turn)

    def _put_first(self, side: int, k: int, axis: Pauli) -> None:
        if side == LEFT:
            self.between.append(k, axis)
        else:
            self.between.prepend(-k, axis)

    def _match(self, side: int, place: int) -> bool:
        """Take the event out, if it has a counterpart and both can come first."""
        if not can_be_first(self.waiting[side], place):
            return False
        e = self.waiting[side][place].event
        others = self.waiting[1 - side]
        for at, (other, _) in enumerate(others):
            left, right = (e, other) if side == LEFT else (other, e)
            apart = self._turns_apart(left, right)
            if apart is None:
                continue
            if not can_be_first(others, at):
                return False
            if apart:
                self._put_first(LEFT, apart, left.axes[0])
            del others[at], self.waiting[side][place]
            self.is_dirty = True
            return True
        return False

    def _turns_apart(self, left: Event, right: Event) -> int | None:
        """How many quarter turns the left one has more than the right one and is else equal; None
        if they differ. The sign of an axis decides which of two angles of pi/4 an event has."""
        same = (left.kind, left.bit, left.condition, left.data)
        if same != (right.kind, right.bit, right.condition, right.data):
            return None
        images = tuple(map(self.between.image, left.axes))
        seen = with_axes(left, images)
        if not seen.same_place(right):
            return None
        k, rest = split(replace(seen, angle=seen.angle.plus(right.angle, -1.0)))
        if not rest.angle.close_to(NOTHING):
            return None
        return k * images[0].sign if k else 0
