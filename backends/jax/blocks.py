"""A tape cut into blocks of equal shape, so that one compiled loop body runs all of them.

Compiling a graph of a thousand gates takes XLA half a minute; compiling one loop body takes a
second. A block acts on `width` lanes: the state is permuted so that they come first, up to
`depth` Pauli rotations follow, and then perhaps one merge. Rotations go to the earliest block
that has room for their lanes and comes after everything they must follow.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from qdsl.backends.jax.fuse import FusedBlock, Fuser, narrow
from qdsl.backends.jax.grow import Grower
from qdsl.backends.jax.tape import Merge, Tape, TapeEncoding, TapeRotation
from qdsl.records import dataclass

Array = npt.NDArray[np.generic]

SMALL = 10  # up to this many lanes a rotation acts on the state itself, else on a block's matrix
WIDTH = 5
DEPTH = 48  # rotations a block, at most


class BlockColumns(NamedTuple):
    """What the loop reads of its blocks, one row each; [.., depth] for their rotations.

    `high`, `low`: where amplitude `i` of the new layout stands in the old one is
    `high[i >> h] + low[i & (2**h - 1)]` with 2**h = len(low). `merges`, `near`, `far`: whether
    the first lane is merged, and which of the block's other lanes, and of the last lanes of the
    layout, are labels then. `sign` is the number of Y letters, `mask` and `value` the condition.
    """

    high: Any
    low: Any
    x: Any
    z: Any
    sign: Any
    mask: Any
    value: Any
    merges: Any
    near: Any
    far: Any


@dataclass(frozen=True, slots=True, eq=False)
class Blocks:
    """Consecutive blocks. The angle of rotation e of all blocks' rotations, in C order, is
    `constant[e]` plus the sum of `coefficient[k] * value[slot[k]]` where `row[k]` is e."""

    columns: BlockColumns
    direct: bool  # blocks are as wide as the state
    width: int
    tail: int  # lanes at the end of the layout that may be labels of a merge
    permutes: bool
    merges: bool
    conditional: bool
    constant: npt.NDArray[np.float64]
    row: npt.NDArray[np.int32]
    coefficient: npt.NDArray[np.float64]
    slot: npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True, eq=False)
class EncodeBlock:
    """An encoding on the first `len(step.lanes)` lanes after a permutation.

    `condition_bit` is where the condition's lane stands in the amplitude index."""

    step: TapeEncoding
    high: Array
    low: Array
    condition_bit: int


Segment = Blocks | EncodeBlock
Layout = tuple[int, ...]  # lanes, the most significant first


def segments(tape: Tape) -> tuple[tuple[Segment, ...], Layout]:
    """The tape in segments, and the layout of lanes at the end."""
    layout: Layout = tuple(range(tape.n_lanes))
    found: list[Segment] = []
    run: list[TapeRotation | Merge] = []
    for step in (*tape.steps, None):
        if isinstance(step, TapeRotation | Merge):
            run.append(step)
            continue
        if run:
            blocks, layout = pack(run, layout)
            found.append(blocks)
            run = []
        if step is not None:
            encode, layout = encode_block(step, layout)
            found.append(encode)
    return tuple(found), layout


def encode_block(step: TapeEncoding, layout: Layout) -> tuple[EncodeBlock, Layout]:
    after = (*step.lanes, *(lane for lane in layout if lane not in step.lanes))
    bit = 0 if step.condition is None else len(after) - 1 - after.index(step.condition[0])
    return EncodeBlock(step, *moves(layout, after), bit), after


# ---- packing ---------------------------------------------------------------------------


def _shape(run: list[TapeRotation | Merge], n_lanes: int) -> tuple[int, int]:
    """Width and greatest depth of the blocks of a run."""
    if n_lanes > SMALL:
        return WIDTH, DEPTH
    merges = sum(isinstance(step, Merge) for step in run)
    return n_lanes, max(4, min(32, len(run) // (merges + 1)))


def pack(run: list[TapeRotation | Merge], layout: Layout) -> tuple[Blocks, Layout]:
    width, depth = _shape(run, len(layout))
    blocks = _fused(run, width, depth)
    far = max((_far_labels(block, layout, width) for block in blocks), default=0)
    tail = min(far, len(layout) - width)
    layouts = [layout]
    for block in blocks:
        layouts.append(_layout(block, layouts[-1], width))
    return _blocks(blocks, layouts, width, tail), layouts[-1]


def _fused(run: list[TapeRotation | Merge], width: int, depth: int) -> list[FusedBlock]:
    parts = [
        part
        for step in run
        for part in (narrow(step, width) if isinstance(step, TapeRotation) else [step])
    ]
    rotations = [part for part in parts if isinstance(part, TapeRotation)]
    if len(rotations) == len(parts) and width == WIDTH:
        return Grower(rotations, width, depth).blocks()
    fuser = Fuser(width, depth)
    for part in parts:
        fuser.add(part)
    return fuser.blocks


# ---- layouts ---------------------------------------------------------------------------


def _far_labels(block: FusedBlock, layout: Layout, width: int) -> int:
    """Lanes the end of the layout must have for the labels outside the block."""
    if block.merge is None or width == len(layout):
        return 0
    return len(block.merge.labels - block.lanes)


def _layout(block: FusedBlock, before: Layout, width: int) -> Layout:
    """The merged lane, the block's others, lanes that fill it up, the rest, far labels."""
    if width == len(before) and block.merge is None:
        return before
    merged = () if block.merge is None else (block.merge.lane,)
    labels = frozenset() if block.merge is None else block.merge.labels - block.lanes
    own = [*merged, *(lane for lane in before if lane in block.lanes and lane not in merged)]
    others = [lane for lane in before if lane not in block.lanes and lane not in labels]
    return (*own, *others, *(lane for lane in before if lane in labels))


def moves(before: Layout, after: Layout) -> tuple[Array, Array]:
    """Tables `high`, `low` of `BlockColumns`."""
    n = len(after)
    old = [n - 1 - before.index(lane) for lane in reversed(after)]  # by new bit
    half = n // 2
    return subset_sums(old[half:]), subset_sums(old[:half])


def subset_sums(bits: list[int]) -> Array:
    index = np.arange(1 << len(bits))
    sums = np.zeros(len(index), np.int32)
    for k, bit in enumerate(bits):
        sums |= ((index >> k & 1) << bit).astype(np.int32)
    return sums


# ---- columns ---------------------------------------------------------------------------


def _local(mask: int, layout: Layout, width: int) -> int:
    """A mask over lanes as a mask over the bits of the block's index."""
    return sum(1 << (width - 1 - k) for k in range(width) if mask >> layout[k] & 1)


def _blocks(blocks: list[FusedBlock], layouts: list[Layout], width: int, tail: int) -> Blocks:
    depth = max((len(block.rotations) for block in blocks), default=0) or 1
    shape = (len(blocks), depth)
    x, z, mask, value = (np.zeros(shape, np.int32) for _ in range(4))
    constant = np.zeros(shape)
    near = np.zeros((len(blocks), width - 1), np.bool_)
    far = np.zeros((len(blocks), tail), np.bool_)
    terms: list[tuple[int, float, int]] = []
    for b, block in enumerate(blocks):
        layout = layouts[b + 1]
        for d, rotation in enumerate(block.rotations):
            x[b, d], z[b, d] = _local(rotation.x, layout, width), _local(rotation.z, layout, width)
            constant[b, d] = rotation.constant
            terms += [(b * depth + d, c, slot) for c, slot in rotation.terms]
            if rotation.condition is not None:
                mask[b, d] = _local(1 << rotation.condition[0], layout, width)
                value[b, d] = mask[b, d] * rotation.condition[1]
        if block.merge is not None:
            near[b] = [lane in block.merge.labels for lane in layout[1:width]]
            far[b] = [lane in block.merge.labels for lane in layout[len(layout) - tail :]]
    tables = [moves(a, b) for a, b in pairwise(layouts)]
    high, low = (np.stack([m[k] for m in tables]) for k in range(2))
    sign = np.bitwise_count(x & z).astype(np.int32)
    merges = np.array([block.merge is not None for block in blocks])
    columns = BlockColumns(high, low, x, z, sign, mask, value, merges, near, far)
    row, coefficient, slot = zip(*terms, strict=True) if terms else ((), (), ())
    return Blocks(
        columns, width == len(layouts[0]), width, tail, any(a != layouts[0] for a in layouts[1:]),
        bool(merges.any()), bool(mask.any()), constant.reshape(-1), np.array(row, np.int32),
        np.array(coefficient, np.float64), np.array(slot, np.int32),
    )  # fmt: skip
