"""A normal form for circuits with measurement and feed-forward, in which equal means equal.

Every unitary operation is a product of Pauli rotations (`qdsl.ir.operations`). Going through
the circuit, quarter turns are collected in a Clifford frame at the end; what is left of a
rotation, seen through the frame, is an event `exp(-i t P/2)`. Measurements, resets and
encodings become events too, seen through the same frame. Events that commute may change
places; neighbours about one axis add their angles. Two circuits whose events and frames agree
up to that are equal as channels, up to global phase.

This is the Pauli-rotation form of Litinski, Quantum 3, 128 (2019), with classical control.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from math import pi

from qdsl.ir.operations import Kind
from qdsl.ir.paulis import Pauli, pauli_on
from qdsl.records import dataclass
from qdsl.verify.translation.event import ROUNDING, TOLERANCE, AffineAngle, Event
from qdsl.verify.translation.logical import LogicalOp
from qdsl.verify.translation.paulis import GeneratorFrame
from qdsl.verify.translation.places import Places


@dataclass(frozen=True, slots=True)
class NormalForm:
    events: tuple[Event, ...]
    frame: GeneratorFrame


def rotations_of(op: LogicalOp) -> Iterable[tuple[Pauli, AffineAngle]]:
    """The Pauli rotations of a unitary operation, in order."""
    if op.word:
        yield pauli_on(op.word, op.qubits), op.angles[0]
        return
    for r in op.op.body:
        angle = AffineAngle(r.angle.constant)
        for coefficient, given in zip(r.angle.coefficients, op.angles, strict=False):
            if coefficient:
                angle = angle.plus(given, coefficient)
        yield pauli_on(r.word, op.qubits), angle


def normal_form(ops: Iterable[LogicalOp]) -> NormalForm:
    """The normal form of a program, given in order."""
    frame = GeneratorFrame()
    events: list[Event] = []
    for op in ops:
        if op.op.is_unitary:
            for axis, angle in rotations_of(op):
                _rotate(frame, events, axis, angle, op)
        elif op.op.kind not in (Kind.MOVE, Kind.BARRIER):
            events.append(other_event(frame, op))
    return _settled(events, frame)


def _rotate(
    frame: GeneratorFrame, events: list[Event], axis: Pauli, angle: AffineAngle, op: LogicalOp
) -> None:
    image = frame.image(axis)
    if image.x == 0 and image.z == 0:
        return
    if image.sign < 0:
        angle = AffineAngle(0.0).plus(angle, -1.0)
    if op.condition is None:
        k = quarter_turns(angle.constant)
        frame.append_image(k * image.sign, axis, image)
        angle = replace(angle, constant=angle.constant - k * pi / 2)
    else:  # a full turn is -1, which nobody sees in one classical branch
        angle = replace(angle, constant=angle.constant - full_turns(angle.constant) * 2 * pi)
    if angle.terms or abs(angle.constant) > ROUNDING:
        events.append(Event("turn", (image.bare,), angle, condition=op.condition, span=op.span))


def quarter_turns(angle: float) -> int:
    """k such that `angle - k pi/2` lies in (-pi/4, pi/4]."""
    turns = angle / (pi / 2)
    k = round(turns)
    return k - 1 if abs(turns - k + 0.5) < TOLERANCE else k


def full_turns(angle: float) -> int:
    """k such that `angle - 2 pi k` lies in (-pi, pi]."""
    return -int(-(angle - pi + TOLERANCE) // (2 * pi))


def other_event(frame: GeneratorFrame, op: LogicalOp) -> Event:
    if op.op.kind is Kind.MEASURE:
        image = frame.image_z(op.qubits[0])
        return Event("measure", (image.bare,), sign=image.sign, bit=op.bit,
                     condition=op.condition, data=op.data, span=op.span)  # fmt: skip
    axes = [frame.image_z(q) for q in op.qubits]
    if op.op.name != "diagonal":  # that one is a function of the Z alone
        axes += [frame.image_x(q) for q in op.qubits]
    return Event(op.op.name, tuple(axes), condition=op.condition, data=op.data, span=op.span)


def _settled(events: list[Event], frame: GeneratorFrame) -> NormalForm:
    """Add up equal neighbours until no sum is a quarter turn that belongs in the frame."""
    while True:
        merged, changed = _merged(events)
        if not changed:
            return NormalForm(tuple(merged), frame)
        events, frame = _absorbed(merged, frame)


def _merged(events: list[Event]) -> tuple[list[Event], bool]:
    so_far = Places()
    kept = so_far.events
    last: dict[tuple[object, ...], int] = {}
    changed = False
    for e in events:
        key = (e.axes, e.condition)
        at = last.get(key) if e.kind == "turn" else None
        if at is not None and so_far.let_back(e, at):
            known = kept[at]
            assert known is not None
            angle = known.angle.plus(e.angle)
            changed = changed or _belongs_in_frame(angle, e)
            gone = not angle.terms and abs(angle.constant) < ROUNDING
            kept[at] = None if gone else replace(known, angle=angle)
            if gone:
                del last[key]
            continue
        if e.kind == "turn":
            last[key] = len(kept)
        so_far.append(e)
    return [e for e in kept if e is not None], changed


def _belongs_in_frame(angle: AffineAngle, e: Event) -> bool:
    return e.condition is None and quarter_turns(angle.constant) != 0


def _absorbed(events: list[Event], frame: GeneratorFrame) -> tuple[list[Event], GeneratorFrame]:
    """Take the quarter turns out of the events, towards the end."""
    passed = GeneratorFrame()
    left: list[Event] = []
    for e in events:
        seen = _seen_through(passed, e)
        if seen.kind == "turn" and seen.condition is None:
            k = quarter_turns(seen.angle.constant)
            if k:
                sign = passed.image(e.axes[0]).sign
                passed.append(k * sign, e.axes[0])
                rest = replace(seen.angle, constant=seen.angle.constant - k * pi / 2)
                seen = replace(seen, angle=rest)
            if not seen.angle.terms and abs(seen.angle.constant) < ROUNDING:
                continue
        left.append(seen)
    return left, _composed(frame, passed)


def _seen_through(passed: GeneratorFrame, e: Event) -> Event:
    return with_axes(e, tuple(passed.image(a) for a in e.axes))


def with_axes(e: Event, axes: tuple[Pauli, ...]) -> Event:
    """The event on other axes, whose signs go to its angle or its own sign."""
    if e.kind == "turn":
        angle = e.angle if axes[0].sign > 0 else AffineAngle(0.0).plus(e.angle, -1.0)
        return replace(e, axes=(axes[0].bare,), angle=angle)
    if e.kind == "measure":
        return replace(e, axes=(axes[0].bare,), sign=e.sign * axes[0].sign)
    return replace(e, axes=axes)


def _composed(frame: GeneratorFrame, passed: GeneratorFrame) -> GeneratorFrame:
    """P -> passed(frame(P))."""
    result = GeneratorFrame()
    touched = set(frame.generators()) | set(passed.generators())
    for q in touched:
        result._x[q] = passed.image(frame.image_x(q))
        result._z[q] = passed.image(frame.image_z(q))
    return result
