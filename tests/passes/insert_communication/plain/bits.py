"""Where classical bits are known, and sending them where they are not."""

from __future__ import annotations

from qdsl.diagnostics.diagnostic import InvalidProgram
from qdsl.ir.table import Row
from qdsl.network.errors import BitOverwrittenConditionally
from tests.passes.insert_communication.plain.emitter import Emitter


class Bits:
    """The source's bits. Every measurement writes a bit of its own; the last one counts."""

    def __init__(self, out: Emitter, n_bits: int) -> None:
        self._out = out
        self._latest = [-1] * n_bits
        self._copies: dict[tuple[int, int], int] = {}

    def latest(self) -> list[int]:
        """For every source bit the bit that holds it now, -1: it was never written (0)."""
        return list(self._latest)

    def written(self, row: Row, node: int) -> int:
        """A fresh bit for a measurement of the source at a node."""
        if row.cond >= 0 and self._latest[row.attr] >= 0:
            spans = self._out.placed.circuit.table.spans
            span = spans[row.span] if row.span >= 0 else None
            raise InvalidProgram((BitOverwrittenConditionally(row.attr, span),))
        self._latest[row.attr] = self._out.bit_at(node)
        return self._latest[row.attr]

    def condition(self, cond: int, node: int) -> int:
        """A condition of the source, on a bit that the node knows; sent there once."""
        if cond < 0:
            return -1
        bit = self._latest[cond >> 1]
        known = self._copies.get((bit, node))
        if known is None:
            known = self._copies[bit, node] = self._sent(bit, node)
        return 2 * known + (cond & 1)

    def _sent(self, bit: int, node: int) -> int:
        before = self._out.enter("message", self._out.new_group())
        known = self._out.send(bit, node)
        self._out.leave(before)
        return known
