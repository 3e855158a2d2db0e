"""Two programs of the size of millions, compared while both are read once.

The normal form of `normal_form.py` is never held whole. Each side keeps a Clifford frame and the
events, seen through it, that have no counterpart yet. Two equal events that can both be brought
to the front of their lists are taken out: what is left of the two programs is equal if and only
if the programs are. An event waits for its counterpart for as long as the lists stay short.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from qdsl.ir.jit import compiled, entry
from qdsl.verify.translation.bit_paulis import (
    anticommute,
    append_gate,
    append_turns,
    bare_phase,
    copy,
    follow_turns,
    image_of,
    turn,
)

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

TOLERANCE = 1e-9  # radians, as in `normal_form`
ROUNDING = 1e-14
HALF_PI = np.pi / 2
GREATEST = 1e12  # of an angle; beyond, nothing is known of its quarter turns

TURN, MEASURE = 0, 1  # kinds of events; from 2 on: the numbered other operations
EQUAL, DIFFERENT, FRAMES_DIFFER, GAVE_UP = range(4)


# columns of `Ops.op`
CODE, BIT, COND, ANGLE, OTHER, WORD, DIAGONAL, START = range(8)
# columns of `Side.event`, after which the names of the terms come
MORE, KIND, SIGN, WRITES, WHEN, TERMS, OP, NAME = range(8)
# rows of `Side.queue`, and what `Side.tally` counts
ORDER, HASH = 0, 1
EVENTS, SPARE, TOO_MANY = 0, 1, 2


class RotationBodies(NamedTuple):
    """The Pauli rotations of every operation: those of code c are start[c] to start[c + 1].

    `number[r]`: the constant and the coefficients of its angle; `letter[r]`: by operand;
    `image[c]`: for a Clifford gate what `append_gate` takes, else -1; `rot`: that one's code.
    """

    start: Ints
    number: Floats
    letter: Ints
    image: Ints
    rot: int


class Ops(NamedTuple):
    """One program. OTHER: 0 unitary, 1 measure, else 2 + its number; WORD: the first letter of
    a `rot`. AffineAngle expression e is `constant[e]` and terms term[e] to term[e + 1]."""

    op: Ints
    qubits: Ints
    letter: Ints
    constant: Floats
    term: Ints
    name: Ints
    factor: Floats


class StreamSide(NamedTuple):
    """The frame, and the events that wait: a pool of slots and their order. An event on several
    axes takes a slot for each, linked by MORE. `number`: the constant and factors of an angle."""

    frame: Ints
    axes: Ints
    event: Ints
    number: Floats
    queue: Ints
    spare: Ints
    tally: Ints
    scratch: Ints


@compiled
def _take_slot(s: StreamSide) -> int:
    if s.tally[SPARE] == 0:
        s.tally[TOO_MANY] = 1  # and the loop ends after this operation
        return int(s.spare[0])
    s.tally[SPARE] -= 1
    slot = int(s.spare[s.tally[SPARE]])
    s.event[slot, MORE] = -1
    s.event[slot, TERMS] = 0
    s.number[slot, 0] = 0.0
    s.event[slot, SIGN] = 1
    return slot


@compiled
def _free(s: StreamSide, slot: int) -> None:
    s.spare[s.tally[SPARE]] = slot
    s.tally[SPARE] += 1


@compiled
def _remove(s: StreamSide, place: int) -> None:
    slot = s.queue[ORDER, place]
    while slot >= 0:
        _free(s, slot)
        slot = s.event[slot, MORE]
    s.tally[EVENTS] -= 1
    for k in range(place, s.tally[EVENTS]):
        s.queue[ORDER, k] = s.queue[ORDER, k + 1]
        s.queue[HASH, k] = s.queue[HASH, k + 1]


@compiled
def _hash(s: StreamSide, slot: int) -> int:
    h = int(s.event[slot, KIND]) * 1000003 + s.event[slot, WHEN] * 8191 + s.event[slot, WRITES]
    while slot >= 0:
        for word in s.axes[slot]:
            h = (h ^ word) * 1099511628211
            h ^= h >> 29
        slot = s.event[slot, MORE]
    return int(h)


@compiled
def _reads_or_shares(s: StreamSide, e: int, other_bit: int) -> bool:
    """Does the event read or write the bit that another writes?"""
    if other_bit < 0:
        return False
    return bool(s.event[e, WHEN] >> 1 == other_bit or s.event[e, WRITES] == other_bit)


@compiled
def _commute(s: StreamSide, e: int, t: StreamSide, f: int) -> bool:
    if _reads_or_shares(s, e, t.event[f, WRITES]) or _reads_or_shares(t, f, s.event[e, WRITES]):
        return False
    if s.event[e, WHEN] >= 0 and s.event[e, WHEN] == t.event[f, WHEN] ^ 1:
        return True  # never both
    first = e
    while first >= 0:
        second = f
        while second >= 0:
            if anticommute(s.axes[first], t.axes[second]):
                return False
            second = t.event[second, MORE]
        first = s.event[first, MORE]
    return True


@compiled
def _same_place(s: StreamSide, e: int, t: StreamSide, f: int) -> bool:
    """Equal but for the angle."""
    if s.event[e, KIND] != t.event[f, KIND] or s.event[e, WHEN] != t.event[f, WHEN]:
        return False
    if s.event[e, WRITES] != t.event[f, WRITES] or s.event[e, SIGN] != t.event[f, SIGN]:
        return False
    while e >= 0 and f >= 0:
        if s.axes[e, -1] != t.axes[f, -1]:
            return False
        for k in range(s.axes.shape[1]):
            if s.axes[e, k] != t.axes[f, k]:
                return False
        e, f = s.event[e, MORE], t.event[f, MORE]
    return e < 0 and f < 0


@compiled
def _same_angle(s: StreamSide, e: int, t: StreamSide, f: int) -> bool:
    if s.event[e, TERMS] != t.event[f, TERMS]:
        return False
    if not abs(s.number[e, 0] - t.number[f, 0]) < TOLERANCE:
        return False
    for k in range(s.event[e, TERMS]):
        if s.event[e, NAME + k] != t.event[f, NAME + k]:
            return False
        if not abs(s.number[e, 1 + k] - t.number[f, 1 + k]) < TOLERANCE:
            return False
    return True


@compiled
def _is_below(s: StreamSide, slot: int, bound: float) -> bool:
    is_plain = s.event[slot, KIND] == TURN and s.event[slot, TERMS] == 0
    return bool(is_plain and abs(s.number[slot, 0]) < bound)


@compiled
def _add_term(s: StreamSide, slot: int, name: int, factor: float) -> None:
    """Terms stay sorted by name, and those of nothing are dropped."""
    n = s.event[slot, TERMS]
    k = 0
    while k < n and s.event[slot, NAME + k] < name:
        k += 1
    if k < n and s.event[slot, NAME + k] == name:
        s.number[slot, 1 + k] += factor
        if abs(s.number[slot, 1 + k]) > TOLERANCE:
            return
        for j in range(k, n - 1):
            s.event[slot, NAME + j] = s.event[slot, NAME + j + 1]
            s.number[slot, 1 + j] = s.number[slot, 2 + j]
        s.event[slot, TERMS] = n - 1
        return
    if abs(factor) <= TOLERANCE:
        return
    if n == s.number.shape[1] - 1:
        s.tally[TOO_MANY] = 1
        return
    for j in range(n, k, -1):
        s.event[slot, NAME + j] = s.event[slot, NAME + j - 1]
        s.number[slot, 1 + j] = s.number[slot, j]
    s.event[slot, NAME + k], s.number[slot, 1 + k] = name, factor
    s.event[slot, TERMS] = n + 1


@compiled
def _negate(s: StreamSide, slot: int) -> None:
    s.number[slot, 0] = -s.number[slot, 0]
    for k in range(s.event[slot, TERMS]):
        s.number[slot, 1 + k] = -s.number[slot, 1 + k]


@compiled
def _quarter_turns(angle: float) -> int:
    """k such that `angle - k pi/2` lies in (-pi/4, pi/4]."""
    turns = angle / HALF_PI
    k = np.floor(turns + 0.5)
    return int(k) - 1 if abs(turns - k + 0.5) < TOLERANCE else int(k)


@compiled
def _can_be_first(s: StreamSide, place: int) -> bool:
    for k in range(place - 1, -1, -1):
        other = s.queue[ORDER, k]
        if not _is_below(s, other, TOLERANCE) and not _commute(s, s.queue[ORDER, place], s, other):
            return False
    return True


@compiled
def _match(s: StreamSide, place: int, t: StreamSide) -> bool:
    """Take the event out, if it has a counterpart and both can be first."""
    e = s.queue[ORDER, place]
    wanted = s.queue[HASH, place]
    found = -1
    for k in range(t.tally[EVENTS]):
        f = t.queue[ORDER, k]
        if t.queue[HASH, k] == wanted and _same_place(s, e, t, f) and _same_angle(s, e, t, f):
            found = k
            break
    if found < 0 or not _can_be_first(s, place) or not _can_be_first(t, found):
        return False
    _remove(s, place)
    _remove(t, found)
    return True


@compiled
def _absorb(s: StreamSide, place: int) -> None:
    """The quarter turns of a sum go on to the end, into the frame."""
    slot = s.queue[ORDER, place]
    k = _quarter_turns(s.number[slot, 0])
    axis = s.axes[slot]
    s.number[slot, 0] -= k * HALF_PI
    for later in range(place + 1, s.tally[EVENTS]):
        event = s.queue[ORDER, later]
        part = event
        while part >= 0:
            if anticommute(s.axes[part], axis):
                turn(s.axes[part], k, axis)
            part = s.event[part, MORE]
        if s.event[event, KIND] <= MEASURE:
            _make_bare(s, event)
        s.queue[HASH, later] = _hash(s, event)
    follow_turns(s.frame, k, axis)


@compiled
def _make_bare(s: StreamSide, slot: int) -> None:
    """The sign of the axis goes to the angle, or to the sign of the measurement."""
    bare = bare_phase(s.axes[slot])
    if s.axes[slot, -1] != bare:
        if s.event[slot, KIND] == TURN:
            _negate(s, slot)
        else:
            s.event[slot, SIGN] = -s.event[slot, SIGN]
    s.axes[slot, -1] = bare


@compiled
def _merge(s: StreamSide, slot: int, h: int) -> int:
    """Add a turn to one about the same axis, if it can go back there: its place, or -1."""
    at = int(s.tally[EVENTS]) - 1
    while at >= 0 and not (s.queue[HASH, at] == h and _same_place(s, slot, s, s.queue[ORDER, at])):
        at -= 1
    if at < 0:
        return -1
    for k in range(s.tally[EVENTS] - 1, at, -1):
        if not _commute(s, slot, s, s.queue[ORDER, k]):
            return -1
    known = s.queue[ORDER, at]
    s.number[known, 0] += s.number[slot, 0]
    for k in range(s.event[slot, TERMS]):
        _add_term(s, known, s.event[slot, NAME + k], s.number[slot, 1 + k])
    _free(s, slot)
    if s.event[known, WHEN] < 0 and _quarter_turns(s.number[known, 0]) != 0:
        _absorb(s, at)
    return at


@compiled
def _append(s: StreamSide, slot: int, h: int) -> None:
    place = s.tally[EVENTS]
    s.queue[ORDER, place], s.queue[HASH, place] = slot, h
    s.tally[EVENTS] += 1


@compiled
def _is_something(letters: Ints, n: int) -> bool:
    found = 0
    for k in range(n):
        found |= letters[k]
    return found != 0


@compiled
def _rotate(s: StreamSide, t: StreamSide, ops: Ops, k: int, letters: Ints, slot: int) -> None:
    """One rotation, whose angle stands in `slot`."""
    qubits = ops.qubits[ops.op[k, START] : ops.op[k + 1, START]]
    cond = ops.op[k, COND]
    axis = s.axes[slot]
    image_of(s.frame, qubits, letters, axis)
    phase = axis[-1]
    s.event[slot, KIND], s.event[slot, OP] = TURN, k
    s.event[slot, WRITES], s.event[slot, WHEN] = -1, cond
    _make_bare(s, slot)
    if not abs(s.number[slot, 0]) < GREATEST:
        s.tally[TOO_MANY] = 1
    elif _is_something(letters, len(qubits)):
        if cond < 0:
            turns = _quarter_turns(s.number[slot, 0])
            s.number[slot, 0] -= turns * HALF_PI
            sign = 1 if axis[-1] == phase else -1
            append = turns * sign
            axis[-1] = phase
            append_turns(s.frame, qubits, letters, append, axis)
            axis[-1] = bare_phase(axis)
        else:
            full = np.ceil((s.number[slot, 0] - np.pi + TOLERANCE) / (2 * np.pi))
            s.number[slot, 0] -= full * 2 * np.pi
        if not _is_below(s, slot, ROUNDING):
            _enter(s, t, slot)
            return
    _free(s, slot)


@compiled
def _enter(s: StreamSide, t: StreamSide, slot: int) -> None:
    h = _hash(s, slot)
    place = _merge(s, slot, h) if s.event[slot, KIND] == TURN else -1
    if place < 0:
        place = s.tally[EVENTS]
        _append(s, slot, h)
    if _is_below(s, s.queue[ORDER, place], ROUNDING):
        _remove(s, place)
    else:
        _match(s, place, t)


@compiled
def _unitary(s: StreamSide, t: StreamSide, ops: Ops, bodies: RotationBodies, k: int) -> None:
    first, end = ops.op[k, START], ops.op[k + 1, START]
    code, n = ops.op[k, CODE], end - first
    if code == bodies.rot:
        slot = _take_slot(s)
        _set_angle(s, slot, ops, ops.op[k, ANGLE], 1.0)
        _rotate(s, t, ops, k, ops.letter[ops.op[k, WORD] : ops.op[k, WORD] + n], slot)
        return
    if ops.op[k, COND] < 0 and bodies.image[code, 0, 0] >= 0:
        append_gate(s.frame, ops.qubits[first:end], bodies.image[code], s.scratch)
        return
    for r in range(bodies.start[code], bodies.start[code + 1]):
        slot = _take_slot(s)
        s.number[slot, 0] = bodies.number[r, 0]
        for which in range(1, bodies.number.shape[1]):
            if bodies.number[r, which] != 0.0:
                _set_angle(s, slot, ops, ops.op[k, ANGLE] + which - 1, bodies.number[r, which])
        _rotate(s, t, ops, k, bodies.letter[r], slot)


@compiled
def _set_angle(s: StreamSide, slot: int, ops: Ops, expression: int, factor: float) -> None:
    s.number[slot, 0] += factor * ops.constant[expression]
    for at in range(ops.term[expression], ops.term[expression + 1]):
        _add_term(s, slot, ops.name[at], factor * ops.factor[at])


@compiled
def _take_image(s: StreamSide, row: int) -> int:
    slot = _take_slot(s)
    copy(s.frame[row], s.axes[slot])
    return slot


@compiled
def _linked(s: StreamSide, slot: int, following: int) -> int:
    s.event[slot, MORE] = following
    return following


@compiled
def _other(s: StreamSide, t: StreamSide, ops: Ops, k: int) -> None:
    """A measurement, or an operation on the algebra of its qubits' images."""
    begin, end = ops.op[k, START], ops.op[k + 1, START]
    first = _take_image(s, ops.qubits[begin] + len(s.frame) // 2)
    last = first
    for at in range(begin + 1, end):
        last = _linked(s, last, _take_image(s, ops.qubits[at] + len(s.frame) // 2))
    if ops.op[k, OTHER] != MEASURE and not ops.op[k, DIAGONAL]:
        for at in range(begin, end):
            last = _linked(s, last, _take_image(s, ops.qubits[at]))
    if s.tally[TOO_MANY]:
        return
    s.event[first, KIND], s.event[first, OP] = ops.op[k, OTHER], k
    s.event[first, WRITES], s.event[first, WHEN] = ops.op[k, BIT], ops.op[k, COND]
    if ops.op[k, OTHER] == MEASURE:
        _make_bare(s, first)
    _enter(s, t, first)


@compiled
def _step(s: StreamSide, t: StreamSide, ops: Ops, bodies: RotationBodies, k: int) -> None:
    if ops.op[k, OTHER] == TURN:
        _unitary(s, t, ops, bodies, k)
    else:
        _other(s, t, ops, k)


@compiled
def _sweep(s: StreamSide, t: StreamSide) -> None:
    """Take out whatever has become free since it came."""
    again = True
    while again:
        again = False
        place = 0
        while place < s.tally[EVENTS]:
            if _match(s, place, t):
                again = True
            else:
                place += 1


@compiled
def _first_left(s: StreamSide) -> int:
    """The operation of the first event that is more than nothing, -1 if there is none."""
    for k in range(s.tally[EVENTS]):
        if not _is_below(s, s.queue[ORDER, k], TOLERANCE):
            return int(s.event[s.queue[ORDER, k], OP])
    return -1


@entry
def compare_streams(
    left: Ops, right: Ops, bodies: RotationBodies, s: StreamSide, t: StreamSide, most: int
) -> tuple[int, int, int]:
    """The verdict, and the first operation of either side that is left without a counterpart."""
    places = np.zeros(2, np.int64)  # a 0 would be compiled as a type of its own
    i, j = places[0], places[1]
    n, m = len(left.op) - 1, len(right.op) - 1
    patience = 256
    while i < n or j < m:
        lag = s.tally[EVENTS] - t.tally[EVENTS]
        if i < n and (j == m or lag < 0 or (lag == 0 and i * m <= j * n)):
            _step(s, t, left, bodies, i)
            i += 1
        else:
            _step(t, s, right, bodies, j)
            j += 1
        if s.tally[EVENTS] + t.tally[EVENTS] > patience:
            _sweep(s, t)
            patience = max(256, 2 * (s.tally[EVENTS] + t.tally[EVENTS]))
        if s.tally[TOO_MANY] or t.tally[TOO_MANY] or s.tally[EVENTS] + t.tally[EVENTS] > most:
            return GAVE_UP, _first_left(s), _first_left(t)
    _sweep(s, t)
    a, b = _first_left(s), _first_left(t)
    if a >= 0 or b >= 0:
        return DIFFERENT, a, b
    for row in range(len(s.frame)):
        for k in range(s.frame.shape[1]):
            if s.frame[row, k] != t.frame[row, k]:
                return FRAMES_DIFFER, -1, -1
    return EQUAL, -1, -1
