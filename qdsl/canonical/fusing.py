"""Takes `h D h` on a qubit back to one controlled gate, where D is alone between the two.

A group of diagonal gates between two Hadamards stays as it is: one copy of its qubit may serve
them all. For a gate that is alone there, the copy of a control is never dearer.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from qdsl.canonical.merging import Draft
from qdsl.ir.operations import BY_NAME

_H: Final = BY_NAME["h"].code
_FUSED: Final = {
    BY_NAME[old].code: BY_NAME[new].code
    for old, new in (("cz", "cx"), ("crz", "crx"), ("ccz", "ccx"))
}
_CRZ: Final = BY_NAME["crz"].code


def fuse(rows: list[Draft]) -> list[Draft]:
    """The rows with every lonely `h D h` as one row, in D's place."""
    if not rows:
        return rows
    code, owner, qubit = _occurrences(rows)
    is_h = code == _H
    is_core = np.isin(code, list(_FUSED))
    starts = np.flatnonzero(
        is_h[:-2] & is_core[1:-1] & is_h[2:]
        & (qubit[:-2] == qubit[1:-1]) & (qubit[1:-1] == qubit[2:])
    )  # fmt: skip
    order = np.argsort(owner[starts + 1], kind="stable")
    used: set[int] = set()
    for i in starts[order].tolist():
        triple = (int(owner[i]), int(owner[i + 1]), int(owner[i + 2]))
        if used.isdisjoint(triple) and _fuse(rows, triple, int(qubit[i])):
            used.update(triple)
    return [row for row in rows if row.code >= 0]


Column = npt.NDArray[np.int64]


def _occurrences(rows: list[Draft]) -> tuple[Column, Column, Column]:
    """Opcode, row and qubit of every operand, by qubit and then in order of time."""
    arity = np.array([len(r.operands) for r in rows], np.int64)
    owner = np.repeat(np.arange(len(rows)), arity)
    qubit = np.array([q for r in rows for q in r.operands], np.int64)
    code = np.repeat(np.array([r.code for r in rows], np.int64), arity)
    order = np.argsort(qubit, kind="stable")
    return code[order], owner[order], qubit[order]


def _fuse(rows: list[Draft], triple: tuple[int, int, int], target: int) -> bool:
    before, core, after = (rows[i] for i in triple)
    if before.cond >= 0 or after.cond >= 0 or not before.pin == core.pin == after.pin:
        return False
    if core.code == _CRZ and core.operands[-1] != target:
        return False
    core.code = _FUSED[core.code]
    core.operands = (*(q for q in core.operands if q != target), target)
    before.code = after.code = -1
    return True
