"""When every row of a program starts, and in which physical qubits its wires are."""

from __future__ import annotations

import numpy as np

from qdsl.ir.durations import durations_ns, link_of_rows
from qdsl.ir.lifetimes import lifetimes
from qdsl.ir.operations import BY_NAME
from qdsl.ir.stages import DistributedCircuit, ScheduledCircuit
from qdsl.passes.schedule.clock_kernel import clock_loop, place_homes
from qdsl.passes.schedule.clock_records import ClockRows, ClockState, Column, PairState, Wires
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
    if any(x.latency_ns or x.physics.latency_back_ns for x in program.network.links):
        order = order_with_late_corrections(program)
        if order is not None:
            listed.append(in_program_order(in_listed_order(in_order(program, order))))
    return min([made, *listed], key=lambda schedule: schedule.makespan_ns)


def in_listed_order(program: DistributedCircuit) -> DistributedCircuit:
    wires, now = wires_of(program), free_state(program)
    place_homes(program.home_wire, wires, now)
    return listed(program, clock_rows(program), wires, now, pair_state(program))


def in_program_order(program: DistributedCircuit) -> ScheduledCircuit:
    """A wire takes the physical qubit of its node that has been free for longest, and gives it
    back after its last row; as program order obeys capacity, there always is one."""
    n = len(program.table)
    starts, ends = np.zeros(n, np.int64), np.zeros(n, np.int64)
    now, wires, pairs = free_state(program), wires_of(program), pair_state(program)
    clock_loop(clock_rows(program), wires, now, pairs, program.home_wire, starts, ends)
    return ScheduledCircuit(
        program,
        frozen(starts),
        frozen(ends),
        frozen(now.slot.astype(np.int32)),
        _births(program, pairs) if pairs.places.any() else None,
    )


def _births(program: DistributedCircuit, pairs: PairState) -> Column:
    """When pairs were born, -1 for other rows."""
    link = link_of_rows(program)
    is_pair = link >= 0
    births = np.full(len(link), -1, np.int64)
    births[is_pair] = (pairs.known - pairs.herald[link])[is_pair]
    return frozen(births)


def clock_rows(program: DistributedCircuit) -> ClockRows:
    table = program.table
    link = link_of_rows(program)
    times = np.array([x.pair_time_ns for x in program.network.links] + [0], np.int64)
    return ClockRows(
        table.opcode, table.operand_start, table.operands, table.cond, table.attr,
        durations_ns(program), link, times[link],
        *(BY_NAME[name].code for name in ("ebit", "send", "measure")),
    )  # fmt: skip


def wires_of(program: DistributedCircuit) -> Wires:
    node = program.wire_node.astype(np.int64)
    return Wires(2 * node + program.wire_is_comm, node, lifetimes(program)[1])


def free_state(program: DistributedCircuit) -> ClockState:
    """Nothing has begun, and every physical qubit is free."""
    nodes = program.network.nodes
    sizes = np.array([(v.qubits, v.comm) for v in nodes], np.int64).reshape(-1)
    first = np.cumsum(sizes) - sizes
    total = int(sizes.sum())
    return ClockState(
        np.zeros(program.n_wires, np.int64),
        np.zeros(len(program.bit_node), np.int64),
        np.full(program.n_wires, -1, np.int64),
        np.zeros(total, np.int64),
        np.arange(total) - np.repeat(first, sizes),
        first,
        sizes,
    )


def pair_state(program: DistributedCircuit, draws: int = 0) -> PairState:
    """No link has made a pair; `draws`: how many times of a link are drawn for pairs that are made
    again, 0: they take the expected time."""
    models = [x.physics for x in program.network.links]
    link = link_of_rows(program)
    uses = np.bincount(link[link >= 0], minlength=len(models)).tolist()
    channels, first_channel = _runs(
        [min(m.channels, n + 1) for m, n in zip(models, uses, strict=True)]
    )
    places, first_place = _runs([min(m.buffer, n) for m, n in zip(models, uses, strict=True)])
    cutoff = np.array([-1 if m.cutoff_ns is None else m.cutoff_ns for m in models], np.int64)
    has_cutoff = bool((cutoff >= 0).any())
    return PairState(
        np.array([m.herald_ns for m in models], np.int64), cutoff, first_channel, channels,
        np.zeros(int(channels.sum()), np.int64), first_place, places,
        np.zeros(int(places.sum()), np.int64), np.zeros(len(models), np.int64),
        np.zeros(len(link), np.int64), np.full(program.n_wires if has_cutoff else 0, -1, np.int64),
        np.zeros(len(models) * draws, np.int64), np.zeros(len(models), np.int64), draws,
        int(draws > 0), int(has_cutoff),
    )  # fmt: skip


def _runs(sizes: list[int]) -> tuple[Column, Column]:
    """Lengths of runs that follow one another, and where each begins."""
    counted = np.array(sizes, np.int64)
    return counted, np.cumsum(counted) - counted
