"""A state that is sharded over devices, of one process or of several.

    f = compile_sharded(circuit)           # over all devices that JAX knows
    f({"x": x, "theta": theta})            # a tuple, one entry an output, the same everywhere

Every device holds an equal part of the amplitudes (`sharding` says which), so that 2^g devices hold
states of g qubits more than one. In a job of several processes (`jax.distributed`) every process
makes the same calls with the same values. `f.function` is what runs, for `jit` and `grad`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax
from jax.sharding import Mesh, PartitionSpec

from qdsl.backends.jax.device_outputs import measured
from qdsl.backends.jax.devices import Devices
from qdsl.backends.jax.outputs import weights
from qdsl.backends.jax.plan import (
    COPIES,
    LIMIT_BYTES,
    Given,
    TapePlan,
    certify,
    gib_needed,
    precise,
)
from qdsl.backends.jax.sharding import LaneExchange, LanePlaces, Phase, SpreadEncoding, phases
from qdsl.backends.jax.state import LaneState, direction, run, start
from qdsl.backends.jax.tape import MOST_LANES, tape
from qdsl.ir.stages import Circuit
from qdsl.records import dataclass

LEAST_LOCAL = 2  # lanes in the array of a device
Outcome = tuple[tuple[Array, ...], Array]  # outputs, defect


@dataclass(frozen=True, slots=True, eq=False)
class ShardedFunction:
    """As `CompiledFunction`. `function` takes the values by name, arrays, and gives the outputs and
    the defect; `n_devices` hold `bytes_each` of the state each."""

    function: Callable[[dict[str, Array]], Outcome]
    n_devices: int
    bytes_each: int
    _plan: TapePlan
    _jitted: Callable[[dict[str, Array]], Outcome]

    def __call__(self, values: Given) -> tuple[Array, ...]:
        """ValueError for values that cannot be encoded or are of another size."""
        with precise():
            self._plan.require(values)
            given: Any = {name: np.asarray(v, np.float64) for name, v in values.items()}
            outputs, defect = self._jitted(given)
            certify(jnp.asarray(np.asarray(defect)))
        plain: Any = tuple(np.asarray(output) for output in outputs)
        return tuple(plain)


def compile_sharded(
    circuit: Circuit, devices: Sequence[Any] | None = None, limit_bytes: int = LIMIT_BYTES
) -> ShardedFunction:
    """The outputs of a circuit as a function of its values, in double precision, over `devices`:
    all that JAX knows, of all processes. There have to be a power of 2 of them, and none takes more
    than `limit_bytes`; else ValueError, as for encodings that are too wide for one."""
    chosen = list(jax.devices() if devices is None else devices)
    axes = len(chosen).bit_length() - 1
    if len(chosen) != 1 << axes:
        raise ValueError(f"a state is sharded over 1, 2, 4, 8, ... devices; {len(chosen)} are here")
    recorded = tape(circuit, MOST_LANES + axes)
    local = recorded.n_lanes - axes
    _require_room(circuit.name, recorded.n_lanes, local, limit_bytes)
    planned, place = phases(recorded, axes)
    plan = TapePlan(recorded, (), (), "complex128")
    group = Devices(tuple(f"s{k}" for k in range(axes)))

    def on_device(slots: Array) -> Outcome:
        state = _begun(group, local, plan.kind)
        for phase in planned:
            state = _done(group, phase, state, slots)
        outputs = measured(group, place, recorded, state.amplitudes, slots)
        return outputs, group.total(state.defect)

    mesh = Mesh(np.array(chosen).reshape((2,) * axes), group.axes)
    same: Any = cast("Any", PartitionSpec)()
    everywhere = jax.shard_map(on_device, mesh=mesh, in_specs=same, out_specs=same)

    def function(values: dict[str, Array]) -> Outcome:
        found: Outcome = everywhere(plan.slots(values))
        return found

    return ShardedFunction(function, len(chosen), 16 << local, plan, jax.jit(function))


def _require_room(name: str, lanes: int, local: int, limit_bytes: int) -> None:
    if local < LEAST_LOCAL:
        raise ValueError(f"'{name}' has {lanes} qubits: too few to shard them over these devices")
    if local > MOST_LANES or COPIES * 16 << local > limit_bytes:
        raise ValueError(
            f"simulating '{name}' takes {lanes} qubits at once, and {gib_needed(local)} GiB of "
            f"memory on each device; the limit is {limit_bytes / 2**30:.3g} GiB"
        )


# ---- what a device does ------------------------------------------------------------------


def _begun(group: Devices, lanes: int, kind: np.dtype[Any]) -> LaneState:
    state = start(lanes, kind)
    psi = jnp.where(group.index() == 0, state.amplitudes, 0)
    return LaneState(psi, 0 * psi[0].real)  # each device's own, as a loop has to find it


def _done(group: Devices, phase: Phase, state: LaneState, slots: Array) -> LaneState:
    if isinstance(phase, LaneExchange):
        return state._replace(amplitudes=group.exchanged(phase, state.amplitudes))
    if isinstance(phase, SpreadEncoding):
        return _encoded(group, phase, state, slots)
    return run(phase, state, slots)


def _encoded(group: Devices, phase: SpreadEncoding, state: LaneState, slots: Array) -> LaneState:
    """An encoding whose data every device has and uses a part of."""
    step, place = phase.step, phase.place
    own = tuple(lane for lane in step.lanes if lane in place.local)
    axes = tuple(place.devices.index(lane) for lane in step.lanes if lane in place.devices)
    layout = (*own, *(lane for lane in place.local if lane not in own))
    psi = group.reordered(place.local, layout, state.amplitudes)
    rows = psi.reshape(1 << len(own), -1)
    data = slots[step.reference.start : step.reference.start + step.reference.size]
    defect = state.defect
    happens = jnp.ones((), bool)
    if step.condition is not None:
        lane, value = step.condition
        happens = (group.bit(LanePlaces(place.devices, layout), lane) == value).reshape(-1)
        happens = jnp.broadcast_to(happens, psi.shape).reshape(rows.shape)
    if step.name == "diagonal":
        angles = data * (jnp.pi if step.reference.kind == "bits" else 1.0)
        encoded = jnp.exp(1j * _part(group, phase, angles))[:, None] * rows
    else:
        axis = _part(group, phase, direction(data))[:, None]
        if step.name == "reflect":
            encoded = rows - 2 * axis * group.total((axis[:, 0] @ rows), axes)
        else:
            is_zero = group.is_zero(axes)
            first = group.total(jnp.where(is_zero, rows[0], 0), axes)
            encoded = axis * first
            inside = jnp.zeros(rows.shape, bool).at[0].set(True) & is_zero
            outside = jnp.where(happens & ~inside, weights(lax.stop_gradient(rows)), 0.0)
            defect = defect + jnp.sum(outside)
    psi = jnp.where(happens, encoded, rows).reshape(-1).astype(psi.dtype)
    return LaneState(group.reordered(layout, place.local, psi), defect)


def _part(group: Devices, phase: SpreadEncoding, data: Array) -> Array:
    """The numbers of the rows that this device holds: the local lanes of the encoding, in order."""
    step, place = phase.step, phase.place
    padded = jnp.zeros(1 << len(step.lanes), data.dtype).at[: len(data)].set(data)
    for k, lane in enumerate(step.lanes):
        if lane in place.devices:
            fixed = sum(other not in place.devices for other in step.lanes[:k])
            cube = padded.reshape(1 << fixed, 2, -1)
            index = group.position(place.devices.index(lane))
            padded = lax.dynamic_index_in_dim(cube, index, 1, keepdims=False).reshape(-1)
    return padded
