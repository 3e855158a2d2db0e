"""The adjoint rule gives what automatic differentiation gives, in the memory of a few states."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import qdsl
from qdsl.backends.jax.adjoint import CHUNK, can_be_undone
from qdsl.backends.jax.blocks import Blocks
from qdsl.backends.jax.jax import compile_function, precise
from qdsl.ir.operations import OPERATIONS, Attr
from qdsl.ir.stages import Circuit, Probability
from tests.backends.jax.jax_cases import expectation
from tests.backends.programs import Rows, circuit, vector

LAYERED = """
model layered() {{
  param t: angle[{layers}, {n}]
  data x: real[4]
  qubits q[{n}]
  amplitude(x) q[0..2]
  for l in 0..{layers} {{
    for i in 0..{n} {{ ry(t[l, i]) q[i] }}
    for i in 0..{n}-1 {{ cx q[i], q[i+1] }}
  }}
  return expect(Z q[0] * X q[1] + 0.5 * Y q[{n}-1]), probability(q[0..2])
}}
"""
MEASURED = """
model measured() {
  param t: angle[3]
  data x: real[2]
  data p: real[4]
  data b: bits[4]
  data m: matching[4]
  qubits q[4]
  ry(t[0]) q[0]
  amplitude(x) q[1]
  bits first
  first = measure q[0]
  if first == 1 { rx(t[1]) q[1] }
  h q[2]; h q[3]
  diagonal(p) q[2..4]
  diagonal(b) q[2..4]
  crx(t[2]) q[1], q[2]
  relabel(m) q[2..4]
  reflect(p) q[2..4]
  ry(t[0] * t[1]) q[3]
  return expect(Z q[1] + 0.3 * X q[2] * Y q[3] + Z q[3])
}
"""


def random_values(program: Circuit, seed: int) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    found = {}
    for v in program.values.vectors:
        if v.kind == "matching":
            found[v.name] = rng.permutation(v.size).reshape(v.shape).astype(float)
        elif v.kind == "bits":
            found[v.name] = rng.integers(0, 2, v.shape).astype(float)
        else:
            found[v.name] = rng.uniform(0.1, 3.0, v.shape)
    return found


def both_gradients(program: Circuit, values: dict[str, Any]) -> tuple[Any, Any]:
    found = []
    for adjoint in (True, False):
        f = compile_function(program, adjoint=adjoint)

        def loss(given: Any, f: Any = f) -> Any:
            return sum(jnp.sum((k + 1) * o**2 + o) for k, o in enumerate(f(given)))

        with precise():
            found.append(jax.jit(jax.value_and_grad(loss))(jax.tree.map(jnp.asarray, values)))
    return found[0], found[1]


def assert_same(program: Circuit, values: dict[str, Any]) -> None:
    (mean, adjoint), (wanted_mean, wanted) = both_gradients(program, values)
    assert float(mean) == pytest.approx(float(wanted_mean), abs=1e-12)
    for name, gradient in wanted.items():
        np.testing.assert_allclose(adjoint[name], gradient, atol=1e-11, err_msg=name)


def turning(seed: int, n: int, rows: int) -> Circuit:
    """Operations drawn evenly from the table, their angles affine in shared parameters."""
    random = np.random.default_rng(seed)
    built = Rows([vector("w", 6)])
    pool = [op for op in OPERATIONS if op.is_unitary and (op.arity or 2) <= n]
    for _ in range(rows):
        op = pool[random.integers(len(pool))]
        qubits = random.permutation(n)[: op.arity or 2].tolist()
        angles = [
            (random.uniform(-3, 3), [(random.normal(), int(s)) for s in pair])
            for pair in random.integers(0, 6, (op.angles, 2))
        ]
        word = "".join(random.choice(list("XYZ"), 2)) if op.attr is Attr.WORD else ""
        built.add(op.name, *qubits, angles=angles, word=word)
    outputs = (expectation((1.0, {0: "Z", 1: "X"}), (-0.4, {n - 1: "Y"})), Probability((1, 0)))
    return circuit(built, n, outputs=outputs)


@pytest.mark.parametrize("seed", [0, pytest.param(3, marks=pytest.mark.slow)])
def test_random_circuits_on_few_qubits(seed: int) -> None:
    program = turning(seed, 2 + seed, 30)
    assert_same(program, random_values(program, seed))


@pytest.mark.slow
@pytest.mark.parametrize(("seed", "n", "rows"), [(1, 11, 12), (2, 11, 300)])
def test_random_circuits_in_blocks(seed: int, n: int, rows: int) -> None:
    """Above ten qubits the state is multiplied by matrices: fewer than a chunk of them, or more
    and a rest."""
    program = turning(seed, n, rows)
    (blocks,) = compile_function(program).plan.segments
    assert isinstance(blocks, Blocks) and not blocks.direct
    count = len(blocks.columns.x)
    assert count < CHUNK if rows < 100 else (count > CHUNK and count % CHUNK)
    assert_same(program, random_values(program, seed))


def test_measurement_feed_forward_and_encodings() -> None:
    program = qdsl.loads(MEASURED).lower()
    values = random_values(program, 5)
    assert_same(program, values)


@pytest.mark.slow
@pytest.mark.parametrize("n", [3, 11])
def test_amplitudes_and_layers(n: int) -> None:
    program = qdsl.loads(LAYERED.format(n=n, layers=3)).lower()
    assert_same(program, random_values(program, n))


def test_batches_of_items_and_of_parameters() -> None:
    program = qdsl.loads(LAYERED.format(n=3, layers=2)).lower()
    f = compile_function(program, adjoint=True)
    rng = np.random.default_rng(0)
    t, x = rng.uniform(0, 3, (5, 2, 3)), rng.uniform(0.1, 1, (5, 4))
    with precise():
        gradient = jax.grad(lambda t, x: f({"t": t, "x": x})[0])
        rows = jax.jit(jax.vmap(gradient))(t, x)
        for k in range(5):
            np.testing.assert_allclose(rows[k], gradient(t[k], x[k]), atol=1e-12)
        shared = jax.grad(lambda t: f.over_items({"t": t}, {"x": x})[0].sum())(jnp.asarray(t[0]))
        wanted = sum(gradient(t[0], item) for item in x)
        np.testing.assert_allclose(shared, wanted, atol=1e-12)


@pytest.mark.slow
def test_second_derivatives_in_reverse() -> None:
    program = qdsl.loads(LAYERED.format(n=2, layers=1)).lower()
    x = np.array([1.0, 0.3, -0.2, 0.4])

    def curvature(adjoint: bool) -> Any:
        f = compile_function(program, adjoint=adjoint)
        slope = jax.grad(lambda t: f({"t": t, "x": x})[0])
        return jax.jit(jax.jacrev(slope))(jnp.asarray([[0.3, -0.7]]))

    with precise():
        np.testing.assert_allclose(curvature(True), curvature(False), atol=1e-11)


def test_single_precision() -> None:
    program = turning(3, 4, 30)
    values = jax.tree.map(lambda v: np.asarray(v, np.float32), random_values(program, 3))
    f = compile_function(program, "complex64", adjoint=True)
    gradient = jax.grad(lambda g: f(g)[0])(jax.tree.map(jnp.asarray, values))["w"]
    with precise():
        wanted = jax.grad(lambda g: compile_function(program)(g)[0])(
            jax.tree.map(lambda v: jnp.asarray(v, float), values)
        )["w"]
    assert gradient.dtype == jnp.float32
    np.testing.assert_allclose(gradient, wanted, atol=2e-4)


def test_what_merges_is_differentiated_otherwise() -> None:
    source = """
    network pair = line(2) { qubits 2, comm 2 }
    model m() on pair {
      param t: angle[2]
      qubits q[2]
      at node0 { ry(t[0]) q[0] }
      cx q[0], q[1]
      at node1 { rx(t[1]) q[1] }
      return expect(Z q[1])
    }"""
    compiled = qdsl.loads(source).compile(verify=False)
    plan = compile_function(compiled.scheduled, adjoint=True).plan
    assert not can_be_undone(plan.segments)
    t = np.array([0.4, 1.1])
    with precise():
        for stage in (compiled.circuit, compiled.scheduled):
            f = compile_function(stage, adjoint=True)
            slope = jax.grad(lambda t, f=f: f({"t": t})[0])(jnp.asarray(t))
            wanted = [-np.sin(0.4) * np.cos(1.1), -np.cos(0.4) * np.sin(1.1)]
            np.testing.assert_allclose(slope, wanted, atol=1e-12)


@pytest.mark.slow
def test_memory_does_not_grow_with_depth() -> None:
    """What XLA sets aside for a gradient, in states: the same for four times the layers."""
    n = 16
    state = 16 << n

    def states(layers: int) -> float:
        text = LAYERED.format(n=n, layers=layers)
        f = compile_function(qdsl.loads(text).lower(), adjoint=True)
        with precise():
            given = {"t": jnp.zeros((layers, n)), "x": jnp.ones(4)}
            made = jax.jit(jax.grad(lambda g: f(g)[0])).lower(given).compile()
            memory = made.memory_analysis()
        assert memory is not None
        return float(memory.temp_size_in_bytes) / state

    few, many = states(10), states(40)
    assert many == pytest.approx(few, abs=2)  # gathering tables and matrices
    assert many < 20
