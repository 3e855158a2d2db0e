"""Takes `cx c,t; rz t; cx c,t` back to one rotation about ZZ, whoever wrote it that way.

What is between the two cx may turn t about Z and be diagonal on c, nothing else. Likewise a
rotation about ZZ after one cx on the same two is a turn of t before it.
"""

from __future__ import annotations

from dataclasses import replace
from math import pi
from typing import Final

import numpy as np
import numpy.typing as npt

from qdsl.ir.axes import WIDEST, diagonal_by_code
from qdsl.ir.operations import BY_NAME
from qdsl.passes.canonicalize.gadgets_kernel import FoundGadgets, GadgetRows, OpenGadgets, unwrap
from qdsl.passes.canonicalize.merging import Sums
from qdsl.passes.canonicalize.rows import Column, RowColumns, starts, within

Flags = npt.NDArray[np.bool_]
_CX: Final = BY_NAME["cx"].code
_RZ: Final = BY_NAME["rz"].code
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


def unwrapped(rows: RowColumns, n_qubits: int, fence: Flags, sums: Sums) -> RowColumns:
    """The rows with such gadgets as `rzz`. Nothing is taken across the rows at a `fence`."""
    is_cx = (rows.code == _CX) & (rows.cond < 0)
    if not is_cx.any():
        return rows
    given = GadgetRows(
        is_cx, np.isin(rows.code, list(_TURNS)) & (rows.cond < 0),
        (rows.code == _RZZ) & (rows.cond < 0), fence, rows.pin, rows.start, rows.operands,
        diagonal_by_code()[rows.code[rows.owner], np.minimum(within(rows.arity), WIDEST)],
    )  # fmt: skip
    cx, control, control_was, target_was, turn = (np.full(n_qubits, -1, np.int64) for _ in range(5))
    version, before = np.zeros(n_qubits, np.int64), np.full(len(rows), -1, np.int64)
    waits = np.zeros(n_qubits, np.bool_)
    found = FoundGadgets(
        np.zeros(len(rows), np.bool_),
        np.zeros((int(given.is_turn.sum()), 2), np.int64),
        np.zeros((int(given.is_joint.sum()), 3), np.int64),
        np.zeros(2, np.int64),
    )
    now = OpenGadgets(cx, control, control_was, target_was, waits, turn, version, before)
    unwrap(given, now, found)
    n_joined, n_passed = found.counts
    place, passed = np.arange(len(rows)), found.passed[:n_passed]
    place[passed[:, 0]] = passed[:, 1]  # just before that cx
    order = np.lexsort((np.arange(len(rows)), place == np.arange(len(rows)), place))
    rows = _turns(_joint_turns(rows, found.joined[:n_joined], sums), passed)
    return rows.taken(order[~found.dropped[order]])


def _joint_turns(rows: RowColumns, joined: Column, sums: Sums) -> RowColumns:
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


def _turns(rows: RowColumns, passed: Column) -> RowColumns:
    """Rows (row, _, target) as turns of the target."""
    row, target = passed[:, 0], passed[:, 2]
    code, arity, operands = rows.code.copy(), rows.arity, rows.operands.copy()
    code[row] = _RZ
    operands[rows.start[row]] = target
    keep = np.ones(len(operands), np.bool_)
    keep[rows.start[row] + 1] = False
    arity[row] = 1
    return replace(rows, code=code, start=starts(arity), operands=operands[keep])
