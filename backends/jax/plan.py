"""A stage made ready to run in JAX, and the checks of values and results."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from importlib import import_module
from types import MappingProxyType
from typing import Any, cast

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt
from jax import Array
from jax.typing import ArrayLike

from qdsl.backends.jax.blocks import Layout, Segment, segments
from qdsl.backends.jax.state import LaneState, extended, run, start
from qdsl.backends.jax.tape import MOST_LANES, Tape, TapeEncoding, tape
from qdsl.diagnostics.diagnostic import InternalError
from qdsl.ir.stages import Stage
from qdsl.ir.values import Values
from qdsl.records import dataclass

LIMIT_BYTES = 2 << 30
TOLERANCE = {"complex64": 1e-4, "complex128": 1e-9}
COPIES = 3  # states alive at once: the old one, the permuted one, the new one

Given = Mapping[str, ArrayLike]


@dataclass(frozen=True, slots=True, eq=False)
class TapePlan:
    """A stage made ready to run: its tape, in segments, and where the lanes stand at the end."""

    tape: Tape
    segments: tuple[Segment, ...]
    layout: Layout
    dtype: str | None

    def state(self, values: Given) -> LaneState:
        """The final state."""
        return self.state_of(self.slots(values))

    def slots(self, values: Given) -> Array:
        """All numbers in one vector, products included, in the precision of the run."""
        slots = extended(self.tape.values, _flat(self.tape.values, values))
        kind = self.kind
        widest = jnp.zeros((), complex).dtype
        if kind.itemsize > widest.itemsize:
            raise ValueError(f"{self.dtype} needs x64 enabled in JAX: see `precise`")
        return slots.astype(np.zeros((), kind).real.dtype)

    def state_of(self, slots: Array) -> LaneState:
        state = start(self.tape.n_lanes, self.kind)
        for segment in self.segments:
            state = run(segment, state, slots)
        return state

    @property
    def kind(self) -> np.dtype[Any]:
        """The type of amplitudes, as the caller's precision has it."""
        return np.dtype(self.dtype or jnp.zeros((), complex).dtype)

    def checked_state(self, values: Given) -> LaneState:
        """The final state in double precision, values and merges checked."""
        with precise():
            self.require(values)
            state: LaneState = jax.jit(self.state)(arrays(values))
        certify(state.defect)
        return state

    def require(self, values: Given, items: Given = MappingProxyType({})) -> None:
        """ValueError where plain values (not traced ones) hold a vector that cannot be encoded:
        amplitudes that are all 0, a matching that is none."""
        for step in self.tape.steps:
            name = step.reference.vector if isinstance(step, TapeEncoding) else ""
            numbers = items.get(name, values.get(name))
            if not isinstance(step, TapeEncoding) or numbers is None or is_traced(numbers):
                continue
            vector = self.tape.values.vector(name)
            begin = step.reference.start - vector.start
            if np.size(numbers) % vector.size == 0:  # else `state` says what is wrong
                for row in np.asarray(numbers, np.float64).reshape(-1, vector.size):
                    _require_encodable(step, row[begin : begin + step.reference.size])


def plan_stage(stage: Stage, dtype: str | None, limit_bytes: int) -> TapePlan:
    if dtype not in (None, *TOLERANCE):
        raise ValueError(f"dtype '{dtype}' is not one of {', '.join(TOLERANCE)}")
    recorded = tape(stage)
    lanes = recorded.n_lanes
    if lanes > MOST_LANES or COPIES * 16 << lanes > limit_bytes:
        raise ValueError(
            f"simulating '{recorded.circuit.name}' takes {lanes} qubits at once, "
            f"{len(recorded.labels)} of them for measured or reset values, and "
            f"{gib_needed(lanes)} GiB of memory; the limit is {limit_bytes / 2**30:.3g} GiB"
        )
    return TapePlan(recorded, *segments(recorded), dtype)


def gib_needed(lanes: int) -> str:
    """By the copies of a state of so many lanes; about, where that is no number any more."""
    return f"{COPIES * 2.0 ** (lanes - 26):.3g}" if lanes < 1000 else f"2**{lanes - 25}"


def arrays(given: Given) -> dict[str, Array]:
    return {name: jnp.asarray(numbers) for name, numbers in given.items()}


def is_traced(numbers: object) -> bool:
    return isinstance(numbers, jax.core.Tracer)


def _flat(values: Values, given: Given) -> Array:
    """One vector of all slots. KeyError for a missing vector, ValueError for a wrong size."""
    parts = [jnp.zeros(0)]
    for v in values.vectors:
        numbers = jnp.asarray(given[v.name]).reshape(-1)
        if numbers.size != v.size:
            raise ValueError(f"'{v.name}' has {numbers.size} numbers; {v.size} are wanted")
        parts.append(numbers.astype(parts[0].dtype))
    return jnp.concatenate(parts)


def _require_encodable(step: TapeEncoding, numbers: npt.NDArray[np.float64]) -> None:
    name = step.reference.vector
    if step.name in ("amplitude", "reflect", "block", "lcu") and not np.any(numbers):
        raise ValueError(f"'{name}' is all zero: there is nothing to encode")
    if step.name == "relabel" and sorted(numbers.tolist()) != list(range(len(numbers))):
        raise ValueError(f"'{name}' is not a perfect matching of 0 to {len(numbers) - 1}")


def certify(defect: Array) -> None:
    if is_traced(defect):
        return
    tolerance = TOLERANCE["complex128" if defect.dtype == np.float64 else "complex64"]
    if not float(defect) <= tolerance:
        raise InternalError(
            "jax",
            "branches-merge-exactly",
            f"two outcomes of a communication primitive leave different states, or an amplitude "
            f"encoding meets qubits outside |0> (defect {float(defect):.3g})",
        )


def precise() -> AbstractContextManager[None]:
    """Double precision inside: `jax.enable_x64`, under the name it has in this release of JAX."""
    home = jax if hasattr(jax, "enable_x64") else import_module("jax.experimental")
    return cast("AbstractContextManager[None]", cast("Any", home).enable_x64(True))
