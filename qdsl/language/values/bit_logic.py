"""Conditions on several measured bits, made of operations that wait for one bit each.

What is decided becomes a bit of its own. A scratch qubit in |0> is flipped where one bit says so,
and measured where the other one does: the result is 1 if both do, as a bit that is not measured
keeps its 0. For an exclusive or it is flipped once for each bit, and measured. Then it is flipped
back, so that one scratch qubit does for all conditions of a program. No two-qubit gate is needed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from qdsl.language.values.truth import Truth

Literal = tuple[int, int]  # a bit, and the value that it has to have


class LogicStep(NamedTuple):
    """One operation on the scratch qubit under a condition: `x`, or `measure` into `bit`."""

    name: str
    condition: Literal | None
    bit: int | None = None


class BitLogic:
    """Computes functions once each; `fresh` gives a bit that is 0, `write` takes the steps."""

    def __init__(self, fresh: Callable[[], int], write: Callable[[LogicStep], None]) -> None:
        self._fresh = fresh
        self._write = write
        self._known: dict[Truth, Literal] = {}

    def literal(self, wanted: Truth) -> Literal:
        """One bit and the value that it has where the function holds, which depends on some bit.
        All its bits keep their values from here on."""
        direct = wanted.literal
        if direct is not None:
            return direct
        for known, turned in ((wanted, 0), (~wanted, 1)):
            if known in self._known:
                bit, value = self._known[known]
                return bit, value ^ turned
        self._known[wanted] = found = self._computed(wanted)
        return found

    def _computed(self, wanted: Truth) -> Literal:
        if wanted.is_parity:
            start = int(wanted.of_zeros)
            return self._parity([(bit, 1) for bit in wanted.bits], start)
        bit = wanted.bits[-1]
        off, on = wanted.given(bit, 0), wanted.given(bit, 1)
        for value, here, there in ((1, on, off), (0, off, on)):
            if there.constant is False:
                return self._both((bit, value), self.literal(here))
            if there.constant is True:
                rest = self.literal(~here)
                both = self._both((bit, value), rest)
                return both[0], 1 - both[1]
        if on == ~off:
            return self._parity([(bit, 1), self.literal(off)], 0)
        parts = [
            self._both((bit, value), self.literal(side)) for value, side in ((0, off), (1, on))
        ]
        return self._parity(parts, 0)

    def _both(self, first: Literal, second: Literal) -> Literal:
        bit = self._fresh()
        self._write(LogicStep("x", first))
        self._write(LogicStep("measure", second, bit))
        self._write(LogicStep("x", first))
        return bit, 1

    def _parity(self, parts: list[Literal], start: int) -> Literal:
        """Whether an odd number of them hold, with `start` more."""
        bit = self._fresh()
        for part, _ in parts:
            self._write(LogicStep("x", (part, 1)))
        self._write(LogicStep("measure", None, bit))
        self._write(LogicStep("x", (bit, 1)))
        turned = sum(1 - value for _, value in parts)
        return bit, 1 ^ (start + turned) % 2


def parity_conditions(wanted: Truth) -> list[Literal | None]:
    """Conditions under each of which a gate that is its own inverse is to happen, so that it
    happens where a parity of bits holds; None: always."""
    bits: list[Literal | None] = [(bit, 1) for bit in wanted.bits]
    return [None, *bits] if wanted.of_zeros else bits
