"""Writes operations with one-qubit gates and gates diagonal on all operands, by column."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from qdsl.ir.operations import BY_NAME, OPERATIONS
from qdsl.ir.table import TableBuilder
from qdsl.passes.canonicalize.expansions import (
    EXPANSIONS,
    ExpansionStep,
    ladder,
    toffoli_phase,
    word_rotation,
)
from qdsl.passes.canonicalize.rows import EXCHANGEABLE, Column, RowColumns, starts, within
from qdsl.records import dataclass

_CODE: Final = {name: op.code for name, op in BY_NAME.items()}
_ROT: Final = _CODE["rot"]
_RULES: Final = {_CODE[name]: steps for name, steps in EXPANSIONS.items()}
_EXCHANGED: Final = {"swap": (0, 1), "cswap": (1, 2)}  # written with one of the two first
_SYMMETRIC: Final = np.array([op.symmetric for op in OPERATIONS])
_IS_GATE: Final = np.array([op.is_unitary for op in OPERATIONS])
_SAME, _NONE = -2, -1  # of a step's code and angle: that of the row it comes from


@dataclass(slots=True)
class _Templates:
    """Steps by column; template t has steps `first[t]` to `first[t + 1]`."""

    first: list[int] = field(default_factory=lambda: [0])
    code: list[int] = field(default_factory=list)
    angle: list[int] = field(default_factory=list)
    keeps_condition: list[bool] = field(default_factory=list)
    changes: list[int] = field(default_factory=list)  # is it a change of basis?
    place_start: list[int] = field(default_factory=lambda: [0])
    places: list[int] = field(default_factory=list)
    constants: list[float] = field(default_factory=list)

    def add(self, steps: Sequence[ExpansionStep]) -> None:
        for step in steps:
            angle = _SAME if step.uses_own_angle else _NONE
            if step.constant is not None:
                angle = self._constant(step.constant)
            code = _ROT if step.name == "zrot" else _CODE[step.name]
            self._step(code, angle, not step.is_basis_change, step.places)
        self.first.append(len(self.code))

    def add_same(self, arity: int) -> None:
        """The row as it is."""
        self._step(_SAME, _SAME, True, range(arity))
        self.first.append(len(self.code))

    def _step(self, code: int, angle: int, keeps: bool, places: Sequence[int]) -> None:
        self.code.append(code)
        self.angle.append(angle)
        self.keeps_condition.append(keeps)
        self.changes.append(not keeps)
        self.places.extend(places)
        self.place_start.append(len(self.places))

    def _constant(self, angle: float) -> int:
        if angle not in self.constants:
            self.constants.append(angle)
        return self.constants.index(angle)


def without_swaps(rows: RowColumns) -> RowColumns:
    """Swaps without a condition as three cx, of which some may cancel with others."""
    is_swap = (rows.code == _CODE["swap"]) & (rows.cond < 0)
    if not is_swap.any():
        return rows
    keys, of = _distinct(is_swap.astype(np.int64), rows.arity)
    templates = _Templates()
    for which, arity in keys:
        if which:
            templates.add(
                [
                    ExpansionStep("cx", (0, 1)),
                    ExpansionStep("cx", (1, 0)),
                    ExpansionStep("cx", (0, 1)),
                ]
            )
        else:
            templates.add_same(arity)
    return _applied(rows, of, templates, 0)


def expanded(
    rows: RowColumns, words: Sequence[str], n_angles: int
) -> tuple[RowColumns, list[float]]:
    """Rows of gates that are diagonal on all operands or act on one only, and others as they
    were; angle `n_angles + k` is the constant k that is returned."""
    is_rule = np.isin(rows.code, list(_RULES)) | (rows.code == _ROT)
    if not is_rule.any():
        return rows, []
    kind = np.where(is_rule, rows.code, -1)
    which = np.where(rows.code == _ROT, rows.attr, np.where(is_rule, -1, rows.arity))
    keys, of = _distinct(kind, which)
    templates = _Templates()
    for code, detail in keys:
        if code < 0:
            templates.add_same(detail)
        else:
            templates.add(word_rotation(words[detail]) if code == _ROT else _RULES[code])
    return _applied(rows, of, templates, n_angles), templates.constants


def narrowed(rows: RowColumns, widest: int) -> RowColumns:
    """Gates on more than so many operands written with gates on two; operands that may be
    exchanged sorted."""
    rows = with_sorted_turns(rows)
    is_rot = rows.code == _ROT
    wide = _IS_GATE[rows.code] & (rows.arity > widest)
    if not wide.any():
        return rows
    kind = np.where(wide, np.where(is_rot, 2, 1), 0)
    keys, of = _distinct(kind, rows.arity)
    templates = _Templates()
    for which, arity in keys:
        if which:
            templates.add(ladder(arity) if which == 2 else toffoli_phase())
        else:
            templates.add_same(arity)
    return narrowed(_applied(rows, of, templates, 0), widest)


def with_words(rows: RowColumns, words: TableBuilder) -> RowColumns:
    """The words of rotations, all Z, new ones in the order in which they are needed."""
    gates = _IS_GATE[rows.code]
    is_rot = rows.code == _ROT
    arity = rows.arity
    sizes, first = np.unique(arity[is_rot], return_index=True)
    attr = np.where(gates, -1, rows.attr)
    for n in sizes[np.argsort(first)].tolist():
        attr[is_rot & (arity == n)] = words.word("Z" * n)
    return replace(rows, attr=attr)


def has_swaps(rows: RowColumns) -> bool:
    """Are there rows that exchange two qubits?"""
    return bool(np.isin(rows.code, [_CODE[name] for name in _EXCHANGED]).any())


def with_swaps_by(number: Column, rows: RowColumns) -> RowColumns:
    """The qubits of every exchange in the order of their numbers: that of their names would decide
    how it is written, and so what it costs."""
    operands = rows.operands.copy()
    for name, places in _EXCHANGED.items():
        at = rows.start[:-1][rows.code == _CODE[name]] + np.array(places)[:, None]
        by_number = np.argsort(number[operands[at]], axis=0, kind="stable")
        operands[at] = np.take_along_axis(operands[at], by_number, axis=0)
    return replace(rows, operands=operands)


def with_sorted_operands(rows: RowColumns) -> RowColumns:
    """Operands that may be exchanged, sorted."""
    rows = rows.sorted_operands(_SYMMETRIC[rows.code])
    operands = rows.operands.copy()
    for name, (a, b) in EXCHANGEABLE.items():
        first = rows.start[:-1][rows.code == _CODE[name]]
        pair = np.stack([operands[first + a], operands[first + b]])
        operands[first + a], operands[first + b] = pair.min(0), pair.max(0)
    return replace(rows, operands=operands)


def with_sorted_turns(rows: RowColumns) -> RowColumns:
    """Operands that may be exchanged, sorted, where all words are of letters Z."""
    may = _SYMMETRIC[rows.code] | (rows.code == _ROT)
    return rows.sorted_operands(_IS_GATE[rows.code] & may)


def _applied(rows: RowColumns, of: Column, templates: _Templates, n_angles: int) -> RowColumns:
    """The steps of every row's template."""
    first, place_start = np.array(templates.first), np.array(templates.place_start)
    counts = np.diff(first)[of]
    row = np.repeat(np.arange(len(rows)), counts)
    step = first[of][row] + within(counts)
    sizes = np.diff(place_start)[step]
    owner = np.repeat(np.arange(len(step)), sizes)
    place = _column(templates.places)[place_start[step][owner] + within(sizes)]
    code, angle = _column(templates.code)[step], _column(templates.angle)[step]
    own = code == _SAME
    return RowColumns(
        np.where(own, rows.code[row], code),
        starts(sizes),
        rows.operands[rows.start[row][owner] + place],
        np.where(angle == _SAME, rows.angle[row], np.where(angle < 0, -1, n_angles + angle)),
        np.where(np.array(templates.keeps_condition, np.bool_)[step], rows.cond[row], -1),
        np.where(own, rows.attr[row], -1),
        rows.span[row],
        np.where((_column(templates.changes)[step] > 0) & (sizes == 1), -1, rows.pin[row]),
        rows.source[row],
    )


def _distinct(a: Column, b: Column) -> tuple[list[tuple[int, int]], Column]:
    """The different pairs of two columns of int32, and the number of each row's."""
    keys, of = np.unique(a << 32 | b + 1, return_inverse=True)
    return [(key >> 32, (key & 0xFFFFFFFF) - 1) for key in keys.tolist()], of


def _column(values: list[int]) -> npt.NDArray[np.int64]:
    return np.array(values, np.int64)
