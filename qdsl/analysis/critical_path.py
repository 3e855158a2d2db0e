"""What the makespan of a schedule consists of, along its critical path.

From the row that ends last, backwards: before every row lies one that ended when it started, on
one of its wires, in one of its physical qubits, on its link, which goes on when a pair is born,
giving its bit, or swapping a pair that it uses. The time between two rows, where there is any, is
waiting: a pair that is made late on purpose, or made again. A pair from a buffer takes no time in
its row; what it was waited for is the link's. Where a node does no more than so many operations at
one time, and one of them ends when a row starts, the row was waiting for that, other gates.
"""

from __future__ import annotations

import numpy as np

from qdsl.ir.at_once import at_once
from qdsl.ir.durations import link_of_rows
from qdsl.ir.operations import OPERATIONS, Kind
from qdsl.ir.stages import DistributedCircuit, ScheduledCircuit
from qdsl.ir.swapped import limited_paths
from qdsl.records import dataclass


@dataclass(frozen=True, slots=True)
class CriticalPath:
    """Times in ns along the critical path, which add up to the makespan: until pairs are made and
    known, `links`; `messages`; `gates`, read-out and resets included; `other_gates` of a node that
    does no more than so many at one time; and `waiting`."""

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
    is_after = _after_others(ir)
    row = int(np.argmax(ir.end_ns))
    end = int(ir.end_ns[row])
    while row >= 0:
        start = int(ir.start_ns[row])
        kind = "links" if link[row] >= 0 else "messages" if is_message[row] else "gates"
        spent[kind] += end - start
        last, free = max(before[row], key=lambda x: (x[1], x[0]), default=(-1, 0))
        is_kept = link[row] >= 0 and ir.network.links[link[row]].physics.buffer > 0
        cause = "links" if is_kept else "other_gates" if is_after[row] else "waiting"
        spent[cause] += start - free
        end = min(free, int(ir.end_ns[last])) if last >= 0 else 0
        spent["messages"] += free - end
        row = last
    return CriticalPath(**spent)


def _after_others(ir: ScheduledCircuit) -> list[bool]:
    """Of every row whether another one of a group of its node that is limited ends as it starts."""
    of_rows = at_once(ir.distributed).of_rows
    ends = {(g, t) for pair, t in zip(of_rows.tolist(), ir.end_ns.tolist(), strict=True)
            for g in pair if g >= 0}  # fmt: skip
    rows = zip(of_rows.tolist(), ir.start_ns.tolist(), strict=True)
    return [any((g, t) in ends for g in pair) for pair, t in rows]


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
