"""The outputs of a circuit from a state that is sharded over devices."""

from __future__ import annotations

from collections.abc import Iterable

import jax.numpy as jnp
import numpy as np
from jax import Array, lax

from qdsl.backends.jax.devices import Devices
from qdsl.backends.jax.outputs import (
    Word,
    among_zeros,
    evaluate,
    letters_of,
    marginal,
    scaled,
    weights,
    words_of,
)
from qdsl.backends.jax.sharding import LanePlaces, to_local
from qdsl.backends.jax.tape import Tape
from qdsl.ir.stages import Eigenvalue, Expectation, Output, Overlap, Probability, Sample
from qdsl.records import dataclass

MOST_OUTCOMES = 20  # qubits of a distribution, which every device has as a whole


def measured(
    group: Devices, place: LanePlaces, tape: Tape, psi: Array, slots: Array
) -> tuple[Array, ...]:
    """All outputs, the same on every device. ValueError for one that needs more qubits together
    than a device has, or whose distribution is too long."""
    state = _State(group, place, tape, psi, slots)
    return tuple(state.output(output) for output in tape.circuit.outputs)


@dataclass(frozen=True, slots=True, eq=False)
class _State:
    group: Devices
    place: LanePlaces
    tape: Tape
    psi: Array
    slots: Array

    def output(self, output: Output) -> Array:
        if isinstance(output, Expectation):
            return scaled(self._expectation(output), output.scales, self.slots)
        if isinstance(output, Overlap):
            return self._overlap(output)
        flags = output.flags if isinstance(output, Eigenvalue) else ()
        lanes = [self.tape.qubit_lane[q] for q in (*flags, *output.qubits)]
        most = min(MOST_OUTCOMES, len(self.place.local))
        is_wide = most < len(lanes) <= MOST_OUTCOMES
        if is_wide and isinstance(output, Sample | Probability) and not letters_of(output):
            return self._distribution(output, lanes)
        if len(lanes) > most:
            raise ValueError(
                f"an output of {len(lanes)} qubits together is too wide for this sharded state: "
                f"it may have {most}, and distributions of outcomes {MOST_OUTCOMES}"
            )
        exchanges, place = to_local(self.place, lanes)
        psi = self.psi
        for exchange in exchanges:
            psi = self.group.exchanged(exchange, psi)
        part = evaluate(output, self.tape, place.local, psi, self.slots)
        is_shared = isinstance(output, Eigenvalue) and output.is_list  # of the data alone
        return part if is_shared else self.group.total(part)

    def _distribution(self, output: Sample | Probability, lanes: list[int]) -> Array:
        """Of lanes some of which are global: each device has its own part of it."""
        own = tuple(lane for lane in lanes if lane in self.place.local)
        part = marginal(own, self.place.local, weights(self.psi)).reshape((2,) * len(own))
        for k, lane in enumerate(lanes):
            if lane not in own:
                here = jnp.arange(2) == self.group.bit(self.place, lane)
                shape = [2 if axis == k else 1 for axis in range(part.ndim + 1)]
                part = jnp.expand_dims(part, k) * here.reshape(shape)
        found = self.group.total(part.reshape(-1))
        return among_zeros(found, output.zeros) if isinstance(output, Probability) else found

    # ---- expectations ----------------------------------------------------------------------

    def _expectation(self, output: Expectation) -> Array:
        """Words that flip the same global lanes have one exchange of all amplitudes."""
        by_flips: dict[int, list[Word]] = {}
        width = len(self.place.local)
        for word in words_of(output, self.tape, (*self.place.devices, *self.place.local)):
            by_flips.setdefault(word[1] >> width, []).append(word)
        found = 0 * self.psi[0].real
        for flips, words in sorted(by_flips.items()):
            found += self._words(words, self._flipped(flips))
        return self.group.total(found)

    def _flipped(self, flips: int) -> Array:
        other = self.psi
        for axis in self._axes(flips):
            other = self.group.flipped(axis, other)
        return other

    def _axes(self, mask: int) -> Iterable[int]:
        count = len(self.group.axes)
        return [axis for axis in range(count) if mask >> (count - 1 - axis) & 1]

    def _words(self, words: list[Word], other: Array) -> Array:
        """This device's part of the sum of coefficient * <psi|P|psi>. `other`: the amplitudes of
        the device to which the words flip this one."""
        width = len(self.place.local)
        low = (1 << width) - 1
        psi = self.psi
        index = lax.iota(jnp.int32, 1 << width)
        powers = jnp.asarray([1, 1j, -1, -1j], psi.dtype)

        def body(total: Array, word: tuple[Array, ...]) -> tuple[Array, None]:
            factor, x, z, quarters, minus = word
            source = index ^ x
            turns = quarters + 2 * (lax.population_count(source & z) & 1)
            moved = other.at[source].get(mode="promise_in_bounds", unique_indices=True)
            sign = 1 - 2 * (lax.population_count(minus & self.group.index()) & 1)
            mean = jnp.sum((psi.conj() * powers[turns & 3] * moved).real)
            return total + factor * sign.astype(factor.dtype) * mean, None

        xs = (
            jnp.asarray(np.array([c for c, _, _ in words]), psi.real.dtype),
            jnp.asarray(np.array([x & low for _, x, _ in words], np.int32)),
            jnp.asarray(np.array([z & low for _, _, z in words], np.int32)),
            jnp.asarray(np.array([_quarters(x, z, width) for _, x, z in words], np.int32)),
            jnp.asarray(np.array([z >> width for _, _, z in words], np.int32)),
        )
        return lax.scan(body, 0 * psi[0].real, xs)[0]

    # ---- overlaps --------------------------------------------------------------------------

    def _overlap(self, output: Overlap) -> Array:
        lane = self.tape.qubit_lane
        odd = lax.iota(jnp.int32, self.psi.size) & 0
        for left, right in zip(output.left, output.right, strict=True):
            a, b = (self.group.bit(self.place, lane[q]) for q in (left, right))
            odd = odd ^ (a & b)
        signs = (1 - 2 * odd).astype(self.psi.real.dtype)
        return self.group.total(jnp.sum(weights(self.psi) * signs))


def _quarters(x: int, z: int, width: int) -> int:
    """The power of i in front of a word: one for each Y, and -1 for each that the flip of the
    device's own index turns."""
    return (x & z).bit_count() + 2 * ((x & z) >> width).bit_count()
