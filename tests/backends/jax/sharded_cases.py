"""Run as a program, with as many devices as XLA_FLAGS say: sharded states against whole ones.

Prints a line of JSON for every case: its name, the number of devices, and how far the outputs, or
the gradient, are from those of `compile_function`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

import qdsl
from qdsl.backends.jax.jax import compile_function, precise
from qdsl.backends.jax.sharded import compile_sharded
from qdsl.ir.stages import Circuit
from tests.backends.jax.test_jax_adjoint import random_values, turning

SOURCE = """
model m(n = 5) {
  data x: real[2**n]
  data p: real[2**n]
  param w: angle[2*n]
  qubits q[n]
  amplitude(x) q
  for i in 0..n { ry(w[i]) q[i] }
  diagonal(p) q
  cx q[n-1], q[0]
  reflect(x) q
  for i in 0..n { rx(w[n+i]) q[i] }
  return OUTPUTS
}
"""
OUTPUTS = (
    "expect(X q[0] * Y q[4] - 0.5 * Z q[0] * Z q[2] + Y q[1] * Y q[0] + 0.25)",
    "probability(q)",
    "sample(q[4], q[0])",
    "probability(q[1..3])",
)


def programs() -> Iterator[tuple[str, Circuit]]:
    yield "all", qdsl.loads(SOURCE.replace("OUTPUTS", ", ".join(OUTPUTS))).lower()
    for seed in range(int(sys.argv[1])):
        yield f"random {seed}", turning(seed, 5 + seed % 3, 40)


def farthest(found: Any, wanted: Any) -> float:
    pairs = zip(jax.tree.leaves(found), jax.tree.leaves(wanted), strict=True)
    return max(float(np.max(np.abs(np.asarray(a) - np.asarray(b)))) for a, b in pairs)


def gradient(function: Any, values: Any) -> Any:
    def loss(given: Any) -> Any:
        return sum(jnp.sum((k + 1) * o**2 + o) for k, o in enumerate(function(given)[0]))

    return jax.jit(jax.grad(loss))(jax.tree.map(jnp.asarray, values))


def main() -> None:
    for k, (name, program) in enumerate(programs()):
        values = random_values(program, k)
        whole = compile_function(program)
        wanted = whole(values)
        for count in (4,) if k == 0 else (1, 2, 4):
            sharded = compile_sharded(program, jax.devices()[:count])
            far = {"outputs": farthest(sharded(values), wanted)}
            if k % 4 == 0 and sys.argv[1] != "0":
                with precise():
                    far["gradient"] = farthest(
                        gradient(sharded.function, values), gradient(whole.with_defect, values)
                    )
            print(json.dumps({"case": name, "devices": count, **far}), flush=True)


if __name__ == "__main__":
    main()
