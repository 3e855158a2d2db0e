"""Registers of bits whose values are known only as the circuit runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from qdsl.language.values.truth import Truth, at_least, equals

ZERO, ONE = Truth.of(False), Truth.of(True)


class Cells(NamedTuple):
    """`cells[k]` says whether bit k is 1; the lowest bit first. All are read as one number without
    a sign."""

    cells: tuple[Truth, ...]

    @staticmethod
    def of_number(number: int, width: int) -> Cells:
        return Cells(tuple(ONE if number >> k & 1 else ZERO for k in range(width)))

    @property
    def width(self) -> int:
        return len(self.cells)

    @property
    def number(self) -> int | None:
        """The number, where it is known."""
        if any(cell.constant is None for cell in self.cells):
            return None
        return sum(bool(cell.constant) << k for k, cell in enumerate(self.cells))

    @property
    def truth(self) -> Truth:
        """Whether the number is not 0."""
        found = ZERO
        for cell in self.cells:
            found = found | cell
        return found

    def equals(self, number: int) -> Truth:
        return equals(self.cells, number)

    def widened(self, width: int) -> Cells:
        """With zeros above, or without the highest bits."""
        return Cells((self.cells + (ZERO,) * width)[:width])

    def shifted(self, by: int) -> Cells:
        """Up, or down if `by` is negative; what leaves the register is lost."""
        moved = (ZERO,) * max(by, 0) + self.cells[max(-by, 0) :]
        return Cells(moved).widened(self.width)

    def __invert__(self) -> Cells:
        return Cells(tuple(~cell for cell in self.cells))

    def combined(self, sign: str, other: Cells) -> Cells:
        """`a & b`, `a == b`, `a << 2` and their like. `NotImplementedError` says what is not."""
        if sign in _BITWISE:
            width = max(self.width, other.width)
            left, right = self.widened(width), other.widened(width)
            pairs = zip(left.cells, right.cells, strict=True)
            return Cells(tuple(_BITWISE[sign](a, b) for a, b in pairs))
        if sign in ("&&", "||"):
            return Cells((_BITWISE[sign[0]](self.truth, other.truth),))
        if sign in _COMPARED:
            return Cells((_COMPARED[sign](self, other),))
        by = other.number
        if sign in ("<<", ">>") and by is not None:
            return self.shifted(by if sign == "<<" else -by)
        raise NotImplementedError(f"`{sign}` of measured bits")


def _same(left: Cells, right: Cells) -> Truth:
    width = max(left.width, right.width)
    found = ONE
    pairs = zip(left.widened(width).cells, right.widened(width).cells, strict=True)
    for a, b in pairs:
        found = found & ~(a ^ b)
    return found


def _less(left: Cells, right: Cells) -> Truth:
    if (number := right.number) is not None:
        return ~at_least(left.cells, number)
    if (number := left.number) is not None:
        return at_least(right.cells, number + 1)
    width = max(left.width, right.width)
    found = ZERO
    pairs = zip(left.widened(width).cells, right.widened(width).cells, strict=True)
    for a, b in pairs:
        found = (a ^ b).chosen(b, found)
    return found


_BITWISE: dict[str, Callable[[Truth, Truth], Truth]] = {
    "&": lambda a, b: a & b, "|": lambda a, b: a | b, "^": lambda a, b: a ^ b,
}  # fmt: skip
_COMPARED: dict[str, Callable[[Cells, Cells], Truth]] = {
    "==": _same, "!=": lambda a, b: ~_same(a, b), "<": _less, ">": lambda a, b: _less(b, a),
    "<=": lambda a, b: ~_less(b, a), ">=": lambda a, b: ~_less(a, b),
}  # fmt: skip
