"""Truth functions of measured bits: what a condition on several of them says.

A function is its table of answers over the bits that matter to it, so that two that say the same
are equal however they were written.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Table = npt.NDArray[np.bool_]

MOST_BITS = 16  # of one function: a table of 2**16 answers


class TooManyBits(Exception):
    """A condition looks at more than `MOST_BITS` bits."""


class Truth:
    """`table` bool[2, ..., 2] has one axis for each of `bits`, numbers in ascending order, on all
    of which the answer depends. Immutable."""

    __slots__ = ("bits", "table")

    def __init__(self, bits: tuple[int, ...], table: Table) -> None:
        """Bits that make no difference are left out."""
        kept = list(bits)
        for axis in range(len(bits) - 1, -1, -1):
            if np.array_equal(table.take(0, axis), table.take(1, axis)):
                table = table.take(0, axis)
                del kept[axis]
        self.bits: tuple[int, ...] = tuple(kept)
        self.table: Table = np.ascontiguousarray(table)

    @staticmethod
    def of(answer: bool) -> Truth:
        return Truth((), np.array(answer))

    @staticmethod
    def of_bit(bit: int, value: int = 1) -> Truth:
        """That a bit has this value."""
        return Truth((bit,), np.array([not value, bool(value)]))

    @property
    def constant(self) -> bool | None:
        """The answer, if it depends on nothing."""
        return None if self.bits else bool(self.table)

    @property
    def literal(self) -> tuple[int, int] | None:
        """(bit, value), if it says that one bit has one value."""
        return (self.bits[0], int(self.table[1])) if len(self.bits) == 1 else None

    @property
    def is_parity(self) -> bool:
        """Whether every bit turns the answer round, whatever the others are."""
        flipped = (np.flip(self.table, axis) for axis in range(len(self.bits)))
        return all(bool((self.table != other).all()) for other in flipped)

    def given(self, bit: int, value: int) -> Truth:
        """The function where one of its bits is known."""
        axis = self.bits.index(bit)
        return Truth(self.bits[:axis] + self.bits[axis + 1 :], self.table.take(value, axis))

    def __invert__(self) -> Truth:
        return Truth(self.bits, ~self.table)

    def __and__(self, other: Truth) -> Truth:
        bits, left, right = _aligned(self, other)
        return Truth(bits, left & right)

    def __or__(self, other: Truth) -> Truth:
        bits, left, right = _aligned(self, other)
        return Truth(bits, left | right)

    def __xor__(self, other: Truth) -> Truth:
        bits, left, right = _aligned(self, other)
        return Truth(bits, left ^ right)

    def chosen(self, then: Truth, other: Truth) -> Truth:
        """`then` where this holds, else `other`."""
        return (self & then) | (~self & other)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Truth):
            return NotImplemented
        return self.bits == other.bits and bool((self.table == other.table).all())

    def __hash__(self) -> int:
        return hash((self.bits, self.table.tobytes()))

    def __repr__(self) -> str:
        return f"Truth({self.bits}, {self.table.ravel().astype(int).tolist()})"


def _aligned(left: Truth, right: Truth) -> tuple[tuple[int, ...], Table, Table]:
    """Both tables over the bits of both."""
    bits = tuple(sorted({*left.bits, *right.bits}))
    if len(bits) > MOST_BITS:
        raise TooManyBits
    whole = (2,) * len(bits)
    shapes = ([2 if bit in side.bits else 1 for bit in bits] for side in (left, right))
    tables = (
        np.broadcast_to(side.table.reshape(shape), whole)
        for side, shape in zip((left, right), shapes, strict=True)
    )
    return (bits, *tables)  # type: ignore[return-value]


def equals(cells: tuple[Truth, ...], number: int) -> Truth:
    """That bits are this number, the first bit the lowest."""
    if number < 0 or number >> len(cells):
        return Truth.of(False)
    found = Truth.of(True)
    for k, cell in enumerate(cells):
        found = found & (cell if number >> k & 1 else ~cell)
    return found


def at_least(cells: tuple[Truth, ...], number: int) -> Truth:
    """That bits are this number or a greater one, the first bit the lowest."""
    if number <= 0:
        return Truth.of(True)
    if number >> len(cells):
        return Truth.of(False)
    found = Truth.of(True)
    for k, cell in enumerate(cells):
        found = cell & found if number >> k & 1 else cell | found
    return found
