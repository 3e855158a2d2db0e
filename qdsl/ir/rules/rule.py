"""What a rule is, and what the rules' checks share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

import numpy as np
import numpy.typing as npt

from qdsl.ir.operations import OPERATIONS
from qdsl.ir.table import OpTable
from qdsl.records import dataclass

S = TypeVar("S", contravariant=True)
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Rule(Generic[S]):
    """One property of a stage. `check` returns what breaks it first, None if nothing does.

    A check may rely on the rules before it in the stage's list.
    """

    name: str
    doc: str
    check: Callable[[S], str | None]


def first_row(table: OpTable, broken: Flags, what: str) -> str | None:
    """`row 7 (cx on 0, 3): what` for the first flagged row."""
    if not broken.any():
        return None
    return f"{named(table, int(np.argmax(broken)))}: {what}"


def first_operand(table: OpTable, broken: Flags, what: str) -> str | None:
    """The same for flags beside the operands."""
    if not broken.any():
        return None
    place = int(np.argmax(broken))
    row = int(np.searchsorted(table.operand_start, place, side="right")) - 1
    return f"{named(table, row)}: {what} (operand {int(table.operands[place])})"


def named(table: OpTable, row: int) -> str:
    start, end = table.operand_start[row], table.operand_start[row + 1]
    operands = ", ".join(str(q) for q in table.operands[start:end])
    code = int(table.opcode[row])
    name = OPERATIONS[code].name if code < len(OPERATIONS) else f"operation {code}"
    return f"row {row} ({name} on {operands})"


def outside(column: npt.NDArray[np.generic], low: int, high: int) -> Flags:
    """Which entries are not in `low..high` (high excluded)."""
    if not len(column):
        return np.zeros(0, np.bool_)
    result: Flags = (column < low) | (column >= high)  # type: ignore[operator]
    return result
