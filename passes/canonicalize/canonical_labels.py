"""Numbers the qubits of a circuit by what they do, whatever they are called.

Qubits are told apart by refinement (Weisfeiler and Leman): a qubit's mark is made of its
operations, their Foata levels, and the marks of the qubits that they are shared with, again and
again. Where equals are left, one is marked, and so on. Angles do not count. Then qubits that
share many operations are numbered one after another, beginning with the one that has most.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from qdsl.ir.axes import WIDEST
from qdsl.ir.distinct import distinct
from qdsl.ir.operations import BY_NAME, OPERATIONS, Attr
from qdsl.passes.canonicalize.ordering import levels_of
from qdsl.passes.canonicalize.rows import EXCHANGEABLE, Column, RowColumns, within
from qdsl.records import dataclass

Marks = npt.NDArray[np.uint64]
MOST_ROWS: Final = 100_000  # of larger circuits the numbers stay as they are
MOST_QUBITS: Final = 4_000
MOST_MARKED: Final = 64  # equal qubits that are told apart one by one
MOST_SEEN: Final = 10_000_000  # uses that are gone through for that: some seconds
_ROUNDS: Final = 30
_PLACES: Final = np.tile(np.arange(WIDEST + 1), (len(OPERATIONS), 1))  # equal: exchangeable
_PLACES[[op.symmetric for op in OPERATIONS]] = 0
_ROT: Final = BY_NAME["rot"].code
for _name, _pair in EXCHANGEABLE.items():
    _PLACES[BY_NAME[_name].code, list(_pair)] = _pair[0]
_HAS_DATA: Final = np.array([op.attr is Attr.DATA for op in OPERATIONS])


@dataclass(frozen=True, slots=True, eq=False)
class MarkedUses:
    """Qubits, rows and places beside the operands, and what is known of every row."""

    qubit: Column
    row: Column
    place: Column
    level: Column
    kind: Marks
    n_qubits: int


def numbering(
    rows: RowColumns, size: tuple[int, int], words: Sequence[str], fence: npt.NDArray[np.bool_]
) -> Column:
    """A new number for every qubit, int64[qubits]; of circuits that are too large the old one.
    `size`: how many qubits and bits; `fence`: as for `levels_of`."""
    n = size[0]
    if not 0 < len(rows) <= MOST_ROWS or not 1 < n <= MOST_QUBITS:
        return np.arange(n)
    uses = marked_uses(rows, n, levels_of(rows, size, words, fence), words)
    many = np.bincount(uses.qubit, minlength=n)
    late = np.bincount(uses.qubit, weights=uses.level[uses.row], minlength=n)
    rank = np.empty(n, np.int64)
    rank[np.lexsort((_told_apart(uses), late, -many))] = np.arange(n)
    return _by_neighbours(uses, rank)


def marked_uses(rows: RowColumns, n_qubits: int, level: Column, words: Sequence[str]) -> MarkedUses:
    """The uses of all qubits; rows that are pinned to different nodes are told apart."""
    place = _places(rows, words)
    data = np.where(_HAS_DATA[rows.code], rows.attr, -1)
    kind = np.zeros(len(rows), np.uint64)
    for column in (level, rows.code, rows.arity, rows.pin + 1, rows.cond >= 0, data + 1):
        kind = mixed(kind + column.astype(np.uint64))
    return MarkedUses(rows.operands, rows.owner, place, level, kind, n_qubits)


def _places(rows: RowColumns, words: Sequence[str]) -> Column:
    """Beside the operands: equal for those of a row that may be exchanged. In a rotation about a
    Pauli word these are the qubits of one letter."""
    owner, place = rows.owner, within(rows.arity)
    places = _PLACES[rows.code[owner], np.minimum(place, WIDEST)]
    turned = np.flatnonzero(rows.code[owner] == _ROT)
    if len(turned):
        longest = max(len(word) for word in words)
        letters = np.array([list(word.ljust(longest).encode()) for word in words], np.int64)
        places[turned] = ord("Z") - letters[rows.attr[owner[turned]], place[turned]]
    return places


def mixed(marks: Marks) -> Marks:
    """Other marks for other marks (the finaliser of splitmix64)."""
    marks = marks + np.uint64(0x9E3779B97F4A7C15)
    marks = (marks ^ (marks >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    marks = (marks ^ (marks >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return marks ^ (marks >> np.uint64(31))


def _told_apart(uses: MarkedUses) -> Marks:
    """Marks of qubits, all different where not too many are equal."""
    marks, seen = refined(uses, np.zeros(uses.n_qubits, np.uint64))
    for k in range(MOST_MARKED):
        _, first, counts = np.unique(marks, return_index=True, return_counts=True)
        equal = np.flatnonzero(counts > 1)
        if not len(equal) or seen > MOST_SEEN:
            break
        marks[first[equal[0]]] = mixed(np.array([k + 1], np.uint64))[0]
        marks, more = refined(uses, marks)
        seen += more
    return marks


def refined(uses: MarkedUses, marks: Marks) -> tuple[Marks, int]:
    """Marks that take those of neighbours in, until no more qubits are told apart; and how many
    uses were gone through."""
    place, kind = uses.place.astype(np.uint64), uses.kind[uses.row]
    different = n_seen = 0
    for _ in range(_ROUNDS):
        n_seen += len(uses.qubit)
        own = mixed(marks[uses.qubit] + place)
        together = np.zeros(len(uses.kind), np.uint64)
        np.add.at(together, uses.row, own)
        seen = mixed(mixed(together[uses.row] - own) ^ kind)
        total = np.zeros(uses.n_qubits, np.uint64)
        np.add.at(total, uses.qubit, mixed(seen + place))
        marks = mixed(mixed(marks) + total)
        before, different = different, len(distinct(marks))
        if different == before:
            break
    return marks, n_seen


def in_line(rows: RowColumns, n_qubits: int) -> Column:
    """The qubits in a line, those that share many operations near one another: the shorter of
    a walk from qubit 0 and one from the end of that (as Cuthill and McKee begin at an end)."""
    shared = _shared(rows.operands, rows.owner, n_qubits)
    there = _walked(shared, n_qubits, 0)
    back = _walked(shared, n_qubits, int(there[-1]))
    return min((there, back), key=lambda order: _length(shared, order))


def _by_neighbours(uses: MarkedUses, rank: Column) -> Column:
    """A number for every qubit; that of the first by rank is 0."""
    order = _walked(_shared(rank[uses.qubit], uses.row, len(rank)), len(rank), 0)
    return np.argsort(order)[rank]


@dataclass(frozen=True, slots=True, eq=False)
class _Shared:
    """Pairs of qubits, both ways, sorted, and the operations on both. An operation on many qubits
    joins those that are next to one another."""

    first: Column
    second: Column
    weight: Column


def _shared(qubit: Column, row: Column, n_qubits: int) -> _Shared:
    order = np.lexsort((qubit, row))
    row, qubit = row[order], qubit[order]
    same = row[1:] == row[:-1]
    a, b = qubit[:-1][same], qubit[1:][same]
    keys, count = np.unique(
        np.concatenate([a, b]) * n_qubits + np.concatenate([b, a]), return_counts=True
    )
    return _Shared(keys // n_qubits, keys % n_qubits, count)


def _walked(shared: _Shared, n_qubits: int, start: int) -> Column:
    """Qubits one after another: next comes who shares most operations with those before, among
    equals who did so last, then the first."""
    bounds = np.searchsorted(shared.first, np.arange(n_qubits + 1))
    pull, touched = np.zeros(n_qubits, np.int64), np.zeros(n_qubits, np.int64)
    touched[start] = 1
    order = np.empty(n_qubits, np.int64)
    done = -int(shared.weight.sum()) - 1
    for k in range(n_qubits):
        order[k] = best = int(np.argmax(pull * (n_qubits + 1) + touched))
        pull[best] = done
        near = slice(bounds[best], bounds[best + 1])
        pull[shared.second[near]] += shared.weight[near]
        touched[shared.second[near]] = k + 1
    return order


def _length(shared: _Shared, order: Column) -> int:
    place = np.argsort(order)
    return int((shared.weight * abs(place[shared.first] - place[shared.second])).sum())
