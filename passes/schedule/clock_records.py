"""What the compiled loops of the schedule go through."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Column = npt.NDArray[np.int64]
Ints = npt.NDArray[np.int32]


class ClockRows(NamedTuple):
    """The program's rows, columns of its table; `duration` in ns. Codes of operations stand here
    and not as constants: what is compiled and kept on disk would not see them change.

    `link` of every pair, -1 for other rows; `making`: how long its pair takes to make, in ns.
    Row r that uses an end of swapped pairs waits for `heard_bit`, which is known there `heard_ns`
    later, from `heard[r]` to `heard[r + 1]`; row r that swaps needs all pairs `path`, from
    `first_path[r]` to `first_path[r + 1]`. Of both there is nothing where no cut-off matters.

    A node that can do no more than so many operations at one time has as many `units`, each of
    which does one after another. Of every group of operations (`qdsl.ir.at_once`): its units, from
    `first_unit` on; of row r its groups, `group[2 * r]` and the next, -1: none. A row that begins a
    swap starts with those `swaps` of its path, from `first_swap[r]` to `first_swap[r + 1]`.
    """

    code: npt.NDArray[np.uint16]
    start: Ints
    operands: Ints
    cond: Ints
    attr: Ints
    duration: Column
    link: Column
    making: Column
    heard: Column
    heard_bit: Column
    heard_ns: Column
    first_path: Column
    path: Column
    group: Column
    first_unit: Column
    units: Column
    first_swap: Column
    swaps: Column
    ebit: int
    send: int
    measure: int


class Wires(NamedTuple):
    """`pool` of every wire: the data or the communication qubits of its node; `node`; `end`: its
    last row."""

    pool: Column
    node: Column
    end: Column


class ClockState(NamedTuple):
    """When wires and bits are free or known, in ns; the `slot` of every wire, -1 before its first
    row. Free slots of pool p are a heap, those free for longest first, then those of low number:
    `since[first[p]:first[p] + size[p]]`, `free` beside it. When units of nodes are free,
    `unit_free`, in ns; `reserved`: the start of every row for which they are taken already, -1:
    not yet."""

    wire_free: Column
    bit_known: Column
    slot: Column
    since: Column
    free: Column
    first: Column
    size: Column
    unit_free: Column
    reserved: Column


class PairState(NamedTuple):
    """How links make pairs. Of every link: `herald` and `cutoff` in ns, -1: none; how long before a
    pair is known its channel goes on with the next, `lead`, in ns; its channels and
    the places of its buffer, from `first_channel` and `first_place` on, and when they are free; how
    many pairs it has `thrown` away. Of every row that is a pair: when both ends have `known` of
    it, and of every wire the pair that it holds and that no row has used, -1: none.

    Of every link its two nodes, `ends`, -1 if it does not distil; of every node its `lanes`, from
    `first_lane` on, in each of which one pair at a time is distilled, and when they are free.

    `is_random`: pairs past their cut-off are thrown away and made again, which takes what `drawn`
    has, `draws` for every link from its `next_draw` on; if not, they are made later.
    """

    herald: Column
    lead: Column
    cutoff: Column
    first_channel: Column
    channels: Column
    channel_free: Column
    first_place: Column
    places: Column
    place_free: Column
    ends: Column
    first_lane: Column
    lanes: Column
    lane_free: Column
    thrown: Column
    known: Column
    pair_of: Column
    drawn: Column
    next_draw: Column
    draws: int
    is_random: int
    has_cutoff: int
