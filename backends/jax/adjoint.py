"""The adjoint method: derivatives of the final state that hold two states, whatever the depth.

Without merges every step of a tape can be undone, so the backward sweep takes the operations off
the final state one by one instead of keeping what lay between [1]. Beside the state it carries
the conjugated cotangent, which transforms alike; where a block gave `M`, the derivative by `M`
is one product of the two, and those by the angles follow on matrices of the block's size.

Large states are held as real and imaginary parts, as XLA multiplies real matrices faster.

[1] T. Jones, J. Gacon, "Efficient calculation of gradients in classical simulations of
variational quantum algorithms", arXiv:2009.02823.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt
from jax import Array, lax

from qdsl.backends.jax.blocks import BlockColumns, Blocks, EncodeBlock, Segment, subset_sums
from qdsl.backends.jax.matrices import combined, eigenvectors
from qdsl.backends.jax.state import (
    LaneState,
    angles_of,
    dilation,
    direction,
    encode,
    permuted,
    reflected,
    start,
    turned,
)

Table = npt.NDArray[np.generic]

CHUNK = 32  # blocks whose matrices are made together


def can_be_undone(segments: tuple[Segment, ...]) -> bool:
    return not any(isinstance(s, Blocks) and s.merges for s in segments)


def evolution(
    segments: tuple[Segment, ...], n_lanes: int, dtype: np.dtype[np.generic]
) -> Callable[[Array], LaneState]:
    """The final state as a function of the extended slot values, with the adjoint rule.

    Reverse mode only, to any order; for second derivatives take `jacrev` of `grad`.
    """

    def forward(slots: Array) -> LaneState:
        state = start(n_lanes, dtype)
        for segment in segments:
            if isinstance(segment, EncodeBlock):
                state = encode(segment, state, slots)
            else:
                psi = _applied(segment, state.amplitudes, angles_of(segment, slots))
                state = LaneState(psi, state.defect)
        return state

    def kept(slots: Array) -> tuple[LaneState, tuple[Array, Array]]:
        state = forward(slots)
        return state, (state.amplitudes, slots)

    def backward(residuals: tuple[Array, Array], cotangent: LaneState) -> tuple[Array]:
        psi, slots = residuals
        lam = cotangent.amplitudes.conj()
        total = jnp.zeros_like(slots)
        for segment in reversed(segments):
            if isinstance(segment, EncodeBlock):
                psi, lam, gradient = _encoding_undone(segment, psi, lam, slots)
            else:
                angles, by_slots = jax.vjp(lambda s, b=segment: angles_of(b, s), slots)
                psi, lam, by_angle = _undone(segment, psi, lam, angles)
                (gradient,) = by_slots(by_angle)
            total = total + gradient
        return (total,)

    rule = jax.custom_vjp(forward)
    rule.defvjp(kept, backward)
    return rule


def _encoding_undone(
    block: EncodeBlock, psi: Array, lam: Array, slots: Array
) -> tuple[Array, Array, Array]:
    before = _unencoded(block, psi, slots)
    zero = jnp.zeros((), before.real.dtype)
    _, pull = jax.vjp(lambda p, s: encode(block, LaneState(p, zero), s).amplitudes, before, slots)
    cotangent, gradient = pull(lam.conj())
    return before, cotangent.conj(), gradient


def _unencoded(block: EncodeBlock, psi: Array, slots: Array) -> Array:
    """What `encode` made `psi` of; for amplitudes, in |0...0> of the encoded lanes."""
    step = block.step
    rows = psi.reshape(1 << len(step.lanes), -1)
    data = slots[step.reference.start : step.reference.start + step.reference.size]
    match step.name:
        case "amplitude":
            padded = jnp.zeros(rows.shape[0], data.dtype).at[: len(data)].set(direction(data))
            first = padded @ rows
            before = jnp.zeros_like(rows).at[0].set(first)
        case "reflect":
            before = reflected(rows, data)
        case "diagonal":
            radians = data * (jnp.pi if step.reference.kind == "bits" else 1.0)
            padded = jnp.zeros(rows.shape[0], data.dtype).at[: len(data)].set(radians)
            before = jnp.exp(-1j * padded)[:, None].astype(rows.dtype) * rows
        case "block":
            before = dilation(data.reshape(step.reference.shape), rows.shape[0]).T @ rows
        case "lcu":
            before = combined(data.reshape(step.reference.shape), rows, inverse=True)
        case "eigenbasis":
            vectors = eigenvectors(data.reshape(step.reference.shape), rows.shape[0])
            before = vectors.astype(rows.dtype) @ rows
        case _:
            order = jnp.arange(rows.shape[0]).at[: len(data)].set(jnp.round(data).astype(int))
            before = rows[jnp.argsort(order)]
    if step.condition is not None:
        bit = lax.iota(jnp.int32, psi.shape[0]) >> block.condition_bit & 1
        before = jnp.where((bit == step.condition[1]).reshape(rows.shape), before, rows)
    moves = _inverse(np.asarray(block.high), np.asarray(block.low))
    return permuted(before.reshape(-1), *map(jnp.asarray, moves))


# ---- blocks ----------------------------------------------------------------------------


def _applied(blocks: Blocks, psi: Array, angles: Array) -> Array:
    """All blocks, in order."""
    columns = _constants(blocks)

    if blocks.direct:

        def turn(rows: Array, block: tuple[BlockColumns, Array]) -> tuple[Array, None]:
            return turned(rows, *block, blocks.conditional), None

        rows, _ = lax.scan(turn, psi[:, None], (columns, angles))
        return rows.reshape(-1)

    def step(parts: Array, block: tuple[BlockColumns, Array]) -> tuple[Array, None]:
        moved = _moved(parts, block[0].high, block[0].low)
        return _multiplied(_real(block[1]), moved), None

    def chunk(parts: Array, part: tuple[BlockColumns, Array]) -> tuple[Array, None]:
        return lax.scan(step, parts, (part[0], _matrices(blocks, *part)))

    parts, _ = _chunked(chunk, _parts(psi), (columns, angles), reverse=False)
    return _joined(parts)


def _undone(blocks: Blocks, psi: Array, lam: Array, angles: Array) -> tuple[Array, Array, Array]:
    """State and conjugated cotangent before all blocks, and the derivative by the angles."""
    columns = _constants(blocks)

    if blocks.direct:

        def unturn(pair: tuple[Array, Array], block: tuple[BlockColumns, Array]) -> Any:
            psi, lam, gradient = _unturned(*pair, *block, blocks.conditional)
            return (psi, lam), gradient

        both, gradient = lax.scan(
            unturn, (psi[:, None], lam[:, None]), (columns, angles), reverse=True
        )
        return both[0].reshape(-1), both[1].reshape(-1), gradient

    def step(pair: tuple[Array, Array], block: tuple[tuple[Array, Array], Array]) -> Any:
        (high, low), matrix = block
        inverse = _real(matrix.conj().T)
        before = _multiplied(inverse, pair[0])
        gradient = _product(pair[1], before, matrix.shape[0])
        after = (before, _multiplied(inverse, pair[1]))
        return tuple(_moved(parts, high, low) for parts in after), gradient

    def chunk(pair: tuple[Array, Array], part: Any) -> Any:
        back, own, its_angles = part
        matrices = _matrices(blocks, own, its_angles)
        pair, by_matrix = lax.scan(step, pair, (back, matrices), reverse=True)
        *_, gradient = jax.vmap(lambda m, g, c, a: _unturned(m, g, c, a, blocks.conditional))(
            matrices, by_matrix, own, its_angles
        )
        return pair, gradient

    xs = (_inverse_moves(blocks.columns), columns, angles)
    both, gradient = _chunked(chunk, (_parts(psi), _parts(lam)), xs, reverse=True)
    return _joined(both[0]), _joined(both[1]), gradient


def _constants(blocks: Blocks) -> BlockColumns:
    return BlockColumns(*(jnp.asarray(c) for c in blocks.columns))


def _chunked(chunk: Any, carry: Any, xs: Any, reverse: bool) -> tuple[Any, Any]:
    """Scan `chunk` over parts of `CHUNK` rows of `xs` and one shorter rest, at the end."""
    count = len(jax.tree.leaves(xs)[0])
    main = count // CHUNK * CHUNK
    whole = jax.tree.map(lambda c: c[:main].reshape(main // CHUNK, CHUNK, *c.shape[1:]), xs)
    rest = jax.tree.map(lambda c: c[main:], xs)
    found: list[Any] = []
    for is_rest in (reverse, not reverse):
        if is_rest and main < count:
            carry, out = chunk(carry, rest)
        elif not is_rest and main:
            carry, out = lax.scan(chunk, carry, whole, reverse=reverse)
            out = jax.tree.map(lambda c: c.reshape(-1, *c.shape[2:]), out)
        else:
            continue
        found.append(out)
    if reverse:
        found.reverse()
    return carry, jax.tree.map(lambda *parts: jnp.concatenate(parts), *found)


def _matrices(blocks: Blocks, columns: BlockColumns, angles: Array) -> Array:
    """What every block multiplies by, complex[blocks, 2**width, 2**width]."""
    one = jnp.eye(1 << blocks.width, dtype=(angles[:1, :1] * 1j).dtype)
    return jax.vmap(lambda c, a: turned(one, c, a, blocks.conditional))(columns, angles)


def _unturned(
    rows: Array, lam: Array, columns: BlockColumns, angles: Array, conditional: bool
) -> tuple[Array, Array, Array]:
    """Takes the rotations of one block off `rows` and `lam`; and the derivative by each angle,
    `Re <lam| -i P/2 |rows>` taken after the rotation."""
    index = lax.iota(jnp.int32, rows.shape[0])
    powers = jnp.asarray([1, 1j, -1, -1j], rows.dtype)

    def body(pair: tuple[Array, Array], turn: tuple[Array, ...]) -> Any:
        x, z, sign, mask, value, angle = turn
        source = index ^ x
        odd = lax.population_count(source & z) & 1
        phases = powers[(sign + 2 * odd + 3) & 3][:, None]  # of -i P
        happens = ((index & mask) == value)[:, None]

        def turned_by(which: Array) -> Array:
            moved = which.at[source].get(mode="promise_in_bounds", unique_indices=True)
            return phases * moved

        turning = tuple(turned_by(which) for which in pair)
        weight = (pair[1].conj() * turning[0]).real
        gradient = jnp.sum(jnp.where(happens, weight, 0.0) if conditional else weight) / 2
        back = tuple(
            jnp.cos(angle / 2) * old - jnp.sin(angle / 2) * new
            for old, new in zip(pair, turning, strict=True)
        )
        if conditional:
            back = tuple(jnp.where(happens, b, p) for b, p in zip(back, pair, strict=True))
        return back, gradient

    xs = (columns.x, columns.z, columns.sign, columns.mask, columns.value, angles)
    (rows, lam), gradient = lax.scan(body, (rows, lam), xs, reverse=True)
    return rows, lam, gradient


# ---- real and imaginary parts: float[2, 2**lanes] ----------------------------------------


def _parts(psi: Array) -> Array:
    return jnp.stack([psi.real, psi.imag])


def _joined(parts: Array) -> Array:
    return lax.complex(parts[0], parts[1])


def _moved(parts: Array, high: Array, low: Array) -> Array:
    index = (high[:, None] + low[None, :]).reshape(-1)
    return parts.at[:, index].get(mode="promise_in_bounds", unique_indices=True)


def _real(matrix: Array) -> Array:
    """The matrix that acts on real parts above imaginary ones."""
    return jnp.block([[matrix.real, -matrix.imag], [matrix.imag, matrix.real]])


def _multiplied(real: Array, parts: Array) -> Array:
    return (real @ parts.reshape(real.shape[0], -1)).reshape(parts.shape)


def _product(lam: Array, psi: Array, size: int) -> Array:
    """`lam psi^dagger` over the rows of a block, complex[size, size]."""
    found = lam.reshape(2 * size, -1) @ psi.reshape(2 * size, -1).T
    found = found.reshape(2, size, 2, size)
    return lax.complex(found[0, :, 0] + found[1, :, 1], found[1, :, 0] - found[0, :, 1])


def _inverse_moves(columns: BlockColumns) -> tuple[Array, Array]:
    """The tables `high` and `low` that move every block's amplitudes back."""
    pairs = [_inverse(h, low) for h, low in zip(columns.high, columns.low, strict=True)]
    highs, lows = zip(*pairs, strict=True)
    return jnp.asarray(np.stack(highs)), jnp.asarray(np.stack(lows))


def _inverse(high: Table, low: Table) -> tuple[Table, Table]:
    old = [
        int(t[1 << k]).bit_length() - 1 for t in (low, high) for k in range(len(t).bit_length() - 1)
    ]
    back = np.argsort(old).tolist()
    half = len(low).bit_length() - 1
    return subset_sums(back[half:]), subset_sums(back[:half])
