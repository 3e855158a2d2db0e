"""A tape in phases for a state that is sharded over 2^g devices.

The two-valued axes of the state are its lanes. The values of g of them, the *global* lanes, say
which device holds an amplitude; every device holds an array over the others, the *local* lanes. A
rotation on local lanes is done by every device on its own. In front of one on a global lane the
devices exchange half of their amplitudes for every lane that becomes local: the lanes that become
global in their place are those whose next rotation is furthest away (Belady's rule for caches).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy.typing as npt

from qdsl.backends.jax.blocks import (
    WIDTH,
    Blocks,
    EncodeBlock,
    Layout,
    encode_block,
    moves,
    pack,
)
from qdsl.backends.jax.fuse import lanes_of, narrow
from qdsl.backends.jax.tape import Merge, Tape, TapeEncoding, TapeRotation
from qdsl.records import dataclass

SPREAD = ("amplitude", "reflect", "diagonal")  # encodings that may have global lanes


@dataclass(frozen=True, slots=True)
class LanePlaces:
    """Where lanes are: on the axes of the devices, and in the index of each device's array, the
    most significant first."""

    devices: Layout
    local: Layout


@dataclass(frozen=True, slots=True, eq=False)
class LaneExchange:
    """The local lane that `high` and `low` (see `BlockColumns`) bring to the front changes places
    with the lane of an axis of the devices."""

    axis: int
    high: npt.NDArray[Any]
    low: npt.NDArray[Any]


@dataclass(frozen=True, slots=True, eq=False)
class SpreadEncoding:
    """An encoding of lanes of which some are global; where they are."""

    step: TapeEncoding
    place: LanePlaces


Phase = Blocks | EncodeBlock | LaneExchange | SpreadEncoding


def phases(tape: Tape, axes: int) -> tuple[tuple[Phase, ...], LanePlaces]:
    """What all devices do, in order, and where the lanes are at the end.

    ValueError where a step needs more lanes together than a device has, and for a tape that merges
    branches: those of source circuits do not.
    """
    return _Planner(tape, axes).planned()


def to_local(
    place: LanePlaces, lanes: Sequence[int]
) -> tuple[tuple[LaneExchange, ...], LanePlaces]:
    """Exchanges after which these lanes are local."""
    found: list[LaneExchange] = []
    for lane in lanes:
        if lane in place.devices:
            spare = next(other for other in reversed(place.local) if other not in lanes)
            exchange, place = _exchanged(place, place.devices.index(lane), spare)
            found.append(exchange)
    return tuple(found), place


def _exchanged(place: LanePlaces, axis: int, lane: int) -> tuple[LaneExchange, LanePlaces]:
    rest = tuple(other for other in place.local if other != lane)
    exchange = LaneExchange(axis, *moves(place.local, (lane, *rest)))
    devices = (*place.devices[:axis], lane, *place.devices[axis + 1 :])
    return exchange, LanePlaces(devices, (place.devices[axis], *rest))


class _Planner:
    def __init__(self, tape: Tape, axes: int) -> None:
        self._tape = tape
        lanes = tuple(range(tape.n_lanes))
        self._place = LanePlaces(lanes[:axes], lanes[axes:])
        self._width = min(WIDTH, len(self._place.local))
        self._found: list[Phase] = []

    def planned(self) -> tuple[tuple[Phase, ...], LanePlaces]:
        run: list[TapeRotation] = []
        for step in self._tape.steps:
            if isinstance(step, Merge):
                raise ValueError("branches are merged, and a sharded state cannot do this")
            if isinstance(step, TapeRotation):
                run += [part for part in narrow(step, self._width) if lanes_of(part)]
                continue
            self._rotations(run)
            run = []
            self._encoding(step)
        self._rotations(run)
        return tuple(self._found), self._place

    def _rotations(self, run: list[TapeRotation]) -> None:
        while run:
            now, run = _possible(run, set(self._place.devices))
            if now:
                blocks, local = pack(list(now), self._place.local)
                self._found.append(blocks)
                self._place = LanePlaces(self._place.devices, local)
            if run:
                self._make_room(run)

    def _make_room(self, run: list[TapeRotation]) -> None:
        """The lanes of the first rotation become local."""
        next_use = dict.fromkeys(range(self._tape.n_lanes), len(run))
        for k, rotation in reversed(list(enumerate(run))):
            next_use.update(dict.fromkeys(lanes_of(rotation), k))
        order = sorted(next_use, key=lambda lane: (-next_use[lane], lane))
        wanted = order[: len(self._place.devices)]
        come = [lane for lane in self._place.devices if lane not in wanted]
        go = [lane for lane in wanted if lane not in self._place.devices]
        for old, new in zip(come, go, strict=True):
            self._exchange(self._place.devices.index(old), new)

    def _exchange(self, axis: int, lane: int) -> None:
        exchange, self._place = _exchanged(self._place, axis, lane)
        self._found.append(exchange)

    def _encoding(self, step: TapeEncoding) -> None:
        lanes = (*step.lanes, *(() if step.condition is None else step.condition[:1]))
        if len(lanes) <= len(self._place.local):
            exchanges, self._place = to_local(self._place, lanes)
            block, local = encode_block(step, self._place.local)
            self._found += [*exchanges, block]
            self._place = LanePlaces(self._place.devices, local)
        elif step.name in SPREAD:
            self._found.append(SpreadEncoding(step, self._place))
        else:
            raise ValueError(
                f"'{step.name}' on {len(step.lanes)} qubits needs them in one device, which holds "
                f"{len(self._place.local)}: use fewer devices"
            )


def _possible(
    run: Sequence[TapeRotation], blocked: set[int]
) -> tuple[list[TapeRotation], list[TapeRotation]]:
    """Rotations that need no blocked lane and none of a rotation that has to wait; the others."""
    now: list[TapeRotation] = []
    later: list[TapeRotation] = []
    for rotation in run:
        lanes = lanes_of(rotation)
        if lanes & blocked:
            blocked |= lanes
            later.append(rotation)
        else:
            now.append(rotation)
    return now, later
