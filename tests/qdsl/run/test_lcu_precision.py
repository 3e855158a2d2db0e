"""The coefficients of `lcu` reach the simulation in double precision, at every run."""

from __future__ import annotations

import numpy as np
import pytest

import qdsl

MODEL = """
model m() {
  data v: real[2]
  param matrix: real[2, 2]
  qubits q[1]
  amplitude(v) q
  lcu(matrix) q
  return norm2(q)
}
"""


@pytest.mark.slow
def test_a_product_by_lcu_is_that_of_numpy_every_time() -> None:
    matrix, v = np.array([[1.0, 2.0], [3.0, -4.5]]), np.array([0.6, 0.8])
    compiled = qdsl.loads(MODEL).compile()
    for _ in range(4):
        (output,) = compiled.run({"v": v, "matrix": matrix}).outputs
        found = float(np.ravel(np.asarray(output.values, float))[0])
        assert found == pytest.approx(float(np.sum((v @ matrix) ** 2)), rel=1e-12)
