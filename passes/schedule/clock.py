"""When every row of a program starts, and in which physical qubits its wires are."""

from __future__ import annotations

import numpy as np

from qdsl.ir.at_once import at_once
from qdsl.ir.durations import link_of_rows
from qdsl.ir.stages import DistributedCircuit, ScheduledCircuit
from qdsl.passes.schedule.clock_kernel import clock_loop, place_homes
from qdsl.passes.schedule.clock_records import Column, PairState
from qdsl.passes.schedule.clock_start import clock_rows, free_state, pair_state, wires_of
from qdsl.passes.schedule.late_corrections import order_with_late_corrections
from qdsl.passes.schedule.listing import frozen, in_order, listed
from qdsl.passes.schedule.sampling import MOST_ROWS, OrderSampling


def scheduled(program: DistributedCircuit) -> ScheduledCircuit:
    """Every row starts when its wires, its bits, its node and, for pairs, the link are free.

    The rows stay in the order of the program unless list scheduling ends earlier, with the
    corrections where they are or, where messages take time, as late as they may be. Of few rows
    other orders are tried too (`sampling`).
    """
    made = in_program_order(program)
    has_pairs = bool(program.table.codes("ebit").any())
    if not made.makespan_ns or not (has_pairs or (at_once(program).of_rows >= 0).any()):
        return made
    programs = [program]
    if any(x.latency_ns or x.physics.latency_back_ns for x in program.network.links):
        order = order_with_late_corrections(program)
        programs += [] if order is None else [in_order(program, order)]
    listed = [in_program_order(in_listed_order(p)) for p in programs]
    found = min([made, *listed], key=lambda schedule: schedule.makespan_ns)
    if len(program.table) > MOST_ROWS or not has_pairs:
        return found
    sooner = OrderSampling(programs).sooner(found.makespan_ns)
    others = [] if sooner is None else [in_program_order(sooner)]
    return min([found, *others], key=lambda schedule: schedule.makespan_ns)


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
