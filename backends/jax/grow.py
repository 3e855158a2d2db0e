"""Blocks of many rotations each, for runs of rotations without merges.

The next block is grown from every lane whose first rotation is free to happen: it takes all
rotations that its lanes allow, and then the lanes that allow the most for each lane added. The
largest is taken. On ladders and bricks of gates this leaves a third fewer blocks than putting
every rotation in the earliest block with room.
"""

from __future__ import annotations

from qdsl.backends.jax.fuse import FusedBlock, lanes_of
from qdsl.backends.jax.tape import TapeRotation
from qdsl.records import dataclass


@dataclass(frozen=True, slots=True)
class _Grown:
    """A block that could be next: its lanes, how far each lane's queue then is, its rotations,
    and all lanes that were looked at."""

    lanes: frozenset[int]
    position: dict[int, int]
    taken: tuple[int, ...]
    seen: frozenset[int]


class Grower:
    """`rotations` as blocks of at most `width` lanes and `depth` rotations."""

    def __init__(self, rotations: list[TapeRotation], width: int, depth: int) -> None:
        self._turns = rotations
        self._lanes = [frozenset(lanes_of(rotation)) for rotation in rotations]
        self._width, self._depth = width, depth
        self._queue: dict[int, list[int]] = {}
        for k, lanes in enumerate(self._lanes):
            for lane in sorted(lanes):
                self._queue.setdefault(lane, []).append(k)
        self._at = dict.fromkeys(self._queue, 0)

    def blocks(self) -> list[FusedBlock]:
        """All blocks, in order."""
        found: list[FusedBlock] = []
        known: dict[int, _Grown | None] = {}
        left = sum(map(bool, self._lanes))  # a rotation without a lane is a phase
        while left:
            for lane in self._queue:
                if lane not in known:
                    known[lane] = self._grow(lane)
            options = [(len(g.taken), -lane, g) for lane, g in known.items() if g is not None]
            _, _, best = max(options, key=lambda option: option[:2])
            found.append(FusedBlock(set(best.lanes), [self._turns[k] for k in best.taken]))
            left -= len(best.taken)
            self._at.update(best.position)
            moved = best.position.keys()
            known = {k: g for k, g in known.items() if g is not None and not g.seen & moved}
        return found

    def _front(self, lane: int, position: dict[int, int]) -> int | None:
        queue, at = self._queue[lane], position.get(lane, self._at[lane])
        return queue[at] if at < len(queue) else None

    def _free(self, rotation: int, position: dict[int, int]) -> bool:
        return all(self._front(lane, position) == rotation for lane in self._lanes[rotation])

    def _grow(self, lane: int) -> _Grown | None:
        first = self._front(lane, {})
        if first is None or not self._free(first, {}):
            return None
        lanes = seen = self._lanes[first]
        position: dict[int, int] = {}
        taken = self._absorbed(lanes, position, self._depth)
        while len(taken) < self._depth:
            fronts = {self._front(other, position) for other in lanes} - {None}
            options = []
            for rotation in sorted(k for k in fronts if k is not None):
                wider = lanes | self._lanes[rotation]
                seen |= wider
                if len(lanes) < len(wider) <= self._width:
                    after = dict(position)
                    more = self._absorbed(wider, after, self._depth - len(taken))
                    gain = len(more) / (len(wider) - len(lanes))
                    options.append((gain, -rotation, wider, after, more))
            if not options:
                break
            gain, _, wider, after, more = max(options, key=lambda option: option[:2])
            if not gain:
                break
            lanes, position, taken = wider, after, taken + more
        return _Grown(lanes, position, taken, seen)

    def _absorbed(
        self, lanes: frozenset[int], position: dict[int, int], most: int
    ) -> tuple[int, ...]:
        """Takes what can happen on `lanes`, at most so many; moves `position` on."""
        found: list[int] = []
        open_lanes = sorted(lanes)
        while open_lanes and len(found) < most:
            lane = open_lanes.pop()
            while len(found) < most:
                rotation = self._front(lane, position)
                if rotation is None or not self._lanes[rotation] <= lanes:
                    break
                if not self._free(rotation, position):
                    break
                for other in sorted(self._lanes[rotation]):
                    position[other] = position.get(other, self._at[other]) + 1
                    if other != lane:
                        open_lanes.append(other)
                found.append(rotation)
        return tuple(found)
