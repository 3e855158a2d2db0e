"""Truth functions of measured bits: what a condition on several of them says.

A function is its table of answers over the bits that matter to it, so that two that say the same
are equal however they were written.
"""

from __future__ import annotations

from collections.abc import Callable

MOST_BITS = 16  # of one function: a table of 2**16 answers
_TURNED = bytes([1, 0])


class TooManyBits(Exception):
    """A condition looks at more than `MOST_BITS` bits."""


class Truth:
    """`table` has an answer, 0 or 1, for all values of `bits`, which are numbers in ascending
    order: value k of bit j counts k * 2**j. The answer depends on all of them. Immutable."""

    __slots__ = ("bits", "table")

    def __init__(self, bits: tuple[int, ...], table: bytes) -> None:
        """Bits that make no difference are left out."""
        kept = list(bits)
        for axis in range(len(bits) - 1, -1, -1):
            off = _taken(table, axis, 0)
            if off == _taken(table, axis, 1):
                table = off
                del kept[axis]
        self.bits: tuple[int, ...] = tuple(kept)
        self.table = table

    @staticmethod
    def of(answer: bool) -> Truth:
        return Truth((), bytes([answer]))

    @staticmethod
    def of_bit(bit: int, value: int = 1) -> Truth:
        """That a bit has this value."""
        return Truth((bit,), bytes([1 - value, value]))

    @property
    def constant(self) -> bool | None:
        """The answer, if it depends on nothing."""
        return None if self.bits else bool(self.table[0])

    @property
    def literal(self) -> tuple[int, int] | None:
        """(bit, value), if it says that one bit has one value."""
        return (self.bits[0], self.table[1]) if len(self.bits) == 1 else None

    @property
    def of_zeros(self) -> bool:
        """The answer where all bits are 0."""
        return bool(self.table[0])

    @property
    def is_parity(self) -> bool:
        """Whether every bit turns the answer round, whatever the others are."""
        sides = (
            (_taken(self.table, k, 0), _taken(self.table, k, 1)) for k in range(len(self.bits))
        )
        return all(off == _inverted(on) for off, on in sides)

    def given(self, bit: int, value: int) -> Truth:
        """The function where one of its bits is known."""
        axis = self.bits.index(bit)
        return Truth(self.bits[:axis] + self.bits[axis + 1 :], _taken(self.table, axis, value))

    def __invert__(self) -> Truth:
        return Truth(self.bits, _inverted(self.table))

    def __and__(self, other: Truth) -> Truth:
        return self._with(other, int.__and__)

    def __or__(self, other: Truth) -> Truth:
        return self._with(other, int.__or__)

    def __xor__(self, other: Truth) -> Truth:
        return self._with(other, int.__xor__)

    def chosen(self, then: Truth, other: Truth) -> Truth:
        """`then` where this holds, else `other`."""
        return (self & then) | (~self & other)

    def _with(self, other: Truth, combined: Callable[[int, int], int]) -> Truth:
        bits = tuple(sorted({*self.bits, *other.bits}))
        if len(bits) > MOST_BITS:
            raise TooManyBits
        left, right = (int.from_bytes(_widened(side, bits), "big") for side in (self, other))
        return Truth(bits, combined(left, right).to_bytes(1 << len(bits), "big"))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Truth):
            return NotImplemented
        return self.bits == other.bits and self.table == other.table

    def __hash__(self) -> int:
        return hash((self.bits, self.table))

    def __repr__(self) -> str:
        return f"Truth({self.bits}, {list(self.table)})"


def _inverted(table: bytes) -> bytes:
    return table.translate(_TURNED.ljust(256, b"\0"))


def _taken(table: bytes, axis: int, value: int) -> bytes:
    """The answers for one value of a bit."""
    size = 1 << axis
    if size == 1:
        return table[value::2]
    starts = range(value * size, len(table), 2 * size)
    return b"".join(table[start : start + size] for start in starts)


def _widened(function: Truth, bits: tuple[int, ...]) -> bytes:
    """The table over more bits."""
    table = function.table
    for axis, bit in enumerate(bits):
        if bit not in function.bits:
            size = 1 << axis
            starts = range(0, len(table), size)
            table = b"".join(table[start : start + size] * 2 for start in starts)
    return table


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
