"""Rows of a circuit while they are rewritten: by column, or as drafts where there are few."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Final, TypeVar

import numpy as np
import numpy.typing as npt

from qdsl.ir.stages import Circuit
from qdsl.records import dataclass

Column = npt.NDArray[np.int64]
# Two operands of operations that are not symmetric in all of them.
EXCHANGEABLE: Final[Mapping[str, tuple[int, int]]] = MappingProxyType(
    {"ccx": (0, 1), "cswap": (1, 2)}
)
N = TypeVar("N", bound=np.generic)


@dataclass(slots=True)
class Draft:
    """A row being written."""

    code: int
    operands: tuple[int, ...]
    angle: int
    cond: int
    attr: int
    span: int
    pin: int
    source: int  # the row of the source circuit it comes from

    def rewritten(self, code: int, operands: tuple[int, ...], angle: int, cond: int) -> Draft:
        """A row in this one's place (`replace` takes ten times as long)."""
        return Draft(code, operands, angle, cond, self.attr, self.span, self.pin, self.source)


@dataclass(frozen=True, slots=True, eq=False)
class RowColumns:
    """The columns of an `OpTable`, and beside its rows `pin` and `source`, the row of the source
    circuit that a row comes from."""

    code: Column
    start: Column
    operands: Column
    angle: Column
    cond: Column
    attr: Column
    span: Column
    pin: Column
    source: Column

    def __len__(self) -> int:
        return len(self.code)

    @property
    def arity(self) -> Column:
        return np.diff(self.start)

    @property
    def owner(self) -> Column:
        """The row of every operand."""
        return np.repeat(np.arange(len(self)), self.arity)

    def chosen(self, keep: npt.NDArray[np.bool_]) -> RowColumns:
        """Only some of the rows."""
        return self.taken(np.flatnonzero(keep))

    def taken(self, order: Column) -> RowColumns:
        """Rows by number."""
        arity = self.arity[order]
        start = starts(arity)
        operands = self.operands[np.repeat(self.start[order], arity) + within(arity)]
        rest = (self.angle, self.cond, self.attr, self.span, self.pin, self.source)
        return RowColumns(self.code[order], start, operands, *(column[order] for column in rest))

    def sorted_operands(self, which: npt.NDArray[np.bool_]) -> RowColumns:
        """Operands in order in those rows."""
        operands = self.operands.copy()
        arity, first = self.arity, self.start[:-1]
        a = first[which & (arity == 2)]
        low = np.minimum(operands[a], operands[a + 1])
        operands[a + 1] = np.maximum(operands[a], operands[a + 1])
        operands[a] = low
        wide = which & (arity > 2)
        if wide.any():
            owner = self.owner
            places = np.flatnonzero(wide[owner])
            order = np.lexsort((operands[places], owner[places]))
            operands[places] = operands[places[order]]
        return replace(self, operands=operands)


def starts(counts: Column) -> Column:
    """Where every run begins, and where the last ends."""
    return np.concatenate([[0], np.cumsum(counts)])


def within(counts: Column) -> Column:
    """0, 1, ... through every run."""
    return np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)


def rows_of(circuit: Circuit) -> RowColumns:
    """All rows of a circuit."""
    table = circuit.table
    code, start, operands, angle, cond, attr, span, pin = (
        column.astype(np.int64)
        for column in (table.opcode, table.operand_start, table.operands, table.angle, table.cond,
                       table.attr, table.span, circuit.pin)
    )  # fmt: skip
    return RowColumns(code, start, operands, angle, cond, attr, span, pin, np.arange(len(table)))


def drafts(circuit: Circuit) -> list[Draft]:
    """All rows of a circuit, one by one."""
    pins = circuit.pin.tolist()
    return [
        Draft(row.op.code, row.operands, row.angle, row.cond, row.attr, row.span, pins[row.index],
              row.index)
        for row in circuit.table
    ]  # fmt: skip


def columns_of(rows: Sequence[Draft]) -> RowColumns:
    """Drafts by column."""
    arity = np.array([len(r.operands) for r in rows], np.int64)
    operands = np.array([q for r in rows for q in r.operands], np.int64)
    names = ("angle", "cond", "attr", "span", "pin", "source")
    rest = (np.array([getattr(r, name) for r in rows], np.int64) for name in names)
    return RowColumns(np.array([r.code for r in rows], np.int64), starts(arity), operands, *rest)
