"""Runs the segments of a tape on a state array, in JAX."""

from __future__ import annotations

from math import isqrt
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax

from qdsl.backends.jax.blocks import BlockColumns, Blocks, EncodeBlock, Segment
from qdsl.backends.jax.matrices import combined, eigenvectors, flagged
from qdsl.ir.values import Values

CHUNK_FROM = 8  # blocks from which intermediate states are recomputed in the backward sweep


class LaneState(NamedTuple):
    """Amplitudes, complex[2**lanes], and the largest defect so far: how far the branches of a
    merge were from proportional, or the weight that an amplitude encoding found outside |0>."""

    amplitudes: Array
    defect: Array


def start(n_lanes: int, dtype: np.dtype[np.generic]) -> LaneState:
    # not `zeros.at[0].set(1)`, which XLA computes, slowly, while it compiles
    amplitudes = (lax.iota(jnp.int32, 1 << n_lanes) == 0).astype(dtype)
    return LaneState(amplitudes, jnp.zeros((), amplitudes.real.dtype))


def extended(values: Values, flat: Array) -> Array:
    """Slot values with the products appended."""
    if not values.products:
        return flat
    longest = max(map(len, values.products))
    one = len(flat)  # a slot of value 1 fills up short products
    factors = np.array([(*p, *[one] * (longest - len(p))) for p in values.products], np.int32)
    padded = jnp.concatenate([flat, jnp.ones(1, flat.dtype)])
    return jnp.concatenate([flat, jnp.prod(padded[factors], axis=1)])


def run(segment: Segment, state: LaneState, slots: Array) -> LaneState:
    """`slots` are the extended slot values."""
    if isinstance(segment, EncodeBlock):
        return encode(segment, state, slots)
    return _loop(segment, state, angles_of(segment, slots))


def angles_of(blocks: Blocks, slots: Array) -> Array:
    """The angles of all rotations, [blocks, depth]."""
    # cast by NumPy: JAX may hold a float64 constant of an earlier call in double precision
    angles = jnp.asarray(blocks.constant.astype(slots.dtype))
    if len(blocks.row):
        coefficient = blocks.coefficient.astype(slots.dtype)
        angles = angles.at[blocks.row].add(coefficient * slots[blocks.slot])
    return angles.reshape(blocks.columns.x.shape)


# ---- the loop --------------------------------------------------------------------------


def _loop(blocks: Blocks, state: LaneState, angles: Array) -> LaneState:
    """Scans over chunks of about the square root of the number of blocks, so that the backward
    sweep holds that many states and no more."""

    def body(state: LaneState, block: tuple[BlockColumns, Array]) -> tuple[LaneState, None]:
        return _block(blocks, state, *block), None

    count = len(blocks.columns.x)
    columns = BlockColumns(*(jnp.asarray(c) for c in blocks.columns))
    if count < CHUNK_FROM:
        return lax.scan(body, state, (columns, angles))[0]
    size = isqrt(count)
    main = count // size * size

    @jax.checkpoint  # type: ignore[untyped-decorator, unused-ignore]
    def chunk(state: LaneState, part: tuple[BlockColumns, Array]) -> tuple[LaneState, None]:
        return lax.scan(body, state, part)

    def cut(column: Array) -> Array:
        return column[:main].reshape(main // size, size, *column.shape[1:])

    state, _ = lax.scan(chunk, state, jax.tree.map(cut, (columns, angles)))
    if main < count:
        state, _ = lax.scan(body, state, jax.tree.map(lambda c: c[main:], (columns, angles)))
    return state


def _block(blocks: Blocks, state: LaneState, columns: BlockColumns, angles: Array) -> LaneState:
    psi = state.amplitudes
    if blocks.permutes:
        psi = permuted(psi, columns.high, columns.low)
    rows = psi.reshape(1 << blocks.width, -1)
    if blocks.direct:
        rows = turned(rows, columns, angles, blocks.conditional)
    else:
        matrix = jnp.eye(1 << blocks.width, dtype=psi.dtype)
        rows = turned(matrix, columns, angles, blocks.conditional) @ rows
    state = LaneState(rows.reshape(-1), state.defect)
    return _merged(blocks, state, columns) if blocks.merges else state


def permuted(psi: Array, high: Array, low: Array) -> Array:
    index = high[:, None] + low[None, :]
    return psi.at[index].get(mode="promise_in_bounds", unique_indices=True).reshape(-1)


def turned(rows: Array, columns: BlockColumns, angles: Array, conditional: bool) -> Array:
    """Pauli rotations, one after the other, on the row index of `rows`."""
    index = lax.iota(jnp.int32, rows.shape[0])
    powers = jnp.asarray([1, 1j, -1, -1j], rows.dtype)

    def body(rows: Array, turn: tuple[Array, ...]) -> tuple[Array, None]:
        x, z, sign, mask, value, angle = turn
        source = index ^ x
        odd = lax.population_count(source & z) & 1
        factor = jnp.sin(angle / 2) * powers[(sign + 2 * odd + 3) & 3]
        moved = rows.at[source].get(mode="promise_in_bounds", unique_indices=True)
        turned = jnp.cos(angle / 2) * rows + factor[:, None] * moved
        if conditional:
            turned = jnp.where(((index & mask) == value)[:, None], turned, rows)
        return turned, None

    xs = (columns.x, columns.z, columns.sign, columns.mask, columns.value, angles)
    return lax.scan(body, rows, xs)[0]


# ---- merging ---------------------------------------------------------------------------


def _merged(blocks: Blocks, state: LaneState, columns: BlockColumns) -> LaneState:
    """Where the block merges, fold the first lane: for every value of the labels the heavier
    branch stands for both, with both weights."""
    shape = (2, 1 << (blocks.width - 1), -1, 1 << blocks.tail)
    first, second = state.amplitudes.reshape(shape)
    overlap = jnp.sum(first.conj() * second, axis=1)
    sums = (jnp.sum(_weights(first), axis=1), jnp.sum(_weights(second), axis=1))
    flags = jnp.concatenate([columns.near, columns.far])
    weight0, weight1, real, imaginary = _by_label((*sums, overlap.real, overlap.imag), flags)
    defect = jnp.max(weight0 * weight1 - real**2 - imaginary**2)
    takes0 = weight0 >= weight1
    heavier = jnp.where(takes0, weight0, weight1)
    some = heavier > 0
    ratio = (weight0 + weight1) / jnp.where(some, heavier, 1.0)
    scale = jnp.where(some, jnp.sqrt(jnp.where(some, ratio, 1.0)), 0.0)
    kept = jnp.where(takes0[:, None], first, second) * scale[:, None]
    folded = jnp.stack([kept, jnp.zeros_like(kept)]).reshape(-1)
    return LaneState(
        jnp.where(columns.merges, folded, state.amplitudes),
        jnp.maximum(state.defect, lax.stop_gradient(jnp.where(columns.merges, defect, 0.0))),
    )


def _weights(psi: Array) -> Array:
    return psi.real**2 + psi.imag**2


def _by_label(sums: tuple[Array, ...], flags: Array) -> Array:
    """Each of `sums`, [near, far], summed over every axis that is no label and spread over it."""
    stacked = jnp.stack(sums)
    index = lax.iota(jnp.int32, sums[0].size)

    def body(spread: Array, axis: tuple[Array, Array]) -> tuple[Array, None]:
        is_label, bit = axis
        other = spread.at[:, index ^ bit].get(mode="promise_in_bounds", unique_indices=True)
        return jnp.where(is_label, spread, spread + other), None

    bits = np.array([1 << k for k in reversed(range(len(flags)))], np.int32)
    spread, _ = lax.scan(body, stacked.reshape(len(sums), -1), (flags, jnp.asarray(bits)))
    return spread.reshape(stacked.shape)


# ---- encodings -------------------------------------------------------------------------


def encode(block: EncodeBlock, state: LaneState, slots: Array) -> LaneState:
    step = block.step
    psi = permuted(state.amplitudes, jnp.asarray(block.high), jnp.asarray(block.low))
    rows = psi.reshape(1 << len(step.lanes), -1)
    data = slots[step.reference.start : step.reference.start + step.reference.size]
    defect = state.defect
    match step.name:
        case "amplitude":
            encoded = _amplitude(rows, data)
            outside = lax.stop_gradient(_weights(rows[1:]))
        case "reflect":
            encoded = reflected(rows, data)
        case "diagonal":
            encoded = _phase(rows, data * (jnp.pi if step.reference.kind == "bits" else 1.0))
        case "block":
            encoded = dilation(data.reshape(step.reference.shape), rows.shape[0]) @ rows
            outside = lax.stop_gradient(_weights(rows[rows.shape[0] // 2 :]))
        case "lcu":
            matrix = data.reshape(step.reference.shape)
            encoded = combined(matrix, rows)
            outside = lax.stop_gradient(_weights(rows[flagged(rows) :]))
        case "eigenbasis":
            matrix = data.reshape(step.reference.shape)
            encoded = eigenvectors(matrix, rows.shape[0]).T.astype(rows.dtype) @ rows
        case _:
            encoded = _relabel(rows, data)
    happens = jnp.ones((), bool)
    if step.condition is not None:
        bit = lax.iota(jnp.int32, psi.shape[0]) >> block.condition_bit & 1
        happens = (bit == step.condition[1]).reshape(rows.shape)
    if step.name in ("block", "lcu"):
        defect = jnp.maximum(defect, jnp.sum(outside))  # a flag was not |0>
    if step.name == "amplitude":
        defect = jnp.maximum(
            defect,
            jnp.sum(jnp.where(happens, 1.0, 0.0)[1:] * outside)
            if step.condition
            else jnp.sum(outside),
        )
    return LaneState(jnp.where(happens, encoded, rows).reshape(-1), defect)


def _amplitude(rows: Array, data: Array) -> Array:
    padded = jnp.zeros(rows.shape[0], data.dtype).at[: len(data)].set(direction(data))
    encoded: Array = padded[:, None] * rows[0]
    return encoded


def direction(data: Array) -> Array:
    """As `qdsl.ir.encodings.direction`: what is squared is near 1, whatever the numbers."""
    down, _ = _scales(data)
    scaled = data * down[0] * down[1]
    found: Array = scaled / jnp.linalg.norm(scaled)
    return found


def norm(data: Array) -> Array:
    """As `qdsl.ir.encodings.norm`."""
    down, up = _scales(data)
    found: Array = jnp.linalg.norm(data * down[0] * down[1]) * up[0] * up[1]
    return found


def _scales(data: Array) -> tuple[tuple[Array, Array], tuple[Array, Array]]:
    """Powers of 2 that bring the largest number near 1, and back: in two steps each, as one
    number may not hold them."""
    exponent = jnp.frexp(lax.stop_gradient(jnp.max(jnp.abs(data))))[1]
    half, one = exponent // 2, jnp.ones((), data.dtype)
    first, second = (jnp.ldexp(one, k) for k in (half, exponent - half))
    return (1 / first, 1 / second), (first, second)


def reflected(rows: Array, data: Array) -> Array:
    """`rows - 2 |x><x| rows`; its own inverse."""
    axis = jnp.zeros(rows.shape[0], data.dtype).at[: len(data)].set(direction(data))
    turned: Array = rows - 2 * axis[:, None] * (axis @ rows)
    return turned


def dilation(matrix: Array, dimension: int) -> Array:
    """As `qdsl.ir.encodings.dilation`, [dimension, dimension].

    Derivatives go through the branch that succeeds only: the other has none where a singular
    value is the largest, and no output counts it.
    """
    half = dimension // 2
    n_rows, n_columns = matrix.shape
    b = jnp.zeros((half, half), matrix.dtype).at[:n_columns, :n_rows].set(matrix.T)
    b /= jnp.linalg.norm(matrix, 2)
    left, singular, right = jnp.linalg.svd(lax.stop_gradient(b))
    rest = jnp.sqrt(jnp.clip(1 - singular**2, 0.0))
    return jnp.block([[b, (left * rest) @ left.T], [(right.T * rest) @ right, -b.T]])


def _phase(rows: Array, radians: Array) -> Array:
    padded = jnp.zeros(rows.shape[0], radians.dtype).at[: len(radians)].set(radians)
    return jnp.exp(1j * padded)[:, None].astype(rows.dtype) * rows


def _relabel(rows: Array, matching: Array) -> Array:
    """Row r of the result is row `matching[r]`; rows beyond the matching stay."""
    order = jnp.arange(rows.shape[0]).at[: len(matching)].set(jnp.round(matching).astype(int))
    return rows[order]
