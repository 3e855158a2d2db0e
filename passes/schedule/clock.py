"""When every row of a program starts, and in which physical qubits its wires are."""

from __future__ import annotations

import numpy as np

from qdsl.ir.durations import durations_ns
from qdsl.ir.lifetimes import lifetimes
from qdsl.ir.operations import BY_NAME
from qdsl.ir.stages import DistributedCircuit, ScheduledCircuit
from qdsl.passes.schedule.clock_kernel import (
    ClockRows,
    ClockState,
    Wires,
    clock_loop,
    place_homes,
)
from qdsl.passes.schedule.late_corrections import order_with_late_corrections
from qdsl.passes.schedule.listing import frozen, in_order, listed


def scheduled(program: DistributedCircuit) -> ScheduledCircuit:
    """Every row starts when its wires, its bits and, for pairs, the link are free.

    The rows stay in the order of the program unless list scheduling ends earlier, with the
    corrections where they are or, where messages take time, as late as they may be.
    """
    made = in_program_order(program)
    if not made.makespan_ns or not program.table.codes("ebit").any():
        return made
    listed = [in_program_order(in_listed_order(program))]
    if any(link.latency_ns for link in program.network.links):
        order = order_with_late_corrections(program)
        if order is not None:
            listed.append(in_program_order(in_listed_order(in_order(program, order))))
    return min([made, *listed], key=lambda schedule: schedule.makespan_ns)


def in_listed_order(program: DistributedCircuit) -> DistributedCircuit:
    wires, now = _wires(program), _state(program)
    place_homes(program.home_wire, wires, now)
    return listed(program, _rows(program), wires, now)


def in_program_order(program: DistributedCircuit) -> ScheduledCircuit:
    """A wire takes the physical qubit of its node that has been free for longest, and gives it
    back after its last row; as program order obeys capacity, there always is one."""
    n = len(program.table)
    starts, ends = np.zeros(n, np.int64), np.zeros(n, np.int64)
    now, wires = _state(program), _wires(program)
    n_nodes = len(program.network.nodes)
    clock_loop(_rows(program), wires, now, program.home_wire, n_nodes, starts, ends)
    return ScheduledCircuit(
        program, frozen(starts), frozen(ends), frozen(now.slot.astype(np.int32))
    )


def _rows(program: DistributedCircuit) -> ClockRows:
    table = program.table
    return ClockRows(
        table.opcode, table.operand_start, table.operands, table.cond, table.attr,
        durations_ns(program), *(BY_NAME[name].code for name in ("ebit", "send", "measure")),
    )  # fmt: skip


def _wires(program: DistributedCircuit) -> Wires:
    node = program.wire_node.astype(np.int64)
    return Wires(2 * node + program.wire_is_comm, node, lifetimes(program)[1])


def _state(program: DistributedCircuit) -> ClockState:
    """Nothing has begun, and every physical qubit is free."""
    nodes = program.network.nodes
    sizes = np.array([(v.qubits, v.comm) for v in nodes], np.int64).reshape(-1)
    first = np.cumsum(sizes) - sizes
    total = int(sizes.sum())
    return ClockState(
        np.zeros(program.n_wires, np.int64), np.zeros(len(program.bit_node), np.int64),
        np.zeros(len(nodes) ** 2, np.int64), np.full(program.n_wires, -1, np.int64),
        np.zeros(total, np.int64), np.arange(total) - np.repeat(first, sizes), first, sizes,
    )  # fmt: skip
