"""Compares two programs, some outcomes one by one, where conditions stand in the way.

A conditioned Clifford operation cannot go into the frame of a normal form, so two forms of
it are not recognised there. Given the outcome it is no longer conditioned, or it is gone. A
program is the sum of what it does for either outcome, so two that agree for both are equal.

Both programs are read once, side by side (`heads.py`). If an event that an outcome decides about
has waited for its counterpart for long, the comparison goes on for both outcomes. As soon as the
same is left to show for the two, it goes on as one: what was in the way has been passed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from qdsl.ir.operations import Kind
from qdsl.records import dataclass
from qdsl.verify.translation.event import Event
from qdsl.verify.translation.heads import LEFT, RIGHT, Heads
from qdsl.verify.translation.logical import LogicalOp
from qdsl.verify.translation.matching import first_difference
from qdsl.verify.translation.normal_form import normal_form

MOST_BRANCHES = 64  # at one time
REST = 8  # operations between two looks at what waits
FEW = 200  # operations, of which no saving is asked

Program = Sequence[LogicalOp]
Difference = tuple[Event | None, str]
Write = tuple[int, int]
"""A measurement by its bit, and the number of measurements into that bit up to it; 0 for what the
bit holds before."""


def difference(left: Program, right: Program) -> Difference | None:
    """None if the two programs are equal; else an event of `left`, if one is to blame, and why."""
    found = first_difference(normal_form(left), normal_form(right))
    if found is None or not any(op.condition for op in (*left, *right)):
        return found
    return None if are_equal_by_outcomes(left, right) else found


@dataclass(frozen=True, slots=True)
class Patience:
    """For how many operations an event may wait, how many events may wait for an operation on
    average (sweeps count too), and at most in all."""

    operations: int
    mean_effort: int
    most_effort: int

    def allows(self, effort: int, operations: int) -> bool:
        return effort <= min(self.mean_effort * (operations + FEW), self.most_effort)


PATIENCE = (
    Patience(32, 200, 20_000_000),
    Patience(256, 1000, 2_000_000),
    Patience(4, 200, 2_000_000),
)
"""Tried one after the other: seconds for 10,000 operations, a minute at most."""


def are_equal_by_outcomes(left: Program, right: Program) -> bool:
    """Whether the two could be shown to be equal, outcomes apart where they have to be."""
    named = _Named(left, right)
    return any(_Branches(named, patience).are_equal() for patience in PATIENCE)


class _Named:
    """Both programs with every measurement a bit of its own, numbered alike in both. One that is
    conditioned has the number of the bit's former value as data. `known`: what bits hold before
    they are measured."""

    def __init__(self, left: Program, right: Program) -> None:
        self._numbers: dict[Write, int] = {}
        self.programs = (list(self._named(left)), list(self._named(right)))
        self.known = {n: 0 for (_, count), n in self._numbers.items() if not count}

    def _named(self, program: Program) -> Iterator[LogicalOp]:
        count: Counter[int] = Counter()
        for op in program:
            if op.condition is not None:
                bit, value = op.condition
                op = replace(op, condition=(self._number(bit, count[bit]), value))
            if op.op.kind is Kind.MEASURE:
                former = None if op.condition is None else self._number(op.bit, count[op.bit])
                count[op.bit] += 1
                bit = self._number(op.bit, count[op.bit])
                op = replace(op, bit=bit, data=(None, former))
            yield op

    def _number(self, bit: int, count: int) -> int:
        return self._numbers.setdefault((bit, count), len(self._numbers))


class _Branches:
    """Both programs read up to one place each, in all branches that are open."""

    def __init__(self, named: _Named, patience: Patience) -> None:
        self._programs = named.programs
        self._patience = patience
        self._open = [Heads(known=named.known)]
        self._effort = 0

    def are_equal(self) -> bool:
        read = [0, 0]
        total = sum(map(len, self._programs))
        for now in range(1, total + 1):
            side = self._next_side(read)
            op = self._programs[side][read[side]]
            read[side] += 1
            for heads in self._open:
                heads.read(side, op, now)
                self._effort += heads.n_waiting
            if not self._patience.allows(self._effort, total):
                return False
            if now % REST == 0 and not self._part(now - self._patience.operations):
                return False
        return self._part(total) and all(heads.are_equal for heads in self._open)

    def _next_side(self, read: list[int]) -> int:
        """The one with fewer events waiting, or less of it read."""
        n, m = map(len, self._programs)
        if read[LEFT] == n or read[RIGHT] == m:
            return RIGHT if read[LEFT] == n else LEFT
        a, b = (len(side) for side in self._open[0].waiting)
        if a != b:
            return LEFT if a < b else RIGHT
        return LEFT if read[LEFT] * m <= read[RIGHT] * n else RIGHT

    def _part(self, since: int) -> bool:
        """Part every branch in which an event has waited since then for an outcome, and join
        those that come to the same; False if there are too many."""
        self._sweep()
        self._open = _joined(self._open)
        while (found := self._deciding(since)) is not None:
            if len(self._open) >= MOST_BRANCHES:
                return False
            at, write = found
            heads = self._open[at]
            self._open[at : at + 1] = [heads.given(write, outcome) for outcome in (0, 1)]
            self._open = _joined(self._open)
        return True

    def _sweep(self) -> None:
        for heads in self._open:
            if heads.is_dirty:
                self._effort += heads.n_waiting**2 // 16
                heads.sweep()

    def _deciding(self, since: int) -> tuple[int, int] | None:
        """A branch, and the measurement to part it by."""
        for at, heads in enumerate(self._open):
            write = heads.deciding(since)
            if write is not None:
                return at, write
        return None


def _joined(branches: list[Heads]) -> list[Heads]:
    """Branches in which the same is left to show are one."""
    kept: list[Heads] = []
    for heads in branches:
        twin = next((k for k, other in enumerate(kept) if _are_twins(heads, other)), None)
        if twin is None:
            kept.append(heads)
        else:
            shared = heads.known.items() & kept[twin].known.items()
            kept[twin].known = dict(shared)
    return _joined(kept) if len(kept) < len(branches) else kept


def _are_twins(a: Heads, b: Heads) -> bool:
    """Do they differ in the outcome of one measurement only?"""
    if a.known.keys() != b.known.keys():
        return False
    apart = sum(a.known[w] != b.known[w] for w in a.known)
    return apart == 1 and a.is_same_as(b)
