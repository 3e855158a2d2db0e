"""`lcu`, `expect(M, q)` and `quadratic(M, q)`: what may be said, and that all runs give x M x^T."""

from __future__ import annotations

import jax
import numpy as np
import pytest

import qdsl
from qdsl.backends.jax.jax import compile_function, precise
from qdsl.backends.qiskit import run_shots
from qdsl.diagnostics.request_error import Refused
from qdsl.ir.lcu import alpha, applied, combination
from qdsl.ir.values import Floats
from qdsl.language.check import check_text
from qdsl.runtime.run import ItemValues, run_nodes
from qdsl.verify.simulation.channel import equal_channels
from tests.qdsl.language.test_blocks import HEAD, NET

SAYABLE = {
    "amplitude(x) q; lcu(S) q; return norm2(q)": [],
    "amplitude(x) q; return expect(S, q)": [],
    "amplitude(x) q; return quadratic(S, q), norm2(q)": [],
    "h q; return expect(S, q), expect(Z r)": [],
    "amplitude(x) q; eigenbasis(S) q; return sample(q)": [],
    "h q; return quadratic(S, q)": ["QDM223"],
    "amplitude(x) q; lcu(S) q; return expect(S, q)": ["QDM223"],
    "h q; return expect(S, q), sample(q)": ["QDM223"],
    "h q; return expect(B, q)": ["QDM207"],
    "h q; return expect(S, q, r)": ["QDM214"],
    "h q; return expect(S, q[0], q[0])": ["QDM223"],
    "h q; return expect(S, q[1], q[0])": [],
    "h q; return expect(S, r)": ["QDM214"],
    "h q; return expect(q, S)": ["QDM223", "QDM222", "QDM218"],
    "h q; return expect(x, q)": ["QDM207"],
    "h q; return quadratic(q, q)": ["QDM104"],
    "amplitude(x) q; return quadratic(S)": ["QDM223"],
    "amplitude(x) q; lcu(W) q; return norm2(q)": [],
    "amplitude(x) q; at alice { lcu(S) q }; return norm2(q)": ["QDM301"],
}


@pytest.mark.parametrize("body", SAYABLE)
def test_what_may_be_said(body: str) -> None:
    text = f"{HEAD}  data S: real[4, 4] owner bob\n  param W: real[4, 4] owner bob\n{body}\n}}"
    assert [d.code for d in check_text(text)[1] if d.code != "QDM107"] == SAYABLE[body]


# ---- combinations of unitaries ---------------------------------------------------------


def matrices() -> list[Floats]:
    rng = np.random.default_rng(4)
    dense = rng.normal(size=(8, 8))
    sparse = np.where(rng.random((8, 8)) < 0.3, dense, 0.0)
    return [dense, sparse, sparse + sparse.T, dense[:5, :3], np.eye(8), np.diag([3.0, 0, -1, 0])]


@pytest.mark.parametrize("matrix", matrices())
def test_a_combination_is_unitary_and_holds_the_matrix(matrix: Floats) -> None:
    rows, columns = matrix.shape
    n = max((max(matrix.shape) - 1).bit_length(), 1)
    found = applied(matrix, np.eye(2 * 4**n, dtype=np.complex128))
    np.testing.assert_allclose(found @ found.conj().T, np.eye(len(found)), atol=1e-12)
    inside = found[: 2**n, : 2**n] * alpha(matrix)
    np.testing.assert_allclose(inside[:columns, :rows], matrix.T, atol=1e-12)
    inside[:columns, :rows] = 0
    np.testing.assert_allclose(inside, 0, atol=1e-12)


def test_a_graph_is_a_sum_of_involutions_no_more_than_its_degrees_ask_for() -> None:
    """First fit takes at most 2 D - 1 colours for degree D; weights are those of the edges."""
    import networkx as nx

    graph = nx.karate_club_graph()
    adjacency = nx.to_numpy_array(graph, weight=None)
    parts = combination(adjacency, 6)
    degree = int(adjacency.sum(axis=0).max())
    assert degree <= parts.alpha <= 2 * degree - 1
    for source in parts.source:
        np.testing.assert_array_equal(source[source], np.arange(64))


# ---- runs ------------------------------------------------------------------------------

TEXT = f"""{NET.replace("qubits 4", "qubits 6")}
model m() on lan {{
  data x: real[4] owner alice
  data A: real[4, 4] owner bob
  data M: real[4, 4] owner bob
  qubits q[2]
  at alice {{ amplitude(x) q }}
  BODY
}}
"""
WAYS = {
    "at bob { lcu(A) q }; return norm2(q)": lambda x, a, m: x @ a @ a.T @ x,
    "return expect(M, q)": lambda x, a, m: x @ m @ x / (x @ x),
    "at bob { block(A) q }; return quadratic(M, q)": lambda x, a, m: x @ a @ m @ a.T @ x,
}


def values(seed: int = 0) -> dict[str, Floats]:
    rng = np.random.default_rng(seed)
    return {"x": rng.normal(size=4), "A": rng.normal(size=(4, 4)), "M": rng.normal(size=(4, 4))}


@pytest.mark.slow
@pytest.mark.parametrize("body", WAYS)
def test_every_way_of_running_agrees_with_the_product_of_the_matrices(body: str) -> None:
    given = values()
    wanted = WAYS[body](*given.values())
    compiled = qdsl.loads(TEXT.replace("BODY", body)).compile()
    assert compiled.verification.verified
    assert compiled.cost.ebits == 2
    for stage in (compiled.circuit, compiled.scheduled):
        assert compile_function(stage)(given)[0] == pytest.approx(wanted, rel=1e-9)
    (shots,) = run_shots(compiled.scheduled, given, shots=500, seed=3)
    error = getattr(shots, "standard_error")  # noqa: B009
    assert error > 0 and abs(float(np.asarray(shots)) - wanted) < 4 * error
    (drawn,) = compiled.run(given, shots=500, seed=3).outputs
    assert drawn.mean is not None and drawn.standard_error is not None
    assert drawn.standard_error == pytest.approx(error, rel=0.2)
    assert abs(drawn.mean - wanted) < 4 * drawn.standard_error


@pytest.mark.slow
def test_nodes_measure_in_the_eigenbasis() -> None:
    given = values(1)
    compiled = qdsl.loads(TEXT.replace("BODY", "return quadratic(M, q)")).compile()
    (item,), _ = run_nodes(compiled.scheduled, ItemValues(given, {}, 1), 500, seed=1)
    error = getattr(item[0], "standard_error")  # noqa: B009
    assert abs(float(np.asarray(item[0])) - given["x"] @ given["M"] @ given["x"]) < 4 * error


def test_the_channel_of_the_distributed_program_is_that_of_the_source() -> None:
    compiled = qdsl.loads(TEXT.replace("BODY", "return expect(M, q)")).compile()
    assert equal_channels(compiled.circuit, compiled.scheduled).equal


@pytest.mark.parametrize("adjoint", [False, True])
def test_derivatives_go_through_the_measurement(adjoint: bool) -> None:
    """Of x M x^T: (M + M^T) x and x x^T, also where all eigenvalues are equal."""
    given = values(2) | {"M": np.eye(4) + np.diag([0.0, 1.0], 2)}
    circuit = qdsl.loads(TEXT.replace("BODY", "return quadratic(M, q)")).lower()
    function = compile_function(circuit, adjoint=adjoint)
    with precise():
        rest = {k: jax.numpy.asarray(v) for k, v in given.items()}
        found = jax.grad(lambda g: function(g)[0])(rest)
    x, m = given["x"], given["M"]
    np.testing.assert_allclose(found["x"], (m + m.T) @ x, atol=1e-12)
    np.testing.assert_allclose(found["M"], np.outer(x, x), atol=1e-12)


@pytest.mark.parametrize("adjoint", [False, True])
def test_derivatives_go_through_a_combination(adjoint: bool) -> None:
    given = values(3)
    circuit = qdsl.loads(TEXT.replace("BODY", "lcu(A) q; return norm2(q)")).lower()
    function = compile_function(circuit, adjoint=adjoint)
    with precise():
        rest = {k: jax.numpy.asarray(v) for k, v in given.items()}
        found = jax.grad(lambda g: function(g)[0])(rest)
    x, a = given["x"], given["A"]
    np.testing.assert_allclose(found["x"], 2 * a @ a.T @ x, atol=1e-10)
    np.testing.assert_allclose(found["A"], 2 * np.outer(x, x @ a), atol=1e-10)


TRAINED = f"""{NET}
model m(n = 2) on lan {{
  data v: real[2**n] owner alice
  data M: real[2**n, 2**n] owner bob
  param a: angle[n] owner bob
  qubits q[n]
  at alice {{ amplitude(v) q }}
  at bob {{ for i in 0..n {{ ry(a[i]) q[i] }} }}
  return expect(M, q)
}}
experiment fit of m {{
  instances vector_in_subspace {{ seed 3, items 6 }}
  loss mse, GRADIENT train adam(lr = 0.1) {{ steps 5 }}
}}
"""


@pytest.mark.slow
def test_a_measured_matrix_is_trained_on_by_exact_gradients_only() -> None:
    training = qdsl.loads(TRAINED.replace("GRADIENT", "")).compile(experiment="fit").run().training
    assert training is not None and training.loss_after < training.loss_before
    counted = TRAINED.replace("GRADIENT", "gradient parameter_shift,")
    with pytest.raises(Refused, match="does not return expectations only"):
        qdsl.loads(counted).compile(experiment="fit").run()
