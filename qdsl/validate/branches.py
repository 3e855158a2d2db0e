"""Compares two programs for every outcome of a measurement, where conditions stand in the way.

A conditioned Clifford operation cannot go into the frame of a normal form, so two spellings of
it are not recognised there. Given the outcome it is no longer conditioned, or it is gone. A
program is the sum of what it does for either outcome, so two that agree for both are equal.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from qdsl.ir.operations import Kind
from qdsl.validate.normal_form import Event, LogicalOp, first_difference, normal_form

MOST_BRANCHES = 256
MOST_OPERATIONS = 200_000  # in all branches together

Program = Sequence[LogicalOp]
Difference = tuple[Event | None, str]
Write = tuple[int, int]
"""A measurement by its bit, and the number of measurements into that bit up to it. Number 0
stands for the 0 that a bit holds before it is measured."""


def difference(left: Program, right: Program) -> Difference | None:
    """None if the two programs are equal; else an event of `left`, if one is to blame, and why.

    Outcomes are gone through as long as their number stays small.
    """
    most = min(MOST_BRANCHES, MOST_OPERATIONS // (len(left) + len(right) + 1))
    return _Comparison(most).run(left, right)


@dataclass(slots=True)
class _Comparison:
    branches_left: int

    def run(self, left: Program, right: Program) -> Difference | None:
        found = first_difference(normal_form(left), normal_form(right))
        if found is None:
            return None
        write = _deciding(left, right, found[0])
        self.branches_left -= 2
        if write is None or self.branches_left < 0:
            return found
        for outcome in (0, 1) if write[1] else (0,):
            if self.run(_given(left, write, outcome), _given(right, write, outcome)) is not None:
                return found
        return None


def _deciding(left: Program, right: Program, event: Event | None) -> Write | None:
    """The first measurement whose outcome decides about an operation; one that decides about
    this event goes before others."""
    both = _measured(left) & _measured(right)
    reads = [write for write in _read(left) if write in both or not write[1]]
    wanted = -1 if event is None or event.condition is None else event.condition[0]
    return next((w for w in reads if w[0] == wanted), reads[0] if reads else None)


def _measured(program: Program) -> set[Write]:
    """The writes of all bits that no conditioned measurement writes."""
    count: Counter[int] = Counter()
    vague: set[int] = set()
    found: set[Write] = set()
    for op in program:
        if op.op.kind is Kind.MEASURE:
            count[op.bit] += 1
            found.add((op.bit, count[op.bit]))
            if op.condition is not None:
                vague.add(op.bit)
    return {write for write in found if write[0] not in vague}


def _read(program: Program) -> Iterator[Write]:
    """For every condition, in order, the write that it reads."""
    count: Counter[int] = Counter()
    for op in program:
        if op.condition is not None:
            yield op.condition[0], count[op.condition[0]]
        if op.op.kind is Kind.MEASURE:
            count[op.bit] += 1


def _given(program: Program, write: Write, outcome: int) -> list[LogicalOp]:
    """What the program does if that measurement has this outcome."""
    bit, wanted = write
    version = 0
    kept: list[LogicalOp] = []
    for op in program:
        if op.condition is not None and (op.condition[0], version) == write:
            if op.condition[1] != outcome:
                continue
            op = replace(op, condition=None)
        if op.op.kind is Kind.MEASURE and op.bit == bit:
            version += 1
            if version == wanted:
                op = replace(op, outcome=outcome)
        kept.append(op)
    return kept
