"""Makes pairs as late as possible without delaying anything."""

from __future__ import annotations

from dataclasses import replace

from qdsl.ir.durations import durations_ns
from qdsl.ir.stages import ScheduledCircuit


def postpone_pairs(scheduled: ScheduledCircuit) -> ScheduledCircuit:
    """The same schedule with every pair made just before it is used, or before the link's
    next pair begins, by when it is born, or where it is distilled before the next one at one of its
    nodes. Communication
    qubits are then held for less time, never for more; pairs that come out of a buffer stay as they
    are."""
    program = scheduled.distributed
    table = program.table
    start, end = scheduled.start_ns.copy(), scheduled.end_ns.copy()
    next_on: dict[int, int] = {}
    next_pair: dict[tuple[int, int], int] = {}
    next_distilled: dict[int, int] = {}  # by node
    links = program.network.link_between
    is_made = ((durations_ns(program) > 0) & table.codes("ebit")).tolist()
    is_send = table.codes("send").tolist()
    operands, starts = table.operands.tolist(), table.operand_start.tolist()
    node = program.wire_node.tolist()
    begins, ends = start.tolist(), end.tolist()
    for row in range(len(table) - 1, -1, -1):
        if is_send[row]:
            continue
        wires = operands[starts[row] : starts[row + 1]]
        if is_made[row]:
            link = (min(node[w] for w in wires), max(node[w] for w in wires))
            bounds = [next_on[w] for w in wires if w in next_on]
            lead = links[link].pair_time_ns - links[link].channel_time_ns
            bounds += [next_pair[link] + lead] if link in next_pair else []
            distils = link if links[link].levels else ()
            bounds += [next_distilled[v] for v in distils if v in next_distilled]
            late = max(min(bounds, default=ends[row]), ends[row])
            begins[row], ends[row] = begins[row] + late - ends[row], late
            next_pair[link] = begins[row]
            for v in distils:
                next_distilled[v] = min(next_distilled.get(v, begins[row]), begins[row])
        for wire in wires:
            next_on[wire] = begins[row]
    start[:] = begins
    end[:] = ends
    start.flags.writeable = end.flags.writeable = False
    return replace(scheduled, start_ns=start, end_ns=end)
