"""The operation table of a circuit: read-only columns, one builder, named rows.

A two-qubit gate takes 30 bytes. Columns of a table of n operations:

- `opcode` uint16[n]: index into `OPERATIONS`;
- `operand_start` int32[n + 1], `operands` int32[...]: the operands of row i are
  `operands[operand_start[i]:operand_start[i + 1]]`: qubits or wires (for `send`: a bit);
- `angle` int32[n]: the first of the row's consecutive angle expressions, -1 without;
- `cond` int32[n]: -1, or `2 * bit + value`: happens only if that classical bit has that value;
- `attr` int32[n]: what the operation's entry says (word, bit written, data reference), else -1;
- `span` int32[n]: index into the circuit's spans, -1 if there is none.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from qdsl.ir.operations import BY_NAME, OPERATIONS, Operation
from qdsl.records import dataclass

if TYPE_CHECKING:
    from qdsl.diagnostics.source import Span

Ints = npt.NDArray[np.int32]


class Row(NamedTuple):
    """One operation, by name. `angle` is the first angle expression's index, or -1."""

    index: int  # type: ignore[assignment]  # not tuple.index
    op: Operation
    operands: tuple[int, ...]
    angle: int
    cond: int
    attr: int
    span: int

    @property
    def angles(self) -> range:
        return range(self.angle, self.angle + self.op.angles)

    @property
    def condition(self) -> tuple[int, int] | None:
        """(bit, value) or None."""
        return None if self.cond < 0 else (self.cond >> 1, self.cond & 1)


@dataclass(frozen=True, slots=True, eq=False)
class OpTable:
    opcode: npt.NDArray[np.uint16]
    operand_start: Ints
    operands: Ints
    angle: Ints
    cond: Ints
    attr: Ints
    span: Ints
    words: tuple[str, ...]
    spans: tuple[Span, ...]

    def __len__(self) -> int:
        return len(self.opcode)

    @property
    def nbytes(self) -> int:
        """Bytes held by the columns."""
        columns = (self.opcode, self.operand_start, self.operands, self.angle)
        return sum(c.nbytes for c in (*columns, self.cond, self.attr, self.span))

    @property
    def arity(self) -> Ints:
        """Number of operands of every row, int32[n]."""
        return np.diff(self.operand_start)

    def row(self, i: int) -> Row:
        start, end = self.operand_start[i], self.operand_start[i + 1]
        return Row(
            i,
            OPERATIONS[self.opcode[i]],
            tuple(self.operands[start:end].tolist()),
            int(self.angle[i]),
            int(self.cond[i]),
            int(self.attr[i]),
            int(self.span[i]),
        )

    def __iter__(self) -> Iterator[Row]:
        start = self.operand_start.tolist()
        operands = self.operands.tolist()
        columns = zip(
            self.opcode.tolist(),
            self.angle.tolist(),
            self.cond.tolist(),
            self.attr.tolist(),
            self.span.tolist(),
            strict=True,
        )
        for i, (code, angle, cond, attr, span) in enumerate(columns):
            yield Row(
                i, OPERATIONS[code], tuple(operands[start[i] : start[i + 1]]), angle, cond, attr,
                span,
            )  # fmt: skip

    def first(self, rows: int) -> OpTable:
        """The table of the first so many rows."""
        return OpTable(
            self.opcode[:rows], self.operand_start[: rows + 1],
            self.operands[: self.operand_start[rows]], self.angle[:rows], self.cond[:rows],
            self.attr[:rows], self.span[:rows], self.words, self.spans,
        )  # fmt: skip

    def codes(self, *names: str) -> npt.NDArray[np.bool_]:
        """Which rows are one of the named operations, bool[n]."""
        found = np.zeros(len(self.opcode), np.bool_)
        for name in names:
            found |= self.opcode == BY_NAME[name].code
        return found


class TableBuilder:
    """Writes a table row by row (`add`) or many rows at once (`extend`)."""

    def __init__(self, words: Sequence[str] = (), spans: Sequence[Span] = ()) -> None:
        self._opcode = array("H")
        self._end = array("i", [0])
        self._operands = array("i")
        self._angle = array("i")
        self._cond = array("i")
        self._attr = array("i")
        self._span = array("i")
        self._words: dict[str, int] = {w: i for i, w in enumerate(words)}
        self._spans: dict[Span, int] = {}
        self._span_list: list[Span] = list(spans)

    def __len__(self) -> int:
        return len(self._opcode)

    def word(self, letters: str) -> int:
        """The index of a Pauli word, new or known."""
        return self._words.setdefault(letters, len(self._words))

    def span(self, span: Span | None) -> int:
        """The index of a source place, new or known; -1 for None."""
        if span is None:
            return -1
        known = self._spans.get(span)
        if known is None:
            known = self._spans[span] = len(self._span_list)
            self._span_list.append(span)
        return known

    def add(
        self,
        code: int,
        operands: Sequence[int],
        angle: int = -1,
        cond: int = -1,
        attr: int = -1,
        span: int = -1,
    ) -> int:
        """Append one row; returns its index."""
        self._opcode.append(code)
        self._operands.extend(operands)
        self._end.append(len(self._operands))
        self._angle.append(angle)
        self._cond.append(cond)
        self._attr.append(attr)
        self._span.append(span)
        return len(self._opcode) - 1

    def copy(self, row: Row, operands: Sequence[int] | None = None) -> int:
        """Append a row of a table with the same words and spans, on other operands if given."""
        return self.add(
            row.op.code,
            row.operands if operands is None else operands,
            row.angle,
            row.cond,
            row.attr,
            row.span,
        )

    def extend(
        self,
        code: npt.NDArray[np.uint16] | int,
        operands: Ints,
        angle: Ints | None = None,
        span: int = -1,
    ) -> None:
        """Append n rows of equal arity: `operands` is int32[n, arity], `angle` int32[n]."""
        n, arity = operands.shape
        codes = np.broadcast_to(np.asarray(code, np.uint16), (n,))
        none = np.full(n, -1, np.int32)
        first = self._end[-1]
        ends = np.arange(first + arity, first + arity * n + 1, arity, dtype=np.int32)
        self._opcode.frombytes(codes.tobytes())
        self._end.frombytes(ends[:n].tobytes())
        self._operands.frombytes(np.ascontiguousarray(operands, np.int32).tobytes())
        self._angle.frombytes((none if angle is None else angle.astype(np.int32)).tobytes())
        self._cond.frombytes(none.tobytes())
        self._attr.frombytes(none.tobytes())
        self._span.frombytes(np.full(n, span, np.int32).tobytes())

    def extend_rows(
        self,
        codes: Sequence[int],
        operands: Sequence[Sequence[int]],
        angles: Sequence[int],
        conds: Sequence[int],
        attrs: Sequence[int],
        spans: Sequence[int],
    ) -> None:
        """Append rows of any arity, given by column: what `add` does one by one."""
        ends = np.cumsum([len(wires) for wires in operands], dtype=np.int32) + self._end[-1]
        self._opcode.extend(codes)
        self._end.frombytes(ends.astype(np.int32).tobytes())
        self._operands.extend(chain.from_iterable(operands))
        self._angle.extend(angles)
        self._cond.extend(conds)
        self._attr.extend(attrs)
        self._span.extend(spans)

    def build(self) -> OpTable:
        """The finished table; the builder may go on and build a longer one."""
        return OpTable(
            _frozen(self._opcode),
            _frozen(self._end),
            _frozen(self._operands),
            _frozen(self._angle),
            _frozen(self._cond),
            _frozen(self._attr),
            _frozen(self._span),
            tuple(self._words),
            tuple(self._span_list),
        )


def _frozen(column: array[int]) -> Any:
    values = np.array(column)
    values.flags.writeable = False
    return values
