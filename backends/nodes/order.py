"""One order of events that all nodes can keep: by time, and never before what it waits for.

Sorting by start time alone would not do: a message leaves when its last bit is known, and the
schedule may use the first bit before that.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from heapq import heapify, heappop, heappush
from itertools import pairwise

from qdsl.diagnostics.diagnostic import InternalError
from qdsl.ir.messages import message_of_sends
from qdsl.ir.operations import Kind
from qdsl.ir.stages import ScheduledCircuit
from qdsl.records import dataclass


@dataclass(frozen=True, slots=True)
class NodeEvent:
    """A row that is not a message, or (`sends` not empty) the `send` rows of one message."""

    row: int
    sends: tuple[int, ...] = ()


def events_in_order(stage: ScheduledCircuit) -> list[NodeEvent]:
    """Every row but barriers, each once."""
    program = stage.distributed
    rows, message = message_of_sends(program)
    groups: dict[int, list[int]] = defaultdict(list)
    for row, m in zip(rows.tolist(), message.tolist(), strict=True):
        groups[m].append(row)
    barrier = program.table.codes("barrier", "move", "send").tolist()
    events = [NodeEvent(i) for i, out in enumerate(barrier) if not out]
    events += [NodeEvent(max(sends), tuple(sends)) for _, sends in sorted(groups.items())]
    events.sort(key=lambda e: (int(stage.start_ns[e.row]), e.row))
    return [events[k] for k in _sorted(events, list(_edges(stage, events)))]


def _edges(stage: ScheduledCircuit, events: list[NodeEvent]) -> Iterator[tuple[int, int]]:
    """(before, after) by position in `events`."""
    table = stage.distributed.table
    at = {r: k for k, e in enumerate(events) for r in e.sends or (e.row,)}
    latest: dict[int, int] = {}  # by wire
    first: dict[int, int] = {}
    writer: dict[int, int] = {}
    for row in table:
        if row.index not in at:
            continue
        here = at[row.index]
        if row.condition is not None:
            yield writer.get(row.condition[0], here), here
        if row.op.kind is Kind.SEND:
            yield writer.get(row.operands[0], here), here
            writer[row.attr] = here
            continue
        if row.op.kind is Kind.MEASURE:
            writer[row.attr] = here
        for wire in row.operands:
            if wire in latest:
                yield latest[wire], here
            first.setdefault(wire, here)
            latest[wire] = here
    yield from _tenancies(stage, first, latest)


def _tenancies(
    stage: ScheduledCircuit, first: dict[int, int], latest: dict[int, int]
) -> Iterator[tuple[int, int]]:
    """A wire begins in a physical qubit after the one before it has ended there."""
    program = stage.distributed
    tenants: dict[tuple[int, bool, int], list[int]] = defaultdict(list)
    for wire in sorted(first, key=lambda w: first[w]):
        place = (
            int(program.wire_node[wire]),
            bool(program.wire_is_comm[wire]),
            int(stage.slot[wire]),
        )
        tenants[place].append(wire)
    for wires in tenants.values():
        for before, after in pairwise(wires):
            yield latest[before], first[after]


def _sorted(events: list[NodeEvent], edges: list[tuple[int, int]]) -> list[int]:
    """Kahn's algorithm; of what may come next, the earliest in the list."""
    waits = [0] * len(events)
    follow: dict[int, list[int]] = defaultdict(list)
    for before, after in edges:
        if before != after:
            waits[after] += 1
            follow[before].append(after)
    ready = [k for k, n in enumerate(waits) if n == 0]
    heapify(ready)
    order = []
    while ready:
        here = heappop(ready)
        order.append(here)
        for after in follow[here]:
            waits[after] -= 1
            if waits[after] == 0:
                heappush(ready, after)
    if len(order) < len(events):
        detail = f"{len(events) - len(order)} events wait for one another"
        raise InternalError("nodes", "events-have-an-order", detail)
    return order
