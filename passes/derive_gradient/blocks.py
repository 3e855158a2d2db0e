"""Blocks of parameters whose derivatives can be read from one measurement basis.

All words of a block commute at its *boundary*, the place right after its last row: there every
derivative is the mean of a word, and words that commute have a common basis.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field

import numpy as np

from qdsl.ir.batch import Site
from qdsl.ir.operations import Kind
from qdsl.ir.paulis import PauliWord, conjugated
from qdsl.ir.stages import Circuit
from qdsl.ir.table import Row
from qdsl.passes.derive_gradient.sites import words_of
from qdsl.records import dataclass


@dataclass(frozen=True, slots=True)
class WordReading:
    """A word whose mean is `coefficient` times a part of the derivative of site `site`."""

    site: int
    word: PauliWord
    coefficient: float


@dataclass(frozen=True, slots=True)
class CommutingBlock:
    """`last` is the row after which the words stand; `pin` the node that owns the block."""

    readings: tuple[WordReading, ...]
    last: int
    pin: int


@dataclass(slots=True)
class _OpenBlock:
    """A block that is being filled: its words as they were after `last`, as they are now (None:
    some word is a word no more), and the rows between."""

    committed: list[WordReading]
    now: list[WordReading] | None
    last: int
    pin: int
    since: list[Row] = field(default_factory=list)

    def takes(self, circuit: Circuit, row: int, new: list[WordReading]) -> bool:
        """Add what stands after a row, there or, taken back, at the block's boundary."""
        if self.now is not None and _commute(self.now, new):
            self.now = self.now + new
            self.committed, self.last, self.since = self.now, row, []
            return True
        before = new
        for between in reversed(self.since):
            taken_back = _images(circuit, between, before, backwards=True)
            if taken_back is None:
                return False
            before = taken_back
        if not _commute(self.committed, before):
            return False
        self.committed = self.committed + before
        self.now = None if self.now is None else self.now + new
        return True

    def follow(self, circuit: Circuit, row: Row) -> None:
        """A row stands next."""
        if self.now is not None:
            self.now = _images(circuit, row, self.now)
        self.since.append(row)


MOST_OPEN = 4  # blocks that rows may still join


@dataclass(slots=True)
class _NodeRows:
    """Rows at one node, and their blocks; those that rows may still join come last."""

    circuit: Circuit
    pin: int = -1
    open: list[_OpenBlock] = field(default_factory=list)
    blocks: list[CommutingBlock] = field(default_factory=list)

    def at(self, pin: int) -> None:
        """A row with this pin comes: at another node all blocks end."""
        if self.pin >= 0 and pin >= 0 and self.pin != pin:
            self.close()
        if pin >= 0:
            self.pin = pin

    def close(self, kept: int = 0) -> None:
        """End all blocks but the last few."""
        ended = self.open[: len(self.open) - kept]
        self.blocks += [CommutingBlock(tuple(b.committed), b.last, b.pin) for b in ended]
        self.open = self.open[len(ended) :]

    def add(self, row: Row, readings: list[WordReading]) -> None:
        """To the first block that takes them."""
        taken = next((b for b in self.open if b.takes(self.circuit, row.index, readings)), None)
        pin = int(self.circuit.pin[row.index])
        for b in self.open:
            if b is not taken or b.last != row.index:
                b.follow(self.circuit, row)
        if taken is None:
            self.close(kept=MOST_OPEN - 1)
            self.open.append(_OpenBlock(readings, readings, row.index, pin))
        else:
            taken.pin = max(taken.pin, pin)


def _commute(old: Sequence[WordReading], new: Sequence[WordReading]) -> bool:
    return all(a.word.commutes(b.word) for a in old for b in new)


def blocks(circuit: Circuit, sites: Sequence[Site], kept: np.ndarray) -> tuple[CommutingBlock, ...]:
    """The kept rows' sites in blocks, each row in the first of the last few that takes it.

    A row joins a block if all words are words, and commute, after it or at the block's boundary:
    Clifford rows turn words into words, and rows that commute with a word leave it. So rows that
    commute with those between count as neighbours. Blocks end at a row at another node.
    """
    of_row: dict[int, list[int]] = {}
    for k, site in enumerate(sites):
        of_row.setdefault(site.row, []).append(k)
    run = _NodeRows(circuit)
    for i in np.flatnonzero(kept).tolist():
        row = circuit.table.row(i)
        if row.op.kind is Kind.MOVE:
            continue
        run.at(int(circuit.pin[i]))
        if i in of_row:
            readings = [
                WordReading(k, t.word, t.coefficient) for k in of_row[i] for t in sites[k].rotations
            ]
            run.add(row, readings)
        else:
            for b in run.open:
                b.follow(circuit, row)
    run.close()
    return tuple(run.blocks)


def _images(
    circuit: Circuit, row: Row, readings: list[WordReading], backwards: bool = False
) -> list[WordReading] | None:
    """The words after a row of those before it, or the other way round; None if one is none."""
    mask = sum(1 << q for q in row.operands)
    found = []
    for r in readings:
        if not r.word.support & mask:
            found.append(r)
            continue
        if row.op.kind is not Kind.UNITARY:
            return None
        word: PauliWord | None = r.word
        if not all(r.word.commutes(w) for w, _ in words_of(circuit, row)):
            word = None if row.op.angles else conjugated(r.word, row.op, row.operands, backwards)
        if word is None:
            return None
        found.append(WordReading(r.site, word, r.coefficient))
    return found
