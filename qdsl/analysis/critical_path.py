"""What the makespan of a schedule consists of, along its critical path.

From the row that ends last, backwards: before every row lies one that ended when it started, on
one of its wires, in one of its physical qubits, on its link, which goes on when a pair is born,
giving its bit, or swapping a pair that it uses. The time between two rows, where there is any, is
waiting: a pair that is made late on purpose, or made again. A pair from a buffer takes no time in
its row; where it was waited for, the path goes on along its link, from pair to pair, each of which
its channel began when the one before was made, or when the buffer had room again. Where a node
does no more than so many operations at one time, and one of them ends when a row starts that could
have started before, the row was waiting for that one, which is on the path, too.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from qdsl.ir.at_once import at_once
from qdsl.ir.durations import link_of_rows
from qdsl.ir.operations import OPERATIONS, Kind
from qdsl.ir.pairs import pair_times
from qdsl.ir.stages import DistributedCircuit, ScheduledCircuit
from qdsl.ir.swapped import limited_paths
from qdsl.network.network import Link
from qdsl.records import dataclass


@dataclass(frozen=True, slots=True)
class CriticalPath:
    """Times in ns along the critical path, which add up to the makespan: until pairs are made and
    known, `links`; `messages`; `gates`, read-out and resets included; `other_gates`, those that the
    next on the path waits for only because its node does no more than so many at one time; and
    `waiting`."""

    links: int
    messages: int
    gates: int
    waiting: int
    other_gates: int = 0

    @property
    def total(self) -> int:
        return self.links + self.messages + self.gates + self.waiting + self.other_gates


def critical_path(ir: ScheduledCircuit) -> CriticalPath:
    """Linear in the program's length."""
    if not len(ir.end_ns):
        return CriticalPath(0, 0, 0, 0)
    before = _predecessors(ir)
    link = link_of_rows(ir.distributed)
    is_message = ir.distributed.table.codes("send")
    spent = dict.fromkeys(("links", "messages", "gates", "waiting", "other_gates"), 0)
    others, buffered = _others_before(ir), _Buffered(ir)
    row = int(np.argmax(ir.end_ns))
    end = int(ir.end_ns[row])

    def is_ready(x: int) -> bool:
        """Does a row start as soon as it can, so that it does not wait by itself?"""
        free = max((t for _, t in before[x]), default=0)
        return free >= ir.start_ns[x] or others[x] >= 0 or buffered.is_made_at_once(x)

    gates = "gates"
    while row >= 0:
        start = int(ir.start_ns[row])
        kind = "links" if link[row] >= 0 else "messages" if is_message[row] else gates
        spent[kind] += end - start
        last, free = _last(before[row], is_ready)
        gates = "gates"
        if free < start and others[row] >= 0:
            row, end, gates = others[row], start, "other_gates"
            continue
        if free < start and buffered.is_waited_for(row):
            row, end = buffered.begun(row)
            spent["links"] += start - end
            if row < 0:
                spent["waiting"] += end
            continue
        spent["waiting"] += start - free
        end = min(free, int(ir.end_ns[last])) if last >= 0 else 0
        spent["messages"] += free - end
        row = last
    return CriticalPath(**spent)


def _last(before: tuple[Moment, ...], is_ready: Callable[[int], bool]) -> Moment:
    """The row that another waited for longest; of several one that waits for nothing by itself,
    such as a pair that is made late on purpose."""
    latest = max((t for _, t in before), default=0)
    rows = [row for row, t in before if t == latest]
    return max(rows, key=lambda row: (is_ready(row), row), default=-1), latest


class _Buffered:
    """Pairs from buffers: when each was known to both ends, and when its channel began it."""

    def __init__(self, ir: ScheduledCircuit) -> None:
        pairs = pair_times(ir)
        self._start: list[int] = ir.start_ns.tolist()
        self._known: dict[int, int] = {}
        self._begun: dict[int, tuple[int, int]] = {}
        for k, link in enumerate(ir.network.links):
            if link.physics.buffer:
                mine = np.flatnonzero(pairs.link == k)
                mine = mine[np.lexsort((pairs.row[mine], pairs.known[mine]))]
                self._add(link, pairs.row[mine].tolist(), pairs.known[mine].tolist())

    def _add(self, link: Link, rows: list[int], known: list[int]) -> None:
        """Of one link, in the order in which they are known."""
        lead, channels = link.pair_time_ns - link.channel_time_ns, link.physics.channels
        taken = {self._start[row]: row for row in rows}
        for k, row in enumerate(rows):
            self._known[row] = known[k]
            begin = known[k] - link.pair_time_ns
            before = k - channels
            if before >= 0 and known[before] - lead == begin:
                self._begun[row] = self._begun[rows[before]]
            else:
                self._begun[row] = taken.get(begin, -1), begin

    def is_waited_for(self, row: int) -> bool:
        return self._known.get(row, -1) == self._start[row]

    def is_made_at_once(self, row: int) -> bool:
        """Was a pair that was waited for made as soon as the buffer had room?"""
        if not self.is_waited_for(row):
            return False
        before, begin = self.begun(row)
        return before >= 0 or begin == 0

    def begun(self, row: int) -> tuple[int, int]:
        """The row whose pair left the buffer when the first of the pairs that were made one right
        after another up to this one was begun, -1: none; and when that was."""
        return self._begun[row]


def _others_before(ir: ScheduledCircuit) -> list[int]:
    """For every row one of a group of its node that is limited that ends as it starts, -1: none."""
    of_rows = at_once(ir.distributed).of_rows.tolist()
    ends = {
        (group, end): row
        for row, (groups, end) in enumerate(zip(of_rows, ir.end_ns.tolist(), strict=True))
        for group in groups
        if group >= 0
    }
    rows = zip(of_rows, ir.start_ns.tolist(), strict=True)
    return [max(ends.get((g, start), -1) for g in groups) for groups, start in rows]


Moment = tuple[int, int]  # a row, and when others need not wait for it any more, in ns


def _predecessors(ir: ScheduledCircuit) -> list[tuple[Moment, ...]]:
    """For every row those that it may have waited for: the last ones before it, in the order of
    the rows, on its wires, physical qubits, channels and bits, and swaps that it has to hear of.
    None lets it go on after it starts."""
    program, table = ir.distributed, ir.distributed.table
    kinds = [op.kind for op in OPERATIONS]
    link, starts, ends = link_of_rows(program), ir.start_ns.tolist(), ir.end_ns.tolist()
    lead = [0 if x.physics.buffer else x.pair_time_ns - x.channel_time_ns for x in ir.network.links]
    heard = _heard(program)
    last: dict[tuple[object, ...], int] = {}
    on_link: dict[int, list[int]] = {}
    found: list[tuple[Moment, ...]] = []
    for row, (code, cond, attr) in enumerate(
        zip(table.opcode.tolist(), table.cond.tolist(), table.attr.tolist(), strict=True)
    ):
        operands = table.operands[table.operand_start[row] : table.operand_start[row + 1]].tolist()
        needed: list[tuple[object, ...]] = [("bit", cond >> 1)] if cond >= 0 else []
        if kinds[code] is Kind.SEND:
            needed.append(("bit", operands[0]))
            given: list[tuple[object, ...]] = [("bit", attr)]
        else:
            given = [_place(ir, wire) for wire in operands]
            needed += given
            if kinds[code] is Kind.MEASURE:
                given = [*given, ("bit", attr)]
        earlier = {(last[key], ends[last[key]]) for key in needed if key in last}
        swaps = [(last["bit", bit], wait) for bit, wait in heard.get(row, ())]
        earlier.update((r, ends[r] + wait) for r, wait in swaps)
        if link[row] >= 0:
            k = int(link[row])
            earlier.update((r, ends[r] - lead[k]) for r in on_link.setdefault(k, []))
            on_link[k] = [*on_link[k], row][-_MOST_CHANNELS:]
        found.append(tuple(x for x in sorted(earlier) if x[1] <= starts[row]))
        last.update(dict.fromkeys(given, row))
    return found


_MOST_CHANNELS = 64  # pairs of a link that may be made side by side, and are looked back at


def _heard(program: DistributedCircuit) -> dict[int, list[tuple[int, int]]]:
    """Of rows that have to hear of swaps their bits, and how long the messages take."""
    paths = limited_paths(program)
    found: dict[int, list[tuple[int, int]]] = {}
    for row, bit, wait in zip(
        paths.use.tolist(), paths.bit.tolist(), paths.latency_ns.tolist(), strict=True
    ):
        found.setdefault(row, []).append((bit, wait))
    return found


def _place(ir: ScheduledCircuit, wire: int) -> tuple[object, ...]:
    program = ir.distributed
    return int(program.wire_node[wire]), bool(program.wire_is_comm[wire]), int(ir.slot[wire])
