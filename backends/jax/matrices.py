"""Matrices of data as operations, in JAX: linear combinations of unitaries, and eigenbases."""

from __future__ import annotations

from typing import Any, cast

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax

from qdsl.ir.lcu import combination


def flagged(rows: Array) -> int:
    """From which row on a flag of an `lcu` is 1: of n + 1 flags and n qubits, 2**n."""
    return 1 << (rows.shape[0].bit_length() // 2 - 1)


def combined(matrix: Array, rows: Array, inverse: bool = False) -> Array:
    """As `qdsl.ir.lcu.applied`, or its inverse. Derivatives go through the branch that succeeds
    only, with alpha held fixed: every output counts that one, times alpha squared."""
    size = flagged(rows)
    weights, source, values = _combination(matrix, size)
    prepare = _preparation(weights).astype(rows.dtype)
    turns = jnp.arccos(jnp.clip(values, -1.0, 1.0))
    phases = jnp.exp(1j * jnp.stack([turns, -turns], axis=1)).reshape(2 * size, size, 1)
    phases = phases.astype(rows.dtype)
    order = jnp.repeat(source, 2, axis=0)
    state = jnp.tensordot(prepare, rows.reshape(2 * size, size, -1), axes=1)
    if inverse:
        back = jnp.argsort(order, axis=1)[:, :, None]
        state = jnp.take_along_axis(phases.conj() * state, back, axis=1)
    else:
        state = phases * jnp.take_along_axis(state, order[:, :, None], axis=1)
    found = jnp.tensordot(prepare, state, axes=1).reshape(rows.shape)
    if inverse:
        return found
    moved = padded(matrix - lax.stop_gradient(matrix), size).T / jnp.sum(weights)
    return found.at[:size].add(moved.astype(rows.dtype) @ rows[:size])


def alpha(matrix: Array) -> Array:
    """What an `lcu` divides by."""
    side = max(matrix.shape)
    weights, _, _ = _combination(matrix, 1 << max((side - 1).bit_length(), 1))
    return jnp.sum(weights)


def _combination(matrix: Array, size: int) -> tuple[Array, Array, Array]:
    """Colours are found by NumPy, outside of the compiled function. Floats go there and back as
    words of 32 bits: the thread of a callback has a precision setting of its own, and would
    round them to single precision."""
    kind = np.dtype(matrix.dtype)
    struct = cast("Any", jax.ShapeDtypeStruct)
    words = kind.itemsize // 4
    shapes = (
        struct((size * words,), np.uint32),
        struct((size, size), np.int32),
        struct((size * size * words,), np.uint32),
    )

    def found(bits: Any) -> tuple[Any, Any, Any]:
        numbers = np.asarray(bits).view(kind).reshape(matrix.shape)
        parts = combination(numbers.astype(np.float64), size.bit_length() - 1)
        weights, values = (
            np.ascontiguousarray(a, kind).reshape(-1).view(np.uint32)
            for a in (parts.weights, parts.values)
        )
        return weights, np.asarray(parts.source, np.int32), values

    bits = lax.bitcast_convert_type(lax.stop_gradient(matrix), np.uint32).reshape(-1)
    weights, source, values = jax.pure_callback(found, shapes, bits, vmap_method="sequential")
    return (
        _floats(weights, kind).reshape(size),
        source,
        _floats(values, kind).reshape(size, size),
    )


def _floats(bits: Array, kind: np.dtype[Any]) -> Array:
    pairs = bits if kind.itemsize == 4 else bits.reshape(-1, 2)
    return lax.bitcast_convert_type(pairs, kind)


def _preparation(weights: Array) -> Array:
    """As `qdsl.ir.lcu.preparation`."""
    state = jnp.repeat(jnp.sqrt(weights / (2 * jnp.sum(weights))), 2)
    normal = jnp.zeros_like(state).at[0].set(1.0) - state
    length = normal @ normal
    return jnp.eye(len(state), dtype=state.dtype) - 2 / length * jnp.outer(normal, normal)


def padded(matrix: Array, size: int) -> Array:
    """Filled up with zeros."""
    rows, columns = matrix.shape
    return jnp.zeros((size, size), matrix.dtype).at[:rows, :columns].set(matrix)


def symmetric(matrix: Array, size: int) -> Array:
    """The symmetric part, filled up with zeros."""
    found = padded(matrix, size)
    return (found + found.T) / 2


def eigenvectors(matrix: Array, size: int) -> Array:
    """The eigenvectors as columns. As a fixed basis: they have no derivative where eigenvalues
    meet, and an output out of this basis needs none (`mean_of`)."""
    return cast("Array", jnp.linalg.eigh(symmetric(lax.stop_gradient(matrix), size))[1])


def eigenvalues(matrix: Array, size: int) -> Array:
    return cast("Array", jnp.linalg.eigvalsh(symmetric(lax.stop_gradient(matrix), size)))


def mean_of(matrix: Array, rows: Array) -> Array:
    """<M> in the state whose amplitudes in M's eigenbasis are `rows`, [2**k, ...]. The derivative
    by M is right, as the basis is the same in `rows` and here."""
    size = rows.shape[0]
    basis = eigenvectors(matrix, size)
    within = (basis.T @ symmetric(matrix, size) @ basis).astype(rows.dtype)
    return jnp.sum((rows.conj() * (within @ rows)).real)
