"""The backend `jax`: exact state-vector simulation, as a pure function of the named values.

    f = compile_function(scheduled)
    f({"x": x, "theta": theta})        # a tuple, one entry an output
    jax.grad(lambda p: f({"x": x, "theta": p})[0])(theta)

Works on every stage, measurement and feed-forward included, under `jit`, `grad` and `vmap`.
Importing this module changes no setting of JAX: a call on plain arrays computes in double
precision by a context of its own; a call inside `jit`, `grad` or `vmap` is in the precision that
its caller has set, so wrap those in `with precise():` (or enable x64 for good).

Nothing is sampled or truncated: every measurement outcome is followed (`_jax_tape`). That two
branches may be merged is checked by their overlap, not assumed.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any, cast

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt
from jax import Array

from qdsl.backends.jax.adjoint import can_be_undone, evolution
from qdsl.backends.jax.outputs import evaluate_all, marginal, weights
from qdsl.backends.jax.plan import (
    COPIES,
    LIMIT_BYTES,
    Given,
    TapePlan,
    arrays,
    certify,
    is_traced,
    plan_stage,
    precise,
)
from qdsl.backends.jax.tape import tape
from qdsl.ir.stages import Sample, Stage
from qdsl.records import dataclass

__all__ = [
    "CompiledFunction", "Samples", "compile_function", "final_state", "memory_needed", "precise",
    "sample",
]  # fmt: skip

CACHED_BYTES = 4 << 20  # states of items at once: more together, and each takes twice as long
Outcome = tuple[tuple[Array, ...], Array]  # outputs, defect


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)  # `jax.jit` needs the weakref
class CompiledFunction:
    """`f(values)` is a tuple with one entry for each output of the circuit: a scalar for an
    expectation or an overlap, the exact distribution float[2**k] of a sample or probability.

    `values` holds one array for every named vector of the program, of its size. Outside of
    `jit` and its kin the values and the merges are checked (ValueError, InternalError); inside
    them take the defect from `with_defect`, which is 0 up to rounding for a correct program.
    Plain arrays in give NumPy arrays out, in double precision unless `dtype` says otherwise.
    """

    plan: TapePlan
    _jitted: Callable[[dict[str, Array]], Outcome]
    _batched: Callable[[dict[str, Array], dict[str, Array]], Outcome]

    def __call__(self, values: Given) -> tuple[Array, ...]:
        return self.with_defect(values)[0]

    def with_defect(self, values: Given) -> tuple[tuple[Array, ...], Array]:
        """The outputs and the largest defect p0 p1 - |<s0|s1>|^2 of a merge."""
        with self._precision(values):
            self.plan.require(values)
            outputs, defect = self._jitted(arrays(values))
        certify(defect)
        return _plain(outputs), _plain((defect,))[0]

    def over_items(self, values: Given, items: Given) -> tuple[Array, ...]:
        """The outputs for every item: `items` holds arrays of one more, leading, axis, `values`
        the vectors that all items share. Every output gets the leading axis."""
        with self._precision(values, items):
            self.plan.require(values, items)
            outputs, defect = self._batched(arrays(values), arrays(items))
        certify(defect)
        return _plain(outputs)

    def _precision(self, *given: Given) -> AbstractContextManager[None]:
        traced = any(is_traced(v) for values in given for v in values.values())
        return nullcontext() if traced or self.plan.dtype == "complex64" else precise()


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """Joint outcomes of shots: for every `Sample` output of the circuit, in order, an array
    int8[shots, number of its qubits], and all source bits, int8[shots, n_bits]."""

    outputs: tuple[npt.NDArray[np.int8], ...]
    bits: npt.NDArray[np.int8]


def compile_function(
    stage: Stage, dtype: str | None = None, limit_bytes: int = LIMIT_BYTES, *, adjoint: bool = False
) -> CompiledFunction:
    """The outputs of a stage as a function of its values.

    `dtype` is "complex64", "complex128" (which needs x64 enabled where it is called), or None:
    double precision on plain arrays, else as the caller's settings say. ValueError if the state
    would not fit in `limit_bytes`. `adjoint`: derivatives by the adjoint method where nothing is
    merged, faster and in the memory of a few states; in reverse mode only.
    """
    plan = plan_stage(stage, dtype, limit_bytes)
    undone = adjoint and can_be_undone(plan.segments)
    outputs = plan.tape.circuit.outputs

    def function(values: dict[str, Array]) -> Outcome:
        slots = plan.slots(values)
        state = (
            evolution(plan.segments, plan.tape.n_lanes, plan.kind)(slots)
            if undone
            else plan.state_of(slots)
        )
        psi = state.amplitudes
        return evaluate_all(outputs, plan.tape, plan.layout, psi, slots), state.defect

    def batched(values: dict[str, Array], items: dict[str, Array]) -> Outcome:
        def one(item: dict[str, Array]) -> Outcome:
            return function(values | item)

        most = min(limit_bytes // COPIES, CACHED_BYTES)
        at_once = max(1, most // (16 << plan.tape.n_lanes))
        if len(next(iter(items.values()), ())) <= at_once:
            found, defects = jax.vmap(one)(items)
        else:  # in parts; the backward sweep computes their states again
            found, defects = jax.lax.map(jax.checkpoint(one), items, batch_size=at_once)
        return found, jnp.max(defects, initial=0.0)

    return CompiledFunction(plan, jax.jit(function), jax.jit(batched))


def sample(
    stage: Stage, values: Given, shots: int, seed: int, limit_bytes: int = LIMIT_BYTES
) -> Samples:
    """Outcomes of `shots` runs, drawn from the exact joint distribution. Same seed, same shots."""
    plan = plan_stage(stage, "complex128", limit_bytes)
    tape_ = plan.tape
    outputs = [o for o in tape_.circuit.outputs if isinstance(o, Sample)]
    wanted = [tape_.qubit_lane[q] for o in outputs for q in o.qubits]
    lanes = tuple(sorted({*wanted, *(lane for lane in tape_.bit_lane if lane >= 0)}))
    state = plan.checked_state(values)
    with precise():
        distribution = np.asarray(marginal(lanes, plan.layout, weights(state.amplitudes)))
    cumulative = np.cumsum(distribution)
    draws = np.random.default_rng(seed).random(shots) * cumulative[-1]
    index = np.minimum(np.searchsorted(cumulative, draws, side="right"), len(cumulative) - 1)
    value = {lane: index >> (len(lanes) - 1 - k) & 1 for k, lane in enumerate(lanes)}
    value[-1] = np.zeros(shots, np.int64)

    def columns(chosen: tuple[int, ...]) -> npt.NDArray[np.int8]:
        found = [value[lane] for lane in chosen]
        return np.array(found, np.int8).reshape(len(chosen), shots).T

    return Samples(
        tuple(columns(tuple(tape_.qubit_lane[q] for q in o.qubits)) for o in outputs),
        columns(tape_.bit_lane),
    )


def final_state(
    stage: Stage, values: Given, limit_bytes: int = LIMIT_BYTES
) -> npt.NDArray[np.complex128]:
    """The final state of the source qubits, complex128[2**n_qubits], with its global phase.

    A distributed program gives it up to a phase. ValueError if the program leaves a mixture: if
    something was measured or reset for good.
    """
    plan = plan_stage(stage, "complex128", limit_bytes)
    if plan.tape.labels:
        raise ValueError("the final state is a mixture: the program measures or resets qubits")
    psi = np.asarray(plan.checked_state(values).amplitudes)
    slots = plan.tape.values.extend(plan.tape.values.flatten(cast("Any", values)))
    constant, terms = plan.tape.phase
    phase = constant + sum(c * slots[slot] for c, slot in terms)
    places = [plan.layout.index(lane) for lane in plan.tape.qubit_lane]
    others = [k for k in range(len(plan.layout)) if k not in places]
    axes = np.transpose(psi.reshape((2,) * len(plan.layout)), (*others, *places))
    return cast(
        "npt.NDArray[np.complex128]", axes.reshape(2 ** len(others), -1)[0] * np.exp(1j * phase)
    )


def _plain(outputs: tuple[Array, ...]) -> tuple[Array, ...]:
    """NumPy arrays: outside `precise` an operation of JAX would cut their precision in half."""
    return tuple(o if is_traced(o) else cast("Array", np.asarray(o)) for o in outputs)


def memory_needed(stage: Stage) -> int:
    """Bytes that a run in double precision takes, about: the copies of one state."""
    return COPIES * 16 << tape(stage).n_lanes
