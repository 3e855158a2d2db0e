"""`expectation(params, data)` is a pure JAX function that other JAX code composes with."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import qdsl
from qdsl.backends.jax.jax import precise
from qdsl.run.job import CannotRun

TEXT = """
network pair = line(2) { qubits 2, comm 2 }
model m(n = 2) on pair {
  data x: real[n] owner node0
  param t: angle[n] owner node0
  param s: angle[n] owner node1
  qubits q[2]
  at node0 { rx(x[0]) q[0]; ry(t[0]) q[0] }
  cx q[0], q[1]
  at node1 { ry(s[0]) q[1]; rz(s[1]) q[1] }
  return OUTPUTS
}
"""
ONE = TEXT.replace("OUTPUTS", "expect(Z q[1])")
THREE = TEXT.replace("OUTPUTS", "expect(Z q[1]), expect(X q[1]), probability(q[1])")
PARAMS = {"t": np.array([0.3, 0.0]), "s": np.array([0.9, 0.2])}
DATA = {"x": np.array([0.5, 0.0])}


def mean(t: Any, s: Any, x: Any) -> Any:
    """The expectation of ONE, worked out by hand."""
    return np.cos(x) * np.cos(t) * np.cos(s)


def test_one_output_is_a_number_several_are_a_tuple() -> None:
    for owner in (qdsl.loads(ONE), qdsl.loads(ONE).compile(verify=False)):
        assert owner.expectation(PARAMS, DATA) == pytest.approx(mean(0.3, 0.9, 0.5))
    z, x, shares = qdsl.loads(THREE).compile(verify=False).expectation(PARAMS, DATA)
    assert z == pytest.approx(mean(0.3, 0.9, 0.5))
    assert shares == pytest.approx([(1 + z) / 2, (1 - z) / 2])
    assert np.ndim(x) == 0


def test_it_composes_with_jit_grad_and_vmap() -> None:
    program = qdsl.loads(ONE)
    xs = jnp.linspace(0, 1, 5)

    def loss(params: Any, x: Any) -> Any:
        return (program.expectation(params, {"x": jnp.stack([x, 0.0 * x])}) - 0.5) ** 2

    def over(params: Any) -> Any:
        return jax.vmap(loss, (None, 0))(params, xs).mean()

    with precise():
        value, gradient = jax.jit(jax.value_and_grad(over))(jax.tree.map(jnp.asarray, PARAMS))
    residual = mean(0.3, 0.9, np.asarray(xs)) - 0.5
    assert float(value) == pytest.approx((residual**2).mean(), abs=1e-6)
    slope = (2 * residual * np.cos(xs) * -np.sin(0.3) * np.cos(0.9)).mean()
    assert float(gradient["t"][0]) == pytest.approx(slope, abs=1e-6)
    assert abs(float(gradient["s"][1])) < 1e-12


def test_a_user_can_train_with_optax() -> None:
    optax = pytest.importorskip("optax")
    function = qdsl.loads(ONE).compile(verify=False).expectation
    params = jax.tree.map(lambda a: jnp.asarray(a, jnp.float32), PARAMS)
    data = jax.tree.map(lambda a: jnp.asarray(a, jnp.float32), DATA)
    optimiser = optax.adam(0.2)
    state = optimiser.init(params)

    @jax.jit
    def step(params: Any, state: Any) -> Any:
        value, gradient = jax.value_and_grad(lambda p: function(p, data))(params)
        updates, state = optimiser.update(gradient, state)
        return optax.apply_updates(params, updates), state, value

    for _ in range(60):
        params, state, value = step(params, state)
    assert float(value) < -0.85  # cos(0.5) is as far as it goes


def test_sizes_and_settings() -> None:
    program = qdsl.loads(ONE)
    wide = {"t": np.zeros(3), "s": np.zeros(3)}
    value = program.expectation(wide, {"x": np.zeros(3)}, settings={"n": 3})
    assert value == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("params", "data", "says"),
    [
        ({"t": [0, 0]}, DATA, "'s' is missing in params"),
        (PARAMS, {}, "'x' is missing in data"),
        (PARAMS | DATA, {}, "no parameter 'x'; it has t, s"),
        (PARAMS, DATA | {"y": [1]}, "no data vector 'y'; it has x"),
        (PARAMS | {"t": np.zeros(3)}, DATA, "'t' has 3 numbers; 2 are wanted"),
    ],
)
def test_names_and_sizes_are_checked(params: Any, data: Any, says: str) -> None:
    with pytest.raises(CannotRun, match=says):
        qdsl.loads(ONE).expectation(params, data)


def test_what_is_too_large_is_refused() -> None:
    text = "model big() { qubits q[40]; h q; return expect(Z q[0]) }"
    with pytest.raises(CannotRun, match="GiB"):
        qdsl.loads(text).expectation({})
