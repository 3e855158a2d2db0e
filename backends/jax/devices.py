"""What the devices of a sharded state do together, inside `jax.shard_map`."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
from jax import Array, lax

from qdsl.backends.jax.blocks import Layout, moves
from qdsl.backends.jax.sharding import LaneExchange, LanePlaces
from qdsl.backends.jax.state import permuted
from qdsl.records import dataclass


@dataclass(frozen=True, slots=True)
class Devices:
    """2^g devices, on g axes of two places each, the first the most significant."""

    axes: tuple[str, ...]

    def position(self, axis: int) -> Array:
        """Of this device on an axis, 0 or 1."""
        found: Array = lax.axis_index(self.axes[axis])
        return found

    def index(self) -> Array:
        """Of this device among all."""
        found = jnp.zeros((), jnp.int32)
        for axis in range(len(self.axes)):
            found = 2 * found + self.position(axis)
        return found

    def is_zero(self, axes: tuple[int, ...]) -> Array:
        """Is this device at the place 0 of all these axes?"""
        found = jnp.ones((), bool)
        for axis in axes:
            found &= self.position(axis) == 0
        return found

    def total(self, part: Array, axes: tuple[int, ...] | None = None) -> Array:
        """The sum over the devices of all axes, or of these, of what is each device's own."""
        names = self.axes if axes is None else tuple(self.axes[k] for k in axes)
        add: Any = lax.psum
        found: Array = add(part, names) if names else part
        return found

    def flipped(self, axis: int, part: Array) -> Array:
        """What the device at the other place of the axis has."""
        permute: Any = lax.ppermute
        found: Array = permute(part, self.axes[axis], [(0, 1), (1, 0)])
        return found

    def exchanged(self, exchange: LaneExchange, psi: Array) -> Array:
        """A local lane and the lane of an axis in each other's place."""
        front = permuted(psi, jnp.asarray(exchange.high), jnp.asarray(exchange.low))
        to_all: Any = lax.all_to_all
        found: Array = to_all(front.reshape(2, -1), self.axes[exchange.axis], 0, 0, tiled=True)
        return found.reshape(-1)

    def reordered(self, before: Layout, after: Layout, psi: Array) -> Array:
        """The device's own array in another layout."""
        if before == after:
            return psi
        high, low = moves(before, after)
        return permuted(psi, jnp.asarray(high), jnp.asarray(low))

    def bit(self, place: LanePlaces, lane: int) -> Array:
        """The value of a lane: of this device, or int[2**n] of each of its n local lanes'
        amplitudes."""
        if lane in place.devices:
            return self.position(place.devices.index(lane))
        shift = len(place.local) - 1 - place.local.index(lane)
        return lax.iota(jnp.int32, 1 << len(place.local)) >> shift & 1
