"""Which steps of a tape go together into one block of few lanes."""

from __future__ import annotations

from dataclasses import field

import numpy as np

from qdsl.backends.jax.tape import Merge, TapeRotation
from qdsl.records import dataclass

LOOK_BACK = 64  # blocks


@dataclass(slots=True)
class FusedBlock:
    lanes: set[int]
    rotations: list[TapeRotation] = field(default_factory=list)
    merge: Merge | None = None


def lanes_of(step: TapeRotation) -> set[int]:
    mask = step.x | step.z
    lanes = {lane for lane in range(mask.bit_length()) if mask >> lane & 1}
    return lanes if step.condition is None else lanes | {step.condition[0]}


class Fuser:
    def __init__(self, width: int, depth: int) -> None:
        self.width = width
        self.depth = depth
        self.blocks: list[FusedBlock] = []
        self._earliest: dict[int, int] = {}  # the first block open to a lane's next step

    def add(self, step: TapeRotation | Merge) -> None:
        if isinstance(step, Merge):
            self._add_merge(step)
            return
        lanes = lanes_of(step)
        at = self._room(lanes, lanes, for_merge=False)
        self.blocks[at].rotations.append(step)
        self._earliest.update(dict.fromkeys(lanes, at))

    def _add_merge(self, step: Merge) -> None:
        """The labels must still be labels when the merge happens; see `Merge.labels`."""
        at = self._room({step.lane}, step.labels | {step.lane}, for_merge=True)
        self.blocks[at].merge = step
        self._earliest.update(dict.fromkeys(step.labels, at))
        self._earliest[step.lane] = at + 1

    def _room(self, lanes: set[int], after: frozenset[int] | set[int], for_merge: bool) -> int:
        first = max((self._earliest.get(lane, 0) for lane in after), default=0)
        for at in range(max(first, len(self.blocks) - LOOK_BACK), len(self.blocks)):
            block = self.blocks[at]
            free = block.merge is None if for_merge else len(block.rotations) < self.depth
            if free and len(block.lanes | lanes) <= self.width:
                block.lanes |= lanes
                return at
        self.blocks.append(FusedBlock(set(lanes)))
        return len(self.blocks) - 1


def narrow(rotation: TapeRotation, width: int) -> list[TapeRotation]:
    """Rotations of at most `width` lanes that make up one, in order.

    `exp(-i t (A B)/2) = V^-1 exp(-i t (A'B)/2) V` with V = exp(-i pi R/4), A' = -i R A a word of
    one letter and R = the word of A times A'; a condition needs to stand on the middle only.
    """
    lanes = sorted(lanes_of(TapeRotation(rotation.x, rotation.z, 0.0)))
    room = width - (rotation.condition is not None)
    if len(lanes) <= room:
        return [rotation]
    part = sum(1 << lane for lane in lanes[:width])
    x, z = rotation.x & part, rotation.z & part
    pivot = 1 << lanes[0]
    px, pz = (0, pivot) if x & pivot else (pivot, 0)
    rx, rz = x ^ px, z ^ pz
    # -i R A = sign * A' by the phases i^y (-1)^(z.x') of X^x Z^z products
    power = _letters_y(rx, rz) + _letters_y(x, z) + 2 * (rz & x).bit_count() + 3
    negative = power % 4 == 2
    scale = -1.0 if negative else 1.0
    rest = TapeRotation(
        rotation.x ^ x | px,
        rotation.z ^ z | pz,
        scale * rotation.constant,
        tuple((scale * c, slot) for c, slot in rotation.terms),
        rotation.condition,
    )
    return [TapeRotation(rx, rz, np.pi / 2), *narrow(rest, width), TapeRotation(rx, rz, -np.pi / 2)]


def _letters_y(x: int, z: int) -> int:
    return (x & z).bit_count()
