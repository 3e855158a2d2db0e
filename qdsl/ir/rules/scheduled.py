"""What is true of every scheduled circuit."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from qdsl.ir.at_once import at_once
from qdsl.ir.durations import durations_ns
from qdsl.ir.lifetimes import lifetimes, wire_uses
from qdsl.ir.pairs import most_at_once
from qdsl.ir.rules import tables
from qdsl.ir.rules.pairs import COMMUNICATION, PAIR_RULES
from qdsl.ir.rules.rule import Rule, first_row
from qdsl.ir.stages import ScheduledCircuit

Column = npt.NDArray[np.int64]


def _columns(ir: ScheduledCircuit) -> str | None:
    n, w = len(ir.distributed.table), ir.distributed.n_wires
    for name, count in (("start_ns", n), ("end_ns", n), ("slot", w)):
        if len(getattr(ir, name)) != count:
            return f"'{name}' has {len(getattr(ir, name))} entries, not {count}"
    return None


def _durations(ir: ScheduledCircuit) -> str | None:
    short = ir.end_ns - ir.start_ns < durations_ns(ir.distributed)
    broken = (ir.start_ns < 0) | (short & ~ir.distributed.table.codes("send"))
    return first_row(ir.distributed.table, broken, "starts before 0 or is too short")


def _latency(ir: ScheduledCircuit) -> str | None:
    table = ir.distributed.table
    late = ir.end_ns - ir.start_ns < durations_ns(ir.distributed)
    return first_row(table, late & table.codes("send"), "arrives before its latency is over")


def _wires(ir: ScheduledCircuit) -> str | None:
    wire, row = wire_uses(ir.distributed)
    order = np.argsort(wire, kind="stable")
    wire, row = wire[order], row[order]
    soon = (wire[1:] == wire[:-1]) & (ir.start_ns[row[1:]] < ir.end_ns[row[:-1]])
    broken = np.zeros(len(ir.distributed.table), np.bool_)
    broken[row[1:][soon]] = True
    return first_row(ir.distributed.table, broken, "starts before the row before it has ended")


def _bits(ir: ScheduledCircuit) -> str | None:
    program = ir.distributed
    table = program.table
    writer = tables.written_before(table, len(program.bit_node))
    broken = np.zeros(len(table), np.bool_)
    reads = np.flatnonzero(table.cond >= 0)
    sends = np.flatnonzero(table.codes("send"))
    sent = table.operands[table.operand_start[sends]]
    for rows, bits in ((reads, table.cond[reads] >> 1), (sends, sent)):
        broken[rows] |= ir.start_ns[rows] < ir.end_ns[writer[bits]]
    return first_row(table, broken, "starts before its bit is known")


def _slots(ir: ScheduledCircuit) -> str | None:
    program = ir.distributed
    free = ir.network.free_comm
    sizes = np.array([(v.qubits, n) for v, n in zip(ir.network.nodes, free, strict=True)], np.int64)
    sizes = sizes.reshape(-1, 2)
    size = sizes[program.wire_node, program.wire_is_comm.astype(np.int64)]
    first, last = lifetimes(program)
    broken = (last >= first) & ((ir.slot < 0) | (ir.slot >= size))
    return f"wire {int(np.argmax(broken))} is in no physical qubit" if broken.any() else None


def _interval(ir: ScheduledCircuit) -> tuple[Column, Column, Column]:
    """Used wires, and when they begin and end."""
    program = ir.distributed
    first, last = lifetimes(program)
    wires = np.flatnonzero(last >= first)
    never = np.iinfo(np.int64).max
    begin = np.append(ir.start_ns, 0)[np.maximum(first[wires], 0)]
    begin[first[wires] < 0] = 0
    end = np.append(ir.end_ns, never)[last[wires]]
    return wires, begin, end


def _physical(ir: ScheduledCircuit) -> str | None:
    program = ir.distributed
    wires, begin, end = _interval(ir)
    keys = (ir.slot[wires], program.wire_is_comm[wires], program.wire_node[wires])
    order = np.lexsort((end, begin, *keys))
    same = np.ones(max(len(order) - 1, 0), np.bool_)
    for key in keys:
        same &= key[order][1:] == key[order][:-1]
    clash = same & (begin[order][1:] < end[order][:-1])
    if not clash.any():
        return None
    k = int(np.argmax(clash))
    return f"wires {int(wires[order[k]])} and {int(wires[order[k + 1]])} share a physical qubit"


def _gates_at_once(ir: ScheduledCircuit) -> str | None:
    """Counts at the starts of operations, whatever the loops took to be free."""
    groups = at_once(ir.distributed)
    broken = np.zeros(len(ir.distributed.table), np.bool_)
    for group in groups.of_rows.T:
        row = np.flatnonzero(group >= 0)
        held = most_at_once(group[row], ir.start_ns[row], ir.end_ns[row])
        broken[row] |= held > groups.most[group[row]]
    return first_row(ir.distributed.table, broken, "its node does no more operations at one time")


SCHEDULED_RULES: Final[tuple[Rule[ScheduledCircuit], ...]] = (
    Rule("schedule-columns-match", "Every row has times, every wire a slot.", _columns),
    Rule("durations-respected", "No operation is shorter than its gate or pair time.", _durations),
    Rule("message-latency-respected", "A message takes the latency of its route.", _latency),
    Rule(
        "wire-in-program-order", "Operations on a wire follow one another in program order.", _wires
    ),
    Rule("bit-in-program-order", "A bit is read after it is known.", _bits),
    COMMUNICATION,
    Rule("slot-in-range", "Every wire is in a physical qubit of its node.", _slots),
    Rule(
        "physical-qubit-holds-one-wire",
        "Wires in one physical qubit do not overlap in time.",
        _physical,
    ),
    Rule(
        "gates-at-once-respected",
        "A node does no more operations at one time than it can.",
        _gates_at_once,
    ),
    *PAIR_RULES,
)
