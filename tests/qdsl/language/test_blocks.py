"""Block encodings and `norm2`: what may be said, and that every way of running gives v M."""

from __future__ import annotations

import jax
import numpy as np
import pytest

import qdsl
from qdsl.backends.jax.jax import compile_function, precise
from qdsl.backends.qiskit import run_shots
from qdsl.ir.encodings import dilation, scale_factor
from qdsl.ir.stages import Expectation
from qdsl.ir.values import DataReference, Floats
from qdsl.language.check import check_text
from qdsl.verify.simulation.channel import equal_channels

NET = """\
network lan {
  node alice { qubits 4, comm 2 }
  node bob { qubits 4, comm 2 }
  link alice -- bob { fidelity 0.97, rate 200 Hz, latency 50 us }
}
"""

HEAD = f"""{NET}
model m(rows = 4, columns = 2) on lan {{
  data x: real[4] owner alice
  data y: real[rows, columns] owner alice
  data B: real[rows, columns] owner bob
  data T: real[2, 4, 4]
  qubits q[2], r
"""


def codes(body: str) -> list[str]:
    return [d.code for d in check_text(f"{HEAD}{body}\n}}")[1] if d.code != "QDM107"]


SAYABLE = {
    "amplitude(x) q; return norm2(q)": [],
    "amplitude(x) q; return norm2(q, r), norm2(q)": [],
    "amplitude(x) q; block(B) q; return norm2(q)": [],
    "at bob { block(B) q }; return norm2(q)": [],
    "for k in 0..2 { block(T[k]) q }; return norm2(q)": [],
    "for k in 0..12 { block(B) q }; return norm2(q)": [],
    "h q; return norm2(q)": ["QDM223"],
    "amplitude(x) q; return norm2(q[0])": ["QDM223"],
    "amplitude(x) q; return norm2(r)": ["QDM223"],
    "block(B) q; return norm2(q), expect(Z r)": ["QDM223"],
    "block(B) q; return sample(q)": ["QDM223"],
    "for k in 0..13 { block(B) q }; return norm2(q)": ["QDM223"],
    "block(B) r; return norm2(r)": ["QDM214"],
    "block(B) q, r; return norm2(q, r)": ["QDM214"],
    "block(x) q; return norm2(q)": ["QDM207"],
    "block(T) q; return norm2(q)": ["QDM207"],
    "block(B) q, q[0]; return norm2(q)": ["QDM210"],
    "at alice { block(B) q }; return norm2(q)": ["QDM301"],
    "ctrl @ block(B) r, q; return norm2(q)": ["QDM217"],
    "inv @ block(B) q; return norm2(q)": ["QDM217"],
}


@pytest.mark.parametrize("body", SAYABLE)
def test_what_may_be_said(body: str) -> None:
    assert codes(body) == SAYABLE[body]


def test_a_register_called_flag_keeps_its_name() -> None:
    program = qdsl.loads(
        "model m() { data B: real[2, 2]; qubits flag; block(B) flag; return norm2(flag) }"
    )
    assert [r.name for r in program.lower().registers] == ["flag", "flag_"]


# ---- numbers ---------------------------------------------------------------------------


def matrices() -> list[Floats]:
    rng = np.random.default_rng(3)
    some = [rng.normal(size=shape) for shape in ((4, 4), (4, 2), (3, 4), (3, 3), (1, 4), (4, 1))]
    rank_one = np.outer([1.0, 2.0, 0.0, -1.0], [0.5, 0.0, 0.0, 3.0])
    return [*some, rank_one, np.eye(4), 1e-9 * np.eye(3), np.diag([1.0, 0.0, 0.0, 0.0])]


@pytest.mark.parametrize("matrix", matrices())
def test_a_dilation_is_orthogonal_and_holds_the_matrix(matrix: Floats) -> None:
    reference = DataReference("B", "real", 0, matrix.shape)
    found = dilation(matrix.reshape(-1), reference, 3)
    np.testing.assert_allclose(found @ found.T, np.eye(8), atol=1e-12)
    n, m = matrix.shape
    np.testing.assert_allclose(
        found[:m, :n] * np.linalg.norm(matrix, 2), matrix.T, atol=1e-12 * np.abs(matrix).max()
    )


GRAPHNET = f"""{NET}
model m(nodes = 4, features = 4, hidden = 2) on lan {{
  data X: real[nodes, features] owner alice
  data A: real[nodes, nodes] owner alice
  param W: real[features, hidden] owner bob
  qubits v[log2(nodes)], f[log2(features)]
  at alice {{ amplitude(X) v, f; block(A) v }}
  at bob {{ block(W) f }}
  return norm2(v, f)
}}
"""


def example(seed: int = 0) -> tuple[dict[str, Floats], float]:
    rng = np.random.default_rng(seed)
    x, a, w = rng.normal(size=(4, 4)), rng.normal(size=(4, 4)), rng.normal(size=(4, 2))
    return {"X": x, "A": a, "W": w}, float(np.linalg.norm(a.T @ x @ w) ** 2)


@pytest.mark.slow
def test_every_way_of_running_agrees_with_the_product_of_the_matrices() -> None:
    values, wanted = example()
    compiled = qdsl.loads(GRAPHNET).compile()
    assert compiled.verification.verified
    for stage in (compiled.circuit, compiled.scheduled):
        assert compile_function(stage)(values)[0] == pytest.approx(wanted, rel=1e-9)
    (shots,) = run_shots(compiled.scheduled, values, shots=4000, seed=2)
    error = getattr(shots, "standard_error")  # noqa: B009
    assert 0 < error < 0.1 * wanted
    assert abs(float(np.asarray(shots)) - wanted) < 4 * error


def test_shots_of_a_run_are_of_one_probability() -> None:
    values, wanted = example(1)
    (output,) = qdsl.loads(GRAPHNET).compile().run(values, shots=4000, seed=3).outputs
    assert output.mean is not None and output.standard_error is not None
    assert abs(output.mean - wanted) < 4 * output.standard_error < 0.5 * wanted


def test_the_channel_of_the_distributed_program_is_that_of_the_source() -> None:
    compiled = qdsl.loads(GRAPHNET).compile()
    assert equal_channels(compiled.circuit, compiled.scheduled).equal


def test_derivatives_go_through_the_branch_that_succeeds() -> None:
    """Of ||A^T X W||^2 with respect to W: 2 X^T A A^T X W."""
    values, _ = example(2)
    function = compile_function(qdsl.loads(GRAPHNET).lower())
    with precise():
        rest = {k: jax.numpy.asarray(v) for k, v in values.items()}
        found = jax.grad(lambda w: function(rest | {"W": w})[0])(rest["W"])
    y = values["A"].T @ values["X"]
    np.testing.assert_allclose(found, 2 * y.T @ y @ values["W"], rtol=1e-9)


def test_a_matrix_of_zeros_is_refused() -> None:
    values, _ = example()
    with pytest.raises(ValueError, match="nothing to encode"):
        compile_function(qdsl.loads(GRAPHNET).lower())(values | {"W": np.zeros((4, 2))})


def test_the_factor_is_the_square_of_all_norms() -> None:
    values, _ = example()
    circuit = qdsl.loads(GRAPHNET).lower()
    (output,) = circuit.outputs
    assert isinstance(output, Expectation)
    slots = circuit.values.flatten(values)
    norms = (np.linalg.norm(values["X"]), *(np.linalg.norm(values[k], 2) for k in "AW"))
    assert scale_factor(output.scales, circuit.values, slots) == pytest.approx(np.prod(norms) ** 2)
