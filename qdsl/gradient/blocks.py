"""Blocks of parameters whose derivatives can be read from one measurement basis.

All words of a block commute at its *boundary*, the place right after its last row: there every
derivative is the mean of a word, and words that commute have a common basis.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from qdsl.gradient.paulis import Word, conjugated
from qdsl.gradient.sites import Site, words_of
from qdsl.ir.operations import Kind
from qdsl.ir.stages import Circuit
from qdsl.ir.table import Row


@dataclass(frozen=True, slots=True)
class Reading:
    """A word whose mean is `coefficient` times a part of the derivative of site `site`."""

    site: int
    word: Word
    coefficient: float


@dataclass(frozen=True, slots=True)
class Block:
    """`last` is the row after which the words stand; `pin` the node that owns the block."""

    readings: tuple[Reading, ...]
    last: int
    pin: int


@dataclass(slots=True)
class _Open:
    """The block that is being filled: its words as they are now, and as they were after `last`."""

    now: list[Reading] = field(default_factory=list)
    committed: list[Reading] = field(default_factory=list)
    last: int = -1
    pin: int = -1
    blocks: list[Block] = field(default_factory=list)

    def close(self) -> None:
        if self.committed:
            self.blocks.append(Block(tuple(self.committed), self.last, self.pin))
        self.now, self.committed, self.last, self.pin = [], [], -1, -1

    def meets(self, pin: int) -> bool:
        """Whether a row with this pin may stand in the block: nothing of it is elsewhere."""
        return self.pin < 0 or pin < 0 or self.pin == pin

    def add(self, row: int, pin: int, readings: list[Reading]) -> None:
        together = self.now + readings
        if not self.meets(pin) or not _commute(self.now, readings):
            self.close()
            together = readings
        self.now, self.committed, self.last = list(together), list(together), row
        self.pin = pin if pin >= 0 else self.pin

    def follow(self, images: list[Reading] | None, pin: int) -> None:
        """A row without parameters stands next; None: some word is a word no more."""
        if images is None or not self.meets(pin):
            self.close()
        else:
            self.now = images


def _commute(old: Sequence[Reading], new: Sequence[Reading]) -> bool:
    return all(a.word.commutes(b.word) for a in old for b in new)


def blocks(circuit: Circuit, sites: Sequence[Site], kept: np.ndarray) -> tuple[Block, ...]:
    """The kept rows' sites in consecutive blocks, each as long as it can be.

    A block goes on through Clifford rows, which turn words into words, and ends at a row at
    another node, at words that do not commute with its own, and at rows that make of its words
    something else.
    """
    of_row: dict[int, list[int]] = {}
    for k, site in enumerate(sites):
        of_row.setdefault(site.row, []).append(k)
    state = _Open()
    for i in np.flatnonzero(kept).tolist():
        row, pin = circuit.table.row(i), int(circuit.pin[i])
        if i in of_row:
            readings = [Reading(k, t.word, t.coefficient)
                        for k in of_row[i] for t in sites[k].turns]  # fmt: skip
            state.add(i, pin, readings)
        elif state.now and row.op.kind is not Kind.MOVE:
            state.follow(_images(circuit, row, state.now), pin)
    state.close()
    return tuple(state.blocks)


def _images(circuit: Circuit, row: Row, readings: list[Reading]) -> list[Reading] | None:
    mask = sum(1 << q for q in row.operands)
    found = []
    for r in readings:
        if not r.word.support & mask:
            found.append(r)
            continue
        if row.op.kind is not Kind.UNITARY:
            return None
        word: Word | None = r.word
        if not all(r.word.commutes(w) for w, _ in words_of(circuit, row)):
            word = None if row.op.angles else conjugated(r.word, row.op, row.operands)
        if word is None:
            return None
        found.append(Reading(r.site, word, r.coefficient))
    return found
