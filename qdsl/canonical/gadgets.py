"""Takes `cx c,t; rz t; cx c,t` back to one rotation about ZZ, whoever wrote it that way.

What is between the two cx may turn t about Z and be diagonal on c, nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from math import pi
from typing import Final

from qdsl.canonical.merging import Draft, Sums
from qdsl.ir.operations import BY_NAME, OPERATIONS

_CX: Final = BY_NAME["cx"].code
_RZZ: Final = BY_NAME["rzz"].code
_TURNS: Final[dict[int, float | None]] = {
    BY_NAME["rz"].code: None,
    BY_NAME["p"].code: None,
    BY_NAME["z"].code: pi,
    BY_NAME["s"].code: pi / 2,
    BY_NAME["sdg"].code: -pi / 2,
    BY_NAME["t"].code: pi / 4,
    BY_NAME["tdg"].code: -pi / 4,
}


@dataclass(slots=True)
class _Open:
    """A cx that waits for its like: its place, control, the control's version, turns since."""

    place: int
    control: int
    version: int
    turns: list[int] = field(default_factory=list)


def unwrapped(rows: list[Draft], n_qubits: int, fences: set[int], sums: Sums) -> list[Draft]:
    """The rows with such gadgets as `rzz`. Nothing is taken across the rows numbered `fences`."""
    waiting: list[_Open | None] = [None] * n_qubits
    version = [0] * n_qubits  # counts what happens to a qubit that is not diagonal
    dropped: set[int] = set()
    for place, row in enumerate(rows):
        if row.source in fences:
            waiting = [None] * n_qubits
        if row.cond < 0 and row.code == _CX:
            _meet(rows, place, waiting, version, dropped, sums)
        elif row.cond < 0 and row.code in _TURNS:
            mine = waiting[row.operands[0]]
            if mine is not None:
                mine.turns.append(place)
        else:
            for k, q in enumerate(row.operands):
                waiting[q] = None
                version[q] += not _is_diagonal(row, k)
    return [row for place, row in enumerate(rows) if place not in dropped]


def _is_diagonal(row: Draft, operand: int) -> bool:
    op = OPERATIONS[row.code]
    fixed = op.is_unitary and op.arity is not None
    return fixed and op.axis(operand) in ("Z", "I")


def _meet(
    rows: list[Draft],
    place: int,
    waiting: list[_Open | None],
    version: list[int],
    dropped: set[int],
    sums: Sums,
) -> None:
    control, target = rows[place].operands
    waiting[control] = None
    mine = waiting[target]
    if (
        mine is not None
        and mine.control == control
        and mine.version == version[control]
        and len({rows[k].pin for k in (mine.place, place, *mine.turns)}) == 1
    ):
        for k in mine.turns:
            rows[k] = _joint_turn(rows[k], control, sums)
        dropped |= {mine.place, place}
        waiting[target] = None
        return
    version[target] += 1
    waiting[target] = _Open(place, control, version[control])


def _joint_turn(row: Draft, control: int, sums: Sums) -> Draft:
    constant = _TURNS[row.code]
    angle = row.angle if constant is None else sums.constant(constant)
    return replace(row, code=_RZZ, operands=(control, *row.operands), angle=angle)
