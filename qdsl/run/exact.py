"""The exact outputs of a stage, by the backend jax."""

from __future__ import annotations

from typing import Any

import numpy as np

from qdsl.ir.stages import Circuit, DistributedCircuit, ScheduledCircuit
from qdsl.run.job import Array, CannotRun, Inputs, StateTooLarge


def compiled(
    stage: Circuit | DistributedCircuit | ScheduledCircuit, *, adjoint: bool = False
) -> Any:
    """The outputs of a stage as a function of its values; CannotRun if it is too large."""
    from qdsl.backends.jax.jax import compile_function

    try:
        return compile_function(stage, adjoint=adjoint)
    except ValueError as error:  # it says what it would take
        raise StateTooLarge(str(error)) from error


def evaluate(stage: Circuit | ScheduledCircuit, inputs: Inputs) -> list[Array]:
    """Exact outputs for every item: arrays (items,) or (items, 2**k)."""
    function = compiled(stage)
    try:
        if not inputs.batched:
            return [np.asarray(o, np.float64)[None] for o in function(inputs.single)]
        columns = function.over_items(inputs.single, inputs.batched)
    except ValueError as error:  # numbers that cannot be encoded
        raise CannotRun(str(error)) from error
    return [np.asarray(o, np.float64) for o in columns]


def evaluate_sharded(circuit: Circuit, inputs: Inputs) -> list[Array]:
    """The same of a source circuit whose state is held by all devices of all processes; items one
    after another."""
    from qdsl.backends.jax.sharded import compile_sharded

    try:
        function = compile_sharded(circuit)
        each = [
            function(inputs.single | {name: a[item] for name, a in inputs.batched.items()})
            for item in range(inputs.items)
        ]
    except ValueError as error:  # too large, or numbers that cannot be encoded
        raise CannotRun(str(error)) from error
    except RuntimeError as error:  # of JAX: memory that there is not, a process that is lost
        said = str(error).partition("\n")[0]
        what = "a device or process that holds a part of the state failed"
        raise CannotRun(f"{what}: {said}") from error
    return [np.array(column, np.float64) for column in zip(*each, strict=True)]
