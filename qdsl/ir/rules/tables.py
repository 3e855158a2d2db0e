"""Rules on an operation table, whatever its operands stand for."""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt

from qdsl.ir.axes import rows_of_operands
from qdsl.ir.operations import BY_NAME, OPERATIONS, Attr
from qdsl.ir.rules.rule import first_operand, first_row, outside
from qdsl.ir.table import OpTable
from qdsl.ir.values import Values
from qdsl.records import dataclass

Column = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Shapes:
    """Columns by opcode: fixed arity (-1: any), number of angles, meaning of `attr`."""

    arity: Column
    angles: Column
    attr: npt.NDArray[np.str_]


@cache
def shapes() -> Shapes:
    return Shapes(
        np.array([-1 if op.arity is None else op.arity for op in OPERATIONS], np.int64),
        np.array([op.angles for op in OPERATIONS], np.int64),
        np.array([str(op.attr) for op in OPERATIONS]),
    )


def columns_match(table: OpTable) -> str | None:
    n, start = len(table.opcode), table.operand_start
    for name in ("angle", "cond", "attr", "span"):
        if len(getattr(table, name)) != n:
            return f"column '{name}' has {len(getattr(table, name))} entries for {n} rows"
    if len(start) != n + 1 or start[0] != 0 or start[-1] != len(table.operands):
        return "operand_start does not span the operands"
    if (start[1:] < start[:-1]).any():
        return f"operand_start falls at row {int(np.argmax(start[1:] < start[:-1]))}"
    return None


def operation_known(table: OpTable, *forbidden: str) -> str | None:
    known = outside(table.opcode, 0, len(OPERATIONS))
    return first_row(table, known | table.codes(*forbidden), "no operation of this stage")


def attr_valid(table: OpTable, n_bits: int, n_data: int) -> str | None:
    """The `attr` column says what the operation wants, and only where it wants something."""
    limits = {Attr.WORD: len(table.words), Attr.BIT: n_bits, Attr.DATA: n_data}
    for meaning in Attr:
        codes = [op.code for op in OPERATIONS if op.attr is meaning]
        rows = np.isin(table.opcode, codes)
        low, high = (-1, 0) if meaning is Attr.NONE else (0, limits[meaning])
        broken = rows & outside(table.attr, low, high)
        if broken.any():
            return first_row(table, broken, f"its attr is no {meaning}")
    return None


def words_are_pauli(table: OpTable) -> str | None:
    for i, word in enumerate(table.words):
        if set(word) - set("IXYZ"):
            return f"word {i} is '{word}'"
    return None


def arity_matches(table: OpTable) -> str | None:
    fixed = shapes().arity[table.opcode]
    arity = table.arity
    broken = (fixed >= 0) & (fixed != arity)
    is_rot = table.opcode == BY_NAME["rot"].code
    if is_rot.any():
        lengths = np.array([len(word) for word in table.words], np.int64)
        broken[is_rot] = lengths[table.attr[is_rot]] != arity[is_rot]
    return first_row(table, broken, "wrong number of operands")


def operands_in_range(table: OpTable, limit: int) -> str | None:
    return first_operand(table, outside(table.operands, 0, limit), f"not below {limit}")


def operands_distinct(table: OpTable) -> str | None:
    arity, start = table.arity, table.operand_start[:-1]
    pairs = np.flatnonzero(arity == 2)
    broken = np.zeros(len(table), np.bool_)
    first = start[pairs]
    broken[pairs] = table.operands[first] == table.operands[first + 1]
    if (arity > 2).any():
        row = rows_of_operands(table)
        wide = (arity > 2)[row]
        key = row[wide].astype(np.int64) << 32 | table.operands[wide]
        key.sort()
        broken[key[1:][key[1:] == key[:-1]] >> 32] = True
    return first_row(table, broken, "an operand stands twice")


def angles_in_range(table: OpTable, values: Values) -> str | None:
    count = shapes().angles[table.opcode]
    some = count > 0
    beyond = (table.angle < 0) | (table.angle + count > len(values.angles))
    broken = np.where(some, beyond, table.angle != -1)
    return first_row(table, broken, "its angle is no expression of the circuit")


def slots_in_range(values: Values) -> str | None:
    """Vectors follow one another; expressions and products read slots that there are."""
    at = 0
    for vector in values.vectors:
        if vector.start != at:
            return f"vector '{vector.name}' starts at slot {vector.start}, not {at}"
        at += vector.size
    for product in values.products:
        if any(not 0 <= s < at for s in product):
            return f"product {product} reads beyond {at} slots"
    if outside(values.angles.slot, 0, at + len(values.products)).any():
        return "an angle reads a slot that there is not"
    return None


def conditions_in_range(table: OpTable, n_bits: int) -> str | None:
    return first_row(table, outside(table.cond, -1, 2 * n_bits), "conditioned on no bit")


def spans_in_range(table: OpTable) -> str | None:
    return first_row(table, outside(table.span, -1, len(table.spans)), "its span is none")


def written_before(table: OpTable, n_bits: int) -> Column:
    """The first row that writes each bit, n rows if none does, int64[n_bits]."""
    rows = np.flatnonzero(table.codes("measure", "send"))
    first = np.full(n_bits, len(table), np.int64)
    first[table.attr[rows[::-1]]] = rows[::-1]
    return first


def condition_known_before(table: OpTable, n_bits: int) -> str | None:
    rows = np.flatnonzero(table.cond >= 0)
    broken = np.zeros(len(table), np.bool_)
    broken[rows] = written_before(table, n_bits)[table.cond[rows] >> 1] >= rows
    return first_row(table, broken, "its bit is not written before")
