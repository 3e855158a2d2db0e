"""Numbers the qubits of a circuit by what they do, whatever they are called.

Qubits are told apart by refinement (Weisfeiler and Leman): a qubit's mark is made of its
operations, their Foata levels, and the marks of the qubits that they are shared with, again and
again. Where equals are left, one is marked, and so on. Angles do not count. Then qubits that
share many operations are numbered one after another, beginning with the one that has most.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from qdsl.canonical.ordering import levels_of
from qdsl.canonical.rows import EXCHANGEABLE, Column, Rows, within
from qdsl.ir.axes import WIDEST
from qdsl.ir.operations import BY_NAME, OPERATIONS, Attr

Marks = npt.NDArray[np.uint64]
MOST_ROWS: Final = 100_000  # of larger circuits the numbers stay as they are
MOST_QUBITS: Final = 4_000
MOST_MARKED: Final = 64  # equal qubits that are told apart one by one
MOST_SEEN: Final = 10_000_000  # uses that are gone through for that: some seconds
_ROUNDS: Final = 30
_PLACES: Final = np.tile(np.arange(WIDEST + 1), (len(OPERATIONS), 1))  # equal: exchangeable
_PLACES[[op.symmetric or op.name == "rot" for op in OPERATIONS]] = 0
for _name, _pair in EXCHANGEABLE.items():
    _PLACES[BY_NAME[_name].code, list(_pair)] = _pair[0]
_HAS_DATA: Final = np.array([op.attr is Attr.DATA for op in OPERATIONS])


@dataclass(frozen=True, slots=True, eq=False)
class _Uses:
    """Qubits, rows and places beside the operands, and what is known of every row."""

    qubit: Column
    row: Column
    place: Column
    level: Column
    kind: Marks
    n_qubits: int


def numbering(
    rows: Rows, size: tuple[int, int], words: Sequence[str], fence: npt.NDArray[np.bool_]
) -> Column:
    """A new number for every qubit, int64[qubits]; of circuits that are too large the old one.
    `size`: how many qubits and bits; `fence`: as for `levels_of`."""
    n = size[0]
    if not 0 < len(rows) <= MOST_ROWS or not 1 < n <= MOST_QUBITS:
        return np.arange(n)
    uses = _uses(rows, n, levels_of(rows, size, words, fence))
    many = np.bincount(uses.qubit, minlength=n)
    late = np.bincount(uses.qubit, weights=uses.level[uses.row], minlength=n)
    rank = np.empty(n, np.int64)
    rank[np.lexsort((_told_apart(uses), late, -many))] = np.arange(n)
    return _by_neighbours(uses, rank)


def _uses(rows: Rows, n_qubits: int, level: Column) -> _Uses:
    place = _PLACES[rows.code[rows.owner], np.minimum(within(rows.arity), WIDEST)]
    data = np.where(_HAS_DATA[rows.code], rows.attr, -1)
    kind = np.zeros(len(rows), np.uint64)
    for column in (level, rows.code, rows.arity, rows.pin + 1, rows.cond >= 0, data + 1):
        kind = _mixed(kind + column.astype(np.uint64))
    return _Uses(rows.operands, rows.owner, place, level, kind, n_qubits)


def _mixed(marks: Marks) -> Marks:
    """Other marks for other marks (the finaliser of splitmix64)."""
    marks = marks + np.uint64(0x9E3779B97F4A7C15)
    marks = (marks ^ (marks >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    marks = (marks ^ (marks >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return marks ^ (marks >> np.uint64(31))


def _told_apart(uses: _Uses) -> Marks:
    """Marks of qubits, all different where not too many are equal."""
    marks, seen = _refined(uses, np.zeros(uses.n_qubits, np.uint64))
    for k in range(MOST_MARKED):
        _, first, counts = np.unique(marks, return_index=True, return_counts=True)
        equal = np.flatnonzero(counts > 1)
        if not len(equal) or seen > MOST_SEEN:
            break
        marks[first[equal[0]]] = _mixed(np.array([k + 1], np.uint64))[0]
        marks, more = _refined(uses, marks)
        seen += more
    return marks


def _refined(uses: _Uses, marks: Marks) -> tuple[Marks, int]:
    """Marks that take those of neighbours in, until no more qubits are told apart; and how many
    uses were gone through."""
    place, kind = uses.place.astype(np.uint64), uses.kind[uses.row]
    different = n_seen = 0
    for _ in range(_ROUNDS):
        n_seen += len(uses.qubit)
        own = _mixed(marks[uses.qubit] + place)
        together = np.zeros(len(uses.kind), np.uint64)
        np.add.at(together, uses.row, own)
        seen = _mixed(_mixed(together[uses.row] - own) ^ kind)
        total = np.zeros(uses.n_qubits, np.uint64)
        np.add.at(total, uses.qubit, _mixed(seen + place))
        marks = _mixed(_mixed(marks) + total)
        before, different = different, len(np.unique(marks))
        if different == before:
            break
    return marks, n_seen


def _by_neighbours(uses: _Uses, rank: Column) -> Column:
    """Qubits one after another: next comes who shares most operations with those before, among
    equals who did so last, then by rank."""
    n = len(rank)
    first, second, weight = _shared(uses, rank)
    bounds = np.searchsorted(first, np.arange(n + 1))
    pull, touched = np.zeros(n, np.int64), np.zeros(n, np.int64)
    order = np.empty(n, np.int64)
    for k in range(n):
        best = int(np.argmax(pull * (n + 1) + touched))
        order[k] = best
        pull[best] = -len(uses.qubit) * n - 1
        near = slice(bounds[best], bounds[best + 1])
        pull[second[near]] += weight[near]
        touched[second[near]] = k + 1
    number = np.empty(n, np.int64)
    number[order] = np.arange(n)
    return number[rank]


def _shared(uses: _Uses, rank: Column) -> tuple[Column, Column, Column]:
    """(a, b, operations on both) for ranks a and b, both ways, sorted. An operation on many
    qubits joins those that are next to one another by rank."""
    qubit = rank[uses.qubit]
    order = np.lexsort((qubit, uses.row))
    row, qubit = uses.row[order], qubit[order]
    same = row[1:] == row[:-1]
    a, b = qubit[:-1][same], qubit[1:][same]
    keys, count = np.unique(np.concatenate([a, b]) * len(rank) + np.concatenate([b, a]),
                            return_counts=True)  # fmt: skip
    return keys // len(rank), keys % len(rank), count
