"""Are two normal forms equal, up to the order of events that commute?"""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable

from qdsl.verify.translation.event import Event
from qdsl.verify.translation.normal_form import NormalForm
from qdsl.verify.translation.places import Places


def first_difference(left: NormalForm, right: NormalForm) -> tuple[Event | None, str] | None:
    """None if the two are equal; else an event of `left` (if one is to blame) and what is wrong."""
    rest = _Unmatched(right.events)
    for e in left.events:
        if not rest.take(e) and not e.is_negligible:
            return e, "has no counterpart that could stand in its place"
    extra = rest.first()
    if extra is not None:
        return extra, "has no counterpart in the source"
    if left.frame.generators() != right.frame.generators():
        return None, "the Clifford parts of the two programs differ"
    return None


class _Unmatched:
    """The events of one side without a counterpart so far."""

    def __init__(self, events: tuple[Event, ...]) -> None:
        self._places = Places()
        self._alike: dict[Hashable, deque[int]] = {}
        for place, e in enumerate(events):
            self._places.append(e)
            self._alike.setdefault(_but_angle(e), deque()).append(place)

    def take(self, e: Event) -> bool:
        """Take out an event equal to `e`, if there is one that can be moved before all others."""
        alike = self._alike.get(_but_angle(e), deque())
        for place in alike:
            other = self._places.events[place]
            assert other is not None
            if other.angle.close_to(e.angle):
                if not self._places.let_out(other, place):
                    return False
                alike.remove(place)
                self._places.events[place] = None
                return True
        return False

    def first(self) -> Event | None:
        left = (e for e in self._places.events if e is not None)
        return next((e for e in left if not e.is_negligible), None)


def _but_angle(e: Event) -> Hashable:
    """Equal for events that are equal but for angle and span (`Event.same_place`)."""
    return e.kind, e.axes, e.sign, e.bit, e.condition, e.data
