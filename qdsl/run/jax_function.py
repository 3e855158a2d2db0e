"""The outputs of a circuit as a pure JAX function of its named parameters and data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from qdsl.diagnostics.request_error import by_name
from qdsl.run.exact import compiled
from qdsl.run.job import CannotRun

if TYPE_CHECKING:
    from qdsl.ir.stages import Circuit

Arrays = Mapping[str, Any]


class ExactFunction:
    """`f(params, data)`: the only output of the circuit, or a tuple of all.

    An expectation or an overlap is a scalar, a sample or probability its distribution,
    float[2**k]. Exact, without shots. Works under `jit`, `grad`, `vmap`; derivatives are taken
    by the adjoint method, in reverse mode. Inside of these it is in the precision that JAX is set
    to, else in double precision.
    """

    def __init__(self, circuit: Circuit) -> None:
        self._roles = {v.name: v.role for v in circuit.values.vectors}
        self._single = len(circuit.outputs) == 1
        self._function = compiled(circuit, adjoint=True)

    def __call__(self, params: Arrays, data: Arrays | None = None) -> Any:
        """CannotRun where a name is missing, unknown or of the other role, or an array has
        another size."""
        params = by_name(params, "params", '{"w": [0.1, 0.2]}')
        data = by_name(data, "data", '{"x": [1.0, 2.0]}')
        given = params | data
        self._check(params, "param", "parameter")
        self._check(data, "data", "data vector")
        missing = [name for name in self._roles if name not in given]
        if missing:
            kind = "data" if self._roles[missing[0]] == "data" else "params"
            raise CannotRun(f"'{missing[0]}' is missing in {kind}")
        try:
            outputs = self._function(given)
        except ValueError as error:  # sizes, numbers that cannot be encoded
            raise CannotRun(str(error)) from error
        return outputs[0] if self._single else outputs

    def _check(self, given: Arrays, role: str, what: str) -> None:
        import jax.numpy as jnp

        there = ", ".join(n for n, r in self._roles.items() if r == role) or "none"
        for name in given:
            if self._roles.get(name) != role:
                raise CannotRun(f"the program has no {what} '{name}'; it has {there}")
            try:
                is_real = jnp.asarray(given[name]).dtype.kind != "c"
            except (TypeError, ValueError):
                raise CannotRun(f"'{name}' is no array of numbers") from None
            if not is_real:
                raise CannotRun(f"'{name}' is complex: give real and imaginary parts")
