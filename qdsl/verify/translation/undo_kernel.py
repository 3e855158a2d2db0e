"""Reads a distributed program and takes its communication away by local rules.

Every wire that carries quantum information belongs to a *cat group*: wires that hold the same
value v in the Z basis, `sum_v a_v |v + x_1> |v + x_2> ...`, up to known classical bits (the
Pauli frames x per wire and z for the group). A source qubit is a group; an EPR pair is the
group of a qubit nobody owns, in |+>. Then teleportation, cat-entangling, cat-disentangling and
entanglement swapping are all made of two steps:

- *join*: `cx w, a` then `measure a -> c`, where a's group is an unowned |+>: its other wires
  join w's group, with c added to their x frames;
- *leave*: `h w` then `measure w -> c`: w leaves its group, c is added to the group's z frame.

Corrections `x`/`z` conditioned on such bits clear frames. X or Y on one of several copies flips
the qubit once all other copies have their X too: until then these wait for it in their frames.
Any other operation is the source's: it is written down over source qubits, and must find its
frames clear, or commute with them.

Frames are sets of symbols, kept as short lists in one pool; the members of a group are a ring.
A symbol is `-1 - w` for the outcome of wire w and 0 for a flip that waits for its mirror; what
a bit holds is such an outcome, `(bit + 1) << 32 | write` for a source bit, or 0 for nothing.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from qdsl.ir.jit import compiled, entry

SKIP, EBIT, SEND, MEASURE, X, Y, Z, CX, H, SWAP, OTHER = range(11)

(
    FINE, CONDITIONED_PAIR, SENT_UNWRITTEN, MEASURED_BEFORE, PAIR_IN_USE, LAST_HOLDER,
    CONDITIONED_END, CORRECTS_NOTHING, CORRECTS_LEAVING, NO_QUBIT, TWO_COPIES, NOT_ITS_BIT,
    MAYBE_STALE, IN_BELL, WAITS_X, COPIES_OUT, WAITS_Z, UNKNOWN_BIT, STALE_BIT, END_BIT, END_WIRE,
    END_OPEN, TOO_MANY,
) = range(23)  # fmt: skip

ORDINARY, PRIMITIVE, MIRRORED = range(3)

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


class DistributedColumns(NamedTuple):
    """A distributed program, as the loop reads it. `free`: by operand, whether the operation is
    diagonal there. `origin_bit`: by row of the placed circuit, the bit it measures into, or -1."""

    sort: npt.NDArray[np.int8]
    start: Ints
    operands: Ints
    free: Flags
    attr: Ints
    cond: Ints
    origin: Ints
    origin_bit: Ints
    home: Ints
    final: Ints
    source_bit: Ints


class UndoState(NamedTuple):
    group: Ints  # by wire, -1: none
    after: Ints  # ring of the group's wires
    before: Ints
    x: Ints  # by wire, first link of its X frame
    joining: Flags
    leaving: Flags
    ended: Flags
    qubit: Ints  # by group, -1: nobody's
    size: Ints
    z: Ints  # by group, first link of its Z frame
    symbol: Ints  # the pool of links: symbol, and the link after it
    link: Ints
    spare: Ints  # [0]: the first free link; [1]: 1 once there was none left
    known: Ints  # by bit
    version: Ints  # by source bit
    own: Ints  # by bit, the source bit it holds, or -1


class Undone(NamedTuple):
    """Source operations, filled from the front: rows, qubits beside the operands of those rows,
    bits, conditions."""

    row: Ints
    qubits: Ints
    bit: Ints
    cond: Ints


@compiled
def _toggle(s: UndoState, heads: Ints, at: int, symbol: int) -> None:
    last, link = -1, heads[at]
    while link >= 0:
        if s.symbol[link] == symbol:
            if last < 0:
                heads[at] = s.link[link]
            else:
                s.link[last] = s.link[link]
            s.link[link] = s.spare[0]
            s.spare[0] = link
            return
        last, link = link, s.link[link]
    fresh = s.spare[0]
    if fresh >= len(s.symbol):
        s.spare[1] = 1
        return
    s.spare[0] = s.link[fresh]
    s.symbol[fresh] = symbol
    s.link[fresh] = heads[at]
    heads[at] = fresh


@compiled
def _add_all(s: UndoState, heads: Ints, to: int, link: int) -> None:
    """The symbols of a list go into the set at `to`, and out of it if they were there."""
    while link >= 0:
        _toggle(s, heads, to, s.symbol[link])
        link = s.link[link]


@compiled
def _clear(s: UndoState, heads: Ints, at: int) -> None:
    link = heads[at]
    while link >= 0:
        following = s.link[link]
        s.link[link] = s.spare[0]
        s.spare[0] = link
        link = following
    heads[at] = -1


@compiled
def _holds(s: UndoState, link: int, symbol: int) -> bool:
    while link >= 0:
        if s.symbol[link] == symbol:
            return True
        link = s.link[link]
    return False


@compiled
def _leave_ring(s: UndoState, wire: int) -> None:
    s.after[s.before[wire]] = s.after[wire]
    s.before[s.after[wire]] = s.before[wire]
    s.group[wire] = -1


@compiled
def _enter_ring(s: UndoState, wire: int, beside: int) -> None:
    following = s.after[beside]
    s.after[beside], s.before[wire] = wire, beside
    s.after[wire], s.before[following] = following, wire
    s.group[wire] = s.group[beside]


@compiled
def _join(s: UndoState, control: int, target: int) -> None:
    """`cx control, target`: the other wires of the target's group join the control's."""
    mine, theirs = s.group[control], s.group[target]
    wire = s.after[target]
    while wire != target:
        following = s.after[wire]
        _add_all(s, s.x, wire, s.x[control])
        _add_all(s, s.x, wire, s.x[target])
        _toggle(s, s.x, wire, -1 - target)
        _enter_ring(s, wire, control)
        s.size[mine] += 1
        wire = following
    _add_all(s, s.z, mine, s.z[theirs])
    _clear(s, s.z, theirs)
    _clear(s, s.x, target)
    s.group[target] = -1
    s.joining[target] = True


@compiled
def _flip(s: UndoState, wire: int, is_x: bool) -> bool:
    """An X or Y on one of several copies: is it new? Then the others wait for theirs."""
    if is_x and _holds(s, s.x[wire], 0):
        _toggle(s, s.x, wire, 0)
        return False
    other = s.after[wire]
    while other != wire:
        _toggle(s, s.x, other, 0)
        other = s.after[other]
    return True


@compiled
def _hand_on(s: UndoState, first: int, second: int) -> bool:
    """A local swap with a fresh wire: does the state move over?"""
    if (s.group[first] >= 0) == (s.group[second] >= 0):
        return False
    if s.leaving[first] or s.leaving[second] or s.joining[first] or s.joining[second]:
        return False
    old = first if s.group[first] >= 0 else second
    new = first + second - old
    _enter_ring(s, new, old)
    _leave_ring(s, old)
    s.x[new], s.x[old] = s.x[old], -1
    return True


@compiled
def _operand_fault(s: UndoState, wire: int, free: bool) -> int:
    if s.group[wire] < 0 or s.qubit[s.group[wire]] < 0:
        return NO_QUBIT
    if s.leaving[wire] or s.joining[wire]:
        return IN_BELL
    if s.x[wire] >= 0:
        return WAITS_X
    if free:
        return FINE
    if s.size[s.group[wire]] > 1:
        return COPIES_OUT
    return WAITS_Z if s.z[s.group[wire]] >= 0 else FINE


@compiled
def _newest(s: UndoState, bit: int) -> int:
    return ((bit + 1) << 32) | s.version[bit] if s.version[bit] else 0


@compiled
def _start(c: DistributedColumns, s: UndoState) -> None:
    for k in range(len(s.link)):
        s.link[k] = k + 1
    for qubit in range(len(c.home)):
        wire = c.home[qubit]
        s.group[wire] = qubit
        s.qubit[qubit], s.size[qubit] = qubit, 1
    for bit in range(len(c.source_bit)):
        if c.source_bit[bit] >= 0:
            s.own[c.source_bit[bit]] = bit


@compiled
def _end_fault(c: DistributedColumns, s: UndoState) -> tuple[int, int]:
    for bit in range(len(c.source_bit)):
        held = s.known[c.source_bit[bit]] if c.source_bit[bit] >= 0 else 0
        if held != _newest(s, bit):
            return END_BIT, bit
    for qubit in range(len(c.final)):
        group = s.group[c.final[qubit]]
        if group < 0 or s.qubit[group] != qubit:
            return END_WIRE, qubit
        if s.size[group] > 1 or s.z[group] >= 0 or s.x[c.final[qubit]] >= 0:
            return END_OPEN, qubit
    return FINE, -1


@compiled
def _pair(s: UndoState, a: int, b: int, group: int) -> int:
    """A fresh pair: both wires hold one bit of no source qubit."""
    if s.group[a] >= 0 or s.group[b] >= 0:
        return PAIR_IN_USE
    s.group[a], s.qubit[group], s.size[group] = group, -1, 1
    s.after[a] = s.before[a] = a
    _enter_ring(s, b, a)
    s.size[group] = 2
    return FINE


@compiled
def _last_measurement(s: UndoState, wire: int, bit: int, cond: int) -> int:
    """That of a wire which joins or leaves a group: it becomes a correction to come."""
    if s.joining[wire]:
        s.joining[wire] = False
    else:
        group = s.group[wire]
        alone = s.size[group] < 2
        _leave_ring(s, wire)
        if alone:
            return LAST_HOLDER
        s.size[group] -= 1
        _toggle(s, s.z, group, -1 - wire)
        s.leaving[wire] = False
        _clear(s, s.x, wire)
    if cond >= 0:
        return CONDITIONED_END
    s.ended[wire] = True
    s.known[bit] = -1 - wire
    return FINE


@compiled
def _correction(s: UndoState, wire: int, sort: int, cond: int) -> int:
    """An X or Z that a bit of a primitive decides."""
    if s.group[wire] < 0 or cond & 1 == 0:
        return CORRECTS_NOTHING
    if s.leaving[wire]:
        return CORRECTS_LEAVING
    if sort == X:
        _toggle(s, s.x, wire, s.known[cond >> 1])
    else:
        _toggle(s, s.z, s.group[wire], s.known[cond >> 1])
    return FINE


@compiled
def _part(c: DistributedColumns, s: UndoState, i: int) -> int:
    """What an unconditioned operation is to communication: ORDINARY, a PRIMITIVE's, or an X or Y
    that is MIRRORED on every copy and seen for the last time."""
    first, end, sort = c.start[i], c.start[i + 1], c.sort[i]
    wire = c.operands[first]
    group = s.group[wire]
    busy = False
    for k in range(first, end):
        busy = busy or s.leaving[c.operands[k]] or s.joining[c.operands[k]]
    if not busy and sort == CX:
        target = c.operands[first + 1]
        theirs = s.group[target]
        if theirs >= 0 and s.qubit[theirs] < 0 and group >= 0 and group != theirs:
            _join(s, wire, target)
            return PRIMITIVE
    if not busy and sort == H and group >= 0 and s.size[group] > 1:
        s.leaving[wire] = True
        return PRIMITIVE
    if sort == SWAP and _hand_on(s, wire, c.operands[first + 1]):
        return PRIMITIVE
    if not busy and sort in (X, Y) and group >= 0 and s.qubit[group] >= 0 and s.size[group] > 1:
        return MIRRORED if _flip(s, wire, sort == X) else PRIMITIVE
    return ORDINARY


@compiled
def _held(
    c: DistributedColumns, s: UndoState, i: int, mirrored: bool, qubits: Ints, at: int
) -> tuple[int, int]:
    """Writes the source qubits of an operation from `at` on; a fault if it cannot act on them
    here."""
    first, end = c.start[i], c.start[i + 1]
    for k in range(first, end):
        wire = c.operands[k]
        fault = FINE if mirrored else _operand_fault(s, wire, c.free[k])
        if fault:
            return fault, wire
        qubits[at + k - first] = s.qubit[s.group[wire]]
    for k in range(end - first):
        for other in range(k):
            if qubits[at + other] == qubits[at + k]:
                return TWO_COPIES, -1
    return FINE, -1


@compiled
def _deciding_bit(s: UndoState, cond: int) -> tuple[int, int]:
    """The condition in terms of source bits, 0 or above; or -1 - fault, and the bit."""
    told = s.known[cond >> 1]
    if told <= 0:
        return -1 - UNKNOWN_BIT, cond >> 1
    if told != _newest(s, (told >> 32) - 1):
        return -1 - STALE_BIT, cond >> 1
    return 2 * ((told >> 32) - 1) + (cond & 1), -1


@compiled
def _source_measurement(c: DistributedColumns, s: UndoState, i: int) -> tuple[int, int]:
    """The source bit that a measurement of the program writes, or -1 - fault, and the bit."""
    bit = s.own[c.attr[i]]
    if bit < 0 and 0 <= c.origin[i] < len(c.origin_bit):
        bit = c.origin_bit[c.origin[i]]
    if bit < 0:
        return -1 - NOT_ITS_BIT, -1
    if c.cond[i] >= 0 and s.known[c.attr[i]] != _newest(s, bit):
        return -1 - MAYBE_STALE, bit
    s.version[bit] += 1
    s.known[c.attr[i]] = _newest(s, bit)
    return bit, -1


@compiled
def _measured_operand(c: DistributedColumns, s: UndoState, i: int) -> int:
    """The first operand, by number, that was measured for the last time before; -1: none."""
    found = -1
    for k in range(c.start[i], c.start[i + 1]):
        wire = c.operands[k]
        if s.ended[wire] and (found < 0 or wire < found):
            found = wire
    return found


@entry
def undo_columns(
    c: DistributedColumns, s: UndoState, found: Undone
) -> tuple[int, int, int, int, int]:
    """How many rows and qubits were found; a fault, at which row, bit or qubit, about what."""
    n = len(c.sort)
    count, filled = 0, 0
    groups = len(c.home)
    _start(c, s)
    fault, what, i = FINE, 0, -1
    for i in range(n):
        sort = c.sort[i]
        if sort == SKIP:
            continue
        wire = c.operands[c.start[i]]
        cond = c.cond[i]
        if cond >= 0 and sort in (EBIT, SEND):
            fault = CONDITIONED_PAIR
            break
        if sort == SEND:
            if s.known[wire] == 0:
                fault, what = SENT_UNWRITTEN, wire
                break
            s.known[c.attr[i]] = s.known[wire]
            continue
        measured = _measured_operand(c, s, i)
        if measured >= 0:
            fault, what = MEASURED_BEFORE, measured
            break
        if sort == EBIT:
            fault = _pair(s, wire, c.operands[c.start[i] + 1], groups)
            groups += 1
        elif sort == MEASURE and (s.joining[wire] or s.leaving[wire]):
            fault = _last_measurement(s, wire, c.attr[i], cond)
        elif cond >= 0 and sort in (X, Z) and s.known[cond >> 1] < 0:
            fault, what = _correction(s, wire, sort, cond), wire
        else:
            part = _part(c, s, i) if cond < 0 else ORDINARY
            if part == PRIMITIVE:
                continue
            fault, what = _held(c, s, i, part == MIRRORED, found.qubits, filled)
            if fault:
                break
            found.cond[count] = -1
            found.bit[count] = -1
            if cond >= 0:
                found.cond[count], what = _deciding_bit(s, cond)
            if sort == MEASURE and found.cond[count] >= -1:
                found.bit[count], what = _source_measurement(c, s, i)
            fault = max(FINE, -1 - found.cond[count], -1 - found.bit[count])
            if fault:
                break
            found.row[count] = i
            count += 1
            filled += c.start[i + 1] - c.start[i]
        if fault:
            break
    if s.spare[1]:
        fault = TOO_MANY
    elif fault == FINE:
        fault, what = _end_fault(c, s)
        i = -1
    return count, filled, fault, i, what
