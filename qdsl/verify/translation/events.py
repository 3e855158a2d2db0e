"""The events of `heads.py`: which may change places, which add up, and what turns do to them.

Every measurement writes a bit of its own. Its data are the outcome that it is known to have (None:
either), and the bit whose value it copies if it is conditioned and does not happen.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from math import pi
from typing import NamedTuple

from qdsl.ir.operations import Kind
from qdsl.ir.paulis import Pauli
from qdsl.verify.translation.event import ROUNDING, AffineAngle, Event
from qdsl.verify.translation.logical import LogicalOp
from qdsl.verify.translation.normal_form import (
    full_turns,
    other_event,
    quarter_turns,
    rotations_of,
    with_axes,
)
from qdsl.verify.translation.paulis import GeneratorFrame

COPY = "copy"  # what a conditioned measurement is where it does not happen
NOTHING = AffineAngle(0.0)


class UnmatchedEvent(NamedTuple):
    """An event without a counterpart, and the number of operations that were read before it."""

    event: Event
    since: int


def events_of(op: LogicalOp) -> Iterator[Event]:
    if op.op.is_unitary:
        for axis, angle in rotations_of(op):
            if axis.x or axis.z:
                yield Event("turn", (axis,), angle, condition=op.condition, span=op.span)
    elif op.op.kind not in (Kind.MOVE, Kind.BARRIER):
        yield other_event(GeneratorFrame(), op)


def after(turns: Sequence[tuple[int, Pauli]], e: Event) -> Event:
    """The event after these turns that means the same as the event before them."""
    for k, axis in turns:
        if not all(axis.commutes(a) for a in e.axes):
            axes = tuple(a if axis.commutes(a) else a.turned(-k & 3, axis) for a in e.axes)
            e = with_axes(e, axes)
    return e


def split(e: Event) -> tuple[int, Event]:
    """The quarter turns of a turn, and the rest. Those of a conditioned one stay in it, but for
    full turns, which nobody sees in one classical branch."""
    if e.kind != "turn":
        return 0, e
    k = quarter_turns(e.angle.constant) if e.condition is None else 0
    less = k * pi / 2 if e.condition is None else 2 * pi * full_turns(e.angle.constant)
    if not less:
        return 0, e
    return k, replace(e, angle=replace(e.angle, constant=e.angle.constant - less))


def is_nothing(turn: Event) -> bool:
    return not turn.angle.terms and abs(turn.angle.constant) < ROUNDING


def may_keep(e: Event) -> bool:
    """May the bit that it writes keep its former value?"""
    return e.bit >= 0 and e.data[1] is not None


def _reads_former(a: Event, b: Event) -> bool:
    """Does `a` keep what `b` writes?"""
    return a.bit >= 0 and a.data[1] is not None and a.data[1] == b.bit


def _never_both(a: Event, b: Event) -> bool:
    if a.condition is None or b.condition is None or a.bit >= 0 or b.bit >= 0:
        return False
    return a.condition[0] == b.condition[0] and a.condition[1] != b.condition[1]


def _passes(a: Event, b: Event) -> bool:
    if a.is_negligible or b.is_negligible or _never_both(a, b):
        return True
    return a.commutes(b) and not _reads_former(a, b) and not _reads_former(b, a)


def can_be_first(queue: Sequence[UnmatchedEvent], place: int) -> bool:
    e = queue[place].event
    return all(_passes(queue[at].event, e) for at in range(place - 1, -1, -1))


def place_to_merge(queue: Sequence[UnmatchedEvent], e: Event) -> int | None:
    """That of a turn about the same axis, if the new one can go back there."""
    for at in range(len(queue) - 1, -1, -1):
        other = queue[at].event
        if other.kind == "turn" and other.axes == e.axes and other.condition == e.condition:
            return at
        if not _passes(other, e):
            return None
    return None


def are_close(a: Event, b: Event) -> bool:
    close = abs(a.angle.constant - b.angle.constant) < 100 * ROUNDING
    return close and a.same_place(b) and a.angle.close_to(b.angle)
