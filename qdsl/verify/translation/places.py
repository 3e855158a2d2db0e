"""Events in order, indexed by what could stand in the way of another one."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from itertools import islice, takewhile

from qdsl.ir.paulis import Pauli, bits_of
from qdsl.verify.translation.event import Event

NARROW = 4  # letters of a word for which it pays to look only at events on its qubits

Index = dict[int, deque[int]]


class Places:
    """`events[k]` is the event at place k, None once it is gone."""

    def __init__(self) -> None:
        self.events: list[Event | None] = []
        self._first = 0  # no event is left before it
        self._with_x: Index = {}  # by qubit, places of events that have X or Y there
        self._with_z: Index = {}
        self._writing: deque[int] = deque()
        self._reading: deque[int] = deque()

    def append(self, e: Event) -> None:
        at = len(self.events)
        self.events.append(e)
        if e.bit >= 0:
            self._writing.append(at)
        if e.condition is not None:
            self._reading.append(at)
        for axis in e.axes:
            for qubit in bits_of(axis.x):
                self._with_x.setdefault(qubit, deque()).append(at)
            for qubit in bits_of(axis.z):
                self._with_z.setdefault(qubit, deque()).append(at)

    def let_back(self, e: Event, at: int) -> bool:
        """Can an event that comes after all of these be moved back to place `at`?"""
        if _is_narrow(e):
            after = (takewhile(at.__lt__, reversed(some)) for some in self._in_question(e))
            return all(self._commutes(e, place) for some in after for place in some)
        later = islice(reversed(self.events), len(self.events) - 1 - at)
        return all(other.commutes(e) for other in later if other is not None)

    def let_out(self, e: Event, at: int) -> bool:
        """Can an event at place `at` be moved before all others?"""
        if _is_narrow(e):
            before = (takewhile(at.__gt__, self._left(some)) for some in self._in_question(e))
            return all(self._passes(e, place) for some in before for place in some)
        self._forget_gone()
        others = filter(None, islice(self.events, self._first, at))
        return all(other.is_negligible or other.commutes(e) for other in others)

    def _commutes(self, e: Event, place: int) -> bool:
        other = self.events[place]
        return other is None or other.commutes(e)

    def _passes(self, e: Event, place: int) -> bool:
        other = self.events[place]
        return other is None or other.is_negligible or other.commutes(e)

    def _forget_gone(self) -> None:
        while self._first < len(self.events) and self.events[self._first] is None:
            self._first += 1

    def _left(self, some: deque[int]) -> deque[int]:
        """Places without those at the beginning whose events are gone."""
        while some and self.events[some[0]] is None:
            some.popleft()
        return some

    def _in_question(self, e: Event) -> Iterator[deque[int]]:
        """Places of all events that might not commute with a narrow one."""
        for axis in e.axes:
            yield from _known(self._with_z, bits_of(axis.x))
            yield from _known(self._with_x, bits_of(axis.z))
        if e.condition is not None or e.bit >= 0:
            yield self._writing
        if e.bit >= 0:
            yield self._reading


def _known(index: Index, qubits: Iterable[int]) -> Iterator[deque[int]]:
    return (index[q] for q in qubits if q in index)


def _is_narrow(e: Event) -> bool:
    return all(_letters(axis) <= NARROW for axis in e.axes)


def _letters(axis: Pauli) -> int:
    return (axis.x | axis.z).bit_count()
