"""What a clock goes through, and what it starts from: nothing has begun."""

from __future__ import annotations

import numpy as np

from qdsl.ir.at_once import AtOnce, at_once
from qdsl.ir.durations import durations_ns, link_of_rows
from qdsl.ir.lifetimes import lifetimes
from qdsl.ir.operations import BY_NAME
from qdsl.ir.stages import DistributedCircuit
from qdsl.ir.swapped import limited_paths
from qdsl.passes.schedule.clock_records import ClockRows, ClockState, Column, PairState, Wires


def clock_rows(program: DistributedCircuit) -> ClockRows:
    table = program.table
    link = link_of_rows(program)
    times = np.array([x.pair_time_ns for x in program.network.links] + [0], np.int64)
    paths, groups = limited_paths(program), at_once(program)
    use, swap = (np.argsort(x, kind="stable") for x in (paths.use, paths.swap))
    units, first_unit = _units(groups)
    begun = paths.begun if len(units) and units.any() else paths.begun[:0]
    return ClockRows(
        table.opcode, table.operand_start, table.operands, table.cond, table.attr,
        durations_ns(program), link, times[link],
        _first(paths.use, len(link)), paths.bit[use], paths.latency_ns[use],
        _first(paths.swap, len(link)), paths.pair[swap],
        groups.of_rows.reshape(-1), first_unit, units,
        _first(begun, len(link)), paths.together[np.argsort(begun, kind="stable")],
        *(BY_NAME[name].code for name in ("ebit", "send", "measure")),
    )  # fmt: skip


def _units(groups: AtOnce) -> tuple[Column, Column]:
    """How many units every group needs, and where they begin."""
    of_rows, most = groups.of_rows, groups.most
    uses = np.bincount(of_rows[of_rows >= 0], minlength=len(most))
    return _runs(np.clip(most, 0, uses).tolist())


def _first(rows: Column, n: int) -> Column:
    """Where the entries of each of n rows begin and end if they are sorted by row, int64[n + 1]."""
    return np.append(0, np.cumsum(np.bincount(rows, minlength=n)))


def wires_of(program: DistributedCircuit) -> Wires:
    node = program.wire_node.astype(np.int64)
    return Wires(2 * node + program.wire_is_comm, node, lifetimes(program)[1])


def free_state(program: DistributedCircuit) -> ClockState:
    """Nothing has begun, and every physical qubit is free."""
    nodes = program.network.nodes
    comm = program.network.free_comm
    sizes = np.array([(v.qubits, n) for v, n in zip(nodes, comm, strict=True)], np.int64)
    sizes = sizes.reshape(-1)
    first = np.cumsum(sizes) - sizes
    total = int(sizes.sum())
    units, _ = _units(at_once(program))
    return ClockState(
        np.zeros(program.n_wires, np.int64),
        np.zeros(len(program.bit_node), np.int64),
        np.full(program.n_wires, -1, np.int64),
        np.zeros(total, np.int64),
        np.arange(total) - np.repeat(first, sizes),
        first,
        sizes,
        np.zeros(int(units.sum()), np.int64),
        np.full(len(program.table), -1, np.int64),
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
    lanes, first_lane = _runs([min(most, sum(uses) + 1) for most, _ in program.network.distilling])
    cutoff = np.array([-1 if m.cutoff_ns is None else m.cutoff_ns for m in models], np.int64)
    has_cutoff = bool((cutoff >= 0).any())
    return PairState(
        np.array([x.known_after_ns for x in program.network.links], np.int64),
        np.array([x.pair_time_ns - x.channel_time_ns for x in program.network.links], np.int64),
        cutoff, first_channel, channels,
        np.zeros(int(channels.sum()), np.int64), first_place, places,
        np.zeros(int(places.sum()), np.int64), _ends(program), first_lane, lanes,
        np.zeros(int(lanes.sum()), np.int64), np.zeros(len(models), np.int64),
        np.zeros(len(link), np.int64), np.full(program.n_wires if has_cutoff else 0, -1, np.int64),
        np.zeros(len(models) * draws, np.int64), np.zeros(len(models), np.int64), draws,
        int(draws > 0), int(has_cutoff),
    )  # fmt: skip


def _ends(program: DistributedCircuit) -> Column:
    """The two nodes of every link that distils, -1 of others, int64[2 * links]."""
    found = [(x.a, x.b) if x.levels else (-1, -1) for x in program.network.links]
    return np.array(found, np.int64).reshape(-1)


def _runs(sizes: list[int]) -> tuple[Column, Column]:
    """Lengths of runs that follow one another, and where each begins."""
    counted = np.array(sizes, np.int64)
    return counted, np.cumsum(counted) - counted
