"""Takes `h D h` on a qubit back to one controlled gate, where D is alone between the two.

A group of diagonal gates between two Hadamards stays as it is: one copy of its qubit may serve
them all. For a gate that is alone there, the copy of a control is never dearer; for a pinned one
where its target can live at the pin: it is pinned nowhere else, and all such qubits fit there.
A `ccz` that is pinned nowhere stays one: its host may be a third node, which gets a copy of each.
Where all of it happens at one node in the end, `with_local_gates` takes it back.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from qdsl.ir.operations import BY_NAME
from qdsl.passes.canonicalize.rows import Column, RowColumns

_H: Final = BY_NAME["h"].code
_FUSED: Final = {
    BY_NAME[old].code: BY_NAME[new].code
    for old, new in (("cz", "cx"), ("crz", "crx"), ("ccz", "ccx"))
}
_CRZ: Final = BY_NAME["crz"].code
_CCZ: Final = BY_NAME["ccz"].code


def fuse(rows: RowColumns, room: Column) -> RowColumns:
    """The rows with every lonely `h D h` as one row, in D's place. `room`: data qubits by node."""
    triples, target = _apart(rows, *_lonely(rows, _settled(rows, room)))
    if not len(target):
        return rows
    before, core, after = triples.T
    code = rows.code.copy()
    for old, new in _FUSED.items():
        code[core[rows.code[core] == old]] = new
    keep = np.ones(len(rows), np.bool_)
    keep[before] = keep[after] = False
    return replace(rows, code=code, operands=_with_last(rows, core, target)).chosen(keep)


def _settled(rows: RowColumns, room: Column) -> Column:
    """Of every qubit the node where all that is pinned of it happens, -1: there is none, or more
    qubits than fit have the same one."""
    n = int(rows.operands.max(initial=-1)) + 1
    pin = rows.pin[rows.owner]
    pinned = pin >= 0
    least, most = np.full(n, len(room), np.int64), np.full(n, -1, np.int64)
    np.minimum.at(least, rows.operands[pinned], pin[pinned])
    np.maximum.at(most, rows.operands[pinned], pin[pinned])
    found = np.where(least == most, most, -1)
    fits = np.bincount(found[found >= 0], minlength=len(room)) <= room
    return np.where(np.append(fits, False)[found], found, -1)


def _lonely(rows: RowColumns, settled: Column) -> tuple[Column, Column]:
    """All such rows (h, D, h), int64[n, 3], and the qubits, in order of D."""
    order = np.argsort(rows.operands, kind="stable")
    owner, qubit = rows.owner[order], rows.operands[order]
    code = rows.code[owner]
    is_h, is_core = code == _H, np.isin(code, list(_FUSED))
    first = np.flatnonzero(
        is_h[:-2]
        & is_core[1:-1]
        & is_h[2:]
        & (qubit[:-2] == qubit[1:-1])
        & (qubit[1:-1] == qubit[2:])
    )
    first = first[np.argsort(owner[first + 1], kind="stable")]
    triples, target = owner[first[:, None] + np.arange(3)], qubit[first]
    pin = rows.pin[triples]
    at_home = (pin[:, 1] >= 0) & (settled[target] == pin[:, 1])
    fits = (pin[:, 0] == pin[:, 2]) & ((pin[:, 0] == pin[:, 1]) | ((pin[:, 0] < 0) & at_home))
    fits &= (rows.cond[triples[:, [0, 2]]] < 0).all(1)
    core = triples[:, 1]
    fits &= (rows.code[core] != _CCZ) | (pin[:, 1] >= 0)
    fits &= (rows.code[core] != _CRZ) | (rows.operands[rows.start[core + 1] - 1] == target)
    return triples[fits], target[fits]


def _apart(rows: RowColumns, triples: Column, target: Column) -> tuple[Column, Column]:
    """Those that share no row with one before them."""
    used = bytearray(len(rows))
    chosen: list[int] = []
    for k, (a, b, c) in enumerate(triples.tolist()):
        if not (used[a] or used[b] or used[c]):
            used[a] = used[b] = used[c] = 1
            chosen.append(k)
    return triples[chosen], target[chosen]


def _with_last(rows: RowColumns, core: Column, target: Column) -> Column:
    """The operands with those of these rows in an order that ends with their target."""
    operands = rows.operands.copy()
    goal = np.full(len(rows), -1, np.int64)
    goal[core] = target
    places = np.flatnonzero(goal[rows.owner] >= 0)
    owner = rows.owner[places]
    order = np.lexsort((operands[places] == goal[owner], owner))
    operands[places] = operands[places[order]]
    return operands
