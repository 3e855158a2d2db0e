"""The outputs of a circuit, from the final amplitudes of its tape, in JAX."""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_never

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax

from qdsl.backends.jax.blocks import Layout
from qdsl.backends.jax.matrices import alpha, eigenvalues, mean_of
from qdsl.backends.jax.state import norm
from qdsl.backends.jax.tape import Tape
from qdsl.ir.encodings import Scale
from qdsl.ir.stages import (
    Eigenvalue,
    Expectation,
    Output,
    Overlap,
    Probability,
    Sample,
    outcome_of,
)
from qdsl.ir.state_vectors import PAULI_BASES

Word = tuple[float, int, int]  # coefficient, and the qubits of X or Y and of Z or Y as bits


def evaluate_all(
    outputs: Sequence[Output], tape: Tape, layout: Layout, psi: Array, slots: Array
) -> tuple[Array, ...]:
    """`evaluate` of each, in the memory of one: a compiled function keeps the copies of the state
    of all its loops, so the expectations of single words go in one."""
    single = [
        k
        for k, o in enumerate(outputs)
        if isinstance(o, Expectation) and len(o.terms) == 1 and not o.scales
    ]
    found = dict(
        zip(single, _of_words([outputs[k] for k in single], tape, layout, psi), strict=True)
    )
    return tuple(
        found[k] if k in found else evaluate(output, tape, layout, psi, slots)
        for k, output in enumerate(outputs)
    )


def _of_words(outputs: Sequence[Output], tape: Tape, layout: Layout, psi: Array) -> list[Array]:
    """Expectations of one word each."""
    words = [_words(o, tape, layout) for o in outputs if isinstance(o, Expectation)]
    found = [jnp.zeros((), psi.real.dtype)] * len(words)
    for kind, flips in enumerate((False, True)):
        chosen = [k for k, pair in enumerate(words) if pair[kind]]
        each = _means([words[k][kind][0] for k in chosen], psi, flips)[1]
        for place, k in enumerate(chosen):
            found[k] = each[place]
    return found


def evaluate(output: Output, tape: Tape, layout: Layout, psi: Array, slots: Array) -> Array:
    """A scalar (expectation, overlap) or the distribution of the qubits, float[2**k]."""
    match output:
        case Expectation(scales=scales):
            return scaled(_expectation(output, tape, layout, psi), scales, slots)
        case Probability() | Sample():
            lanes = tuple(tape.qubit_lane[q] for q in output.qubits)
            letters = letters_of(output)
            found = marginal(lanes, layout, _weights_in(letters, lanes, tape, layout, psi))
            return among_zeros(found, output.zeros) if isinstance(output, Probability) else found
        case Overlap():
            return _overlap(output, tape, layout, weights(psi))
        case Eigenvalue():
            return _eigenvalue(output, tape, layout, psi, slots)
        case _:
            assert_never(output)


def letters_of(output: Sample | Probability) -> str:
    """The Pauli bases in which its qubits are read; "" where all are Z."""
    return output.letters.strip("Z") and output.letters if isinstance(output, Probability) else ""


def among_zeros(shares: Array, zeros: tuple[int, ...]) -> Array:
    """The distribution of the same bits with constants between them."""
    if not zeros:
        return shares
    width = (shares.size - 1).bit_length()
    places = [int(outcome_of(i, width, zeros), 2) for i in range(shares.size)]
    wider = jnp.zeros(shares.size << len(zeros), shares.dtype)
    return wider.at[np.array(places)].set(shares)


def scaled(mean: Array, scales: Sequence[Scale], slots: Array) -> Array:
    """A mean of encoded data, which are divided by these scales, as that of the data."""
    for scale in scales:
        mean *= _scale(scale, slots) ** 2
    return mean


def _scale(scale: Scale, slots: Array) -> Array:
    reference = scale.reference
    data = slots[reference.start : reference.start + reference.size]
    matrix = data.reshape(reference.shape)
    if scale.kind == "lcu":
        return alpha(matrix)
    spectral = scale.kind == "spectral"
    found: Array = jnp.linalg.norm(matrix, 2) if spectral else norm(data)
    return found


def _eigenvalue(output: Eigenvalue, tape: Tape, layout: Layout, psi: Array, slots: Array) -> Array:
    """Flags that are 1 count as 0; the rows are the basis states of the output's qubits."""
    reference, size = output.matrix, 2 ** len(output.qubits)
    matrix = slots[reference.start : reference.start + reference.size].reshape(reference.shape)
    factor = jnp.ones((), psi.real.dtype)
    for scale in output.scales:
        factor *= _scale(scale, slots) ** 2
    if output.is_list:
        return eigenvalues(matrix, size) * factor
    places = [layout.index(tape.qubit_lane[q]) for q in (*output.flags, *output.qubits)]
    moved = jnp.moveaxis(psi.reshape((2,) * len(layout)), places, range(len(places)))
    rows = moved.reshape(2 ** len(output.flags), size, -1)[0]
    return mean_of(matrix, rows) * factor


def weights(psi: Array) -> Array:
    """|psi_i|^2, with a derivative where psi_i is 0."""
    return psi.real**2 + psi.imag**2


def _weights_in(
    letters: str, lanes: tuple[int, ...], tape: Tape, layout: Layout, psi: Array
) -> Array:
    """`weights` where lanes are read in the bases of these Pauli operators. A label holds a bit:
    in another basis than Z its outcomes are equally likely."""
    turned = {n: a for n, a in zip(lanes, letters, strict=False) if a != "Z"}
    shape = (2,) * len(layout)
    for lane, letter in turned.items():
        if lane not in tape.labels:
            place = layout.index(lane)
            basis = jnp.asarray(PAULI_BASES[letter], psi.dtype)
            axes = jnp.tensordot(basis, psi.reshape(shape), axes=(1, place))
            psi = jnp.moveaxis(axes, 0, place).reshape(-1)
    found = weights(psi)
    for lane in turned:
        if lane in tape.labels:
            mean = found.reshape(shape).mean(layout.index(lane), keepdims=True)
            found = jnp.broadcast_to(mean, shape).reshape(-1)
    return found


def bit_of(lane: int, layout: Layout) -> int:
    """Where a lane stands in the amplitude index, 0 for the least significant."""
    return len(layout) - 1 - layout.index(lane)


def marginal(lanes: tuple[int, ...], layout: Layout, probabilities: Array) -> Array:
    """The distribution over the values of some lanes, the first the most significant."""
    places = [layout.index(lane) for lane in lanes]
    others = tuple(k for k in range(len(layout)) if k not in places)
    summed = jnp.sum(probabilities.reshape((2,) * len(layout)), axis=others)
    order = np.argsort(np.argsort(places))
    return jnp.transpose(summed, order.tolist()).reshape(-1)


def _expectation(output: Expectation, tape: Tape, layout: Layout, psi: Array) -> Array:
    diagonal, flips = _words(output, tape, layout)
    return _means(diagonal, psi, flips=False)[0] + _means(flips, psi, flips=True)[0]


def words_of(output: Expectation, tape: Tape, layout: Layout) -> list[Word]:
    """All words of which the mean is not 0 for certain."""
    diagonal, flips = _words(output, tape, layout)
    return diagonal + flips


def _words(output: Expectation, tape: Tape, layout: Layout) -> tuple[list[Word], list[Word]]:
    """The words that flip nothing and those that do, for one loop each. Words that flip a label
    have mean 0 and are left out."""
    flips: list[Word] = []
    diagonal: list[Word] = []
    for term in output.terms:
        x = z = 0
        for qubit, letter in term.paulis:
            lane = tape.qubit_lane[qubit]
            bit = 1 << bit_of(lane, layout)
            x |= bit * (letter in "XY")
            z |= bit * (letter in "YZ")
        if not any(x >> bit_of(lane, layout) & 1 for lane in tape.labels):
            (flips if x else diagonal).append((term.coefficient, x, z))
    return diagonal, flips


def _means(words: list[Word], psi: Array, flips: bool) -> tuple[Array, Array]:
    """The sum of coefficient * <psi|P|psi> over words, and each of its terms."""
    dtype = psi.real.dtype
    if not words:
        return jnp.zeros((), dtype), jnp.zeros(0, dtype)
    index = lax.iota(jnp.int32, psi.shape[0])
    powers = jnp.asarray([1, 1j, -1, -1j], psi.dtype)
    probabilities = weights(psi)

    @jax.checkpoint  # type: ignore[untyped-decorator, unused-ignore]
    def mean(coefficient: Array, x: Array, z: Array) -> Array:
        if not flips:
            sign = 1 - 2 * (lax.population_count(index & z) & 1)
            return coefficient * jnp.sum(probabilities * sign.astype(dtype))
        source = index ^ x
        quarter = lax.population_count(x & z) + 2 * (lax.population_count(source & z) & 1)
        moved = psi.at[source].get(mode="promise_in_bounds", unique_indices=True)
        return coefficient * jnp.sum((psi.conj() * powers[quarter & 3] * moved).real)

    def body(total: Array, word: tuple[Array, Array, Array]) -> tuple[Array, Array]:
        found = mean(*word)
        return total + found, found

    coefficient, x, z = zip(*words, strict=True)
    masks = jnp.asarray(np.array([x, z], np.int32))
    xs = (jnp.asarray(coefficient, dtype), masks[0], masks[1])
    found: tuple[Array, Array] = lax.scan(body, jnp.zeros((), dtype), xs)
    return found


def _overlap(output: Overlap, tape: Tape, layout: Layout, probabilities: Array) -> Array:
    index = lax.iota(jnp.int32, probabilities.shape[0])
    odd = jnp.zeros_like(index)
    for left, right in zip(output.left, output.right, strict=True):
        a = bit_of(tape.qubit_lane[left], layout)
        b = bit_of(tape.qubit_lane[right], layout)
        odd ^= (index >> a) & (index >> b) & 1
    return jnp.sum(probabilities * (1 - 2 * odd).astype(probabilities.dtype))
