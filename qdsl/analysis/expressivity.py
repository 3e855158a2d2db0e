"""What functions of its data a model can be: frequencies, and dimensions that parameters reach.

A circuit in which data x enter by rotations exp(-i c x P / 2) and by diagonal phases exp(i x_j)
is, for fixed parameters, a trigonometric polynomial of x, whose `frequencies` are counted: they
bound what the model can be from above, whatever the parameters do. An amplitude encoding gives
quadratic forms instead: N (N + 1) / 2 dimensions, one of them fixed by the norm.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from qdsl.analysis.frequencies import Frequency, encodings, sums
from qdsl.records import dataclass

if TYPE_CHECKING:
    from qdsl.ir.stages import Circuit
    from qdsl.ir.values import Floats

MAX_FREQUENCIES = 50_000
MAX_QUBITS = 14  # for the effective dimension
MAX_PARAMETERS = 400
EXTRA_POINTS = 10  # data sets beyond the number of parameters, for the Jacobian
RANK_TOLERANCE = 1e-8


@dataclass(frozen=True, slots=True)
class Expressivity:
    """What can be said of a model at one size.

    - `numbers`: numbers of data; `uploads`: encodings of them into the circuit;
    - `frequencies`: how many the spectrum has, None beyond 50,000 or where data are amplitudes or
      multiply parameters (then `why` says so);
    - `quadratic`: dimensions of the quadratic forms of data loaded as amplitudes, once;
    - `parameters`, and `dimension`: the rank of the derivatives of the outputs with respect to
      them, at a random point and on more data than parameters; None where that is too large.
    """

    numbers: int
    uploads: int
    frequencies: int | None
    quadratic: int | None
    parameters: int
    dimension: int | None
    why: str = ""


def expressivity(circuit: Circuit, seed: int = 0) -> Expressivity:
    """Analyse a source circuit. Deterministic for a seed."""
    slots = _data_slots(circuit)
    found = encodings(circuit, slots)
    why = found.why
    spread = None if why else sums(found.generators, len(slots), MAX_FREQUENCIES)
    if spread is None and not why:
        why = f"more than {MAX_FREQUENCIES:,} frequencies"
    parameters = sum(v.size for v in circuit.values.vectors if v.role == "param")
    dimension, reason = _dimension(circuit, parameters, seed)
    quadratic = sum(n * (n + 1) // 2 - 1 for n in found.loaded) if found.loaded else None
    said = "; ".join(part for part in (why, reason) if part)
    return Expressivity(
        len(slots), found.uploads, None if spread is None else len(spread),
        quadratic, parameters, dimension, said,
    )  # fmt: skip


def spectrum(circuit: Circuit) -> frozenset[Frequency] | None:
    """The accessible frequencies; None where they are too many or no frequencies."""
    slots = _data_slots(circuit)
    found = encodings(circuit, slots)
    return None if found.why else sums(found.generators, len(slots), MAX_FREQUENCIES)


def _data_slots(circuit: Circuit) -> dict[int, int]:
    """The place of every number of data among them all."""
    slots = (
        s
        for v in circuit.values.vectors
        if v.role == "data"
        for s in range(v.start, v.start + v.size)
    )
    return {slot: k for k, slot in enumerate(slots)}


# ---- what parameters reach -------------------------------------------------------------


def _dimension(circuit: Circuit, parameters: int, seed: int) -> tuple[int | None, str]:
    if not parameters:
        return None, "no parameters"
    if circuit.n_qubits > MAX_QUBITS or parameters > MAX_PARAMETERS:
        many = f"{circuit.n_qubits} qubits and {parameters} parameters"
        return (
            None,
            f"{many}: the effective dimension is computed up to {MAX_QUBITS} and {MAX_PARAMETERS}",
        )
    return _rank(_jacobian(circuit, parameters, seed)), ""


def _rank(matrix: Floats) -> int:
    singular = np.linalg.svd(matrix, compute_uv=False)
    return int((singular > RANK_TOLERANCE * max(float(singular.max(initial=0.0)), 1.0)).sum())


def _jacobian(circuit: Circuit, parameters: int, seed: int) -> Floats:
    """Derivatives of all outputs on random data, float[points * outputs, parameters]."""
    import jax
    import jax.numpy as jnp

    from qdsl.backends.jax.jax import compile_function, precise
    from qdsl.ir.random_values import random_slot_values

    function = compile_function(circuit)
    vectors = circuit.values.vectors
    trained = {v.name: v.size for v in vectors if v.role == "param"}
    points = parameters + EXTRA_POINTS if len(trained) < len(vectors) else 1
    draws = [random_slot_values(circuit.values, seed + k) for k in range(points)]
    data = {
        v.name: np.stack([d[v.start : v.start + v.size].reshape(v.shape) for d in draws])
        for v in vectors
        if v.role != "param"
    }
    flat = np.random.default_rng(seed).uniform(-np.pi, np.pi, parameters)

    def outputs(angles: jax.Array, item: dict[str, jax.Array]) -> jax.Array:
        given, start = dict(item), 0
        for name, size in trained.items():
            shape = circuit.values.vector(name).shape
            given[name] = angles[start : start + size].reshape(shape)
            start += size
        return jnp.concatenate([jnp.ravel(o) for o in function(given)])

    with precise():
        rows = (
            jax.jit(jax.vmap(jax.jacrev(outputs), in_axes=(None, 0)))(
                jnp.asarray(flat), {k: jnp.asarray(v) for k, v in data.items()}
            )
            if data
            else jax.jacrev(outputs)(jnp.asarray(flat), {})
        )
    return np.asarray(rows, np.float64).reshape(-1, parameters)


# ---- growth ----------------------------------------------------------------------------


def growth(counts: list[int | None]) -> str:
    """How counts at equally spaced sizes grow; "" for fewer than three, and for no law of these."""
    known = [c for c in counts if c is not None]
    if len(known) < 3 or len(known) < len(counts):
        return ""
    steps = np.diff(known)
    if not steps.any():
        return "constant"
    if (np.diff(steps) == 0).all():
        return "linear"
    if steps[-1] == 0:
        return "saturates"
    ratios = np.array(known[1:]) / np.maximum(known[:-1], 1)
    if (ratios >= 2).all():
        return "exponential here: at least doubles"
    if (np.diff(steps) <= 0).all():
        return "slower than linear, or linear from a later size on"
    return "faster than linear" if (np.diff(steps) >= 0).all() else ""
