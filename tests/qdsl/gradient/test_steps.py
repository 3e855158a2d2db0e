"""Steps of finite differences and SPSA from the real range; derivatives that are all zero."""

from __future__ import annotations

import numpy as np
import pytest

import qdsl
from qdsl.gradient import plan
from qdsl.gradient.resolution import unbounded_bias

MOVED = ("finite_difference", "spsa")


@pytest.mark.parametrize("method", MOVED)
def test_the_bias_is_below_half_of_epsilon_for_large_data(method: str) -> None:
    text = "model m() { data x: real; param w: angle; qubits q; ry(x*w) q; return expect(Z q) }"
    circuit = qdsl.loads(text).lower()
    values = {"x": np.array([7.0]), "w": np.array([0.4])}
    found = plan(circuit, method, epsilon=0.1).estimate(values).jacobian.item()
    assert abs(found - -7 * np.sin(2.8)) <= 0.05


@pytest.mark.parametrize("method", [*MOVED, "kick", "parameter_shift"])
@pytest.mark.parametrize("shots", [None, 100])
def test_derivatives_that_are_all_zero(method: str, shots: int | None) -> None:
    text = "model m() { param w: angle; qubits q[2]; ry(w) q[0]; return expect(Z q[1]) }"
    made = plan(qdsl.loads(text).lower(), method)
    assert made.estimate({"w": np.array(0.3)}, shots).jacobian.item() == 0


def test_where_the_bias_has_no_bound_it_is_said() -> None:
    text = "model m() { param v: angle; param w: angle; qubits q; ry(AB) q; return expect(Z q) }"
    square = qdsl.loads(text.replace("AB", "w*w + v")).lower()
    product = qdsl.loads(text.replace("AB", "v*w")).lower()
    said = [[bool(unbounded_bias(plan(c, m))) for m in MOVED] for c in (square, product)]
    assert said == [[True, True], [False, True]]


def test_a_circuit_on_one_qubit_has_an_index() -> None:
    text = "circuit f(t: angle) on q[1] { ry(t) q[0] }\n"
    call = "model m() { qubits q[2]; f(0.3) q[0]; return expect(Z q[0]) }"
    found = qdsl.loads(text + call).compile().run().outputs[0].mean
    assert found == pytest.approx(np.cos(0.3))
