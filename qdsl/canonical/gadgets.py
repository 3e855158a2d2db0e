"""Takes `cx c,t; rz t; cx c,t` back to one rotation about ZZ, whoever wrote it that way.

What is between the two cx may turn t about Z and be diagonal on c, nothing else.
"""

from __future__ import annotations

from dataclasses import replace
from math import pi
from typing import Final

import numpy as np
import numpy.typing as npt

from qdsl.canonical.gadgets_kernel import Given, Waiting, unwrap
from qdsl.canonical.merging import Sums
from qdsl.canonical.rows import Column, Rows, starts, within
from qdsl.ir.axes import WIDEST, diagonal_by_code
from qdsl.ir.operations import BY_NAME

Flags = npt.NDArray[np.bool_]
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


def unwrapped(rows: Rows, n_qubits: int, fence: Flags, sums: Sums) -> Rows:
    """The rows with such gadgets as `rzz`. Nothing is taken across the rows at a `fence`."""
    is_cx = (rows.code == _CX) & (rows.cond < 0)
    if is_cx.sum() < 2:
        return rows
    given = Given(
        is_cx, np.isin(rows.code, list(_TURNS)) & (rows.cond < 0),
        fence, rows.pin, rows.start, rows.operands,
        diagonal_by_code()[rows.code[rows.owner], np.minimum(within(rows.arity), WIDEST)],
    )  # fmt: skip
    cx, control_was, turn = (np.full(n_qubits, -1, np.int64) for _ in range(3))
    version, before = np.zeros(n_qubits, np.int64), np.full(len(rows), -1, np.int64)
    now = Waiting(cx, control_was, turn, version, before)
    dropped = np.zeros(len(rows), np.bool_)
    joined = np.zeros((int(given.is_turn.sum()), 2), np.int64)
    found = joined[: unwrap(given, now, dropped, joined)]
    return _joint_turns(rows, found, sums).chosen(~dropped)


def _joint_turns(rows: Rows, joined: Column, sums: Sums) -> Rows:
    """Rows (row, control) as rotations about ZZ."""
    row, control = joined[:, 0], joined[:, 1]
    code, angle = rows.code.copy(), rows.angle.copy()
    constants = [_TURNS[c] for c in code[row].tolist()]
    angle[row] = [
        own if constant is None else sums.constant(constant)
        for constant, own in zip(constants, angle[row].tolist(), strict=True)
    ]
    code[row] = _RZZ
    is_joint = np.zeros(len(rows), np.bool_)
    is_joint[row] = True
    arity = rows.arity + is_joint
    start = starts(arity)
    operands = np.empty(int(start[-1]), np.int64)
    operands[start[rows.owner] + within(rows.arity) + is_joint[rows.owner]] = rows.operands
    operands[start[row]] = control
    return replace(rows, code=code, angle=angle, start=start, operands=operands)
